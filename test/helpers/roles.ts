/** What a request may do is never tested as the owner. */
import type pg from 'pg';
import type { Database } from './database.ts';
import { rolledBack } from './database.ts';

/** Runs something as a request does: the API's login, with the role of a request, in a transaction that is rolled back. */
export async function asUser<T>(
  database: Database,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return rolledBack(database.api, async (client) => {
    await client.query('set local role bulkhead_user');
    return work(client);
  });
}
