--! Previous: sha1:bdbaad147b1f9ddcb0ff4e62694e711c21323156
--! Hash: sha1:6c2502d975fb5bf2bb3fb5b615a4bc79c3e2f619
--! Message: access

--! split: 1-current.sql
-- Row-level security on every table of the API schema, and functions that ask for a role before they do anything.

drop function bulkhead_private.known_operation(bigint, bigint);
drop function bulkhead_private.open_suite(bigint);
drop function bulkhead_private.known_suite(bigint);

--! Included access/reach_in_role.sql
create or replace function bulkhead_private.reach_in_role(lines text, rank integer)
returns text
language sql
immutable
security invoker
return split_part(lines, chr(10), 1 + substr(lines, rank, 1)::integer);

comment on function bulkhead_private.reach_in_role(text, integer) is
  'The bounds for viewer (1), appender, editor or owner (4), of lines as reach_lines writes them.';
--! EndIncluded access/reach_in_role.sql
--! Included access/request_signature.sql
create or replace function bulkhead_private.request_signature(key bulkhead_private.signing_key, request text)
returns text
language sql
stable
security invoker
-- worth nothing in another session, or in a later transaction
return encode(
  sha256(
    (key).outer_pad || sha256(
      (key).inner_pad || convert_to(concat_ws('/', pg_backend_pid(), extract(epoch from transaction_timestamp()), request), 'UTF8')
    )
  ),
  'hex'
);

comment on function bulkhead_private.request_signature(bulkhead_private.signing_key, text) is
  'The HMAC-SHA-256, in hex, of what the setting bulkhead.request says in this transaction: what keeps set_config from granting anything.';
--! EndIncluded access/request_signature.sql
--! Included access/signed_request.sql
create or replace function bulkhead_private.signed_request(key bulkhead_private.signing_key, signed text)
returns text
language sql
stable
security invoker
return case when left(signed, 64) = bulkhead_private.request_signature(key, substr(signed, 65)) then substr(signed, 65) end;

comment on function bulkhead_private.signed_request(bulkhead_private.signing_key, text) is
  'What a signed setting says; null for one that is not there, or that somebody else has made.';
--! EndIncluded access/signed_request.sql
--! Included access/request.sql
create or replace function bulkhead_private.request()
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_signed constant text := current_setting('bulkhead.request', true);
  v_key bulkhead_private.signing_key;
begin
  if v_signed <> '' then
    select * into v_key from bulkhead_private.signing_key;
    return bulkhead_private.signed_request(v_key, v_signed);
  end if;
  return null;
end
$$;

comment on function bulkhead_private.request() is
  'What use_credential has set for this transaction: what the principal reaches (reach_lines), and as the last line who it is. '
  'Null where it has not been called, or where somebody else has made the setting.';
--! EndIncluded access/request.sql
--! Included access/acts_as_owner.sql
create or replace function bulkhead_private.acts_as_owner()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- the role that the session has set, or its login: inside a definer function current_user is the owner, and says nothing of the caller
  return pg_has_role(coalesce(nullif(current_setting('role'), 'none'), session_user)::name, current_user, 'member');
end
$$;

comment on function bulkhead_private.acts_as_owner() is
  'Whether the session acts as the owner of the database objects: a DBA in psql, a worker, a migration. Such a session is limited by grants alone.';
--! EndIncluded access/acts_as_owner.sql
--! Included clock.sql
create or replace function bulkhead_private.clock()
returns timestamptz
language sql
stable
parallel restricted
as $$
  select case
    when current_setting('bulkhead.now', true) <> '' and bulkhead_private.acts_as_owner() then current_setting('bulkhead.now')::timestamptz
    else clock_timestamp()
  end
$$;

comment on function bulkhead_private.clock() is
  'The time, for logic that depends on it: the setting bulkhead.now where a test of the owner has set it, otherwise clock_timestamp().';
--! EndIncluded clock.sql
--! Included access/current_principal.sql
create or replace function bulkhead.current_principal()
returns text
language plpgsql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce(split_part(bulkhead_private.request(), chr(10), -1), 'role:' || session_user);
end
$$;

comment on function bulkhead.current_principal() is
  'Who is asking: the principal of the token or session that this transaction uses, otherwise role: and the database login.';
grant execute on function bulkhead.current_principal() to bulkhead_user;
--! EndIncluded access/current_principal.sql
--! Included access/has_suite.sql
create or replace function bulkhead.has_suite(suites bigint[], suite_id bigint)
returns boolean
language sql
immutable
parallel safe
security invoker
-- not "= 1", which the planner takes for rare: it would plan for a suite or two, and not for most
return width_bucket(suite_id, suites) % 2 <> 0;

comment on function bulkhead.has_suite(bigint[], bigint) is
  'Whether a suite is within bounds as my_suites gives them, {from, to, from, to, …}: a binary search for how many bounds it has passed, '
  'which is odd inside a range.';
grant execute on function bulkhead.has_suite(bigint[], bigint) to bulkhead_user;
--! EndIncluded access/has_suite.sql
--! Included access/reach.sql
create or replace function bulkhead_private.reach(principals text[])
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_roles constant text[] := '{viewer,appender,editor,owner}';
  v_everywhere constant int8multirange := '{[1,)}';
  v_rank integer;
  v_is_admin boolean;
  v_suites bulkhead_private.principal_suites;
begin
  select coalesce(max(array_position(v_roles, p.everywhere)), 0), coalesce(bool_or(p.is_admin), false) into v_rank, v_is_admin
  from bulkhead.principals p
  where p.name = any (principals) and p.disabled_at is null;
  select null, range_agg(s.viewer), range_agg(s.appender), range_agg(s.editor), range_agg(s.owner) into v_suites
  from bulkhead.principals p
  join bulkhead_private.principal_suites s on s.principal = p.name
  where p.name = any (principals) and p.disabled_at is null;
  return bulkhead_private.reach_lines(
    case when v_is_admin then '{[0,)}' when v_rank >= 1 then v_everywhere else coalesce(v_suites.viewer, '{}') end,
    case when v_rank >= 2 then v_everywhere else coalesce(v_suites.appender, '{}') end,
    case when v_rank >= 3 then v_everywhere else coalesce(v_suites.editor, '{}') end,
    case when v_rank >= 4 then v_everywhere else coalesce(v_suites.owner, '{}') end
  );
end
$$;

comment on function bulkhead_private.reach(text[]) is
  'What these principals together, those that are not shut out, reach in each role (reach_lines). What an admin sees includes 0, which stands '
  'for the instance.';
