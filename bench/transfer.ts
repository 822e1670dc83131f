/**
 * What a file of cases costs over HTTP, against COPY of the same rows through plain pg. COPY has the
 * easiest of it: it reads rows that are ready, its table is the same to the last column, index,
 * constraint and partition, but has no trigger; it defines no tags, keeps no hash of the payload,
 * asks nobody who he is, writes no audit log and says nothing of single cases. The server and the
 * client of the API are processes of their own, as they are in production.
 */
import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { withClient } from '../src/database/admin.ts';
import type { BenchContext, Figure } from './support/bench.ts';
import { latenciesDuring, latenciesWithin, windowOf } from './support/latencies.ts';
import { type ServerProcess, startServerProcess } from './support/server-process.ts';
import { startSingleAppends } from './support/single-appends.ts';
import { median, round, timed } from './support/statistics.ts';
import {
  copyColumns,
  makeLines,
  type TransferFiles,
  writeTransferFiles,
} from './support/transfer-files.ts';
import { makeTransferClient, type TransferClient } from './support/transfer-http.ts';

/** Ratios are of speeds, medians of the rounds; the memory is what the server grew by at most. */
export type TransferResult = {
  bench: 'transfer';
  import_ratio: number;
  export_ratio: number;
  import_peak_rss_mb: number;
  append_p95_ratio_during_import: number;
  import_cases_per_s: number;
  export_cases_per_s: number;
  append_idle_p95_ms: number;
  append_during_p95_ms: number;
};

/** Cases of a round, lines of the long file, and milliseconds of the quiet window before it. */
export type TransferSizes = { cases: number; lines: number; idle: number };

type Sides = { client: pg.ClientBase; transfer: TransferClient; files: TransferFiles };
type Round = Record<'imported' | 'copiedIn' | 'exported' | 'copiedOut', number>;

const pause = 10;

/** Measures it. */
export async function run(
  context: BenchContext,
  sizes: Partial<TransferSizes> = {},
): Promise<TransferResult> {
  const { cases = 100_000, lines = 1_000_000, idle = 5000 } = sizes;
  const database = await context.createDatabase();
  const files = await writeTransferFiles(cases);
  try {
    return await withClient(database.ownerUrl, async (client) => {
      const token = await prepare(client, context.rounds);
      const server = await startServerProcess(database);
      const transfer = makeTransferClient(server.port, token);
      try {
        const rounds = await measureRounds(context, { client, transfer, files });
        const long = await importLong({ server, transfer, token, lines, idle });
        context.progress(`${lines} lines: ${JSON.stringify(long)}`);
        return summarise(cases, rounds, long);
      } finally {
        transfer.stop();
        await server.stop();
      }
    });
  } finally {
    await files.release();
  }
}

/** Suites for the rounds and the long file, a token for them, and the table of the other side. */
async function prepare(client: pg.ClientBase, rounds: number): Promise<string> {
  await client.query(
    `select count(*) from generate_series(0, $1::integer) as i, lateral bulkhead.create_suite('round-' || i)`,
    [rounds],
  );
  await client.query(`select bulkhead.create_suite('long')`);
  await client.query(`
    create schema bench;
    create table bench.test_cases (like bulkhead.test_cases including all) partition by hash (suite_id);
    alter table bench.test_cases add foreign key (suite_id) references bulkhead.test_suites (id);
    do $$
    begin
      for i in 0 .. 31 loop
        execute format(
          'create table bench.test_cases_%s partition of bench.test_cases '
          'for values with (modulus 32, remainder %s) with (fillfactor = 90)', i, i
        );
      end loop;
    end
    $$`);
  const { rows } = await client.query(
    `select token from bulkhead.create_token(array(select id from bulkhead.test_suites), 'appender', 'bench')`,
  );
  return rows[0].token;
}

/** The first round warms up, and is not counted. */
async function measureRounds(context: BenchContext, sides: Sides): Promise<Round[]> {
  const rounds = [];
  for (let number = 0; number <= context.rounds; number++) {
    const measured = await measureRound(sides, number);
    context.progress(`round ${number}: ${describe(measured, sides.files.cases)}`);
    if (number > 0) rounds.push(measured);
  }
  return rounds;
}

