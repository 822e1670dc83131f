/**
 * What access costs: requests with a token and row-level security, against the same requests, with
 * the same token, where statements run as the owner, whom row-level security lets pass. And, for the
 * whole of it, against an owner's server that asks nobody who they are.
 */
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/express/v4';
import { withClient } from '../src/database/admin.ts';
import { makePool } from '../src/database/pools.ts';
import { makeListener } from '../src/graphql/listener.ts';
import { makePreset } from '../src/graphql/preset.ts';
import { makeApp } from '../src/http/app.ts';
import { callers } from '../src/http/callers.ts';
import { makeGate } from '../src/http/gate.ts';
import { startServer } from '../src/http/server.ts';
import type { BenchContext, BenchDatabase, Figure } from './support/bench.ts';
import { makeSide, type Side } from './support/side.ts';
import { median, percentile, round, timed } from './support/statistics.ts';

/** Medians of the rounds; each ratio is of the time with access to the time without. */
export type AccessResult = {
  bench: 'access';
  ratio_read_p50: number;
  ratio_append_p95: number;
  /** The same against a server that does not look at tokens at all. */
  ratio_read_p50_in_all: number;
  ratio_append_p95_in_all: number;
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

const names = ['guarded', 'owner', 'open'] as const;
type Sides = Record<(typeof names)[number], Side>;
type Samples = Record<(typeof names)[number], number[]>;
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
    owner: await startOwner(context, database, token),
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
    for (const name of names) await sides[name].stop();
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

/** The same server to the last header, but for its connections, which are the owner's. */
async function startOwner({ logger }: BenchContext, { ownerUrl }: BenchDatabase, token: string) {
  const pool = makePool(ownerUrl, 'bulkhead bench', logger, { pipeline: true, max: 20 });
  const listener = makeListener({ connectionString: ownerUrl, logger });
  const gate = makeGate({ pool, rateLimit: 1_000_000 });
  const credentialOf = (request: IncomingMessage) => callers.get(request)?.hash;
  const graphql = postgraphile(
    makePreset({ pool, listener, logger, credentialOf, onRefused: gate.forget }),
  );
  const handler = graphql.createServ(grafserv);
  const app = await makeApp({
    publicUrl: undefined,
    gate,
    signIn: (_request, _response, next) => next(),
    checkReady: async () => {},
    addGraphql: (to) => handler.addTo(to, null, false),
    logger,
  });
  const release = async () => {
    await listener.release();
    await graphql.release();
    await pool.end();
  };
  return serveSide(app, token, release);
}

async function serveSide(app: Express, token: string, release: () => Promise<void>) {
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const stop = async () => {
    await new Promise((resolve) => server.close(resolve));
    await release();
  };
  const { port } = server.address() as AddressInfo;
  return makeSide({ port, path: '/graphql', body: {}, token, stop });
}

/** The same GraphQL as the owner, whom policies let pass: no credential, no transaction around a read. */
async function startOpen({ logger }: BenchContext, { ownerUrl }: BenchDatabase): Promise<Side> {
  const pool = makePool(ownerUrl, 'bulkhead bench', logger);
  const listener = makeListener({ connectionString: ownerUrl, logger });
  const service = makePgService({ schemas: ['bulkhead'], pool, pgSubscriber: listener as never });
  const preset = makePreset({ pool, listener, logger });
  const grafast = { ...preset.grafast, context: () => ({ pgSettings: {} }) };
  const graphql = postgraphile({ ...preset, grafast, pgServices: [service] });
  const app = express();
  app.use('/graphql', express.json());
  await graphql.createServ(grafserv).addTo(app, null, false);
  return serveSide(app, 'nobody-asks', async () => {
    await listener.release();
    await graphql.release();
    await pool.end();
  });
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
  const samples: Samples = { guarded: [], owner: [], open: [] };
  for (let number = 0; number < requests; number++) {
    // Whoever comes second finds the pages of the first in the cache.
    for (const name of number % 2 ? names : names.toReversed()) {
      const { value, ms } = await timed(() => sides[name].ask(makeBody()));
      if (value.includes('"errors"')) throw new Error(`${name}: ${value.slice(0, 500)}`);
      samples[name].push(ms);
    }
  }
  return samples;
}

/** The result as lines of a table. */
export function figures(result: AccessResult): Figure[] {
  const { read_p50_ms, append_p95_ms } = result;
  const ratio = (value: number) => ({
    value: String(value),
    target: '≤ 1.15',
    reached: value <= 1.15,
  });
  return [
    { what: 'suites and a page of cases with a token, p50', value: `${read_p50_ms} ms` },
    { what: '  ratio to the owner', ...ratio(result.ratio_read_p50) },
    { what: '  ratio to no access control at all', value: String(result.ratio_read_p50_in_all) },
    { what: 'an append of one case with a token, p95', value: `${append_p95_ms} ms` },
    { what: '  ratio to the owner', ...ratio(result.ratio_append_p95) },
    { what: '  ratio to no access control at all', value: String(result.ratio_append_p95_in_all) },
  ];
}

/** A figure of the guarded side over the same of another one. */
const ratioTo = (
  other: 'owner' | 'open',
  samples: Samples,
  figure: (samples: number[]) => number,
) => figure(samples.guarded) / figure(samples[other]);
const p95 = (samples: number[]) => percentile(samples, 0.95);

function summarise(rounds: readonly Round[]): AccessResult {
  const of = (value: (of: Round) => number) => round(median(rounds.map(value)));
  return {
    bench: 'access',
    ratio_read_p50: of(({ reads }) => ratioTo('owner', reads, median)),
    ratio_append_p95: of(({ appends }) => ratioTo('owner', appends, p95)),
    ratio_read_p50_in_all: of(({ reads }) => ratioTo('open', reads, median)),
    ratio_append_p95_in_all: of(({ appends }) => ratioTo('open', appends, p95)),
    read_p50_ms: of(({ reads }) => median(reads.guarded)),
    append_p95_ms: of(({ appends }) => p95(appends.guarded)),
  };
}

function describe({ reads, appends }: Round): string {
  const line = (name: string, samples: Samples, figure: (of: number[]) => number) =>
    `${name} ${names.map((side) => figure(samples[side]).toFixed(2)).join(', ')} ms`;
  return [
    line('read p50', reads, median),
    line('append p50', appends, median),
    line('append p95', appends, p95),
  ].join(', ');
}