--! EndIncluded access/reach.sql
--! Included access/suites_of_login.sql
create or replace function bulkhead_private.suites_of_login(rank integer)
returns bigint[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if rank is null then
    return '{}';
  elsif bulkhead_private.acts_as_owner() then
    return '{0}';
  end if;
  return bulkhead_private.reach_in_role(bulkhead_private.reach(array['role:' || session_user]), rank)::bigint[];
end
$$;

comment on function bulkhead_private.suites_of_login(integer) is
  'What somebody reaches without a token or session: the owner every suite, another login those that role:<login> is a member of.';
--! EndIncluded access/suites_of_login.sql
--! Included access/my_suites.sql
create or replace function bulkhead.my_suites(role text default 'viewer')
returns bigint[]
language plpgsql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_rank constant integer := array_position('{viewer,appender,editor,owner}', my_suites.role);
  v_signed constant text := current_setting('bulkhead.request', true);
  v_key bulkhead_private.signing_key;
  v_request text;
begin
  -- what bulkhead_private.request() does, too: a call of it would take a fifth of the time
  if v_signed <> '' then
    select * into v_key from bulkhead_private.signing_key;
    v_request := bulkhead_private.signed_request(v_key, v_signed);
  end if;
  if v_request is not null then
    return coalesce(bulkhead_private.reach_in_role(v_request, v_rank)::bigint[], '{}');
  end if;
  return bulkhead_private.suites_of_login(v_rank);
end
$$;

comment on function bulkhead.my_suites(text) is
  'The suites in which the caller has at least this role, as bounds of ids (has_suite): of the token or session that this transaction uses, '
  'otherwise of the database login. What the row-level policies ask, once for each statement.';
grant execute on function bulkhead.my_suites(text) to bulkhead_user;
--! EndIncluded access/my_suites.sql
--! Included access/is_admin.sql
create or replace function bulkhead.is_admin()
returns boolean
language sql
stable
parallel restricted
security invoker
return bulkhead.has_suite(bulkhead.my_suites('viewer'), 0);

comment on function bulkhead.is_admin() is
  'Whether the caller is an admin: sees every suite, creates suites, manages principals. The owner of the database is.';
grant execute on function bulkhead.is_admin() to bulkhead_user;
--! EndIncluded access/is_admin.sql
--! Included access/require_admin.sql
create or replace function bulkhead_private.require_admin(what text)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if not bulkhead.is_admin() then
    raise exception using
      errcode = '42501',
      message = format('%s takes an admin of this instance', what),
      detail = format('%s is none.', bulkhead.current_principal()),
      hint = 'An admin is made by: select * from bulkhead.set_principal(name => ''person:…'', is_admin => true).';
  end if;
end
$$;

comment on function bulkhead_private.require_admin(text) is 'Refuses a caller who is not an admin: 42501.';
--! EndIncluded access/require_admin.sql
--! Included access/note_use.sql
create or replace function bulkhead_private.note_use(principal text)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- one of the requests of this minute writes it down, and no other one waits for that
  if current_setting('transaction_read_only') = 'off'
    and pg_try_advisory_xact_lock(hashtextextended('bulkhead token ' || principal, 0))
  then
    insert into bulkhead_private.token_uses as u (principal, last_used_at)
    values (note_use.principal, clock_timestamp())
    on conflict on constraint token_uses_pkey do update set last_used_at = excluded.last_used_at;
  end if;
end
$$;

comment on function bulkhead_private.note_use(text) is 'Notes that a token was used now, unless another request is about to.';
--! EndIncluded access/note_use.sql
--! Included access/use_credential.sql
create or replace function bulkhead.use_credential(hash bytea)
returns table (principal text, kind text, groups text[], expires_at timestamptz)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_is_to_note boolean;
  v_setting text;
begin
  -- one statement: PL/pgSQL prepares each of its expressions anew in each transaction, and this is called in every one.
  -- The clock is not bulkhead_private.clock(), which a test may set.
  select
    c.principal, c.kind, c.groups, c.expires_at,
    c.kind = 'token' and coalesce(u.last_used_at < clock_timestamp() - interval '1 minute', true),
    set_config('bulkhead.request', bulkhead_private.request_signature(k, r.request) || r.request, true)
  into principal, kind, groups, expires_at, v_is_to_note, v_setting
  from bulkhead_private.credentials c
  join bulkhead.principals p on p.name = c.principal and p.disabled_at is null
  cross join bulkhead_private.signing_key k
  left join bulkhead_private.principal_suites s on s.principal = c.principal
  left join bulkhead_private.token_uses u on u.principal = c.principal
  cross join lateral (
    select concat_ws(
      chr(10),
      case
        when c.groups <> '{}' or p.is_admin or p.everywhere is not null or s.reach is null
          then bulkhead_private.reach(c.principal || c.groups)
        else s.reach
      end,
      c.principal
    ) as request
    offset 0
  ) as r
  where c.hash = use_credential.hash and c.kind in ('token', 'session') and c.expires_at > clock_timestamp();
  if principal is null then
    raise exception using
      errcode = 'TCAUT',
      message = 'the token or session is not valid',
      detail = 'It is unknown, has expired or was revoked.',
      hint = 'Sign in again, or ask an owner of the suite for a new token: bulkhead token create.';
  end if;
  if v_is_to_note then
    perform bulkhead_private.note_use(principal);
  end if;
  return next;
end
$$;

comment on function bulkhead.use_credential(bytea) is
  'Makes this transaction act for the token or session with this SHA-256: what the API server calls first in each transaction. '
  'Says for whom, and until when it is valid. Unknown, expired or revoked: TCAUT.';
grant execute on function bulkhead.use_credential(bytea) to bulkhead_user;
--! EndIncluded access/use_credential.sql
--! Included access/use_token.sql
create or replace function bulkhead.use_token(token text)
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select c.principal from bulkhead.use_credential(sha256(convert_to(token, 'UTF8'))) as c);
end
$$;

comment on function bulkhead.use_token(text) is
  'For psql: makes this transaction act for a token, and says who that is. begin; set local role bulkhead_user; select bulkhead.use_token(''bhd_…'');';
grant execute on function bulkhead.use_token(text) to bulkhead_user;
--! EndIncluded access/use_token.sql
--! Included access/me.sql
create or replace function bulkhead.me(out principal text, out display_name text, out is_admin boolean)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  principal := bulkhead.current_principal();
  display_name := coalesce((select p.display_name from bulkhead.principals p where p.name = me.principal), '');
  is_admin := bulkhead.is_admin();
end
$$;

comment on function bulkhead.me() is 'Who is asking, and whether that is an admin.';
grant execute on function bulkhead.me() to bulkhead_user;
--! EndIncluded access/me.sql
--! Included access/notify_access.sql
create or replace function bulkhead_private.notify_access(principal text)
returns void
language sql
volatile
security invoker
begin atomic
  select pg_notify('bulkhead:access', principal);
end;

