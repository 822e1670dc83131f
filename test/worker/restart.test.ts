/** PostgreSQL restarted under a worker that is in the middle of an operation: the worker finds it again by itself. */
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { pino } from 'pino';
import { type Embedded, startEmbedded } from '../../src/database/embedded.ts';
import { migrate } from '../../src/database/migrate.ts';
import { isAlive } from '../../src/database/postmaster.ts';
import { makeDataDir } from '../helpers/bulkhead.ts';
import { counts, type Operation } from '../helpers/cases.ts';
import { read, setChunkSize } from '../helpers/operations.ts';
import {
  countLinks,
  finished,
  makeLargeSuite,
  outcomeOf,
  runnersOf,
  submitInChunks,
} from '../helpers/operations-watch.ts';
import { quietLogger as logger, useWorker } from '../helpers/processes.ts';
import { until } from '../helpers/waits.ts';

/** The server of this test alone, and how to end and start it. */
async function useServer(t: ExecutionContext) {
  const dataDir = await makeDataDir(t);
  const settings = { fsync: 'off', shared_buffers: '64MB' };
  const start = (port: number) => startEmbedded({ dataDir, logger, port, settings });
  let server: Embedded = await start(0);
  t.teardown(() => server.stop());
  await migrate({ ownerUrl: server.ownerUrl, logger, current: true });
  return {
    ownerUrl: server.ownerUrl,
    async stop(signal: 'SIGINT' | 'SIGQUIT') {
      process.kill(server.pid, signal);
      await until('the server ends', async () => !isAlive(server.pid));
      await server.stop();
    },
    async start() {
      server = await start(server.port);
    },
  };
}

/** A pool that outlives the server. */
function usePool(t: ExecutionContext, ownerUrl: string) {
  const pool = new pg.Pool({ connectionString: ownerUrl, application_name: 'observer' });
  pool.on('error', () => {});
  t.teardown(() => pool.end());
  return pool;
}

/** Resolves once the worker has done further chunks, whatever the server says meanwhile. */
async function goesOn(pool: pg.Pool, operation: Operation) {
  const now = () => read(pool, operation).catch(() => undefined);
  const before = await until('the server answers', now);
  await until('the worker goes on', async () => {
    const after = await now();
    return after && after.chunks >= before.chunks + 2;
  });
  await until('the worker holds the lock of the id by which it holds its job', async () => {
    const { rows } = await pool.query(
      `select from graphile_worker.jobs j join pg_locks l
         on l.locktype = 'advisory' and l.granted
        and (l.classid::bigint << 32 | l.objid::bigint) = bulkhead_private.worker_lock_key(j.locked_by)`,
    );
    return rows.length > 0;
  });
  await setChunkSize(pool, operation, 25);
}

/** The sessions of the worker whose last statement looks like this. */
async function sessions(pool: pg.Pool, pattern: RegExp): Promise<number[]> {
  const { rows } = await pool.query(
    `select pid from pg_stat_activity where application_name = 'bulkhead worker' and query ~ $1`,
    [pattern.source],
  );
  return rows.map(({ pid }) => pid);
}

const retag = { where_tags: 'rag', add: ['gold'], remove: ['rag'] };

test('an operation outlives crashes and restarts of PostgreSQL, and so does its worker', async (t) => {
  const server = await useServer(t);
  const pool = usePool(t, server.ownerUrl);
  const log: string[] = [];
  const worker = await useWorker(t, server, {
    logger: pino({ level: 'warn' }, { write: (line: string) => void log.push(line) }),
  });
  const [calm, suite] = [
    await makeLargeSuite(pool, 3000, { rag: 1, flaky: 3 }),
    await makeLargeSuite(pool, 3000, { rag: 1, flaky: 3 }),
  ];
  const undisturbed = await finished(pool, await submitInChunks(pool, 'bulk_tag', calm, retag));
  const operation = await submitInChunks(pool, 'bulk_tag', suite, {
    ...retag,
    pace: 0.1,
    chunkSize: 25,
  });
  await goesOn(pool, operation);

  // one server process dies, and PostgreSQL ends all the others with it
  for (const pid of await runnersOf(pool, suite)) process.kill(pid, 'SIGKILL');
  await goesOn(pool, operation);
  t.log('a crashed backend');

  await server.stop('SIGQUIT');
  await server.start();
  await goesOn(pool, operation);
  t.log('an immediate shutdown');

  await server.stop('SIGINT');
  const attempts = () => log.filter((line) => line.includes('could not connect')).length;
  const before = attempts();
  await until('the worker tries in vain', async () => attempts() >= before + 3);
  await server.start();
  await goesOn(pool, operation);
  t.log('a fast shutdown, and some seconds without a server');

  // only single connections
  for (const pattern of [/pg_advisory_lock\(|recover_operations/, /^LISTEN "jobs:insert"/]) {
    const pids = await until('the session is there', async () => {
      const found = await sessions(pool, pattern);
      return found.length > 0 && found;
    });
    await pool.query('select pg_terminate_backend(pid) from unnest($1::int[]) as p (pid)', [pids]);
    await until('another session takes its place', async () =>
      (await sessions(pool, pattern)).some((pid) => !pids.includes(pid)),
    );
    await goesOn(pool, operation);
  }
  t.log('the connections that hold the lock and that listen, one by one');

  t.is((await read(pool, operation)).state, 'running', 'it was long enough for all of that');
  t.is((await finished(pool, operation)).state, 'succeeded');
  t.deepEqual(await outcomeOf(pool, operation), await outcomeOf(pool, undisturbed));
  t.like(counts(await read(pool, operation)), { total: 3000, changed: 3000 });
  t.is(await countLinks(pool, suite, 'gold', operation.id), 3000);
  await worker.stop();
});
