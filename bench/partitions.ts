/**
 * What decisions 0001 and 0002 were taken on: a LIST partition for each suite against 32 HASH partitions, and a foreign key to a
 * partitioned table against keys from leaf to leaf. On bare tables, so that nothing else of Bulkhead is measured.
 */
import type pg from 'pg';
import { withClient } from '../src/database/admin.ts';
import type { BenchContext, Figure } from './support/bench.ts';
import { median, round, timed } from './support/statistics.ts';

/** Medians of the rounds: creating a suite and a prepared query over two tables; linking by each kind of key. */
export type PartitionsResult = {
  bench: 'partitions';
  suites: number;
  list_create_ms: number;
  hash_create_ms: number;
  list_query_ms: number;
  hash_query_ms: number;
  links: number;
  parent_key_s: number;
  leaf_keys_s: number;
  no_partitions_s: number;
  parent_to_leaf_ratio: number;
};

/** How many suites there are, how many queries make a sample, and how many links are made at once. */
export type PartitionsSizes = { suites: number; queries: number; links: number };

type Layout = 'list' | 'hash';
type Keys = 'parent' | 'leaf' | 'none';

/** Measures the sides of both comparisons in turn. */
export async function run(
  context: BenchContext,
  sizes: Partial<PartitionsSizes> = {},
): Promise<PartitionsResult> {
  const { suites = 1000, queries = 200, links = 200_000 } = sizes;
  const { ownerUrl } = await context.createDatabase({ migrated: false });
  return withClient(ownerUrl, async (client) => {
    const creating = { list: 0, hash: 0 };
    for (const layout of ['list', 'hash'] as const) {
      creating[layout] = await createSuites(client, layout, suites);
      context.progress(`${suites} suites, ${layout}: ${creating[layout].toFixed(2)} ms each`);
    }
    for (const keys of ['parent', 'leaf', 'none'] as const) await createLinked(client, keys, links);
    const samples: Record<string, number[]> = {};
    const keep = (name: string, value: number) => {
      samples[name] = [...(samples[name] ?? []), value];
    };
    for (let number = 1; number <= context.rounds; number++) {
      for (const layout of ['list', 'hash'] as const)
        keep(layout, await timeQueries(client, layout, queries, suites));
      for (const keys of ['parent', 'leaf', 'none'] as const)
        keep(keys, await timeLinks(client, keys, links));
      context.progress(`round ${number} of ${context.rounds}`);
    }
    const of = (name: Layout | Keys) => median(samples[name] ?? []);
    return {
      bench: 'partitions',
      suites,
      list_create_ms: round(creating.list),
      hash_create_ms: round(creating.hash, 3),
      list_query_ms: round(of('list'), 3),
      hash_query_ms: round(of('hash'), 3),
      links,
      parent_key_s: round(of('parent')),
      leaf_keys_s: round(of('leaf')),
      no_partitions_s: round(of('none')),
      parent_to_leaf_ratio: round(of('parent') / of('leaf')),
    };
  });
}

/** The result as lines of a table. */
export function figures(result: PartitionsResult): Figure[] {
  const { suites, links } = result;
  return [
    {
      what: `creating a suite, LIST, ${suites} suites`,
      value: `${result.list_create_ms} ms (DDL)`,
    },
    { what: 'creating a suite, HASH', value: `${result.hash_create_ms} ms` },
    {
      what: `prepared query over two tables, LIST, ${suites} suites`,
      value: `${result.list_query_ms} ms`,
    },
    { what: 'the same, HASH', value: `${result.hash_query_ms} ms` },
    { what: `${links} links, key to the partitioned table`, value: `${result.parent_key_s} s` },
    { what: 'the same, keys leaf to leaf', value: `${result.leaf_keys_s} s` },
    { what: 'the same, no partitions', value: `${result.no_partitions_s} s` },
    {
      what: 'key to the partitioned table, over leaf to leaf',
      value: String(result.parent_to_leaf_ratio),
    },
  ];
}

