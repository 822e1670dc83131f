/** Invariants 1 and 10: what would cross suites, or break a rule, is refused even to the owner in psql. */
import test from 'ava';
import {
  appendTagged,
  call,
  callOne,
  makeSuite,
  type Operation,
  type Queryable,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { type Refusal, refuses } from '../../helpers/errors.ts';
import { asUser } from '../../helpers/roles.ts';

const database = useDatabase(test);

async function makeWorld(client: Queryable) {
  const [one, other] = [await makeSuite(client), await makeSuite(client)];
  for (const name of ['tier_a', 'tier_b'])
    await call(client, 'define_tag', { suite_id: one, name, exclusive_group: 'tier' });
  const ids = await appendTagged(client, one, { a: 'tier_a rag', b: 'rag' });
  const others = await appendTagged(client, other, { a: 'theirs' });
  const operation = await callOne<Operation>(client, 'bulk_tag', {
    suite_id: one,
    all_cases: true,
    remove: ['rag'],
  });
  return { one, other, a: ids.a, b: ids.b, theirs: others.a, operation: operation.id };
}

/** Statements of an owner in psql; ${name} stands for a value of the world above. */
const crossings: [statement: string, refusal: Refusal][] = [
  [
    `insert into bulkhead.test_case_tags (suite_id, case_id, tag) values (\${one}, \${theirs}, 'rag')`,
    { code: '23503', constraint: 'link_is_of_a_case_of_the_same_suite' },
  ],
  [
    `insert into bulkhead.test_case_tags (suite_id, case_id, tag) values (\${other}, \${a}, 'theirs')`,
    { code: '23503', constraint: 'link_is_of_a_case_of_the_same_suite' },
  ],
  [
    `insert into bulkhead.test_case_tags (suite_id, case_id, tag) values (\${one}, \${b}, 'theirs')`,
    { code: '23503', constraint: 'tag_is_in_the_dictionary_of_the_suite' },
  ],
  [
    `update bulkhead.test_case_tags set suite_id = \${other} where suite_id = \${one}`,
    { code: '23503' },
  ],
  [
    `update bulkhead.test_case_tags set tag = 'theirs', group_key = '' where suite_id = \${one}`,
    { code: '23503', constraint: 'tag_is_in_the_dictionary_of_the_suite' },
  ],
  [
    `update bulkhead.test_cases set suite_id = \${other} where suite_id = \${one}`,
    { code: 'TCMOV' },
  ],
  [`update bulkhead.test_cases set id = id + 1000000 where suite_id = \${one}`, { code: 'TCMOV' }],
  [
    `update bulkhead.suite_tags set alias_of = 'theirs' where suite_id = \${one} and name = 'rag'`,
    { code: '23503', constraint: 'alias_is_of_a_tag_of_the_same_suite' },
  ],
  [
    `update bulkhead.suite_tags set suite_id = \${other} where suite_id = \${one} and name = 'tier_a'`,
    { code: '23503' },
  ],
  [
    `update bulkhead.bulk_operations set suite_id = \${other} where id = \${operation}`,
    { code: '23503' },
  ],
  [
    `insert into bulkhead.bulk_operations (suite_id, kind, high_water_id, undoes_operation_id) values (\${other}, 'undo', 0, \${operation})`,
    { code: '23503', constraint: 'undo_is_of_an_operation_of_the_same_suite' },
  ],
  [
    `insert into bulkhead.bulk_operations (suite_id, kind, high_water_id, retries_operation_id) values (\${other}, 'tag', 0, \${operation})`,
    { code: '23503', constraint: 'retry_is_of_an_operation_of_the_same_suite' },
  ],
  [
    `insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, case_ids) values (\${other}, \${operation}, 1, 'case_deleted', '{1}')`,
    { code: '23503', constraint: 'change_is_of_an_operation' },
  ],
  [
    `insert into bulkhead_private.operation_cancellations (suite_id, operation_id) values (\${other}, \${operation})`,
    { code: '23503', constraint: 'cancellation_is_of_an_operation' },
  ],
  [
    `insert into bulkhead.test_cases (suite_id, input) values (0, '1')`,
    { code: '23503', constraint: 'case_belongs_to_a_suite' },
  ],
  [
    `insert into bulkhead.suite_tags (suite_id, name) values (0, 'x')`,
    { code: '23503', constraint: 'tag_belongs_to_a_suite' },
  ],
  [`delete from bulkhead.test_suites where id = \${one}`, { code: '23503' }],
];

const breaches: [statement: string, refusal: Refusal][] = [
  // a second tag of an exclusive group, with and without the group that belongs to it
  [
    `insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key) values (\${one}, \${a}, 'tier_b', 'tier')`,
    { code: '23505' },
  ],
  [
    `insert into bulkhead.test_case_tags (suite_id, case_id, tag) values (\${one}, \${a}, 'tier_b')`,
    { code: '23503', constraint: 'tag_is_in_the_dictionary_of_the_suite' },
  ],
  [
    `insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key) values (\${one}, \${a}, 'tier_b', 'other')`,
    { code: '23503', constraint: 'tag_is_in_the_dictionary_of_the_suite' },
  ],
  [
    `update bulkhead.test_case_tags set group_key = '' where suite_id = \${one} and tag = 'tier_a'`,
    { code: '23503' },
  ],
  [
    `update bulkhead.suite_tags set exclusive_group = null where suite_id = \${one} and name = 'tier_a'`,
    { code: '23503', constraint: 'tag_is_in_the_dictionary_of_the_suite' },
  ],
  [
    `update bulkhead.suite_tags set name = 'gold' where suite_id = \${one} and name = 'tier_a'`,
    { code: '23503' },
  ],
  [
    `delete from bulkhead.suite_tags where suite_id = \${one} and name = 'tier_a'`,
    { code: '23503' },
  ],
  [
    `insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key) values (\${one}, \${a}, 'tier_a', 'tier')`,
    { code: '23505' },
  ],
  [
    `insert into bulkhead.suite_tags (suite_id, name) values (\${one}, 'Bad Name')`,
    { code: '23514', constraint: 'tag_is_lower_case_and_at_most_63_long' },
  ],
  [
    `insert into bulkhead.suite_tags (suite_id, name, exclusive_group) values (\${one}, 'x', '')`,
    { code: '23514', constraint: 'group_is_lower_case_and_at_most_63_long' },
  ],
  [
    `update bulkhead.suite_tags set alias_of = name where suite_id = \${one}`,
    { code: '23514', constraint: 'alias_is_of_another_tag' },
  ],
  [
    `insert into bulkhead.suite_tags (suite_id, name, group_key) values (\${one}, 'x', 'tier')`,
    { code: '428C9' },
  ],
  [
    `update bulkhead.test_cases set status = 'deleted' where suite_id = \${one}`,
    { code: '23514', constraint: 'case_status_is_active_or_archived' },
  ],
  [`update bulkhead.test_cases set status = null where suite_id = \${one}`, { code: '23502' }],
  [`update bulkhead.test_cases set input = null where suite_id = \${one}`, { code: '23502' }],
  [
    `update bulkhead.test_cases set input = 'null' where suite_id = \${one}`,
    { code: '23514', constraint: 'input_is_not_null_in_json' },
  ],
  [
    `update bulkhead.test_cases set metadata = '[]' where suite_id = \${one}`,
    { code: '23514', constraint: 'metadata_is_an_object' },
  ],
  [
    `update bulkhead.test_cases set external_key = '' where suite_id = \${one}`,
    { code: '23514', constraint: 'external_key_is_1_to_512_long' },
  ],
  [
    `update bulkhead.test_cases set external_key = 'b' where suite_id = \${one} and id = \${a}`,
    { code: '23505' },
  ],
  [
    `update bulkhead.test_cases set version = 0 where suite_id = \${one}`,
    { code: '23514', constraint: 'version_is_positive' },
  ],
  [
    `update bulkhead.bulk_operations set kind = 'explode' where suite_id = \${one}`,
    { code: '23514', constraint: 'operation_kind_is_known' },
  ],
  [
    `update bulkhead.bulk_operations set state = 'done' where suite_id = \${one}`,
    { code: '23514' },
  ],
  [
    `update bulkhead.bulk_operations set state = 'running' where suite_id = \${one}`,
    { code: '23514', constraint: 'finished_at_is_set_when_it_is_over' },
  ],
  [
    `update bulkhead.bulk_operations set changed = changed + 1 where suite_id = \${one}`,
    { code: '23514', constraint: 'processed_is_the_sum_of_the_outcomes' },
  ],
  [
    `update bulkhead.bulk_operations set pace = 2 where suite_id = \${one}`,
    { code: '23514', constraint: 'pace_is_a_share_of_the_time' },
  ],
  [
    `update bulkhead.bulk_operations set chunk_size = 0 where suite_id = \${one}`,
    { code: '23514', constraint: 'chunk_size_is_positive' },
  ],
  [
    `update bulkhead.bulk_operations set undoes_operation_id = id where suite_id = \${one}`,
    { code: '23514', constraint: 'only_an_undo_undoes' },
  ],
  [
    `insert into bulkhead_partitions.test_cases_00 (suite_id, input) select s, '1'::jsonb from unnest(array[\${one}, \${other}]::bigint[]) s
    union all select g, '1'::jsonb from generate_series(1, 99) g`,
    { code: '23514' },
  ],
];

for (const [title, statements] of Object.entries({
  'invariant 1: a reference from one suite to another cannot be expressed': crossings,
  'invariant 10: what psql can do wrong, the database refuses': breaches,
})) {
  test(title, async (t) => {
    await rolledBack(database.pool, async (client) => {
      const world: Record<string, string | undefined> = await makeWorld(client);
      for (const [statement, refusal] of statements) {
        const sql = statement.replaceAll(/\$\{(\w+)\}/g, (_, name) => world[name] ?? 'null');
        await client.query('savepoint statement');
        const error = await client.query(sql).then(
          () => null,
          (reason) => reason,
        );
        await client.query('rollback to savepoint statement');
        t.is(error?.code, refusal.code, `${sql}: ${error?.message}`);
        if (refusal.constraint) t.is(error.constraint, refusal.constraint, sql);
      }
    });
  });
}

test('invariant 10: a group whose tag is unused can move, and a tag that is its own can be an alias', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const { one } = await makeWorld(client);
    await client.query(
      `update bulkhead.suite_tags set exclusive_group = null where suite_id = $1 and name = 'tier_b'`,
      [one],
    );
    await client.query(
      `update bulkhead.suite_tags set alias_of = 'tier_a' where suite_id = $1 and name = 'rag'`,
      [one],
    );
    t.pass();
  });
});

