/** The DBA's way: `graphile_worker.add_job('bulk_tag', …)` is the same as `bulkhead.bulk_tag(…)`. */
import test, { type ExecutionContext } from 'ava';
import type pg from 'pg';
import { counts, makeSuite, type Operation, type Queryable } from '../helpers/cases.ts';
import { makeDatabase } from '../helpers/database.ts';
import { countLinks, finished, jobs, makeLargeSuite } from '../helpers/operations-watch.ts';
import { killWorker, spawnWorker, useWorker } from '../helpers/processes.ts';
import { until } from '../helpers/waits.ts';

async function addJob(db: Queryable, task: string, payload: unknown): Promise<string> {
  const { rows } = await db.query('select id from graphile_worker.add_job($1, $2::json)', [
    task,
    JSON.stringify(payload),
  ]);
  return rows[0].id;
}

/** The last operation of a suite, once it has ended and is none of those known. */
async function nextOperation(db: Queryable, suiteId: string, known: string[]): Promise<Operation> {
  const operation = await until('a job submits an operation', async () => {
    const { rows } = await db.query(
      'select * from bulkhead.bulk_operations where suite_id = $1 and id <> all ($2::bigint[])',
      [suiteId, known],
    );
    return rows[0] as Operation | undefined;
  });
  known.push(operation.id);
  return finished(db, operation);
}

test('a job of each kind submits an operation that runs to its end', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  await useWorker(t, db);
  const suite = await makeLargeSuite(pool, 600, { rag: 1, flaky: 3 });
  const other = await makeSuite(pool);
  const known: string[] = [];
  const run = async (task: string, payload: object, expected: Partial<Record<string, number>>) => {
    await addJob(pool, task, { suite_id: Number(suite), ...payload });
    const done = await nextOperation(pool, suite, known);
    t.is(done.state, 'succeeded', task);
    t.like(counts(done), expected, task);
    return done;
  };

  const tag = { where_tags: 'rag and not flaky', add: ['gold'] };
  const tagged = await run('bulk_tag', tag, { total: 400, changed: 400 });
  await run('undo_operation', { operation_id: tagged.id }, { total: 400, changed: 400 });
  t.is(await countLinks(pool, suite, 'gold'), 0);
  const status = { set_status: 'archived', where_tags: 'flaky' };
  await run('bulk_set_status', status, { total: 200, changed: 200 });
  await run('bulk_rename_tag', { tag: 'flaky', new_name: 'shaky' }, { total: 200, changed: 200 });
  const merge = { tags: ['shaky'], into_tag: 'rag' };
  await run('bulk_merge_tags', merge, { total: 200, changed: 200 });
  const copy = { into_suite_id: other, external_keys: ['k1', 'k2'] };
  await run('bulk_copy', copy, { total: 2, changed: 2 });
  await run('bulk_delete', { external_keys: ['k1'] }, { total: 1, changed: 1 });

  const late = await cancelledOperation(pool, suite);
  known.push(late);
  await run('retry_operation', { operation_id: late }, { total: 599, changed: 599 });
  t.deepEqual(await jobs(pool, 'bulk_tag'), [], 'a job that is done leaves the queue');
});

/** An operation that was cancelled before any worker could see it. */
async function cancelledOperation(pool: pg.Pool, suite: string): Promise<string> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const { rows } = await client.query(
      `select id from bulkhead.bulk_tag(suite_id => $1, all_cases => true, add => '{late}')`,
      [suite],
    );
    await client.query('select bulkhead.cancel_operation($1, $2)', [suite, rows[0].id]);
    await client.query('commit');
    return rows[0].id;
  } finally {
    client.release();
  }
}

