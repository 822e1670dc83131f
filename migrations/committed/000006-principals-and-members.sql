--! Previous: sha1:f19a15eabe0eb980cb4c3a4e52c353a5317016db
--! Hash: sha1:bdbaad147b1f9ddcb0ff4e62694e711c21323156
--! Message: principals and members

--! split: 1-current.sql
-- Who may do what. A principal is a person, a group of people, a token or a database login; as a member of a suite it has one of
-- four roles there, each of which holds the ones before it. What a principal may reach is kept as ranges of suite ids, so that a
-- request reads one row and not a list of memberships, and a policy looks a suite up in them without reading any table.

create table bulkhead.principals (
  name text collate "C" not null,
  display_name text not null default '',
  is_admin boolean not null default false,
  everywhere text collate "C",
  disabled_at timestamptz,
  created_at timestamptz not null default now(),
  constraint principals_pkey primary key (name),
  constraint principal_is_a_kind_and_a_name check (name ~ '^(person|group|token|role):[^[:cntrl:]]{1,200}$'),
  constraint display_name_is_at_most_200_long check (length(display_name) <= 200),
  constraint role_everywhere_is_known check (everywhere in ('viewer', 'appender', 'editor', 'owner'))
);

comment on table bulkhead.principals is
  'Who may come in: person:…, group:… (as the sign-in provider names it), token:… and role:… (a database login). Deeds are recorded under this name.';
comment on column bulkhead.principals.display_name is 'What people are shown: the name that the sign-in provider gives, or that of a token.';
comment on column bulkhead.principals.is_admin is
  'An admin sees every suite, creates suites, and manages principals, and members and tokens of every suite.';
comment on column bulkhead.principals.everywhere is 'The role that the principal has in every suite, those created later included; null for none.';
comment on column bulkhead.principals.disabled_at is 'Since when the principal is shut out, whatever token or session it shows.';

create table bulkhead.suite_members (
  suite_id bigint not null,
  principal text collate "C" not null,
  role text collate "C" not null,
  added_at timestamptz not null default now(),
  constraint suite_members_pkey primary key (suite_id, principal),
  constraint member_is_of_a_suite foreign key (suite_id) references bulkhead.test_suites (id) on delete cascade,
  constraint member_is_a_principal foreign key (principal) references bulkhead.principals (name),
  constraint member_role_is_known check (role in ('viewer', 'appender', 'editor', 'owner'))
);

comment on table bulkhead.suite_members is
  'Who has which role in a suite. viewer reads; appender also appends; editor also tags, edits and runs operations; owner also deletes, '
  'and manages the suite, its members and its tokens. Changed by set_member, remove_member, create_token and revoke_token.';

--! Included access/bounds.sql
create or replace function bulkhead_private.bounds(suites int8multirange)
returns text
language sql
immutable
strict
parallel safe
security invoker
begin atomic
  select coalesce('{' || string_agg(concat_ws(',', lower(r.suites), upper(r.suites)), ',' order by r.suites) || '}', '{}')
  from unnest(bounds.suites) as r (suites);
end;

comment on function bulkhead_private.bounds(int8multirange) is
  'The ranges as an array of bounds, {from, to, from, to, …}, each from included and each to not: what has_suite reads.';
--! EndIncluded access/bounds.sql
--! Included access/reach_lines.sql
create or replace function bulkhead_private.reach_lines(
  viewer int8multirange,
  appender int8multirange,
  editor int8multirange,
  owner int8multirange
)
returns text
language sql
immutable
parallel safe
security invoker
begin atomic
  with ranked as (
    select r.rank, bulkhead_private.bounds(r.suites) as bounds
    from (values (1, viewer), (2, appender), (3, editor), (4, owner)) as r (rank, suites)
  ),
  numbered as (
    select k.bounds, row_number() over (order by min(k.rank)) as line, min(k.rank) as rank from ranked k group by k.bounds
  )
  select
    (select string_agg(n.line::text, '' order by k.rank) from ranked k join numbered n on n.bounds = k.bounds)
    || chr(10) || (select string_agg(n.bounds, chr(10) order by n.line) from numbered n);
end;

comment on function bulkhead_private.reach_lines(int8multirange, int8multirange, int8multirange, int8multirange) is
  'What somebody reaches in each role: lines of bounds, each written once, and before them for viewer, appender, editor and owner which line.';
