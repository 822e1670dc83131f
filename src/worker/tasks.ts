/** The tasks of the queue, by the identifiers that `graphile_worker.add_job` takes. */
import type { JobHelpers, Task, TaskList } from 'graphile-worker';
import type pg from 'pg';
import { BulkheadError, describeError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import {
  giveUpJob,
  pruneAppendAnswers,
  pruneChangeLog,
  pruneRoutePulls,
  submitJob,
} from '../queries/worker.queries.ts';
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

type Dependencies = {
  pool: pg.Pool;
  logger: Logger;
  sliceMilliseconds: number;
  /** Ends slices after their chunk. */
  ending: AbortSignal;
};

/** All tasks: the submissions, `run_operations` (a slice of a suite's operations), and those that prune what is kept for a time. */
export function makeTasks({ pool, logger, sliceMilliseconds, ending }: Dependencies): TaskList {
  const run_operations: Task = async (payload, helpers) => {
    const suiteId = await readSuiteId(payload).catch((error) => giveUp(error, helpers, pool));
    const client = await pool.connect();
    let broken: unknown;
    try {
      await runSlice({ client, suiteId, sliceMilliseconds, ending, logger });
    } catch (error) {
      broken = error;
      throw error;
    } finally {
      client.release(broken !== undefined); // with an error the session, and its lock, go
    }
  };

  const submit =
    (task: string): Task =>
    async (_payload, helpers) => {
      await submitJob
        .run({ task, jobId: helpers.job.id }, pool)
        .catch((error) => giveUp(error, helpers, pool));
    };

  const prune =
    (query: typeof pruneChangeLog | typeof pruneAppendAnswers | typeof pruneRoutePulls): Task =>
    async () => {
      let pruned = 1;
      while (pruned > 0 && !ending.aborted) {
        const [row] = await query.run(undefined, pool);
        pruned = Number(row?.pruned ?? 0);
      }
    };

  return {
    run_operations,
    prune_change_log: prune(pruneChangeLog),
    prune_append_answers: prune(pruneAppendAnswers),
    prune_route_pulls: prune(pruneRoutePulls),
    ...Object.fromEntries(submissions.map((task) => [task, submit(task)])),
  };
}

async function readSuiteId(payload: unknown): Promise<string> {
  const suiteId = (payload as { suite_id?: unknown } | null)?.suite_id;
  if (/^\d{1,18}$/.test(String(suiteId))) return String(suiteId);
  throw new BulkheadError(
    'BAD_ARGUMENT',
    'the payload of the job run_operations names no suite_id',
    {
      hint: "select graphile_worker.add_job('run_operations', '{\"suite_id\": 7}');",
    },
  );
}

/** A payload that is wrong today is wrong tomorrow: the job fails for good, and keeps its error where the DBA will look. */
async function giveUp(error: unknown, helpers: JobHelpers, pool: pg.Pool): Promise<never> {
  const known = describeError(error);
  if (!known || known.entry.retryable) throw error;
  await giveUpJob.run({ jobId: helpers.job.id }, pool);
  const lines = [known.message, known.detail, known.hint].filter(Boolean);
  throw new Error(`${known.entry.name}: ${lines.join('\n')}`, { cause: error });
}
