--! Previous: sha1:27d75539bebc3247a570285cecac89ea7411a596
--! Hash: sha1:193eb5a69d608607709ff993d39b2734e0c3b9fe
--! Message: late names

--! split: 1-current.sql
-- Found by an attack on the promises. A rename or merge ended before appends that had begun before it, and left their cases under the old name.
-- A tag that somebody else was just defining got the meaning of a copied one, or was merged into by a rename. Following an adopted source did not
-- bring a number that is written otherwise, which verifying takes for a difference. Routes could be written with expressions that mean nothing.
-- And three deadlocks, and a call that waited for one locked case after the other.
--! Included tags/define_missing_tags.sql
create or replace function bulkhead_private.define_missing_tags(suite bulkhead.test_suites, names text[])
returns text[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_missing text[];
  v_defined text[];
begin
  -- in order, so that two appends that bring the same new tags wait for each other and do not deadlock
  select array_agg(n order by n) into v_missing
  from (select distinct n from unnest(names) as u (n)) as wanted
  where n not in (select t.name from bulkhead.suite_tags t where t.suite_id = suite.id and t.name = any (names));
  if v_missing is null then
    return '{}';
  end if;
  perform bulkhead_private.check_new_tags(suite, v_missing);
  with defined as (
    insert into bulkhead.suite_tags (suite_id, name)
    select suite.id, n from unnest(v_missing) as u (n) order by n
    on conflict do nothing -- what somebody else has defined meanwhile is theirs
    returning name
  )
  select coalesce(array_agg(d.name order by d.name), '{}') into v_defined from defined d;
  return v_defined;
end
$$;

comment on function bulkhead_private.define_missing_tags(bulkhead.test_suites, text[]) is
  'Adds to the suite''s dictionary those of the names that it lacks, and returns which it has added. Closed dictionary: TCCLO; not a name: TCTAG.';
--! EndIncluded tags/define_missing_tags.sql
--! Included tags/raise_tag_exists.sql
create or replace function bulkhead_private.raise_tag_exists(suite_id bigint, tag text, new_name text)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'TCHAS',
    message = format('the suite has a tag "%s" already', new_name),
    detail = 'A rename needs a name that is free.',
    hint = format(
      case
        when exists (select from bulkhead.test_case_tags l where l.suite_id = raise_tag_exists.suite_id and l.tag = new_name)
          then 'If both mean the same, merge them: select * from bulkhead.bulk_merge_tags(suite_id => %s, tags => array[%L], into_tag => %L).'
        else 'No case carries it. If it means nothing any more: select * from bulkhead.drop_tag(suite_id => %1$s, name => %3$L).'
      end,
      suite_id, tag, new_name
    );
end
$$;

comment on function bulkhead_private.raise_tag_exists(bigint, text, text) is
  'Raises TCHAS: a tag cannot be renamed to a name that the suite has.';
--! EndIncluded tags/raise_tag_exists.sql
--! Included tags/tag_cloud.sql
create or replace view bulkhead.tag_cloud
with (security_invoker = true)
as
select
  t.suite_id,
  t.name as tag,
  t.meaning,
  t.colour,
  t.exclusive_group,
  case
    -- while it is being renamed or merged a case may carry it under two names
    when exists (select from bulkhead.test_case_tags l where l.suite_id = t.suite_id and l.tag = any (old.names)) then (
      select count(distinct l.case_id)
      from bulkhead.test_case_tags l
      where l.suite_id = t.suite_id and l.tag = any (old.names || t.name)
    )
    else (select count(*) from bulkhead.test_case_tags l where l.suite_id = t.suite_id and l.tag = t.name)
  end as cases
from bulkhead.suite_tags t
cross join lateral (
  select array(select a.name from bulkhead.suite_tags a where a.suite_id = t.suite_id and a.alias_of = t.name) as names
) as old
where t.alias_of is null;

comment on view bulkhead.tag_cloud is
  'Each tag of each suite with its meaning and the number of cases that carry it, counted as it is read; '
  'a tag that is being renamed or merged counts under its new name. Ask with a suite_id.';
grant select on bulkhead.tag_cloud to bulkhead_user;
--! EndIncluded tags/tag_cloud.sql
--! Included cases/payload_links.sql
create or replace function bulkhead_private.payload_links(
  suite bulkhead.test_suites,
  payloads bulkhead_private.case_payload[]
)
returns bulkhead_private.payload_link[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- the planner cannot know how long the arrays are
set jit = off -- before PostgreSQL 18 a plan that is switched off looks dear enough to be compiled, at a second each
as $$
declare
  v_names text[];
  v_asked text[];
  v_found text[];
  v_groups text[];
  v_links bulkhead_private.payload_link[];
  v_clash record;
begin
  select array_agg(distinct n) into v_names from unnest(payloads) as p, unnest(p.tags) as n;
  if v_names is null then
    return '{}';
  end if;
  loop
    perform bulkhead_private.define_missing_tags(suite, v_names);
    -- an old name leads to the tag that it became; held, so that nobody can drop it, or change its group, before it is linked
    select array_agg(h.asked), array_agg(h.name), array_agg(h.group_key) into v_asked, v_found, v_groups
    from (
      select asked.name as asked, t.name, t.group_key
      from bulkhead.suite_tags asked
      join bulkhead.suite_tags t on t.suite_id = suite.id and t.name = coalesce(asked.alias_of, asked.name)
      where asked.suite_id = suite.id and asked.name = any (v_names)
        and t.alias_of is null -- it may have become an old name while this was read
        and t.name = any (array(
          select coalesce(a.alias_of, a.name) from bulkhead.suite_tags a where a.suite_id = suite.id and a.name = any (v_names)
        ))
      order by t.name
      for key share of t
    ) as h;
    exit when cardinality(v_asked) = cardinality(v_names);
  end loop;
  select array_agg(distinct row(p.ordinal, t.name, t.group_key)::bulkhead_private.payload_link) into v_links
  from unnest(payloads) as p
  cross join unnest(p.tags) as n
  join unnest(v_asked, v_found, v_groups) as t (asked, name, group_key) on t.asked = n;

  select l.ordinal, l.group_key, array_agg(l.tag order by l.tag) as tags into v_clash
  from unnest(v_links) as l
  where l.group_key <> ''
  group by l.ordinal, l.group_key
  having count(*) > 1
  order by l.ordinal
  limit 1;
  if v_clash is not null then
    raise exception using
      errcode = 'TCGRP',
      message = format('case %s has two tags of the exclusive group "%s"', v_clash.ordinal, v_clash.group_key),
      detail = format('They are %s.', array_to_string(v_clash.tags, ', ')),
      hint = 'A case carries at most one tag of a group: leave the others out.';
  end if;
  return v_links;
end
$$;

comment on function bulkhead_private.payload_links(bulkhead.test_suites, bulkhead_private.case_payload[]) is
  'The links that the payloads ask for, with missing tags defined and aliases followed. Two tags of one group: TCGRP.';
--! EndIncluded cases/payload_links.sql
--! Included operations/plan_merge.sql
create or replace function bulkhead_private.plan_merge(
  suite bulkhead.test_suites,
  tags text[],
  into_tag text,
  on_exclusive text,
  is_rename boolean
)
returns bulkhead_private.operation_plan
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_sources text[] := bulkhead_private.known_tags(suite.id, tags);
  v_is_new boolean := not exists (select from bulkhead.suite_tags t where t.suite_id = suite.id and t.name = into_tag);
  v_into text := into_tag;
  v_aliases jsonb;
begin
  perform bulkhead_private.check_on_exclusive(on_exclusive);
  perform bulkhead_private.check_tag_names(array[into_tag]);
  if cardinality(v_sources) = 0 then
    raise exception using
      errcode = 'TCARG',
      message = 'there is no tag to merge',
      detail = 'tags is empty.',
      hint = 'For example: tags => ''{rag_support,support_rag}'', into_tag => ''rag''.';
  elsif into_tag = any (tags) then
    raise exception using
      errcode = 'TCARG',
      message = format('the tag "%s" cannot become itself', into_tag),
      detail = 'The old and the new name are the same.',
      hint = 'Take it out of the tags, or choose another name.';
  elsif is_rename and not v_is_new and not into_tag = any (v_sources) then
    perform bulkhead_private.raise_tag_exists(suite.id, tags[1], into_tag);
  elsif is_rename and not v_is_new and exists (
    select from bulkhead.test_case_tags l
    join bulkhead.suite_tags s on s.suite_id = suite.id and s.name = v_sources[1] and s.group_key <> l.group_key
    where l.suite_id = suite.id and l.tag = into_tag
  ) then
    raise exception using
      errcode = 'TCUSE',
      message = format('the old name "%s" is still on cases, in another group than "%s"', into_tag, v_sources[1]),
      detail = 'An operation that is to take it off has not finished, or has left it there.',
      hint = format('Wait for the operation, or take it off: bulkhead.bulk_tag(%s, %L, remove => array[%L]).', suite.id, into_tag, into_tag);
  elsif not is_rename and v_is_new then
    perform bulkhead_private.raise_unknown_tag(suite.id, into_tag);
  end if;
  if not is_rename then
    -- an old name stands for the tag that it became, unless that very tag is to go back to it
    select coalesce(max(t.alias_of), into_tag) into v_into
    from bulkhead.suite_tags t
    where t.suite_id = suite.id and t.name = into_tag and t.alias_of <> all (v_sources);
  end if;
  v_sources := array_remove(v_sources, v_into);
  select jsonb_object_agg(t.name, t.alias_of) into v_aliases
  from bulkhead.suite_tags t
  where t.suite_id = suite.id and t.name = any (v_sources || v_into) and t.alias_of is not null;
  return row(
    suite.id, case when is_rename then 'rename_tag' else 'merge_tags' end,
    jsonb_build_object('tags', jsonb_build_object('any', to_jsonb(v_sources))),
    jsonb_build_object(
      'add', jsonb_build_array(v_into), 'remove', to_jsonb(v_sources), 'on_exclusive', on_exclusive,
      'aliases', coalesce(v_aliases, '{}') -- what stood for what before, for an undo
    ),
    case when v_is_new then array[into_tag] else '{}' end, 1, null, null
  )::bulkhead_private.operation_plan;
end
$$;

comment on function bulkhead_private.plan_merge(bulkhead.test_suites, text[], text, text, boolean) is
  'The plan of bulk_merge_tags and bulk_rename_tag. Unknown tag: TCNTG; new name taken: TCHAS.';
--! EndIncluded operations/plan_merge.sql
--! Included operations/prepare_dictionary.sql
create or replace function bulkhead_private.prepare_dictionary(plan bulkhead_private.operation_plan)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_into text := plan.parameters #>> '{add,0}';
  v_sources text[] := array(select jsonb_array_elements_text(plan.parameters -> 'remove'));
  v_defined text[];
begin
  case plan.kind
    when 'tag' then
      perform bulkhead_private.define_missing_tags(bulkhead_private.open_suite(plan.suite_id), plan.new_tags);
    when 'copy' then
      v_defined := bulkhead_private.define_missing_tags(
        bulkhead_private.open_suite((plan.parameters ->> 'into_suite_id')::bigint), plan.new_tags
      );
      update bulkhead.suite_tags t
      set meaning = s.meaning, colour = s.colour, exclusive_group = s.exclusive_group
      from bulkhead.suite_tags s
      where t.suite_id = (plan.parameters ->> 'into_suite_id')::bigint and t.name = any (v_defined)
        and s.suite_id = plan.suite_id and s.name = t.name;
    when 'rename_tag', 'merge_tags' then
      insert into bulkhead.suite_tags (suite_id, name, meaning, colour, exclusive_group)
      select t.suite_id, v_into, t.meaning, t.colour, t.exclusive_group
      from bulkhead.suite_tags t
      where t.suite_id = plan.suite_id and t.name = v_sources[1] and plan.kind = 'rename_tag'
      on conflict do nothing;
      if not found and v_into = any (plan.new_tags) then
        perform bulkhead_private.raise_tag_exists(plan.suite_id, v_sources[1], v_into); -- somebody has just defined it
      end if;
      -- back to a name that it had before
      update bulkhead.suite_tags t
      set meaning = s.meaning, colour = s.colour, exclusive_group = s.exclusive_group
      from bulkhead.suite_tags s
      where t.suite_id = plan.suite_id and t.name = v_into and t.alias_of is not null
        and s.suite_id = plan.suite_id and s.name = v_sources[1] and plan.kind = 'rename_tag';
      -- from here on the old names stand for the new one: in appends, in expressions, in the cloud
      update bulkhead.suite_tags t set alias_of = null where t.suite_id = plan.suite_id and t.name = v_into and t.alias_of is not null;
      update bulkhead.suite_tags t
      set alias_of = v_into
      where t.suite_id = plan.suite_id and (t.name = any (v_sources) or t.alias_of = any (v_sources)) and t.name <> v_into;
    when 'undo' then
      if plan.parameters ->> 'undoes_kind' in ('rename_tag', 'merge_tags') then
        -- an old name that was dropped since has to be there again, or its links could not come back
        insert into bulkhead.suite_tags (suite_id, name, meaning, colour, exclusive_group)
        select distinct on (l.tag) plan.suite_id, l.tag, coalesce(t.meaning, ''), t.colour, nullif(l.group_key, '')
        from bulkhead_private.change_log l
        left join bulkhead.suite_tags t
          on t.suite_id = plan.suite_id and t.name = v_into and plan.parameters ->> 'undoes_kind' = 'rename_tag'
        where l.suite_id = plan.suite_id and l.operation_id = plan.undoes_operation_id
          and l.change = 'link_removed' and l.tag = any (v_sources)
        order by l.tag
        on conflict do nothing;
        update bulkhead.suite_tags t
        set alias_of = (
          select k.name
          from bulkhead.suite_tags k
          where k.suite_id = plan.suite_id and k.name = plan.parameters #>> array['aliases', t.name]
            and (k.alias_of is null or k.alias_of = v_into)
        )
        where t.suite_id = plan.suite_id
          and (
            t.name = any (v_sources) and t.alias_of = v_into
            or t.name = v_into and t.alias_of is null and not exists (
              select from bulkhead.suite_tags o
              where o.suite_id = plan.suite_id and o.alias_of = v_into and o.name <> all (v_sources)
            )
          );
      end if;
    else
      null;
  end case;
end
$$;

comment on function bulkhead_private.prepare_dictionary(bulkhead_private.operation_plan) is
  'Dictionary first: what an operation needs in the dictionary is written when it is submitted, and so is committed before its first link.';
--! EndIncluded operations/prepare_dictionary.sql
--! Included operations/submit.sql
create or replace function bulkhead_private.submit(plan bulkhead_private.operation_plan, pace real default 1)
returns bulkhead.bulk_operations
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_small constant bigint := 500;
  v_is_of_names constant boolean := plan.kind in ('rename_tag', 'merge_tags');
  v_operation bulkhead.bulk_operations;
  v_high_water_id bigint;
  v_total bigint;
begin
  if pace is null or pace not between 0.001::real and 1 then
    raise exception using
      errcode = 'TCARG',
      message = format('pace cannot be %s', coalesce(pace::text, 'null')),
      detail = 'It is the share of the time that the operation may use.',
      hint = 'Say a number from 0.001 to 1; 0.5 rests as long as it works.';
  end if;
  if plan.kind = 'undo' then
    select coalesce(max(l.last_case_id), 0) into v_high_water_id
    from bulkhead_private.change_log l
    where l.suite_id = plan.suite_id and l.operation_id = plan.undoes_operation_id;
    select count(distinct u.id) into v_total
    from bulkhead_private.change_log l cross join unnest(l.case_ids) as u (id)
    where l.suite_id = plan.suite_id and l.operation_id = plan.undoes_operation_id and l.change not in ('left_alone', 'failed');
  else
    -- old names are brought along wherever they are, also on cases that come while it runs, from who began before it
    v_high_water_id := case
      when v_is_of_names then 9223372036854775807
      else (select coalesce(max(c.id), 0) from bulkhead.test_cases c where c.suite_id = plan.suite_id)
    end;
    v_total := bulkhead_private.count_selected(plan.suite_id, plan.selection);
  end if;
  perform bulkhead_private.prepare_dictionary(plan);
  insert into bulkhead.bulk_operations (
    suite_id, kind, selection, parameters, total, high_water_id, pace, undoes_operation_id, retries_operation_id, submitted_at
  )
  values (
    plan.suite_id, plan.kind, plan.selection, plan.parameters, v_total, v_high_water_id, submit.pace,
    plan.undoes_operation_id, plan.retries_operation_id, bulkhead_private.clock()
  )
  returning * into v_operation;
  -- with a new tag it waits for the commit of the dictionary row, so that no append with that tag waits for its links; and where a name
  -- means another tag, so that no append brings the old one any more
  if v_total <= v_small and cardinality(plan.new_tags) = 0 and not v_is_of_names then
    v_operation := bulkhead_private.run_in_call(v_operation);
  end if;
  if v_operation.finished_at is null then
    perform bulkhead_private.queue_operations(v_operation.suite_id);
    perform bulkhead_private.notify_operation(v_operation.suite_id, v_operation.id);
  end if;
  return v_operation;
end
$$;

comment on function bulkhead_private.submit(bulkhead_private.operation_plan, real) is
  'Writes an operation, fixes which cases it covers, and runs it in the call when it is small (up to 500 cases, no new tag, '
  'no other meaning of a name); otherwise a worker runs it.';
--! EndIncluded operations/submit.sql
--! Included operations/fail_chunk.sql
create or replace function bulkhead_private.fail_chunk(suite_id bigint, operation_id bigint, code text, message text)
returns bulkhead.bulk_operations
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_operation bulkhead.bulk_operations;
  v_targets bulkhead_private.chunk_targets;
  v_result bulkhead_private.chunk_result;
begin
  select o.* into strict v_operation
  from bulkhead.bulk_operations o
  where o.suite_id = fail_chunk.suite_id and o.id = operation_id and o.finished_at is null
  for no key update;
  if not bulkhead_private.is_of_the_cases(code) then
    return bulkhead_private.fail_operation(v_operation.suite_id, v_operation.id, code, message);
  elsif v_operation.chunk_size > 1 then
    update bulkhead.bulk_operations o
    set chunk_size = greatest(1, least(o.chunk_size, o.total - o.processed) / 4)
    where o.suite_id = v_operation.suite_id and o.id = v_operation.id
    returning * into v_operation;
    return v_operation;
  end if;
  v_targets := case
    when v_operation.kind = 'undo' then bulkhead_private.undo_targets(v_operation)
    else bulkhead_private.selected_targets(v_operation)
  end;
  v_result := row(
    0, 0, cardinality(v_targets.case_ids),
    bulkhead_private.log_outcome(v_operation, 'failed', code, message, v_targets.case_ids)
  );
  return bulkhead_private.record_progress(v_operation, v_targets, v_result, 35);
end
$$;

comment on function bulkhead_private.fail_chunk(bigint, bigint, text, text) is
  'What follows a chunk that could not be done: the next one takes a quarter of the cases, or of those that are left, a single case counts as failed, '
  'and an error that would meet any chunk (is_of_the_cases) ends the operation.';
--! EndIncluded operations/fail_chunk.sql
--! Included operations/run_in_call.sql
create or replace function bulkhead_private.run_in_call(operation bulkhead.bulk_operations)
returns bulkhead.bulk_operations
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set lock_timeout = '250ms'
as $$
declare
  v_operation bulkhead.bulk_operations := operation;
  v_failures integer := 0;
begin
  if (bulkhead_private.unfinished_operation(operation.suite_id)).id <> operation.id
    or not pg_try_advisory_xact_lock(bulkhead_private.suite_lock_key(operation.suite_id))
  then
    return v_operation;
  end if;
  while v_operation.finished_at is null and v_failures < 4 loop
    begin
      v_operation := bulkhead_private.run_chunk(operation.suite_id, operation.id);
    exception
      when others then
        if not bulkhead_private.is_of_the_cases(sqlstate) then
          raise;
        end if;
        v_failures := v_failures + 1;
        v_operation := bulkhead_private.fail_chunk(operation.suite_id, operation.id, sqlstate, sqlerrm);
    end;
  end loop;
  return v_operation;
end
$$;

comment on function bulkhead_private.run_in_call(bulkhead.bulk_operations) is
  'Runs a small operation within the call that submits it, unless the suite has another one to run first; after four '
  'chunks that could not be done, as others hold their cases, a worker goes on.';
--! EndIncluded operations/run_in_call.sql
--! Included operations/late_targets.sql
create or replace function bulkhead_private.late_targets(
  operation bulkhead.bulk_operations,
  targets bulkhead_private.chunk_targets
)
returns bulkhead_private.chunk_targets
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  -- without those that somebody has made tags of their own again
  v_old_names constant text[] := array(
    select t.name
    from bulkhead.suite_tags t
    where t.suite_id = operation.suite_id and t.alias_of is not null
      and t.name in (select jsonb_array_elements_text(operation.parameters -> 'remove'))
  );
  v_targets bulkhead_private.chunk_targets := targets;
begin
  if operation.selection ? 'case_ids' then
    return targets; -- a retry of single cases
  end if;
  begin
    -- whoever puts an old name on a case holds it, and began before the name became an alias: all others are led to the new one
    perform
    from bulkhead.suite_tags t
    where t.suite_id = operation.suite_id and t.name = any (v_old_names)
    order by t.name
    for update nowait;
  exception
    when lock_not_available then
      v_targets.is_last := false;
      return v_targets;
  end;
  if exists (
    select
    from bulkhead.test_case_tags l
    where l.suite_id = operation.suite_id and l.tag = any (v_old_names) and not exists (
      select
      from bulkhead_private.change_log g
      where g.suite_id = operation.suite_id and g.operation_id = operation.id and g.change in ('left_alone', 'failed')
        and g.case_ids @> array[l.case_id]
    )
  ) then
    v_targets.cursor_id := 0;
    v_targets.is_last := false;
  end if;
  return v_targets;
end
$$;

comment on function bulkhead_private.late_targets(bulkhead.bulk_operations, bulkhead_private.chunk_targets) is
  'A rename or merge does not end before those have ended who still bring an old name, and it goes through the cases once more if they have '
  'put it on any. Until then its chunks come no further; it waits for nobody, and appends do not wait for it.';
--! EndIncluded operations/late_targets.sql
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

  if v_targets.is_last and v_operation.kind in ('rename_tag', 'merge_tags') then
    v_targets := bulkhead_private.late_targets(v_operation, v_targets);
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
--! Included operations/copy_chunk.sql
create or replace function bulkhead_private.copy_chunk(operation bulkhead.bulk_operations, case_ids bigint[])
returns bulkhead_private.chunk_result
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_into bigint := (operation.parameters ->> 'into_suite_id')::bigint;
  v_sources bigint[];
  v_copies bigint[];
  v_met bigint[];
begin
  perform bulkhead_private.open_suite(v_into);
  -- held, so that a rename of one of them does not end before it has seen what is linked here
  perform
  from bulkhead.suite_tags t
  where t.suite_id = v_into and t.name = any (array(
    select k.tag from bulkhead.test_case_tags k where k.suite_id = operation.suite_id and k.case_id = any (array(select unnest(case_ids)))
  ))
  order by t.name
  for key share;
  -- in the order of the keys, as an append inserts, so that neither can deadlock the other
  with numbered as materialized (
    select c.*, nextval('bulkhead.test_cases_id_seq') as copy_id
    from (
      select *
      from bulkhead.test_cases s
      where s.suite_id = operation.suite_id and s.id = any (array(select unnest(case_ids)))
      order by s.id
    ) as c
  ),
  copied as (
    insert into bulkhead.test_cases as c (
      suite_id, id, external_key, input, expected_output, metadata, status, status_operation_id, payload_hash
    )
    select v_into, n.copy_id, n.external_key, n.input, n.expected_output, n.metadata, n.status, operation.id, n.payload_hash
    from numbered n
    order by n.external_key
    on conflict (suite_id, external_key) do nothing
    returning c.id
  )
  select
    array_agg(n.id order by n.id) filter (where c.id is not null),
    array_agg(c.id order by n.id) filter (where c.id is not null),
    array_agg(n.id order by n.id) filter (where c.id is null)
  into v_sources, v_copies, v_met
  from numbered n
  left join copied c on c.id = n.copy_id;

  insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key, operation_id)
  select distinct on (pair.copy_id, t.name) v_into, pair.copy_id, t.name, t.group_key, operation.id
  from unnest(v_sources, v_copies) as pair (source_id, copy_id)
  cross join lateral (
    select k.tag from bulkhead.test_case_tags k where k.suite_id = operation.suite_id and k.case_id = pair.source_id offset 0
  ) as l
  join bulkhead.suite_tags asked on asked.suite_id = v_into and asked.name = l.tag
  join bulkhead.suite_tags t on t.suite_id = v_into and t.name = coalesce(asked.alias_of, asked.name)
  order by pair.copy_id, t.name
  on conflict do nothing; -- where two tags meet in one group of the other suite, the first one stays

  insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, case_ids, copied_ids)
  select operation.suite_id, operation.id, operation.chunks + 1, 'case_copied', v_sources, v_copies
  where v_sources is not null;
  perform bulkhead_private.log_outcome(
    operation, 'left_alone', 'TCKEY', 'the other suite has a case with this external key', v_met
  );
  return row(coalesce(cardinality(v_copies), 0), coalesce(cardinality(v_met), 0), 0, null)::bulkhead_private.chunk_result;
