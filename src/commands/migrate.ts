/** `bulkhead migrate`: bring the database up to date. */
import { migrate, pendingMigrations } from '../database/migrate.ts';
import { findDatabase, openDatabase } from '../database/open.ts';
import type { Context } from './context.ts';

/** Migrates DATABASE_URL or the embedded database, and makes the API's login work. */
export async function runMigrate({ config, logger, print }: Context): Promise<number> {
  const database = (await findDatabase(config)) ?? (await openDatabase(config, logger));
  try {
    const pending = await pendingMigrations(database.ownerUrl);
    await migrate({ ownerUrl: database.ownerUrl, logger });
    await database.apiUrl();
    for (const name of pending) print(`ran ${name}`);
    print('The database is up to date');
    return 0;
  } finally {
    await database.stop();
  }
}