test('invariant 10: a request cannot write what only functions may', async (t) => {
  await asUser(database, async (client) => {
    const suite_id = await makeSuite(client);
    const [id] = Object.values(await appendTagged(client, suite_id, { a: 'rag' }));
    const forbidden = [
      `update bulkhead.test_cases set status = 'archived'`,
      `update bulkhead.test_cases set payload_hash = null`,
      `update bulkhead.test_cases set version = 7`,
      `update bulkhead.test_cases set suite_id = 1`,
      `insert into bulkhead.test_cases (suite_id, input) values (${suite_id}, '1')`,
      `insert into bulkhead.test_case_tags (suite_id, case_id, tag) values (${suite_id}, ${id}, 'rag')`,
      'delete from bulkhead.test_case_tags',
      `update bulkhead.suite_tags set meaning = 'x'`,
      `update bulkhead.bulk_operations set state = 'cancelled'`,
      'delete from bulkhead.test_suites',
      `update bulkhead.test_suites set slug = 'x'`,
      `update bulkhead.test_suites set archived_at = now()`,
      'truncate bulkhead.test_suites',
      'select from bulkhead_private.change_log',
      'select bulkhead_private.clock()',
      'select bulkhead_private.run_chunk(1, 1)',
      'select from bulkhead_partitions.test_cases_00',
      `select graphile_worker.add_job('bulk_delete', '{}')`,
      `select nextval('bulkhead.test_cases_id_seq')`,
      'create table bulkhead.x ()',
      'create table public.x ()',
      'create temporary table x ()',
      'set role bulkhead_owner',
      'lock table bulkhead.test_cases in exclusive mode',
    ];
    for (const statement of forbidden)
      await refuses(t, client, () => client.query(statement), { code: '42501' });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'rag' });
    await client.query(
      `update bulkhead.test_suites set description = 'mine', tag_policy = 'closed' where id = $1`,
      [suite_id],
    );
  });
});
