/** The half of a measurement that tags: what a chunk costs, and what a link costs when it is made alone. */
import type pg from 'pg';
import {
  addSuite,
  appendMeasured,
  defineMeasured,
  firstCases,
  linkOne,
  logByFunction,
  sizeNextChunk,
  submitMeasured,
} from '../queries/plan.queries.ts';
import { runChunk } from '../queries/worker.queries.ts';
import { settings } from './coefficients.ts';
import type { PlanInput } from './input.ts';
import { contentOf, type MeasureSizes, measuredSlug, mostBytes } from './measure-content.ts';
import { percentile, timed } from './samples.ts';

/** Cases of the smaller of two chunks. */
const small = 100;

/** A suite in an open transaction, and what can be measured in it. */
export type BulkSession = {
  /** What an append of many takes for each, in microseconds. */
  appendCase: number;
  /** What a chunk costs whatever its size, in milliseconds, and each link of it, in microseconds. */
  fitChunks(): Promise<{ chunkBase: number; link: number }>;
  /** One operation on all cases, chunk by chunk as it sizes them itself; gives how long each took, with what comes after it. */
  tagAll(afterChunk: () => Promise<unknown>): AsyncGenerator<number>;
  /** Milliseconds of a statement that makes one link. */
  linkRowByRow(): Promise<number>;
};

/** A suite of so many cases; `tags` counts the operations, each of which brings a new one, and `size` is that of the next chunk. */
type Suite = { client: pg.ClientBase; suiteId: string; cases: number; tags: number; size: number };

/** Fills the suite. */
export async function makeBulkSession(
  client: pg.ClientBase,
  input: PlanInput,
  sizes: MeasureSizes,
): Promise<BulkSession> {
  const fitting = Math.floor(sizes.bytes / Math.min(input.caseBytes, mostBytes));
  const cases = Math.max(4 * small, Math.min(sizes.cases, fitting));
  const { suiteId, appendCase } = await fillSuite(client, input, cases);
  const suite: Suite = { client, suiteId, cases, tags: 0, size: settings.firstChunk };
  return {
    appendCase,
    tagAll: (afterChunk) => tagAll(suite, afterChunk),
    fitChunks: () => fitChunks(suite),
    linkRowByRow: () => linkRowByRow(client, suiteId),
  };
}

/** Chunks of one operation on all cases. A fixed size takes the place of the one that the operation would choose. */
async function* tagAll(suite: Suite, afterChunk: () => Promise<unknown>, fixed?: number) {
  const { client, suiteId } = suite;
  const tag = `bulk_${++suite.tags}`;
  const [submitted] = await submitMeasured.run({ suiteId, tag }, client);
  const operationId = submitted?.id ?? '';
  await sizeNextChunk.run({ suiteId, operationId, size: fixed ?? suite.size }, client);
  for (let isOver = false; !isOver; ) {
    const { ms } = await timed(async () => {
      const [after] = await runChunk.run({ suiteId, operationId }, client);
      isOver = !after || after.finished_at !== null;
      // the last chunk is short, and would have the next one far too long
      if (after && !fixed && !isOver) suite.size = after.chunk_size;
      await afterChunk();
    });
    yield ms;
    if (fixed && !isOver) await sizeNextChunk.run({ suiteId, operationId, size: fixed }, client);
  }
}

/** What chunks of two sizes take: what does not grow with them is what a chunk costs by itself. */
async function fitChunks(suite: Suite) {
  const large = Math.floor(suite.cases / 2);
  await chunkTimes(suite, large); // plans and caches warm up
  const [few, many]: [number[], number[]] = [[], []];
  for (let round = 0; round < 3; round++) {
    few.push(...(await chunkTimes(suite, small)));
    many.push(...(await chunkTimes(suite, large)), ...(await chunkTimes(suite, large)));
  }
  const [base, whole] = [percentile(few, 0.5), percentile(many, 0.5)];
  const link = Math.max(0.001, (whole - base) / (large - small));
  return { chunkBase: Math.max(0.2, base - small * link), link: link * 1000 };
}

async function chunkTimes(suite: Suite, fixed: number): Promise<number[]> {
  const times: number[] = [];
  for await (const took of tagAll(suite, async () => {}, fixed)) times.push(took);
  return suite.cases % fixed === 0 ? times : times.slice(0, -1);
}

async function fillSuite(client: pg.ClientBase, input: PlanInput, cases: number) {
  const [suite] = await addSuite.run({ slug: measuredSlug() }, client);
  const suiteId = suite?.id ?? '';
  const batch = 100;
  const times: number[] = [];
  for (let from = 0; from < cases; from += batch) {
    const some = Array.from({ length: Math.min(batch, cases - from) }, (_, index) => ({
      ...contentOf(from + index, input),
      external_key: `case/${from + index}`,
      tags: Array.from(
        { length: input.tags },
        (_, tag) => `tag_${(index * 7 + tag) % Math.max(30, 2 * input.tags)}`,
      ),
    }));
    const append = () => appendMeasured.run({ suiteId, cases: JSON.stringify(some) }, client);
    times.push(((await timed(append)).ms * 1000) / some.length);
  }
  return { suiteId, appendCase: percentile(times, 0.5) };
}

async function linkRowByRow(client: pg.ClientBase, suiteId: string): Promise<number> {
  const tag = 'row_by_row';
  const cases = await firstCases.run({ suiteId, limit: '150' }, client);
  await defineMeasured.run({ suiteId, tag }, client);
  // the old design had no audit log
  await logByFunction.run({ value: 'on' }, client);
  const times: number[] = [];
  for (const { id } of cases)
    times.push((await timed(() => linkOne.run({ suiteId, caseId: id, tag }, client))).ms);
  await logByFunction.run({ value: 'off' }, client);
  return times.reduce((sum, time) => sum + time, 0) / times.length;
}
