/** Submitting an operation, or only asking what it would do: one way for every verb. */
import type { Command } from 'commander';
import { type Client, type ClientDeps, makeClient } from './client.ts';
import type {
  Operation,
  OperationDocument,
  Preview,
  PreviewDocument,
} from './documents/operations.ts';
import type { Id } from './documents/shared.ts';
import { describeMissing, findByKeys, keysAtOnce } from './keys.ts';
import { describeOperation, hasEnded, requireSuccess, waitForEnd } from './waiting.ts';

/** The flags of every verb that submits an operation. */
export type OperationFlags = { dryRun?: boolean; wait: boolean; json?: boolean; pace?: number };

/** The exit code of a wait that Ctrl-C has ended, as shells have it. */
const interrupted = 130;

/** Adds the flags about dry runs, waiting and JSON. */
export function addOperationFlags(command: Command): Command {
  return command
    .option('--dry-run', 'only say what it would do')
    .option('--no-wait', 'submit it, print it, and do not wait for its end')
    .option('--json', 'print the operation (or what it would do) as an object');
}

/** What a verb does: `variables` gets the id of the suite. */
export type Submission<Variables> = {
  slug: string;
  flags: OperationFlags;
  /** Of the cases that are named by their keys: who has mistyped one learns it. */
  keys?: string[] | undefined;
  variables(suiteId: Id, client: Client): Variables;
  submit: OperationDocument<Variables>;
  preview: PreviewDocument<Variables>;
};

/** Runs a verb that submits an operation, up to the operation's end. */
export async function runOperation<Variables extends object>(
  deps: ClientDeps,
  { slug, flags, keys, variables, submit, preview }: Submission<Variables>,
): Promise<void> {
  const client = makeClient(deps);
  const suiteId = await client.suite(slug);
  const asked = variables(suiteId, client);
  if (keys) await noteMissing(client, deps, { slug, suiteId, keys });
  if (flags.dryRun) {
    const { preview: found } = await client.ask(preview, asked);
    return printPreview(deps, found, flags.json);
  }
  const { operation } = (await client.ask(submit, asked)).result;
  await finish({ client, deps, slug, suiteId }, operation, flags);
}

/** One question at most: nobody types as many keys as it takes. */
async function noteMissing(
  { ask }: Client,
  { note }: ClientDeps,
  { slug, suiteId, keys }: { slug: string; suiteId: Id; keys: string[] },
): Promise<void> {
  const { missing } = await findByKeys(ask, suiteId, keys.slice(0, keysAtOnce));
  if (missing.length > 0) note(describeMissing(slug, missing));
}

/** Waits if that is asked for, prints the operation, and fails if it did not succeed. */
export async function finish(
  context: { client: Client; deps: ClientDeps; slug: string; suiteId: Id },
  operation: Operation,
  flags: Pick<OperationFlags, 'wait' | 'json'> & { mayBeCancelled?: boolean },
): Promise<void> {
  const { deps, slug } = context;
  const last = flags.wait ? await waitForEnd(context, operation) : operation;
  if (last === null) {
    process.exitCode = interrupted;
    return;
  }
  deps.print(flags.json ? JSON.stringify(last, null, 2) : describeOperation(last));
  if (flags.mayBeCancelled && last.state === 'cancelled') return;
  if (hasEnded(last)) requireSuccess(slug, last);
}

/** Prints what an operation would do. */
export function printPreview(
  { print }: Pick<ClientDeps, 'print'>,
  preview: Preview,
  json: boolean | undefined,
): void {
  if (json) {
    print(JSON.stringify(preview, null, 2));
    return;
  }
  const { total, changed, unchanged, skipped, failed, newTags, firstCaseIds } = preview;
  const parts = Object.entries({ changed, unchanged, skipped, failed })
    .filter(([name, count]) => name === 'changed' || count !== '0')
    .map(([name, count]) => `${count} ${name}`);
  print(`would cover ${total === '1' ? '1 case' : `${total} cases`}: ${parts.join(', ')}`);
  if (newTags.length > 0) print(`new tags: ${newTags.join(', ')}`);
  if (firstCaseIds.length > 0) print(`the first cases: ${firstCaseIds.join(', ')}`);
  print('nothing was changed');
}
