/** What decision records forbid and no other rule looks at. Which record a rule holds is in test/helpers/records.ts. */
import test from 'ava';
import { useDatabase } from '../helpers/database.ts';
import { ourSchemas, testRule } from '../helpers/lint.ts';

const database = useDatabase(test);

/** Tables, with and without partitions, and views of ours. */
const ourColumns = `
  select c.oid::regclass::text as relation, c.relname, a.attname, a.atttypid, a.attrelid, c.relkind
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace::regnamespace::text in ${ourSchemas} and c.relkind in ('r', 'p', 'v')`;

const makeFunction = (body: string) =>
  `create function bulkhead_private.f() returns void language plpgsql set search_path = pg_catalog, pg_temp as $f$ begin ${body} end $f$`;

testRule(test, database, {
  rule: 'tables are partitioned by the hash of suite_id, and by nothing else',
  sql: `
    select format('%s is partitioned by %s', c.oid::regclass, pg_get_partkeydef(c.oid)) as problem
    from pg_class c
    where c.relnamespace::regnamespace::text in ${ourSchemas} and c.relkind = 'p'
      and pg_get_partkeydef(c.oid) <> 'HASH (suite_id)'`,
  broken: ['list (suite_id)', 'range (suite_id)', 'hash (suite_id, id)'].map((by) => ({
    by: `create table bulkhead.notes (suite_id bigint not null, id bigint not null) partition by ${by}`,
    reports: /notes is partitioned by .*forbidden by docs\/adr\/0001-hash-partitions.md/,
  })),
});

testRule(test, database, {
  rule: 'no statistics say which suites a table has',
  sql: `
    select format('%s keeps statistics of suite_id', a.attrelid::regclass) as problem
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where (c.relkind = 'p' or c.relispartition or c.relname = 'suite_tags') and c.relkind <> 'I' and c.relnamespace::regnamespace::text in ${ourSchemas}
      and a.attname = 'suite_id' and a.attstattarget is distinct from 0
      and exists (select from pg_index i where i.indrelid = c.oid)`,
  broken: [
    {
      by: 'alter table bulkhead.test_case_tags alter column suite_id set statistics 100',
      reports: /test_case_tags keeps statistics.*0018-no-statistics-of-suites/,
    },
    {
      by: 'alter table bulkhead.suite_tags alter column suite_id set statistics -1',
      reports: /suite_tags keeps statistics.*0018-no-statistics-of-suites/,
    },
  ],
});

testRule(test, database, {
  rule: 'no function makes, alters or drops a table',
  // what a session keeps for itself is not seen by anybody else, and may be made
  sql: `
    select format('%s: %s', p.oid::regprocedure, d.found[1]) as problem
    from pg_proc p
    cross join regexp_matches(
      p.prosrc, '\\m((?:create|alter|drop|truncate)\\s+(?:unlogged\\s+)?(?:table|index|unique index)\\s+(?!if exists pg_temp|pg_temp)\\S+)', 'gi'
    ) as d (found)
    where p.pronamespace::regnamespace::text in ${ourSchemas}
      and not exists (select from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e')`,
  broken: [
    {
      by: makeFunction(
        `execute format('create table bulkhead_partitions.%I partition of bulkhead.test_cases for values in (7)', 'suite_7');`,
      ),
      reports: /f\(\): create table.*0001-hash-partitions/,
    },
    { by: makeFunction('alter table bulkhead.test_cases add column x int;'), reports: /f\(\)/ },
  ],
});

testRule(test, database, {
  rule: 'a tag is a name wherever it stands, never a number',
  sql: `
    select format('%s.%s is %s', c.relation, c.attname, c.atttypid::regtype) as problem
    from (${ourColumns}) c
    where c.attname ~ '^(\\w+_)?tag_?ids?$' or c.attname = 'tag' and c.atttypid <> 'text'::regtype`,
  broken: [
    {
      by: 'alter table bulkhead.test_case_tags add column tag_id bigint',
      reports: /test_case_tags.tag_id is bigint.*0003-tags-by-name/,
    },
    { by: 'create table bulkhead.notes (suite_id bigint, tag integer)', reports: /notes.tag is/ },
  ],
});

testRule(test, database, {
  rule: 'the change log has the ids of a chunk in one array',
  sql: `
    select format('change_log has %s', coalesce(string_agg(c.attname || ' ' || c.atttypid::regtype, ', '), 'no ids')) as problem
    from (${ourColumns}) c
    where c.relation = 'bulkhead_private.change_log' and c.attname in ('case_id', 'case_ids')
    having coalesce(string_agg(c.attname || ' ' || c.atttypid::regtype, ', '), '') <> 'case_ids bigint[]'`,
  broken: [
    {
      by: 'alter table bulkhead_private.change_log add column case_id bigint',
      reports: /change_log has .*case_id bigint.*0004-chunks-and-change-log/,
    },
  ],
});

