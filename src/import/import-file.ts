import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ClientBase, DatabaseError } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import {
  appendImport,
  beginImport,
  createSuite,
  defineImportedTags,
  deleteSuite,
  dropUnusedTags,
  findSuiteId,
  requireSuiteId,
} from '../queries/import.queries.ts';
import { encodeRow, type ImportRow } from './copy.ts';
import type { Mapping } from './mapping.ts';
import { ImportRefused, makeProblems } from './problems.ts';
import { readFile } from './read-file.ts';

/** What to do with a case whose key is already in the suite with another payload. */
export type OnConflict = 'fail' | 'skip' | 'update';

type Outcome = 'inserted' | 'unchanged' | 'skipped' | 'updated';

/** What an import did. */
export type ImportResult = Record<Outcome, number> & {
  cases: number;
  seconds: number;
  suiteCreated: boolean;
  newTags: string[];
  /** Tags whose name differs from the file's spelling. */
  normalizedTags: { name: string; from: string[] }[];
};

const COPY_ROWS =
  'copy pg_temp.import_rows (line, external_key, input, expected_output, metadata, tags, status) from stdin';

/**
 * Imports a file into a suite, all of it or nothing. The client must be the owner's and outside a
 * transaction: the rows are first copied into a temporary table, then the dictionary entries are
 * committed on their own (no append ever waits for them), then the cases in one transaction.
 */
export async function importFile(options: {
  client: ClientBase;
  suite: string;
  file: string;
  format?: string | undefined;
  mapping?: Mapping;
  create?: boolean | undefined;
  onConflict?: OnConflict | undefined;
}): Promise<ImportResult> {
  const { client, suite, file, create = false, onConflict = 'fail' } = options;
  const started = performance.now();
  const existing = await lookUpSuite(client, suite, create);
  const reading = readFile(options);
  const cases = await copyRows(client, file, reading.rows);
  const suiteId = existing ?? (await makeSuite(client, suite));
  try {
    const tagMeanings = reading.tagBook.meanings();
    const newTags = await defineTags(client, suiteId, tagMeanings);
    const counts = await appendRows(client, { suiteId, file, onConflict, newTags });
    return {
      cases,
      ...counts,
      seconds: (performance.now() - started) / 1000,
      suiteCreated: existing === null,
      newTags,
      normalizedTags: reading.tagBook.normalized(),
    };
  } catch (error) {
    // If this fails too, the first error is still the one to tell.
    if (existing === null) await deleteSuite.run({ suiteId }, client).catch(() => {});
    throw error;
  }
}

/** The id of the suite, or null when it does not exist and is to be created. */
async function lookUpSuite(
  client: ClientBase,
  slug: string,
  create: boolean,
): Promise<string | null> {
  const [found] = create
    ? await findSuiteId.run({ slug }, client)
    : await requireSuiteId.run({ slug }, client);
  return found?.id ?? null;
}

async function makeSuite(client: ClientBase, slug: string): Promise<string> {
  const [suite] = await createSuite.run({ slug }, client);
  if (suite === undefined) throw new Error(`create_suite returned nothing for ${slug}`);
  return suite.id;
}

async function defineTags(
  client: ClientBase,
  suiteId: string,
  tagMeanings: Record<string, string>,
): Promise<string[]> {
  const defined = await defineImportedTags.run({ suiteId, tagMeanings }, client);
  return defined.map(({ name }) => name);
}

/** Copies the rows into the session's `import_rows` and returns how many they are. */
async function copyRows(
  client: ClientBase,
  file: string,
  rows: AsyncIterable<ImportRow[]>,
): Promise<number> {
  const lines: number[] = [];
  async function* encode(): AsyncGenerator<Buffer> {
    for await (const batch of rows) {
      for (const { line } of batch) lines.push(line);
      yield Buffer.from(batch.map(encodeRow).join(''));
    }
  }
  await beginImport.run(undefined, client);
  try {
    await pipeline(Readable.from(encode()), client.query(copyFrom(COPY_ROWS)));
  } catch (error) {
    throw refusedByServer(error, file, lines) ?? error;
  }
  return lines.length;
}

/** COPY counts rows; the person who reads the message counts lines of the file. */
function refusedByServer(error: unknown, file: string, lines: number[]): ImportRefused | null {
  if (!(error instanceof DatabaseError)) return null;
  const row = /^COPY import_rows, line (\d+)/.exec(error.where ?? '')?.[1];
  const line = row === undefined ? undefined : lines[Number(row) - 1];
  if (line === undefined) return null;
  const problems = makeProblems();
  problems.add(line, `the server refuses it: ${error.message}`);
  return new ImportRefused(file, problems);
}

/** Appends the copied rows in one transaction; if that fails, the tags defined for them go too. */
async function appendRows(
  client: ClientBase,
  job: { suiteId: string; file: string; onConflict: OnConflict; newTags: string[] },
): Promise<Record<Outcome, number>> {
  const { suiteId, file, onConflict, newTags } = job;
  try {
    const outcomes = await appendImport.run({ suiteId, onConflict }, client);
    const counts = { inserted: 0, unchanged: 0, skipped: 0, updated: 0 };
    for (const { outcome, cases } of outcomes) counts[outcome as Outcome] = Number(cases);
    return counts;
  } catch (error) {
    await dropUnusedTags.run({ suiteId, names: newTags }, client).catch(() => {});
    if (error instanceof DatabaseError && error.code?.startsWith('TC')) {
      const numbering = `Cases are numbered by their lines in ${file}.`;
      error.hint = error.hint ? `${error.hint} ${numbering}` : numbering;
    }
    throw error;
  }
}
