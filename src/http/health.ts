/** Whether the process is alive, and whether it can serve. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { describeServer } from '../database/admin.ts';
import { pendingMigrations } from '../database/migrate.ts';
import { BulkheadError } from '../errors.ts';

/** Rejects with the reason if the database does not answer, or lacks migrations. */
export type CheckReady = () => Promise<void>;

/** However many ask at the same time, the database is asked once. */
export function makeCheckReady(options: {
  pool: pg.Pool;
  ownerUrl: string;
  timeout?: number;
}): CheckReady {
  let running: Promise<void> | undefined;
  return () => {
    running ??= check(options).finally(() => {
      running = undefined;
    });
    return running;
  };
}

type CheckOptions = Parameters<typeof makeCheckReady>[0];

async function check({ pool, ownerUrl, timeout = 3000 }: CheckOptions): Promise<void> {
  const answered = new AbortController();
  const tooLate = sleep(timeout, undefined, { signal: answered.signal }).then(() => {
    throw new Error('it takes too long');
  });
  try {
    await Promise.race([askDatabase(pool, ownerUrl), tooLate]);
  } catch (error) {
    if (error instanceof BulkheadError) throw error;
    const message = `the database does not answer: ${(error as Error).message}`;
    throw new BulkheadError('DATABASE_UNREACHABLE', message, { cause: error });
  } finally {
    tooLate.catch(() => {});
    answered.abort();
  }
}

async function askDatabase(pool: pg.Pool, ownerUrl: string): Promise<void> {
  const client = await pool.connect();
  try {
    await describeServer(client);
  } finally {
    client.release();
  }
  const pending = await pendingMigrations(ownerUrl);
  if (pending.length > 0)
    throw new BulkheadError(
      'NOT_MIGRATED',
      `${pending.length} migration(s) have not run: ${pending[0]} …`,
      { hint: 'Run: bulkhead migrate' },
    );
}
