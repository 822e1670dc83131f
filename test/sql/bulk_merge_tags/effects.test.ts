/** Several tags become one of them, or another one. */
import test from 'ava';
import {
  appendTagged,
  call,
  callOne,
  counts,
  dictionary,
  makeSuite,
  type Operation,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { operate } from '../../helpers/operations.ts';

const database = useDatabase(test);

test('each case that has one of them gets the other instead', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, {
      a: 'support_rag',
      b: 'rag_support rag',
      c: 'support_rag rag_support other',
      d: 'rag',
    });
    const merged = await operate(client, 'bulk_merge_tags', {
      suite_id,
      tags: ['support_rag', 'rag_support', 'support_rag'],
      into_tag: 'rag',
    });
    t.like(merged, { kind: 'merge_tags', state: 'succeeded' });
    t.like(counts(merged), { total: 3, changed: 3 });
    t.deepEqual(await tagsByKey(client, suite_id), {
      a: 'rag',
      b: 'rag',
      c: 'other rag',
      d: 'rag',
    });
    t.deepEqual(await dictionary(client, suite_id), {
      other: null,
      rag: null,
      rag_support: 'rag',
      support_rag: 'rag',
    });
    t.is((await call(client, 'find_cases', { suite_id, where_tags: 'support_rag' })).length, 4);
  });
});

test('into an old name means into the tag that it became; a tag can go back to its own old name', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'one', b: 'x' });
    await operate(client, 'bulk_rename_tag', { suite_id, tag: 'one', new_name: 'two' });
    await operate(client, 'bulk_merge_tags', { suite_id, tags: ['x'], into_tag: 'one' });
    t.deepEqual(await dictionary(client, suite_id), { one: 'two', two: null, x: 'two' });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'two', b: 'two' });
    await operate(client, 'bulk_merge_tags', { suite_id, tags: ['two'], into_tag: 'one' });
    t.deepEqual(await dictionary(client, suite_id), { one: null, two: 'one', x: 'one' });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'one', b: 'one' });
  });
});

test('it moves a tag that is in use into an exclusive group; where two meet, on_exclusive decides', async (t) => {
  const expected = {
    replace: { counts: { changed: 3, skipped: 0, failed: 0 }, b: 'gold' },
    skip: { counts: { changed: 2, skipped: 1, failed: 0 }, b: 'best tier_b' },
    fail: { counts: { changed: 2, skipped: 0, failed: 1 }, b: 'best tier_b' },
  };
  for (const [on_exclusive, { counts: expectedCounts, b }] of Object.entries(expected)) {
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      for (const name of ['gold', 'tier_b'])
        await call(client, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
      await appendTagged(client, suite_id, { a: 'best', b: 'best tier_b', c: 'best gold' });
      const args = { suite_id, tags: ['best'], into_tag: 'gold', on_exclusive };
      t.like(
        counts(await callOne<Operation>(client, 'preview_bulk_merge_tags', args)),
        expectedCounts,
      );
      t.like(counts(await operate(client, 'bulk_merge_tags', args)), {
        total: 3,
        ...expectedCounts,
      });
      t.deepEqual(await tagsByKey(client, suite_id), { a: 'gold', b, c: 'gold' });
    });
  }
});
