/** Triggers on a source: put there, taken away. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { BulkheadError } from '../errors.ts';
import {
  type Capture,
  captures,
  closedSuitesSql,
  dropQueueSql,
  dropTriggerSql,
  hasQueueSql,
  hasTriggerSql,
  missingRightsSql,
  queueSql,
  triggerSql,
} from './capture-sql.ts';
import type { ResolvedMapping } from './mapping.ts';

/** Milliseconds that writers of the source may have to wait for a trigger, and how often that is tried. */
const patience = { lock: 200, attempts: 100, rest: 250 };

/** Puts the queue and the triggers there; what is there already stays. */
export async function installCapture(client: ClientBase, mapping: ResolvedMapping): Promise<void> {
  const missing = await missingRights(client, mapping);
  if (missing.length > 0) refuse(missing.join(', '));
  await withRights(() => client.query(queueSql));
  for (const capture of captures(mapping, await closedSuites(client))) {
    await withRights(() => client.query(capture.functionSql));
    const { rows } = await client.query(hasTriggerSql(capture));
    if (!rows[0].present) await briefly(client, capture, triggerSql(capture));
  }
}

/** What the login would need to put them there, and has not; nothing where they are there already. */
export async function missingRights(
  client: ClientBase,
  mapping: ResolvedMapping,
): Promise<string[]> {
  const { rows } = await client.query<{ missing: string }>(missingRightsSql(mapping));
  return rows.map(({ missing }) => missing);
}

/** The suites that writers of the source are refused in. */
export async function closedSuites(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ suite: string }>(closedSuitesSql);
  return rows.map(({ suite }) => suite);
}

/** Takes everything away that `installCapture` has put there. */
export async function removeCapture(client: ClientBase, mapping: ResolvedMapping): Promise<void> {
  for (const capture of captures(mapping)) {
    const { rows } = await client.query(hasTriggerSql(capture));
    if (rows[0].present) await briefly(client, capture, dropTriggerSql(capture));
  }
  await client.query(dropQueueSql);
}

/** Whether this source has a queue. */
export async function hasCapture(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query(hasQueueSql);
  return rows[0].present;
}

/** A lock that does not come at once is given up and asked for again, so that no writer queues behind it for long. */
async function briefly(client: ClientBase, { table }: Capture, sql: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`set lock_timeout = ${patience.lock}`);
      await withRights(() => client.query(sql));
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== '55P03') throw error;
      if (attempt < patience.attempts) await sleep(patience.rest);
      else
        throw new BulkheadError(
          'LOCK_TIMEOUT',
          `${table} is locked by a transaction that does not end`,
          {
            detail: 'A trigger needs a moment without a transaction that writes to the table.',
            hint: 'Look for it in pg_stat_activity of the source, and run the command again.',
          },
        );
    } finally {
      await client.query('reset lock_timeout');
    }
  }
}

async function withRights<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as { code?: string }).code !== '42501') throw error;
    refuse((error as Error).message, error);
  }
}

function refuse(why: string, cause?: unknown): never {
  throw new BulkheadError('NOT_ALLOWED', `the login of the source may not make triggers: ${why}`, {
    detail: 'It takes CREATE on the database, and TRIGGER on the tables of cases, tags and links.',
    hint: 'Grant them, or follow without triggers: --method compare.',
    cause,
  });
}
