/** `bulkhead tag`, `untag` and `archive`: operations on selected cases. */
import { type Command, Option } from 'commander';
import type { ClientDeps } from '../client/client.ts';
import * as documents from '../client/documents/operations.ts';
import { addOperationFlags, type OperationFlags, runOperation } from '../client/operations.ts';
import {
  addAll,
  addSelection,
  requiredSelection,
  type SelectionFlags,
} from '../client/selection.ts';
import { BulkheadError } from '../errors.ts';
import { onExclusive, pace, readNames } from './flags.ts';

type Flags = SelectionFlags & OperationFlags;
type TagFlags = Flags & { add?: string[]; remove?: string[]; onExclusive?: string };

/** Adds the verbs `tag`, `untag` and `archive` to the program. */
export function registerTag(program: Command, deps: ClientDeps): void {
  const verb = (name: string, description: string) =>
    addOperationFlags(
      addAll(
        addSelection(
          program.command(name).description(description).argument('<suite>', 'slug of the suite'),
        ),
      ),
    ).addOption(pace());

  verb('tag', 'put tags on the selected cases, and take others off')
    .option('--add <tags>', 'tags to put on, separated by commas', readNames)
    .option('--remove <tags>', 'tags to take off', readNames)
    .addOption(onExclusive())
    .action((suite: string, flags: TagFlags) => tag(deps, suite, flags));
  verb('untag', 'take tags off the selected cases')
    .requiredOption('--remove <tags>', 'tags to take off, separated by commas', readNames)
    .action((suite: string, flags: TagFlags) => tag(deps, suite, flags));
  verb('archive', 'archive the selected cases; --restore makes them active again')
    .addOption(new Option('--restore', 'make archived cases active again'))
    .action((suite: string, flags: Flags & { restore?: boolean }) => archive(deps, suite, flags));
}

function tag(deps: ClientDeps, slug: string, flags: TagFlags): Promise<void> {
  const { add, remove, onExclusive: onExclusiveGroup, pace: share } = flags;
  if (!add && !remove)
    throw new BulkheadError('BAD_ARGUMENT', 'there is no tag to put on or to take off', {
      hint: 'Say which: --add tier_a_gold, --remove needs_review',
    });
  const selection = requiredSelection(flags);
  return runOperation(deps, {
    slug,
    flags,
    keys: flags.key,
    submit: documents.bulkTag,
    preview: documents.previewBulkTag,
    variables: (suiteId) => ({
      suiteId,
      ...selection,
      ...(add && { add }),
      ...(remove && { remove }),
      ...(onExclusiveGroup && { onExclusive: onExclusiveGroup }),
      ...(share !== undefined && { pace: share }),
    }),
  });
}

function archive(deps: ClientDeps, slug: string, flags: Flags & { restore?: boolean }) {
  const selection = requiredSelection(flags);
  return runOperation(deps, {
    slug,
    flags,
    keys: flags.key,
    submit: documents.bulkSetStatus,
    preview: documents.previewBulkSetStatus,
    variables: (suiteId) => ({
      suiteId,
      ...selection,
      setStatus: flags.restore ? 'active' : 'archived',
      ...(flags.pace !== undefined && { pace: flags.pace }),
    }),
  });
}