testRule(test, database, {
  rule: 'no function gives a job a queue or a key',
  sql: `
    select format('%s: %s', p.oid::regprocedure, j.found[1]) as problem
    from pg_proc p
    cross join regexp_matches(p.prosrc, '(add_jobs?\\s*\\([^;]*?\\m(?:queue_name|job_key)\\M)', 'g') as j (found)
    where p.pronamespace::regnamespace::text in ${ourSchemas}`,
  broken: [
    {
      by: makeFunction(
        "perform graphile_worker.add_job('run_operations', '{}', queue_name => 'suite/7');",
      ),
      reports: /f\(\): add_job.*0007-queue-and-locks/,
    },
    {
      by: makeFunction("perform graphile_worker.add_job('run_operations', job_key => 'suite/7');"),
      reports: /f\(\)/,
    },
  ],
});

testRule(test, database, {
  rule: 'no key leads from our tables to those of the queue, or back',
  sql: `
    select format('%s of %s', k.conname, k.conrelid::regclass) as problem
    from pg_constraint k
    join pg_class here on here.oid = k.conrelid
    join pg_class there on there.oid = k.confrelid
    where k.contype = 'f'
      and (here.relnamespace = 'graphile_worker'::regnamespace) <> (there.relnamespace = 'graphile_worker'::regnamespace)`,
  broken: [
    {
      by: `create table bulkhead_private.notes (
        suite_id bigint, job_id bigint, constraint note_is_of_a_job foreign key (job_id) references graphile_worker._private_jobs (id)
      )`,
      reports: /note_is_of_a_job.*0007-queue-and-locks/,
    },
  ],
});

testRule(test, database, {
  rule: 'a suite and a tag count nothing',
  // a counter is a row that every append and every chunk would update, and wait for
  sql: `
    select format('%s.%s is a number', c.relation, c.attname) as problem
    from (${ourColumns}) c join pg_type y on y.oid = c.atttypid
    where c.relation in ('bulkhead.test_suites', 'bulkhead.suite_tags') and y.typcategory = 'N'
      and c.attname not in ('id', 'suite_id')`,
  broken: [
    {
      by: 'alter table bulkhead.suite_tags add column cases bigint not null default 0',
      reports: /suite_tags.cases is a number.*0011-one-table/,
    },
    {
      by: 'alter table bulkhead.test_suites add column case_count integer',
      reports: /test_suites.case_count/,
    },
  ],
});

testRule(test, database, {
  rule: 'what a case says is jsonb, wherever it is kept',
  sql: `
    select format('%s.%s is %s', c.relation, c.attname, c.atttypid::regtype) as problem
    from (${ourColumns}) c
    where c.attname in ('input', 'expected_output', 'metadata') and c.atttypid <> 'jsonb'::regtype
      or c.atttypid = 'json'::regtype
    union all
    select format('test_cases has no %s', w.name)
    from unnest('{input,expected_output,metadata}'::text[]) as w (name)
    where not exists (
      select from (${ourColumns}) c where c.relation = 'bulkhead.test_cases' and c.attname = w.name
    )`,
  broken: [
    {
      by: 'create table bulkhead.notes (suite_id bigint, input text)',
      reports: /notes.input is text.*0015-input-is-jsonb/,
    },
    { by: 'create table bulkhead.notes (suite_id bigint, answer json)', reports: /answer is json/ },
  ],
});

testRule(test, database, {
  rule: 'there is one extension, which every installation of PostgreSQL has',
  sql: `
    select format('the extension %s', e.extname) as problem
    from pg_extension e
    where e.extname not in ('plpgsql', 'fuzzystrmatch') and pg_has_role(e.extowner, current_user, 'usage')`,
  broken: [
    {
      by: 'create extension citext with schema bulkhead_private',
      reports: /the extension citext.*0016-embedded-postgresql/,
    },
  ],
});

testRule(test, database, {
  rule: 'every function of the API names its arguments',
  sql: `
    select p.oid::regprocedure::text as problem
    from pg_proc p
    where p.pronamespace = 'bulkhead'::regnamespace and p.pronargs > 0
      and (p.proargnames is null or '' = any (p.proargnames[:p.pronargs]))`,
  broken: [
    {
      by: 'create function bulkhead.twice(bigint) returns bigint language sql return $1 * 2',
      reports: /bulkhead.twice\(bigint\).*0017-graphql/,
    },
  ],
});

testRule(test, database, {
  rule: 'where row-level security is forced, a policy lets the owner read and write every row',
  // without it functions find nothing, and a dump by the owner leaves the rows out and says nothing
  sql: `
    select format('%s hides rows from its owner', c.oid::regclass) as problem
    from pg_class c
    where c.relnamespace::regnamespace::text in ${ourSchemas} and c.relrowsecurity and c.relforcerowsecurity
      and not exists (
        select from pg_policy p
        where p.polrelid = c.oid and p.polpermissive and p.polcmd = '*' and c.relowner = any (p.polroles)
          and pg_get_expr(p.polqual, p.polrelid) = 'true' and pg_get_expr(p.polwithcheck, p.polrelid) = 'true'
      )`,
  broken: [
    {
      by: `create table bulkhead.notes (suite_id bigint);
        alter table bulkhead.notes enable row level security, force row level security`,
      reports: /bulkhead.notes hides rows from its owner.*0009-signed-settings/,
    },
    {
      by: 'drop policy functions_and_dbas on bulkhead.test_cases',
      reports: /bulkhead.test_cases hides rows/,
    },
  ],
});
