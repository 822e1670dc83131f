/** A database as the doctor likes it, and what the doctor says of one. */
import type pg from 'pg';
import { quoteIdentifier } from '../../src/database/admin.ts';

/** What a migration sets for the API's login in its own database, which a clone does not have. */
export async function limitLogin(client: pg.Pool | pg.ClientBase, database: string) {
  const login = `alter role bulkhead_api in database ${quoteIdentifier(database)}`;
  await client.query(`${login} set statement_timeout = '30s'`);
  await client.query(`${login} set idle_in_transaction_session_timeout = '60s'`);
}