--! EndIncluded access/reach_lines.sql

comment on column bulkhead.suite_members.principal is 'person:…, group:…, token:… or role:….';
comment on column bulkhead.suite_members.role is 'viewer, appender, editor or owner.';
comment on column bulkhead.suite_members.added_at is 'When the principal became a member; its role may have changed since.';

create table bulkhead_private.principal_suites (
  principal text collate "C" not null,
  viewer int8multirange not null default '{}',
  appender int8multirange not null default '{}',
  editor int8multirange not null default '{}',
  owner int8multirange not null default '{}',
  reach text not null generated always as (bulkhead_private.reach_lines(viewer, appender, editor, owner)) stored,
  constraint principal_suites_pkey primary key (principal),
  constraint ranges_are_of_a_principal foreign key (principal) references bulkhead.principals (name) on delete cascade
);

comment on table bulkhead_private.principal_suites is
  'The suites in which a principal has at least each role, as ranges of ids: what suite_members says, kept by a trigger on it.';
comment on column bulkhead_private.principal_suites.reach is
  'The same as my_suites reads it (reach_lines): much faster to parse than a multirange.';

create table bulkhead_private.credentials (
  hash bytea not null,
  kind text collate "C" not null,
  principal text collate "C" not null,
  groups text[] not null default '{}',
  hint text not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  expires_at timestamptz not null,
  constraint credentials_pkey primary key (hash),
  constraint credential_is_of_a_principal foreign key (principal) references bulkhead.principals (name) on delete cascade,
  constraint credential_kind_is_known check (kind in ('token', 'session', 'sign_in_link')),
  constraint hash_is_a_sha256 check (length(hash) = 32)
);
create index credentials_principal_idx on bulkhead_private.credentials (principal);

comment on table bulkhead_private.credentials is
  'What lets a principal in: a token, a session of a browser, or a link to sign in with once. Only the SHA-256 of each is kept.';
comment on column bulkhead_private.credentials.groups is 'Of a session: the groups that the sign-in provider gave the person.';
comment on column bulkhead_private.credentials.hint is 'The first characters, by which people tell one token from another.';
comment on column bulkhead_private.credentials.expires_at is 'infinity for a token that was asked to last.';

create table bulkhead_private.token_uses (
  principal text collate "C" not null,
  last_used_at timestamptz not null,
  constraint token_uses_pkey primary key (principal),
  constraint use_is_of_a_principal foreign key (principal) references bulkhead.principals (name) on delete cascade
);

comment on table bulkhead_private.token_uses is
  'When each token was last used, to the minute. Apart from its credential, so that a request never holds up a revocation.';

create sequence bulkhead_private.token_id_seq as bigint;

create table bulkhead_private.signing_key (
  only_row boolean not null default true,
  inner_pad bytea not null,
  outer_pad bytea not null,
  constraint signing_key_pkey primary key (only_row),
  constraint there_is_one_key check (only_row)
);

comment on table bulkhead_private.signing_key is
  'The key that signs the settings of a request (HMAC-SHA-256), padded as RFC 2104 says. Any session can set them; only this key makes them count.';

insert into bulkhead_private.signing_key (inner_pad, outer_pad)
select
  decode(string_agg(lpad(to_hex(k.byte # 54), 2, '0'), '' order by k.position), 'hex'),
  decode(string_agg(lpad(to_hex(k.byte # 92), 2, '0'), '' order by k.position), 'hex')
from (
  select p as position, case when p < 32 then get_byte(secret.key, p) else 0 end as byte
  from (select sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) as key offset 0) as secret
  cross join generate_series(0, 63) as p
) as k;

-- however the login of the API is used: no statement for ever, no transaction left open, not all of the server's connections
do $$
begin
  execute format('alter role bulkhead_api in database %I set statement_timeout = ''30s''', current_database());
  execute format('alter role bulkhead_api in database %I set idle_in_transaction_session_timeout = ''60s''', current_database());
  alter role bulkhead_api connection limit 100;
exception
  when insufficient_privilege then
    raise notice 'The role bulkhead_api belongs to somebody else and keeps its limits; bulkhead doctor shows them.';
end
$$;
