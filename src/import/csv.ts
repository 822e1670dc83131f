import { parse } from 'csv-parse/sync';
import { type Scan, scanLine } from './csv-scan.ts';
import { isBlank, type Line, MAX_LINE_BYTES, readLines, refuseBytes } from './lines.ts';
import type { Problems } from './problems.ts';
import { type FileRecord, listNames } from './records.ts';

/** The physical lines of one record: a quoted field may go over several. */
type RawRecord = { line: number; parts: Buffer[]; size: number; faulty: boolean; scan: Scan };

/**
 * Reads a CSV file with a header line: RFC 4180, LF or CRLF, line feeds inside quotes. An empty
 * cell is a field that is not there. What is wrong goes to `problems`, and reading goes on.
 */
export async function* readCsv(
  source: AsyncIterable<Buffer>,
  problems: Problems,
  checkHeader: (columns: readonly string[]) => boolean = () => true,
): AsyncGenerator<FileRecord[]> {
  let columns: string[] | null = null;
  for await (const raw of readRawRecords(source, problems)) {
    const records: FileRecord[] = [];
    for (const { line, cells } of parseRecords(raw, problems)) {
      if (columns === null) {
        columns = readHeader(cells, line, problems);
        if (columns === null || !checkHeader(columns)) return;
      } else if (cells.length !== columns.length) {
        problems.add(line, describeWidth(cells.length, columns));
      } else {
        records.push({ line, fields: fieldsOf(columns, cells) });
      }
    }
    if (records.length > 0) yield records;
  }
}

/**
 * Groups physical lines into records: one ends with the line that ends outside of quotes.
 * csv-parse then sees whole records, so that each has its true line number and an error in one
 * of them does not hide those in the next.
 */
async function* readRawRecords(
  source: AsyncIterable<Buffer>,
  problems: Problems,
): AsyncGenerator<RawRecord[]> {
  let open: RawRecord | null = null;
  for await (const lines of readLines(source)) {
    const complete: RawRecord[] = [];
    for (const line of lines) {
      if (open === null && isBlank(line)) continue;
      open = extend(open, line, problems);
      if (line.bytes === null) return;
      const isOpen = open.scan === 'quoted';
      if (open.size > MAX_LINE_BYTES) {
        problems.add(open.line, `the record that begins here is too long${isOpen ? UNCLOSED : ''}`);
        return;
      }
      if (isOpen) continue;
      if (!open.faulty) complete.push(open);
      open = null;
    }
    if (complete.length > 0) yield complete;
  }
  if (open !== null) {
    problems.add(open.line, `the file ends inside the record that begins here${UNCLOSED}`);
  }
}

const UNCLOSED = ': a quoted field is not closed, or the file is cut off';

function extend(open: RawRecord | null, line: Line, problems: Problems): RawRecord {
  const record = open ?? { line: line.number, parts: [], size: 0, faulty: false, scan: 'start' };
  const bytes = line.bytes ?? Buffer.alloc(0);
  const scan = scanLine(bytes, record.scan);
  const refusal =
    refuseBytes(line) ?? (scan === 'garbage' ? 'there is text after a closing quote' : null);
  if (refusal !== null) problems.add(line.number, refusal);
  return {
    line: record.line,
    parts: [...record.parts, bytes],
    size: record.size + bytes.length + 1,
    faulty: record.faulty || refusal !== null,
    scan,
  };
}

type Cells = { line: number; cells: string[] };

function parseRecords(records: RawRecord[], problems: Problems): Cells[] {
  const texts = records.map(({ parts }) => parts.map(String).join('\n').replace(/\r$/, ''));
  try {
    const rows = parseText(texts.join('\n'));
    if (rows.length === records.length) {
      return rows.map((cells, index) => ({ line: records[index]?.line ?? 0, cells }));
    }
  } catch {
    // One of them is malformed: parse them one by one, to say which.
  }
  return records.flatMap(({ line }, index) => {
    try {
      return parseText(texts[index] ?? '').map((cells) => ({ line, cells }));
    } catch (error) {
      problems.add(line, `malformed CSV: ${describeError(error as Error)}`);
      return [];
    }
  });
}

function parseText(text: string): string[][] {
  return parse(text, {
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    // A quote inside a field that does not begin with one is text, as spreadsheets write it.
    relax_quotes: true,
  });
}

function describeError({ message }: Error): string {
  return message.replace(/ at line \d+/g, '').replace(/, value is .*$/s, '');
}

function readHeader(cells: string[], line: number, problems: Problems): string[] | null {
  const names = cells.map((cell, index) => cell.trim() || `column_${index + 1}`);
  const doubled = names.findIndex((name, index) => names.indexOf(name) !== index);
  const name = names[doubled];
  if (name === undefined) return names;
  const places = `columns ${names.indexOf(name) + 1} and ${doubled + 1}`;
  problems.add(line, `the header has the name '${name}' twice (${places})`);
  return null;
}

function describeWidth(found: number, columns: string[]): string {
  const fields = (count: number) => (count === 1 ? '1 field' : `${count} fields`);
  const word = found > columns.length ? 'too many' : 'too few';
  return (
    `${word} fields: ${found}, but the header has ${fields(columns.length)} ` +
    `(${listNames(columns)})`
  );
}

function fieldsOf(columns: string[], cells: string[]): Record<string, unknown> {
  const entries = columns.map((name, index) => [name, cells[index] ?? ''] as const);
  return Object.fromEntries(entries.filter(([, cell]) => cell !== ''));
}