comment on function bulkhead_private.notify_access(text) is
  'Tells API servers that what a principal may reach has changed, or that it is shut out; channel bulkhead:access.';
--! EndIncluded access/notify_access.sql
--! Included suites/test_suites_my_role.sql
create or replace function bulkhead.test_suites_my_role(suite bulkhead.test_suites)
returns text
language plpgsql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return case
    when bulkhead.has_suite(bulkhead.my_suites('owner'), suite.id) then 'owner'
    when bulkhead.has_suite(bulkhead.my_suites('editor'), suite.id) then 'editor'
    when bulkhead.has_suite(bulkhead.my_suites('appender'), suite.id) then 'appender'
    when bulkhead.has_suite(bulkhead.my_suites('viewer'), suite.id) then 'viewer'
  end;
end
$$;

comment on function bulkhead.test_suites_my_role(bulkhead.test_suites) is 'The role that the caller has in the suite: viewer, appender, editor or owner.';
grant execute on function bulkhead.test_suites_my_role(bulkhead.test_suites) to bulkhead_user;
--! EndIncluded suites/test_suites_my_role.sql
--! Included suites/known_suite.sql
create or replace function bulkhead_private.known_suite(suite_id bigint, role text default 'viewer')
returns bulkhead.test_suites
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_seen constant bigint[] := bulkhead.my_suites('viewer'); -- before the look-up, so that a hidden suite takes no longer than none
  v_suite bulkhead.test_suites;
begin
  select s.* into v_suite from bulkhead.test_suites s where s.id = known_suite.suite_id and bulkhead.has_suite(v_seen, s.id);
  if v_suite.id is null then
    raise exception using
      errcode = 'TCNSU',
      message = format('there is no suite with the id %s', coalesce(suite_id::text, 'null')),
      detail = 'The suite was asked for by its id.',
      hint = 'bulkhead.suite_id(''slug'') gives the id of a suite.';
  end if;
  if role <> 'viewer' and not bulkhead.has_suite(bulkhead.my_suites(role), v_suite.id) then
    raise exception using
      errcode = '42501',
      message = format('this takes the role "%s" in the suite "%s"', role, v_suite.slug),
      detail = format('%s has the role "%s" there.', bulkhead.current_principal(), bulkhead.test_suites_my_role(v_suite)),
      hint = format('Ask an owner of the suite: select * from bulkhead.suite_members where suite_id = %s.', v_suite.id);
  end if;
  return v_suite;
end
$$;

comment on function bulkhead_private.known_suite(bigint, text) is
  'The suite with this id, if the caller has this role in it. Unknown, or one that the caller may not see: TCNSU; a lesser role: 42501.';
--! EndIncluded suites/known_suite.sql
--! Included suites/open_suite.sql
create or replace function bulkhead_private.open_suite(suite_id bigint, role text default 'editor')
returns bulkhead.test_suites
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id, role);
begin
  if v_suite.archived_at is not null then
    raise exception using
      errcode = 'TCARC',
      message = format('the suite "%s" is archived', v_suite.slug),
      detail = format('It was archived at %s and takes no changes.', v_suite.archived_at),
      hint = 'bulkhead.restore_suite(suite_id) opens it again.';
  end if;
  return v_suite;
end
$$;

comment on function bulkhead_private.open_suite(bigint, text) is
  'The suite with this id, for a function that is about to change it. Unknown: TCNSU; a lesser role: 42501; archived: TCARC.';
--! EndIncluded suites/open_suite.sql
--! Included suites/create_suite.sql
create or replace function bulkhead.create_suite(
  slug text,
  name text default null,
  description text default '',
  tag_policy text default 'open'
)
returns bulkhead.test_suites
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites;
begin
  perform bulkhead_private.require_admin('creating a suite');
  insert into bulkhead.test_suites (slug, name, description, tag_policy)
  values (
    create_suite.slug,
    coalesce(create_suite.name, create_suite.slug),
    coalesce(create_suite.description, ''),
    coalesce(create_suite.tag_policy, 'open')
  )
  returning * into v_suite;
  insert into bulkhead.suite_members (suite_id, principal, role)
  select v_suite.id, p.name, 'owner'
  from bulkhead.principals p
  where p.name = bulkhead.current_principal();
  return v_suite;
end
$$;

comment on function bulkhead.create_suite(text, text, text, text) is
  'Creates a suite, of which the caller becomes an owner. It is one INSERT and takes no table lock: writers of other suites do not notice. '
  'Not an admin: 42501; a slug that is taken: 23505.';
grant execute on function bulkhead.create_suite(text, text, text, text) to bulkhead_user;
--! EndIncluded suites/create_suite.sql
--! Included suites/archive_suite.sql
create or replace function bulkhead.archive_suite(suite_id bigint)
returns bulkhead.test_suites
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, 'owner');
begin
  update bulkhead.test_suites s
  set archived_at = bulkhead_private.clock()
  where s.id = v_suite.id
  returning * into v_suite;
  return v_suite;
end
$$;

comment on function bulkhead.archive_suite(bigint) is
  'Closes a suite to appends and operations; it can still be read. restore_suite opens it again.';
grant execute on function bulkhead.archive_suite(bigint) to bulkhead_user;
--! EndIncluded suites/archive_suite.sql
--! Included suites/restore_suite.sql
create or replace function bulkhead.restore_suite(suite_id bigint)
returns bulkhead.test_suites
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id, 'owner');
begin
  update bulkhead.test_suites s
  set archived_at = null
  where s.id = v_suite.id
  returning * into v_suite;
  return v_suite;
end
$$;

comment on function bulkhead.restore_suite(bigint) is 'Opens an archived suite to appends and operations again.';
grant execute on function bulkhead.restore_suite(bigint) to bulkhead_user;
--! EndIncluded suites/restore_suite.sql
--! Included suites/delete_suite.sql
create or replace function bulkhead.delete_suite(suite_id bigint)
returns bulkhead.test_suites
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id, 'owner');
begin
  if exists (select from bulkhead.test_cases c where c.suite_id = v_suite.id) then
    raise exception using
      errcode = 'TCSUC',
      message = format('the suite "%s" still has cases', v_suite.slug),
      detail = 'Cases are deleted in chunks, which can be watched, cancelled and undone; deleting a suite cannot.',
      hint = format('select * from bulkhead.bulk_delete(suite_id => %s, all_cases => true), and then delete the suite.', v_suite.id);
  end if;
  if exists (
    select from bulkhead.bulk_operations o where o.suite_id = v_suite.id and o.state in ('queued', 'running')
  ) then
    raise exception using
      errcode = 'TCRUN',
      message = format('the suite "%s" has operations that are not finished', v_suite.slug),
      detail = 'A suite is deleted together with its operations.',
      hint = 'Wait for them, or cancel them with bulkhead.cancel_operation.';
  end if;
  delete from bulkhead.test_suites s where s.id = v_suite.id;
  return v_suite;