end
$$;

comment on function bulkhead_private.copy_chunk(bulkhead.bulk_operations, bigint[]) is
  'One chunk of copy: the cases with those of their tags that the other suite''s dictionary has. A taken external key: skipped.';
--! EndIncluded operations/copy_chunk.sql
--! Included adopt/adopt_chunk.sql
create or replace function bulkhead_private.adopt_chunk(suite_id bigint, first_line integer, last_line integer, is_last boolean)
returns table (cases integer, links integer, last_id text)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- a temporary table has no statistics
set jit = off
set work_mem = '64MB'
as $$
#variable_conflict use_column
declare
  v_suite_id constant bigint := suite_id;
  v_now constant timestamptz := bulkhead_private.clock();
  v_inserted integer;
  v_case_ids int8multirange;
  v_suite bulkhead_private.adopted_suites;
  v_operation bulkhead.bulk_operations;
begin
  select a.* into strict v_suite from bulkhead_private.adopted_suites a where a.suite_id = v_suite_id;
  v_operation.id := bulkhead_private.adoption_operation(v_suite);
  if v_operation.id is null then
    return;
  end if;
  if not is_last then
    -- a crash of the server takes the cursor back with the cases; the last chunk waits for the disk, and so for all before it
    perform set_config('synchronous_commit', 'off', true);
  end if;
  perform set_config('bulkhead.logged_by_function', 'on', true);
  with staged as materialized (
    select r.*, nextval('bulkhead.test_cases_id_seq') as case_id
    from (select a.* from pg_temp.adopted_rows a where a.line between first_line and last_line order by a.line) as r
  ),
  inserted as (
    insert into bulkhead.test_cases (suite_id, id, external_key, input, expected_output, metadata, status, created_at, updated_at)
    select
      v_suite_id, s.case_id, s.external_key, s.input, s.expected_output, s.metadata, s.status, coalesce(s.created_at, v_now),
      coalesce(s.created_at, v_now)
    from staged s
    order by s.case_id
    on conflict (suite_id, external_key) do nothing -- what a follower has brought already
    returning id
  ),
  linked as (
    insert into bulkhead.test_case_tags (suite_id, case_id, tag)
    select distinct v_suite_id, s.case_id, k.name
    from staged s
    cross join unnest(s.tags) as t (source_tag)
    join bulkhead_private.adopted_tags k on k.suite_id = v_suite_id and k.source_tag = t.source_tag collate "C"
    where s.case_id in (select i.id from inserted i)
    order by s.case_id, k.name
    returning case_id
  )
  select
    (select count(*) from staged), (select count(*) from linked), (select s.source_id from staged s order by s.line desc limit 1),
    (select count(*) from inserted), (select range_agg(int8range(i.id, i.id, '[]')) from inserted i)
  into cases, links, last_id, v_inserted, v_case_ids;
  perform set_config('bulkhead.logged_by_function', 'off', true);
  perform bulkhead_private.log_append(v_suite_id, jsonb_build_object('inserted', v_inserted), v_case_ids)
  where v_case_ids is not null;

  update bulkhead_private.adopted_suites a
  set
    last_id = coalesce(adopt_chunk.last_id, a.last_id),
    cases_copied = a.cases_copied + cases,
    links_copied = a.links_copied + links,
    chunks = a.chunks + 1,
    phase = case when is_last then 'following' else a.phase end,
    copied_at = case when is_last then v_now end
  where a.suite_id = v_suite_id;
  perform bulkhead_private.refresh_statistics(v_suite_id, v_suite.cases_copied + cases);
  update bulkhead.bulk_operations o
  set
    processed = o.processed + cases,
    changed = o.changed + cases,
    total = greatest(o.total, o.processed + cases),
    chunks = o.chunks + 1
  where o.suite_id = v_suite_id and o.id = v_operation.id
  returning * into v_operation;
  if is_last then
    perform bulkhead_private.finish_operation(v_operation, 'succeeded');
  else
    perform bulkhead_private.notify_operation(v_suite_id, v_operation.id);
  end if;
  return next;
