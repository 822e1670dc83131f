/** The flags by which cases are selected, for every verb that takes them. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { collect } from '../commands/access.ts';
import { BulkheadError } from '../errors.ts';
import { isObject, parseJson } from '../json.ts';
import type { Selection } from './documents/shared.ts';

/** What the flags gave. */
export type SelectionFlags = {
  where?: string;
  status?: string;
  key?: string[];
  id?: string[];
  search?: string;
  createdAfter?: string;
  createdBefore?: string;
  metadata?: unknown;
  all?: boolean;
};

/** Adds the flags of a selection to a verb. All that are given have to hold. */
export function addSelection(command: Command): Command {
  return command
    .option('--where <expression>', "cases by tags: 'rag and not flaky'")
    .addOption(
      new Option('--status <status>', 'cases with this status').choices(['active', 'archived']),
    )
    .option('--key <key>', 'the case with this key; can be repeated', collect)
    .option('--id <id>', 'the case with this id; can be repeated', collectIds)
    .option('--search <text>', 'cases with this text in input, expected output or key')
    .option('--created-after <time>', 'cases appended since: 2026-11-01, or with a time', readTime)
    .option('--created-before <time>', 'cases appended before', readTime)
    .option('--metadata <json>', 'cases whose metadata contain this object', readObject);
}

/** Adds the flag that says that every case is meant, where a verb would change them. */
export function addAll(command: Command): Command {
  return command.option('--all', 'every case of the suite');
}

/** The flags as variables of a document. */
export function selectionOf(flags: SelectionFlags): Selection {
  const { where, status, key, id, search, createdAfter, createdBefore, metadata } = flags;
  const selection = {
    whereTags: where,
    status,
    caseIds: id,
    externalKeys: key,
    createdAfter,
    createdBefore,
    metadata,
    search,
  };
  return Object.fromEntries(Object.entries(selection).filter(([, value]) => value !== undefined));
}

/** The same for an operation, which has to be told what it is for. */
export function requiredSelection(flags: SelectionFlags): Selection {
  const selection = selectionOf(flags);
  const isEmpty = Object.keys(selection).length === 0;
  if (isEmpty === (flags.all === true)) return { ...selection, allCases: isEmpty };
  throw new BulkheadError(
    'NO_SELECTION',
    isEmpty ? 'no cases are selected' : '--all goes with no other selection',
    {
      hint: "Say which cases: --where 'rag and not flaky', --key <key>, …; or --all for every one.",
    },
  );
}

function collectIds(text: string, earlier?: string[]): string[] {
  if (!/^\d{1,19}$/.test(text)) throw new InvalidArgumentError('An id is a number.');
  return collect(text, earlier);
}

function readTime(text: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('It is no time: 2026-11-01T09:00:00Z.');
  return new Date(time).toISOString();
}

function readObject(text: string): unknown {
  try {
    const value = parseJson(text);
    if (isObject(value)) return value;
  } catch {}
  throw new InvalidArgumentError('It is no JSON object: {"lang": "en"}.');
}