end
$$;

comment on function bulkhead.delete_suite(bigint) is
  'Deletes a suite without cases, with its dictionary, operations and history, for good. With cases: TCSUC; bulk_delete them first.';
grant execute on function bulkhead.delete_suite(bigint) to bulkhead_user;
--! EndIncluded suites/delete_suite.sql
--! Included access/managed_suite.sql
create or replace function bulkhead_private.managed_suite(suite_id bigint)
returns bulkhead.test_suites
language sql
stable
security invoker
begin atomic
  -- an admin too, or a suite whose last owner has left could never have another one
  select bulkhead_private.known_suite(managed_suite.suite_id, case when bulkhead.is_admin() then 'viewer' else 'owner' end);
end;

comment on function bulkhead_private.managed_suite(bigint) is
  'The suite with this id, for whoever may manage its members and tokens: an owner, or an admin. Unknown: TCNSU; others: 42501.';
--! EndIncluded access/managed_suite.sql
--! Included access/check_member_role.sql
create or replace function bulkhead_private.check_member_role(role text)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if role is null or role not in ('viewer', 'appender', 'editor', 'owner') then
    raise exception using
      errcode = 'TCARG',
      message = format('there is no role %s', coalesce(to_jsonb(left(role, 100))::text, 'null')),
      detail = 'A role holds the ones before it: viewer, appender, editor, owner.',
      hint = 'CI that adds cases is an appender; people who tag and edit are editors.';
  end if;
end
$$;

comment on function bulkhead_private.check_member_role(text) is 'Whether there is such a role: TCARG if not.';
--! EndIncluded access/check_member_role.sql
--! Included access/known_principal.sql
create or replace function bulkhead_private.known_principal(name text)
returns bulkhead.principals
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_principal bulkhead.principals;
begin
  if name is null or name !~ '^(person|group|role):[^[:cntrl:]]{1,200}$' then
    select p.* into v_principal from bulkhead.principals p where p.name = known_principal.name and p.name like 'token:%';
    if v_principal.name is null then
      raise exception using
        errcode = 'TCARG',
        message = format('%s is no principal', coalesce(to_jsonb(left(name, 100))::text, 'null')),
        detail = 'A principal is a kind and a name; only tokens have to exist already.',
        hint = 'For example person:ada@example.com, group:evals (as the sign-in provider names it), or role:alice (a database login).';
    end if;
    return v_principal;
  end if;
  insert into bulkhead.principals (name) values (known_principal.name) on conflict do nothing;
  select p.* into v_principal from bulkhead.principals p where p.name = known_principal.name;
  return v_principal;
end
$$;

comment on function bulkhead_private.known_principal(text) is
  'The principal with this name. A person, group or database login that was never seen before is noted down; what cannot be one: TCARG.';
--! EndIncluded access/known_principal.sql
--! Included access/keep_principal_suites.sql
create or replace function bulkhead_private.keep_principal_suites()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_member bulkhead.suite_members := coalesce(new, old);
  v_suite int8multirange := int8multirange(int8range(v_member.suite_id, v_member.suite_id, '[]'));
  v_rank integer := case when tg_op = 'DELETE' then 0 else array_position('{viewer,appender,editor,owner}', v_member.role) end;
begin
  insert into bulkhead_private.principal_suites (principal) values (v_member.principal) on conflict do nothing;
  update bulkhead_private.principal_suites s
  set
    viewer = case when v_rank >= 1 then s.viewer + v_suite else s.viewer - v_suite end,
    appender = case when v_rank >= 2 then s.appender + v_suite else s.appender - v_suite end,
    editor = case when v_rank >= 3 then s.editor + v_suite else s.editor - v_suite end,
    owner = case when v_rank >= 4 then s.owner + v_suite else s.owner - v_suite end
  where s.principal = v_member.principal;
  perform bulkhead_private.notify_access(v_member.principal);
  return null;
end
$$;

comment on function bulkhead_private.keep_principal_suites() is
  'Trigger: keeps principal_suites as suite_members says, and tells open subscriptions that somebody''s reach has changed.';

create or replace trigger keep_principal_suites
  after insert or delete or update of role on bulkhead.suite_members
  for each row
  execute function bulkhead_private.keep_principal_suites();
--! EndIncluded access/keep_principal_suites.sql
--! Included access/refuse_other_member.sql
create or replace function bulkhead_private.refuse_other_member()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'TCMOV',
    message = 'a member keeps its suite and its principal',
    detail = 'Only the role of a member can change.',
    hint = 'Remove the member, and add the other one: bulkhead.remove_member, bulkhead.set_member.';
end
$$;

comment on function bulkhead_private.refuse_other_member() is 'Trigger: a membership becomes no other one. TCMOV.';

create or replace trigger refuse_other_member
  before update of suite_id, principal on bulkhead.suite_members
  for each row
  when (old.suite_id <> new.suite_id or old.principal <> new.principal)
  execute function bulkhead_private.refuse_other_member();
--! EndIncluded access/refuse_other_member.sql
--! Included access/keep_principal_out.sql
create or replace function bulkhead_private.keep_principal_out()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform bulkhead_private.notify_access(new.name);
  return null;
end
$$;

comment on function bulkhead_private.keep_principal_out() is
  'Trigger: tells open subscriptions that a principal was shut out, let in again, or has more or less to see.';

create or replace trigger keep_principal_out
  after update of is_admin, everywhere, disabled_at on bulkhead.principals
  for each row
  execute function bulkhead_private.keep_principal_out();
--! EndIncluded access/keep_principal_out.sql
--! Included access/end_unused_token.sql
create or replace function bulkhead_private.end_unused_token(principal text)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  update bulkhead.principals p
  set disabled_at = bulkhead_private.clock()
  where p.name = end_unused_token.principal and not p.is_admin and p.everywhere is null
    and (select s.viewer from bulkhead_private.principal_suites s where s.principal = p.name) = '{}';
  if found then
    delete from bulkhead_private.credentials c where c.principal = end_unused_token.principal;
  end if;
end
$$;