const badPayloads: [task: string, payload: (suite: string) => unknown, error: RegExp][] = [
  ['bulk_tag', () => ({}), /names no .*suite_id/],
  ['bulk_tag', () => 'rag', /BAD_ARGUMENT|INVALID/],
  ['bulk_tag', () => null, /BAD_ARGUMENT|INVALID/],
  ['bulk_tag', () => [1, 2], /BAD_ARGUMENT|INVALID/],
  ['bulk_tag', () => ({ suite_id: 987654321, all_cases: true, add: ['x'] }), /UNKNOWN_SUITE/],
  ['bulk_tag', () => ({ suite_id: 'regression' }), /INVALID_VALUE/],
  ['bulk_tag', (suite_id) => ({ suite_id, tags: 'rag' }), /unknown key "tags"/],
  ['bulk_tag', (suite_id) => ({ suite_id, add: ['x'] }), /NO_SELECTION/],
  ['bulk_tag', (suite_id) => ({ suite_id, all_cases: true, add: ['Big'] }), /MALFORMED_TAG/],
  ['bulk_tag', (suite_id) => ({ suite_id, all_cases: true, add: 'x' }), /add/],
  ['bulk_tag', (suite_id) => ({ suite_id, where_tags: 'rag and', add: ['x'] }), /MALFORMED_EXPR/],
  ['bulk_tag', (suite_id) => ({ suite_id, where_tags: 'a\u0000', add: ['x'] }), /UNSTORABLE|EXPR/],
  ['bulk_set_status', (suite_id) => ({ suite_id, all_cases: true }), /names no .*set_status/],
  ['bulk_delete', (suite_id) => ({ suite_id }), /NO_SELECTION/],
  ['bulk_copy', (suite_id) => ({ suite_id, all_cases: true }), /names no .*into_suite_id/],
  ['bulk_rename_tag', (suite_id) => ({ suite_id, tag: 'rag' }), /names no .*new_name/],
  ['bulk_merge_tags', (suite_id) => ({ suite_id, tags: ['nil'], into_tag: 'rag' }), /UNKNOWN_TAG/],
  ['undo_operation', (suite_id) => ({ suite_id, operation_id: 987654321 }), /UNKNOWN_OPERATION/],
  ['retry_operation', (suite_id) => ({ suite_id }), /names no .*operation_id/],
  ['run_operations', () => ({ suite: 1 }), /names no suite_id/],
];

test('a bad payload fails its job for good at once, says why, and holds up nobody', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suite = await makeLargeSuite(pool, 20, { rag: 1 });
  const ids: string[] = [];
  for (const [task, payload] of badPayloads) ids.push(await addJob(pool, task, payload(suite)));
  await addJob(pool, 'bulk_tag', { suite_id: suite, all_cases: true, add: ['good'] });
  await useWorker(t, db, { concurrency: 2 });

  t.is((await nextOperation(pool, suite, [])).state, 'succeeded', 'the good one behind them');
  for (const [index, [task, payload, error]] of badPayloads.entries()) {
    const what = `${task} ${JSON.stringify(payload('1'))}`;
    const job = await until(`${what} fails`, async () => {
      const { rows } = await pool.query('select * from graphile_worker.jobs where id = $1', [
        ids[index],
      ]);
      return rows[0]?.last_error && rows[0];
    });
    t.regex(job.last_error, error, what);
    t.like(job, { attempts: 1, max_attempts: 1, locked_by: null }, `${what} is not tried again`);
  }
  t.is((await pool.query('select from bulkhead.bulk_operations')).rowCount, 1);
});

/** Holds up the end of each job, so that a worker can be killed after the submission and before that. */
async function holdJobEnds(t: ExecutionContext, pool: pg.Pool) {
  await pool.query(`
    create function public.wait_at_the_end() returns trigger language plpgsql as
    'begin perform pg_advisory_xact_lock_shared(4711); return old; end';
    create trigger wait_at_the_end before delete on graphile_worker._private_jobs
    for each row execute function public.wait_at_the_end()`);
  const client = await pool.connect();
  await client.query('select pg_advisory_lock(4711)');
  t.teardown(() => client.release(true));
  return () => client.query('select pg_advisory_unlock(4711)');
}

test('a worker that dies after the submission and before the end of its job: submitted once', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suite = await makeLargeSuite(pool, 100);
  const other = await makeSuite(pool);
  await pool.query('update bulkhead.test_cases set external_key = null');
  const letEnd = await holdJobEnds(t, pool);
  await addJob(pool, 'bulk_copy', { suite_id: suite, into_suite_id: other, all_cases: true });

  const first = await spawnWorker(t, db);
  await nextOperation(pool, suite, []);
  await until('the end of the job waits', async () => {
    const { rows } = await pool.query(
      `select from pg_locks where locktype = 'advisory' and objid = 4711 and not granted`,
    );
    return rows.length > 0;
  });
  await killWorker(first);
  await pool.query(
    `select pg_terminate_backend(pid) from pg_locks
     where locktype = 'advisory' and objid = 4711 and not granted`,
  );
  t.is((await jobs(pool, 'bulk_copy')).length, 1, 'the job is still there');
  await letEnd();
  await useWorker(t, db);
  await until('the job ends', async () => (await jobs(pool, 'bulk_copy')).length === 0);
  const { rows } = await pool.query(
    `select (select count(*)::int from bulkhead.bulk_operations) as operations,
            (select count(*)::int from bulkhead.test_cases where suite_id = $1) as copies`,
    [other],
  );
  t.deepEqual(rows[0], { operations: 1, copies: 100 });
});
