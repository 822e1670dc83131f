/** Who may do what, counted out: a grant that is not on these lists is a mistake. */
import test from 'ava';
import { rolledBack, useDatabase } from '../helpers/database.ts';
import { ourSchemas, testRule } from '../helpers/lint.ts';

const database = useDatabase(test);

/** Every privilege on our objects that somebody other than their owner has: `bulkhead_user SELECT bulkhead.test_cases`. */
const grants = `
  select format('%s %s %s', case g.grantee when 0 then 'PUBLIC' else g.grantee::regrole::text end, g.privilege_type, o.name) as line
  from (
    select c.oid::regclass::text as name, c.relacl as acl, c.relowner as owner
    from pg_class c
    where c.relnamespace::regnamespace::text in ${ourSchemas} and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    union all
    select format('%s(%s)', a.attrelid::regclass, a.attname), a.attacl, c.relowner
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace::regnamespace::text in ${ourSchemas} and a.attacl is not null
    union all
    select p.pronamespace::regnamespace || '.' || p.proname, coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner
    from pg_proc p
    where p.pronamespace::regnamespace::text in ${ourSchemas}
      and not exists (
        select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
      )
    union all
    select 'schema ' || n.nspname, n.nspacl, n.nspowner
    from pg_namespace n where n.nspname in ('bulkhead', 'bulkhead_private', 'bulkhead_partitions', 'graphile_worker')
  ) as o
  cross join aclexplode(o.acl) as g
  where g.grantee <> o.owner`;

const readable = [
  'audit_log',
  'bulk_operations',
  'principals',
  'route_pulls',
  'suite_members',
  'suite_snapshots',
  'suite_tags',
  'suite_tokens',
  'tag_cloud',
  'tag_routes',
  'test_case_tags',
  'test_case_versions',
  'test_cases',
  'test_suites',
];
const editable = [
  'test_suites(description)',
  'test_suites(name)',
  'test_suites(tag_policy)',
  'test_cases(expected_output)',
  'test_cases(external_key)',
  'test_cases(input)',
  'test_cases(metadata)',
];
const callable = [
  ['append_cases', 'archive_suite', 'count_cases', 'create_suite', 'define_tag', 'delete_suite'],
  ['bulk_copy', 'bulk_delete', 'bulk_merge_tags', 'bulk_rename_tag', 'bulk_set_status', 'bulk_tag'],
  ['preview_bulk_copy', 'preview_bulk_delete', 'preview_bulk_merge_tags'],
  ['preview_bulk_rename_tag', 'preview_bulk_set_status', 'preview_bulk_tag'],
  ['cancel_operation', 'retry_operation', 'undo_operation', 'operation_changes'],
  ['drop_tag', 'find_cases', 'normalize_tag', 'parse_tag_expression', 'restore_suite', 'suite_id'],
  ['test_cases_tags', 'test_suites_my_role', 'set_member', 'remove_member', 'set_principal'],
  ['define_route', 'drop_route', 'pull_route', 'routes_of_cases', 'count_routes'],
  ['create_snapshot', 'drop_snapshot', 'snapshot_cases', 'snapshot_lines', 'compare_snapshots'],
  [
    'count_snapshot_changes',
    'case_line',
    'pull_query',
    'restore_version',
    'preview_undo_operation',
  ],
  ['create_token', 'revoke_token', 'use_credential', 'use_token', 'me'],
  ['begin_import', 'define_import_tags', 'append_import', 'append_answer', 'import_problems'],
  ['end_import', 'import_at_once', 'payload_hash'],
  ['current_principal', 'has_suite', 'is_admin', 'my_suites', 'read_audit_log', 'suite_channel'],
].flat();

const granted = [
  'bulkhead_user USAGE schema bulkhead',
  ...readable.map((name) => `bulkhead_user SELECT bulkhead.${name}`),
  ...editable.map((name) => `bulkhead_user UPDATE bulkhead.${name}`),
  ...callable.map((name) => `bulkhead_user EXECUTE bulkhead.${name}`),
];

