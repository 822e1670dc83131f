import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { BulkheadError } from '../errors.ts';
import type { ImportRow } from './copy.ts';
import { readCsv } from './csv.ts';
import { readJsonl } from './jsonl.ts';
import { type Mapping, makeMapper } from './mapping.ts';
import { ImportRefused, makeProblems } from './problems.ts';
import type { FileFormat } from './records.ts';
import { makeTagBook, type TagBook } from './tags.ts';

/** Bytes per read: large enough for speed, small enough for constant memory. */
const CHUNK = 256 * 1024;

/** A file that is being read into rows. `rows` must be read to its end before `tagBook` is complete. */
export type FileReading = {
  rows: AsyncGenerator<ImportRow[]>;
  tagBook: TagBook;
};

/**
 * Reads the cases of a file. Rows come as the file is read; once a problem is found no more of
 * them come, the rest of the file is only checked, and the end is an `ImportRefused`.
 */
export function readFile(options: {
  file: string;
  format?: FileFormat | undefined;
  mapping?: Mapping;
}): FileReading {
  const { file } = options;
  const format = options.format ?? formatOf(file);
  const problems = makeProblems();
  const tagBook = makeTagBook();
  const mapper = makeMapper({ mapping: options.mapping ?? {}, format, problems, tagBook });

  async function* readRows(): AsyncGenerator<ImportRow[]> {
    const source = await openFile(file);
    const records =
      format === 'csv'
        ? readCsv(source, problems, mapper.checkColumns)
        : readJsonl(source, problems);
    let count = 0;
    for await (const batch of records) {
      const rows = batch.map(mapper.row).filter((row) => row !== null);
      count += batch.length;
      if (problems.total === 0) yield rows;
    }
    mapper.finish();
    if (count === 0 && problems.total === 0) problems.add(null, 'there are no cases in it');
    if (problems.total > 0) throw new ImportRefused(file, problems);
  }

  return { rows: readRows(), tagBook };
}

function formatOf(file: string): FileFormat {
  const extension = extname(file).toLowerCase();
  if (extension === '.csv') return 'csv';
  if (extension === '.jsonl' || extension === '.ndjson') return 'jsonl';
  throw new BulkheadError('BAD_FILE', `${file} ends neither in .jsonl nor in .csv`, {
    hint: 'Say what it is with --format jsonl or --format csv.',
  });
}

async function openFile(file: string): Promise<AsyncIterable<Buffer>> {
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
