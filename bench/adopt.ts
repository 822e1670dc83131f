/** What moving in costs: against one insert of the same rows, and for whoever goes on writing to the source. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { installCapture } from '../src/adopt/capture.ts';
import { copySuites, findAdoptions, type Sides } from '../src/adopt/copy.ts';
import { chunkSize, defaultPace } from '../src/adopt/defaults.ts';
import { catchUp } from '../src/adopt/follow.ts';
import { readMapping } from '../src/adopt/mapping.ts';
import { resolveFor, withSource } from '../src/adopt/source.ts';
import { verifySuites } from '../src/adopt/verify.ts';
import { withClient } from '../src/database/admin.ts';
import { type Append, startAppenders } from './support/appenders.ts';
import type { BenchContext, BenchDatabase, Figure } from './support/bench.ts';
import { latenciesDuring, latenciesWithin, type Window, windowOf } from './support/latencies.ts';
import { createOldSchema } from './support/old-design.ts';
import { median, round, timed } from './support/statistics.ts';

/**
 * The seconds are of the copy with all that is brought over behind it; p95 while that goes on over p95 when nothing does.
 * For comparison, p95 beside a session of the target that computes, and neither reads nor writes anything.
 */
export type AdoptResult = {
  bench: 'adopt';
  cases: number;
  links: number;
  seconds: number;
  ratio_to_insert_select: number;
  source_append_p95_ratio: number;
  computing_append_p95_ratio: number;
  identical: boolean;
};

/** Cases in all, links of each, suites they are in; and how long appends are watched idle, in milliseconds. */
export type AdoptSizes = { cases: number; linksEach: number; suites: number; window: number };

type Round = {
  insert: number;
  adopt: number;
  idle: number;
  computing: number;
  during: number;
  identical: boolean;
};

/** Both sides in turn, each time into databases that are new. */
export async function run(
  context: BenchContext,
  given: Partial<AdoptSizes> = {},
): Promise<AdoptResult> {
  const sizes = { cases: 200_000, linksEach: 3, suites: 10, window: 8000, ...given };
  const rounds: Round[] = [];
  for (let number = 1; number <= context.rounds; number++) {
    const insert = () => insertRound(context, sizes);
    const adopt = () => adoptRound(context, sizes);
    // Whoever comes second finds the server warm.
    const [first, second] = number % 2 === 1 ? [insert, adopt] : [adopt, insert];
    rounds.push({ ...(await first()), ...(await second()) } as Round);
    context.progress(`round ${number}: ${JSON.stringify(rounds.at(-1))}`);
  }
  const of = (figure: (of: Round) => number) => round(median(rounds.map(figure)));
  return {
    bench: 'adopt',
    cases: sizes.cases,
    links: sizes.cases * sizes.linksEach,
    seconds: of(({ adopt }) => adopt),
    ratio_to_insert_select: of(({ adopt, insert }) => adopt / insert),
    source_append_p95_ratio: of(({ during, idle }) => during / idle),
    computing_append_p95_ratio: of(({ computing, idle }) => computing / idle),
    identical: rounds.every(({ identical }) => identical),
  };
}

/** A case of either side: its number is i. */
const content = {
  input: `'What does the documentation say about subject ' || i || ', and where? Answer in one sentence.'`,
  expected: `'It says that subject ' || i || ' is to be found in chapter ' || i % 97 || '.'`,
};

/** The same rows, from tables beside them in the same database, in one transaction. */
async function insertRound(context: BenchContext, sizes: AdoptSizes): Promise<Partial<Round>> {
  const database = await context.createDatabase();
  try {
    return await withClient(database.ownerUrl, async (client) => {
      await fillTables(client, sizes);
      await client.query('checkpoint').catch(() => {});
      const { ms } = await timed(() => insertRows(client));
      return { insert: ms / 1000 };
    });
  } finally {
    await database.drop();
  }
}

async function fillTables(client: pg.ClientBase, { cases, linksEach, suites }: AdoptSizes) {
  await client.query(
    `insert into bulkhead.test_suites (slug, name) select 'suite-' || i, 'Suite ' || i from generate_series(1, $1::integer) as i`,
    [suites],
  );
  await client.query(
    `insert into bulkhead.suite_tags (suite_id, name) select s.id, 'tag-' || i from bulkhead.test_suites s, generate_series(0, 29) as i`,
  );
  await client.query('create schema rows');
  await client.query(
    `create table rows.cases as
     select s.id as suite_id, i::bigint as id, i::text as external_key, to_jsonb(${content.input}) as input,
       to_jsonb(${content.expected}) as expected_output, '{}'::jsonb as metadata
     from generate_series(1, ${cases}) as i join bulkhead.test_suites s on s.slug = 'suite-' || 1 + i % ${suites}`,
  );
  await client.query(
    `create table rows.links as
     select suite_id, id as case_id, 'tag-' || (id * 7 + j * 11) % 30 as tag
     from rows.cases, generate_series(1, ${linksEach}) as j`,
  );
  await client.query('vacuum analyze');
}

