/** The database that a command works on: the one of DATABASE_URL, or the embedded one. */
import type { Config } from '../config.ts';
import { BulkheadError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import {
  databaseUrl,
  describeServer,
  ensureMayBecome,
  loginUrl,
  setPassword,
  withClient,
} from './admin.ts';
import { findEmbedded, startEmbedded } from './embedded.ts';
import { pendingMigrations } from './migrate.ts';

/** A database that answers; `stop` ends a server that was started for it. */
export type OpenDatabase = {
  ownerUrl: string;
  /** The API's login, which works only after migrations have made the role. */
  apiUrl(): Promise<string>;
  embedded: boolean;
  /** Resolves if a server that was started for it ends by itself. */
  died: Promise<void>;
  stop(): Promise<void>;
};

/** The oldest PostgreSQL that Bulkhead is tested on, as server_version_num. */
export const oldestServer = 150000;

const never = new Promise<void>(() => {});

/** Connects to DATABASE_URL, or starts the embedded server. */
export async function openDatabase(config: Config, logger: Logger): Promise<OpenDatabase> {
  if (config.databaseUrl) return openGiven(config, config.databaseUrl);
  const server = await startEmbedded({ dataDir: config.dataDir, logger });
  if (server.reused)
    logger.warn({ pid: server.pid }, 'using the server that a killed process left');
  return { ...server, embedded: true };
}

/** Connects to DATABASE_URL, or to an embedded server that is running; starts nothing. */
export async function findDatabase(config: Config): Promise<OpenDatabase | undefined> {
  if (config.databaseUrl) return openGiven(config, config.databaseUrl);
  const running = await findEmbedded(config.dataDir);
  if (!running) return undefined;
  const { ownerUrl, apiUrl } = running;
  await checkServer(ownerUrl);
  return {
    ownerUrl,
    apiUrl: async () => apiUrl,
    embedded: true,
    died: never,
    stop: async () => {},
  };
}

/** For commands that do one part of the work: a database that is there and up to date. */
export async function findMigrated(config: Config): Promise<OpenDatabase> {
  const database = await findDatabase(config);
  if (!database)
    throw new BulkheadError(
      'BAD_CONFIG',
      'There is no DATABASE_URL, and no embedded server is running',
      { hint: 'Set DATABASE_URL, or start everything with: bulkhead up' },
    );
  const pending = await pendingMigrations(database.ownerUrl);
  if (pending.length === 0) return database;
  throw new BulkheadError(
    'NOT_MIGRATED',
    `The database is not up to date: ${pending.length} migration(s) have not run (${pending[0]} …)`,
    { hint: 'Run: bulkhead migrate' },
  );
}

async function openGiven(config: Config, ownerUrl: string): Promise<OpenDatabase> {
  await checkServer(ownerUrl);
  const apiUrl = config.apiDatabaseUrl ?? ownerUrl;
  return {
    ownerUrl,
    async apiUrl() {
      if (apiUrl === ownerUrl) await ensureMayBecome(ownerUrl, 'bulkhead_user');
      else await openApiLogin(ownerUrl, apiUrl);
      return apiUrl;
    },
    embedded: false,
    died: never,
    stop: async () => {},
  };
}

/** A migration makes the API's role without a password: it gets the one that its URL names. */
async function openApiLogin(ownerUrl: string, apiUrl: string): Promise<void> {
  const { username, password } = new URL(apiUrl);
  try {
    await withClient(apiUrl, describeServer);
  } catch (error) {
    const wrongPassword = (error as { code?: string }).code === '28P01';
    if (!wrongPassword || username !== 'bulkhead_api') throw explainConnection(error, apiUrl);
    await setPassword(ownerUrl, username, decodeURIComponent(password));
  }
}

/** Refuses a server that cannot be reached, or that is too old, in words that say what to do. */
export async function checkServer(url: string): Promise<void> {
  const server = await withClient(url, describeServer).catch((error) => {
    throw explainConnection(error, url);
  });
  if (server.version_number >= oldestServer) return;
  throw new BulkheadError(
    'BAD_CONFIG',
    `This is PostgreSQL ${server.version}; Bulkhead needs 15 or newer`,
  );
}

/** Says why a connection failed, without the password. */
export function explainConnection(error: unknown, url: string): Error {
  const { hostname, port, pathname, username } = new URL(url);
  const name = decodeURIComponent(pathname.slice(1));
  const where = `${hostname}:${port || 5432}`;
  const code = (error as { code?: string }).code ?? '';
  if (code === '3D000')
    return new BulkheadError('BAD_CONFIG', `The server at ${where} has no database "${name}"`, {
      hint: `Create it: psql "${hidePassword(databaseUrl(url, 'postgres'))}" -c 'create database "${name}"'`,
      cause: error,
    });
  if (['28P01', '28000'].includes(code))
    return new BulkheadError(
      'BAD_CONFIG',
      `The server at ${where} refuses the login "${username}": ${(error as Error).message}`,
      { hint: 'Check user and password in the URL', cause: error },
    );
  if (['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'EAI_AGAIN'].includes(code))
    return new BulkheadError(
      'DATABASE_UNREACHABLE',
      `No PostgreSQL answers at ${where} (${code})`,
      { hint: 'Start it, or correct the URL', cause: error },
    );
  return error instanceof Error ? error : new Error(String(error));
}

/** A URL that may be shown. */
export function hidePassword(url: string): string {
  return new URL(url).password ? loginUrl(url, new URL(url).username, '***') : url;
}
