/** The incident on either design: appenders at work, then the bulk, and what the appends made of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '../../src/database/admin.ts';
import type { Logger } from '../../src/logger.ts';
import { startWorker } from '../../src/worker/worker.ts';
import { type Append, now, startAppenders } from './appenders.ts';
import type { IncidentCase } from './incident-cases.ts';
import {
  type Latencies,
  latenciesDuring,
  latenciesWithin,
  type Window,
  windowOf,
} from './latencies.ts';
import { countNew, createNewSuite, openOperations } from './new-design.ts';
import { bulkTagOld, countOld, createOldSchema, createOldSuite } from './old-design.ts';

/** How large the replay is; times in milliseconds. */
export type ReplaySizes = {
  /** How long the appends are watched before the bulk begins. */
  idle: number;
  /** The same after it. */
  after: number;
  appenders: number;
  /** The mean rest of an appender between two appends. */
  appendPause: number;
  /** What the old service spends on a row between two statements; in the incident it was 675. */
  rowPause: number;
  /** How many appends Bulkhead's window has at the least. */
  samples: number;
};

/** The sizes of the benchmark and of `npm run replay`. */
export const replaySizes: ReplaySizes = {
  idle: 5000,
  after: 500,
  appenders: 3,
  appendPause: 20,
  rowPause: 6,
  samples: 600,
};

/** What one run on one design showed. */
export type Replayed = {
  appends: Append[];
  idle: Latencies;
  during: Latencies;
  idleWindow: Window;
  bulkWindow: Window;
  /** How long each bulk took, from its call until its end was known. */
  bulks: number[];
  deadlocks: number;
  failedAppends: number;
  /** Cases and links that ought to be there, and how many of them are not. */
  expected: number;
  lost: number;
};

/** What a replay needs beside the sizes. */
export type ReplayOptions = {
  ownerUrl: string;
  cases: readonly IncidentCase[];
  sizes: ReplaySizes;
};

const tagBefore = 'tier_a_gold';
const tagOfTheBulk = 'tier_b_gold';

/** The old design, in an empty database of its own, or the one of the round before. */
export async function replayOld(options: ReplayOptions): Promise<Replayed> {
  const { ownerUrl, cases, sizes } = options;
  return withClient(ownerUrl, async (client) => {
    await createOldSchema(client);
    const suiteId = await createOldSuite(client, 'regression', cases);
    return replay(options, {
      design: 'old',
      suiteId,
      async runBulks({ carry }) {
        const began = performance.now();
        await bulkTagOld(client, {
          suiteId,
          tag: tagOfTheBulk,
          pause: sizes.rowPause,
          onIntroduced: () => carry(tagOfTheBulk),
        });
        return [performance.now() - began];
      },
      count: () => countOld(client, suiteId),
    });
  });
}

/**
 * Bulkhead, in a migrated database: a new suite, and a worker. The bulk is taken back and repeated
 * until the window is as long as `atLeast`.
 */
export async function replayNew(
  options: ReplayOptions & { slug: string; atLeast: number; logger: Logger },
): Promise<Replayed> {
  const { ownerUrl, cases, sizes, slug, atLeast, logger } = options;
  return withClient(ownerUrl, async (client) => {
    const suiteId = await createNewSuite(client, slug, cases);
    const worker = await startWorker({ ownerUrl, logger });
    const operations = await openOperations(ownerUrl, suiteId);
    const tag = 'bulkhead.bulk_tag($1, $2, add => $3, remove => $4)';
    try {
      return await replay(options, {
        design: 'new',
        suiteId,
        async runBulks({ carry, count }) {
          const [bulks, until, enough] = [[] as number[], now() + atLeast, count() + sizes.samples];
          carry(tagOfTheBulk); // at once: the first ones arrive while the tag is being defined
          // ends with the tag on, as the old design does
          while (bulks.length % 2 === 0 || now() < until || count() < enough) {
            const [add, remove] =
              bulks.length % 2 === 0 ? [[tagOfTheBulk], []] : [[], [tagOfTheBulk]];
            const began = performance.now();
            await operations.run(tag, [suiteId, 'rag', add, remove]);
            bulks.push(performance.now() - began);
          }
          return bulks;
        },
        count: () => countNew(client, suiteId),
      });
    } finally {
      await operations.release();
      await worker.stop();
    }
  });
}

type Side = {
  design: 'old' | 'new';
  suiteId: number;
  runBulks(appenders: { carry(tag: string): void; count(): number }): Promise<number[]>;
  count(): Promise<{ cases: number; links: number }>;
};

async function replay({ ownerUrl, cases, sizes }: ReplayOptions, side: Side): Promise<Replayed> {
  const deadlocksBefore = await countDeadlocks(ownerUrl);
  const appenders = await startAppenders({
    design: side.design,
    ownerUrl,
    suiteId: side.suiteId,
    appenders: sizes.appenders,
    pause: sizes.appendPause,
    tag: tagBefore,
  });
  await sleep(Math.min(1000, sizes.idle)); // caches and plans warm up
  const idleWindow = await windowOf(() => sleep(sizes.idle));
  let bulks: number[] = [];
  const bulkWindow = await windowOf(async () => {
    bulks = await side.runBulks(appenders);
  });
  await sleep(sizes.after);
  const appends = await appenders.stop();
  const stored = appends.filter(({ error }) => error === undefined);
  const found = await side.count();
  const ragCases = cases.filter(({ isRag }) => isRag).length;
  const expected = cases.length + stored.length + (cases.length + stored.length + ragCases);
  return {
    appends,
    idle: latenciesWithin(appends, idleWindow),
    during: latenciesDuring(appends, bulkWindow),
    idleWindow,
    bulkWindow,
    bulks,
    deadlocks: (await countDeadlocks(ownerUrl)) - deadlocksBefore,
    failedAppends: appends.length - stored.length,
    expected,
    lost: expected - found.cases - found.links,
  };
}

async function countDeadlocks(ownerUrl: string): Promise<number> {
  return withClient(ownerUrl, async (client) => {
    const { rows } = await client.query(
      'select deadlocks::integer from pg_stat_database where datname = current_database()',
    );
    return rows[0].deadlocks;
  });
}
