/** The tasks of the queue, by the identifiers that `graphile_worker.add_job` takes. */
import type { JobHelpers, Task, TaskList } from 'graphile-worker';
import type pg from 'pg';
import { BulkheadError, describeError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { giveUpJob, pruneChangeLog, submitPayload } from '../queries/worker.queries.ts';
import { runSlice } from './slice.ts';

/** Jobs that submit an operation; each calls the function of its name in the schema bulkhead, with its payload as arguments. */
export const submissions = [
  'bulk_tag',
  'bulk_set_status',
  'bulk_delete',
  'bulk_copy',
  'bulk_rename_tag',
  'bulk_merge_tags',
  'undo_operation',
  'retry_operation',
] as const;

type Dependencies = { pool: pg.Pool; logger: Logger; stopping: AbortSignal };

/** All tasks: the submissions, `run_operations` (a slice of a suite's operations) and `prune_change_log`. */
export function makeTasks({ pool, logger, stopping }: Dependencies): TaskList {
  const run_operations: Task = async (payload) => {
    const suiteId = readSuiteId(payload);
    const client = await pool.connect();
    let broken: unknown;
    try {
      await runSlice({ client, suiteId, stopping, logger });
    } catch (error) {
      broken = error;
      throw error;
    } finally {
      client.release(broken !== undefined); // with an error the session, and its lock, go
    }
  };

  const submit =
    (task: string): Task =>
    async (payload, helpers) => {
      try {
        await submitPayload.run({ task, payload: payload as never }, pool);
      } catch (error) {
        await giveUpUnlessRetryable(error, helpers, pool);
        throw error;
      }
    };

  const prune_change_log: Task = async () => {
    let pruned = 1;
    while (pruned > 0 && !stopping.aborted) {
      const [row] = await pruneChangeLog.run(undefined, pool);
      pruned = Number(row?.pruned ?? 0);
    }
  };

  return {
    run_operations,
    prune_change_log,
    ...Object.fromEntries(submissions.map((task) => [task, submit(task)])),
  };
}

function readSuiteId(payload: unknown): string {
  const suiteId = (payload as { suite_id?: unknown } | null)?.suite_id;
  if (/^\d{1,19}$/.test(String(suiteId))) return String(suiteId);
  throw new BulkheadError(
    'BAD_ARGUMENT',
    'the payload of the job run_operations names no suite_id',
    {
      hint: "select graphile_worker.add_job('run_operations', '{\"suite_id\": 7}');",
    },
  );
}

/** A payload that is wrong today is wrong tomorrow: the job fails for good, and keeps its error where the DBA will look. */
async function giveUpUnlessRetryable(error: unknown, helpers: JobHelpers, pool: pg.Pool) {
  const known = describeError(error);
  if (known && !known.entry.retryable) await giveUpJob.run({ jobId: helpers.job.id }, pool);
}
