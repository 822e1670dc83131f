/** An append: at once, or in the phases of a long one: stage the cases, commit its new tags, append all in one transaction. */
import type pg from 'pg';
import { describeError } from '../../errors.ts';
import type { ImportRow } from '../../import/copy.ts';
import { peek } from '../../import/gunzip.ts';
import { type FileReading, type ReadOptions, readCases } from '../../import/read-file.ts';
import type { Unit } from '../../import/records.ts';
import { type Batch, copyBatches, encodeBatches } from '../../import/staging.ts';
import { streamRows } from '../../import/stream-rows.ts';
import {
  appendImport,
  defineImportTags,
  findAnswer,
  findImportProblems,
  type IFindAnswerResult,
  setStatementTimeout,
} from '../../queries/append.queries.ts';
import type { Body } from './append-body.ts';
import { type Asking, AT_ONCE, appendAtOnce } from './append-once.ts';
import { LinesRefused } from './append-refusal.ts';
import { type Appended, type Keyed, makeTally } from './append-results.ts';
import { makeSession, type Session } from './append-session.ts';
import type { Precedence } from './precedence.ts';

type Job = Asking & {
  /** For an append that is not short. */
  pool: pg.Pool;
  body: Body;
  /** How the cases are to be read. */
  file: ReadOptions & { name: string };
  precedence: Precedence;
  /** Whether the caller has gone: then nothing is stored any more. */
  isGone(): boolean;
};

/** Cases on their way to COPY. The meanings of their tags are complete when all batches have been read. */
type Cases = Pick<FileReading, 'unit'> & {
  batches: AsyncIterable<Batch>;
  meanings(): Record<string, string>;
};

/** Refusals of the database that are about lines. */
const aboutLines = ['KEY_CONFLICT', 'CLOSED_DICTIONARY', 'EXCLUSIVE_GROUP'];

/** Reads and appends; all or nothing. */
export async function runAppend(job: Job): Promise<Appended> {
  const { asked, body, file } = job;
  const { head, stream } = await peek(body.stream, AT_ONCE);
  const reading = readCases({ ...file, source: stream });
  const { unit } = reading;
  const meanings = () => reading.tagBook.meanings();
  if (head.length >= AT_ONCE)
    return appendLong(job, {
      batches: encodeBatches(reading.rows, job.precedence.isHurried),
      meanings,
      unit,
    });
  const rows: ImportRow[] = [];
  for await (const some of reading.rows) rows.push(...some);
  if (!asked.dryRun) {
    requireCaller(job);
    const appended = await appendAtOnce(job, {
      rows,
      tagMeanings: meanings(),
      keyed: keyOf(job),
    });
    if (appended) return appended;
  }
  return appendLong(job, { batches: encodeBatches([rows]), meanings, unit });
}

async function appendLong(job: Job, { batches, meanings, unit }: Cases): Promise<Appended> {
  const session = makeSession(job);
  let failed = true;
  try {
    await copyBatches({ name: job.file.name, unit, batches, connect: session.connect });
    const appended = await appendStaged(job, session, meanings());
    failed = false;
    return appended;
  } catch (error) {
    throw await explainLines(error, { job, session, unit: unit() });
  } finally {
    const ended = session.end(failed);
    // What was appended is there; the answer need not wait until the staging is empty.
    if (failed) await ended;
  }
}

/** What a repeated request is known by; undefined: it is not. */
function keyOf({ asked, body }: Job): Keyed | undefined {
  const { dryRun, idempotencyKey: requestKey } = asked;
  return requestKey && !dryRun ? { requestKey, requestHash: body.digest() } : undefined;
}

/** Of a caller who has gone, nothing is stored any more. */
function requireCaller({ isGone }: Job): void {
  if (isGone()) throw new Error('the caller has gone');
}

async function appendStaged(
  job: Job,
  session: Session,
  tagMeanings: Record<string, string>,
): Promise<Appended> {
  const { dryRun } = job.asked;
  const keyed = keyOf(job);
  const earlier = keyed && (await session.act((at) => replay(at, keyed)));
  if (earlier) return earlier;
  const newTags = await defineTags(session, tagMeanings, dryRun);
  return session.act(
    async (at) => {
      // Asked again, and the key held from here on: another request of this key may have come first.
      const meanwhile = keyed && (await replay(at, keyed));
      return meanwhile ?? appendAll(at, { job, keyed, newTags });
    },
    dryRun ? 'rollback' : 'commit',
  );
}

type At = Parameters<Parameters<Session['act']>[0]>[0];

/** In a transaction of their own, so that nobody who brings the same tags waits for the cases. */
async function defineTags(
  session: Session,
  tagMeanings: Record<string, string>,
  dryRun: boolean,
): Promise<string[]> {
  if (Object.keys(tagMeanings).length === 0) return [];
  const defined = await session.act(({ client, suiteId }) =>
    defineImportTags.run({ suiteId, tagMeanings, dryRun }, client),
  );
  return defined.map(({ name }) => name);
}

async function appendAll(
  { client, suiteId }: At,
  { job, keyed, newTags }: { job: Job; keyed: Keyed | undefined; newTags: string[] },
): Promise<Appended> {
  const { onConflict, dryRun } = job.asked;
  // A million cases take longer than any other statement of a request may.
  await setStatementTimeout.run({ milliseconds: '0' }, client);
  const { add, counts, results } = makeTally();
  await appendImport.run({ suiteId, onConflict, dryRun, ...keyed }, streamRows(client, add));
  requireCaller(job);
  return { counts, newTags, results, isReplayed: false };
}

/** What the request was answered when it came before, if it did. */
async function replay({ client, suiteId }: At, keyed: Keyed): Promise<Appended | undefined> {
  const { add, counts, results } = makeTally();
  let newTags: string[] | undefined;
  const take = (row: IFindAnswerResult) => {
    newTags = row.new_tags;
    add(row);
  };
  await findAnswer.run({ suiteId, ...keyed }, streamRows(client, take));
  return newTags && { counts, newTags, results, isReplayed: true };
}

/** The lines that are to blame, where a refusal of the database is about lines. */
async function explainLines(
  error: unknown,
  { job, session, unit }: { job: Job; session: Session; unit: Unit },
): Promise<unknown> {
  const known = describeError(error);
  if (!known || !aboutLines.includes(known.entry.name)) return error;
  const { onConflict } = job.asked;
  const found = await session
    .act(({ client, suiteId }) => findImportProblems.run({ suiteId, onConflict }, client))
    .catch(() => []);
  const total = Number(found[0]?.problems ?? 0);
  const first = found.map(({ line, message }) => ({ line, message }));
  return total > 0 ? new LinesRefused(known, { first, total, unit }) : error;
}
