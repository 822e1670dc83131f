--! Previous: sha1:5c60dfa156584bf1828b0d8f891bbc739b45cee1
--! Hash: sha1:57d9b6efba42d5b372320e5ed4fff1cc5919896a
--! Message: closed compartments

--! split: 1-current.sql
-- Nothing of a suite shows to who may not see it by way of another one: a copy is an operation of both its suites, and channels have names
-- that cannot be guessed.

--! Included access/channel.sql
create or replace function bulkhead_private.channel(topic text)
returns text
language sql
stable
strict
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select 'bulkhead:' || left(encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to('channel/' || topic, 'UTF8'))), 'hex'), 32)
  from bulkhead_private.signing_key k;
end;

comment on function bulkhead_private.channel(text) is
  'The name of the channel on which a topic is told: suite/<id>, access. Any login may LISTEN, so the name is an HMAC that nobody guesses.';
--! EndIncluded access/channel.sql
--! Included access/notify_access.sql
create or replace function bulkhead_private.notify_access(principal text)
returns void
language sql
volatile
security invoker
begin atomic
  select pg_notify(bulkhead_private.channel('access'), principal);
end;

comment on function bulkhead_private.notify_access(text) is
  'Tells API servers that what a principal may reach has changed, or that it is shut out; on the channel that bulkhead_private.channel(''access'') gives.';
--! EndIncluded access/notify_access.sql
--! Included operations/notify_operation.sql
create or replace function bulkhead_private.notify_operation(suite_id bigint, operation_id bigint)
returns void
language sql
volatile
strict
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select pg_notify(bulkhead_private.channel('suite/' || suite_id), json_build_object('operation_id', operation_id::text)::text);
end;

comment on function bulkhead_private.notify_operation(bigint, bigint) is
  'Tells the subscribers of a suite that an operation of it has moved; on the channel that bulkhead.suite_channel gives.';
--! EndIncluded operations/notify_operation.sql
--! Included suites/suite_channel.sql
create or replace function bulkhead.suite_channel(suite_id bigint)
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
begin
  return bulkhead_private.channel('suite/' || v_suite.id);
end
$$;

comment on function bulkhead.suite_channel(bigint) is
  'The channel to LISTEN to for the operations of a suite: each time one has moved, {"operation_id": "…"} arrives. The name is a secret of '
  'those who see the suite.';
grant execute on function bulkhead.suite_channel(bigint) to bulkhead_user;
--! EndIncluded suites/suite_channel.sql
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
  v_seen constant bigint[] := bulkhead.my_suites('viewer');
  v_operation bulkhead.bulk_operations;
begin
  select o.* into v_operation
  from bulkhead.bulk_operations o
  where o.suite_id = v_suite.id and o.id = operation_id
    and bulkhead.has_suite(v_seen, coalesce((o.parameters ->> 'into_suite_id')::bigint, o.suite_id));
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
  'The operation of this suite with this id, if the caller has this role and sees the suite that it copies into. '
  'Unknown: TCNSU or TCNOP; a lesser role: 42501.';
--! EndIncluded operations/known_operation.sql
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
  if v_other_suite_id is null then
    insert into bulkhead.audit_log (suite_id, principal, action, subject, subject_id, operation_id, after)
    values (
      new.suite_id, new.submitted_by, new.state, 'operation', new.id, new.id,
      jsonb_strip_nulls(jsonb_build_object(
        'kind', new.kind, 'total', new.total, 'changed', new.changed, 'unchanged', new.unchanged, 'skipped', new.skipped,
        'failed', new.failed, 'undoes_operation_id', new.undoes_operation_id, 'retries_operation_id', new.retries_operation_id
      ))
      || jsonb_build_object('selection', new.selection, 'parameters', new.parameters, 'first_errors', new.first_errors)
    );
    return null;
  end if;
  -- who sees only one of the two suites learns nothing of the other: neither which it is, nor by counts which keys it has
  insert into bulkhead.audit_log (suite_id, principal, action, subject, subject_id, operation_id, after)
  values (
    new.suite_id, new.submitted_by, case new.state when 'cancelled' then 'cancelled' else 'finished' end, 'operation', new.id, new.id,
    jsonb_strip_nulls(jsonb_build_object(
      'kind', new.kind, 'total', new.total,
      'undoes_operation_id', new.undoes_operation_id, 'retries_operation_id', new.retries_operation_id
    ))
    || jsonb_build_object('selection', new.selection)
  );
  if new.changed > 0 then
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

comment on column bulkhead.audit_log.action is
  'created, changed, deleted, truncated; appended; of an operation cancel_requested, and how it ended: succeeded, failed or cancelled; of one '
  'that copied into another suite only finished or cancelled.';

drop policy viewers_read on bulkhead.bulk_operations;
create policy viewers_read on bulkhead.bulk_operations for select to bulkhead_user
  using (
    bulkhead.has_suite((select bulkhead.my_suites('viewer')), suite_id)
    and bulkhead.has_suite((select bulkhead.my_suites('viewer')), coalesce((parameters ->> 'into_suite_id')::bigint, suite_id))
  );