end
$$;

comment on function bulkhead_private.adopt_chunk(bigint, integer, integer, boolean) is
  'Adds the cases of these lines of pg_temp.adopted_rows with their links to the suite, and moves the adoption''s cursor behind them, in one transaction. '
  'Their tags are to be defined before: define_adopted_tags. No row when somebody has cancelled the operation.';
--! EndIncluded adopt/adopt_chunk.sql
--! Included adopt/adopt_suite_changes.sql
create or replace function bulkhead_private.adopt_suite_changes(suite bulkhead_private.adopted_suites, external_keys text[])
returns table (inserted integer, updated integer, deleted integer, links integer)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- a temporary table has no statistics
set jit = off
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := bulkhead_private.clock();
  v_keys constant text[] := external_keys || array(
    select r.external_key from pg_temp.adopted_rows r where r.source_suite = suite.source_suite
  );
  v_old bulkhead.test_cases[];
  v_new bigint[];
begin
  perform set_config('bulkhead.logged_by_function', 'on', true);
  -- a case that the source has changed is deleted, and comes again with its id and the next version: an archived suite takes no edits,
  -- and a deletion keeps the earlier version as an edit does
  v_old := array(
    select c
    from bulkhead.test_cases c
    left join pg_temp.adopted_rows r on r.source_suite = suite.source_suite and r.external_key = c.external_key
    where c.suite_id = suite.suite_id and c.external_key = any (array(select unnest(v_keys) collate "C"))
      and (
        r.line is null or c.status <> r.status
        -- byte for byte, as verifying does: 0.10 is another text than 0.1
        or row(c.input, c.expected_output, c.metadata)::record *<> row(r.input, r.expected_output, r.metadata)::record
      )
    order by c.id
  );
  delete from bulkhead.test_cases c where c.suite_id = suite.suite_id and c.id = any (array(select o.id from unnest(v_old) as o));

  with added as (
    insert into bulkhead.test_cases (suite_id, id, version, external_key, input, expected_output, metadata, status, created_at, updated_at)
    select
      suite.suite_id, coalesce(o.id, nextval('bulkhead.test_cases_id_seq')), coalesce(o.version, 0) + 1, r.external_key, r.input,
      r.expected_output, r.metadata, r.status, coalesce(o.created_at, r.created_at, v_now),
      case when o.id is null then coalesce(r.created_at, v_now) else v_now end
    from pg_temp.adopted_rows r
    left join unnest(v_old) as o on o.external_key = r.external_key
    where r.source_suite = suite.source_suite and not exists (
      select from bulkhead.test_cases c
      where c.suite_id = suite.suite_id and c.external_key = r.external_key collate "C"
        and c.external_key = any (array(select unnest(v_keys) collate "C"))
    )
    order by r.line
    returning id
  )
  select coalesce(array_agg(a.id), '{}') into v_new from added a;
  updated := (select count(*) from unnest(v_old) as o where o.id = any (v_new));
  inserted := cardinality(v_new) - updated;
  deleted := cardinality(v_old) - updated;
  links := bulkhead_private.adopt_link_changes(suite, v_keys);
  perform set_config('bulkhead.logged_by_function', 'off', true);

  insert into bulkhead.audit_log (suite_id, action, subject, after)
  select suite.suite_id, 'adopted', 'case', jsonb_build_object(
    'inserted', inserted, 'updated', updated, 'deleted', deleted, 'links', links, 'external_keys', to_jsonb(v_keys)
  )
  where inserted + updated + deleted + links > 0;
  return next;
