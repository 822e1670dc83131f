--! Previous: sha1:6c2502d975fb5bf2bb3fb5b615a4bc79c3e2f619
--! Hash: sha1:0723560e8af1042bc5ac030abd5d43009380a9e9
--! Message: audit

--! split: 1-current.sql
-- Who changed what, and when, in the transaction of the change itself. Events are written by triggers, so that what is done in psql is
-- there too; what a function does to many rows is one event. The log outlives its suites: no key refers to them.

create sequence bulkhead.audit_log_id_seq as bigint;

create table bulkhead.audit_log (
  suite_id bigint not null,
  id bigint not null default nextval('bulkhead.audit_log_id_seq'),
  at timestamptz not null default clock_timestamp(),
  principal text collate "C" not null default bulkhead.current_principal(),
  action text collate "C" not null,
  subject text collate "C" not null,
  subject_id text collate "C",
  operation_id bigint,
  before jsonb,
  after jsonb,
  -- no check of action and subject, which only functions write: with one the event of an append would take twice as long
  constraint audit_log_pkey primary key (suite_id, id)
);
alter sequence bulkhead.audit_log_id_seq owned by bulkhead.audit_log.id;

create index audit_log_suite_id_at_idx on bulkhead.audit_log (suite_id, at);
create index audit_log_suite_id_principal_idx on bulkhead.audit_log (suite_id, principal, id);
create index audit_log_suite_id_subject_idx on bulkhead.audit_log (suite_id, subject, subject_id, id);
create index audit_log_suite_id_operation_id_idx on bulkhead.audit_log (suite_id, operation_id) where operation_id is not null;

comment on table bulkhead.audit_log is
  'The audit log: an event for each change of cases, dictionary, suite, members and tokens, one for each append, and one for each operation '
  'when it ends. Written in the transaction of the change, whoever makes it; never changed afterwards.';
comment on column bulkhead.audit_log.suite_id is 'The suite, which may have been deleted since; 0 for the instance: principals, tokens, suites created and deleted.';
comment on column bulkhead.audit_log.at is 'When it was written, by the clock of the server; it is there for others once its transaction has committed.';
comment on column bulkhead.audit_log.principal is
  'Who did it: person:…, token:…, or role: and the login in psql. Of an operation: who submitted it.';
comment on column bulkhead.audit_log.action is
  'created, changed, deleted, truncated; appended; of an operation cancel_requested, and how it ended: succeeded, failed or cancelled.';
comment on column bulkhead.audit_log.subject is
  'suite, tag, case, link, operation; and member, token, principal, which only owners and admins read.';
comment on column bulkhead.audit_log.subject_id is
  'Which one: the id of the suite, case or operation, the name of the tag or principal; of a link the id of its case. Null for an append.';
comment on column bulkhead.audit_log.operation_id is 'Of an operation: its id.';
comment on column bulkhead.audit_log.before is 'What was there before: of a change the columns that it changed, of a deletion all of them.';
comment on column bulkhead.audit_log.after is
  'What is there since: of a change the columns that it changed, of a creation all of them; of an operation and of an append their counts.';

--! Included audit/refuse_audit_change.sql
create or replace function bulkhead_private.refuse_audit_change()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'TCAUD',
    message = 'the audit log is append-only',
    detail = format('%s has tried to %s bulkhead.audit_log.', bulkhead.current_principal(), lower(tg_op)),
    hint = 'An event is corrected by another event: nobody takes one back, not even an owner.';
end
$$;

comment on function bulkhead_private.refuse_audit_change() is 'Trigger: refuses to change, delete or truncate events with TCAUD, to everybody.';

create or replace trigger refuse_audit_change
  before update or delete or truncate on bulkhead.audit_log
  for each statement
  execute function bulkhead_private.refuse_audit_change();
--! EndIncluded audit/refuse_audit_change.sql
--! Included audit/policies.sql
-- Events are read like what they are about: those of members, tokens and principals by owners and admins, the others by viewers. The suite 0
-- stands for the instance, and only what an admin sees includes it.
alter table bulkhead.audit_log enable row level security;
alter table bulkhead.audit_log force row level security;

drop policy if exists functions_and_dbas on bulkhead.audit_log;
create policy functions_and_dbas on bulkhead.audit_log to current_user using (true) with check (true);

