/**
 * Statements about roles, databases and locks: the SQL that cannot be a generated query, because
 * it is DDL or runs before there is a schema. All of it is here.
 */
import pg from 'pg';

/** Quotes an identifier for the DDL that takes no parameters. */
export const quoteIdentifier = pg.escapeIdentifier;

/** Runs something on one connection that is closed afterwards, whatever happens. */
export async function withClient<T>(
  connectionString: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString, application_name: 'bulkhead admin' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The same server and login, another database. */
export function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed.href;
}

/** The same server and database, another login. */
export function loginUrl(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = encodeURIComponent(user);
  changed.password = encodeURIComponent(password);
  return changed.href;
}

/** Creates the owner's login if it is missing, and makes its password the one given. */
export async function ensureOwner(client: pg.ClientBase, role: string, password: string) {
  const name = quoteIdentifier(role);
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
  if (!rowCount) await client.query(`create role ${name} login createdb createrole`);
  await client.query(`alter role ${name} password ${pg.escapeLiteral(password)}`);
}

/** Creates a database for an owner unless it exists. */
export async function ensureDatabase(client: pg.ClientBase, name: string, owner: string) {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
  if (rowCount) return;
  await client.query(`create database ${quoteIdentifier(name)} owner ${quoteIdentifier(owner)}`);
}

/** Drops a database, if it is there, with the connections to it. */
export async function dropDatabase(client: pg.ClientBase, name: string): Promise<void> {
  const statement = `drop database if exists ${quoteIdentifier(name)}`;
  try {
    await client.query(`${statement} with (force)`);
  } catch (error) {
    // The owner may end neither autovacuum nor the connection of another login by force. A plain drop has autovacuum end by itself, and
    // waits some seconds for a connection that has just been closed.
    if ((error as { code?: string }).code !== '42501') throw error;
    await client.query(statement);
  }
}

/** Gives a login that a migration created (and which so has no password) a password. */
export async function setPassword(ownerUrl: string, role: string, password: string) {
  await withClient(ownerUrl, (client) =>
    client.query(`alter role ${quoteIdentifier(role)} password ${pg.escapeLiteral(password)}`),
  );
}

/** Lets a login become a role that it has made: since PostgreSQL 16 making one is not enough. */
export async function ensureMayBecome(url: string, role: string): Promise<void> {
  await withClient(url, async (client) => {
    try {
      await client.query(`set role ${quoteIdentifier(role)}`);
    } catch (error) {
      if ((error as { code?: string }).code !== '42501') throw error;
      await client.query(`grant ${quoteIdentifier(role)} to current_user`);
    }
  });
}

/** Takes a lock that lasts as long as the connection; false when somebody else has it. */
export async function tryLock(client: pg.ClientBase, key: bigint): Promise<boolean> {
  const { rows } = await client.query('select pg_try_advisory_lock($1) as locked', [String(key)]);
  return rows[0].locked;
}

/** The application name of the connection that holds such a lock, if any does. */
export async function lockHolder(client: pg.ClientBase, key: bigint): Promise<string | undefined> {
  const { rows } = await client.query(
    `select activity.application_name as holder
       from pg_locks as lock
       join pg_stat_activity as activity using (pid)
      where lock.locktype = 'advisory' and lock.granted
        and (lock.classid::bigint << 32 | lock.objid::bigint) = $1`,
    [String(key)],
  );
  return rows[0]?.holder;
}

/** Takes a lock as soon as its holder gives it up. */
export async function waitForLock(client: pg.ClientBase, key: bigint): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [String(key)]);
}

/** What the connection says about the server that it reached. */
export async function describeServer(client: pg.ClientBase) {
  const { rows } = await client.query(
    `select current_setting('server_version_num')::int as version_number,
            current_setting('server_version') as version,
            current_setting('server_encoding') as encoding,
            current_database() as database, current_user as role`,
  );
  return rows[0] as {
    version_number: number;
    version: string;
    encoding: string;
    database: string;
    role: string;
  };
}

/** Hashes of the migrations that a database has run; none if it never saw one. */
export async function listApplied(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query(
    `select to_regclass('graphile_migrate.migrations') is not null as present`,
  );
  if (!rows[0].present) return [];
  const applied = await client.query('select hash from graphile_migrate.migrations');
  return applied.rows.map((row) => row.hash);
}

/** Whether anything has been put into a migrated database. */
export async function hasSuites(ownerUrl: string): Promise<boolean> {
  return withClient(ownerUrl, async (client) => {
    const { rows } = await client.query('select exists (select from bulkhead.test_suites) as some');
    return rows[0].some;
  });
}