comment on function bulkhead_private.end_unused_token(text) is 'Ends a token that reaches no suite any more, with the sessions that were opened with it.';
--! EndIncluded access/end_unused_token.sql
--! Included access/suites_of_token.sql
create or replace function bulkhead_private.suites_of_token(principal text, suite_id bigint default null)
returns bigint[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_managed constant bigint[] := bulkhead.my_suites(case when bulkhead.is_admin() then 'viewer' else 'owner' end);
  v_suite_ids constant bigint[] := array(
    select m.suite_id
    from bulkhead.suite_members m
    where m.principal = suites_of_token.principal and m.principal like 'token:%' and bulkhead.has_suite(v_managed, m.suite_id)
      and m.suite_id = coalesce(suites_of_token.suite_id, m.suite_id)
    order by m.suite_id
  );
begin
  if cardinality(v_suite_ids) = 0 then
    raise exception using
      errcode = 'TCNTK',
      message = format('there is no token %s that you manage', coalesce(to_jsonb(left(principal, 100))::text, 'null')),
      detail = 'A token is managed by the owners of the suites that it reaches.',
      hint = 'select suite_id, principal, name, hint from bulkhead.suite_tokens lists them.';
  end if;
  return v_suite_ids;
end
$$;

comment on function bulkhead_private.suites_of_token(text, bigint) is
  'The suites that a token reaches and the caller manages: of all suites, or this one. None: TCNTK, whether there is such a token or not.';
--! EndIncluded access/suites_of_token.sql
--! Included access/set_member.sql
create or replace function bulkhead.set_member(suite_id bigint, principal text, role text)
returns bulkhead.suite_members
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.managed_suite(suite_id);
  v_principal bulkhead.principals;
  v_member bulkhead.suite_members;
begin
  perform bulkhead_private.check_member_role(role);
  if principal like 'token:%' and not bulkhead.is_admin() then
    -- once a member, another suite's token would show its name, its makers and when it is used
    perform bulkhead_private.suites_of_token(principal);
  end if;
  v_principal := bulkhead_private.known_principal(principal);
  insert into bulkhead.suite_members as m (suite_id, principal, role)
  values (v_suite.id, v_principal.name, set_member.role)
  on conflict on constraint suite_members_pkey do update set role = excluded.role
  returning m.* into v_member;
  return v_member;
end
$$;

comment on function bulkhead.set_member(bigint, text, text) is
  'Gives a principal a role in a suite, or another role: viewer, appender, editor, owner. Takes an owner of the suite, or an admin. '
  'principal: person:…, group:…, role:… (a database login) or a token:… that the caller manages elsewhere; any other token: TCNTK.';
grant execute on function bulkhead.set_member(bigint, text, text) to bulkhead_user;
--! EndIncluded access/set_member.sql
--! Included access/remove_member.sql
create or replace function bulkhead.remove_member(suite_id bigint, principal text)
returns bulkhead.suite_members
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.managed_suite(suite_id);
  v_member bulkhead.suite_members;
begin
  delete from bulkhead.suite_members m
  where m.suite_id = v_suite.id and m.principal = remove_member.principal
  returning m.* into v_member;
  if v_member.principal is null then
    raise exception using
      errcode = 'TCNMB',
      message = format('the suite "%s" has no member %s', v_suite.slug, coalesce(to_jsonb(left(principal, 100))::text, 'null')),
      detail = 'A member is a principal: person:…, group:…, role:… or token:….',
      hint = format('select principal, role from bulkhead.suite_members where suite_id = %s lists them.', v_suite.id);
  end if;
  if v_member.principal like 'token:%' then
    perform bulkhead_private.end_unused_token(v_member.principal);
  end if;
  return v_member;
end
$$;

comment on function bulkhead.remove_member(bigint, text) is
  'Takes a principal''s role in a suite away, at once. Takes an owner of the suite, or an admin. No such member: TCNMB.';
grant execute on function bulkhead.remove_member(bigint, text) to bulkhead_user;
--! EndIncluded access/remove_member.sql
--! Included access/new_secret.sql
create or replace function bulkhead_private.new_secret(prefix text)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_secret text := prefix || left(
    encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex'), 40
  );
begin
  return v_secret || left(encode(sha256(convert_to(v_secret, 'UTF8')), 'hex'), 8);
end
$$;

comment on function bulkhead_private.new_secret(text) is
  'A secret that nobody can guess: the prefix, 160 random bits in hex, and 8 digits of its SHA-256, by which a scanner or a server knows '
  'a mistyped or truncated one without asking.';
--! EndIncluded access/new_secret.sql
--! Included access/create_token.sql
create or replace function bulkhead.create_token(
  suite_ids bigint[],
  role text default 'viewer',
  name text default '',
  expires_in_days integer default 90,
  out token text,
  out principal text,
  out hint text,
  out expires_at timestamptz
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform bulkhead_private.check_member_role(role);
  if coalesce(cardinality(suite_ids), 0) = 0 then
    raise exception using
      errcode = 'TCARG',
      message = 'a token reaches at least one suite',
      detail = 'suite_ids is empty.',
      hint = 'For example: suite_ids => array[bulkhead.suite_id(''regression'')].';
  elsif expires_in_days not between 1 and 3650 then
    raise exception using
      errcode = 'TCARG',
      message = format('a token cannot expire in %s days', expires_in_days),
      detail = 'expires_in_days is from 1 to 3650.',
      hint = 'A token that never expires is asked for by null.';
  end if;
  perform bulkhead_private.managed_suite(s.id) from unnest(suite_ids) as s (id);

  token := bulkhead_private.new_secret('bhd_');
  principal := 'token:' || nextval('bulkhead_private.token_id_seq');
  hint := left(token, 12);
  expires_at := clock_timestamp() + make_interval(days => expires_in_days);
  insert into bulkhead.principals (name, display_name) values (create_token.principal, coalesce(create_token.name, ''));
  insert into bulkhead_private.credentials (hash, kind, principal, hint, created_by, expires_at)
  values (
    sha256(convert_to(token, 'UTF8')), 'token', create_token.principal, create_token.hint, bulkhead.current_principal(),
    coalesce(create_token.expires_at, 'infinity')
  );
  insert into bulkhead.suite_members (suite_id, principal, role)
  select distinct s.id, create_token.principal, create_token.role
  from unnest(suite_ids) as s (id)
  order by s.id;
end
$$;

comment on function bulkhead.create_token(bigint[], text, text, integer) is
  'Makes a token with one role in these suites, and shows it this once: only its SHA-256 is kept. Takes an owner of each, or an admin. '
  'expires_in_days => null: never. set_member gives it other roles and suites, revoke_token ends it.';
grant execute on function bulkhead.create_token(bigint[], text, text, integer) to bulkhead_user;
--! EndIncluded access/create_token.sql
--! Included access/revoke_token.sql
create or replace function bulkhead.revoke_token(principal text, suite_id bigint default null)
returns setof bulkhead.suite_members
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
    select r.*
    from unnest(bulkhead_private.suites_of_token(revoke_token.principal, revoke_token.suite_id)) as s (id)
    cross join lateral bulkhead.remove_member(s.id, revoke_token.principal) as r;
end
$$;

comment on function bulkhead.revoke_token(text, bigint) is
  'Takes a token''s roles away, at once: in this suite, or in every suite that the caller manages. A token that is left with none is over, '
  'and so are the sessions that were opened with it. No such token there: TCNTK.';
grant execute on function bulkhead.revoke_token(text, bigint) to bulkhead_user;
--! EndIncluded access/revoke_token.sql
--! Included access/set_principal.sql
create or replace function bulkhead.set_principal(
  name text,
  display_name text default null,
  is_admin boolean default null,
  everywhere text default null,
  disabled boolean default null
)
returns bulkhead.principals
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_principal bulkhead.principals;
begin
  perform bulkhead_private.require_admin('managing principals');
  if everywhere <> 'none' then
    perform bulkhead_private.check_member_role(everywhere);
  end if;
  v_principal := bulkhead_private.known_principal(name);
  update bulkhead.principals p
  set
    display_name = coalesce(set_principal.display_name, p.display_name),
    is_admin = coalesce(set_principal.is_admin, p.is_admin),
    everywhere = nullif(coalesce(set_principal.everywhere, p.everywhere), 'none'),
    disabled_at = case set_principal.disabled when true then coalesce(p.disabled_at, now()) when false then null else p.disabled_at end
  where p.name = v_principal.name
  returning p.* into v_principal;
  return v_principal;
end
$$;

comment on function bulkhead.set_principal(text, text, boolean, text, boolean) is
  'Makes a principal an admin, gives it a role everywhere (none takes it away), shuts it out or lets it in again; an argument left out keeps '
  'what is there. Takes an admin.';
grant execute on function bulkhead.set_principal(text, text, boolean, text, boolean) to bulkhead_user;
--! EndIncluded access/set_principal.sql
--! Included access/suite_tokens.sql
create or replace view bulkhead.suite_tokens
with (security_barrier = true)
as
select
  m.suite_id, m.principal, p.display_name as name, c.hint, m.role, c.created_at, c.created_by,
  nullif(c.expires_at, 'infinity') as expires_at, u.last_used_at
from bulkhead.suite_members m
join bulkhead.principals p on p.name = m.principal
join bulkhead_private.credentials c on c.principal = m.principal and c.kind = 'token'
left join bulkhead_private.token_uses u on u.principal = m.principal
where bulkhead.has_suite(
  (select bulkhead.my_suites(case when bulkhead.is_admin() then 'viewer' else 'owner' end)), m.suite_id
);

comment on view bulkhead.suite_tokens is
  'The tokens that reach each suite, for its owners and for admins: name, first characters, role, until when, and when last used.';
comment on column bulkhead.suite_tokens.principal is
  'The token as a principal, token:<number>: what revoke_token takes, and what its deeds are recorded under.';
comment on column bulkhead.suite_tokens.hint is 'The first characters, by which people tell one token from another.';
comment on column bulkhead.suite_tokens.role is 'The role that the token has in this suite.';
comment on column bulkhead.suite_tokens.created_by is 'The principal that created the token.';
comment on column bulkhead.suite_tokens.expires_at is 'Until when the token is valid; null: it does not expire.';
comment on column bulkhead.suite_tokens.last_used_at is 'When the token was last used, to the minute; null: never.';
grant select on bulkhead.suite_tokens to bulkhead_user;
--! EndIncluded access/suite_tokens.sql
--! Included access/start_session.sql
create or replace function bulkhead_private.start_session(
  principal text,
  display_name text,
  groups text[] default '{}',
  valid_for interval default '12 hours',
  valid_until timestamptz default 'infinity'
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_session text := bulkhead_private.new_secret('bhs_');
begin
  insert into bulkhead.principals as p (name, display_name)
  values (start_session.principal, left(coalesce(start_session.display_name, ''), 200))
  on conflict on constraint principals_pkey do update set display_name = excluded.display_name
  where p.display_name <> excluded.display_name and excluded.display_name <> '';
  delete from bulkhead_private.credentials c where c.kind <> 'token' and c.expires_at < clock_timestamp();
  insert into bulkhead_private.credentials (hash, kind, principal, groups, hint, created_by, expires_at)
  values (
    sha256(convert_to(v_session, 'UTF8')), 'session', start_session.principal, start_session.groups, left(v_session, 8),
    start_session.principal, least(clock_timestamp() + valid_for, valid_until)
  );
  return v_session;
end
$$;

comment on function bulkhead_private.start_session(text, text, text[], interval, timestamptz) is
  'Opens a session for a principal who has proved who that is, with the groups that the sign-in provider says, and shows its secret this once.';
--! EndIncluded access/start_session.sql
--! Included access/start_token_session.sql
create or replace function bulkhead_private.start_token_session(hash bytea)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_token record;
begin
  select * into v_token from bulkhead.use_credential(hash);
  return bulkhead_private.start_session(v_token.principal, '', '{}', '12 hours', v_token.expires_at);
end
$$;

comment on function bulkhead_private.start_token_session(bytea) is
  'Opens a session that does what a token may, and ends with it at the latest. Not a valid token: TCAUT.';
--! EndIncluded access/start_token_session.sql
--! Included access/create_sign_in_link.sql
create or replace function bulkhead_private.create_sign_in_link(principal text, display_name text, valid_for interval default '1 hour')
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_link text := bulkhead_private.new_secret('bhl_');
begin
  insert into bulkhead.principals (name, display_name, is_admin, everywhere)
  values (create_sign_in_link.principal, create_sign_in_link.display_name, true, 'owner')
  on conflict do nothing;
  insert into bulkhead_private.credentials (hash, kind, principal, hint, created_by, expires_at)
  values (
    sha256(convert_to(v_link, 'UTF8')), 'sign_in_link', create_sign_in_link.principal, left(v_link, 8),
    bulkhead.current_principal(), clock_timestamp() + valid_for
  );
  return v_link;
end
$$;

comment on function bulkhead_private.create_sign_in_link(text, text, interval) is
  'Makes a link to sign in with, once, as a principal of this machine, who is an admin and owner everywhere unless somebody has changed that.';
--! EndIncluded access/create_sign_in_link.sql
--! Included access/use_sign_in_link.sql
create or replace function bulkhead_private.use_sign_in_link(hash bytea)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_principal text;
begin
  delete from bulkhead_private.credentials c
  where c.hash = use_sign_in_link.hash and c.kind = 'sign_in_link' and c.expires_at > clock_timestamp()
  returning c.principal into v_principal;
  if v_principal is null then
    raise exception using
      errcode = 'TCAUT',
      message = 'the sign-in link is not valid',
      detail = 'It is unknown, has expired, or was used before: a link works once.',
      hint = 'Make a new one: bulkhead sign-in-link.';
  end if;
  return bulkhead_private.start_session(v_principal, '', '{}', '30 days');
end
$$;

comment on function bulkhead_private.use_sign_in_link(bytea) is 'Takes a sign-in link for a session, once. Not a valid link: TCAUT.';
--! EndIncluded access/use_sign_in_link.sql
--! Included access/end_session.sql
create or replace function bulkhead_private.end_session(hash bytea)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_principal text;
begin
  delete from bulkhead_private.credentials c
  where c.hash = end_session.hash and c.kind = 'session'
  returning c.principal into v_principal;
  perform bulkhead_private.notify_access(v_principal) where v_principal is not null;
end
$$;

comment on function bulkhead_private.end_session(bytea) is 'Ends a session: sign-out.';
--! EndIncluded access/end_session.sql
--! Included operations/known_operation.sql
create or replace function bulkhead_private.known_operation(suite_id bigint, operation_id bigint, role text default 'viewer')
returns bulkhead.bulk_operations
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id, role);
  v_operation bulkhead.bulk_operations;
begin
  select o.* into v_operation
  from bulkhead.bulk_operations o
  where o.suite_id = v_suite.id and o.id = operation_id;
  if v_operation.id is null then
    raise exception using
      errcode = 'TCNOP',
      message = format('the suite "%s" has no operation %s', v_suite.slug, coalesce(operation_id::text, 'null')),
      detail = 'An operation is known by its suite and its id.',
      hint = format('select id, kind, state from bulkhead.bulk_operations where suite_id = %s lists them.', v_suite.id);
  end if;
  return v_operation;
end
$$;

comment on function bulkhead_private.known_operation(bigint, bigint, text) is
  'The operation of this suite with this id, if the caller has this role. Unknown: TCNSU or TCNOP; a lesser role: 42501.';
--! EndIncluded operations/known_operation.sql
--! Included operations/cancel_operation.sql
create or replace function bulkhead.cancel_operation(suite_id bigint, operation_id bigint)
returns bulkhead.bulk_operations
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_operation bulkhead.bulk_operations := bulkhead_private.known_operation(suite_id, operation_id, 'editor');
begin
  if v_operation.finished_at is not null then
    raise exception using
      errcode = 'TCFIN',
      message = format(
        'the operation %s has %s already',
        v_operation.id, case v_operation.state when 'cancelled' then 'been cancelled' else v_operation.state end
      ),
      detail = format('It ended at %s; what it did stays until it is undone.', v_operation.finished_at),
      hint = 'bulkhead.undo_operation reverses what it did.';
  end if;
  insert into bulkhead_private.operation_cancellations (suite_id, operation_id)
  values (v_operation.suite_id, v_operation.id)
  on conflict do nothing;
  -- one that nobody is running ends here; otherwise its worker ends it before the next chunk
  if pg_try_advisory_xact_lock(bulkhead_private.suite_lock_key(v_operation.suite_id)) then
    v_operation := bulkhead_private.run_chunk(v_operation.suite_id, v_operation.id);
    perform bulkhead_private.queue_operations(v_operation.suite_id);
  end if;
  return v_operation;
end
$$;

comment on function bulkhead.cancel_operation(bigint, bigint) is
  'Stops an operation after its current chunk. What was done stays and is counted; undo_operation reverses it. Ended already: TCFIN.';
grant execute on function bulkhead.cancel_operation(bigint, bigint) to bulkhead_user;
--! EndIncluded operations/cancel_operation.sql
--! Included operations/plan_undo.sql
create or replace function bulkhead_private.plan_undo(operation bulkhead.bulk_operations)
returns bulkhead_private.operation_plan
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if operation.kind = 'undo' then
    raise exception using
      errcode = 'TCUND',
      message = format('the operation %s is an undo, which cannot be undone', operation.id),
      detail = format('It reversed the operation %s.', operation.undoes_operation_id),
      hint = 'Submit the original operation again.';
  elsif operation.finished_at is null then
    raise exception using
      errcode = 'TCRUN',
      message = format('the operation %s is not finished', operation.id),
      detail = format('It is %s.', operation.state),
      hint = 'Wait for it, or stop it with bulkhead.cancel_operation, and undo it then.';
  elsif exists (
    select from bulkhead.bulk_operations u
    where u.suite_id = operation.suite_id and u.undoes_operation_id = operation.id
      and u.state in ('queued', 'running', 'succeeded')
  ) then
    raise exception using
      errcode = 'TCUND',
      message = format('the operation %s has been undone already', operation.id),
      detail = 'An operation is undone once.',
      hint = format(
        'select * from bulkhead.bulk_operations where suite_id = %s and undoes_operation_id = %s shows by what.',
        operation.suite_id, operation.id
      );
  elsif operation.changed > (
    select count(distinct u.id)
    from bulkhead_private.change_log l
    cross join unnest(l.case_ids) as u (id)
    where l.suite_id = operation.suite_id and l.operation_id = operation.id and l.change not in ('left_alone', 'failed')
  ) then
    raise exception using
      errcode = 'TCOLD',
      message = format('the change log of the operation %s has been pruned', operation.id),
      detail = 'What an operation changed is kept for 30 days.',
      hint = 'Select the cases by hand and submit an operation that changes them back.';
  end if;
  -- it deletes copies from the other suite, unless that is gone with them
  perform bulkhead_private.known_suite(s.id, 'editor')
  from bulkhead.test_suites s
  where operation.kind = 'copy' and s.id = (operation.parameters ->> 'into_suite_id')::bigint;
  return row(
    operation.suite_id, 'undo', '{}', operation.parameters || jsonb_build_object('undoes_kind', operation.kind), '{}', 1,
    operation.id, null
  )::bulkhead_private.operation_plan;
end
$$;

comment on function bulkhead_private.plan_undo(bulkhead.bulk_operations) is
  'The plan of undo_operation. Not finished: TCRUN; undone already, or an undo: TCUND; too old: TCOLD.';
--! EndIncluded operations/plan_undo.sql
--! Included operations/retry_operation.sql
create or replace function bulkhead.retry_operation(suite_id bigint, operation_id bigint)
returns bulkhead.bulk_operations
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_operation bulkhead.bulk_operations := bulkhead_private.known_operation(v_suite.id, operation_id);
  v_selection jsonb := v_operation.selection;
  v_failed bigint[];
begin
  if v_operation.kind = 'delete' then
    perform bulkhead_private.open_suite(v_suite.id, 'owner');
  end if;
  if v_operation.finished_at is null then
    raise exception using
      errcode = 'TCRUN',
      message = format('the operation %s is not finished', v_operation.id),
      detail = format('It is %s.', v_operation.state),
      hint = 'Wait for it: cases that fail are listed when it is over.';
  elsif v_operation.state = 'succeeded' then
    raise exception using
      errcode = 'TCFIN',
      message = format('the operation %s has nothing to retry', v_operation.id),
      detail = 'It succeeded: no case failed.',
      hint = 'Submit a new operation for other cases.';
  elsif v_operation.kind = 'undo' then
    return bulkhead.undo_operation(v_suite.id, v_operation.undoes_operation_id);
  end if;
  v_failed := array(
    select distinct u.id
    from bulkhead_private.change_log l
    cross join unnest(l.case_ids) as u (id)
    where l.suite_id = v_suite.id and l.operation_id = v_operation.id and l.change = 'failed'
  );
  if v_operation.state = 'failed' and not jsonb_path_exists(v_operation.first_errors, '$[*] ? (!exists (@.case_id))') then
    v_selection := jsonb_build_object('case_ids', v_failed);
  elsif v_operation.kind not in ('rename_tag', 'merge_tags') then
    -- it stopped on its way: what it failed on, and what lies beyond its cursor; copies are not made twice
    v_selection := v_selection || jsonb_build_object(
      'unfinished',
      coalesce(v_selection -> 'unfinished', '[]') || jsonb_build_object(
        'after_id', v_operation.cursor_id, 'up_to_id', v_operation.high_water_id, 'case_ids', v_failed
      )
    );
  end if;
  perform bulkhead_private.hold_dictionary(v_suite.id);
  return bulkhead_private.submit(
    row(
      v_suite.id, v_operation.kind, v_selection, v_operation.parameters, '{}', v_operation.pace, null, v_operation.id
    )::bulkhead_private.operation_plan,
    v_operation.pace
  );
end
$$;

comment on function bulkhead.retry_operation(bigint, bigint) is
  'Submits an operation again for the cases on which it failed and, where it was stopped on its way, for those that it had not come to. '
  'Nothing to retry: TCFIN.';
grant execute on function bulkhead.retry_operation(bigint, bigint) to bulkhead_user;
--! EndIncluded operations/retry_operation.sql
--! Included operations/bulk_delete.sql
create or replace function bulkhead.bulk_delete(
  suite_id bigint,
  where_tags text default null,
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  all_cases boolean default false,
  pace real default 1
)
returns bulkhead.bulk_operations
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, 'owner');
  v_selection jsonb := bulkhead_private.choose_cases(
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    ),
    all_cases
  );