end
$$;

comment on function bulkhead_private.adopt_suite_changes(bulkhead_private.adopted_suites, text[]) is
  'Makes the cases with these keys, and those of pg_temp.adopted_rows, what they are in the source: a key without a row there is deleted. '
  'Repeating it changes nothing.';
--! EndIncluded adopt/adopt_suite_changes.sql
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
    -- the dictionaries first, as who renames does, and only then their tags
    perform bulkhead_private.hold_dictionary(h.suite_id)
    from (select distinct i.suite_id from pg_temp.import_tags i order by i.suite_id) as h;
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
  if exists (select from bulkhead.suite_snapshots s where s.suite_id = v_suite.id) then
    raise exception using
      errcode = 'TCSUC',
      message = format('the suite "%s" still has snapshots', v_suite.slug),
      detail = format(
        'They are to give the same for ever: %s.',
        (select string_agg(l.name, ', ' order by l.name) from (
          select s.name from bulkhead.suite_snapshots s where s.suite_id = v_suite.id order by s.name limit 10
        ) as l)
      ),
      hint = format('select * from bulkhead.drop_snapshot(suite_id => %s, name => …) takes one away.', v_suite.id);
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
  -- in order, so that two suites with the same members can go at once
  perform
  from bulkhead_private.principal_suites p
  where p.principal in (select m.principal from bulkhead.suite_members m where m.suite_id = v_suite.id)
  order by p.principal
  for update;
  delete from bulkhead.test_suites s where s.id = v_suite.id;
  return v_suite;
