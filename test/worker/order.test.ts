/** In which order the operations of a suite run, and what keeps them going. */
import test from 'ava';
import type { Operation, Queryable } from '../helpers/cases.ts';
import { makeDatabase } from '../helpers/database.ts';
import { read, runChunk } from '../helpers/operations.ts';
import {
  finished,
  jobs,
  makeLargeSuite,
  progressed,
  submit,
  submitInChunks,
} from '../helpers/operations-watch.ts';
import { spawnWorker, useWorker, withoutRecovery } from '../helpers/processes.ts';
import { until } from '../helpers/waits.ts';

const slowly = { all_cases: true, pace: 0.2 };

/** When each operation began and ended, by the database's clock, in the order of beginning. */
async function periods(db: Queryable, operations: Operation[]) {
  const { rows } = await db.query(
    `select id, started_at, finished_at from bulkhead.bulk_operations
     where id = any ($1) order by started_at`,
    [operations.map(({ id }) => id)],
  );
  return rows as { id: string; started_at: Date; finished_at: Date }[];
}

test('one suite: in the order of submission; different suites: at the same time', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const [one, two] = [await makeLargeSuite(pool, 800), await makeLargeSuite(pool, 800)];
  const mine: Operation[] = [];
  for (const tag of ['a', 'b', 'c'])
    mine.push(await submitInChunks(pool, 'bulk_tag', one, { ...slowly, add: [tag] }));
  // small chunks and long rests: the first ones end only after the other suite's has begun
  const theirs = await submitInChunks(pool, 'bulk_tag', two, { ...slowly, add: ['a'] });
  await useWorker(t, db);
  for (const operation of [...mine, theirs])
    t.is((await finished(pool, operation)).state, 'succeeded');

  const times = await periods(pool, mine);
  t.deepEqual(
    times.map(({ id }) => id),
    mine.map(({ id }) => id),
  );
  for (const [index, { started_at }] of times.entries())
    if (index > 0) t.true(started_at >= (times[index - 1]?.finished_at ?? 0), 'one at a time');
  const [other] = await periods(pool, [theirs]);
  if (!other || !times[0]) throw new Error('an operation has no times');
  t.true(other.started_at < times[0].finished_at && times[0].started_at < other.finished_at);
});

test('the next operation follows at once, by the same job, without any recovery', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  await withoutRecovery(pool);
  const suite = await makeLargeSuite(pool, 800);
  const first = await submitInChunks(pool, 'bulk_tag', suite, { ...slowly, add: ['a'] });
  await useWorker(t, db);
  await progressed(pool, first, 1);
  const second = await submit(pool, 'bulk_tag', suite, { all_cases: true, add: ['b'] });
  // nothing is left to start it but the slice that runs the first one
  await pool.query('delete from graphile_worker._private_jobs where locked_at is null');
  t.is((await finished(pool, second)).state, 'succeeded');
  t.is((await read(pool, first)).state, 'succeeded');
});

test('while a call holds the suite, its jobs wait for it as one, and go on after it', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  await withoutRecovery(pool);
  const suite = await makeLargeSuite(pool, 600, { rag: 2 });
  const session = await pool.connect();
  t.teardown(() => session.release(true));
  await session.query('begin');
  const small = await submit(session, 'bulk_tag', suite, { where_tags: 'rag', remove: ['rag'] });
  t.is(small.state, 'succeeded', 'it has run in the call, which is not committed');
  const queued: Operation[] = [];
  for (const tag of ['a', 'b', 'c', 'd'])
    queued.push(await submit(pool, 'bulk_tag', suite, { all_cases: true, add: [tag] }));
  await useWorker(t, db);
  await until('four jobs have become one', async () => {
    return (await jobs(pool, 'run_operations')).length === 1;
  });
  for (const operation of queued) t.is((await read(pool, operation)).state, 'queued');
  await session.query('commit');
  for (const operation of queued) t.is((await finished(pool, operation)).state, 'succeeded');
});

test('an operation that appears behind a younger one, which is running already, waits for it', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suite = await makeLargeSuite(pool, 800);
  const session = await pool.connect();
  t.teardown(() => session.release(true));
  await session.query('begin');
  const older = await submit(session, 'bulk_tag', suite, { all_cases: true, add: ['a'] });
  const younger = await submitInChunks(pool, 'bulk_tag', suite, { all_cases: true, add: ['b'] });
  t.is((await runChunk(pool, younger)).state, 'running', 'as a worker that then died would have');
  await session.query('commit');

  await useWorker(t, db);
  t.is((await finished(pool, older)).state, 'succeeded');
  t.is((await read(pool, younger)).state, 'succeeded');
  const times = await periods(pool, [older, younger]);
  t.deepEqual(
    times.map(({ id }) => id),
    [younger.id, older.id],
  );
});

test('an operation without a job, or with one that has failed too often, is found and run', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suites = [await makeLargeSuite(pool, 600), await makeLargeSuite(pool, 600)] as const;
  const lost = await submit(pool, 'bulk_tag', suites[0], { all_cases: true, add: ['a'] });
  await pool.query('delete from graphile_worker._private_jobs');
  const delayed = await submit(pool, 'bulk_tag', suites[1], { all_cases: true, add: ['a'] });
  await pool.query(
    `update graphile_worker._private_jobs set attempts = 9, run_at = now() + interval '2 hours'`,
  );
  const [job] = await jobs(pool, 'run_operations');
  await spawnWorker(t, db);
  t.is((await finished(pool, lost)).state, 'succeeded');
  t.is((await finished(pool, delayed)).state, 'succeeded');
  await until('the jobs end', async () => (await jobs(pool, 'run_operations')).length === 0);
  t.truthy(job);
});
