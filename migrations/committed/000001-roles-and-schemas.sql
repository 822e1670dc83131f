--! Previous: -
--! Hash: sha1:9221b2bbb6ac65a739b49d4cd04ab6cad7f3b09a
--! Message: roles and schemas

--! split: 1-current.sql
-- Who may reach what, before there is anything to reach. The login that runs this file owns every object; the API's login owns
-- nothing and can only become the request's role. PUBLIC gets nothing by default, because each volatile function that PUBLIC may
-- execute would appear as a mutation of the GraphQL API.

do $$
declare
  v_role text;
begin
  -- roles belong to the whole server: another database of it may have made them already, or be making them now
  foreach v_role in array array['bulkhead_user', 'bulkhead_api'] loop
    begin
      if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
        execute format(case v_role when 'bulkhead_user' then 'create role %I nologin' else 'create role %I login noinherit' end, v_role);
        execute format(
          'comment on role %I is %L', v_role,
          case v_role
            when 'bulkhead_user' then 'The role of a request to Bulkhead. It has the grants that GraphQL shows.'
            else 'The login of Bulkhead''s API server. It owns nothing and inherits nothing; a request sets the role bulkhead_user.'
          end
        );
      end if;
    exception
      when duplicate_object or unique_violation then
        null;
    end;
  end loop;
  if not pg_catalog.pg_has_role('bulkhead_api', 'bulkhead_user', 'member') then
    grant bulkhead_user to bulkhead_api;
  end if;
end
$$;

revoke all on database :DATABASE_NAME from public;
grant connect on database :DATABASE_NAME to bulkhead_api;
revoke all on schema public from public;
alter default privileges revoke execute on functions from public;

create schema bulkhead;
comment on schema bulkhead is
  'The API of Bulkhead: suites, dictionaries, cases, links and operations. GraphQL exposes this schema, and people in psql call it.';
grant usage on schema bulkhead to bulkhead_user;

create schema bulkhead_private;
comment on schema bulkhead_private is
  'What the functions of bulkhead are made of: selections, chunks, the change log. No grants to application roles.';

create schema bulkhead_partitions;
comment on schema bulkhead_partitions is
  'The partitions of bulkhead.test_cases and bulkhead.test_case_tags. Nothing addresses them by name.';

create extension if not exists fuzzystrmatch with schema bulkhead_private;
