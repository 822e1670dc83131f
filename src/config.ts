/** The only reader of the environment: everything that can be set from outside is named here. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BulkheadError } from './errors.ts';

/** What a process of Bulkhead was told by its environment, checked and with defaults filled in. */
export type Config = {
  /** Owner login of an existing server; absent means the embedded one. */
  databaseUrl: string | undefined;
  /** Login of the API role on that server. */
  apiDatabaseUrl: string | undefined;
  host: string;
  port: number;
  /** Where browsers find this server, if TLS ends in front of it: an origin, https://…. */
  publicUrl: string | undefined;
  oidc: OidcConfig | undefined;
  /** Requests per minute that one token or session may make. */
  rateLimit: number;
  dataDir: string;
  logLevel: string;
};

/** The sign-in provider, and which of its claims name a person and the groups. */
export type OidcConfig = {
  issuer: string;
  clientId: string;
  clientSecret: string;
  nameClaim: string;
  groupsClaim: string;
};

/** The server that commands over HTTP go to, and what they show there. */
export type Remote = {
  /** An origin: https://bulkhead.example.org. */
  url: string;
  token: string;
  /** Says which proxy is between, where NODE_USE_ENV_PROXY has one used. */
  proxyEnv?: Environment;
};

/** Where the server listens unless BULKHEAD_PORT says otherwise. */
export const defaultPort = 5480;

type Environment = Record<string, string | undefined>;

/** The folder that holds package.json; paths of the project never depend on where it is run from. */
export const projectDir = resolve(import.meta.dirname, '..');

/** Of this Bulkhead, as package.json has it. */
export const { version }: { version: string } = JSON.parse(
  readFileSync(join(projectDir, 'package.json'), 'utf8'),
);

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Reads and checks the environment; a value that cannot be used is refused by name. */
export function readConfig(env: Environment = process.env): Config {
  // PostGraphile and graphile-worker read this once, when they are first imported.
  env.GRAPHILE_ENV ??= 'production';
  const databaseUrl = readUrl(env, 'DATABASE_URL');
  const publicUrl = readPublicUrl(env);
  return {
    databaseUrl,
    apiDatabaseUrl: readUrl(env, 'BULKHEAD_API_DATABASE_URL') ?? databaseUrl,
    host: readHost(env, publicUrl),
    port: readNumber(env, 'BULKHEAD_PORT', defaultPort, 0, 65535),
    publicUrl,
    oidc: readOidc(env),
    rateLimit: readNumber(env, 'BULKHEAD_RATE_LIMIT', 6000, 1, 1_000_000),
    dataDir: resolve(projectDir, env.BULKHEAD_DATA_DIR || '.bulkhead'),
    logLevel: readLogLevel(env),
  };
}

/**
 * The same for a command that works on the database only. Whoever has set BULKHEAD_URL means that server, and the
 * command would change another database behind their back; with DATABASE_URL beside it they have said which one.
 */
export function readDatabaseConfig(env: Environment = process.env): Config {
  if (!env.BULKHEAD_URL?.trim() || env.DATABASE_URL) return readConfig(env);
  throw new BulkheadError(
    'BAD_CONFIG',
    'this command works on the database, not over HTTP, and BULKHEAD_URL is set',
    {
      detail: 'Nothing that it does would reach the server of BULKHEAD_URL.',
      hint: 'Unset BULKHEAD_URL to work on the embedded database of this machine, or set DATABASE_URL to the database that is meant',
    },
  );
}

/**
 * Reads where commands over HTTP go; undefined without BULKHEAD_URL. Apart from the rest, so that a
 * server starts whatever its shell has set for the client.
 */
