/** A case that has another tag of the group: replaced, skipped or failed, each counted and listed. */
import test from 'ava';
import {
  appendTagged,
  call,
  callOne,
  counts,
  makeSuite,
  type Operation,
  type Queryable,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { changes, operate } from '../../helpers/operations.ts';

const database = useDatabase(test);

async function makeTiers(client: Queryable) {
  const suite_id = await makeSuite(client);
  for (const name of ['tier_a', 'tier_b', 'tier_c'])
    await call(client, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
  for (const name of ['red', 'blue'])
    await call(client, 'define_tag', { suite_id, name, exclusive_group: 'colour' });
  await appendTagged(client, suite_id, {
    none: 'rag',
    a: 'rag tier_a',
    b: 'tier_b red',
    c: 'tier_c',
  });
  return suite_id;
}

const outcomes: [on_exclusive: string, remove: string[], expected: Record<string, unknown>][] = [
  ['replace', [], { changed: 3, unchanged: 1, skipped: 0, failed: 0 }],
  ['skip', [], { changed: 1, unchanged: 1, skipped: 2, failed: 0 }],
  ['fail', [], { changed: 1, unchanged: 1, skipped: 0, failed: 2 }],
  // what is taken off anyway stands in nobody's way
  ['skip', ['tier_a'], { changed: 2, unchanged: 1, skipped: 1, failed: 0 }],
  ['fail', ['tier_a', 'tier_c'], { changed: 3, unchanged: 1, skipped: 0, failed: 0 }],
];

test('on_exclusive says what becomes of a case with another tag of the group', async (t) => {
  for (const [on_exclusive, remove, expected] of outcomes) {
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeTiers(client);
      const args = { suite_id, all_cases: true, add: ['tier_b'], remove, on_exclusive };
      const preview = await callOne<Operation>(client, 'preview_bulk_tag', args);
      const operation = await operate(client, 'bulk_tag', args);
      const what = `${on_exclusive} ${remove}`;
      t.like(counts(operation), { total: 4, processed: 4, ...expected }, what);
      t.like(counts(preview), { total: 4, ...expected }, what);
      t.is(operation.state, expected.failed ? 'failed' : 'succeeded', what);
      const kept =
        on_exclusive === 'replace'
          ? []
          : ['tier_a', 'tier_c'].filter((tag) => !remove.includes(tag));
      t.deepEqual(await tagsByKey(client, suite_id), {
        none: 'rag tier_b',
        a: kept.includes('tier_a') ? 'rag tier_a' : 'rag tier_b',
        b: 'red tier_b',
        c: kept.includes('tier_c') ? 'tier_c' : 'tier_b',
      });
    });
  }
});

test('what was skipped or failed is listed with the reason, and failures are on the row', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeTiers(client);
    const args = { suite_id, all_cases: true, add: ['tier_b', 'blue'] };
    const skipped = await operate(client, 'bulk_tag', { ...args, on_exclusive: 'skip' });
    t.deepEqual(await changes(client, skipped), [
      'a left_alone TCGRP',
      'b left_alone TCGRP',
      'c left_alone TCGRP',
      'none link_added blue',
      'none link_added tier_b',
    ]);
    const failed = await operate(client, 'bulk_tag', { ...args, on_exclusive: 'fail' });
    t.deepEqual(
      failed.first_errors.map(({ code, message }) => [code, message]),
      Array(3).fill(['TCGRP', 'the case has another tag of the exclusive group colour, tier']),
    );
    t.deepEqual(await changes(client, failed), [
      'a failed TCGRP',
      'b failed TCGRP',
      'c failed TCGRP',
    ]);
  });
});

test('only the first ten failures are on the row', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeTiers(client);
    await appendTagged(
      client,
      suite_id,
      Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`k${index}`, 'tier_a'])),
    );
    const failed = await operate(client, 'bulk_tag', {
      suite_id,
      where_tags: 'tier_a',
      add: ['tier_b'],
      on_exclusive: 'fail',
    });
    t.is(failed.failed, '26');
    t.is(failed.first_errors.length, 10);
    t.is((await changes(client, failed)).length, 26);
  });
});

test('two tags of one group cannot be added at once', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeTiers(client);
    for (const name of ['bulk_tag', 'preview_bulk_tag'])
      await refuses(
        t,
        client,
        () => call(client, name, { suite_id, all_cases: true, add: ['tier_c', 'new', 'tier_a'] }),
        {
          code: 'TCGRP',
          message: 'two of the tags to add are of the exclusive group "tier"',
          detail: 'They are tier_a, tier_c.',
        },
      );
  });
});

test('a tag that is merged into another one of its group takes its place', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeTiers(client);
    const merged = await operate(client, 'bulk_merge_tags', {
      suite_id,
      tags: ['tier_a', 'tier_c'],
      into_tag: 'tier_b',
    });
    t.like(counts(merged), { total: 2, changed: 2 });
    t.deepEqual(await tagsByKey(client, suite_id), {
      none: 'rag',
      a: 'rag tier_b',
      b: 'red tier_b',
      c: 'tier_b',
    });
  });
});
