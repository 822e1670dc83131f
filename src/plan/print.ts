/** A plan as people read it: the verdict, then three tables; with --explain how each figure comes about. */
import Table from 'cli-table3';
import { settings } from './coefficients.ts';
import type { Limit } from './limits.ts';
import type { Plan } from './plan.ts';
import type { Computed } from './times.ts';
import { showBytes, showFactor, showNumber, showTime } from './units.ts';

/** A line of a table: its cells, and how its figures come about. */
type Line = { cells: string[]; how: string };

/** Draws it. */
export function drawPlan(plan: Plan, explain: boolean): string {
  const { input, speed } = plan;
  const appended = input.perAppend > 1 ? ` of ${showNumber(input.perAppend)} cases` : '';
  const asked =
    `${count(input.suites, 'suite')} of ${count(input.cases, 'case')} with ${count(input.tags, 'tag')} each; ` +
    `bulk changes of ${count(input.bulk, 'case')}; ${showNumber(input.appends)} appends/s${appended}`;
  const target =
    input.chunk === settings.chunkTarget
      ? []
      : [
          `Chunks aim at ${settings.chunkTarget} ms (bulkhead_private.next_chunk_size); this is what ${showTime(input.chunk)} would do.`,
        ];
  return [
    asked,
    verdict(plan),
    ...target,
    drawTable(['One bulk change', 'old design', 'Bulkhead'], timeLines(plan), explain),
    drawTable(
      ['Limits of that machine', 'this plan', 'at most', 'room', 'then'],
      limitLines(plan),
      explain,
    ),
    drawTable(['Sizes', 'rows', 'bytes'], sizeLines(plan), explain),
    `\nTimes as measured on ${speed.source}.`,
    ...(explain ? [] : ['How each figure comes about: --explain']),
  ].join('\n');
}

const count = (number: number, what: string) =>
  `${showNumber(number)} ${what}${number === 1 ? '' : 's'}`;

function verdict({ input, verdict: { limit, factor, machines } }: Plan): string {
  const machine = `One machine of ${count(input.cores, 'core')}, ${showBytes(input.memory)} and a disk of ${showBytes(input.disk)}`;
  return factor >= 1
    ? `${machine} holds ${showFactor(factor)} that; ${limit} ends first.\nUntil then there is no need for Citus.`
    : `${machine} does not hold that: ${limit}.\nA larger one does, or Citus by suite_id on ${showNumber(machines)} like it.`;
}

function timeLines({ times }: Plan): Line[] {
  const { old } = times;
  const perSecond = (value: number) => `${showNumber(value < 10 ? value : Math.round(value))} /s`;
  const orNever = (value: number) =>
    value === Number.POSITIVE_INFINITY ? 'never' : showTime(value);
  const never = { value: Number.POSITIVE_INFINITY, how: 'no append waits for a bulk' };
  const casesOrNever = (value: number) =>
    value === Number.POSITIVE_INFINITY ? 'never' : count(value, 'case');
  const line = (
    what: string,
    before: Computed,
    now: Computed,
    show: (value: number) => string,
  ) => ({
    cells: [what, show(before.value), show(now.value)],
    how: `old: ${before.how}\nBulkhead: ${now.how}`,
  });
  const { chunks, chunkSize } = times;
  return [
    line('takes', old.duration, times.duration, showTime),
    line('longest lock', old.longestLock, times.longestLock, showTime),
    line('links', old.linksPerSecond, times.linksPerSecond, perSecond),
    line('append p95 before it', old.appendIdle, times.appendIdle, showTime),
    line('append p95 during it', old.appendDuring, times.appendDuring, showTime),
    line('append p95 of a minute at', old.minuteAt, never, casesOrNever),
    line('no connection left after', old.standstill, never, orNever),
    {
      cells: ['transactions', '1', count(chunks.value, 'chunk')],
      how: `${chunks.how}: ${chunkSize.how}`,
    },
  ];
}

function limitLines({ limits }: Plan): Line[] {
  const show = ({ unit }: Limit, value: number) =>
    unit === 'bytes'
      ? showBytes(value)
      : `${showNumber(Math.floor(value) || Number(value.toPrecision(1)))} ${unit === 'per second' ? '/s' : '/day'}`;
  return limits.map((limit) => ({
    cells: [
      ...[limit.limit, show(limit, limit.needed), show(limit, limit.available)],
      ...[showFactor(limit.factor), limit.remedy],
    ],
    how: limit.how,
  }));
}

function sizeLines({ sizes }: Plan): Line[] {
  const { relations, total, changeLog, wal, walAtMost } = sizes;
  const size = (what: string, bytes: number, how: string, rows = '') => ({
    cells: [what, rows, showBytes(bytes)],
    how,
  });
  return [
    ...relations.map(({ relation, rows, bytes, how }) =>
      size(relation, bytes, how, showNumber(rows)),
    ),
    size('all of it', total, 'the sum'),
    size(`change log of a bulk, ${settings.changeLogDays} days`, changeLog.bytes, changeLog.how),
    size('WAL of a bulk', wal.bytes, wal.how),
    size('WAL of a bulk after a checkpoint, up to', walAtMost.bytes, walAtMost.how),
  ];
}

/** Columns alone, without lines: the first to the left, figures to the right, words to the left. */
function drawTable(head: string[], lines: Line[], explain: boolean): string {
  const bare = ['top', 'bottom', 'left', 'right', 'mid'].flatMap((at) => [
    at,
    ...['-mid', '-left', '-right'].map((of) => `${at}${of}`),
  ]);
  const table = new Table({
    head: explain ? [...head, 'how it comes about'] : head,
    colAligns: [...head, 'how'].map((_, index) =>
      index > 0 && index < Math.min(head.length, 4) ? 'right' : 'left',
    ),
    ...(explain && { colWidths: [...head.map(() => null), 80], wordWrap: true }),
    chars: { ...Object.fromEntries(bare.map((name) => [name, ''])), middle: '' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  for (const { cells, how } of lines) table.push(explain ? [...cells, how] : cells);
  return `\n${table.toString().replaceAll(/ +$/gm, '')}`;
}
