/** The only reader of the environment: everything that can be set from outside is named here. */
import { resolve } from 'node:path';
import { BulkheadError } from './errors.ts';

/** What a process of Bulkhead was told by its environment, checked and with defaults filled in. */
export type Config = {
  /** Owner login of an existing server; absent means the embedded one. */
  databaseUrl: string | undefined;
  /** Login of the API role on that server. */
  apiDatabaseUrl: string | undefined;
  host: string;
  port: number;
  dataDir: string;
  logLevel: string;
};

type Environment = Record<string, string | undefined>;

/** The folder that holds package.json; paths of the project never depend on where it is run from. */
export const projectDir = resolve(import.meta.dirname, '..');

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Reads and checks the environment; a value that cannot be used is refused by name. */
export function readConfig(env: Environment = process.env): Config {
  // PostGraphile and graphile-worker read this once, when they are first imported.
  env.GRAPHILE_ENV ??= 'production';
  const databaseUrl = readUrl(env, 'DATABASE_URL');
  return {
    databaseUrl,
    apiDatabaseUrl: readUrl(env, 'BULKHEAD_API_DATABASE_URL') ?? databaseUrl,
    host: readHost(env),
    port: readPort(env),
    dataDir: resolve(projectDir, env.BULKHEAD_DATA_DIR || '.bulkhead'),
    logLevel: readLogLevel(env),
  };
}

function readUrl(env: Environment, name: string): string | undefined {
  const value = env[name];
  if (!value) return undefined;
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new BulkheadError('BAD_CONFIG', `${name} is not a URL`, { hint: connectionHint });
  }
  if (!/^postgres(ql)?:$/.test(url.protocol) || url.pathname.length < 2)
    throw new BulkheadError('BAD_CONFIG', `${name} does not name a PostgreSQL database`, {
      hint: connectionHint,
    });
  return value;
}

const connectionHint = 'It looks like postgres://user:password@host:5432/database';

/**
 * Until requests carry tokens, whoever reaches the port may change every suite, so only this
 * machine may. The exception is for a container, whose own loopback nobody else can reach.
 */
function readHost(env: Environment): string {
  const host = env.BULKHEAD_HOST || '127.0.0.1';
  if (isLoopback(host) || env.BULKHEAD_ALLOW_NON_LOOPBACK === '1') return host;
  throw new BulkheadError(
    'BAD_CONFIG',
    `BULKHEAD_HOST=${host} is refused: there are no access tokens yet, so the server listens on this machine only`,
    {
      hint: 'Leave BULKHEAD_HOST unset (127.0.0.1). Inside a container whose port is published on 127.0.0.1 alone, set BULKHEAD_ALLOW_NON_LOOPBACK=1',
    },
  );
}

/** Whether a host to listen on can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function readPort(env: Environment): number {
  const text = env.BULKHEAD_PORT || '5480';
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65535) return port;
  throw new BulkheadError('BAD_CONFIG', `BULKHEAD_PORT=${text} is not a port`, {
    hint: 'A number from 0 to 65535',
  });
}

function readLogLevel(env: Environment): string {
  const level = env.BULKHEAD_LOG_LEVEL || 'info';
  if (logLevels.includes(level)) return level;
  throw new BulkheadError('BAD_CONFIG', `BULKHEAD_LOG_LEVEL=${level} is not a level`, {
    hint: `One of ${logLevels.join(', ')}`,
  });
}
