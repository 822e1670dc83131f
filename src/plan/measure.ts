/**
 * How fast the connected server is. It is asked in Bulkhead's own tables, because triggers, keys and functions are most of what an
 * append costs, in two suites that nobody else ever sees: their transactions are rolled back, so that nothing has to be taken away,
 * not even after kill -9. What a commit costs is asked apart, by transactions that leave no row.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { BulkheadError, describeError } from '../errors.ts';
import {
  addSuite,
  appendMeasured,
  commitNothing,
  limitMeasuring,
  readServer,
} from '../queries/plan.queries.ts';
import { type Speed, settings } from './coefficients.ts';
import type { PlanInput } from './input.ts';
import { type BulkSession, makeBulkSession } from './measure-bulk.ts';
import { contentOf, type MeasureSizes, measuredSlug, mostBytes } from './measure-content.ts';
import { percentile, round, timed } from './samples.ts';
import { showBytes } from './units.ts';

/** What was measured, and what the server says of itself. */
export type Measured = { speed: Speed; connections: number };

/** On a server that serves others. */
export const measureSizes: MeasureSizes = { cases: 3000, bytes: 8 * 1024 ** 2, window: 2500 };

/** What people are told before it begins. */
export const announcement =
  'Measuring for about seven seconds, by four connections: two suites of up to 3,000 cases, bulk changes of the one and appends to the\n' +
  'other, all in transactions that are rolled back. What stays is some 30 MiB of dead rows for autovacuum.';

type Sessions = { bulk: pg.Client; append: pg.Client; commits: [pg.Client, pg.Client] };

/** Measures; takes about seven seconds and four connections. A server that has no time for that is left in peace. */
export async function measureSpeed(
  ownerUrl: string,
  input: PlanInput,
  sizes: MeasureSizes = measureSizes,
): Promise<Measured> {
  return withSessions(ownerUrl, async ({ bulk, append, commits: [mine, others] }) => {
    const server = await askServer(mine);
    const appender = await makeAppender(append, mine, input);
    const tagging = await makeBulkSession(bulk, input, sizes);
    const commit = await commitTimes(mine);
    const idle = await appender.watch(untilEnough(sizes.window));
    const { chunkBase, link } = await tagging.fitChunks();
    const oldRow = await tagging.linkRowByRow();
    const { during, chunks } = await both(appender, tagging, others, sizes.window);
    const appendP95 = percentile(idle, 0.95);
    const speed: Speed = {
      source:
        `this server, now: PostgreSQL ${server.version}, ${idle.length} and ${during.length} appends, ${chunks.length} chunks` +
        `${input.caseBytes > mostBytes ? `, with cases of ${showBytes(mostBytes)}` : ''}`,
      chunkBase: round(chunkBase),
      link: round(link),
      commit: round(percentile(commit, 0.5)),
      chunkSpread: round(Math.max(1, percentile(chunks, 0.95) / settings.chunkTarget)),
      append: round(percentile(idle, 0.5)),
      appendP95: round(appendP95),
      appendCase: round(tagging.appendCase),
      slowdown: round(Math.max(1, percentile(during, 0.95) / appendP95)),
      oldRow: round(oldRow),
    };
    return { speed, connections: server.connections };
  }).catch((error) => {
    throw explain(error);
  });
}

async function askServer(client: pg.Client) {
  const [server] = await readServer.run(undefined, client);
  if (server && !server.read_only) return server;
  throw new BulkheadError('BAD_CONFIG', 'This server takes no writes, so it cannot be measured', {
    hint: 'Set DATABASE_URL to its primary, or plan without --measure.',
  });
}

/** What may pass by itself is said with what it takes. */
function explain(error: unknown): unknown {
  const known = describeError(error);
  if (!known?.entry.retryable) return error;
  return new BulkheadError(known.entry.name, known.message, {
    detail: 'Measuring takes four connections, and statements of 5 seconds at most.',
    hint: 'Try again when the server has less to do, or plan without --measure.',
    cause: error,
  });
}

/** Opens four sessions; two of them in a transaction that is rolled back, if only because the connection ends. */
async function withSessions<T>(ownerUrl: string, use: (sessions: Sessions) => Promise<T>) {
  const open = () =>
    new pg.Client({ connectionString: ownerUrl, application_name: 'bulkhead plan' });
  const [bulk, append, mine, others] = [open(), open(), open(), open()];
  const clients = [bulk, append, mine, others];
  let cutOff: Error | undefined;
  try {
    for (const client of clients) {
      client.on('error', (error) => {
        cutOff ??= error;
      });
      await client.connect();
      await limitMeasuring.run(undefined, client);
    }
    for (const client of [bulk, append]) await client.query('begin');
    return await use({ bulk, append, commits: [mine, others] });
  } catch (error) {
    // the query that comes after it knows only that there is no connection
    throw cutOff ?? error;
  } finally {
    for (const client of [bulk, append]) await client.query('rollback').catch(() => {});
    await Promise.allSettled(clients.map((client) => client.end()));
  }
}

/** Appends case after case to a suite of its own, each with a commit beside it. */
async function makeAppender(client: pg.Client, commits: pg.Client, input: PlanInput) {
  const [suite] = await addSuite.run({ slug: measuredSlug() }, client);
  const suiteId = suite?.id ?? '';
  const tags = Array.from({ length: input.tags }, (_, index) => `tag_${index}`);
  let number = 0;
  const append = async () => {
    const case_ = { ...contentOf(++number, input), external_key: `append/${number}`, tags };
    await appendMeasured.run({ suiteId, cases: JSON.stringify([case_]) }, client);
    await commitNothing.run(undefined, commits);
  };
  for (let warmUps = 0; warmUps < 10; warmUps++) await append();
  return {
    /** Appends with short rests until it is told that this was enough; returns how long each took. */
    async watch(isEnough: (count: number) => boolean): Promise<number[]> {
      const times: number[] = [];
      while (!isEnough(times.length)) {
        await rest();
        times.push((await timed(append)).ms);
      }
      return times;
    },
  };
}

/** Until the time is up and there are some samples, but not for ever. */
function untilEnough(window: number): (count: number) => boolean {
  const began = performance.now();
  return (count) => {
    const passed = performance.now() - began;
    return (passed > window && count >= 40) || passed > 3 * window;
  };
}

/** With short rests, as they come in life: what follows at once on another one is faster. */
async function commitTimes(client: pg.Client): Promise<number[]> {
  const times: number[] = [];
  for (let count = 0; count < 40; count++) {
    await rest();
    times.push((await timed(() => commitNothing.run(undefined, client))).ms);
  }
  return times;
}

const rest = () => sleep(4 + Math.random() * 8); // so that nothing falls into step

/** Appends while chunks run, one after another as a worker runs them. */
async function both(
  appender: Awaited<ReturnType<typeof makeAppender>>,
  tagging: BulkSession,
  commits: pg.Client,
  window: number,
) {
  let isOver = false;
  const chunks: number[] = [];
  const tag = async () => {
    while (!isOver) {
      const commit = () => commitNothing.run(undefined, commits);
      for await (const took of tagging.tagAll(commit)) {
        chunks.push(took);
        if (isOver) break;
      }
    }
  };
  const watch = async () => {
    try {
      return await appender.watch(untilEnough(window));
    } finally {
      isOver = true;
    }
  };
  const [during] = await Promise.all([watch(), tag()]);
  return { during, chunks };
}
