/** What chunks, progress and the change log cost: a bulk tagging against one giant statement. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { withClient } from '../src/database/admin.ts';
import { startWorker } from '../src/worker/worker.ts';
import { startAppenders } from './support/appenders.ts';
import type { BenchContext, Figure } from './support/bench.ts';
import { latenciesDuring, latenciesWithin, windowOf } from './support/latencies.ts';
import { openOperations } from './support/new-design.ts';
import { median, round, timed } from './support/statistics.ts';

/** Per second: links made, and links taken back. The ratio is of the operation to the single statement. */
export type BulkResult = {
  bench: 'bulk';
  single_statement_per_s: number;
  operation_per_s: number;
  ratio: number;
  append_idle_p95_ms: number;
  append_during_p95_ms: number;
  undo_per_s: number;
};

/** How many cases the suite has, and how long appends are watched in a window, in milliseconds. */
export type BulkSizes = { cases: number; window: number };

type Operations = Awaited<ReturnType<typeof openOperations>>;
type Suite = { ownerUrl: string; suiteId: number; client: pg.ClientBase; operations: Operations };

/** Links all cases of one suite, by one statement and by an operation in turn. */
export async function run(
  context: BenchContext,
  sizes: Partial<BulkSizes> = {},
): Promise<BulkResult> {
  const { cases = 100_000, window = 5000 } = sizes;
  const { ownerUrl } = await context.createDatabase();
  return withClient(ownerUrl, async (client) => {
    const suiteId = await fillSuite(client, cases);
    const worker = await startWorker({ ownerUrl, logger: context.logger });
    const operations = await openOperations(ownerUrl, suiteId);
    const suite = { ownerUrl, suiteId, client, operations };
    try {
      const rounds = [];
      await compareSpeeds(suite, cases, 0); // caches, plans and the size of the tables warm up
      for (let number = 1; number <= context.rounds; number++) {
        const speeds = await compareSpeeds(suite, cases, number);
        const appends = await watchAppends(suite, window);
        rounds.push({ ...speeds, ...appends });
        context.progress(`round ${number}: ${describe({ ...speeds, ...appends })}`);
      }
      return summarise(rounds);
    } finally {
      await operations.release();
      await worker.stop();
    }
  });
}

type Round = { single: number; operation: number; undo: number; idle: number; during: number };

async function fillSuite(client: pg.ClientBase, cases: number): Promise<number> {
  const { rows } = await client.query(`select id::integer from bulkhead.create_suite('big')`);
  const suiteId = rows[0].id;
  for (let from = 0; from < cases; from += 10_000)
    await client.query(
      `select from bulkhead.append_cases($1, (
         select jsonb_agg(jsonb_build_object(
           'external_key', 'case/' || i,
           'input', 'What does the documentation say about subject ' || i || '?',
           'expected_output', 'It says ' || i || '.',
           'tags', jsonb_build_array('rag')
         ))
         from generate_series($2::integer, $3::integer) as i
       ))`,
      [suiteId, from + 1, Math.min(from + 10_000, cases)],
    );
  await client.query(
    `insert into bulkhead.suite_tags (suite_id, name) values ($1, 'single'), ($1, 'chunked'), ($1, 'again')`,
    [suiteId],
  );
  await client.query('vacuum analyze');
  return suiteId;
}

/** Both sides in turn, the other first in every second round; neither pays for what the other left behind. */
async function compareSpeeds(suite: Suite, cases: number, number: number) {
  const sides = [
    async () => ({ single: cases / (await linkInOneStatement(suite)) }),
    async () => {
      const [operation, undo] = await linkByOperation(suite);
      return { operation: cases / operation, undo: cases / undo };
    },
  ];
  const results = [];
  for (const side of number % 2 === 1 ? sides : sides.toReversed()) {
    results.push(await side());
    await suite.client.query('vacuum bulkhead.test_case_tags, bulkhead_private.change_log');
  }
  return Object.assign({}, ...results) as Pick<Round, 'single' | 'operation' | 'undo'>;
}