/** Both sides in turn, the other first in every second round. */
async function measureRound({ client, transfer, files }: Sides, number: number): Promise<Round> {
  const slug = `round-${number}`;
  const measured: Partial<Round> = {};
  const measure = async (side: keyof Round, work: () => Promise<unknown>) => {
    measured[side] = (await timed(work)).ms;
  };
  const inward = [
    () =>
      measure('imported', () =>
        transfer.append(slug, createReadStream(files.jsonl, { highWaterMark: 256 * 1024 })),
      ),
    () => measure('copiedIn', () => copyIn(client, files.copy)),
  ];
  const outward = [
    () => measure('exported', () => transfer.pull(slug)),
    () => measure('copiedOut', () => copyOut(client)),
  ];
  for (const sides of [inward, outward])
    for (const side of number % 2 ? sides : sides.toReversed()) await side();
  await client.query('truncate bench.test_cases');
  return measured as Round;
}

async function copyIn(client: pg.ClientBase, file: string): Promise<void> {
  const copy = client.query(copyFrom(`copy bench.test_cases (${copyColumns}) from stdin`));
  await pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), copy);
}

async function copyOut(client: pg.ClientBase): Promise<void> {
  const copy = client.query(
    copyTo(`copy (
      select external_key, input, expected_output, metadata, status from bench.test_cases where suite_id = 1 order by id
    ) to stdout`),
  );
  const nowhere = new Writable({ write: (_piece, _encoding, done) => done() });
  await pipeline(copy, nowhere);
}

type Long = { grown: number; idle: number; during: number };

/** A long file, while single cases are appended to the same suite. */
async function importLong({
  server,
  transfer,
  token,
  lines,
  idle,
}: { server: ServerProcess; transfer: TransferClient; token: string } & Pick<
  TransferSizes,
  'lines' | 'idle'
>): Promise<Long> {
  const singles = await startSingleAppends({ port: server.port, token, slug: 'long', pause });
  await sleep(idle / 5);
  const quiet = await windowOf(() => sleep(idle));
  await server.forgetPeak();
  const before = await server.memory();
  const busy = await windowOf(async () => {
    await transfer.append('long', await makeLines(lines));
  });
  const { peak } = await server.memory();
  const appends = await singles.stop();
  return {
    grown: (peak - before.now) / 1024 / 1024,
    idle: latenciesWithin(appends, quiet).p95,
    during: latenciesDuring(appends, busy).p95,
  };
}

/** The result as lines of a table. */
export function figures(result: TransferResult): Figure[] {
  const perSecond = (value: number) => `${value.toLocaleString('en')} /s`;
  const { append_idle_p95_ms: idle, append_during_p95_ms: during } = result;
  return [
    { what: 'cases imported over HTTP', value: perSecond(result.import_cases_per_s) },
    {
      what: '  ratio to COPY',
      value: String(result.import_ratio),
      target: '≥ 0.4',
      reached: result.import_ratio >= 0.4,
    },
    { what: 'cases exported over HTTP', value: perSecond(result.export_cases_per_s) },
    {
      what: '  ratio to COPY',
      value: String(result.export_ratio),
      target: '≥ 0.5',
      reached: result.export_ratio >= 0.5,
    },
    {
      what: 'memory of the server, growth during a long import',
      value: `${result.import_peak_rss_mb} MB`,
      target: '< 100 MB',
      reached: result.import_peak_rss_mb < 100,
    },
    { what: 'single append p95 idle', value: `${idle} ms` },
    {
      what: 'single append p95 during the import',
      value: `${during} ms`,
      target: '≤ 2 × idle',
      reached: result.append_p95_ratio_during_import <= 2,
    },
  ];
}

function summarise(cases: number, rounds: readonly Round[], long: Long): TransferResult {
  const of = (value: (of: Round) => number) => median(rounds.map(value));
  const speed = (side: keyof Round) =>
    round(
      of((one) => (1000 * cases) / one[side]),
      0,
    );
  return {
    bench: 'transfer',
    import_ratio: round(of(({ imported, copiedIn }) => copiedIn / imported)),
    export_ratio: round(of(({ exported, copiedOut }) => copiedOut / exported)),
    import_peak_rss_mb: round(long.grown, 0),
    append_p95_ratio_during_import: round(long.during / long.idle),
    import_cases_per_s: speed('imported'),
    export_cases_per_s: speed('exported'),
    append_idle_p95_ms: round(long.idle),
    append_during_p95_ms: round(long.during),
  };
}

function describe({ imported, copiedIn, exported, copiedOut }: Round, cases: number): string {
  const both = (http: number, copy: number) =>
    `${(cases / http).toFixed()} cases/ms over HTTP, ${(cases / copy).toFixed()} by COPY (${(copy / http).toFixed(2)})`;
  return `in ${both(imported, copiedIn)}; out ${both(exported, copiedOut)}`;
}
