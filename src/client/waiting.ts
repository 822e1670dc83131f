/**
 * Waiting for the end of an operation, by asking again and again. A subscription would say it a
 * little sooner; asking gets through every proxy, survives a restart of the server like any other
 * query, and costs one primary-key look-up every two seconds.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { BulkheadError, registry } from '../errors.ts';
import { type Client, type ClientDeps, present } from './client.ts';
import { findOperation, type Operation } from './documents/operations.ts';
import type { Id } from './documents/shared.ts';
import { makeProgress } from './progress.ts';

/** Milliseconds until the first look and, growing, between the later ones. */
const firstLook = 100;
const longestPause = 2000;

/** A server that restarts is waited for: 7 attempts take 31 seconds. */
const retries = 7;

type Waiting = { client: Client; deps: ClientDeps; slug: string; suiteId: Id };

/** Waits until the operation has ended; null when the person at the terminal has stopped waiting. */
export async function waitForEnd(
  { client, deps, slug, suiteId }: Waiting,
  operation: Operation,
): Promise<Operation | null> {
  if (hasEnded(operation)) return operation;
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  process.on('SIGINT', interrupt);
  const progress = makeProgress(deps);
  try {
    return await follow({ client, slug, suiteId }, operation, progress.show, controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    progress.stop();
    for (const line of goesOn(slug, operation)) deps.note(line);
    return null;
  } finally {
    progress.stop();
    // Ctrl-C may come twice, from the terminal and from the process above: the second changes nothing
    if (!controller.signal.aborted) process.off('SIGINT', interrupt);
  }
}

async function follow(
  { client, slug, suiteId }: Omit<Waiting, 'deps'>,
  operation: Operation,
  show: (operation: Operation) => void,
  signal: AbortSignal,
): Promise<Operation> {
  let now = operation;
  for (let wait = firstLook; !hasEnded(now); wait = Math.min(wait * 1.5, longestPause)) {
    show(now);
    await pause(wait, undefined, { signal });
    const variables = { suiteId, operationId: operation.id };
    now = present(
      (await client.ask(findOperation, variables, { signal, retries })).operation,
      slug,
    );
  }
  show(now);
  return now;
}

function goesOn(slug: string, { id }: Operation): string[] {
  return [
    `The operation ${id} goes on.`,
    `  to watch it:   bulkhead ops watch ${slug} ${id}`,
    `  to cancel it:  bulkhead ops cancel ${slug} ${id}`,
  ];
}

/** Whether nothing more comes. */
export function hasEnded({ state }: Operation): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

/** What an operation did, in a line. */
export function describeOperation({ id, kind, state, ...counts }: Operation): string {
  const { total, changed, unchanged, skipped, failed } = counts;
  const parts = Object.entries({ changed, unchanged, skipped, failed })
    .filter(([name, count]) => name === 'changed' || count !== '0')
    .map(([name, count]) => `${count} ${name}`);
  const cases = total === '1' ? '1 case' : `${total} cases`;
  return `operation ${id} (${kind}) ${state}: ${cases}, ${parts.join(', ')}`;
}

/** Throws what has kept an operation from succeeding. */
export function requireSuccess(slug: string, operation: Operation): void {
  const { id, kind, state, failed, firstErrors } = operation;
  if (state === 'cancelled')
    throw new BulkheadError('OPERATION_CANCELLED', `the operation ${id} (${kind}) was cancelled`, {
      hint: `What it did stays; to take it back: bulkhead ops undo ${slug} ${id}`,
    });
  if (state !== 'failed' && failed === '0') return;
  const code = firstErrors[0]?.code;
  const known = registry.find(({ name, sqlstate }) => code && (sqlstate === code || name === code));
  const detail = firstErrors.map(
    ({ case_id: of, message = '' }) => `${of ? `case ${of}: ` : ''}${message}`,
  );
  throw new BulkheadError(
    known?.name ?? 'INTERNAL',
    `the operation ${id} (${kind}) failed${failed === '0' ? '' : ` for ${failed === '1' ? '1 case' : `${failed} cases`}`}`,
    {
      ...(detail.length > 0 && { detail: detail.join('\n') }),
      hint: `Once the reason is gone: bulkhead ops retry ${slug} ${id}`,
    },
  );
}