drop policy if exists viewers_read on bulkhead.audit_log;
create policy viewers_read on bulkhead.audit_log for select to bulkhead_user
  using (
    bulkhead.has_suite((select bulkhead.my_suites('viewer')), suite_id)
    and (
      subject in ('suite', 'tag', 'case', 'link', 'operation')
      or bulkhead.has_suite((select bulkhead.my_suites(case when bulkhead.is_admin() then 'viewer' else 'owner' end)), suite_id)
    )
  );

grant select on bulkhead.audit_log to bulkhead_user;
--! EndIncluded audit/policies.sql
--! Included audit/log_row.sql
create or replace function bulkhead_private.log_row(subject text, key text, old_row jsonb, new_row jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_row constant jsonb := coalesce(new_row, old_row);
  -- repeated by the event itself, follow from another column, or are nobody's business
  v_hidden constant text[] := '{suite_id,updated_at,group_key,payload_hash,hash,kind}'::text[] || key;
  v_suite_id constant bigint := coalesce(v_row ->> 'suite_id', case subject when 'suite' then v_row ->> 'id' end, '0');
  v_action constant text := case when old_row is null then 'created' when new_row is null then 'deleted' else 'changed' end;
  v_before jsonb := old_row - v_hidden;
  v_after jsonb := new_row - v_hidden;
begin
  if v_action = 'changed' then
    select jsonb_object_agg(o.key, o.value) into v_before
    from jsonb_each(v_before) as o
    where o.value is distinct from v_after -> o.key;
    select jsonb_object_agg(n.key, n.value) into v_after
    from jsonb_each(v_after) as n
    where n.value is distinct from old_row -> n.key;
  end if;
  insert into bulkhead.audit_log (suite_id, action, subject, subject_id, before, after)
  values (v_suite_id, v_action, log_row.subject, v_row ->> key, v_before, v_after);
  if subject = 'suite' and v_action <> 'changed' then
    -- what suites there were, and are, is read with the instance
    insert into bulkhead.audit_log (suite_id, action, subject, subject_id, before, after)
    values (0, v_action, log_row.subject, v_row ->> key, v_before, v_after);
  end if;
end
$$;

comment on function bulkhead_private.log_row(text, text, jsonb, jsonb) is
  'Writes the event of a row that was created (no old row), deleted (no new one) or changed: of a change only the columns that differ.';
--! EndIncluded audit/log_row.sql
--! Included audit/log_change.sql
create or replace function bulkhead_private.log_change()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_subject constant text := tg_argv[0];
  v_key constant text := tg_argv[1];
  v_old jsonb := to_jsonb(old);
  v_new jsonb := to_jsonb(new);
  v_suite_id bigint := v_old ->> 'suite_id';
begin
  if v_old = v_new then
    return null;
  elsif tg_op = 'DELETE' and v_subject = 'case' then
    -- its links go with it, and have no events of their own
    v_old := v_old || jsonb_build_object('tags', array(
      select l.tag from bulkhead.test_case_tags l where l.suite_id = v_suite_id and l.case_id = (v_old ->> 'id')::bigint order by l.tag
    ));
  elsif tg_op = 'DELETE' and v_subject = 'link' and not exists (
    select from bulkhead.test_cases c where c.suite_id = v_suite_id and c.id = (v_old ->> 'case_id')::bigint
  ) then
    return null;
  end if;
  if tg_op = 'UPDATE' and (v_old -> 'suite_id' is distinct from v_new -> 'suite_id' or v_old -> v_key <> v_new -> v_key) then
    -- who reads the log of either has to find it
    perform bulkhead_private.log_row(v_subject, v_key, v_old, null);
    perform bulkhead_private.log_row(v_subject, v_key, null, v_new);
  else
    perform bulkhead_private.log_row(v_subject, v_key, v_old, v_new);
  end if;
  return coalesce(new, old);
end
$$;

comment on function bulkhead_private.log_change() is
  'Trigger: writes the event of a changed row, whoever changes it and by whichever way; its arguments are the subject and the column that '
  'names the row. What bulkhead.logged_by_function = on leaves out, a function logs as a whole.';

create or replace trigger log_change
  after insert or update or delete on bulkhead.test_suites
  for each row
  execute function bulkhead_private.log_change('suite', 'id');

create or replace trigger log_change
  after insert or update or delete on bulkhead.suite_tags
  for each row
  execute function bulkhead_private.log_change('tag', 'name');

create or replace trigger log_change
  after insert or update or delete on bulkhead.principals
  for each row
  execute function bulkhead_private.log_change('principal', 'name');

create or replace trigger log_change
  after insert on bulkhead.test_cases
  for each row
  when (current_setting('bulkhead.logged_by_function', true) is distinct from 'on')
  execute function bulkhead_private.log_change('case', 'id');

-- an edit of the content raises the version, and is logged whatever anybody has set
create or replace trigger log_update
  after update on bulkhead.test_cases
  for each row
  when (old.version <> new.version or current_setting('bulkhead.logged_by_function', true) is distinct from 'on')
  execute function bulkhead_private.log_change('case', 'id');

-- before, while it has its links
create or replace trigger log_deletion
  before delete on bulkhead.test_cases
  for each row
  when (current_setting('bulkhead.logged_by_function', true) is distinct from 'on')
  execute function bulkhead_private.log_change('case', 'id');

create or replace trigger log_change
  after insert or update or delete on bulkhead.test_case_tags
  for each row
  when (current_setting('bulkhead.logged_by_function', true) is distinct from 'on')
  execute function bulkhead_private.log_change('link', 'case_id');
--! EndIncluded audit/log_change.sql
--! Included audit/log_member.sql
create or replace function bulkhead_private.log_member()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_principal constant text := case when tg_op = 'DELETE' then old.principal else new.principal end;
  v_token jsonb := '{}';
begin
  if to_jsonb(old) = to_jsonb(new) then
    return null;
  elsif v_principal like 'token:%' then
    select jsonb_build_object('name', p.display_name, 'hint', c.hint, 'expires_at', c.expires_at) into v_token
    from bulkhead.principals p
    left join bulkhead_private.credentials c on c.principal = p.name and c.kind = 'token'
    where p.name = v_principal;
  end if;
  perform bulkhead_private.log_row(
    case when v_principal like 'token:%' then 'token' else 'member' end, 'principal', to_jsonb(old) || v_token, to_jsonb(new) || v_token
  );
  return null;
end
$$;

comment on function bulkhead_private.log_member() is
  'Trigger: writes the event of a member or token that gets, changes or loses its role in a suite. Of a token it says which one that is.';

create or replace trigger log_change
  after insert or update or delete on bulkhead.suite_members
  for each row
  execute function bulkhead_private.log_member();
--! EndIncluded audit/log_member.sql
--! Included audit/log_token.sql
create or replace function bulkhead_private.log_token()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if 'token' in (old.kind, new.kind) then
    perform bulkhead_private.log_row('token', 'principal', to_jsonb(old), to_jsonb(new));
  end if;
  return null;
end
$$;

comment on function bulkhead_private.log_token() is
  'Trigger: writes the event of a token that is made, changed or ended, into the log of the instance. Sessions have none.';

create or replace trigger log_change
  after insert or update or delete on bulkhead_private.credentials
  for each row
  execute function bulkhead_private.log_token();
--! EndIncluded audit/log_token.sql
--! Included audit/log_operation.sql
create or replace function bulkhead_private.log_operation()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_other_suite_id constant bigint := (new.parameters ->> 'into_suite_id')::bigint;
begin
  insert into bulkhead.audit_log (suite_id, principal, action, subject, subject_id, operation_id, after)
  values (
    new.suite_id, new.submitted_by, new.state, 'operation', new.id, new.id,
    jsonb_strip_nulls(jsonb_build_object(
      'kind', new.kind, 'total', new.total, 'changed', new.changed, 'unchanged', new.unchanged, 'skipped', new.skipped,
      'failed', new.failed, 'undoes_operation_id', new.undoes_operation_id, 'retries_operation_id', new.retries_operation_id
    ))
    || jsonb_build_object('selection', new.selection, 'parameters', new.parameters, 'first_errors', new.first_errors)
  );
  if v_other_suite_id is not null and new.changed > 0 then
    -- where the copies are, nothing is said of where they come from
    insert into bulkhead.audit_log (suite_id, principal, action, subject, subject_id, operation_id, after)
    values (
      v_other_suite_id, new.submitted_by, new.state, 'operation', new.id, new.id,
      jsonb_build_object('kind', new.kind, case new.kind when 'undo' then 'copies_deleted' else 'copied_here' end, new.changed)
    );
  end if;
  return null;
end
$$;

comment on function bulkhead_private.log_operation() is
  'Trigger: writes one event for an operation when it ends, in the name of who submitted it, and one to the suite that it copied cases to. '
  'What it did case by case is in the change log.';

create or replace trigger log_end
  after update of finished_at on bulkhead.bulk_operations
  for each row
  when (old.finished_at is null and new.finished_at is not null)
  execute function bulkhead_private.log_operation();
--! EndIncluded audit/log_operation.sql
--! Included audit/log_cancellation.sql
create or replace function bulkhead_private.log_cancellation()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into bulkhead.audit_log (suite_id, principal, action, subject, subject_id, operation_id)
  values (new.suite_id, new.requested_by, 'cancel_requested', 'operation', new.operation_id, new.operation_id);
  return null;
end
$$;

comment on function bulkhead_private.log_cancellation() is 'Trigger: writes who asked to cancel an operation.';

create or replace trigger log_change
  after insert on bulkhead_private.operation_cancellations
  for each row
  execute function bulkhead_private.log_cancellation();
--! EndIncluded audit/log_cancellation.sql
--! Included audit/log_append.sql
create or replace function bulkhead_private.log_append(suite_id bigint, counts jsonb, case_ids int8multirange)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- an append that was repeated has changed nothing
  if counts ?| '{inserted,updated}' then
    insert into bulkhead.audit_log (suite_id, action, subject, after)
    values (
      log_append.suite_id, 'appended', 'case',
      '{"inserted": 0, "updated": 0, "unchanged": 0, "skipped": 0}' || counts || jsonb_build_object('case_ids', coalesce(case_ids, '{}'))
    );
  end if;
end
$$;

comment on function bulkhead_private.log_append(bigint, jsonb, int8multirange) is
  'Writes one event for an append, {"inserted": 5, …}, with the ids of the new cases as the text of a multirange.';
--! EndIncluded audit/log_append.sql
--! Included audit/log_truncation.sql
create or replace function bulkhead_private.log_truncation()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format(
    'insert into bulkhead.audit_log (suite_id, action, subject, before) '
    'select t.%2$I, ''truncated'', $1, jsonb_build_object(''rows'', count(*)) from %1$s t group by t.%2$I',
    tg_relid::regclass, tg_argv[1]
  )
  using tg_argv[0];
  return null;
end
$$;

comment on function bulkhead_private.log_truncation() is
  'Trigger: writes for each suite how many rows a TRUNCATE takes from it; its arguments are the subject and the column with the suite''s id.';

do $$
declare
  v_table record;
begin
  -- on the leaves, which a TRUNCATE of the table they belong to reaches as well
  for v_table in
    select t.name, t.subject, t.suite_id
    from (values
      ('bulkhead.test_suites'::regclass, 'suite', 'id'), ('bulkhead.suite_tags'::regclass, 'tag', 'suite_id'),
      ('bulkhead.suite_members'::regclass, 'member', 'suite_id')
    ) as t (name, subject, suite_id)
    union all
    select i.inhrelid::regclass, case i.inhparent when 'bulkhead.test_cases'::regclass then 'case' else 'link' end, 'suite_id'
    from pg_catalog.pg_inherits i
    where i.inhparent in ('bulkhead.test_cases'::regclass, 'bulkhead.test_case_tags'::regclass)
  loop
    execute format(
      'create or replace trigger log_truncation before truncate on %s for each statement '
      'execute function bulkhead_private.log_truncation(%L, %L)',
      v_table.name, v_table.subject, v_table.suite_id
    );
  end loop;
end
$$;
--! EndIncluded audit/log_truncation.sql
--! Included audit/read_audit_log.sql
create or replace function bulkhead.read_audit_log(suite_id bigint default 0, before_id bigint default null, row_limit integer default 100)
returns setof bulkhead.audit_log
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if row_limit < 0 then
    raise exception using
      errcode = 'TCARG',
      message = format('row_limit cannot be %s', row_limit),
      detail = 'It is how many events the page has.',
      hint = 'Say a number from 0 on, or null for all events.';
  end if;
  return query
    select e.*
    from bulkhead.audit_log e
    where e.suite_id = read_audit_log.suite_id and e.id < coalesce(before_id, 9223372036854775807)
    order by e.id desc
    limit row_limit;
end
$$;

comment on function bulkhead.read_audit_log(bigint, bigint, integer) is
  'The audit log of a suite, also of one that was deleted, the newest event first; without a suite that of the instance: principals, tokens, '
  'suites created and deleted. Admins read all of them, others those of their suites. For the next page pass the last id as before_id.';
grant execute on function bulkhead.read_audit_log(bigint, bigint, integer) to bulkhead_user;
--! EndIncluded audit/read_audit_log.sql
--! Included cases/link_updated.sql
create or replace function bulkhead_private.link_updated(
  suite bulkhead.test_suites,
  outcomes bulkhead_private.append_outcome[],
  links bulkhead_private.payload_link[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- the planner cannot know how long the arrays are
set jit = off -- before PostgreSQL 18 a plan that is switched off looks dear enough to be compiled, at a second each
as $$
begin
  -- a tag that an update brings takes the place of another one of its group
  delete from bulkhead.test_case_tags l
  using unnest(outcomes) as o
  join unnest(links) as w on w.ordinal = o.ordinal and w.group_key <> ''
  where o.outcome = 'updated'
    and l.suite_id = suite.id and l.case_id = o.case_id and l.group_key = w.group_key and l.tag <> w.tag collate "C";
  insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key)
  select suite.id, o.case_id, w.tag, w.group_key
  from unnest(outcomes) as o
  join unnest(links) as w on w.ordinal = o.ordinal
  where o.outcome = 'updated'
  order by o.case_id, w.tag collate "C"
  on conflict (suite_id, case_id, tag) do nothing;
end
$$;

comment on function bulkhead_private.link_updated(
  bulkhead.test_suites, bulkhead_private.append_outcome[], bulkhead_private.payload_link[]
) is 'Puts the tags of an append on the cases that it updates.';
--! EndIncluded cases/link_updated.sql
--! Included cases/append_payloads.sql
create or replace function bulkhead_private.append_payloads(
  suite bulkhead.test_suites,
  payloads bulkhead_private.case_payload[],
  on_conflict text
)
returns setof bulkhead_private.append_outcome
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- the planner cannot know how long the arrays are
set jit = off -- before PostgreSQL 18 a plan that is switched off looks dear enough to be compiled, at a second each
as $$
declare
  v_now constant timestamptz := bulkhead_private.clock();
  v_open bulkhead_private.case_payload[] := payloads;
  v_links bulkhead_private.payload_link[];
  v_round bulkhead_private.append_outcome[];
  v_outcomes bulkhead_private.append_outcome[];
begin
  -- a payload that was appended before needs nothing: no lock, and no tag, should the dictionary have lost it since
  v_outcomes := array(
    select row(p.ordinal, c.external_key, c.id, 'unchanged')::bulkhead_private.append_outcome
    from unnest(payloads) as p
    join bulkhead.test_cases c on c.external_key = p.external_key collate "C" and c.payload_hash = p.hash
    where c.suite_id = suite.id
      and c.external_key = any (array(select k.external_key collate "C" from unnest(payloads) as k))
  );
  if cardinality(v_outcomes) > 0 then
    v_open := array(
      select p from unnest(payloads) as p
      where not exists (select from unnest(v_outcomes) as o where o.ordinal = p.ordinal)
    );
  end if;
  v_links := bulkhead_private.payload_links(suite, v_open);

  while cardinality(v_open) > 0 loop
    perform set_config('bulkhead.logged_by_function', 'on', true);
    -- ids follow the payloads; rows go in by external key, so that two appends of the same keys queue instead of deadlocking
    with numbered as materialized (
      select p.*, nextval('bulkhead.test_cases_id_seq') as case_id
      from (select * from unnest(v_open) order by ordinal) as p
    ),
    inserted as (
      insert into bulkhead.test_cases as c (
        suite_id, id, external_key, input, expected_output, metadata, status, payload_hash, created_at, updated_at
      )
      select
        suite.id, n.case_id, n.external_key, n.input, n.expected_output, n.metadata, coalesce(n.status, 'active'), n.hash,
        v_now, v_now
      from numbered n
      order by n.external_key collate "C"
      on conflict (suite_id, external_key) do nothing
      returning c.id
    )
    select array_agg(
      row(n.ordinal, n.external_key, i.id, case when i.id is not null then 'inserted' end)::bulkhead_private.append_outcome
    ) into v_round
    from numbered n
    left join inserted i on i.id = n.case_id;
    perform set_config('bulkhead.logged_by_function', 'off', true);
    v_outcomes := v_outcomes || array(select o from unnest(v_round) as o where o.case_id is not null);
    exit when cardinality(v_outcomes) = cardinality(payloads);

    -- keys that the suite has; one that was deleted while we waited for it is free now, and its case tries again
    v_round := bulkhead_private.append_known(suite, v_open, v_round, on_conflict);
    v_outcomes := v_outcomes || v_round;
    v_open := array(
      select p from unnest(v_open) as p
      where not exists (select from unnest(v_outcomes) as o where o.ordinal = p.ordinal)
    );
  end loop;

  if exists (select from unnest(v_outcomes) as o where o.outcome = 'updated') then
    perform bulkhead_private.link_updated(suite, v_outcomes, v_links);
  end if;
  perform set_config('bulkhead.logged_by_function', 'on', true);
  insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key)
  select suite.id, o.case_id, w.tag, w.group_key
  from unnest(v_outcomes) as o
  join unnest(v_links) as w on w.ordinal = o.ordinal
  where o.outcome = 'inserted'
  order by o.case_id, w.tag collate "C"
  on conflict (suite_id, case_id, tag) do nothing;
  perform set_config('bulkhead.logged_by_function', 'off', true);

  return query select * from unnest(v_outcomes) as o order by o.ordinal;
end
$$;

comment on function bulkhead_private.append_payloads(bulkhead.test_suites, bulkhead_private.case_payload[], text) is
  'Appends checked payloads to a suite, whole or not at all: what append_cases and the import share.';
--! EndIncluded cases/append_payloads.sql
--! Included cases/append_cases.sql
create or replace function bulkhead.append_cases(suite_id bigint, cases jsonb, on_conflict text default 'fail')
returns table (ordinal integer, external_key text, case_id bigint, outcome text)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, case on_conflict when 'update' then 'editor' else 'appender' end);
  v_payloads bulkhead_private.case_payload[] := bulkhead_private.read_payloads(cases);
  v_twice record;
  v_outcomes bulkhead_private.append_outcome[];
