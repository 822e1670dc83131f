/** What GraphQL costs: a page of cases with their tags, against the same page by plain pg and express. */
import type { AddressInfo } from 'node:net';
import express from 'express';
import { withClient } from '../src/database/admin.ts';
import { makeRequestPool } from '../src/database/pools.ts';
import { useCredential } from '../src/graphql/request-client.ts';
import { hashSecret } from '../src/http/credentials.ts';
import { startServer } from '../src/http/server.ts';
import type { BenchContext, BenchDatabase, Figure } from './support/bench.ts';
import { makeSide, type Side } from './support/side.ts';
import { median, round, timed } from './support/statistics.ts';

/** Medians of the rounds; the ratio is of GraphQL to plain. */
export type GraphqlResult = {
  bench: 'graphql';
  graphql_p50_ms: number;
  plain_p50_ms: number;
  ratio_p50: number;
};

/** How many cases the suite has, and how many requests each side answers in a round. */
export type GraphqlSizes = { cases: number; requests: number };

const document = `query ($suite: BigInt!) {
  suite(id: $suite) {
    cases(first: 50) {
      nodes { id externalKey input expectedOutput metadata status version createdAt tags }
    }
  }
}`;

const statement = `
  select c.id, c.external_key as "externalKey", c.input, c.expected_output as "expectedOutput", c.metadata, c.status, c.version,
    c.created_at as "createdAt",
    array(
      select l.tag from bulkhead.test_case_tags l where l.suite_id = c.suite_id and l.case_id = c.id order by l.tag
    ) as tags
  from bulkhead.test_cases c
  where c.suite_id = $1
  order by c.id
  limit 50`;

/** Asks both sides in turn for the same page. */
export async function run(
  context: BenchContext,
  sizes: Partial<GraphqlSizes> = {},
): Promise<GraphqlResult> {
  const { cases = 1000, requests = 500 } = sizes;
  const database = await context.createDatabase();
  const page = await fillSuite(database, cases);
  const graphql = await startGraphql(context, database, page);
  const plain = await startPlain(database, page);
  try {
    await compare(graphql, plain);
    for (const side of [graphql, plain]) await medianOf(side, requests);
    const rounds = [];
    for (let number = 1; number <= context.rounds; number++) {
      const measured = {
        graphql: await medianOf(graphql, requests),
        plain: await medianOf(plain, requests),
      };
      rounds.push(measured);
      context.progress(`round ${number}: ${describe(measured)}`);
    }
    return summarise(rounds);
  } finally {
    await graphql.stop();
    await plain.stop();
  }
}

/** What is asked for, and the token by which. */
type Page = { suite: string; token: string };

type Round = { graphql: number; plain: number };

function fillSuite({ ownerUrl }: BenchDatabase, cases: number): Promise<Page> {
  return withClient(ownerUrl, async (client) => {
    const { rows } = await client.query(`select id from bulkhead.create_suite('page')`);
    await client.query(
      `select from bulkhead.append_cases($1, (
         select jsonb_agg(jsonb_build_object(
           'external_key', 'case/' || i,
           'input', 'What does error E' || i || ' mean, and how do I get rid of it on a device that is out of warranty?',
           'expected_output', 'Error E' || i || ' means that the door is open. Close it, and start again.',
           'metadata', jsonb_build_object('source', 'bench', 'number', i),
           'tags', jsonb_build_array('rag', 'source_' || i % 7, 'round_' || i % 3)
         ))
         from generate_series(1, $2::integer) as i
       ))`,
      [rows[0].id, cases],
    );
    await client.query('vacuum analyze');
    const suite = rows[0].id;
    const made = await client.query('select token from bulkhead.create_token(array[$1::bigint])', [
      suite,
    ]);
    return { suite, token: made.rows[0].token };
  });
}

async function startGraphql({ logger }: BenchContext, urls: BenchDatabase, page: Page) {
  const config = { host: '127.0.0.1', port: 0, rateLimit: 1_000_000 };
  const server = await startServer({ config, logger, ...urls });
  const body = { query: document, variables: { suite: page.suite } };
  const { port, stop } = server;
  return makeSide({ port, path: '/graphql', body, token: page.token, stop });
}

/** What one would write without GraphQL, for this page alone: as safe, and as few round trips. */
async function startPlain({ apiUrl }: BenchDatabase, page: Page): Promise<Side> {
  const pool = makeRequestPool(apiUrl);
  const app = express();
  app.use(express.json());
  app.post('/page', async (request, response) => {
    const hash = hashSecret(request.headers.authorization?.slice('Bearer '.length), 'bhd_');
    if (!hash) throw new Error('no token');
    const client = await pool.connect();
    try {
      const [, , { rows }] = await Promise.all([
        client.query('begin'),
        client.query(useCredential(hash)),
        client.query({ name: 'page', text: statement, values: [request.body.suite] }),
        client.query('commit'),
      ]);
      response.json(rows);
    } finally {
      client.release();
    }
  });
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.close();
    await pool.end();
  };
  return makeSide({ port, path: '/page', body: { suite: page.suite }, token: page.token, stop });
}

/** Both sides have to give the same cases, or the comparison means nothing. */
async function compare(graphql: Side, plain: Side): Promise<void> {
  const [ofGraphql, ofPlain] = [JSON.parse(await graphql.ask()), JSON.parse(await plain.ask())];
  const known = (cases: { externalKey: string; input: string; tags: string[] }[]) =>
    JSON.stringify(cases.map(({ externalKey, input, tags }) => [externalKey, input, tags]));
  if (known(ofGraphql.data.suite.cases.nodes) !== known(ofPlain))
    throw new Error('GraphQL and plain SQL give different pages');
}

async function medianOf(side: Side, requests: number): Promise<number> {
  const samples = [];
  for (let number = 0; number < requests; number++)
    samples.push((await timed(() => side.ask())).ms);
  return median(samples);
}

/** The result as lines of a table. */
export function figures(result: GraphqlResult): Figure[] {
  const { graphql_p50_ms, plain_p50_ms, ratio_p50 } = result;
  return [
    { what: 'a page by GraphQL, p50', value: `${graphql_p50_ms} ms` },
    { what: 'the same by pg and express, p50', value: `${plain_p50_ms} ms` },
    { what: '  ratio', value: String(ratio_p50), target: '≤ 2', reached: ratio_p50 <= 2 },
  ];
}

function summarise(rounds: readonly Round[]): GraphqlResult {
  const of = (value: (of: Round) => number) => round(median(rounds.map(value)));
  return {
    bench: 'graphql',
    graphql_p50_ms: of(({ graphql }) => graphql),
    plain_p50_ms: of(({ plain }) => plain),
    ratio_p50: of(({ graphql, plain }) => graphql / plain),
  };
}

function describe({ graphql, plain }: Round): string {
  return `GraphQL ${graphql.toFixed(2)} ms, plain ${plain.toFixed(2)} ms (${(graphql / plain).toFixed(2)})`;
}
