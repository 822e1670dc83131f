/** What people read in GraphiQL and by \d+ and \df+ in psql. */
import test from 'ava';
import { useDatabase } from '../helpers/database.ts';
import { ourSchemas, testRule } from '../helpers/lint.ts';

const database = useDatabase(test);

testRule(test, database, {
  rule: 'every schema, table, view, function and type of ours has a comment',
  sql: `
    select format('%s %s', o.kind, o.name) as problem
    from (
      select 'schema' as kind, n.nspname::text as name, obj_description(n.oid, 'pg_namespace') as comment
      from pg_namespace n where n.nspname in ${ourSchemas}
      union all
      select 'relation', c.oid::regclass::text, obj_description(c.oid, 'pg_class')
      from pg_class c
      where c.relnamespace::regnamespace::text in ('bulkhead', 'bulkhead_private') and c.relkind in ('r', 'p', 'v', 'm', 'f')
      union all
      select 'function', p.oid::regprocedure::text, obj_description(p.oid, 'pg_proc')
      from pg_proc p
      where p.pronamespace::regnamespace::text in ${ourSchemas}
        and not exists (
          select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
      union all
      select 'type', t.oid::regtype::text, obj_description(t.oid, 'pg_type')
      from pg_type t left join pg_class c on c.oid = t.typrelid
      where t.typnamespace::regnamespace::text in ${ourSchemas}
        and (t.typtype in ('e', 'd', 'r') or t.typtype = 'c' and c.relkind = 'c')
    ) as o
    where coalesce(o.comment, '') = ''`,
  broken: [
    {
      by: 'create schema authorization current_user; drop schema bulkhead_partitions cascade; create schema bulkhead_partitions',
      reports: /schema bulkhead_partitions/,
    },
    { by: 'create table bulkhead.notes (suite_id bigint)', reports: /relation bulkhead.notes/ },
    { by: 'create view bulkhead.notes as select 1 as one', reports: /relation bulkhead.notes/ },
    {
      by: 'create function bulkhead.f() returns integer return 1',
      reports: /function bulkhead.f\(\)/,
    },
    { by: 'comment on function bulkhead_private.clock() is null', reports: /clock\(\)/ },
    { by: 'create type bulkhead.pair as (a text, b text)', reports: /type bulkhead.pair/ },
  ],
});

/** Columns that their name explains, wherever they stand. */
const selfEvident = [
  ['id', 'suite_id', 'case_id', 'tag', 'name', 'description', 'created_at', 'updated_at'],
  ['changed', 'unchanged', 'failed', 'total', 'cases', 'chunks'],
  ['submitted_at', 'started_at', 'finished_at'],
].flat();

testRule(test, database, {
  rule: 'every column of the API that its name does not explain has a comment, here or in the table it comes from',
  sql: `
    select format('%s.%s', a.attrelid::regclass, a.attname) as problem
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'bulkhead'::regnamespace and c.relkind in ('r', 'p', 'v') and a.attnum > 0
      and not a.attisdropped
      and a.attname <> all ('{${selfEvident.join(',')}}')
      and not exists (
        select from pg_attribute o join pg_class t on t.oid = o.attrelid
        where t.relnamespace = 'bulkhead'::regnamespace and o.attname = a.attname
          and (o.attrelid = a.attrelid or c.relkind = 'v' or c.relname = 'test_case_versions')
          and col_description(o.attrelid, o.attnum) <> ''
      )`,
  broken: [
    {
      by: 'alter table bulkhead.test_suites add column weight integer',
      reports: /test_suites.weight/,
    },
    { by: 'comment on column bulkhead.suite_tags.meaning is null', reports: /suite_tags.meaning/ },
  ],
});

testRule(test, database, {
  rule: 'no comment of a function names an argument that it does not have',
  // a comment on a column or argument goes stale when it is renamed: "on_exclusive => …", "row_limit => null"
  sql: `
    select format('%s: %s', p.oid::regprocedure, m.found[1]) as problem
    from pg_proc p
    cross join regexp_matches(obj_description(p.oid, 'pg_proc'), '(\\w+) =>', 'g') as m (found)
    where p.pronamespace = 'bulkhead'::regnamespace and not m.found[1] = any (p.proargnames)`,
  broken: [
    {
      by: "comment on function bulkhead.suite_id(text) is 'Say suite_slug => …'",
      reports: /suite_id\(text\): suite_slug/,
    },
  ],
});