async function insertRows(client: pg.ClientBase) {
  await client.query('begin');
  // An event of the audit log for each row would make it five times slower, and us look fast.
  await client.query(`set local bulkhead.logged_by_function = 'on'`);
  await client.query(
    `insert into bulkhead.test_cases (suite_id, id, external_key, input, expected_output, metadata)
     select suite_id, id, external_key, input, expected_output, metadata from rows.cases`,
  );
  await client.query(
    `insert into bulkhead.test_case_tags (suite_id, case_id, tag) select suite_id, case_id, tag from rows.links`,
  );
  await client.query('commit');
}

async function adoptRound(context: BenchContext, sizes: AdoptSizes): Promise<Partial<Round>> {
  const source = await context.createDatabase({ migrated: false });
  const target = await context.createDatabase();
  try {
    await withClient(source.ownerUrl, (client) => fillSource(client, sizes));
    return await withClient(target.ownerUrl, (client) =>
      withSource(source.ownerUrl, undefined, (there) =>
        adoptWhileAppending({ target: client, source: there }, source, sizes),
      ),
    );
  } finally {
    await target.drop();
    await source.drop();
  }
}

async function fillSource(client: pg.ClientBase, { cases, linksEach, suites }: AdoptSizes) {
  await createOldSchema(client);
  await client.query(
    `insert into test_suites (name) select 'Suite ' || i from generate_series(1, ${suites}) as i`,
  );
  await client.query(`insert into tags (name) select 'tag-' || i from generate_series(0, 29) as i`);
  await client.query(
    `insert into test_cases (suite_id, input, expected_output)
     select 1 + i % ${suites}, ${content.input}, ${content.expected} from generate_series(1, ${cases}) as i`,
  );
  await client.query(
    `insert into test_case_tags (case_id, tag_id)
     select c.id, 1 + (c.id * 7 + j * 11) % 30 from test_cases c, generate_series(1, ${linksEach}) as j`,
  );
  await client.query('vacuum analyze');
}

async function adoptWhileAppending(
  sides: Sides,
  { ownerUrl }: BenchDatabase,
  { window }: AdoptSizes,
): Promise<Partial<Round>> {
  const appenders = await startAppenders({
    design: 'old',
    ownerUrl,
    suiteId: 1,
    appenders: 3,
    pause: 20,
    tag: 'tag-1',
  });
  let appends: Append[] = [];
  let windows: { quiet: Window; computing: Window; busy: Window };
  try {
    await sleep(Math.min(1000, window));
    windows = {
      quiet: await windowOf(() => sleep(window)),
      computing: await windowOf(() => compute(sides.target, window)),
      busy: await windowOf(() => adoptAll(sides)),
    };
  } finally {
    appends = await appenders.stop();
  }
  const failed = appends.find(({ error }) => error !== undefined);
  if (failed) throw new Error(`an append to the source failed: ${failed.error}`);
  const reports = await verifySuites(sides, await findAdoptions(sides));
  const { quiet, computing, busy } = windows;
  return {
    adopt: (busy.ended - busy.began) / 1000,
    idle: latenciesWithin(appends, quiet).p95,
    computing: latenciesWithin(appends, computing).p95,
    during: latenciesDuring(appends, busy).p95,
    identical: reports.length > 0 && reports.every((report) => report.identical),
  };
}

/** What a session costs those beside it that needs nothing but the processor. */
async function compute(client: pg.ClientBase, ms: number): Promise<void> {
  await client.query(`
    do $$
    declare
      v_end constant timestamptz := clock_timestamp() + interval '${ms} ms';
    begin
      while clock_timestamp() < v_end loop
        perform sum(i) from generate_series(1, 2000) as i;
      end loop;
    end $$`);
}

async function adoptAll(sides: Sides): Promise<void> {
  const mapping = await resolveFor(sides.source, readMapping({ preset: 'seed' }));
  await installCapture(sides.source.client, mapping);
  await copySuites(sides, {
    ...{ mapping, method: 'triggers' as const, suites: [], chunk: chunkSize, pace: defaultPace },
    onProgress: () => {},
  });
  await catchUp(sides);
}

/** The result as lines of a table. */
export function figures(result: AdoptResult): Figure[] {
  const { cases, links, seconds, identical } = result;
  const ratio = (value: number, most: number) => ({
    value: String(value),
    target: `≤ ${most}`,
    reached: value <= most,
  });
  return [
    { what: `moving ${cases} cases with ${links} links`, value: `${seconds} s` },
    { what: '  to one insert … select of them', ...ratio(result.ratio_to_insert_select, 2.5) },
    { what: 'appends to the source, p95 to idle', ...ratio(result.source_append_p95_ratio, 1.5) },
    {
      what: '  beside a session that only computes',
      value: String(result.computing_append_p95_ratio),
    },
    {
      what: 'both sides afterwards',
      value: identical ? 'identical' : 'different',
      target: 'identical',
      reached: identical,
    },
  ];
}
