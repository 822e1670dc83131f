/** Cases that somebody else holds locked: chunks shrink around them, and only they fail. */
import test from 'ava';
import { callOne, counts, type Operation } from '../helpers/cases.ts';
import { makeDatabase } from '../helpers/database.ts';
import { countLinks, finished, makeLargeSuite, submit } from '../helpers/operations-watch.ts';
import { useWorker } from '../helpers/processes.ts';
import { openSession, pidOf, until } from '../helpers/waits.ts';

const locks: [what: string, lock: string, operate: [string, Record<string, unknown>]][] = [
  [
    'tag',
    `select from bulkhead.test_cases where suite_id = $1 and external_key = 'k300' for update`,
    ['bulk_tag', { all_cases: true, add: ['gold'] }],
  ],
  [
    'set_status',
    `update bulkhead.test_cases set input = '"edited"' where suite_id = $1 and external_key = 'k300'`,
    ['bulk_set_status', { all_cases: true, set_status: 'archived' }],
  ],
];

for (const [what, lock, [name, args]] of locks)
  test(`${what}: a locked case fails, the rest is done, and a retry mends it`, async (t) => {
    const db = await makeDatabase(t);
    const { pool } = db;
    const suite = await makeLargeSuite(pool, 600);
    const session = await openSession(t, db);
    await session.query('begin');
    await session.query(lock, [suite]);
    await useWorker(t, db);

    const done = await finished(pool, await submit(pool, name, suite, args));
    t.is(done.state, 'failed');
    t.like(counts(done), { total: 600, processed: 600, changed: 599, failed: 1 });
    t.is(done.first_errors.length, 1);
    t.is(done.first_errors[0]?.code, '55P03');
    t.true(done.chunks > 3, 'the chunks have shrunk');
    const { rows } = await pool.query(
      `select c.external_key, h.code from bulkhead.operation_changes($1, $2, 'failed') h
       join bulkhead.test_cases c on c.suite_id = $1 and c.id = h.case_id`,
      [suite, done.id],
    );
    t.deepEqual(rows, [{ external_key: 'k300', code: '55P03' }]);

    await session.query('rollback');
    const key = { suite_id: suite, operation_id: done.id };
    const retried = await finished(pool, await callOne<Operation>(pool, 'retry_operation', key));
    t.is(retried.state, 'succeeded');
    t.like(counts(retried), { total: 1, changed: 1 });
    const changed = await pool.query(
      `select count(*)::int as cases from bulkhead.test_cases where suite_id = $1 and status = 'archived'`,
      [suite],
    );
    t.is(what === 'tag' ? await countLinks(pool, suite, 'gold') : changed.rows[0].cases, 600);
  });

test('a case that is let go while the operation waits for it is done, not failed', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suite = await makeLargeSuite(pool, 600);
  const session = await openSession(t, db);
  await session.query('begin');
  await session.query(
    `update bulkhead.test_cases set input = '"edited"' where suite_id = $1 and external_key = 'k1'`,
    [suite],
  );
  await useWorker(t, db);
  const args = { all_cases: true, set_status: 'archived' };
  const operation = await submit(pool, 'bulk_set_status', suite, args);
  const holder = await pidOf(session);
  await until('the worker waits for the case', async () => {
    const { rows } = await pool.query(
      `select from pg_stat_activity
       where application_name = 'bulkhead worker' and $1 = any (pg_blocking_pids(pid))`,
      [holder],
    );
    return rows.length > 0;
  });
  await session.query('commit');
  const done = await finished(pool, operation);
  t.is(done.state, 'succeeded');
  t.like(counts(done), { changed: 600, unchanged: 0, failed: 0 });
  const { rows: cases } = await pool.query(
    `select status, version, input from bulkhead.test_cases where suite_id = $1 and external_key = 'k1'`,
    [suite],
  );
  t.deepEqual(
    cases,
    [{ status: 'archived', version: 2, input: 'edited' }],
    'both changes are there',
  );
});
