/** Workers for tests: in this process, or in one of their own that can be killed. */
import type { ExecutionContext } from 'ava';
import { makeLogger } from '../../src/logger.ts';
import { startWorker, type WorkerOptions } from '../../src/worker/worker.ts';
import { type Run, startBulkhead } from './bulkhead.ts';
import type { Queryable } from './cases.ts';
import type { Database } from './database.ts';

/** Says nothing unless BULKHEAD_LOG_LEVEL asks for it: tests provoke what a worker warns of. */
export const quietLogger = makeLogger(process.env.BULKHEAD_LOG_LEVEL || 'silent');

/** A worker in this process, which is stopped when the test ends, if it has not been before. */
export async function useWorker(
  t: ExecutionContext,
  { ownerUrl }: Pick<Database, 'ownerUrl'>,
  options: Partial<WorkerOptions> = {},
) {
  const worker = await startWorker({ ownerUrl, logger: quietLogger, ...options });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= worker.stop();
    return stopped;
  };
  t.teardown(stop);
  return { stop };
}

/** A process that runs `bulkhead work`. */
export type WorkerProcess = Run & { pid: number };

/** Starts `bulkhead work`; resolves once it works. */
export async function spawnWorker(
  t: ExecutionContext,
  { ownerUrl }: Pick<Database, 'ownerUrl'>,
): Promise<WorkerProcess> {
  const run = startBulkhead(t, ['work'], { DATABASE_URL: ownerUrl, BULKHEAD_LOG_LEVEL: 'error' });
  await run.prints(/worker is running/);
  return { ...run, pid: run.child.pid as number };
}

/** Ends a process as a crash would, and waits until it is gone. */
export async function killWorker(worker: WorkerProcess): Promise<void> {
  worker.child.kill('SIGKILL');
  await worker.ended;
}

/**
 * Keeps the workers of a database from looking after each other, so that what goes on goes on
 * without that.
 */
export async function withoutRecovery(db: Queryable) {
  await db.query(
    `create or replace function bulkhead_private.recover_operations() returns setof bigint
     language sql as 'select 1::bigint where false'`,
  );
}
