--! Previous: sha1:41f4775635f7bdabc3630964d4c9eb637d61c9d2
--! Hash: sha1:27d75539bebc3247a570285cecac89ea7411a596
--! Message: looks at read committed

--! split: 1-current.sql
-- A tag could be deleted at REPEATABLE READ though a route names it that was defined since the transaction began; it is refused there, as the
-- deletion of an old version is, and both are before they wait. And an import that had failed kept what it had staged, and all tags that it had
-- defined, where a route had begun to name one of them.
--! Included sees_commits.sql
create or replace function bulkhead_private.sees_commits()
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select current_setting('transaction_isolation') like 'read %';
end;

comment on function bulkhead_private.sees_commits() is
  'Whether this transaction sees what others commit while it goes on: at READ COMMITTED. A trigger that looks for what must not be missed '
  'refuses where it does not.';
--! EndIncluded sees_commits.sql
--! Included routes/keep_route_tags.sql
create or replace function bulkhead_private.keep_route_tags()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_route bulkhead.tag_routes;
  v_routes text[] := '{}';
begin
  if not exists (select from bulkhead.test_suites s where s.id = old.suite_id) then
    return null; -- its routes go as well
  end if;
  if not bulkhead_private.sees_commits() then
    raise exception using
      errcode = 'TCUSE',
      message = format('it is not known whether a route names the tag "%s"', old.name),
      detail = format('A transaction at %s does not see routes that were defined since it began.', upper(current_setting('transaction_isolation'))),
      hint = 'Drop or rename it at READ COMMITTED.';
  end if;
  perform bulkhead_private.hold_dictionary(old.suite_id); -- a route may be in the making that names it
  for v_route in select r.* from bulkhead.tag_routes r where r.suite_id = old.suite_id order by r.precedence loop
    begin
      perform bulkhead.parse_tag_expression(v_route.suite_id, v_route.expression);
    exception
      when sqlstate 'TCNTG' then
        v_routes := v_routes || v_route.name;
    end;
  end loop;
  if v_routes <> '{}' then
    raise exception using
      errcode = 'TCUSE',
      message = format('the tag "%s" is in use', old.name),
      detail = format('The expression of a route names it: %s.', array_to_string(v_routes, ', ')),
      hint = format('Define the route anew with bulkhead.define_route(%s, %L, ''…''), or drop it.', old.suite_id, v_routes[1]);
  end if;
  return null;
end
$$;

comment on function bulkhead_private.keep_route_tags() is
  'Trigger: a tag does not leave the dictionary while the expression of a route names it. TCUSE.';

create or replace trigger keep_route_tags
  after delete or update of name on bulkhead.suite_tags
  for each row
  execute function bulkhead_private.keep_route_tags();
--! EndIncluded routes/keep_route_tags.sql
--! Included snapshots/keep_frozen_version.sql
create or replace function bulkhead_private.keep_frozen_version()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'DELETE' then
    if not exists (select from bulkhead.test_suites s where s.id = old.suite_id) or exists (
      -- an undo has made it the present version again
      select
      from bulkhead.test_cases c
      where c.suite_id = old.suite_id and c.id = old.case_id and c.version = old.version
        and row(c.external_key, c.input, c.expected_output, c.metadata)::record
          *= row(old.external_key, old.input, old.expected_output, old.metadata)::record
    ) then
      return old;
    end if;
    if not bulkhead_private.sees_commits() then
      raise exception using
        errcode = 'TCFRZ',
        message = 'it is not known whether a snapshot holds this version',
        detail = format('A transaction at %s does not see snapshots that were made since it began.', upper(current_setting('transaction_isolation'))),
        hint = 'Delete it at READ COMMITTED.';
    end if;
    perform pg_advisory_xact_lock(bulkhead_private.snapshots_lock_key(old.suite_id));
    if not exists (
      select
      from bulkhead_private.snapshot_chunks k
      where k.suite_id = old.suite_id and old.case_id between k.first_case_id and k.last_case_id
        and k.versions[array_position(k.case_ids, old.case_id)] = old.version
    ) then
      return old;
    end if;
  elsif tg_op = 'TRUNCATE' and not exists (select from bulkhead.suite_snapshots) then
    return null;
  end if;
  raise exception using
    errcode = 'TCFRZ',
    message = 'the earlier versions of cases do not change',
    detail = format('%s of bulkhead.test_case_versions was tried.', tg_op)
      || case when tg_op in ('DELETE', 'TRUNCATE') then ' Snapshots hold versions that would go.' else ' Edits of cases write them.' end,
    hint = 'Take the snapshots that hold them away first, with bulkhead.drop_snapshot.';
end
$$;

comment on function bulkhead_private.keep_frozen_version() is
  'Trigger: history is written by edits and deletions of cases alone, is never changed, and what a snapshot holds of it is not deleted. TCFRZ.';

create or replace trigger keep_history
  before update or truncate on bulkhead.test_case_versions
  for each statement
  execute function bulkhead_private.keep_frozen_version();

create or replace trigger keep_frozen_version
  before delete on bulkhead.test_case_versions
  for each row
  execute function bulkhead_private.keep_frozen_version();

create or replace trigger refuse_forged_version
  before insert on bulkhead.test_case_versions
  for each row
  when (pg_trigger_depth() = 0)
  execute function bulkhead_private.keep_frozen_version();
--! EndIncluded snapshots/keep_frozen_version.sql
--! Included import/end_import.sql
create or replace function bulkhead.end_import(failed boolean default false)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_tag record;
begin
  if not bulkhead_private.has_staging() then
    return;
  end if;
  if failed then
    for v_tag in select i.suite_id, i.name from pg_temp.import_tags i loop
      begin
        delete from bulkhead.suite_tags t where t.suite_id = v_tag.suite_id and t.name = v_tag.name;
      exception
        when foreign_key_violation or sqlstate 'TCUSE' then
          null; -- an append or a route has begun to use it meanwhile: it stays
      end;
    end loop;
  end if;
  perform bulkhead_private.clear_staging();
end
$$;

comment on function bulkhead.end_import(boolean) is
  'Ends the import of this session: nothing of it stays staged. Of one that has failed, the tags go as well that it had defined, '
  'except those in use by now.';
grant execute on function bulkhead.end_import(boolean) to bulkhead_user;
--! EndIncluded import/end_import.sql