testRule(test, database, {
  rule: 'nobody but the owner has a privilege that is not on the list, PUBLIC none at all',
  sql: `
    select coalesce(g.line, 'missing: ' || w.line) as problem
    from (${grants}) g
    full join unnest(array[${granted.map((line) => `'${line}'`).join(', ')}]) as w (line) using (line)
    where g.line is null or w.line is null`,
  broken: [
    {
      by: 'grant select on bulkhead_private.change_log to bulkhead_user',
      reports: /SELECT bulkhead_private.change_log/,
    },
    {
      by: 'grant usage on schema bulkhead_private to bulkhead_api',
      reports: /bulkhead_api USAGE schema bulkhead_private/,
    },
    {
      by: 'grant usage on schema graphile_worker to bulkhead_user',
      reports: /USAGE schema graphile_worker/,
    },
    {
      by: 'grant execute on function bulkhead_private.clock() to public',
      reports: /PUBLIC EXECUTE bulkhead_private.clock/,
    },
    {
      by: 'grant insert on bulkhead.test_cases to bulkhead_user',
      reports: /INSERT bulkhead.test_cases/,
    },
    {
      by: 'grant update (status) on bulkhead.test_cases to bulkhead_user',
      reports: /UPDATE bulkhead.test_cases\(status\)/,
    },
    { by: 'grant select on bulkhead_partitions.test_cases_00 to public', reports: /PUBLIC SELECT/ },
    {
      by: 'grant usage on sequence bulkhead.test_cases_id_seq to bulkhead_user',
      reports: /USAGE bulkhead.test_cases_id_seq/,
    },
    {
      by: 'revoke execute on function bulkhead.suite_id(text) from bulkhead_user',
      reports: /missing: .*suite_id/,
    },
    {
      by: 'revoke select on bulkhead.tag_cloud from bulkhead_user',
      reports: /missing: .*tag_cloud/,
    },
  ],
});

testRule(test, database, {
  rule: 'a view reads with the rights of who asks; one that shows more is a barrier and asks for the role itself',
  sql: `
    select c.oid::regclass::text as problem
    from pg_class c
    where c.relnamespace::regnamespace::text in ${ourSchemas} and c.relkind = 'v'
      and not coalesce('security_invoker=true' = any (c.reloptions), false)
      and not (
        coalesce('security_barrier=true' = any (c.reloptions), false)
        and pg_get_viewdef(c.oid) like '%has_suite(( SELECT bulkhead.my_suites(%'
      )`,
  broken: [
    {
      by: 'create view bulkhead.leak as select * from bulkhead_private.change_log',
      reports: /bulkhead.leak/,
    },
    { by: 'alter view bulkhead.tag_cloud reset (security_invoker)', reports: /tag_cloud/ },
  ],
});

test("the API's login owns nothing, inherits nothing and can become the request's role only", async (t) => {
  const { rows } = await database.pool.query(`
    select r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolbypassrls,
      array(select m.roleid::regrole::text from pg_auth_members m where m.member = r.oid) as member_of,
      (select count(*)::integer from pg_shdepend d where d.refobjid = r.oid and d.deptype = 'o') as owned
    from pg_roles r where r.rolname = 'bulkhead_api'`);
  t.deepEqual(rows, [
    {
      rolsuper: false,
      rolinherit: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolbypassrls: false,
      member_of: ['bulkhead_user'],
      owned: 0,
    },
  ]);
});

test("the API's login can read nothing before it becomes the request's role", async (t) => {
  await rolledBack(database.api, async (client) => {
    await t.throwsAsync(client.query('select from bulkhead.test_suites'), { code: '42501' });
  });
});

test('PUBLIC can neither connect nor create', async (t) => {
  const { rows } = await database.pool.query(`
    select g.privilege_type
    from pg_database d cross join aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) g
    where d.datname = current_database() and g.grantee = 0
    union all
    select g.privilege_type
    from pg_namespace n cross join aclexplode(n.nspacl) g
    where n.nspname = 'public' and g.grantee = 0`);
  t.deepEqual(rows, []);
});
