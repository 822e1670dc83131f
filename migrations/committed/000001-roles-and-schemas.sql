--! Previous: -
--! Hash: sha1:2c852aa9011a99de92b39a3789a70a1a3b384496
--! Message: roles and schemas

--! split: 1-current.sql
-- Who may reach what, before there is anything to reach. The login that runs this file owns every object; the API's login owns
-- nothing and can only become the request's role. PUBLIC gets nothing by default, because each volatile function that PUBLIC may
-- execute would appear as a mutation of the GraphQL API.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'bulkhead_user') then
    create role bulkhead_user nologin;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'bulkhead_api') then
    create role bulkhead_api login noinherit;
  end if;
exception
  when duplicate_object or unique_violation then
    null; -- roles belong to the whole server: another database of it has just created them
end
$$;

do $$
begin
  if not pg_catalog.pg_has_role('bulkhead_api', 'bulkhead_user', 'member') then
    grant bulkhead_user to bulkhead_api;
  end if;
end
$$;

comment on role bulkhead_user is 'The role of a request to Bulkhead. It has the grants that GraphQL shows.';
comment on role bulkhead_api is 'The login of the API server. It owns nothing and inherits nothing; a request sets the role bulkhead_user.';

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
