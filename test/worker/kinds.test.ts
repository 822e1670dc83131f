/** Every kind of operation, run by a worker from the queue to its end. */
import test from 'ava';
import { appendMany, callOne, counts, makeSuite } from '../helpers/cases.ts';
import { makeDatabase } from '../helpers/database.ts';
import {
  countLinks,
  finished,
  makeLargeSuite,
  outcomeOf,
  submit,
} from '../helpers/operations-watch.ts';
import { useWorker } from '../helpers/processes.ts';

const all = { total: 1000, processed: 1000, changed: 1000, unchanged: 0, skipped: 0, failed: 0 };

test('each kind of operation is run from the queue to its end', async (t) => {
  const db = await makeDatabase(t);
  await useWorker(t, db);
  const { pool } = db;
  const suite = await makeLargeSuite(pool, 1000, { rag: 2, old: 4 });

  const run = async (name: string, args: Record<string, unknown>) => {
    const queued = await submit(pool, name, suite, args);
    t.is(queued.state, 'queued', name);
    const done = await finished(pool, queued);
    t.is(done.state, 'succeeded', name);
    return done;
  };

  const tagged = await run('bulk_tag', { all_cases: true, add: ['gold'], remove: ['old'] });
  t.deepEqual(counts(tagged), all);
  t.is(await countLinks(pool, suite, 'gold', tagged.id), 1000);
  t.is(await countLinks(pool, suite, 'old'), 0);

  const archived = await run('bulk_set_status', { set_status: 'archived', all_cases: true });
  t.deepEqual(counts(archived), all);
  const restored = await run('undo_operation', { operation_id: archived.id });
  t.deepEqual(counts(restored), all);

  const renamed = await run('bulk_rename_tag', { tag: 'gold', new_name: 'golden' });
  t.deepEqual(counts(renamed), all);
  t.is(await countLinks(pool, suite, 'golden', renamed.id), 1000);

  const merged = await run('bulk_merge_tags', { tags: ['golden'], into_tag: 'rag' });
  t.deepEqual(counts(merged), all);
  t.is(await countLinks(pool, suite, 'rag'), 1000);
  t.is(await countLinks(pool, suite, 'rag', merged.id), 500, 'half of the cases had it before');

  const other = await makeSuite(pool);
  const copied = await run('bulk_copy', { into_suite_id: other, all_cases: true });
  t.deepEqual(counts(copied), all);
  t.is(await countLinks(pool, other, 'rag'), 1000);

  const deleted = await run('bulk_delete', { where_tags: 'rag' });
  t.deepEqual(counts(deleted), all);
  const undeleted = await run('undo_operation', { operation_id: deleted.id });
  t.deepEqual(counts(undeleted), all);
  t.is(await countLinks(pool, suite, 'rag'), 1000);
});

test('cases that are as asked already count as unchanged, and later ones are not covered', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suite = await makeLargeSuite(pool, 1000, { gold: 4 });
  const queued = await submit(pool, 'bulk_tag', suite, { all_cases: true, add: ['gold'] });
  await appendMany(pool, suite, 10, []);
  await useWorker(t, db);
  const done = await finished(pool, queued);
  t.deepEqual(counts(done), { ...all, changed: 750, unchanged: 250 });
  t.is(await countLinks(pool, suite, 'gold'), 1000);
  const { changes } = await outcomeOf(pool, done);
  t.is(new Set(changes).size, 750);
  t.is(changes.length, 750, 'each changed case stands once in the log');
});

test('an exclusive group is served by a worker as asked', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  await useWorker(t, db);
  const suite = await makeLargeSuite(pool, 1000);
  for (const name of ['tier_a', 'tier_b'])
    await callOne(pool, 'define_tag', { suite_id: suite, name, exclusive_group: 'tier' });
  const args = { all_cases: true };
  await finished(pool, await submit(pool, 'bulk_tag', suite, { ...args, add: ['tier_a'] }));
  await pool.query(
    `delete from bulkhead.test_case_tags where suite_id = $1
     and case_id in (select id from bulkhead.test_cases where suite_id = $1 and id % 2 = 0)`,
    [suite],
  );
  for (const [on_exclusive, expected, state] of [
    ['skip', { ...all, changed: 500, skipped: 500 }, 'succeeded'],
    ['fail', { ...all, changed: 0, unchanged: 500, failed: 500 }, 'failed'],
    ['replace', { ...all, changed: 500, unchanged: 500 }, 'succeeded'],
  ] as const) {
    const queued = await submit(pool, 'bulk_tag', suite, {
      ...args,
      add: ['tier_b'],
      on_exclusive,
    });
    const done = await finished(pool, queued);
    t.is(done.state, state, on_exclusive);
    t.deepEqual(counts(done), expected, on_exclusive);
  }
  t.is(await countLinks(pool, suite, 'tier_a'), 0);
  t.is(await countLinks(pool, suite, 'tier_b'), 1000);
});