begin
  perform bulkhead_private.check_on_conflict(on_conflict);
  select p.external_key, array_agg(p.ordinal order by p.ordinal) as ordinals into v_twice
  from unnest(v_payloads) as p
  where p.external_key is not null
  group by p.external_key
  having count(*) > 1
  limit 1;
  if v_twice is not null then
    raise exception using
      errcode = 'TCDUP',
      message = format('the external key "%s" stands twice in one append', v_twice.external_key),
      detail = format('It stands at the cases %s.', array_to_string(v_twice.ordinals[1:10], ', ')),
      hint = 'An external key names one case of its suite: leave one of them out, or give it another key.';
  end if;
  v_outcomes := array(select a from bulkhead_private.append_payloads(v_suite, v_payloads, append_cases.on_conflict) as a);
  perform bulkhead_private.log_append(v_suite.id, jsonb_object_agg(o.outcome, o.cases), range_agg(o.inserted))
  from (
    select u.outcome, count(*) as cases, range_agg(int8range(u.case_id, u.case_id, '[]')) filter (where u.outcome = 'inserted') as inserted
    from unnest(v_outcomes) as u
    group by u.outcome
  ) as o;
  return query select * from unnest(v_outcomes);
end
$$;

comment on function bulkhead.append_cases(bigint, jsonb, text) is
  'Appends 1 to 10,000 cases to a suite, all or none, and says what became of each: inserted, unchanged, skipped or updated. '
  'cases: [{"external_key"?, "input", "expected_output"?, "metadata"?, "tags"?, "status"?}]. An external key that the suite has: '
  'the same payload again is unchanged, whoever edited the case since; another one is refused (TCKEY), skipped or updated, '
  'as on_conflict asks: fail, skip, update. An update keeps the earlier version and only adds tags.';
