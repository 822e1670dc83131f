/** kill -9 of the worker, again and again, in the middle of two operations: nothing is lost, nothing is done twice. */
import test, { type ExecutionContext } from 'ava';
import type pg from 'pg';
import { callOne, makeSuite, type Operation } from '../helpers/cases.ts';
import { type Database, makeDatabase } from '../helpers/database.ts';
import { read } from '../helpers/operations.ts';
import {
  finished,
  makeLargeSuite,
  outcomeOf,
  progressed,
  runnersOf,
  submitInChunks,
} from '../helpers/operations-watch.ts';
import { killWorker, spawnWorker, useWorker, type WorkerProcess } from '../helpers/processes.ts';
import { until } from '../helpers/waits.ts';

const kills = 10;
const cases = 4000;
/** Within so many seconds another worker goes on, says the specification. */
const recovery = 15;

/** Cases that the operation changes, skips, and leaves alone; and a selection that its own work shrinks. */
async function makeMixedSuite(pool: pg.Pool): Promise<string> {
  const suite = await makeLargeSuite(pool, cases, { rag: 1, flaky: 5 });
  for (const name of ['gold', 'silver'])
    await callOne(pool, 'define_tag', { suite_id: suite, name, exclusive_group: 'tier' });
  await pool.query(
    `insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key)
     select suite_id, id, case when substr(external_key, 2)::int % 7 = 0 then 'silver' else 'gold' end, 'tier'
     from bulkhead.test_cases where suite_id = $1 and substr(external_key, 2)::int % 3 = 0`,
    [suite],
  );
  return suite;
}

const retag = { where_tags: 'rag', add: ['gold'], remove: ['rag'], on_exclusive: 'skip' };
const copyAll = { all_cases: true };

type Target = { suite: string; operation: Operation };

/**
 * An operation rests twenty times as long as a chunk takes. Longer rests would keep it going with fewer cases, but one slow chunk
 * would then look like a worker that nobody replaces.
 */
const slow = { chunkSize: 10, pace: 0.05 };

/** Chunks grow as long as they are quick, and these operations must not be over too soon. */
async function keepChunksSmall(pool: pg.Pool) {
  await pool.query(`
    create function public.keep_small() returns trigger language plpgsql as $$
    begin
      new.chunk_size := ${slow.chunkSize};
      return new;
    end $$;
    create trigger keep_small before update on bulkhead.bulk_operations
      for each row execute function public.keep_small()`);
}

const runnersOfAll = async (pool: pg.Pool, targets: Target[]) =>
  (await Promise.all(targets.map(({ suite }) => runnersOf(pool, suite)))).flat();

/** Kills the worker that runs the operations; resolves once another one runs them, to the seconds that took and the chunks done. */
async function killInTheMiddle(pool: pg.Pool, worker: WorkerProcess, targets: Target[]) {
  const killed = await runnersOfAll(pool, targets);
  await killWorker(worker);
  const since = performance.now();
  await until(
    'another worker runs both operations',
    async () => {
      const runners = await runnersOfAll(pool, targets);
      return runners.length === targets.length && !runners.some((pid) => killed.includes(pid));
    },
    { seconds: recovery },
  );
  const seconds = (performance.now() - since) / 1000;
  const chunks: number[] = [];
  for (const { operation } of targets) chunks.push((await read(pool, operation)).chunks);
  return { seconds, chunks };
}

/** Resolves once a session runs a chunk of the suite at this very moment. */
async function inChunk(pool: pg.Pool, { suite }: Target) {
  await until('a chunk is being done', async () => {
    const { rows } = await pool.query(
      `select from pg_stat_activity where pid = any ($1) and state = 'active' and query ~ 'run_chunk'`,
      [await runnersOf(pool, suite)],
    );
    return rows.length > 0;
  });
}

/** Kills the worker so many times; each time the other one takes over, and a new one stands by. */
async function killRepeatedly(t: ExecutionContext, db: Database, targets: [Target, Target]) {
  const { pool } = db;
  let worker = await spawnWorker(t, db);
  let chunks = [0, 0];
  const times: number[] = [];
  for (let kill = 1; kill <= kills; kill++) {
    for (const [index, { operation }] of targets.entries())
      await progressed(pool, operation, (chunks[index] ?? 0) + 1);
    const standby = await spawnWorker(t, db);
    if (kill % 2 === 0) await inChunk(pool, targets[kill % 4 === 0 ? 0 : 1]);
    const { seconds, chunks: done } = await killInTheMiddle(pool, worker, targets);
    times.push(seconds);
    for (const { operation } of targets)
      t.is((await read(pool, operation)).state, 'running', 'it was long enough for that');
    if (kill === kills)
      await pool.query(
        'drop trigger keep_small on bulkhead.bulk_operations; update bulkhead.bulk_operations set pace = 1',
      );
    for (const [index, { operation }] of targets.entries())
      await progressed(pool, operation, (done[index] ?? 0) + 1);
    [worker, chunks] = [standby, done];
  }
  return times;
}

test(`kill -9 ${kills} times: the result equals an undisturbed run`, async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const inProcess = await useWorker(t, db);
  const calm = await makeMixedSuite(pool);
  const undisturbed = await finished(
    pool,
    await submitInChunks(pool, 'bulk_tag', calm, { ...retag, chunkSize: 500 }),
  );
  await inProcess.stop();

  const suite = await makeMixedSuite(pool);
  const source = await makeMixedSuite(pool);
  const copies = await makeSuite(pool);
  await pool.query('update bulkhead.test_cases set external_key = null where suite_id = $1', [
    source,
  ]);
  await keepChunksSmall(pool);
  const tagging = await submitInChunks(pool, 'bulk_tag', suite, { ...retag, ...slow });
  const copying = await submitInChunks(pool, 'bulk_copy', source, {
    ...copyAll,
    ...slow,
    into_suite_id: copies,
  });
  const times = await killRepeatedly(t, db, [
    { suite, operation: tagging },
    { suite: source, operation: copying },
  ]);
  t.log(`seconds from each kill to another worker: ${times.map((s) => s.toFixed(1)).join(', ')}`);

  t.is((await finished(pool, tagging)).state, 'succeeded');
  t.deepEqual(await outcomeOf(pool, tagging), await outcomeOf(pool, undisturbed));
  const copied = await finished(pool, copying);
  t.like(copied, { state: 'succeeded', processed: String(cases), changed: String(cases) });
  const { rows } = await pool.query(
    `select count(*)::int as copies, count(distinct input)::int as inputs,
       (select count(*)::int from bulkhead.test_case_tags where suite_id = $1) as links,
       (select count(*)::int from bulkhead.test_case_tags where suite_id = $2) as source_links
     from bulkhead.test_cases where suite_id = $1`,
    [copies, source],
  );
  t.like(rows[0], { copies: cases, inputs: cases, links: rows[0].source_links });
});
