/**
 * What access costs: requests with a token, through row-level security, against the same requests
 * by a server that is the owner of the database and asks nobody who they are.
 */
import type { AddressInfo } from 'node:net';
import express from 'express';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/express/v4';
import { withClient } from '../src/database/admin.ts';
import { makePool } from '../src/database/pools.ts';
import { makeListener } from '../src/graphql/listener.ts';
import { makePreset } from '../src/graphql/preset.ts';
import { startServer } from '../src/http/server.ts';
import type { BenchContext, BenchDatabase, Figure } from './support/bench.ts';
import { makeSide, type Side } from './support/side.ts';
import { median, percentile, round, timed } from './support/statistics.ts';

/** Medians of the rounds; each ratio is of the time with access to the time without. */
export type AccessResult = {
  bench: 'access';
  ratio_read_p50: number;
  ratio_append_p95: number;
  read_p50_ms: number;
  append_p95_ms: number;
};

/** How many suites, every how manieth the token sees, and how many requests a side answers in a round. */
export type AccessSizes = {
  suites: number;
  oneOf: number;
  casesEach: number;
  reads: number;
  appends: number;
};

/** What a dashboard asks: the suites that one sees, and a page of one of them. */
const readDocument = `query ($suite: BigInt!) {
  suites(first: 20) { nodes { id slug name } }
  suite(id: $suite) {
    cases(first: 50) {
      nodes { id externalKey input expectedOutput metadata status version createdAt tags }
    }
  }
}`;

const appendDocument = `mutation ($suite: BigInt!, $cases: JSON!) {
  appendCases(input: { suiteId: $suite, cases: $cases }) { results { caseId outcome } }
}`;

type Sides = { guarded: Side; open: Side };
type Samples = { guarded: number[]; open: number[] };
type Round = { reads: Samples; appends: Samples };

/** Asks both sides in turn, request by request. */
export async function run(
  context: BenchContext,
  sizes: Partial<AccessSizes> = {},
): Promise<AccessResult> {
  const { suites = 1000, oneOf = 5, casesEach = 100, reads = 500, appends = 500 } = sizes;
  const database = await context.createDatabase();
  context.progress(`filling ${suites} suites with ${casesEach} cases each`);
  const { suite, token } = await fillSuites(database, { suites, oneOf, casesEach });
  const sides = {
    guarded: await startGuarded(context, database, token),
    open: await startOpen(context, database),
  };
  try {
    await measureRound(sides, suite, { reads: reads / 2, appends: appends / 2 }); // warms up
    const rounds = [];
    for (let number = 1; number <= context.rounds; number++) {
      rounds.push(await measureRound(sides, suite, { reads, appends }));
      context.progress(`round ${number}: ${describe(rounds.at(-1) as Round)}`);
    }
    return summarise(rounds);
  } finally {
    await sides.guarded.stop();
    await sides.open.stop();
  }
}

function fillSuites(
  { ownerUrl }: BenchDatabase,
  { suites, oneOf, casesEach }: Pick<AccessSizes, 'suites' | 'oneOf' | 'casesEach'>,
): Promise<{ suite: string; token: string }> {
  return withClient(ownerUrl, async (client) => {
    await client.query(
      `select count(*) from generate_series(1, $1::integer) as i, lateral bulkhead.create_suite('suite-' || i)`,
      [suites],
    );
    await client.query(
      `select count(*)
       from bulkhead.test_suites s
       cross join lateral bulkhead.append_cases(s.id, (
         select jsonb_agg(jsonb_build_object(
           'external_key', 'case/' || i,
           'input', 'What does error E' || i || ' mean, and how do I get rid of it on a device that is out of warranty?',
           'expected_output', 'Error E' || i || ' means that the door is open. Close it, and start again.',
           'metadata', jsonb_build_object('source', 'bench', 'number', i),
           'tags', jsonb_build_array('rag', 'source_' || i % 7, 'round_' || i % 3)
         ))
         from generate_series(1, $1::integer) as i
       ))`,
      [casesEach],
    );
    // Not next to each other: ranges that could be joined would be cheaper.
    const { rows } = await client.query(
      `select t.token, s.ids[cardinality(s.ids) / 2 + 1] as suite
       from (select array_agg(id order by id) as ids from bulkhead.test_suites where id % $1 = 0) as s
       cross join lateral bulkhead.create_token(s.ids, 'appender', 'bench') as t`,
      [oneOf],
    );
    await client.query('vacuum analyze');
    return rows[0];
  });
}

