/** The phases of an append: stage the cases, commit its new tags, append all cases in one transaction. */
import { describeError } from '../../errors.ts';
import type { FileReading } from '../../import/read-file.ts';
import { stageRows } from '../../import/staging.ts';
import { streamRows } from '../../import/stream-rows.ts';
import {
  appendImport,
  defineImportTags,
  findAnswer,
  findImportProblems,
  type IFindAnswerResult,
  setStatementTimeout,
} from '../../queries/append.queries.ts';
import { LinesRefused } from './append-refusal.ts';
import { makeResults, type Results } from './append-results.ts';
import { type Appender, makeSession, type Session } from './append-session.ts';

const counted = ['cases', 'inserted', 'unchanged', 'updated', 'skipped'] as const;

/** How many cases there were, and how many met which outcome. */
export type Counts = Record<(typeof counted)[number], number>;

/** What an append did. */
export type Appended = {
  counts: Counts;
  newTags: string[];
  results: Results;
  /** Whether this is what an earlier request was answered. */
  isReplayed: boolean;
};

type Job = Appender & {
  reading: FileReading;
  /** SHA-256 of the request; asked for when its body has been read. */
  digest(): Buffer;
  /** Whether the caller has gone: then nothing is stored any more. */
  isGone(): boolean;
};

/** A request that is answered as it was the first time. */
type Keyed = { requestKey: string; requestHash: Buffer };

/** Refusals of the database that are about lines. */
const aboutLines = ['KEY_CONFLICT', 'CLOSED_DICTIONARY', 'EXCLUSIVE_GROUP'];

/** Reads, stages and appends; all or nothing. */
export async function runAppend(job: Job): Promise<Appended> {
  const session = makeSession(job);
  let failed = true;
  try {
    await stageRows({ name: 'the body', rows: job.reading.rows, connect: session.connect });
    const appended = await appendStaged(job, session);
    failed = false;
    return appended;
  } catch (error) {
    throw await explainLines(error, job, session);
  } finally {
    const ended = session.end(failed);
    // What was appended is there; the answer need not wait until the staging is empty.
    if (failed) await ended;
  }
}

async function appendStaged(job: Job, session: Session): Promise<Appended> {
  const { asked, reading, digest } = job;
  const { dryRun, idempotencyKey: requestKey } = asked;
  const keyed = requestKey && !dryRun ? { requestKey, requestHash: digest() } : undefined;
  const earlier = keyed && (await session.act((at) => replay(at, keyed)));
  if (earlier) return earlier;
  const newTags = await defineTags(session, reading.tagBook.meanings(), dryRun);
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
  if (job.isGone()) throw new Error('the caller has gone');
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

function makeTally() {
  const counts: Counts = { cases: 0, inserted: 0, unchanged: 0, updated: 0, skipped: 0 };
  const results = makeResults();
  const add = (batch: Counts & { results: string }) => {
    for (const name of counted) counts[name] += batch[name];
    results.add(batch.results);
  };
  return { counts, results, add };
}

/** The lines that are to blame, where a refusal of the database is about lines. */
async function explainLines(error: unknown, { asked }: Job, session: Session): Promise<unknown> {
  const known = describeError(error);
  if (!known || !aboutLines.includes(known.entry.name)) return error;
  const { onConflict } = asked;
  const found = await session
    .act(({ client, suiteId }) => findImportProblems.run({ suiteId, onConflict }, client))
    .catch(() => []);
  const total = Number(found[0]?.problems ?? 0);
  const first = found.map(({ line, message }) => ({ line, message }));
  return total > 0 ? new LinesRefused(known, { first, total }) : error;
}
