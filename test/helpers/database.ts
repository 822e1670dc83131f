/**
 * Databases for tests: each is a clone of one migrated template, which `npm test` builds before
 * any test runs. Start tests with `npm test -- test/some.test.ts`, never with ava alone.
 */
import { randomBytes } from 'node:crypto';
import type { ExecutionContext, TestFn } from 'ava';
import pg from 'pg';
import {
  databaseUrl,
  dropDatabase,
  quoteIdentifier,
  withClient,
} from '../../src/database/admin.ts';

/** A migrated, empty database that only its test knows. */
export type Database = {
  name: string;
  /** As the owner, who may do everything except pass as a visitor. */
  ownerUrl: string;
  /** As `bulkhead_api`, which owns nothing. */
  apiUrl: string;
  /** The owner's pool. */
  pool: pg.Pool;
  /** The API login's pool. */
  api: pg.Pool;
  drop(): Promise<void>;
};

/** Clones the template; the caller drops it. */
export async function cloneDatabase(): Promise<Database> {
  const server = given('BULKHEAD_TEST_OWNER_URL');
  const name = `bulkhead_test_${process.pid}_${randomBytes(5).toString('hex')}`;
  const template = quoteIdentifier(given('BULKHEAD_TEST_TEMPLATE'));
  await withClient(server, async (client) => {
    const quoted = quoteIdentifier(name);
    await client.query(`create database ${quoted} template ${template}`);
    // A clone has everything of its template but the grants on the database itself.
    await client.query(`revoke all on database ${quoted} from public`);
    await client.query(`grant connect on database ${quoted} to bulkhead_api`);
  });
  const ownerUrl = databaseUrl(server, name);
  const apiUrl = databaseUrl(given('BULKHEAD_TEST_API_URL'), name);
  const pool = makeTestPool(ownerUrl);
  const api = makeTestPool(apiUrl);
  const drop = async () => {
    await Promise.all([pool.end(), api.end()]);
    await withClient(server, (client) => dropDatabase(client, name));
  };
  return { name, ownerUrl, apiUrl, pool, api, drop };
}

/** A database for one test, dropped when the test has ended. */
export async function makeDatabase(t: ExecutionContext): Promise<Database> {
  const database = await cloneDatabase();
  t.teardown(database.drop);
  return database;
}

/**
 * A database for all tests of a file: `const db = useDatabase(test)`. It is there when the first
 * test runs, and not before.
 */
export function useDatabase<Context>(test: TestFn<Context>): Database {
  const database = {} as Database;
  test.serial.before('clone the template database', async () => {
    Object.assign(database, await cloneDatabase());
  });
  test.after.always('drop the clone', async () => {
    await database.drop?.();
  });
  return database;
}

/** Runs something in a transaction that is rolled back, so that tests of a file can share a database. */
export async function rolledBack<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    return await work(client);
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
}

function makeTestPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, application_name: 'bulkhead test' });
  // A test that stops the server, or drops the database, cuts idle clients off.
  pool.on('error', () => {});
  return pool;
}

function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run tests with npm test -- <file>`);
  return value;
}
