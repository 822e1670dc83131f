import test from 'ava';
import { figures, run } from '../../bench/incident.ts';
import { readIncidentSuite, takeCases } from '../../bench/support/incident-cases.ts';
import { replayNew, replayOld } from '../../bench/support/incident-replay.ts';
import { makeBenchContext, shapeOf } from './context.ts';

const small = {
  idle: 200,
  after: 50,
  appenders: 2,
  appendPause: 2,
  rowPause: 1,
  samples: 20,
};

test('the benchmark reports both designs', async (t) => {
  const result = await run(makeBenchContext(t), { ...small, cases: 70 });
  const side = { idle_p95_ms: 'number', during_p95_ms: 'number', ratio: 'number' };
  t.deepEqual(shapeOf(result), {
    bench: 'string',
    v0: side,
    bulkhead: { ...side, max_ms: 'number', samples: 'number' },
    retag_800_ms: 'number',
  });
  t.is(result.bench, 'incident');
  t.true(result.bulkhead.samples >= small.samples);
  t.is(figures(result).length, 8);
});

test('a replay counts every row of either design', async (t) => {
  const { createDatabase, logger } = makeBenchContext(t);
  const { cases } = takeCases(await readIncidentSuite(), 70);
  const [empty, migrated] = [await createDatabase({ migrated: false }), await createDatabase()];
  const old = await replayOld({ ownerUrl: empty.ownerUrl, cases, sizes: small });
  const bulkhead = await replayNew({
    ownerUrl: migrated.ownerUrl,
    cases,
    sizes: small,
    slug: 'regression',
    atLeast: 0,
    logger,
  });
  for (const side of [old, bulkhead]) {
    const { lost, failedAppends, deadlocks } = side;
    t.deepEqual({ lost, failedAppends, deadlocks }, { lost: 0, failedAppends: 0, deadlocks: 0 });
    t.true(side.expected >= 70 + 70 + 40 + 2 * side.during.samples);
  }
  t.is(old.bulks.length, 1);
  t.is(bulkhead.bulks.length % 2, 1, 'ends with the tag on');
});

test('the suite has 1,400 cases, and 800 of them are of rag', async (t) => {
  const { cases } = await readIncidentSuite();
  t.is(cases.length, 1400);
  t.is(cases.filter(({ isRag }) => isRag).length, 800);
  t.is(new Set(cases.map(({ key }) => key)).size, 1400);
});