const caseColumns =
  '(suite_id bigint not null, id bigint not null, input text, primary key (suite_id, id))';
const linkColumns =
  '(suite_id bigint not null, case_id bigint not null, tag text not null, primary key (suite_id, case_id, tag))';

/** Milliseconds for each suite that is created with its partitions and a case. */
async function createSuites(client: pg.ClientBase, layout: Layout, suites: number) {
  const [cases, links] = [`${layout}_cases`, `${layout}_links`];
  await client.query(`
    create table ${cases} ${caseColumns} partition by ${layout} (suite_id);
    create table ${links} ${linkColumns} partition by ${layout} (suite_id)`);
  if (layout === 'hash') await addHashPartitions(client, [cases, links]);
  const { ms } = await timed(async () => {
    for (let suite = 1; suite <= suites; suite++) {
      if (layout === 'list')
        await client.query(`
          create table ${cases}_${suite} partition of ${cases} for values in (${suite});
          create table ${links}_${suite} partition of ${links} for values in (${suite})`);
      await client.query(`insert into ${cases} values ($1, 1, 'x')`, [suite]);
    }
  });
  await client.query(`insert into ${links} select suite_id, id, 'rag' from ${cases}`);
  await client.query(`analyze ${cases}, ${links}`);
  return ms / suites;
}

async function addHashPartitions(client: pg.ClientBase, tables: string[]) {
  for (const table of tables)
    for (let remainder = 0; remainder < 32; remainder++)
      await client.query(
        `create table ${table}_${remainder} partition of ${table} for values with (modulus 32, remainder ${remainder})`,
      );
}

/** Milliseconds of a query by the generic plan that a prepared statement settles on. */
async function timeQueries(client: pg.ClientBase, layout: Layout, queries: number, suites: number) {
  await client.query('set plan_cache_mode = force_generic_plan');
  const text = `select c.id from ${layout}_cases c join ${layout}_links l on l.suite_id = c.suite_id and l.case_id = c.id
    where c.suite_id = $1 and l.suite_id = $1 and l.tag = 'rag'`;
  const ask = (suite: number) => client.query({ name: `of ${layout}`, text, values: [suite] });
  await ask(1);
  const times: number[] = [];
  for (let number = 0; number < queries; number++)
    times.push((await timed(() => ask(1 + (number % suites)))).ms);
  await client.query('reset plan_cache_mode');
  return median(times);
}

/** Cases in 20 suites, and an empty table for their links. */
async function createLinked(client: pg.ClientBase, keys: Keys, links: number) {
  const [cases, target] = [`${keys}_cases`, `${keys}_links`];
  const partitioned = keys === 'none' ? '' : 'partition by hash (suite_id)';
  await client.query(`
    create table ${cases} ${caseColumns} ${partitioned};
    create table ${target} ${linkColumns} ${partitioned}`);
  if (keys !== 'none') await addHashPartitions(client, [cases, target]);
  const refer = (from: string, to: string) =>
    client.query(
      `alter table ${from} add foreign key (suite_id, case_id) references ${to} (suite_id, id) on delete cascade`,
    );
  if (keys === 'leaf')
    for (let remainder = 0; remainder < 32; remainder++)
      await refer(`${target}_${remainder}`, `${cases}_${remainder}`);
  else await refer(target, cases);
  await client.query(
    `insert into ${cases} select 1 + i % 20, i, 'x' from generate_series(1, $1::int) i`,
    [links],
  );
  await client.query(`vacuum analyze ${cases}`);
}

/** Seconds of one statement that links all cases. */
async function timeLinks(client: pg.ClientBase, keys: Keys, links: number) {
  const insert = `insert into ${keys}_links select suite_id, id, 'rag' from ${keys}_cases limit ${links}`;
  const { ms } = await timed(() => client.query(insert));
  await client.query(`truncate ${keys}_links`);
  return ms / 1000;
}
