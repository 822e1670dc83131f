/** The second step: suite by suite, chunk by chunk, each chunk with the cursor behind it in one transaction. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { BulkheadError } from '../errors.ts';
import {
  adoptChunk,
  beginAdoption,
  defineAdoptedTags,
  holdSuite,
  type IListAdoptionsResult,
  listAdoptions,
  listSlugs,
  releaseSuite,
} from '../queries/adopt.queries.ts';
import { firstRead, mostReadBytes, readBytes } from './defaults.ts';
import type { ResolvedMapping } from './mapping.ts';
import { proposeSlugs } from './slugs.ts';
import { listSourceSuites, type Source, type SourceSuite } from './source.ts';
import { copyNextSql } from './source-sql.ts';
import { type Rows, readRows, stageRows } from './transfer.ts';

/** How later changes are found. */
export type Method = 'triggers' | 'compare';

/** A suite of ours that comes from a source. */
export type Adoption = Omit<IListAdoptionsResult, 'mapping' | 'phase' | 'method'> & {
  mapping: ResolvedMapping;
  phase: 'copying' | 'following' | 'cut_over' | 'going_back';
  method: Method;
};

/** What a step works with: the owner's connection to Bulkhead, and the source. */
export type Sides = { target: ClientBase; source: Source };

/** Is told how far a suite is. */
export type OnProgress = (progress: { slug: string; copied: number; expected: number }) => void;

/** The suites that come from a source, as far as they are. */
export async function findAdoptions({ target, source }: Sides): Promise<Adoption[]> {
  return (await listAdoptions.run({ source: source.name }, target)) as unknown as Adoption[];
}

/** Copies the suites asked for, all if none is; what has been copied before is not copied again. */
export async function copySuites(
  sides: Sides,
  options: {
    mapping: ResolvedMapping;
    method: Method;
    suites: readonly string[];
    chunk: number;
    pace: number;
    onProgress: OnProgress;
  },
): Promise<Adoption[]> {
  const wanted = await beginSuites(sides, options);
  for (const adoption of await findAdoptions(sides)) {
    if (!wanted.has(adoption.sourceSuite) || adoption.phase !== 'copying') continue;
    const { suiteId } = adoption;
    // as a worker does: whoever cancels the operation then leaves its end to us
    await holdSuite.run({ suiteId }, sides.target);
    await copySuite(sides, adoption, options);
    await releaseSuite.run({ suiteId }, sides.target);
  }
  return findAdoptions(sides);
}

async function beginSuites(
  { target, source }: Sides,
  options: { mapping: ResolvedMapping; method: Method; suites: readonly string[] },
): Promise<Set<string>> {
  const { mapping, method } = options;
  const all = await listSourceSuites(source, mapping);
  const begun = new Map(
    (await findAdoptions({ target, source })).map(({ sourceSuite, slug }) => [sourceSuite, slug]),
  );
  const taken = (await listSlugs.run(undefined, target)).map(({ slug }) => slug);
  const slugs = new Map([...proposeSlugs(all, mapping.slugs, taken, begun), ...begun]);
  const wanted = chooseSuites(all, slugs, options.suites);
  for (const { id, name, cases } of wanted)
    await beginAdoption.run(
      {
        ...{ source: source.name, sourceSuite: id, slug: slugs.get(id) ?? id, name: name || id },
        ...{ mapping: mapping as never, method, cases: String(cases) },
      },
      target,
    );
  return new Set(wanted.map(({ id }) => id));
}

/** The suites asked for by slug or by their id in the source. */
export function chooseSuites(
  all: readonly SourceSuite[],
  slugs: ReadonlyMap<string, string>,
  asked: readonly string[],
): readonly SourceSuite[] {
  if (asked.length === 0) return all;
  return asked.map((name) => {
    const found = all.find(({ id }) => id === name || slugs.get(id) === name);
    if (found) return found;
    throw new BulkheadError('UNKNOWN_SUITE', `the source has no suite "${name}"`, {
      detail: `Its suites: ${[...slugs.values()].slice(0, 20).join(', ')}.`,
      hint: 'A suite is named by the slug that it gets, or by its id in the source.',
    });
  });
}

/**
 * Reads some chunks at once, and writes them one by one; never reads and writes at the same time. Each turn from one to
 * the other is felt by those who append to the source on the same machine (docs/adr/0014).
 */
async function copySuite(
  { target, source }: Sides,
  adoption: Adoption,
  { chunk, pace, onProgress }: { chunk: number; pace: number; onProgress: OnProgress },
): Promise<void> {
  const { suiteId, slug, sourceSuite: suite, mapping } = adoption;
  const expected = Number(adoption.casesExpected);
  let copied = Number(adoption.casesCopied);
  let after = adoption.lastId;
  let began = performance.now();
  for (let limit = Math.min(chunk, firstRead), isEnd = false; !isEnd; ) {
    const sql = copyNextSql(mapping, { suite, after, limit });
    const rows = await readRows(source.client, sql, mostReadBytes);
    isEnd = rows.count < limit && !rows.isCut;
    await stageRows(target, rows);
    await defineAdoptedTags.run({ source: source.name }, target);
    for (const lines of linesOfChunks(rows.count, chunk)) {
      onProgress({ slug, copied, expected });
      const isLast = isEnd && lines.lastLine >= rows.count;
      const [written] = await adoptChunk.run({ suiteId, ...lines, isLast }, target);
      if (!written) throw cancelled(slug);
      copied += written.cases;
      after = written.lastId;
      if (pace < 1) await sleep((performance.now() - began) * (1 / pace - 1));
      began = performance.now();
    }
    limit = nextLimit(rows);
  }
  onProgress({ slug, copied, expected });
}

/** At least one chunk, also of no lines: a suite ends with one. */
function* linesOfChunks(count: number, chunk: number) {
  let lastLine = 0;
  do {
    const firstLine = lastLine + 1;
    lastLine += chunk;
    yield { firstLine, lastLine };
  } while (lastLine < count);
}

/** How many cases to read next: as many as are `readBytes`, going by those just read. */
const nextLimit = ({ bytes, count }: Rows) => Math.max(1, Math.floor((readBytes * count) / bytes));

const cancelled = (slug: string) =>
  new BulkheadError('OPERATION_CANCELLED', `the copy of "${slug}" was cancelled`, {
    detail: 'What has been copied stays, and is where the copy goes on.',
    hint: 'Run: bulkhead adopt copy, or: bulkhead adopt back',
  });
