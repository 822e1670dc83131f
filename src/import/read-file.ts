import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { BulkheadError } from '../errors.ts';
import type { MappingReport } from './aliases.ts';
import type { ImportRow } from './copy.ts';
import { readCsv } from './csv.ts';
import { type GunzipLimits, gunzipped, peek } from './gunzip.ts';
import { readJsonArray } from './json-array.ts';
import { readJsonl } from './jsonl.ts';
import type { Mapping } from './mapping.ts';
import { encodingOf, makePlan, namesOf, type Plan } from './plan.ts';
import { ImportRefused, makeProblems, type Problems } from './problems.ts';
import { type FileFormat, type FileRecord, type Unit, unitOf } from './records.ts';
import { makeTagBook, type TagBook } from './tags.ts';

/** Bytes per read: large enough for speed, small enough for constant memory. */
const CHUNK = 256 * 1024;

/** So many problems are counted; then the rest is not read any more. */
const MOST_PROBLEMS = 100_000;

/** A file that is being read into rows. `rows` must be read to its end before `tagBook` is complete. */
export type FileReading = {
  rows: AsyncGenerator<ImportRow[]>;
  tagBook: TagBook;
  /** How the fields are mapped; null until the first record, or the header, has been read. */
  report(): MappingReport | null;
  /** What the `line` of a row is; known with the first of them. */
  unit(): Unit;
};

/** How cases are read. `format` is a name of a format, or only of an encoding; without it, detected. */
export type ReadOptions = {
  format?: string | undefined;
  mapping?: Mapping | undefined;
  /** Takes the guard of an export off cells that a spreadsheet would run. */
  unguard?: boolean | undefined;
  gunzipLimits?: GunzipLimits | undefined;
};

/**
 * Reads the cases of a file. Rows come as the file is read; once a problem is found no more of
 * them come, the rest of the file is only checked, and the end is an `ImportRefused`.
 */
export function readFile(options: ReadOptions & { file: string }): FileReading {
  const { file } = options;
  const hint = encodingByName(file);
  if (hint === null && options.format === undefined && !/\.json(\.gz)?$/i.test(file)) {
    throw new BulkheadError('BAD_FILE', `${file} ends in none of .jsonl, .json and .csv`, {
      hint: 'Say what it is with --format jsonl, --format json or --format csv.',
    });
  }
  const format = options.format ?? hint ?? undefined;
  return readCases({ ...options, format, name: file, source: () => openFile(file) });
}

/**
 * Reads the cases of a stream of bytes, plain or gzip: the body of a request, standard input, a
 * file. `name` is what messages call it.
 */
export function readCases(
  options: ReadOptions & {
    name: string;
    source: AsyncIterable<Buffer> | (() => Promise<AsyncIterable<Buffer>>);
  },
): FileReading {
  const { name, format, mapping = {}, unguard = false } = options;
  const problems = makeProblems();
  const tagBook = makeTagBook();
  let plan: Plan | null = null;
  if (format !== undefined) encodingOf(format);

  async function* readRows(): AsyncGenerator<ImportRow[]> {
    const source = typeof options.source === 'function' ? await options.source() : options.source;
    const { encoding, stream } = await sniff(gunzipped(source, options.gunzipLimits), format);
    problems.unit = unitOf(encoding);
    const decide = (names: ReadonlySet<string>): Plan => {
      plan = makePlan({ encoding, names, format, mapping, unguard, problems, tagBook });
      return plan;
    };
    const checkHeader = (columns: readonly string[]) =>
      decide(new Set(columns)).checkColumns(columns);
    let count = 0;
    for await (const batch of readRecords(
      encoding,
      whileWorthIt(stream, problems),
      problems,
      checkHeader,
    )) {
      const { row } = plan ?? decide(namesOf(batch));
      const rows = batch.map(row).filter((one) => one !== null);
      count += batch.length;
      if (problems.total === 0) yield rows;
    }
    plan?.finish();
    if (count === 0 && problems.total === 0) problems.add(null, 'there are no cases in it');
    if (problems.total > 0) throw new ImportRefused(name, problems);
  }

  return {
    rows: readRows(),
    tagBook,
    report: () => plan?.report ?? null,
    unit: () => problems.unit,
  };
}

/** The stream as long as anybody wants to know what else is wrong with it. */
async function* whileWorthIt(
  stream: AsyncIterable<Buffer>,
  problems: Problems,
): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    if (problems.total >= MOST_PROBLEMS) return;
    yield chunk;
  }
}

function readRecords(
  encoding: FileFormat,
  stream: AsyncIterable<Buffer>,
  problems: Problems,
  checkHeader: (columns: readonly string[]) => boolean,
): AsyncGenerator<FileRecord[]> {
  if (encoding === 'csv') return readCsv(stream, problems, checkHeader);
  return encoding === 'json' ? readJsonArray(stream, problems) : readJsonl(stream, problems);
}

/** JSON is told by its first character, whatever was asked for: both spellings of it are taken. */
async function sniff(
  source: AsyncIterable<Buffer>,
  format: string | undefined,
): Promise<{ encoding: FileFormat; stream: AsyncIterable<Buffer> }> {
  const { head, stream } = await peek(source, 64);
  const first = head
    .toString('latin1')
    .replace(/^\u00EF\u00BB\u00BF/, '')
    .trimStart()[0];
  const asked = format === undefined ? null : encodingOf(format);
  if (asked === 'csv') return { encoding: 'csv', stream };
  if (first === '[' && format !== 'jsonl') return { encoding: 'json', stream };
  if (asked === null && first !== '{' && first !== '[') return { encoding: 'csv', stream };
  return { encoding: asked === 'json' && first !== '{' ? 'json' : 'jsonl', stream };
}

function encodingByName(file: string): FileFormat | null {
  const name = basename(file).toLowerCase().replace(/\.gz$/, '');
  if (name.endsWith('.csv')) return 'csv';
  return name.endsWith('.jsonl') || name.endsWith('.ndjson') ? 'jsonl' : null;
}

/** The bytes of a file; one that cannot be read is refused with the reason. */
export async function openFile(file: string): Promise<AsyncIterable<Buffer>> {
  try {
    const handle = await open(file);
    if ((await handle.stat()).isFile()) return handle.createReadStream({ highWaterMark: CHUNK });
    await handle.close();
  } catch (error) {
    const reason = { ENOENT: 'there is no such file', EACCES: 'no permission to read it' };
    const { code = '' } = error as NodeJS.ErrnoException;
    const known = Object.hasOwn(reason, code) ? reason[code as keyof typeof reason] : code;
    throw new BulkheadError('BAD_FILE', `${file} cannot be read: ${known}`, { cause: error });
  }
  throw new BulkheadError('BAD_FILE', `${file} cannot be read: it is not a file`);
}
