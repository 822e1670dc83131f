/** What a plan is about, done: a suite is filled, and tagged in bulk while CI appends to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { withClient } from '../../src/database/admin.ts';
import type { Logger } from '../../src/logger.ts';
import { startWorker } from '../../src/worker/worker.ts';
import { now, startAppenders } from './appenders.ts';
import { latenciesDuring, latenciesWithin, windowOf } from './latencies.ts';
import { openOperations } from './new-design.ts';
import { readRelationSizes } from './relation-sizes.ts';
import { median } from './statistics.ts';

/** How large it is. */
export type PlannedSizes = {
  cases: number;
  /** Of them, how many each bulk change tags. */
  bulk: number;
  tags: number;
  caseBytes: number;
  /** Cases in one append while the suite is filled. */
  batch: number;
  appenders: number;
  /** The mean rest of an appender between two appends, in milliseconds. */
  pause: number;
  /** How long appends are watched, without bulk changes and with them, in milliseconds. */
  window: number;
};

export const plannedSizes: PlannedSizes = {
  cases: 50_000,
  bulk: 20_000,
  tags: 4,
  caseBytes: 600,
  batch: 100,
  appenders: 3,
  pause: 20,
  window: 3000,
};

type Options = { ownerUrl: string; sizes: PlannedSizes; logger: Logger };

/** Fills, watches appends alone, then beside bulk changes one after another; each brings a tag that is new. */
export async function runPlanned({ ownerUrl, sizes, logger }: Options) {
  return withClient(ownerUrl, async (client) => {
    const suiteId = await fill(client, sizes);
    const worker = await startWorker({ ownerUrl, logger });
    const bulks = await openBulks(ownerUrl, suiteId);
    try {
      const stored = await runAndWeigh(client, bulks);
      const { appenders, pause, window } = sizes;
      const appending = await startAppenders({
        ...{ design: 'new', ownerUrl, suiteId, appenders, pause, tag: 'some_tag' },
      });
      await sleep(Math.min(1000, window)); // caches and plans warm up
      const quiet = await windowOf(() => sleep(window));
      const done: Bulk[] = [];
      const busy = await windowOf(async () => {
        const until = now() + window;
        do done.push(await bulks.run());
        while (now() < until);
      });
      const appends = await appending.stop();
      const of = (value: (bulk: Bulk) => number) => median(done.map(value));
      return {
        ...stored,
        links_per_s: of(({ linksPerSecond }) => linksPerSecond),
        bulk_ms: of(({ took }) => took),
        longest_chunk_ms: of(({ longest }) => longest),
        append_idle_p95_ms: latenciesWithin(appends, quiet).p95,
        append_during_p95_ms: latenciesDuring(appends, busy).p95,
      };
    } finally {
      await bulks.release();
      await worker.stop();
    }
  });
}

async function fill(client: pg.ClientBase, sizes: PlannedSizes): Promise<number> {
  const { rows } = await client.query(`select id::integer from bulkhead.create_suite('planned')`);
  const suiteId = rows[0].id;
  for (let from = 0; from < sizes.cases; from += sizes.batch)
    await client.query(
      `select from bulkhead.append_cases($1, (
         select jsonb_agg(jsonb_build_object(
           'external_key', rpad(format('%s/%s', i * 7919 % 1000003, i), 24, '_'),
           'input', repeat('m', $4 * 3 / 4),
           'expected_output', repeat('n', $4 / 4),
           'tags', (
             select jsonb_agg(case when t = 0 and i <= $5 then 'chosen' else rpad('tag_' || (i * 7 + t * 11) % 30, 12, '_') end)
             from generate_series(0, $6 - 1) as t
           )
         ))
         from generate_series($2::integer, $3::integer) as i
       ))`,
      [
        ...[suiteId, from + 1, Math.min(from + sizes.batch, sizes.cases)],
        ...[sizes.caseBytes, sizes.bulk, sizes.tags],
      ],
    );
  await client.query('vacuum analyze');
  return suiteId;
}

/** One bulk change, in milliseconds: until its end was known, its longest chunk; and its links per second between its first and last chunk. */
type Bulk = { took: number; longest: number; linksPerSecond: number };
type Bulks = Awaited<ReturnType<typeof openBulks>>;

/** Runs bulk changes of the chosen cases, and listens to their chunks. */
async function openBulks(ownerUrl: string, suiteId: number) {
  const operations = await openOperations(ownerUrl, suiteId);
  const listener = new pg.Client(ownerUrl);
  await listener.connect();
  const { rows } = await listener.query('select bulkhead.suite_channel($1)', [suiteId]);
  await listener.query(`listen ${pg.escapeIdentifier(rows[0].suite_channel)}`);
  let ends: number[] = [];
  listener.on('notification', () => ends.push(performance.now()));
  let tags = 0;
  return {
    async run(): Promise<Bulk> {
      const began = performance.now();
      ends = [];
      const call = `bulkhead.bulk_tag($1, 'chosen', add => $2)`;
      const { changed, chunks } = await operations.run(call, [suiteId, [`new_tag_${++tags}`]]);
      const took = performance.now() - began;
      await listener.query('select'); // what was sent before has come
      const [submitted = began, ...ofChunks] = ends.slice(-chunks - 1);
      const [first = submitted] = ofChunks;
      const last = ofChunks.at(-1) ?? first;
      const gaps = ofChunks.slice(1).map((end, index) => end - (ofChunks[index] ?? end));
      const chunked = chunks > 1 ? changed - Math.min(changed, 500) : changed;
      return {
        took,
        longest: Math.max(...(gaps.length > 0 ? gaps : [first - submitted])),
        linksPerSecond: (chunked / (chunks > 1 ? last - first : last - submitted)) * 1000,
      };
    },
    async release() {
      await Promise.all([operations.release(), listener.end()]);
    },
  };
}

/** The first bulk change, and how large everything is after it. */
async function runAndWeigh(client: pg.ClientBase, bulks: Bulks) {
  const before = await readWal(client);
  await bulks.run();
  const wal_bytes = (await readWal(client)) - before;
  const sizes = await readRelationSizes(client);
  const bytesOf = (name: RegExp) =>
    Object.entries(sizes).reduce((sum, [of, bytes]) => sum + (name.test(of) ? bytes : 0), 0);
  return {
    wal_bytes,
    cases_bytes: bytesOf(/^test_cases/),
    links_bytes: bytesOf(/^test_case_tags/),
    audit_bytes: bytesOf(/^audit_log/),
    change_log_bytes: bytesOf(/^change log/),
  };
}

async function readWal(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query(
    `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float as bytes`,
  );
  return rows[0].bytes;
}
