/** Whoever changes some cases reads those, and not the suite, also when the statistics were made before the suite was filled. */
import test from 'ava';
import type pg from 'pg';
import {
  append,
  call,
  callOne,
  makeSuite,
  type Operation,
  type Queryable,
} from '../../helpers/cases.ts';
import { makeDatabase, rolledBack, useDatabase } from '../../helpers/database.ts';
import { holdSuite, runChunk, runToEnd, setChunkSize } from '../../helpers/operations.ts';
import { openSession } from '../../helpers/waits.ts';

/** Cases of the suite, and as many of those are changed at once. */
const [cases, some] = [10_000, 50];

/** Whoever changes so many cases and reads more rows has looked at others, too. */
const mostFor = (changed: number) => 100 + 20 * changed;

const database = useDatabase(test);

/** A large suite in partitions that were analysed when they had the cases of another suite only. */
let suite_id: string;

test.serial.before('fill a suite behind ANALYZE', async () => {
  const client = await database.pool.connect();
  try {
    suite_id = await makeSuite(client);
    await fill(client, await makeNeighbour(client, suite_id));
    await client.query('analyze bulkhead.test_cases, bulkhead.test_case_tags, bulkhead.suite_tags');
    await fill(client, suite_id);
  } finally {
    client.release();
  }
});

/** Another suite in the same partitions: all tables are partitioned alike. */
async function makeNeighbour(client: pg.PoolClient, suite: string): Promise<string> {
  const isNeighbour = `
    select from generate_series(0, 31) as r
    where satisfies_hash_partition('bulkhead.test_cases'::regclass, 32, r, $1::bigint)
      and satisfies_hash_partition('bulkhead.test_cases'::regclass, 32, r, $2::bigint)`;
  for (;;) {
    const other = await makeSuite(client);
    if ((await client.query(isNeighbour, [suite, other])).rows.length > 0) return other;
  }
}

async function fill(client: pg.PoolClient, suite_id: string) {
  for (const name of ['tier_a', 'tier_b'])
    await callOne(client, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
  await client.query(`set bulkhead.logged_by_function = 'on'`);
  for (const sql of [
    `insert into bulkhead.suite_tags (suite_id, name)
     select $1::bigint, 'tag-' || i from generate_series(1, $2::integer) as i union all select $1, 'rag'`,
    `insert into bulkhead.test_cases (suite_id, external_key, input)
     select $1, 'k' || i, '"as it was"' from generate_series(1, $2::integer) as i`,
    `insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key)
     select c.suite_id, c.id, t.name, t.group_key
     from bulkhead.test_cases c join bulkhead.suite_tags t on t.suite_id = c.suite_id and t.name in ('rag', 'tier_a')
     where c.suite_id = $1 and $2::integer > 0`,
  ])
    await client.query(sql, [suite_id, cases]);
  await client.query(`set bulkhead.logged_by_function = 'off'`);
}

type Payload = { external_key: string; input: string; tags: string[] };

const makeCases = (key: string, first: number, count: number, input = 'as it was'): Payload[] =>
  Array.from({ length: count }, (_, n) => ({
    ...{ external_key: `${key}${first + n}`, input, tags: ['rag', 'tier_a'] },
  }));

/** Rows of cases, links, versions and dictionaries that some work reads. */
async function rowsRead(client: Queryable, work: () => Promise<unknown>): Promise<number> {
  const count = async () => {
    const { rows } = await client.query(`
      select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read)::integer as read
      from pg_stat_xact_user_tables where relname ~ '^(test_case|suite_tag)'`);
    return rows[0].read;
  };
  const before = await count();
  await work();
  return (await count()) - before;
}

const all = { all_cases: true };
const operations: Record<string, [name: string, args: Record<string, unknown>]> = {
  'putting a tag on': ['bulk_tag', { ...all, add: ['new'] }],
  'taking a tag off': ['bulk_tag', { ...all, remove: ['rag'] }],
  'replacing a tag of a group': ['bulk_tag', { ...all, add: ['tier_b'] }],
  renaming: ['bulk_rename_tag', { tag: 'rag', new_name: 'retrieval' }],
  'setting a status': ['bulk_set_status', { ...all, set_status: 'archived' }],
  deleting: ['bulk_delete', all],
};

for (const [what, [name, args]] of Object.entries(operations))
  test.serial(`a chunk of ${what}, and of its undo`, async (t) => {
    const holder = await openSession(t, database);
    await rolledBack(database.pool, async (client) => {
      await holdSuite(holder, suite_id);
      const reads = async (operation: Operation) => {
        await setChunkSize(client, operation, some);
        const read = await rowsRead(client, () => runChunk(client, operation));
        await callOne(client, 'cancel_operation', { suite_id, operation_id: operation.id });
        const { changed } = await runToEnd(client, operation);
        t.is(changed, String(some));
        t.true(read <= mostFor(some), `the ${operation.kind} has read ${read} rows`);
      };
      const operation = await callOne<Operation>(client, name, {
        suite_id,
        ...args,
      });
      await reads(operation);
      const { id: operation_id } = operation;
      await reads(await callOne<Operation>(client, 'undo_operation', { suite_id, operation_id }));
    });
  });

/** What writes cases of a suite, some new and some known. */
const writers: Record<
  string,
  (client: Queryable, suite: string, payload: Payload[]) => Promise<unknown>
> = {
  append: (client, suite, payload) => append(client, suite, payload, 'update'),
  import: (client, suite_id, payload) =>
    call(client, 'import_at_once', {
      ...{ suite_id, on_conflict: 'update', tag_meanings: '{}' },
      import_rows: JSON.stringify(payload.map((row, line) => ({ ...row, line: line + 1 }))),
    }),
};

for (const [what, write] of Object.entries(writers))
  test.serial(`an ${what} of new cases, and of known ones`, async (t) => {
    await rolledBack(database.pool, async (client) => {
      for (const count of [1, some]) {
        const created = makeCases(`new${count}-`, 0, count);
        const edited = makeCases('k', 1000, count, 'edited');
        for (const payload of [created, edited, edited]) {
          const read = await rowsRead(client, () => write(client, suite_id, payload));
          t.true(read <= mostFor(count), `${count} ${payload[0]?.input}: ${read} rows read`);
        }
      }
    });
  });

test.serial(
  'plans that sessions have made while a suite was small do not outlive an import',
  async (t) => {
    const other = await makeDatabase(t);
    const session = await openSession(t, other);
    const small = await makeSuite(session);
    await append(session, small, makeCases('k', 0, 1));
    await session.query(
      'analyze bulkhead.test_cases, bulkhead.test_case_tags, bulkhead.suite_tags',
    );
    for (let n = 1; n < 10; n++) await append(session, small, makeCases('k', n, 1));
    const importer = await openSession(t, other);
    await writers.import?.(importer, small, makeCases('imported', 0, cases));
    await session.query('begin');
    const read = await rowsRead(session, () => append(session, small, makeCases('new', 0, 1)));
    await session.query('commit');
    t.true(read <= mostFor(1), `${read} rows read`);
  },
);