grant execute on function bulkhead.append_cases(bigint, jsonb, text) to bulkhead_user;
--! EndIncluded cases/append_cases.sql
--! Included import/append_import.sql
create or replace function bulkhead_private.append_import(suite_id bigint, on_conflict text)
returns table (outcome text, cases bigint)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_batch constant integer := 2000;
  v_last integer := 0;
  v_payloads bulkhead_private.case_payload[];
  v_counts jsonb := '{}';
  v_case_ids int8multirange := '{}';
begin
  perform bulkhead_private.check_on_conflict(on_conflict);
  loop
    select
      array_agg(
        bulkhead_private.make_payload(r.line, r.external_key, r.input, r.expected_output, r.metadata, r.tags, r.status)
        order by r.line
      ),
      max(r.line)
    into v_payloads, v_last
    from (
      select * from pg_temp.import_rows i where i.line > v_last order by i.line limit v_batch
    ) as r;
    exit when v_payloads is null;
    select
      v_counts || jsonb_object_agg(o.outcome, coalesce((v_counts ->> o.outcome)::bigint, 0) + o.cases),
      v_case_ids + coalesce(range_agg(o.inserted), '{}')
    into v_counts, v_case_ids
    from (
      select
        a.outcome, count(*) as cases,
        range_agg(int8range(a.case_id, a.case_id, '[]')) filter (where a.outcome = 'inserted') as inserted
      from bulkhead_private.append_payloads(v_suite, v_payloads, append_import.on_conflict) as a
      group by a.outcome
    ) as o;
  end loop;
  perform bulkhead_private.log_append(v_suite.id, v_counts, v_case_ids);
  return query select key, value::bigint from jsonb_each_text(v_counts);