async function linkInOneStatement({ client, suiteId }: Suite): Promise<number> {
  // An event of the audit log for each link would make it five times slower, and us look fast.
  await client.query(`set bulkhead.logged_by_function = 'on'`);
  const { ms } = await timed(() =>
    client.query(
      `insert into bulkhead.test_case_tags (suite_id, case_id, tag, operation_id)
       select suite_id, id, 'single', 1 from bulkhead.test_cases where suite_id = $1 order by id`,
      [suiteId],
    ),
  );
  await client.query(`delete from bulkhead.test_case_tags where suite_id = $1 and tag = 'single'`, [
    suiteId,
  ]);
  await client.query('reset bulkhead.logged_by_function');
  return ms / 1000;
}

/** Seconds of an operation, from its call until its end was known, and of its undo. */
async function linkByOperation({ suiteId, operations }: Suite): Promise<[number, number]> {
  const tag = await timed(() =>
    operations.run(`bulkhead.bulk_tag($1, add => '{chunked}', all_cases => true)`, [suiteId]),
  );
  const undo = await timed(() =>
    operations.run('bulkhead.undo_operation($1, $2)', [suiteId, tag.value.id]),
  );
  return [tag.ms / 1000, undo.ms / 1000];
}

/** The p95 of appends to the same suite, in a quiet window and in one full of bulk tagging. */
async function watchAppends({ ownerUrl, suiteId, operations }: Suite, window: number) {
  const appenders = await startAppenders({
    design: 'new',
    ownerUrl,
    suiteId,
    appenders: 3,
    pause: 20,
    tag: 'again',
  });
  await sleep(Math.min(1000, window));
  const quiet = await windowOf(() => sleep(window));
  const busy = await windowOf(async () => {
    const until = performance.now() + window;
    for (let bulks = 0; bulks % 2 === 1 || performance.now() < until; bulks++) {
      const [add, remove] = bulks % 2 === 0 ? [['again'], []] : [[], ['again']];
      const call = 'bulkhead.bulk_tag($1, add => $2, remove => $3, all_cases => true)';
      await operations.run(call, [suiteId, add, remove]);
    }
  });
  const appends = await appenders.stop();
  const [idle, during] = [latenciesWithin(appends, quiet), latenciesDuring(appends, busy)];
  return { idle: idle.p95, during: during.p95 };
}

/** The result as lines of a table. */
export function figures(result: BulkResult): Figure[] {
  const perSecond = (value: number) => `${value.toLocaleString('en')} /s`;
  const { append_idle_p95_ms: idle, append_during_p95_ms: during } = result;
  return [
    { what: 'links by a single statement', value: perSecond(result.single_statement_per_s) },
    { what: 'links by an operation', value: perSecond(result.operation_per_s) },
    {
      what: '  ratio',
      value: String(result.ratio),
      target: '≥ 0.6',
      reached: result.ratio >= 0.6,
    },
    { what: 'links undone', value: perSecond(result.undo_per_s) },
    { what: 'append p95 idle', value: `${idle} ms` },
    {
      what: 'append p95 during operations',
      value: `${during} ms`,
      target: `≤ ${round(2 * idle)} ms`,
      reached: during <= 2 * idle,
    },
  ];
}

function summarise(rounds: readonly Round[]): BulkResult {
  const of = (value: (of: Round) => number) => median(rounds.map(value));
  return {
    bench: 'bulk',
    single_statement_per_s: round(
      of(({ single }) => single),
      0,
    ),
    operation_per_s: round(
      of(({ operation }) => operation),
      0,
    ),
    ratio: round(of(({ single, operation }) => operation / single)),
    append_idle_p95_ms: round(of(({ idle }) => idle)),
    append_during_p95_ms: round(of(({ during }) => during)),
    undo_per_s: round(
      of(({ undo }) => undo),
      0,
    ),
  };
}

function describe({ single, operation, undo, idle, during }: Round): string {
  return (
    `single ${single.toFixed()}/s, operation ${operation.toFixed()}/s (${(operation / single).toFixed(2)}), ` +
    `undo ${undo.toFixed()}/s, append p95 ${idle.toFixed(1)} → ${during.toFixed(1)} ms`
  );
}
