/** What benchmarks get from their harness, on the server of the tests. */
import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { BenchContext, BenchDatabase } from '../../bench/support/bench.ts';
import {
  databaseUrl,
  dropDatabase,
  quoteIdentifier,
  withClient,
} from '../../src/database/admin.ts';
import { makeLogger } from '../../src/logger.ts';
import { cloneDatabase } from '../helpers/database.ts';

/** A context for one round, whose databases are dropped when the test has ended. */
export function makeBenchContext(t: ExecutionContext): BenchContext {
  return {
    rounds: 1,
    logger: makeLogger('error'),
    progress: () => {},
    async createDatabase({ migrated = true } = {}) {
      const database: BenchDatabase = migrated ? await cloneDatabase() : await createEmpty();
      t.teardown(database.drop);
      return database;
    },
  };
}

async function createEmpty(): Promise<BenchDatabase> {
  const clone = await cloneDatabase();
  const name = `bulkhead_test_empty_${randomBytes(5).toString('hex')}`;
  await withClient(clone.ownerUrl, (client) =>
    client.query(`create database ${quoteIdentifier(name)}`),
  );
  const ownerUrl = databaseUrl(clone.ownerUrl, name);
  const drop = async () => {
    await withClient(clone.ownerUrl, (client) => dropDatabase(client, name));
    await clone.drop();
  };
  return { ownerUrl, apiUrl: ownerUrl, drop };
}

/** The keys of a result with the type of each value, nested as the result is. */
export function shapeOf(result: object): object {
  return Object.fromEntries(
    Object.entries(result).map(([key, value]) => [
      key,
      value !== null && typeof value === 'object' ? shapeOf(value) : typeof value,
    ]),
  );
}
