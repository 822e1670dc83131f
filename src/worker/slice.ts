/** The slice loop: chunk after chunk of one suite's operations, until the time of the slice is up. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from '../logger.ts';
import {
  failChunk,
  findUnfinishedOperation,
  limitChunkTime,
  queueOperations,
  queueOperationsUnlessQueued,
  runChunk,
  tryLockSuite,
  unlimitChunkTime,
  unlockSuite,
} from '../queries/worker.queries.ts';

/** How often a single case is tried that others hold locked, before it counts as failed. */
const triesOfOneCase = 8;

/** How long an operation rests, in milliseconds, whose chunk came no further: a rename waits for who began before it (late_targets). */
const restOfWhoWaits = 100;

/** What a slice needs: a client of its own, whose session holds the suite's lock, its time, and a signal that ends it earlier. */
export type Slice = {
  client: pg.ClientBase;
  suiteId: string;
  sliceMilliseconds: number;
  ending: AbortSignal;
  logger: Logger;
};

/**
 * Runs the operations of a suite in the order of their submission. Where somebody else is at it, or the time is up, the suite is
 * queued again.
 */
export async function runSlice(slice: Slice): Promise<void> {
  const { client, suiteId, sliceMilliseconds, ending } = slice;
  const until = Date.now() + sliceMilliseconds;
  const [lock] = await tryLockSuite.run({ suiteId }, client);
  if (!lock?.locked) {
    // another slice, or a call that runs its own small operation; both end soon
    const [waiting] = await findUnfinishedOperation.run({ suiteId }, client);
    if (waiting) await queueOperationsUnlessQueued.run({ suiteId, delaySeconds: 0.25 }, client);
    return;
  }
  try {
    await limitChunkTime.run(undefined, client);
    let isDone = false;
    do {
      const [operation] = await findUnfinishedOperation.run({ suiteId }, client);
      if (operation) await runOperation(slice, operation, until);
      isDone = !operation;
    } while (!isDone && Date.now() < until && !ending.aborted);
    if (!isDone) await queueOperations.run({ suiteId, delaySeconds: 0 }, client);
  } finally {
    await unlimitChunkTime.run(undefined, client);
    await unlockSuite.run({ suiteId }, client);
  }
}

async function runOperation(
  slice: Slice,
  operation: { id: string; pace: number; chunk_size: number; cursor_id: string },
  until: number,
) {
  const { client, suiteId, ending, logger } = slice;
  const key = { suiteId, operationId: operation.id };
  let triesLeft = triesOfOneCase;
  let size = operation.chunk_size;
  let cursor = operation.cursor_id;
  do {
    const began = performance.now();
    let leastRest = 0;
    try {
      const [after] = await runChunk.run(key, client);
      if (!after || after.finished_at) return;
      size = after.chunk_size;
      triesLeft = triesOfOneCase;
      if (after.cursor_id === cursor) leastRest = restOfWhoWaits;
      cursor = after.cursor_id;
    } catch (error) {
      const { code = '', message } = error as Error & { code?: string };
      if (!isOfTheStatement(code)) throw error;
      logger.debug({ ...key, code, message }, 'a chunk could not be done');
      if (size === 1 && /^(40|55|57)/.test(code) && triesLeft-- > 0) {
        await sleep(50 * (triesOfOneCase - triesLeft));
        continue;
      }
      const [after] = await failChunk.run({ ...key, code, message }, client);
      if (!after || after.finished_at) return;
      size = after.chunk_size;
      triesLeft = triesOfOneCase;
    }
    const rest = Math.max(leastRest, (performance.now() - began) * (1 / operation.pace - 1));
    if (rest >= 1) await sleep(rest, undefined, { signal: ending }).catch(() => {});
  } while (Date.now() < until && !ending.aborted);
}

/** Whether PostgreSQL refused this statement, and would take the next; otherwise connection or server are at fault. */
function isOfTheStatement(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && !/^(08|53|57P|58)/.test(code);
}
