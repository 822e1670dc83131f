/** What the verbs about tokens, members and principals have in common. */
import Table from 'cli-table3';
import type { ClientBase } from 'pg';
import { BulkheadError } from '../errors.ts';

/** What these verbs need from the program: the owner's connection, and where their lines go. */
export type AccessCommandDeps = {
  withOwnerClient<T>(use: (client: ClientBase) => Promise<T>): Promise<T>;
  print(line: string): void;
  /** For people, beside the output proper: stderr. */
  note(line: string): void;
};

/**
 * The queries of these verbs, read when one is called: with them comes what they run on, which takes
 * longer to read than all the rest of the command line.
 */
export const readQueries = () => import('../queries/access.queries.ts');

const daysOf: Record<string, number> = { d: 1, w: 7, y: 365 };

/** How many days `90d`, `12w` or `1y` are; null for `never`. */
export function readDays(text: string): number | null {
  if (text === 'never') return null;
  const [, count, unit = ''] = /^([1-9]\d{0,3})([dwy])$/.exec(text) ?? [];
  const days = Number(count) * (daysOf[unit] ?? 0);
  // the rest of what a token may last is the database's to say
  if (days > 0) return days;
  throw new BulkheadError('BAD_ARGUMENT', `${JSON.stringify(text)} is no time to expire after`, {
    detail: 'It is a number of days, weeks or years.',
    hint: 'For example: --expires 90d, --expires 12w, --expires 1y, or --expires never.',
  });
}

/** A token's principal by what `token list` shows, or by its number alone. */
export function readTokenName(text: string): string {
  return /^\d+$/.test(text) ? `token:${text}` : text;
}

/** The id of a suite, or undefined where none is asked for; a slug that nobody has is refused. */
export async function findSuite(client: ClientBase, slug?: string): Promise<string | undefined> {
  if (slug === undefined) return undefined;
  const { requireSuite } = await readQueries();
  const [found] = await requireSuite.run({ slug }, client);
  return found?.id;
}

/** A column of a listing: its head, and how a row shows in it. */
export type Column<Row> = [head: string, show: (row: Row) => string];

/** Prints rows as a table for people, or as JSON for programs. */
export function printRows<Row>(
  deps: Pick<AccessCommandDeps, 'print' | 'note'>,
  rows: Row[],
  columns: Column<Row>[],
  options: { json: boolean | undefined; none: string },
): void {
  if (options.json) deps.print(JSON.stringify(rows, null, 2));
  else if (rows.length === 0) deps.note(options.none);
  else deps.print(drawTable(rows, columns));
}

function drawTable<Row>(rows: Row[], columns: Column<Row>[]): string {
  const table = new Table({
    head: columns.map(([head]) => head),
    style: { head: [], border: [] },
  });
  for (const row of rows) table.push(columns.map(([, show]) => withoutControls(show(row))));
  return table.toString();
}

/** What somebody has stored must not move the cursor of whoever lists it. */
function withoutControls(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n]/gu, '\uFFFD');
}

/** A time as a table shows it, to the minute. */
export function showTime(time: Date | string | null, none: string): string {
  return time ? `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC` : none;
}

/** Takes one more value of an option that can be repeated. */
export function collect(text: string, earlier: string[] = []): string[] {
  return [...earlier, text];
}
