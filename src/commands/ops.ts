/** `bulkhead ops`: the operations of a suite. */
import { type Command, Option } from 'commander';
import { type ClientDeps, makeClient, present } from '../client/client.ts';
import * as documents from '../client/documents/operations.ts';
import {
  addOperationFlags,
  finish,
  type OperationFlags,
  printPreview,
  runOperation,
} from '../client/operations.ts';
import { BulkheadError } from '../errors.ts';
import { type Column, collect, printRows, showTime } from './access.ts';
import { readCount, readId } from './flags.ts';

type ListFlags = { state?: string[]; limit: number; json?: boolean };

const states = ['queued', 'running', 'succeeded', 'failed', 'cancelled'];

const columns: Column<documents.Operation>[] = [
  ['id', (row) => row.id],
  ['kind', (row) => row.kind],
  ['state', (row) => row.state],
  ['cases', (row) => `${row.processed} of ${row.total}`],
  ['changed', (row) => row.changed],
  ['failed', (row) => (row.failed === '0' ? '' : row.failed)],
  ['submitted', (row) => showTime(row.submittedAt, '')],
  ['by', (row) => row.submittedBy],
];

/** Adds the verbs about operations to the program. */
export function registerOps(program: Command, deps: ClientDeps): void {
  const ops = program.command('ops').description('the operations of a suite');
  const verb = (name: string, description: string) =>
    ops.command(name).description(description).argument('<suite>', 'slug of the suite');
  const ofOne = (name: string, description: string) =>
    verb(name, description).argument('<operation>', 'its id', readId);

  verb('list', 'the operations of a suite, the newest first')
    .addOption(
      new Option('--state <state>', 'only those in this state; can be repeated')
        .choices(states)
        .argParser(readState),
    )
    .option('--limit <number>', 'how many at most, up to 500', readCount, 20)
    .option('--json', 'print an array of objects')
    .action((suite: string, flags: ListFlags) => list(deps, suite, flags));
  ofOne('watch', 'wait for the end of an operation')
    .option('--json', 'print the operation as an object')
    .action((suite: string, id: string, flags) => watch(deps, suite, id, flags));
  ofOne('cancel', 'stop an operation after its current chunk; what was done stays')
    .option('--no-wait', 'do not wait until it has stopped')
    .option('--json', 'print the operation as an object')
    .action((suite: string, id: string, flags) => cancel(deps, suite, id, flags));
  addOperationFlags(
    ofOne('undo', 'reverse what an operation changed and nobody has changed since'),
  ).action((suite: string, id: string, flags: OperationFlags) => undo(deps, suite, id, flags));
  addOperationFlags(
    ofOne('retry', 'do an operation again for the cases that it failed on or did not come to'),
  ).action((suite: string, id: string, flags: OperationFlags) => retry(deps, suite, id, flags));
}

/** A parser replaces the one that `choices` brings. */
function readState(text: string, earlier?: string[]): string[] {
  if (states.includes(text)) return collect(text, earlier);
  throw new BulkheadError('BAD_ARGUMENT', `an operation is never ${JSON.stringify(text)}`, {
    hint: `It is ${states.join(', ')}.`,
  });
}

async function list(deps: ClientDeps, slug: string, { state, limit, json }: ListFlags) {
  const { ask, suite } = makeClient(deps);
  const variables = {
    suiteId: await suite(slug),
    first: Math.min(limit, 500),
    states: state ?? states,
  };
  const found = present((await ask(documents.operations, variables)).suite, slug);
  const none = `${slug} has no such operation.`;
  printRows(deps, found.operations.nodes, columns, { json, none });
}

async function find(deps: ClientDeps, slug: string, operationId: string) {
  const client = makeClient(deps);
  const suiteId = await client.suite(slug);
  const { operation } = await client.ask(documents.findOperation, { suiteId, operationId });
  if (operation) return { context: { client, deps, slug, suiteId }, operation };
  throw new BulkheadError(
    'UNKNOWN_OPERATION',
    `the suite "${slug}" has no operation ${operationId}`,
    { hint: `bulkhead ops list ${slug} shows those that it has` },
  );
}

async function watch(deps: ClientDeps, slug: string, id: string, { json }: { json?: boolean }) {
  const { context, operation } = await find(deps, slug, id);
  await finish(context, operation, { wait: true, ...(json && { json }) });
}

/** That it ends as cancelled is what was asked for, and no failure. */
async function cancel(
  deps: ClientDeps,
  slug: string,
  id: string,
  flags: Pick<OperationFlags, 'wait' | 'json'>,
) {
  const client = makeClient(deps);
  const suiteId = await client.suite(slug);
  const { operation } = (await client.ask(documents.cancelOperation, { suiteId, operationId: id }))
    .result;
  await finish({ client, deps, slug, suiteId }, operation, { ...flags, mayBeCancelled: true });
}

function undo(deps: ClientDeps, slug: string, id: string, flags: OperationFlags): Promise<void> {
  return runOperation(deps, {
    slug,
    flags,
    submit: documents.undoOperation,
    preview: documents.previewUndo,
    variables: (suiteId) => ({ suiteId, operationId: id }),
  });
}

/** There is no preview of a retry: what it would cover stands in the operation's row. */
async function retry(deps: ClientDeps, slug: string, id: string, flags: OperationFlags) {
  const { context, operation } = await find(deps, slug, id);
  if (flags.dryRun) return printPreview(deps, previewRetry(operation), flags.json);
  const variables = { suiteId: context.suiteId, operationId: id };
  const { result } = await context.client.ask(documents.retryOperation, variables);
  await finish(context, result.operation, flags);
}

function previewRetry({ total, processed, failed }: documents.Operation): documents.Preview {
  const left = String(BigInt(total) - BigInt(processed) + BigInt(failed));
  const none = { unchanged: '0', skipped: '0', failed: '0', newTags: [], firstCaseIds: [] };
  return { total: left, changed: left, ...none };
}
