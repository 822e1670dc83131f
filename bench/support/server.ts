/** The server that benchmarks run on: a fresh embedded one, durable as in production, or DATABASE_URL. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, readConfig } from '../../src/config.ts';
import {
  databaseUrl,
  dropDatabase,
  quoteIdentifier,
  withClient,
} from '../../src/database/admin.ts';
import { removeDataDir } from '../../src/database/embedded-place.ts';
import { migrate } from '../../src/database/migrate.ts';
import { openDatabase } from '../../src/database/open.ts';
import type { Logger } from '../../src/logger.ts';
import type { BenchContext, BenchDatabase } from './bench.ts';

/** A server, and databases on it that go with it. */
export type BenchServer = Pick<BenchContext, 'createDatabase'> & { stop(): Promise<void> };

/** Opens the server. `stop` drops what is left of the databases, and removes an embedded server. */
export async function openServer(logger: Logger): Promise<BenchServer> {
  const config = readConfig();
  const dataDir = config.databaseUrl ? undefined : await makeDataDir();
  const remove = async () => {
    if (dataDir) await removeDataDir(dataDir);
  };
  const databases = new Set<BenchDatabase>();
  const server = await openDatabase(
    { ...config, dataDir: dataDir ?? config.dataDir } satisfies Config,
    logger,
  ).catch(async (error) => {
    await remove();
    throw error;
  });

  return {
    async createDatabase({ migrated = true } = {}) {
      const name = `bulkhead_bench_${process.pid}_${randomBytes(4).toString('hex')}`;
      const ownerUrl = databaseUrl(server.ownerUrl, name);
      const database: BenchDatabase = {
        ownerUrl,
        apiUrl: ownerUrl,
        async drop() {
          databases.delete(database);
          await withClient(server.ownerUrl, (client) => dropDatabase(client, name));
        },
      };
      await withClient(server.ownerUrl, (client) =>
        client.query(`create database ${quoteIdentifier(name)}`),
      );
      databases.add(database);
      if (migrated) {
        await migrate({ ownerUrl, logger });
        database.apiUrl = databaseUrl(await server.apiUrl(), name);
      }
      return database;
    },
    async stop() {
      try {
        for (const database of databases) await database.drop();
      } finally {
        await server.stop();
        await remove();
      }
    },
  };
}

async function makeDataDir(): Promise<string> {
  const dataDir = await fs.mkdtemp(join(tmpdir(), 'bulkhead-bench-'));
  // Started by root, the server is another user's, who has to get in.
  await fs.chmod(dataDir, 0o711);
  return dataDir;
}
