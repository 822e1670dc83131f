/** kill -9 of the only worker, in the middle of an operation; and another one that goes on. */
import test from 'ava';
import { makeDatabase } from '../helpers/database.ts';
import { read, setChunkSize } from '../helpers/operations.ts';
import {
  finished,
  makeLargeSuite,
  progressed,
  submitInChunks,
} from '../helpers/operations-watch.ts';
import { killWorker, spawnWorker, useWorker } from '../helpers/processes.ts';
import { useRunbook } from '../helpers/runbooks.ts';
import { until } from '../helpers/waits.ts';

const runbook = useRunbook('worker-died');

test.serial('the only worker is killed: seen, freed, and gone on with', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suite = await makeLargeSuite(pool, 3000, { rag: 1 });
  const worker = await spawnWorker(t, db);
  const operation = await submitInChunks(pool, 'bulk_tag', suite, {
    where_tags: 'rag',
    add: ['gold'],
    pace: 0.01,
    chunkSize: 25,
  });
  await progressed(pool, operation, 2);
  t.is((await runbook.sql(pool, 'workers')).length, 1);
  t.deepEqual(await runbook.sql(pool, 'jobs-of-the-dead'), []);

  await killWorker(worker);
  await until('its sessions end', async () => (await runbook.sql(pool, 'workers')).length === 0);
  const held = await runbook.sql(pool, 'jobs-of-the-dead');
  t.is(held.length, 1);
  t.like(held[0], { task: 'run_operations', payload: { suite_id: suite } });
  const unfinished = await runbook.sql(pool, 'unfinished');
  t.like(unfinished[0], { id: operation.id, state: 'running', total: '3000' });

  await until('the jobs are freed', async () => {
    await runbook.sql(pool, 'free');
    return (await runbook.sql(pool, 'jobs-of-the-dead')).length === 0;
  });
  await pool.query('update bulkhead.bulk_operations set pace = 1');
  await setChunkSize(pool, operation, 500);
  // `start` is this in a process of its own, which would run until the end of the test
  const other = await useWorker(t, db);
  await until('it is seen', async () => (await runbook.sql(pool, 'workers')).length === 1);
  t.is((await finished(pool, operation)).state, 'succeeded');
  t.like(await read(pool, operation), { changed: '3000', failed: '0' });
  t.deepEqual(await runbook.sql(pool, 'unfinished'), []);
  await other.stop();
});

test.serial('the shell line starts a worker, which takes over by itself', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suite = await makeLargeSuite(pool, 1000, { rag: 1 });
  const killed = await spawnWorker(t, db);
  const operation = await submitInChunks(pool, 'bulk_tag', suite, {
    where_tags: 'rag',
    add: ['gold'],
    pace: 0.01,
    chunkSize: 25,
  });
  await progressed(pool, operation, 2);
  await killWorker(killed);
  await pool.query('update bulkhead.bulk_operations set pace = 1');
  const started = runbook.sh(t, 'start', { DATABASE_URL: db.ownerUrl });
  t.is((await finished(pool, operation)).state, 'succeeded');
  t.deepEqual(await runbook.sql(pool, 'jobs-of-the-dead'), []);
  started.catch(() => {});
});

test.serial('every block of the runbook was run', (t) => {
  t.deepEqual(runbook.left(), []);
});
