/** Invariant 1: compartments by key. A reference from one suite to another cannot be expressed. */
import test from 'ava';
import { useDatabase } from '../helpers/database.ts';
import { ourSchemas, testRule } from '../helpers/lint.ts';

const database = useDatabase(test);

/** Who comes in, and with what: no data of any suite. A membership, which is, belongs to its suite. */
const aboutPrincipals = `array[
  'bulkhead.principals', 'bulkhead_private.principal_suites', 'bulkhead_private.credentials',
  'bulkhead_private.token_uses', 'bulkhead_private.signing_key'
]::regclass[]`;

/** Every table with suite data; partitions count, because each has keys and indexes of its own. */
const suiteTables = `
  select c.oid, c.oid::regclass::text as name
  from pg_class c
  where c.relnamespace::regnamespace::text in ${ourSchemas} and c.relkind in ('r', 'p')
    and c.oid <> 'bulkhead.test_suites'::regclass and c.oid <> all (${aboutPrincipals})`;

testRule(test, database, {
  rule: 'every table belongs to suites, by a suite_id that is never null',
  sql: `
    select format('%s has no suite_id that is a bigint and not null', t.name) as problem
    from (${suiteTables}) t
    where not exists (
      select from pg_attribute a
      where a.attrelid = t.oid and a.attname = 'suite_id' and a.attnotnull and a.atttypid = 'bigint'::regtype
    )`,
  broken: [
    {
      by: 'create table bulkhead.notes (id bigint, constraint notes_pkey primary key (id))',
      reports: /notes has no suite_id/,
    },
    {
      by: 'create table bulkhead_private.notes (suite_id bigint)',
      reports: /notes has no suite_id/,
    },
  ],
});

testRule(test, database, {
  rule: 'every table has a primary key',
  sql: `
    select format('%s has no primary key', t.name) as problem
    from (${suiteTables}) t
    where not exists (select from pg_constraint k where k.conrelid = t.oid and k.contype = 'p')`,
  broken: [
    {
      by: 'create table bulkhead.notes (suite_id bigint not null)',
      reports: /notes has no primary key/,
    },
  ],
});

testRule(test, database, {
  rule: 'every primary key, unique constraint and index leads with suite_id',
  sql: `
    select format('%s of %s does not lead with suite_id', i.indexrelid::regclass, t.name) as problem
    from (${suiteTables}) t
    join pg_index i on i.indrelid = t.oid
    left join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
    where a.attname is distinct from 'suite_id'`,
  broken: [
    {
      by: `create table bulkhead.notes (
        suite_id bigint not null, id bigint, constraint notes_pkey primary key (id, suite_id)
      )`,
      reports: /notes_pkey of bulkhead.notes does not lead/,
    },
    {
      by: 'create index suite_tags_name_idx on bulkhead.suite_tags (name)',
      reports: /suite_tags_name_idx/,
    },
    {
      by: 'create index suite_tags_lower_idx on bulkhead.suite_tags (lower(name), suite_id)',
      reports: /suite_tags_lower_idx/,
    },
    {
      by: 'alter table bulkhead.suite_tags add constraint name_is_unique unique (name)',
      reports: /name_is_unique/,
    },
    {
      by: 'create index leaf_idx on bulkhead_partitions.test_cases_07 (external_key)',
      reports: /leaf_idx/,
    },
  ],
});

testRule(test, database, {
  rule: 'every foreign key joins suite_id to suite_id, or to the suite itself, or names a principal',
  sql: `
    select format('%s of %s can cross suites', k.conname, t.name) as problem
    from (${suiteTables}) t
    join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    join pg_attribute f on f.attrelid = k.confrelid and f.attnum = k.confkey[1]
    where k.confrelid <> 'bulkhead.principals'::regclass and (
      a.attname <> 'suite_id'
      or f.attname <> case when k.confrelid = 'bulkhead.test_suites'::regclass then 'id' else 'suite_id' end
    )`,
  broken: [
    {
      by: `create table bulkhead.notes (
        suite_id bigint not null, id bigint not null, about bigint,
        constraint notes_pkey primary key (suite_id, id), constraint notes_id_key unique (id),
        constraint note_is_about_a_note foreign key (about) references bulkhead.notes (id)
      )`,
      reports: /note_is_about_a_note of bulkhead.notes can cross suites/,
    },
    {
      by: `create table bulkhead.notes (
        suite_id bigint not null, other_suite_id bigint, operation_id bigint,
        constraint notes_pkey primary key (suite_id),
        constraint note_is_of_an_operation foreign key (other_suite_id, operation_id)
          references bulkhead.bulk_operations (suite_id, id)
      )`,
      reports: /note_is_of_an_operation/,
    },
  ],
});