end
$$;

comment on function bulkhead.delete_suite(bigint) is
  'Deletes a suite without cases and snapshots, with its dictionary, routes, operations and history, for good. With cases or snapshots: '
  'TCSUC; bulk_delete the ones, drop_snapshot the others first.';
grant execute on function bulkhead.delete_suite(bigint) to bulkhead_user;
--! EndIncluded suites/delete_suite.sql
--! Included routes/check_route.sql
create or replace function bulkhead_private.check_route()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform bulkhead_private.hold_dictionary(new.suite_id); -- a tag that it names may be on its way out
  if not bulkhead_private.sees_commits() then
    raise exception using
      errcode = 'TCNTG',
      message = format('it is not known whether the suite has the tags that the route "%s" names', new.name),
      detail = format('A transaction at %s does not see which tags were dropped since it began.', upper(current_setting('transaction_isolation'))),
      hint = 'Define it at READ COMMITTED.';
  end if;
  perform bulkhead.parse_tag_expression(new.suite_id, new.expression);
  return new;
end
$$;

comment on function bulkhead_private.check_route() is
  'Trigger: the expression of a route can be read, and names tags of its suite. TCEXP, TCNTG.';

create or replace trigger check_route
  before insert or update of suite_id, expression on bulkhead.tag_routes
  for each row
  execute function bulkhead_private.check_route();
--! EndIncluded routes/check_route.sql
