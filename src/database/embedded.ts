/**
 * The embedded server: a real PostgreSQL 18 in a folder, for people who have none.
 *
 * The server is in a process group of its own, so a Ctrl-C reaches it only through us, after the
 * worker and the API have let go of it. What a killed parent leaves behind is recognised by its
 * postmaster.pid and its command line, and used again. Who holds an advisory lock in the
 * database `postgres` is the one process that runs this data folder; the lock cannot outlive it.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { BulkheadError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { freePort } from '../ports.ts';
import {
  databaseUrl,
  ensureDatabase,
  ensureOwner,
  lockHolder,
  setPassword,
  tryLock,
} from './admin.ts';
import {
  findCluster,
  findSecrets,
  type Place,
  preparePlace,
  serverEnvironment,
} from './embedded-place.ts';
import { findPostmaster, isAlive } from './postmaster.ts';

/** A running embedded server. */
export type Embedded = {
  ownerUrl: string;
  /** Call it when migrations have run: they create the role whose password it sets. */
  apiUrl(): Promise<string>;
  port: number;
  /** Whether it was running already, left behind by a process that was killed. */
  reused: boolean;
  pid: number;
  logFile: string;
  /** Resolves if the server ends without having been told to. */
  died: Promise<void>;
  stop(): Promise<void>;
};

/** How to start it; `settings` are PostgreSQL's and override ours. */
export type EmbeddedOptions = {
  dataDir: string;
  logger: Logger;
  /** The port to try first; 0 takes any. */
  port?: number;
  settings?: Record<string, string>;
};

/** A server that runs, with its superuser's URL. */
type Running = { url: string; pid: number; dataDir: string };

const defaultPort = 5490;
const ownerRole = 'bulkhead_owner';
const database = 'bulkhead';
const runningLock = 0x62756c6b68656164n;

/** Modest and durable. No socket file, whose path may be too long; locks for 64 partitions a query. */
const defaultSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  // Every 16 MB of WAL, commits waited 55 ms for a new file to be filled with zeros.
  wal_init_zero: 'off',
  max_locks_per_transaction: '256',
  random_page_cost: '1.1',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] %a ',
};

/** Starts the server of a data folder, making it on the first run; refuses if it is in use. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const place = await preparePlace(options.dataDir);
  const logFile = join(place.dataDir, 'postgres.log');
  const { postmaster, reused } = await findOrLaunch(place, logFile, options);
  const url = urlFor('postgres', place.secrets.superuser, postmaster.port, 'postgres');
  const running = { url, pid: postmaster.pid, dataDir: place.dataDir };
  const lock = await becomeTheRunner(running);
  await ensureOwner(lock, ownerRole, place.secrets.owner);
  await ensureDatabase(lock, database, ownerRole);
  const { died, stop } = supervise(running, lock, options.logger);
  const ownerUrl = urlFor(ownerRole, place.secrets.owner, postmaster.port, database);
  return {
    ownerUrl,
    async apiUrl() {
      await setPassword(ownerUrl, 'bulkhead_api', place.secrets.api);
      return urlFor('bulkhead_api', place.secrets.api, postmaster.port, database);
    },
    port: postmaster.port,
    reused,
    pid: postmaster.pid,
    logFile,
    died,
    stop,
  };
}

/** The URLs of a server that somebody else runs in this data folder, if one is running. */
export async function findEmbedded(dataDir: string) {
  const secrets = await findSecrets(dataDir);
  const cluster = await findCluster(join(dataDir, 'postgres'));
  const postmaster = cluster && (await findPostmaster(cluster));
  if (!secrets || !postmaster) return undefined;
  return {
    ownerUrl: urlFor(ownerRole, secrets.owner, postmaster.port, database),
    apiUrl: urlFor('bulkhead_api', secrets.api, postmaster.port, database),
  };
}

const urlFor = (user: string, password: string, port: number, name: string) =>
  databaseUrl(`postgres://${user}:${password}@127.0.0.1:${port}`, name);

async function findOrLaunch(place: Place, logFile: string, options: EmbeddedOptions) {
  let port = options.port ?? defaultPort;
  for (let attempt = 0; attempt < 20; attempt++) {
    const running = await findPostmaster(place.cluster);
    if (running) return { postmaster: running, reused: true };
    port = await freePort(port);
    const outcome = await launch(place, port, logFile, options.settings ?? {});
    if (typeof outcome !== 'string') return { postmaster: { ...outcome, port }, reused: false };
    if (/could not bind|Address already in use/.test(outcome)) port += 1;
    // Another start of the same folder was faster: look for its server.
    else if (!/postmaster\.pid/.test(outcome)) throw startFailure(outcome, logFile);
  }
  throw startFailure('it could not be started in 20 attempts', logFile);
}