begin
  return bulkhead_private.submit(
    row(v_suite.id, 'delete', v_selection, '{}', '{}', 1, null, null)::bulkhead_private.operation_plan,
    pace
  );
end
$$;

comment on function bulkhead.bulk_delete(
  bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, real
) is
  'Deletes the selected cases with their links. Their last versions are kept in test_case_versions, and undo_operation brings them back '
  'with their ids while the change log lasts (30 days).';
grant execute on function bulkhead.bulk_delete(
  bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, real
) to bulkhead_user;
--! EndIncluded operations/bulk_delete.sql
--! Included operations/preview_bulk_delete.sql
create or replace function bulkhead.preview_bulk_delete(
  suite_id bigint,
  where_tags text default null,
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  all_cases boolean default false
)
returns bulkhead.operation_preview
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, 'owner');
  v_selection jsonb := bulkhead_private.choose_cases(
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    ),
    all_cases
  );
begin
  return bulkhead_private.preview(
    row(v_suite.id, 'delete', v_selection, '{}', '{}', 1, null, null)::bulkhead_private.operation_plan
  );
end
$$;

comment on function bulkhead.preview_bulk_delete(
  bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean
) is
  'What bulk_delete would do with these arguments. Changes nothing.';
grant execute on function bulkhead.preview_bulk_delete(
  bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean
) to bulkhead_user;
--! EndIncluded operations/preview_bulk_delete.sql

