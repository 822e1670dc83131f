/**
 * How a dead worker is noticed within seconds. The queue itself would wait for four hours: it cannot know whether a locked job is
 * still being run. So each worker holds an advisory lock on a connection of its own, which ends with its process, and every few
 * seconds each worker frees the jobs of those who hold none.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from '../logger.ts';
import { holdWorkerLock, recoverOperations } from '../queries/worker.queries.ts';

const recoveryInterval = 5000;

/** Keeps this worker's lock, and looks after the others. `announce` names the worker; `release` lets go. */
export function startPresence({ pool, logger }: { pool: pg.Pool; logger: Logger }) {
  const stopping = new AbortController();
  const workerIds: string[] = [];
  const rounds = (async () => {
    while (!stopping.signal.aborted) {
      await holdAndRecover({ pool, logger, workerIds, signal: stopping.signal }).catch((error) =>
        logger.warn({ err: error }, 'the connection that holds the lock of this worker was lost'),
      );
      await sleep(1000, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();

  return {
    /** To be called as soon as the worker has its id, before it takes a job. */
    announce(workerId: string) {
      workerIds.push(workerId);
    },
    async release() {
      stopping.abort();
      await rounds;
    },
  };
}

async function holdAndRecover(options: {
  pool: pg.Pool;
  logger: Logger;
  workerIds: readonly string[];
  signal: AbortSignal;
}) {
  const { pool, logger, workerIds, signal } = options;
  const client = await pool.connect();
  let held = 0;
  try {
    while (!signal.aborted) {
      for (; held < workerIds.length; held++) {
        await holdWorkerLock.run({ workerId: workerIds[held] as string }, client);
      }
      const queued = await recoverOperations.run(undefined, client);
      for (const { suite_id } of queued)
        logger.warn({ suite_id }, 'operations without a worker were queued again');
      await sleep(held === 0 ? 20 : recoveryInterval, undefined, { signal }).catch(() => {});
    }
  } finally {
    client.release(true); // closed, not returned: the locks go with the connection
  }
}
