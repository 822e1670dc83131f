/** The change log is kept for 30 days after the end of an operation, records of pulls by route for a year. */
import test from 'ava';
import { callOne, type Operation } from '../helpers/cases.ts';
import { makeDatabase } from '../helpers/database.ts';
import { jobs, makeLargeSuite, submit } from '../helpers/operations-watch.ts';
import { useWorker } from '../helpers/processes.ts';
import { openSession, until } from '../helpers/waits.ts';

test('prune_change_log removes what is older than 30 days, in one run, and nothing else', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suite = await makeLargeSuite(pool, 400, { rag: 1 });
  const session = await openSession(t, db);
  const operations: Operation[] = [];
  for (const age of ['31 days', '29 days', '0 days']) {
    await session.query(`select set_config('bulkhead.now', (now() - $1::interval)::text, false)`, [
      age,
    ]);
    const add = [`old-${age.replace(' ', '-')}`];
    await callOne(session, 'define_tag', { suite_id: suite, name: add[0] });
    operations.push(await submit(session, 'bulk_tag', suite, { where_tags: 'rag', add }));
  }
  const [old, recent, present] = operations as [Operation, Operation, Operation];
  t.true(operations.every(({ state }) => state === 'succeeded'));
  // more than one round of pruning takes
  await pool.query(
    `insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, case_ids)
     select $1, $2, i, 'link_added', 'rag', array[1] from generate_series(2, 1000) i`,
    [suite, old.id],
  );

  await useWorker(t, db);
  await pool.query(`select graphile_worker.add_job('prune_change_log')`);
  await until('the job ends', async () => (await jobs(pool, 'prune_change_log')).length === 0);
  const { rows } = await pool.query(
    `select operation_id, count(*)::int as entries from bulkhead_private.change_log
     group by operation_id order by operation_id`,
  );
  t.deepEqual(rows, [
    { operation_id: recent.id, entries: 1 },
    { operation_id: present.id, entries: 1 },
  ]);
  const undo = (operation: Operation) =>
    callOne<Operation>(pool, 'undo_operation', { suite_id: suite, operation_id: operation.id });
  await t.throwsAsync(undo(old), { code: 'TCOLD' });
  t.is((await undo(recent)).state, 'succeeded');
});

test('prune_route_pulls removes what is older than a year, in one run, and nothing else', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suite = await makeLargeSuite(pool, 3, { rag: 1 });
  await callOne(pool, 'define_route', { suite_id: suite, name: 'nightly', expression: 'rag' });
  const kept = await callOne<{ id: string }>(pool, 'pull_route', {
    suite_id: suite,
    route: 'nightly',
  });
  // more than one round of pruning takes
  const { rows: recent } = await pool.query(
    `insert into bulkhead.route_pulls (suite_id, route, expression, cases, pulled_at)
     select $1, 'nightly', 'rag', 3, now() - case when i = 0 then interval '364 days' else interval '367 days' end
     from generate_series(0, 2500) i returning id`,
    [suite],
  );

  await useWorker(t, db);
  await pool.query(`select graphile_worker.add_job('prune_route_pulls')`);
  await until('the job ends', async () => (await jobs(pool, 'prune_route_pulls')).length === 0);
  const { rows } = await pool.query('select id from bulkhead.route_pulls order by id');
  t.deepEqual(rows, [{ id: kept.id }, recent[0]]);
});