testRule(test, database, {
  rule: 'test_suites is referred to by nothing but suite_id, and refers to nothing',
  sql: `
    select format('%s of %s', k.conname, k.conrelid::regclass) as problem
    from pg_constraint k
    where k.contype = 'f'
      and (
        k.conrelid = 'bulkhead.test_suites'::regclass
        or k.confrelid = 'bulkhead.test_suites'::regclass and cardinality(k.conkey) > 1
      )`,
  broken: [
    {
      by: `alter table bulkhead.test_suites add column parent_id bigint,
        add constraint suite_has_a_parent foreign key (parent_id) references bulkhead.test_suites (id)`,
      reports: /suite_has_a_parent/,
    },
  ],
});

/** The leaves of a partitioned table with their share of the hash. */
const leavesOf = (table: string) => `
  select c.oid, pg_get_expr(c.relpartbound, c.oid) as share
  from pg_inherits h join pg_class c on c.oid = h.inhrelid
  where h.inhparent = '${table}'::regclass`;

testRule(test, database, {
  rule: 'each leaf of links refers to the leaf of cases with the same remainder',
  sql: `
    select format('%s has no key to a leaf of cases %s', l.oid::regclass, l.share) as problem
    from (${leavesOf('bulkhead.test_case_tags')}) l
    where (
      select count(*)
      from pg_constraint k
      join (${leavesOf('bulkhead.test_cases')}) c on c.oid = k.confrelid and c.share = l.share
      where k.conrelid = l.oid and k.contype = 'f' and k.convalidated and k.confdeltype = 'c'
        and pg_get_constraintdef(k.oid) like 'FOREIGN KEY (suite_id, case_id) REFERENCES %(suite_id, id) ON DELETE CASCADE'
    ) <> 1
    union all
    select format('%s leaves of %s', count(l.oid), t.name)
    from (values ('cases'), ('links')) as t (name)
    left join (
      select 'cases' as name, oid, share from (${leavesOf('bulkhead.test_cases')}) c
      union all
      select 'links', oid, share from (${leavesOf('bulkhead.test_case_tags')}) c
    ) as l on l.name = t.name and l.share ~ '^FOR VALUES WITH \\(modulus 32, remainder \\d+\\)$'
    group by t.name
    having count(l.oid) <> 32`,
  broken: [
    {
      by: `alter table bulkhead_partitions.test_case_tags_07 drop constraint link_is_of_a_case_of_the_same_suite`,
      reports: /test_case_tags_07 has no key/,
    },
    {
      by: `alter table bulkhead_partitions.test_case_tags_07 drop constraint link_is_of_a_case_of_the_same_suite,
        add constraint link_is_of_a_case_of_the_same_suite foreign key (suite_id, case_id)
        references bulkhead_partitions.test_cases_08 (suite_id, id) on delete cascade`,
      reports: /test_case_tags_07 has no key/,
    },
    {
      by: 'alter table bulkhead.test_cases detach partition bulkhead_partitions.test_cases_31',
      reports: /31 leaves of cases/,
    },
  ],
});

testRule(test, database, {
  rule: 'ids come from a sequence by default, never by identity, which would bar a move to Citus',
  sql: `
    select format('%s.%s is an identity column', a.attrelid::regclass, a.attname) as problem
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace::regnamespace::text in ${ourSchemas} and a.attidentity <> ''`,
  broken: [
    {
      by: 'create table bulkhead.notes (suite_id bigint, id bigint generated always as identity)',
      reports: /notes.id is an identity/,
    },
  ],
});
