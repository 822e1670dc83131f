/** What a request may do is never tested as the owner. */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Database } from './database.ts';
import { rolledBack } from './database.ts';

/** Whom a request acts for, if a test does not say: an admin of the instance, and owner of every suite. */
export const everybody = 'person:everybody@example.com';

/** The SHA-256 of a token or session: all that the database is told of it. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** A grant on the database of a file's tests: two at the same time fail, "tuple concurrently updated". */
export async function grantInTurn(pool: pg.Pool, grant: string): Promise<void> {
  await pool.query(`begin; select pg_advisory_xact_lock(1); ${grant}; commit`);
}

/** Makes a client a request: in its transaction it acts for a token or session, or for nobody. */
export async function becomeUser(client: pg.ClientBase, secret: string | null): Promise<void> {
  await client.query('set local role bulkhead_user');
  if (secret !== null)
    await client.query('select from bulkhead.use_credential($1)', [hashSecret(secret)]);
}

/**
 * Runs something as a request with this token or session does, or as one without any: the API's
 * login, with the role of a request, in a transaction that is rolled back.
 */
export async function asToken<T>(
  database: Database,
  secret: string | null,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return rolledBack(database.api, async (client) => {
    await becomeUser(client, secret);
    return work(client);
  });
}

/** The same as somebody who may do everything that a request may. */
export async function asUser<T>(
  database: Database,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  await database.pool.query(
    `insert into bulkhead.principals (name, is_admin, everywhere) values ($1, true, 'owner')
     on conflict do nothing`,
    [everybody],
  );
  const { rows } = await database.pool.query(
    "select bulkhead_private.start_session($1, '') as session",
    [everybody],
  );
  return asToken(database, rows[0].session, work);
}