alter table bulkhead.bulk_operations alter column submitted_by set default bulkhead.current_principal();
alter table bulkhead.test_case_versions alter column replaced_by set default bulkhead.current_principal();
alter table bulkhead_private.operation_cancellations alter column requested_by set default bulkhead.current_principal();
comment on column bulkhead.bulk_operations.submitted_by is 'The principal that submitted the operation; role: and the login for one submitted in psql.';
comment on column bulkhead.test_case_versions.replaced_by is 'The principal that edited or deleted the case; role: and the login for psql.';

--! Included access/policies.sql
-- One rule for all suite data: a row is there for whoever has the role in its suite. The rule reads settings and, if there are none, the
-- login; the sub-select makes it an init plan, so that it is asked once for each statement and not for each row.
do $$
declare
  v_table regclass;
begin
  foreach v_table in array array[
    'bulkhead.test_suites', 'bulkhead.suite_tags', 'bulkhead.test_cases', 'bulkhead.test_case_tags', 'bulkhead.test_case_versions',
    'bulkhead.bulk_operations', 'bulkhead.suite_members', 'bulkhead.principals'
  ]::regclass[] loop
    execute format('alter table %s enable row level security', v_table);
    execute format('alter table %s force row level security', v_table);
    -- what the owner does is decided by the functions, each of which asks for a role first; without this policy it could do nothing
    execute format('drop policy if exists functions_and_dbas on %s', v_table);
    execute format('create policy functions_and_dbas on %s to current_user using (true) with check (true)', v_table);
  end loop;
  foreach v_table in array array[
    'bulkhead.suite_tags', 'bulkhead.test_cases', 'bulkhead.test_case_tags', 'bulkhead.test_case_versions', 'bulkhead.bulk_operations',
    'bulkhead.suite_members'
  ]::regclass[] loop
    execute format('drop policy if exists viewers_read on %s', v_table);
    execute format(
      'create policy viewers_read on %s for select to bulkhead_user using (bulkhead.has_suite((select bulkhead.my_suites(''viewer'')), suite_id))', v_table
    );
  end loop;
end
$$;

drop policy if exists viewers_read on bulkhead.test_suites;
create policy viewers_read on bulkhead.test_suites for select to bulkhead_user
  using (bulkhead.has_suite((select bulkhead.my_suites('viewer')), id));

drop policy if exists owners_edit on bulkhead.test_suites;
create policy owners_edit on bulkhead.test_suites for update to bulkhead_user
  using (bulkhead.has_suite((select bulkhead.my_suites('owner')), id));

drop policy if exists editors_edit on bulkhead.test_cases;
create policy editors_edit on bulkhead.test_cases for update to bulkhead_user
  using (bulkhead.has_suite((select bulkhead.my_suites('editor')), suite_id));

drop policy if exists admins_and_oneself on bulkhead.principals;
create policy admins_and_oneself on bulkhead.principals for select to bulkhead_user
  using ((select bulkhead.is_admin()) or name = (select bulkhead.current_principal()));

grant select on bulkhead.suite_members, bulkhead.principals to bulkhead_user;
--! EndIncluded access/policies.sql
