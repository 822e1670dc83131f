/** What the number of suites costs: the same four things with 10 suites and with 10,000. */
import type pg from 'pg';
import { makeSchema } from 'postgraphile';
import { makePool, makeRequestPool } from '../src/database/pools.ts';
import { makeListener } from '../src/graphql/listener.ts';
import { makePreset } from '../src/graphql/preset.ts';
import type { BenchContext, BenchDatabase, Figure } from './support/bench.ts';
import { median, round, timed } from './support/statistics.ts';

/** Each ratio is the time with many suites over the time with few. */
export type SuitesResult = {
  bench: 'suites';
  create_ratio: number;
  pull_ratio: number;
  append_ratio: number;
  schema_build_ratio: number;
};

/** How many suites, how many cases in each (a sixth of them without the tag), and how many calls a round. */
export type SuitesSizes = {
  few: number;
  many: number;
  casesEach: number;
  calls: number;
  builds: number;
};

type Deed = 'create' | 'pull' | 'append' | 'schema_build';
type Side = { database: BenchDatabase; pool: pg.Pool; suites: number };

const pageSize = 50;

/** Measures each of the four on both databases alternately. */
export async function run(
  context: BenchContext,
  sizes: Partial<SuitesSizes> = {},
): Promise<SuitesResult> {
  const { few = 10, many = 10_000, casesEach = 60, calls = 300, builds = 3 } = sizes;
  const sides: Side[] = [];
  try {
    for (const suites of [few, many]) {
      const database = await context.createDatabase();
      const pool = makePool(database.ownerUrl, 'bulkhead bench', context.logger);
      sides.push({ database, pool, suites });
      context.progress(`filling ${suites} suites with ${casesEach} cases each`);
      await fillSuites(pool, suites, casesEach);
    }
    const ratios: Record<Deed, number>[] = [];
    await measureRound(sides, context, { calls: Math.min(calls, 50), builds: 1 }); // warms up
    for (let number = 1; number <= context.rounds; number++) {
      ratios.push(await measureRound(sides, context, { calls, builds }));
      context.progress(`round ${number}: ${JSON.stringify(ratios.at(-1))}`);
    }
    const ratio = (deed: Deed) => round(median(ratios.map((of) => of[deed])));
    return {
      bench: 'suites',
      create_ratio: ratio('create'),
      pull_ratio: ratio('pull'),
      append_ratio: ratio('append'),
      schema_build_ratio: ratio('schema_build'),
    };
  } finally {
    for (const { pool } of sides) await pool.end();
  }
}

/** The result as lines of a table. */
export function figures(result: SuitesResult): Figure[] {
  const ratios: [string, number][] = [
    ['creating a suite', result.create_ratio],
    ['pulling 50 cases by tag', result.pull_ratio],
    ['appending a case', result.append_ratio],
    ['building the GraphQL schema', result.schema_build_ratio],
  ];
  return ratios.map(([what, ratio]) => ({
    what: `${what}: 10,000 suites to 10`,
    value: String(ratio),
    target: '≤ 1.2',
    reached: ratio <= 1.2,
  }));
}

/** By plain SQL, for speed, but through the real tables with all their keys. */
async function fillSuites(pool: pg.Pool, suites: number, casesEach: number) {
  const batch = 200;
  const client = await pool.connect();
  // An event of the audit log for each row would take five times as long as the rows.
  await client.query(`set bulkhead.logged_by_function = 'on'`);
  for (let from = 1; from <= suites; from += batch)
    await client.query(
      `with suite as (
         insert into bulkhead.test_suites (slug, name)
         select 'suite-' || i, 'Suite ' || i from generate_series($1::integer, $2::integer) as i
         returning id
       ),
       tag as (
         insert into bulkhead.suite_tags (suite_id, name)
         select id, name from suite cross join (values ('rag'), ('slow')) as u (name)
       ),
       test_case as (
         insert into bulkhead.test_cases (suite_id, external_key, input)
         select id, 'case/' || i, to_jsonb('What does the documentation say about subject ' || i || '?')
         from suite cross join generate_series(1, $3::integer) as i
         order by id, i
         returning suite_id, id
       )
       insert into bulkhead.test_case_tags (suite_id, case_id, tag)
       select suite_id, id, case when id % 6 = 0 then 'slow' else 'rag' end from test_case`,
      [from, Math.min(from + batch - 1, suites), casesEach],
    );
  await client.query('reset bulkhead.logged_by_function');
  await client.query('vacuum analyze');
  client.release();
}

/** Medians of the calls on one side over those on the other, for each of the four. */
async function measureRound(
  sides: readonly Side[],
  context: BenchContext,
  { calls, builds }: { calls: number; builds: number },
): Promise<Record<Deed, number>> {
  const ratios = {} as Record<Deed, number>;
  for (const [deed, act] of Object.entries(deeds)) {
    const times = sides.map(() => [] as number[]);
    for (let call = 0; call < (deed === 'schema_build' ? builds : calls); call++)
      for (const [index, side] of sides.entries())
        times[index]?.push((await timed(() => act(side, context))).ms);
    const [few = [], many = []] = times;
    ratios[deed as Deed] = round(median(many) / median(few), 3);
  }
  return ratios;
}

let created = 0;

const deeds: Record<Deed, (side: Side, context: BenchContext) => Promise<unknown>> = {
  create: ({ pool }) =>
    pool.query('select id from bulkhead.create_suite($1)', [`created-${++created}`]),

  async pull({ pool, suites }) {
    const { rowCount } = await pool.query(
      `select * from bulkhead.find_cases($1, 'rag', row_limit => $2)`,
      [anyOf(suites), pageSize],
    );
    if (!rowCount) throw new Error('a pull found no case');
  },

  append: ({ pool, suites }) =>
    pool.query('select * from bulkhead.append_cases($1, $2)', [
      anyOf(suites),
      JSON.stringify([{ input: 'appended', tags: ['slow'] }]),
    ]),

  async schema_build({ database }, { logger }) {
    const pool = makeRequestPool(database.apiUrl, logger);
    const listener = makeListener({ connectionString: database.apiUrl, logger });
    try {
      await makeSchema(makePreset({ pool, listener, logger }));
    } finally {
      await listener.release();
      await pool.end();
    }
  },
};

/** The id of one of the suites that were filled in. */
const anyOf = (suites: number) => 1 + Math.floor(Math.random() * suites);