export function readRemote(env: Environment = process.env): Remote | undefined {
  const value = env.BULKHEAD_URL?.trim();
  if (!value) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`)
    throw new BulkheadError('BAD_CONFIG', 'BULKHEAD_URL is not the origin of a server', {
      hint: 'It looks like https://bulkhead.example.org: no path, and no user',
    });
  if (url.protocol === 'http:' && !isPlainLoopback(url) && env.BULKHEAD_ALLOW_PLAIN_HTTP !== '1')
    throw new BulkheadError(
      'BAD_CONFIG',
      `BULKHEAD_URL=${url.origin} is refused: the token would cross a network without TLS`,
      { hint: 'Use https://…; or, where the network is your own, set BULKHEAD_ALLOW_PLAIN_HTTP=1' },
    );
  const token = readToken(env);
  // Node gives it to agents of its own only
  return { url: url.origin, token, ...(env.NODE_USE_ENV_PROXY === '1' && { proxyEnv: env }) };
}

/** The database that `bulkhead adopt` reads from. It has a password in it as a rule: it is shown nowhere. */
export function readSourceUrl(env: Environment = process.env): string {
  const url = readUrl(env, 'BULKHEAD_SOURCE_URL');
  if (url) return url;
  throw new BulkheadError('BAD_CONFIG', 'BULKHEAD_SOURCE_URL is not set', {
    detail: 'It is the connection to the database that is to be adopted.',
    hint: 'It looks like postgres://user:password@host:5432/database',
  });
}

/** Over HTTP a token takes a token: the first one is made in the database. */
export const howToGetToken =
  'The first one is made where the database is, with BULKHEAD_URL unset: bulkhead token create --suite <slug> --role owner. ' +
  'Its holder makes the others over HTTP.';

/** What a secret store adds around a token is taken off; the token itself is never shown. */
function readToken(env: Environment): string {
  const token = env.BULKHEAD_TOKEN?.trim() ?? '';
  if (/^bhd_[0-9a-f]{48}$/.test(token)) return token;
  throw new BulkheadError(
    'BAD_CONFIG',
    token === '' ? 'BULKHEAD_TOKEN is not set' : 'BULKHEAD_TOKEN is not a token',
    {
      detail: 'A token is bhd_ and 48 hexadecimal digits.',
      hint: howToGetToken,
    },
  );
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
 * A token that crosses a network without TLS is everybody's, so for other machines TLS has to be in
 * front. The opt-out is for a container, whose own loopback nobody else can reach.
 */
function readHost(env: Environment, publicUrl: string | undefined): string {
  const host = env.BULKHEAD_HOST || '127.0.0.1';
  if (isLoopback(host) || publicUrl || env.BULKHEAD_ALLOW_PLAIN_HTTP === '1') return host;
  throw new BulkheadError(
    'BAD_CONFIG',
    `BULKHEAD_HOST=${host} is refused: other machines would send their tokens without TLS`,
    {
      hint: 'Put TLS in front, and set BULKHEAD_PUBLIC_URL=https://<the name it has there>; or leave BULKHEAD_HOST unset (127.0.0.1). Inside a container whose port is published on 127.0.0.1 alone, set BULKHEAD_ALLOW_PLAIN_HTTP=1',
    },
  );
}

function readPublicUrl(env: Environment): string | undefined {
  const value = env.BULKHEAD_PUBLIC_URL;
  if (!value) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'https:' && url.href === `${url.origin}/`) return url.origin;
  throw new BulkheadError('BAD_CONFIG', 'BULKHEAD_PUBLIC_URL is not the https origin of a server', {
    hint: 'It looks like https://bulkhead.example.org: no path, and no user',
  });
}

const oidcNames = [
  'BULKHEAD_OIDC_ISSUER',
  'BULKHEAD_OIDC_CLIENT_ID',
  'BULKHEAD_OIDC_CLIENT_SECRET',
] as const;

function readOidc(env: Environment): OidcConfig | undefined {
  const [issuer, clientId, clientSecret] = oidcNames.map((name) => env[name]);
  if (!issuer && !clientId && !clientSecret) return undefined;
  if (!issuer || !clientId || !clientSecret)
    throw new BulkheadError(
      'BAD_CONFIG',
      `${oidcNames.filter((name) => !env[name]).join(' and ')} is missing`,
      { hint: `Set all of ${oidcNames.join(', ')}, or none` },
    );
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url?.protocol !== 'https:' && !(url && isPlainLoopback(url)))
    throw new BulkheadError('BAD_CONFIG', 'BULKHEAD_OIDC_ISSUER is not an https URL', {
      hint: 'As the provider writes it, for example https://login.example.org/realms/evals',
    });
  return {
    issuer,
    clientId,
    clientSecret,
    nameClaim: env.BULKHEAD_OIDC_NAME_CLAIM || 'sub',
    groupsClaim: env.BULKHEAD_OIDC_GROUPS_CLAIM || 'groups',
  };
}

/** Whether a URL is http, and leads to this machine. */
export function isPlainLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
}

/** Where a server that listens there is found from the same machine. */
export function httpUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whether a host to listen on can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function readNumber(env: Environment, name: string, otherwise: number, from: number, to: number) {
  const text = env[name] || String(otherwise);
  const number = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= from && number <= to) return number;
  throw new BulkheadError('BAD_CONFIG', `${name}=${text} cannot be used`, {
    hint: `A number from ${from} to ${to}`,
  });
}

function readLogLevel(env: Environment): string {
  const level = env.BULKHEAD_LOG_LEVEL || 'info';
  if (logLevels.includes(level)) return level;
  throw new BulkheadError('BAD_CONFIG', `BULKHEAD_LOG_LEVEL=${level} is not a level`, {
    hint: `One of ${logLevels.join(', ')}`,
  });
}
