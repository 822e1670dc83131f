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

/** What a presence needs: `client` is its own, and is closed, not returned, when it is over. */
export type Presence = {
  client: pg.ClientBase;
  workerId: string;
  logger: Logger;
  ending: AbortSignal;
};

/** Holds the worker's lock and looks after the others until it is told to end; rejects when the connection is lost. */
export async function keepPresence({ client, workerId, logger, ending }: Presence): Promise<void> {
  await holdWorkerLock.run({ workerId }, client);
  while (!ending.aborted) {
    const queued = await recoverOperations.run(undefined, client);
    for (const { suite_id } of queued)
      logger.warn({ suite_id }, 'operations without a worker were queued again');
    await sleep(recoveryInterval, undefined, { signal: ending }).catch(() => {});
  }
}
