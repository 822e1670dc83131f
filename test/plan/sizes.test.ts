/** The sizes of a plan against those of a real suite: within a factor of two, relation by relation. */
import test from 'ava';
import { readRelationSizes } from '../../bench/support/relation-sizes.ts';
import { withClient } from '../../src/database/admin.ts';
import { defaultSpeed } from '../../src/plan/coefficients.ts';
import { readPlanInput } from '../../src/plan/input.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { sizesOf } from '../../src/plan/sizes.ts';
import { makeDatabase } from '../helpers/database.ts';
import { fillSuite, tagBulk } from './filled.ts';

const shapes = {
  'cases of 600 bytes, all of them tagged': { cases: '4000', bulk: '4000', caseBytes: '600' },
  'short cases, keys and tags': {
    cases: '4000',
    bulk: '4000',
    caseBytes: '40',
    keyBytes: '12',
    tagBytes: '7',
  },
  'cases that are compressed': { cases: '600', bulk: '600', caseBytes: '2500', tags: '8' },
  'cases that move out to TOAST': { cases: '400', bulk: '400', caseBytes: '12KiB', tags: '2' },
};

for (const [shape, flags] of Object.entries(shapes))
  test(`sizes: ${shape}`, async (t) => {
    const input = readPlanInput({
      suites: '1',
      perAppend: '100',
      edits: '0.2',
      tags: '3',
      ...flags,
    });
    const { ownerUrl } = await makeDatabase(t);
    await withClient(ownerUrl, async (client) => {
      const suiteId = await fillSuite(client, input);
      const { operation, walBytes } = await tagBulk(client, suiteId, input);
      t.is(Number(operation.changed), input.bulk);
      const sizes = sizesOf(input, operation.chunks);
      const real = await readRelationSizes(client);
      const compare = (what: string, predicted: number, found: number) => {
        const factor = Math.max(predicted / found, found / predicted);
        t.log(`${what}: predicted ${predicted}, found ${found}: ${factor.toFixed(2)}`);
        t.true(factor <= 2, `${what}: predicted ${predicted}, found ${found}`);
      };
      for (const { relation, bytes } of sizes.relations)
        compare(relation, bytes, real[relation] ?? 0);
      compare('change log', sizes.changeLog.bytes, real['change log'] ?? 0);
      if (walBytes !== undefined) compare('WAL', sizes.wal.bytes, walBytes);
    });
  });

test('a plan grows with its suites, and not by more', (t) => {
  const total = (suites: string) => makePlan(readPlanInput({ suites }), defaultSpeed).sizes.total;
  const factor = total('1000') / total('10');
  t.true(factor > 95 && factor < 101, String(factor));
});
