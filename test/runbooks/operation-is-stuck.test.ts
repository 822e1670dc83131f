/** What keeps an operation: somebody who holds its cases, or the suite's lock; the one before it; no worker; a bad job. */
import test from 'ava';
import type { Operation } from '../helpers/cases.ts';
import { type Database, makeDatabase } from '../helpers/database.ts';
import { holdSuite, read } from '../helpers/operations.ts';
import {
  finished,
  makeLargeSuite,
  progressed,
  submitInChunks,
} from '../helpers/operations-watch.ts';
import { useWorker } from '../helpers/processes.ts';
import { useRunbook } from '../helpers/runbooks.ts';
import { openSession, pidOf, until } from '../helpers/waits.ts';

const runbook = useRunbook('operation-is-stuck');

/** A database with the suite `regression` of so many cases, all tagged rag. */
async function makeRegression(t: Parameters<typeof makeDatabase>[0], cases: number) {
  const db = await makeDatabase(t);
  const suite = await makeLargeSuite(db.pool, cases, { rag: 1 });
  await db.pool.query("update bulkhead.test_suites set slug = 'regression' where id = $1", [suite]);
  return { db, suite };
}

const retag = { where_tags: 'rag', add: ['gold'] };

const look = async ({ pool }: Database) => runbook.sql(pool, 'look', { suite: 'regression' });

test.serial('no worker: two wait, the second behind the first, which is cancelled', async (t) => {
  const { db, suite } = await makeRegression(t, 600);
  const first = await submitInChunks(db.pool, 'bulk_tag', suite, retag);
  const second = await submitInChunks(db.pool, 'bulk_set_status', suite, {
    where_tags: 'rag',
    set_status: 'archived',
  });
  t.deepEqual(await runbook.sql(db.pool, 'workers'), []);
  const rows = await look(db);
  t.deepEqual(
    rows.map((row) => [row.id, row.state, row.place_in_the_queue, row.runner]),
    [
      [first.id, 'queued', '1', null],
      [second.id, 'queued', '2', null],
    ],
  );
  const variables = { suite: 'regression', operation: first.id };
  t.like((await runbook.sql(db.pool, 'cancel', variables))[0], { state: 'cancelled' });
  t.like((await look(db))[0], { id: second.id, place_in_the_queue: '1' });

  // whatever has become of the jobs: waking makes one
  await db.pool.query('delete from graphile_worker._private_jobs');
  t.is((await look(db))[0]?.next_job, null);
  await runbook.sql(db.pool, 'wake', { suite: 'regression' });
  t.truthy((await look(db))[0]?.next_job);
  await useWorker(t, db);
  t.is((await finished(db.pool, second)).state, 'succeeded');
  t.is((await runbook.sql(db.pool, 'workers')).length, 1);
  t.is((await runbook.sql(db.pool, 'over', { suite: 'regression' })).length, 2);
});

test.serial('somebody holds a case: it fails alone, and is done by a retry', async (t) => {
  const { db, suite } = await makeRegression(t, 60);
  const somebody = await openSession(t, db);
  await somebody.query('begin');
  await somebody.query(
    "update bulkhead.test_cases set metadata = '{}' where suite_id = $1 and external_key = 'k30'",
    [suite],
  );
  await useWorker(t, db);
  const operation = await submitInChunks(db.pool, 'bulk_set_status', suite, {
    chunkSize: 60,
    where_tags: 'rag',
    set_status: 'archived',
    pace: 0.5,
  });
  await until('the chunk has shrunk to the case', async () => {
    const { chunk_size: size, failed } = await read(db.pool, operation);
    return Number(size) === 1 || Number(failed) === 1;
  });
  const holders = await until('the transaction is a second old', async () => {
    const rows = await runbook.sql(db.pool, 'holders', { suite: 'regression' });
    return rows.length > 0 && rows;
  });
  const holder = await pidOf(somebody);
  t.true(holders.some((row) => row.pid === holder && row.state === 'idle in transaction'));

  const ended = await finished(db.pool, operation);
  t.like(ended, { state: 'failed', changed: '59', failed: '1' });
  const variables = { suite: 'regression', operation: operation.id };
  const failures = await runbook.sql(db.pool, 'failures', variables);
  t.like(failures[0], { code: '55P03', cases: '1' });

  await runbook.sql(db.pool, 'end-the-holder', { holder });
  const [retry] = await runbook.sql(db.pool, 'retry', variables);
  t.like(retry, { total: '1', retries_operation_id: operation.id });
  const again = { suite_id: suite, id: String(retry?.id) } as Operation;
  t.like(await finished(db.pool, again), { state: 'succeeded', changed: '1' });
});

test.serial('somebody holds the lock of the suite: seen by name, and ended', async (t) => {
  const { db, suite } = await makeRegression(t, 600);
  const somebody = await openSession(t, db);
  await holdSuite(somebody, suite);
  await useWorker(t, db);
  const operation = await submitInChunks(db.pool, 'bulk_tag', suite, retag);
  const holder = await pidOf(somebody);
  t.like((await look(db))[0], { runner: holder, run_by: 'bulkhead test session' });
  await runbook.sql(db.pool, 'end-the-holder', { holder });
  t.is((await finished(db.pool, operation)).state, 'succeeded');
});

test.serial('one that rests as it was told to moves, slowly', async (t) => {
  const { db, suite } = await makeRegression(t, 600);
  await useWorker(t, db);
  const slow = await submitInChunks(db.pool, 'bulk_tag', suite, {
    ...retag,
    pace: 0.02,
    chunkSize: 20,
  });
  await progressed(db.pool, slow, 1);
  const [before] = await look(db);
  t.like(before, { state: 'running', run_by: 'bulkhead worker' });
  t.true(Number(before?.pace) < 0.1);
  await progressed(db.pool, slow, Number(before?.chunks) + 1);
  await runbook.sql(db.pool, 'cancel', { suite: 'regression', operation: slow.id });
  t.is((await finished(db.pool, slow)).state, 'cancelled');
});

test.serial('a job that can never be submitted says why', async (t) => {
  const { db, suite } = await makeRegression(t, 10);
  await useWorker(t, db);
  await db.pool.query(
    "select graphile_worker.add_job('bulk_tag', json_build_object($1::text, $2::text))",
    ['suite_id', suite],
  );
  const failed = await until('the job has failed', async () => {
    const rows = await runbook.sql(db.pool, 'failed-jobs');
    return rows.length > 0 && rows;
  });
  t.like(failed[0], { task_identifier: 'bulk_tag' });
  t.is(failed[0]?.attempts, failed[0]?.max_attempts);
  t.regex(String(failed[0]?.last_error), /[A-Z_]+: /);
});

test.serial('every block of the runbook was run', (t) => {
  t.deepEqual(runbook.left(), []);
});