end
$$;

comment on function bulkhead_private.append_import(bigint, text) is
  'Appends all rows of pg_temp.import_rows in one transaction, in batches that fit in memory, and counts the outcomes. '
  'Errors name the case by its line.';
--! EndIncluded import/append_import.sql
--! Included operations/run_chunk.sql
create or replace function bulkhead_private.run_chunk(suite_id bigint, operation_id bigint)
returns bulkhead.bulk_operations
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_began constant timestamptz := clock_timestamp();
  v_operation bulkhead.bulk_operations;
  v_targets bulkhead_private.chunk_targets;
  v_result bulkhead_private.chunk_result := row(0, 0, 0, null);
begin
  select o.* into strict v_operation
  from bulkhead.bulk_operations o
  where o.suite_id = run_chunk.suite_id and o.id = operation_id
  for no key update;
  if v_operation.finished_at is not null then
    return v_operation;
  end if;
  if exists (
    select from bulkhead_private.operation_cancellations c
    where c.suite_id = v_operation.suite_id and c.operation_id = v_operation.id
  ) then
    return bulkhead_private.finish_operation(v_operation, 'cancelled');
  end if;

  v_targets := case
    when v_operation.kind = 'undo' then bulkhead_private.undo_targets(v_operation)
    else bulkhead_private.selected_targets(v_operation)
  end;
  if cardinality(v_targets.case_ids) > 0 then
    -- the operation is one event, when it ends; an error takes the setting back as well
    perform set_config('bulkhead.logged_by_function', 'on', true);
    v_result := case v_operation.kind
      when 'set_status' then bulkhead_private.set_status_chunk(v_operation, v_targets.case_ids)
      when 'delete' then bulkhead_private.delete_chunk(v_operation, v_targets.case_ids)
      when 'copy' then bulkhead_private.copy_chunk(v_operation, v_targets.case_ids)
      when 'undo' then bulkhead_private.undo_chunk(v_operation, v_targets.case_ids)
      else bulkhead_private.tag_chunk(v_operation, v_targets.case_ids)
    end;
    perform set_config('bulkhead.logged_by_function', 'off', true);
  end if;

  return bulkhead_private.record_progress(
    v_operation, v_targets, v_result, extract(epoch from clock_timestamp() - v_began) * 1000
  );
end
$$;

comment on function bulkhead_private.run_chunk(bigint, bigint) is
  'Does the next chunk of an operation, with its change log and the new cursor, in the caller''s transaction, and returns the operation. '
  'The caller holds the suite''s lock (suite_lock_key).';
--! EndIncluded operations/run_chunk.sql