async function startGuarded({ logger }: BenchContext, urls: BenchDatabase, token: string) {
  const config = { host: '127.0.0.1', port: 0, rateLimit: 1_000_000 };
  const { port, stop } = await startServer({ config, logger, ...urls });
  return makeSide({ port, path: '/graphql', body: {}, token, stop });
}

/** The same GraphQL as the owner, whom policies let pass: no credential, no transaction around a read. */
async function startOpen({ logger }: BenchContext, { ownerUrl }: BenchDatabase): Promise<Side> {
  const pool = makePool(ownerUrl, 'bulkhead bench', logger);
  const listener = makeListener({ connectionString: ownerUrl, logger });
  const service = makePgService({ schemas: ['bulkhead'], pool, pgSubscriber: listener as never });
  const graphql = postgraphile({
    ...makePreset({ pool, listener, logger }),
    pgServices: [service],
  });
  const app = express();
  app.use('/graphql', express.json());
  await graphql.createServ(grafserv).addTo(app, null, false);
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const stop = async () => {
    await new Promise((resolve) => server.close(resolve));
    await listener.release();
    await graphql.release();
    await pool.end();
  };
  const { port } = server.address() as AddressInfo;
  return makeSide({ port, path: '/graphql', body: {}, token: 'nobody-asks', stop });
}

async function measureRound(
  sides: Sides,
  suite: string,
  { reads, appends }: Pick<AccessSizes, 'reads' | 'appends'>,
): Promise<Round> {
  const variables = { suite };
  return {
    reads: await measure(sides, reads, () => ({ query: readDocument, variables })),
    appends: await measure(sides, appends, () => ({
      query: appendDocument,
      variables: { suite, cases: [{ input: 'appended by the benchmark', tags: ['rag'] }] },
    })),
  };
}

async function measure(sides: Sides, requests: number, makeBody: () => object): Promise<Samples> {
  const samples: Samples = { guarded: [], open: [] };
  for (let number = 0; number < requests; number++) {
    // Whoever comes second finds the pages of the first in the cache.
    const order = number % 2 ? (['guarded', 'open'] as const) : (['open', 'guarded'] as const);
    for (const name of order) {
      const { value, ms } = await timed(() => sides[name].ask(makeBody()));
      if (value.includes('"errors"')) throw new Error(`${name}: ${value.slice(0, 500)}`);
      samples[name].push(ms);
    }
  }
  return samples;
}

/** The result as lines of a table. */
export function figures(result: AccessResult): Figure[] {
  const { ratio_read_p50, ratio_append_p95, read_p50_ms, append_p95_ms } = result;
  const ratio = (value: number) => ({
    value: String(value),
    target: '≤ 1.15',
    reached: value <= 1.15,
  });
  return [
    { what: 'suites and a page of cases with a token, p50', value: `${read_p50_ms} ms` },
    { what: '  ratio to the owner without', ...ratio(ratio_read_p50) },
    { what: 'an append of one case with a token, p95', value: `${append_p95_ms} ms` },
    { what: '  ratio to the owner without', ...ratio(ratio_append_p95) },
  ];
}

const ratioOf = ({ guarded, open }: Samples, figure: (samples: number[]) => number) =>
  figure(guarded) / figure(open);
const p95 = (samples: number[]) => percentile(samples, 0.95);

function summarise(rounds: readonly Round[]): AccessResult {
  const of = (value: (of: Round) => number) => round(median(rounds.map(value)));
  return {
    bench: 'access',
    ratio_read_p50: of(({ reads }) => ratioOf(reads, median)),
    ratio_append_p95: of(({ appends }) => ratioOf(appends, p95)),
    read_p50_ms: of(({ reads }) => median(reads.guarded)),
    append_p95_ms: of(({ appends }) => p95(appends.guarded)),
  };
}

function describe({ reads, appends }: Round): string {
  const line = (name: string, samples: Samples, figure: (of: number[]) => number) =>
    `${name} ${figure(samples.guarded).toFixed(2)} against ${figure(samples.open).toFixed(2)} ms (${ratioOf(samples, figure).toFixed(2)})`;
  return [
    line('read p50', reads, median),
    line('append p50', appends, median),
    line('append p95', appends, p95),
  ].join(', ');
}
