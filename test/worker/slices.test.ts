/** How a worker divides its time: slices, rests, cancellation, stopping, and what it tells. */
import test from 'ava';
import type pg from 'pg';
import { callOne, counts, type Operation, type Queryable } from '../helpers/cases.ts';
import { makeDatabase } from '../helpers/database.ts';
import { read } from '../helpers/operations.ts';
import {
  countLinks,
  finished,
  jobs,
  listenTo,
  makeLargeSuite,
  outcomeOf,
  progressed,
  submitInChunks,
} from '../helpers/operations-watch.ts';
import { useWorker } from '../helpers/processes.ts';
import { until } from '../helpers/waits.ts';

/** Half of its 800 cases have a tag. */
const newSuite = (db: Queryable) => makeLargeSuite(db, 800, { rag: 2 });

/** An operation that rests most of the time. */
async function submitSlow(pool: pg.Pool, suite: string, pace = 0.2): Promise<Operation> {
  const args = { all_cases: true, add: ['gold'], remove: ['rag'], pace };
  return submitInChunks(pool, 'bulk_tag', suite, args);
}

/** How many jobs have ever been added to the queue. */
async function jobsSoFar(db: Queryable): Promise<number> {
  const { rows } = await db.query(
    `select coalesce(pg_sequence_last_value(
       pg_get_serial_sequence('graphile_worker._private_jobs', 'id')), 0)::int as jobs`,
  );
  return rows[0].jobs;
}

test('an operation that goes over many slices does the same as one that does not', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suites = [await newSuite(pool), await newSuite(pool)] as const;
  const whole = await useWorker(t, db);
  const undisturbed = await finished(pool, await submitSlow(pool, suites[0]));
  await whole.stop();

  const before = await jobsSoFar(pool);
  await useWorker(t, db, { sliceMilliseconds: 1 });
  const sliced = await finished(pool, await submitSlow(pool, suites[1]));
  const used = (await jobsSoFar(pool)) - before;
  t.true(used >= 3, `${used} jobs`);
  t.true(used >= sliced.chunks - 1, 'each chunk took the whole of a slice');
  t.is(undisturbed.state, 'succeeded');
  t.deepEqual(await outcomeOf(pool, sliced), await outcomeOf(pool, undisturbed));
});

test('pace: while one operation rests, the whole of another one goes by', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suites = [await newSuite(pool), await newSuite(pool)] as const;
  const worker = await useWorker(t, db);
  const resting = await submitSlow(pool, suites[0], 0.001);
  await progressed(pool, resting, 1);
  const other = await finished(pool, await submitSlow(pool, suites[1], 1));
  t.is(other.state, 'succeeded');
  t.true(other.chunks > 2, `${other.chunks} chunks`);
  t.is((await read(pool, resting)).chunks, 1);
  await worker.stop();
  t.is((await read(pool, resting)).state, 'running', 'stop() does not wait for the rest');
});

test('cancel stops after the current chunk; what was done is counted and can be undone', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  await useWorker(t, db);
  const suite = await newSuite(pool);
  const operation = await submitSlow(pool, suite, 0.05);
  await progressed(pool, operation, 2);
  const key = { suite_id: suite, operation_id: operation.id };
  t.is((await callOne<Operation>(pool, 'cancel_operation', key)).state, 'running', 'not its own');
  const done = await finished(pool, operation);
  t.is(done.state, 'cancelled');
  const { total, processed, changed } = counts(done);
  t.is(total, 800);
  t.true((processed ?? 0) > 0 && (processed ?? 0) < 800, `${processed} of 800`);
  t.is(changed, processed);
  t.is(await countLinks(pool, suite, 'gold', operation.id), changed ?? -1);

  const undone = await finished(pool, await callOne<Operation>(pool, 'undo_operation', key));
  t.is(undone.state, 'succeeded');
  t.is(undone.changed, done.changed);
  t.is(await countLinks(pool, suite, 'gold'), 0);
  t.is(await countLinks(pool, suite, 'rag'), 400);
});

test('cancel does not wait for the worker, nor does one that stays uncommitted stop it', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  await useWorker(t, db);
  const suite = await newSuite(pool);
  const operation = await submitSlow(pool, suite);
  await progressed(pool, operation, 1);
  const session = await pool.connect();
  t.teardown(() => session.release(true));
  await session.query(`begin; set local lock_timeout = '2s'`);
  const args = { suite_id: suite, operation_id: operation.id };
  t.is((await callOne<Operation>(session, 'cancel_operation', args)).state, 'running');
  const done = await finished(pool, operation);
  t.is(done.state, 'succeeded', 'the wish was never committed');
  t.deepEqual(done.first_errors, []);
  await session.query('rollback');
});

test('subscribers hear of the submission, of each chunk and of the end', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suite = await newSuite(pool);
  const heard = await listenTo(t, db, suite);
  await useWorker(t, db);
  const operation = await submitSlow(pool, suite);
  const done = await finished(pool, operation);
  const expected = done.chunks + 1;
  await until('everything is heard', async () => heard.length >= expected);
  t.is(heard.length, expected);
  t.true(heard.every(({ operation_id }) => operation_id === operation.id));
});

test('stop() lets the chunk end and hands over; another worker goes on from there', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suites = [await newSuite(pool), await newSuite(pool)] as const;
  const first = await useWorker(t, db);
  const undisturbed = await finished(pool, await submitSlow(pool, suites[1]));
  const operation = await submitSlow(pool, suites[0]);
  await progressed(pool, operation, 2);
  await first.stop();

  const stopped = await read(pool, operation);
  t.is(stopped.state, 'running');
  t.is(stopped.processed, String(await countLinks(pool, suites[0], 'gold', operation.id)));
  const waiting = await jobs(pool, 'run_operations');
  t.true(waiting.length > 0 && waiting.every((job) => job.locked_by === null && !job.last_error));
  await until('all its sessions end, and their locks with them', async () => {
    const { rows } = await pool.query(
      `select from pg_stat_activity
       where datname = current_database() and application_name = 'bulkhead worker'`,
    );
    return rows.length === 0;
  });

  await useWorker(t, db);
  const done = await finished(pool, operation);
  t.true(done.chunks > stopped.chunks);
  t.deepEqual(await outcomeOf(pool, done), await outcomeOf(pool, undisturbed));
});
