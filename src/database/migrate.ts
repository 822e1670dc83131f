/** Brings a database up to date: the queue's schema first, which our migrations refer to, then ours. */
import { readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { Logger as GraphileLogger, migrate as runCommitted, watch } from 'graphile-migrate';
import { clearAllPools } from 'graphile-migrate/dist/pgReal.js';
import { runMigrations, Logger as WorkerLogger } from 'graphile-worker';
import { projectDir } from '../config.ts';
import { BulkheadError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { listApplied, waitForLock, withClient } from './admin.ts';

/** What `migrate` needs; `current` also runs the unfinished migration, as tests do. */
export type MigrateOptions = {
  ownerUrl: string;
  logger: Logger;
  current?: boolean;
};

const migrateLock = 0x6d696772617465n;
const migrationsDir = join(projectDir, 'migrations');

/** Migrates; of several processes that start at once, one does it and the others wait. */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { ownerUrl, logger } = options;
  const bridge = bridgeTo(logger);
  await withClient(ownerUrl, async (client) => {
    await waitForLock(client, migrateLock);
    await runMigrations({ connectionString: ownerUrl, logger: new WorkerLogger(bridge) });
    try {
      await runOurs(options, new GraphileLogger(bridge));
    } catch (error) {
      throw new BulkheadError('INTERNAL', explain(error), { cause: error });
    }
  });
}

/** Names of committed migrations that a database has not run, in order. */
export async function pendingMigrations(ownerUrl: string): Promise<string[]> {
  const [committed, applied] = await compare(ownerUrl);
  return committed.filter(({ hash }) => !applied.includes(hash)).map(({ name }) => name);
}

/** How many migrations a database has run that are not among the committed ones. */
export async function unknownMigrations(ownerUrl: string): Promise<number> {
  const [committed, applied] = await compare(ownerUrl);
  return applied.filter((known) => !committed.some(({ hash }) => hash === known)).length;
}

const compare = (ownerUrl: string) =>
  Promise.all([readCommitted(), withClient(ownerUrl, listApplied)]);

async function runOurs(options: MigrateOptions, logger: GraphileLogger): Promise<void> {
  const settings = {
    // The file that graphile-migrate's own command reads, so the two cannot differ.
    ...JSON.parse(readFileSync(join(projectDir, '.gmrc'), 'utf8')),
    connectionString: options.ownerUrl,
    migrationsFolder: migrationsDir,
    logger,
  };
  await runCommitted(settings);
  if (options.current) await watch(settings, true);
  // Its pool lingers, and ends the whole process when a server that is stopped cuts it off.
  clearAllPools();
}

async function readCommitted() {
  const folder = join(migrationsDir, 'committed');
  const names = (await fs.readdir(folder)).filter((name) => /^\d{6,}.*\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await fs.readFile(join(folder, name), 'utf8');
      return { name, hash: /^--! Hash: (\S+)$/m.exec(text)?.[1] ?? '' };
    }),
  );
}

/** graphile-migrate has drawn the place of an SQL error on the exception itself. */
function explain(error: unknown): string {
  const { _gmMessageOverride, message } = error as Error & { _gmMessageOverride?: string };
  return _gmMessageOverride ?? message;
}

/** Their log lines in our log, one level lower: what happens during a normal start is no news. */
function bridgeTo(logger: Logger) {
  const levels = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const;
  return () => (level: keyof typeof levels, message: string) => logger[levels[level]](message);
}
