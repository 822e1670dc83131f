/** A worker: takes jobs off the queue and runs operations, slice by slice. Any number of workers may run at once. */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseCronItems, run, type WorkerEvents, Logger as WorkerLogger } from 'graphile-worker';
import type pg from 'pg';
import { makePool } from '../database/pools.ts';
import type { Logger } from '../logger.ts';
import { keepPresence } from './presence.ts';
import { makeTasks } from './tasks.ts';

/** What a worker needs. */
export type WorkerOptions = {
  ownerUrl: string;
  logger: Logger;
  /** On how many suites it works at once. */
  concurrency?: number;
  /** How long one job works before it hands over to a fresh one: far from the queue's limit of four hours. */
  sliceMilliseconds?: number;
};

type Dependencies = Required<Omit<WorkerOptions, 'ownerUrl'>> & { pool: pg.Pool };

/**
 * Starts a worker. It survives a restart of the database. `stop()` lets each running operation finish its chunk, hands it back to
 * the queue and disconnects.
 */
export async function startWorker(options: WorkerOptions) {
  const { ownerUrl, logger, concurrency = 4, sliceMilliseconds = 30_000 } = options;
  const pool = makePool(ownerUrl, 'bulkhead worker', logger, {
    max: concurrency + 4,
    // the suite's lock is gone within 10 s when this machine vanishes without a word
    options:
      '-c tcp_keepalives_idle=4 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=10000',
  });
  const dependencies = { pool, logger, concurrency, sliceMilliseconds };
  const stopping = new AbortController();
  const first = await startLife(dependencies, stopping.signal).catch(async (error) => {
    await pool.end();
    throw error;
  });
  const lives = liveOn(first, dependencies, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await lives;
      await pool.end();
    },
  };
}

type Life = { ended: Promise<void> };

/** Begins a new life after each that ended, until it is told to stop. */
async function liveOn(first: Life, dependencies: Dependencies, stopping: AbortSignal) {
  let life: Life | undefined = first;
  while (true) {
    await life?.ended;
    if (stopping.aborted) return;
    dependencies.logger.warn('the worker connects to the database again');
    await sleep(500, undefined, { signal: stopping }).catch(() => {});
    life = await startLife(dependencies, stopping).catch((error) => {
      dependencies.logger.warn({ err: error }, 'the worker could not connect');
      return undefined;
    });
  }
}

/**
 * One life of a worker: an id, the connection that holds the lock of this id, and a runner that takes jobs by this id. They end
 * together, whichever ends first, so that whatever the queue holds in the name of an id that has lost its lock is free again.
 */
async function startLife(dependencies: Dependencies, stopping: AbortSignal): Promise<Life> {
  const { pool, logger } = dependencies;
  const over = new AbortController();
  const ending = AbortSignal.any([stopping, over.signal]);
  const client = await pool.connect();
  client.once('end', () => over.abort());
  try {
    const { runner, workerId } = await startRunner(dependencies, ending);
    const gone = runner.promise.catch((error) => {
      logger.warn({ err: error }, 'the queue has stopped');
    });
    gone.then(() => over.abort());
    const live = async () => {
      await keepPresence({ client, workerId, logger, ending }).catch((error) =>
        logger.warn({ err: error }, 'the connection that holds the lock of this worker was lost'),
      );
      over.abort();
      await runner.stop().catch(() => {}); // it may have stopped by itself
      await gone;
      client.release(true);
    };
    return { ended: live() };
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function startRunner(dependencies: Dependencies, ending: AbortSignal) {
  const { pool, logger, concurrency, sliceMilliseconds } = dependencies;
  const events = new EventEmitter() as WorkerEvents;
  let workerId = '';
  events.on('pool:create', ({ workerPool }) => {
    workerId = workerPool.id;
  });
  const runner = await run({
    pgPool: pool,
    taskList: makeTasks({ pool, logger, ending, sliceMilliseconds }),
    parsedCronItems: parseCronItems([
      { task: 'prune_change_log', match: '17 3 * * *', options: { backfillPeriod: 0 } },
      { task: 'prune_route_pulls', match: '27 3 * * *', options: { backfillPeriod: 0 } },
      { task: 'prune_append_answers', match: '47 * * * *', options: { backfillPeriod: 0 } },
    ]),
    concurrency,
    pollInterval: 1000,
    noHandleSignals: true,
    logger: toWorkerLogger(logger),
    events,
    // in batches, even of one: a job that ends while the database is away then ends the runner, and otherwise the process
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  });
  return { runner, workerId };
}

/** graphile-worker's messages in our log; what it calls info is about single jobs, and debug to us. */
function toWorkerLogger(logger: Logger): WorkerLogger {
  const levels = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const;
  return new WorkerLogger(() => (level, message, meta) => {
    logger[levels[level as keyof typeof levels] ?? 'debug']({ ...meta }, message);
  });
}
