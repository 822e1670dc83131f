/** What can be wrong with a database in small, and how the doctor should call it. */

/** A fault: the statements that make it, and the line of the doctor that names it and nothing else. */
export type Fault = { by: string; finds: RegExp };

export const roleFaults: Fault[] = [
  {
    by: 'alter role bulkhead_api createdb createrole',
    finds: /no more powerful.*: bulkhead_api is createrole, createdb$/,
  },
  {
    by: 'alter role bulkhead_user login',
    finds: /no more powerful.*: bulkhead_user may log in$/,
  },
  {
    by: 'alter role bulkhead_api inherit',
    finds: /no more powerful.*: bulkhead_api inherits/,
  },
  {
    by: 'revoke bulkhead_user from bulkhead_api',
    finds: /no more powerful.*: bulkhead_api is no member of bulkhead_user$/,
  },
  {
    by: 'create role bulkhead_test_other; grant bulkhead_test_other to bulkhead_user',
    finds: /can become .*: bulkhead_user is a member of bulkhead_test_other$/,
  },
  {
    by: 'grant bulkhead_user to bulkhead_api with admin option',
    finds: /can become .*: bulkhead_api may give bulkhead_user to others$/,
  },
  {
    by: `grant bulkhead_api to current_user; grant create on schema bulkhead to bulkhead_api;
         alter table bulkhead.suite_tags owner to bulkhead_api; revoke create on schema bulkhead from bulkhead_api`,
    finds: /owns nothing: bulkhead_api owns \d+ object/,
  },
  {
    by: 'alter role bulkhead_api connection limit -1',
    finds: /limits .*: bulkhead_api may take every connection/,
  },
];

export const grantFaults: Fault[] = [
  { by: 'grant connect on database :name to public', finds: /PUBLIC: database bulkhead_test/ },
  { by: 'grant usage on schema bulkhead to public', finds: /PUBLIC: schema bulkhead$/ },
  { by: 'grant select on bulkhead.tag_cloud to public', finds: /relation bulkhead.tag_cloud$/ },
  {
    by: 'grant usage on sequence bulkhead.test_cases_id_seq to public',
    finds: /PUBLIC: sequence bulkhead.test_cases_id_seq$/,
  },
  {
    by: 'grant select (slug) on bulkhead.test_suites to public',
    finds: /PUBLIC: column bulkhead.test_suites\(slug\)$/,
  },
  {
    by: 'grant execute on function bulkhead_private.clock() to public',
    finds: /PUBLIC: function bulkhead_private.clock\(\)$/,
  },
  {
    by: 'alter default privileges grant execute on functions to public',
    finds: /made later: functions of the future: public$/,
  },
  {
    by: 'alter default privileges in schema bulkhead grant select on tables to bulkhead_user',
    finds: /made later: tables of the future in schema bulkhead: bulkhead_user$/,
  },
  {
    by: 'grant select on bulkhead_private.credentials to bulkhead_user',
    finds: /private .*: relation bulkhead_private.credentials: bulkhead_user$/,
  },
  {
    by: 'grant usage on schema graphile_worker to bulkhead_api',
    finds: /private .*: schema graphile_worker: bulkhead_api$/,
  },
  {
    by: 'grant select on bulkhead_partitions.test_cases_00 to bulkhead_user',
    finds: /private .*: relation bulkhead_partitions.test_cases_00: bulkhead_user$/,
  },
  {
    by: 'grant truncate on bulkhead.test_cases to bulkhead_user',
    finds: /single columns only: relation bulkhead.test_cases: bulkhead_user, truncate$/,
  },
  {
    by: 'grant update on bulkhead.test_suites to bulkhead_user',
    finds: /single columns only: relation bulkhead.test_suites: bulkhead_user, update$/,
  },
  {
    by: 'grant select on bulkhead.test_cases to bulkhead_api',
    finds: /single columns only: relation bulkhead.test_cases: bulkhead_api$/,
  },
];

/** A function in PL/pgSQL, with this body. */
export const makeFunction = (body: string, options = 'set search_path = pg_catalog, pg_temp') =>
  `create or replace function bulkhead_private.f(a text) returns void language plpgsql ${options} as $f$ begin ${body} end $f$`;

export const objectFaults: Fault[] = [
  {
    by: 'alter table bulkhead.test_cases no force row level security',
    finds: /a policy: bulkhead.test_cases: row-level security is not on and forced$/,
  },
  {
    by: 'alter table bulkhead.suite_tags disable row level security',
    finds: /a policy: bulkhead.suite_tags: row-level security/,
  },
  {
    by: 'drop policy viewers_read on bulkhead.suite_tags',
    finds: /a policy: bulkhead.suite_tags: no policy for bulkhead_user$/,
  },
  {
    by: 'create materialized view bulkhead.leak as select * from bulkhead.test_suites',
    finds: /a policy: bulkhead.leak is no table or view/,
  },
  {
    by: 'create policy p on bulkhead.test_cases for select to bulkhead_user using (true)',
    finds: /every policy asks .*: p of bulkhead.test_cases$/,
  },
  {
    by: `create policy p on bulkhead.test_cases for select to bulkhead_user
         using (bulkhead.has_suite((select bulkhead.my_suites('viewer')), suite_id) or id = 7)`,
    finds: /every policy asks .*: p of bulkhead.test_cases$/,
  },
  {
    by: 'create policy p on bulkhead.principals for select using (name is not null)',
    finds: /every policy asks .*: p of bulkhead.principals$/,
  },
  {
    by: 'alter view bulkhead.tag_cloud reset (security_invoker)',
    finds: /every view .*: bulkhead.tag_cloud$/,
  },
  {
    by: 'alter view bulkhead.suite_tokens reset (security_barrier)',
    finds: /every view .*: bulkhead.suite_tokens$/,
  },
  {
    by: 'alter function bulkhead.me() reset search_path',
    finds: /pins its search_path: bulkhead.me\(\)$/,
  },
  {
    by: makeFunction('', 'set search_path = public'),
    finds: /pins its search_path: bulkhead_private.f/,
  },
];

export const dataFaults: Fault[] = [
  { by: 'delete from bulkhead_private.signing_key', finds: /sign requests with: there is none$/ },
  {
    by: "update bulkhead_private.signing_key set inner_pad = 'short'",
    finds: /sign requests with: it is not of 64 bytes$/,
  },
  {
    by: `insert into bulkhead.principals (name, disabled_at) values ('person:gone@example.com', now());
         select bulkhead_private.start_session('person:gone@example.com', '')`,
    finds: /! whoever is shut out .*: person:gone@example.com is shut out, and has 1 session/,
  },
];
