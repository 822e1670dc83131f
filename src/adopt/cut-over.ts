/** The fifth step, suite by suite; and the way back until then. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BulkheadError } from '../errors.ts';
import { dropAdoptedChunk, finishAdoption } from '../queries/adopt.queries.ts';
import { closedSuites, hasCapture, removeCapture } from './capture.ts';
import { closeSuitesSql, writersSql } from './capture-sql.ts';
import { type Adoption, findAdoptions, type Sides } from './copy.ts';
import { catchUp } from './follow.ts';
import { describeReports, verifySuites } from './verify.ts';

/** Milliseconds between two looks whether the writers of the source have ended. */
const glance = 100;

/** Cases taken back out in one transaction. */
const dropSize = 1000;

/**
 * Closes a suite on the source, brings over what is still on its way, and opens it here if both sides are identical;
 * if they are not, the source is opened again. Killed at any point, it is simply called again.
 */
export async function cutOverSuite(
  sides: Sides,
  adoption: Adoption,
  { patience }: { patience: number },
): Promise<void> {
  if (adoption.phase === 'cut_over') return;
  if (adoption.phase !== 'following')
    throw new BulkheadError(
      'BAD_ARGUMENT',
      `the suite "${adoption.slug}" has not been copied yet`,
      {
        detail: `It is ${adoption.phase.replace('_', ' ')}.`,
        hint: 'Run: bulkhead adopt copy',
      },
    );
  const byTriggers = adoption.method === 'triggers';
  if (byTriggers) await catchUp(sides); // so that the suite is closed for a moment only
  try {
    if (byTriggers) await closeSuite(sides, adoption, patience);
    else await catchUp(sides); // by triggers, verifying begins with it
    const reports = await verifySuites(sides, [adoption]);
    if (reports.some(({ identical }) => !identical))
      throw new BulkheadError('SIDES_DIFFER', `the suite "${adoption.slug}" is not identical`, {
        detail: describeReports(reports).join('\n'),
        hint: 'The source is open as before. Whoever writes to the suite here has to stop; then try again.',
      });
  } catch (error) {
    if (byTriggers) await openSuite(sides, adoption).catch(() => {});
    throw error;
  }
  await finishAdoption.run({ suiteId: adoption.suiteId }, sides.target);
}

/** From here on the source refuses writes to the suite; waits until those have ended that began before. */
async function closeSuite(
  { source: { client } }: Sides,
  { slug, sourceSuite, mapping }: Adoption,
  patience: number,
): Promise<void> {
  const closed = new Set(await closedSuites(client)).add(sourceSuite);
  await client.query(closeSuitesSql(mapping, [...closed]));
  const sql = writersSql(mapping);
  const readWriters = async () =>
    (await client.query<{ name: string; isPrepared: boolean }>(sql)).rows;
  const before = new Set((await readWriters()).map(({ name }) => name));
  const until = Date.now() + patience;
  for (;;) {
    const writers = await readWriters();
    if (!writers.some(({ name, isPrepared }) => isPrepared || before.has(name))) return;
    if (Date.now() > until)
      throw new BulkheadError('LOCK_TIMEOUT', `a transaction on the source does not end`, {
        detail: `The suite "${slug}" is cut over when all that had begun to write to its tables have ended.`,
        hint: 'Look for it in pg_stat_activity of the source, by xact_start; or wait longer: --patience.',
      });
    await sleep(glance);
  }
}

async function openSuite({ source: { client } }: Sides, { sourceSuite, mapping }: Adoption) {
  const closed = (await closedSuites(client)).filter((suite) => suite !== sourceSuite);
  await client.query(closeSuitesSql(mapping, closed));
}

/** Takes a suite back out, chunk by chunk, and opens it on the source again. After the cut-over: refused. */
export async function goBack(sides: Sides, adoption: Adoption): Promise<void> {
  const { suiteId, method, slug, phase } = adoption;
  if (phase === 'cut_over')
    throw new BulkheadError('BAD_ARGUMENT', `the suite "${slug}" has been cut over`, {
      detail: 'People write to it here: what they have written is not in the source.',
      hint: 'Archive the suite, or delete it, as any other.',
    });
  if (method === 'triggers' && (await hasCapture(sides.source.client)))
    await openSuite(sides, adoption);
  for (;;) {
    const [dropped] = await dropAdoptedChunk.run({ suiteId, cases: dropSize }, sides.target);
    if (!dropped?.cases) break;
  }
}

/** Takes the triggers off a source of which no suite is followed any more; says whether it did. */
export async function releaseSource(sides: Sides, mapping: Adoption['mapping']): Promise<boolean> {
  const { client } = sides.source;
  const left = await findAdoptions(sides);
  // a suite that was cut over stays closed on the source by them
  if (left.length > 0 || !(await hasCapture(client))) return false;
  await removeCapture(client, mapping);
  return true;
}
