/** Servers that the pg_dump of this machine can dump: its own version, beside it, or the embedded one. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import pg from 'pg';
import { startEmbedded } from '../../src/database/embedded.ts';
import { serverEnvironment } from '../../src/database/embedded-place.ts';
import { freePort } from '../../src/ports.ts';
import { makeDataDir } from './bulkhead.ts';
import { quietLogger as logger } from './processes.ts';
import { findProgram } from './psql.ts';
import { until } from './waits.ts';

/** A server of one test, empty but for its superuser `postgres`. */
export type Server = { url: string; version: number };

/** The major version of the embedded server. */
const embeddedVersion = 18;

/** The major version of pg_dump on the PATH, and the folder with the server's programs of the same version, if it is there. */
function findPrograms() {
  if (!findProgram('pg_dump') || !findProgram('pg_restore')) return undefined;
  const version = Number(/ (\d+)/.exec(run('pg_dump', ['--version']))?.[1]);
  const folder = findProgram('pg_config') ? run('pg_config', ['--bindir']).trim() : '';
  const candidates = [folder, `/usr/lib/postgresql/${version}/bin`];
  const bin = candidates.find((each) => each !== '' && existsSync(join(each, 'initdb')));
  const own = bin && Number(/ (\d+)/.exec(run(join(bin, 'postgres'), ['--version']))?.[1]);
  return { version, bin: own === version ? bin : undefined };
}

const run = (program: string, args: string[]) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Why a dump cannot be tried here, or undefined. */
export function whyNoDump(): string | undefined {
  const programs = findPrograms();
  if (!programs) return 'there are no pg_dump and pg_restore on the PATH';
  if (programs.bin || programs.version >= embeddedVersion) return undefined;
  return `pg_dump ${programs.version} cannot dump the embedded PostgreSQL ${embeddedVersion}, and there is no server of its own version beside it`;
}

/** A server that pg_dump can dump. */
export async function startDumpable(t: ExecutionContext): Promise<Server> {
  const programs = findPrograms();
  if (programs?.bin) return startServerOf(t, programs.bin, programs.version);
  return startNewest(t);
}

/** The embedded server, without the logins that Bulkhead makes in it when it starts. */
export async function startNewest(t: ExecutionContext): Promise<Server> {
  const dataDir = await makeDataDir(t);
  const settings = { fsync: 'off', shared_buffers: '64MB' };
  const server = await startEmbedded({ dataDir, logger, port: 0, settings });
  t.teardown(() => server.stop());
  const { superuser } = JSON.parse(await fs.readFile(join(dataDir, 'secrets.json'), 'utf8'));
  const url = `postgres://postgres:${superuser}@127.0.0.1:${server.port}/postgres`;
  const client = new pg.Client(url);
  await client.connect();
  await client.query('drop database bulkhead');
  await client.query('drop role bulkhead_owner');
  await client.end();
  return { url, version: embeddedVersion };
}

async function startServerOf(t: ExecutionContext, bin: string, version: number): Promise<Server> {
  const folder = await fs.mkdtemp(join(tmpdir(), 'bulkhead-dump-'));
  t.teardown(() => fs.rm(folder, { recursive: true, force: true }));
  // PostgreSQL refuses to run as root
  const id = (flag: string) => Number(run('id', [flag, 'postgres']));
  const user = process.getuid?.() === 0 ? { uid: id('-u'), gid: id('-g') } : undefined;
  if (user) await fs.chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const environment = { ...user, cwd: folder, env: serverEnvironment() };
  const flags = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8'];
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, ...flags], environment);
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort(0);
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const options = [...settings, 'max_locks_per_transaction=256'].flatMap((one) => ['-c', one]);
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...options], {
    ...environment,
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => server.on('close', resolve));
  t.teardown(async () => {
    server.kill('SIGINT');
    await ended;
  });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await until('the server answers', async () => {
    const client = new pg.Client(url);
    client.on('error', () => {});
    return client.connect().then(
      () => client.end().then(() => true),
      () => false,
    );
  });
  return { url, version };
}
