import { type ClientBase, DatabaseError } from 'pg';
import {
  appendImport,
  clearStaging,
  defineImportTags,
  endImport,
  type IAppendImportResult,
} from '../queries/append.queries.ts';
import {
  createSuite,
  deleteSuite,
  findSuiteId,
  requireSuiteId,
} from '../queries/import.queries.ts';
import type { Mapping } from './mapping.ts';
import { readFile } from './read-file.ts';
import type { Unit } from './records.ts';
import { copyBatches, encodeBatches } from './staging.ts';
import { streamRows } from './stream-rows.ts';

/** What to do with a case whose key is already in the suite with another payload. */
export type OnConflict = 'fail' | 'skip' | 'update';

const outcomes = ['inserted', 'unchanged', 'skipped', 'updated'] as const;
type Outcome = (typeof outcomes)[number];

/** What an import did. */
export type ImportResult = Record<Outcome, number> & {
  cases: number;
  seconds: number;
  suiteCreated: boolean;
  newTags: string[];
  /** Tags whose name differs from the file's spelling. */
  normalizedTags: { name: string; from: string[] }[];
};

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
  await clearStaging.run(undefined, client);
  const batches = encodeBatches(reading.rows);
  const { unit } = reading;
  const cases = await copyBatches({ name: file, unit, batches, connect: async () => client });
  const suiteId = existing ?? (await makeSuite(client, suite));
  try {
    const tagMeanings = reading.tagBook.meanings();
    const newTags = await defineTags(client, suiteId, tagMeanings);
    const counts = await appendRows(client, { suiteId, file, unit: unit(), onConflict });
    await endImport.run({ failed: false }, client);
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
  const defined = await defineImportTags.run({ suiteId, tagMeanings, dryRun: false }, client);
  return defined.map(({ name }) => name);
}

/** Appends the copied rows in one transaction; if that fails, the tags defined for them go too. */
async function appendRows(
  client: ClientBase,
  job: { suiteId: string; file: string; unit: Unit; onConflict: OnConflict },
): Promise<Record<Outcome, number>> {
  const { suiteId, file, unit, onConflict } = job;
  const counts = { inserted: 0, unchanged: 0, skipped: 0, updated: 0 };
  const count = (batch: IAppendImportResult) => {
    for (const outcome of outcomes) counts[outcome] += batch[outcome];
  };
  try {
    await appendImport.run({ suiteId, onConflict, dryRun: false }, streamRows(client, count));
    return counts;
  } catch (error) {
    // If this fails too, the first error is still the one to tell.
    await endImport.run({ failed: true }, client).catch(() => {});
    if (error instanceof DatabaseError && error.code?.startsWith('TC')) {
      const numbering = `Cases are numbered by their ${unit}s in ${file}.`;
      error.hint = error.hint ? `${error.hint} ${numbering}` : numbering;
    }
    throw error;
  }
}
