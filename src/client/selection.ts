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
    .option(
      '--created-after <time>',
      'cases appended since: 2026-11-01, or 2026-11-01T09:00Z',
      readTime,
    )
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

const isoTime =
  /^(?<date>\d{4}-\d\d-\d\d)(?<time>T\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?(?<zone>Z|[+-]\d\d:\d\d)?$/;

/** A date or time of ISO 8601, in UTC where it says no zone; the database gets all of its digits. */
function readTime(text: string): string {
  const { date = '', time, zone } = isoTime.exec(text)?.groups ?? {};
  const whole = `${date}${time ?? 'T00:00'}${zone ?? 'Z'}`;
  // 30 February would be taken for 2 March
  const day = new Date(`${date}T00:00Z`);
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
  if (isDay && !Number.isNaN(Date.parse(whole)) && (time || !zone)) return whole;
  throw new InvalidArgumentError(
    'It is no date or time of ISO 8601: 2026-11-01, 2026-11-01T09:00 (UTC) or 2026-11-01T09:00:00+01:00.',
  );
}

function readObject(text: string): unknown {
  try {
    const value = parseJson(text);
    if (isObject(value)) return value;
  } catch {}
  throw new InvalidArgumentError('It is no JSON object: {"lang": "en"}.');
}
