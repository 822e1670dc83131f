import { type Case, caseOfLine, type Fields } from './case.ts';
import { encodeCells, guardCell } from './csv-cells.ts';
import type { Format } from './format.ts';

/** How many cases met one of a format's limits. */
export type ExportNote = { cases: number; sentence: string; restored: boolean };

/** An export: its text, and, once that has been read to its end, what the format did not hold. */
export type Export = { chunks: AsyncGenerator<string>; notes(): ExportNote[] };

/** So much text is gathered before it is handed on. */
const CHUNK = 64 * 1024;

/**
 * Writes cases in a format, in constant memory. `lines` are cases as the database writes them
 * (`case_line`); in Bulkhead's own format they go out byte for byte.
 */
export function exportCases(
  format: Format,
  lines: AsyncIterable<string>,
  options: { guardFormulas?: boolean } = {},
): Export {
  const counts = format.limits.map(() => 0);
  const encode = recordEncoder(format, options.guardFormulas ?? false);
  const write = (line: string, index: number): string => {
    if (format.name === 'jsonl') return `${line}\n`;
    const one = caseOfLine(line);
    countLimits(format, one, counts);
    return encode(format.write(one), index);
  };

  async function* chunks(): AsyncGenerator<string> {
    let text = opening(format);
    let index = 0;
    for await (const line of lines) {
      text += write(line, index);
      index += 1;
      if (text.length < CHUNK) continue;
      yield text;
      text = '';
    }
    text += closing(format, index);
    if (text !== '') yield text;
  }

  return {
    chunks: chunks(),
    notes: () =>
      format.limits.flatMap(({ sentence, restored }, index) => {
        const cases = counts[index] ?? 0;
        return cases > 0 ? [{ cases, sentence, restored }] : [];
      }),
  };
}

/** A note as a line for people: `12 cases with tags: …`. */
export function describeNote({ cases, sentence }: ExportNote): string {
  return `${cases === 1 ? '1 case' : `${cases} cases`} ${sentence}`;
}

function countLimits(format: Format, one: Case, counts: number[]): void {
  format.limits.forEach((limit, index) => {
    if (limit.meets(one)) counts[index] = (counts[index] ?? 0) + 1;
  });
}

function recordEncoder(format: Format, guard: boolean): (record: Fields, index: number) => string {
  const { columns } = format;
  if (columns !== undefined) {
    return (record) =>
      encodeCells(
        columns.map((name) => {
          const cell = record[name] ?? null;
          if (cell === null) return null;
          return guard ? guardCell(String(cell)) : String(cell);
        }),
      );
  }
  return format.encoding === 'json'
    ? (record, index) => `${index === 0 ? '' : ',\n'}${JSON.stringify(record)}`
    : (record) => `${JSON.stringify(record)}\n`;
}

function opening({ columns, encoding }: Format): string {
  if (columns !== undefined) return encodeCells(columns);
  return encoding === 'json' ? '[\n' : '';
}

function closing({ encoding }: Format, count: number): string {
  if (encoding !== 'json') return '';
  return count === 0 ? ']\n' : '\n]\n';
}
