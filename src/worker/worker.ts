/** A worker: takes jobs off the queue and runs operations, slice by slice. Any number of workers may run at once. */
import { EventEmitter } from 'node:events';
import { parseCronItems, run, type WorkerEvents, Logger as WorkerLogger } from 'graphile-worker';
import { makePool } from '../database/pools.ts';
import type { Logger } from '../logger.ts';
import { startPresence } from './presence.ts';
import { makeTasks } from './tasks.ts';

/** What a worker needs; `concurrency` is how many suites it works on at once. */
export type WorkerOptions = { ownerUrl: string; logger: Logger; concurrency?: number };

/** Starts a worker. `stop()` lets each running operation finish its chunk, hands it back to the queue and disconnects. */
export async function startWorker({ ownerUrl, logger, concurrency = 4 }: WorkerOptions) {
  const pool = makePool(ownerUrl, 'bulkhead worker', logger, {
    max: concurrency + 4,
    // the suite's lock is gone within 10 s when this machine vanishes without a word
    options: '-c tcp_keepalives_idle=4 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3',
  });
  const stopping = new AbortController();
  const events = new EventEmitter() as WorkerEvents;
  const presence = startPresence({ pool, logger });
  events.on('pool:create', ({ workerPool }) => presence.announce(workerPool.id));

  const runner = await run({
    pgPool: pool,
    taskList: makeTasks({ pool, logger, stopping: stopping.signal }),
    parsedCronItems: parseCronItems([
      { task: 'prune_change_log', match: '17 3 * * *', options: { backfillPeriod: 0 } },
    ]),
    concurrency,
    pollInterval: 1000,
    noHandleSignals: true,
    logger: toWorkerLogger(logger),
    events,
  });
  runner.promise.catch((error) => logger.error({ err: error }, 'the worker has ended'));

  return {
    async stop() {
      stopping.abort();
      await runner
        .stop()
        .catch((error) => logger.warn({ err: error }, 'the worker was stopping already'));
      await presence.release();
      await pool.end();
    },
  };
}

/** graphile-worker's messages in our log; what it calls info is about single jobs, and debug to us. */
function toWorkerLogger(logger: Logger): WorkerLogger {
  const levels = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const;
  return new WorkerLogger(() => (level, message, meta) => {
    logger[levels[level as keyof typeof levels] ?? 'debug']({ ...meta }, message);
  });
}