const startFailure = (reason: string, logFile: string) =>
  new BulkheadError('INTERNAL', `PostgreSQL did not start: ${reason}`, {
    hint: `Its log is ${logFile}`,
  });

/** Starts postgres; resolves to it once it accepts connections, or to what it said when it ended. */
async function launch(
  place: Place,
  port: number,
  logFile: string,
  settings: Record<string, string>,
): Promise<{ pid: number } | string> {
  const log = await openLog(logFile);
  const before = (await log.stat()).size;
  const flags = Object.entries({ ...defaultSettings, ...settings });
  const child = spawn(
    join(place.bin, 'postgres'),
    ['-D', place.cluster, '-p', String(port), ...flags.flatMap(([k, v]) => ['-c', `${k}=${v}`])],
    {
      ...place.user,
      cwd: place.cluster,
      env: serverEnvironment(),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    },
  );
  child.unref();
  let spawnError: Error | undefined;
  child.on('error', (error) => {
    spawnError = error;
  });
  await log.close();
  const pid = child.pid;
  if (pid === undefined) return spawnError?.message ?? 'postgres could not be run';
  const url = urlFor('postgres', place.secrets.superuser, port, 'postgres');
  while (child.exitCode === null && child.signalCode === null) {
    if (await accepts(url)) return { pid };
    await sleep(25);
  }
  return (await fs.readFile(logFile, 'utf8')).slice(before).trim();
}

async function openLog(logFile: string) {
  const old = await fs.stat(logFile).catch(() => undefined);
  if (old && old.size > 10_000_000) await fs.rename(logFile, `${logFile}.old`);
  return fs.open(logFile, 'a', 0o600);
}

async function accepts(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/**
 * Takes the lock that makes this process the one that runs the data folder. It waits a little: a
 * server that has just lost its parent needs a moment to notice, or is still starting.
 */
async function becomeTheRunner({ url, pid, dataDir }: Running): Promise<pg.Client> {
  let problem: unknown = 'it has ended';
  const deadline = Date.now() + 15_000;
  for (; isAlive(pid) && Date.now() < deadline; await sleep(50)) {
    const client = new pg.Client({
      connectionString: url,
      application_name: String(process.pid),
      connectionTimeoutMillis: 5000,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      if (await tryLock(client, runningLock)) return client;
      const holder = Number(await lockHolder(client, runningLock));
      if (holder > 0 && isAlive(holder)) problem = alreadyRunning(dataDir, holder);
    } catch (error) {
      problem = error;
    }
    await client.end().catch(() => {});
    if (problem instanceof BulkheadError) throw problem;
  }
  throw new BulkheadError('DATABASE_UNREACHABLE', `The server of ${dataDir} does not answer`, {
    hint: String(problem),
  });
}

const alreadyRunning = (dataDir: string, pid: number) =>
  new BulkheadError('ALREADY_RUNNING', `Another bulkhead (pid ${pid}) is running on ${dataDir}`, {
    hint: 'Stop it first, or set BULKHEAD_DATA_DIR to another folder',
  });

/** Keeps the lock while the server lives, notices when it ends, and ends it with this process. */
function supervise(running: Running, firstLock: pg.Client, logger: Logger) {
  const { pid } = running;
  let lock = firstLock;
  let stopping: Promise<void> | undefined;
  const killOnExit = () => {
    if (isAlive(pid)) process.kill(pid, 'SIGINT');
  };
  // Also for an exit that nobody planned: an uncaught error, process.exit.
  process.on('exit', killOnExit);
  const { promise: died, resolve: reportDeath } = Promise.withResolvers<void>();
  const watch = () =>
    lock.once('end', async () => {
      if (stopping) return;
      try {
        // A backend that crashes takes all connections with it, but not the server.
        lock = await becomeTheRunner(running);
        watch();
      } catch (error) {
        if (!stopping) logger.error({ pid, err: error }, 'the embedded PostgreSQL has ended');
        reportDeath();
      }
    });
  watch();
  const stop = () => {
    stopping ??= (async () => {
      await lock.end();
      await stopPostmaster(pid);
      process.off('exit', killOnExit);
    })();
    return stopping;
  };
  return { died, stop };
}

/** Asks for a fast shutdown, and for an immediate one if that takes too long. */
async function stopPostmaster(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(20))
      if (!isAlive(pid)) return;
  }
  throw new BulkheadError('INTERNAL', `PostgreSQL (pid ${pid}) does not stop`);
}
