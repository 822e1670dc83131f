--! Previous: sha1:0f15960ab41a027d81fd41e00254845219d52502
--! Hash: sha1:e2483a61e8961884bc12709c8de2824aecc044ad
--! Message: no statistics of suites

--! split: 1-current.sql
-- Of a suite that a partition's statistics had not heard of, because others were there when it was analysed, the planner expected a single row.
-- Then each key that leads with suite_id looked as good as another: every append, every look-up and every chunk read the whole suite, and a
-- rename of 100,000 cases took 54 s instead of 2.4. Without statistics of suite_id a suite counts as a two-hundredth of its partition,
-- however large it is, and plans stay what they are (docs/adr/0018-no-statistics-of-suites.md).
alter table bulkhead.test_cases alter column suite_id set statistics 0;
alter table bulkhead.test_case_tags alter column suite_id set statistics 0;

-- ANALYZE leaves alone what it has found before.
do $$
declare
  v_known record;
begin
  for v_known in
    select s.schemaname, s.tablename, s.attname, s.inherited
    from pg_stats s
    where s.attname = 'suite_id' and (
      s.schemaname = 'bulkhead' and s.tablename in ('test_cases', 'test_case_tags')
      or s.schemaname = 'bulkhead_partitions' and s.tablename ~ '^test_case(s|_tags)_[0-9]+$'
    )
  loop
    if current_setting('server_version_num')::integer >= 180000 then
      perform pg_clear_attribute_stats(v_known.schemaname, v_known.tablename, v_known.attname, v_known.inherited);
    else
      raise warning 'the statistics of %.% know suites', v_known.schemaname, v_known.tablename using
        hint = format(
          'Before PostgreSQL 18 only a superuser can take them away: delete from pg_statistic where starelid = %L::regclass and staattnum = 1;',
          format('%I.%I', v_known.schemaname, v_known.tablename)
        );
    end if;
  end loop;
end
$$;

--! Included operations/selected_targets.sql
create or replace function bulkhead_private.selected_targets(operation bulkhead.bulk_operations)
returns bulkhead_private.chunk_targets
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set enable_sort = off -- in the order of the key a chunk is read; to be sorted it would be the whole suite
set jit = off
as $$
declare
  v_selection jsonb := operation.selection;
  v_required text := bulkhead_private.required_tag(v_selection);
  v_scan text := 'select c.id from bulkhead.test_cases c where c.suite_id = $1 and c.id > $2 and c.id <= $3';
  v_condition text;
  v_targets bulkhead_private.chunk_targets;
begin
  if v_selection ?| array['case_ids', 'external_keys'] then
    v_scan := v_scan || ' and ' || bulkhead_private.selection_sql(v_selection);
    v_selection := '{}';
  elsif v_required is not null then
    v_scan := format(
      'select l.case_id as id from bulkhead.test_case_tags l '
      'where l.suite_id = $1 and l.tag = %L and l.case_id > $2 and l.case_id <= $3',
      v_required
    );
    if v_selection -> 'tags' ? 'any' then
      v_selection := v_selection - 'tags'; -- the scan is the whole expression
    end if;
  end if;
  v_condition := bulkhead_private.selection_sql(v_selection);
  -- the scan is bounded too, so that a rare match does not make a long chunk
  execute format(
    'with scanned as materialized (%s order by 1 limit $4), matched as materialized (%s order by 1 limit $5) '
    'select coalesce((select array_agg(id order by id) from matched), ''{}''), '
    'case when (select count(*) from matched) = $5 then (select max(id) from matched) else (select max(id) from scanned) end, '
    '(select count(*) from scanned) < $4 and (select count(*) from matched) < $5',
    v_scan,
    case
      when v_condition = 'true' then 'select id from scanned'
      else 'select c.id from scanned s cross join lateral (select r.* from bulkhead.test_cases r '
        'where r.suite_id = $1 and r.id = s.id offset 0) as c where ' || v_condition
    end
  )
  into v_targets
  using
    operation.suite_id, operation.cursor_id, operation.high_water_id,
    operation.chunk_size * case when v_condition = 'true' then 1 else 10 end, operation.chunk_size;
  return v_targets;
end
$$;

comment on function bulkhead_private.selected_targets(bulkhead.bulk_operations) is
  'The next chunk of the cases that the operation''s selection matches, after its cursor and up to its high-water id.';
--! EndIncluded operations/selected_targets.sql
--! Included operations/hold_cases.sql
create or replace function bulkhead_private.hold_cases(operation bulkhead.bulk_operations, case_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_tags text[] := array(
    select jsonb_array_elements_text((operation.parameters -> 'add') || (operation.parameters -> 'remove'))
  );
begin
  if exists (
    select from bulkhead.suite_tags t
    where t.suite_id = operation.suite_id and t.name = any (v_tags) and t.group_key <> ''
  ) then
    perform
    from bulkhead.test_cases c
    where c.suite_id = operation.suite_id and c.id = any (array(select unnest(case_ids)))
    order by c.id
    for no key update;
  end if;
end
$$;

comment on function bulkhead_private.hold_cases(bulkhead.bulk_operations, bigint[]) is
  'Locks the cases of a chunk that deals with exclusive groups, as an append locks the cases that it updates: neither finds, when it puts '
  'its tag on a case, that the other has just put another one of the group there.';
--! EndIncluded operations/hold_cases.sql
--! Included operations/tag_chunk.sql
create or replace function bulkhead_private.tag_chunk(operation bulkhead.bulk_operations, case_ids bigint[])
returns bulkhead_private.chunk_result
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_add text[] := array(select jsonb_array_elements_text(operation.parameters -> 'add'));
  v_remove text[] := array(
    select n from jsonb_array_elements_text(operation.parameters -> 'remove') as u (n) where n <> all (v_add)
  );
  v_on_exclusive text := operation.parameters ->> 'on_exclusive';
  v_groups text[] := array(
    select t.group_key
    from bulkhead.suite_tags t
    where t.suite_id = operation.suite_id and t.name = any (v_add) and t.group_key <> ''
    order by t.group_key
  );
  v_met bigint[] := '{}';
  v_ids bigint[] := case_ids;
  v_removed bigint[];
  v_added bigint[];
  v_errors jsonb;
begin
  -- a tag that was dropped since the submission is not quietly left out
  perform bulkhead_private.raise_unknown_tag(operation.suite_id, n)
  from unnest(v_add) as u (n)
  where not exists (select from bulkhead.suite_tags t where t.suite_id = operation.suite_id and t.name = n);

  perform bulkhead_private.hold_cases(operation, case_ids);
  if cardinality(v_groups) > 0 and v_on_exclusive <> 'replace' then
    v_met := array(
      select distinct l.case_id
      from bulkhead.test_case_tags l
      where l.suite_id = operation.suite_id and l.case_id = any (array(select unnest(v_ids)))
        and l.group_key = any (v_groups) and l.tag <> all (v_add || v_remove)
      order by l.case_id
    );
    v_errors := bulkhead_private.log_outcome(
      operation, case v_on_exclusive when 'fail' then 'failed' else 'left_alone' end, 'TCGRP',
      'the case has another tag of the exclusive group ' || array_to_string(v_groups, ', '), v_met
    );
    v_ids := array(select i from unnest(v_ids) as u (i) where i <> all (v_met) order by i);
  end if;

  if cardinality(v_remove) > 0 or cardinality(v_groups) > 0 then
    with held as materialized (
      select l.ctid
      from bulkhead.test_case_tags l
      where l.suite_id = operation.suite_id and l.case_id = any (array(select unnest(v_ids)))
        and (l.tag = any (v_remove) or l.group_key = any (v_groups) and l.tag <> all (v_add))
      order by l.case_id, l.tag
      for update
    ),
    removed as (
      delete from bulkhead.test_case_tags l
      where l.suite_id = operation.suite_id and l.ctid = any (array(select h.ctid from held h))
      returning l.case_id, l.tag, l.group_key, l.operation_id
    ),
    logged as (
      insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, group_key, link_operation_id, case_ids)
      select operation.suite_id, operation.id, operation.chunks + 1, 'link_removed', r.tag, r.group_key, r.operation_id,
        array_agg(r.case_id order by r.case_id)
      from removed r
      group by r.tag, r.group_key, r.operation_id
    )
    select array_agg(distinct r.case_id) into v_removed from removed r;
  end if;

  if cardinality(v_add) > 0 then
    -- links that are there are left out, and not met by "on conflict", which writes and takes a tenth more for each link; one that
    -- somebody else is just putting on makes the chunk fail and be tried again. "not in" is hashed whatever the statistics say
    with added as (
      insert into bulkhead.test_case_tags as l (suite_id, case_id, tag, group_key, operation_id)
      select operation.suite_id, i, t.name, t.group_key, operation.id
      from unnest(v_ids) as u (i)
      cross join bulkhead.suite_tags t
      where t.suite_id = operation.suite_id and t.name = any (v_add)
        and (i, t.name) not in (
          select l.case_id, l.tag
          from bulkhead.test_case_tags l
          where l.suite_id = operation.suite_id and l.tag = any (v_add)
            and l.case_id between v_ids[1] and v_ids[cardinality(v_ids)]
        )
      order by i, t.name
      returning l.case_id, l.tag, l.group_key
    ),
    logged as (
      insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, group_key, link_operation_id, case_ids)
      select operation.suite_id, operation.id, operation.chunks + 1, 'link_added', a.tag, a.group_key, operation.id,
        array_agg(a.case_id order by a.case_id)
      from added a
      group by a.tag, a.group_key
    )
    select array_agg(distinct a.case_id) into v_added from added a;
  end if;

  return row(
    (select count(*) from (select unnest(v_removed) union select unnest(v_added)) as touched),
    case when v_on_exclusive = 'fail' then 0 else cardinality(v_met) end,
    case when v_on_exclusive = 'fail' then cardinality(v_met) else 0 end,
    v_errors
  )::bulkhead_private.chunk_result;
end
$$;

comment on function bulkhead_private.tag_chunk(bulkhead.bulk_operations, bigint[]) is
  'One chunk of tag, rename_tag and merge_tags: takes the links of "remove" off the cases and puts those of "add" on. '
  'A case that has another tag of an exclusive group is served by on_exclusive: replace, skip or fail.';
--! EndIncluded operations/tag_chunk.sql
--! Included operations/set_status_chunk.sql
create or replace function bulkhead_private.set_status_chunk(operation bulkhead.bulk_operations, case_ids bigint[])
returns bulkhead_private.chunk_result
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_status text := operation.parameters ->> 'set_status';
  v_changed bigint;
begin
  -- locked by a statement of its own: an edit that it waits for gives the row a new ctid, which only the next statement sees
  perform
  from bulkhead.test_cases c
  where c.suite_id = operation.suite_id and c.id = any (array(select unnest(case_ids))) and c.status <> v_status
  order by c.id
  for no key update;

  with held as materialized (
    select c.ctid, c.status, c.status_operation_id
    from bulkhead.test_cases c
    where c.suite_id = operation.suite_id and c.id = any (array(select unnest(case_ids))) and c.status <> v_status
  ),
  changed as (
    update bulkhead.test_cases c
    set status = v_status, status_operation_id = operation.id
    from held h
    where c.suite_id = operation.suite_id and c.ctid = h.ctid
    returning c.id, h.status, h.status_operation_id
  ),
  logged as (
    insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, status, status_operation_id, case_ids)
    select operation.suite_id, operation.id, operation.chunks + 1, 'status_set', c.status, c.status_operation_id,
      array_agg(c.id order by c.id)
    from changed c
    group by c.status, c.status_operation_id
  )
  select count(*) into v_changed from changed;
  return row(v_changed, 0, 0, null)::bulkhead_private.chunk_result;
end
$$;

comment on function bulkhead_private.set_status_chunk(bulkhead.bulk_operations, bigint[]) is 'One chunk of set_status.';
--! EndIncluded operations/set_status_chunk.sql
--! Included operations/delete_chunk.sql
create or replace function bulkhead_private.delete_chunk(operation bulkhead.bulk_operations, case_ids bigint[])
returns bulkhead_private.chunk_result
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_held bigint[];
begin
  -- held first: no link can be added to these cases between its logging and its deletion
  select array_agg(h.id order by h.id) into v_held
  from (
    select c.id
    from bulkhead.test_cases c
    where c.suite_id = operation.suite_id and c.id = any (array(select unnest(case_ids)))
    order by c.id
    for update
  ) as h;
  insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, group_key, link_operation_id, case_ids)
  select operation.suite_id, operation.id, operation.chunks + 1, 'link_removed', l.tag, l.group_key, l.operation_id,
    array_agg(l.case_id order by l.case_id)
  from bulkhead.test_case_tags l
  where l.suite_id = operation.suite_id and l.case_id = any (array(select unnest(v_held)))
  group by l.tag, l.group_key, l.operation_id;
  delete from bulkhead.test_cases c where c.suite_id = operation.suite_id and c.id = any (array(select unnest(v_held)));
  insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, case_ids)
  select operation.suite_id, operation.id, operation.chunks + 1, 'case_deleted', v_held
  where v_held is not null;
  return row(coalesce(cardinality(v_held), 0), 0, 0, null)::bulkhead_private.chunk_result;
end
$$;

comment on function bulkhead_private.delete_chunk(bulkhead.bulk_operations, bigint[]) is
  'One chunk of delete. The last version of each case goes to test_case_versions, by the trigger on test_cases.';
--! EndIncluded operations/delete_chunk.sql
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
--! Included operations/undo_statuses.sql
create or replace function bulkhead_private.undo_statuses(operation bulkhead.bulk_operations, case_ids bigint[])
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_left bigint[];
begin
  -- locked by a statement of its own: an edit that it waits for gives the row a new ctid, which only the next statement sees
  perform
  from bulkhead.test_cases c
  where c.suite_id = operation.suite_id and c.id = any (array(select unnest(case_ids)))
    and c.status_operation_id = operation.undoes_operation_id
  order by c.id
  for no key update;

  with changed as materialized (
    select * from bulkhead_private.changes_of(operation, 'status_set', case_ids)
  ),
  held as materialized (
    select s.case_id, c.ctid, c.status as status_now, c.status_operation_id as operation_now, s.status, s.status_operation_id
    from changed s
    cross join lateral (
      select k.ctid, k.status, k.status_operation_id
      from bulkhead.test_cases k
      where k.suite_id = operation.suite_id and k.id = s.case_id and k.status_operation_id = operation.undoes_operation_id
      offset 0
    ) as c
  ),
  restored as (
    update bulkhead.test_cases c
    set status = h.status, status_operation_id = h.status_operation_id
    from held h
    where c.suite_id = operation.suite_id and c.ctid = h.ctid
    returning c.id, h.status_now, h.operation_now
  ),
  logged as (
    insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, status, status_operation_id, case_ids)
    select operation.suite_id, operation.id, operation.chunks + 1, 'status_set', r.status_now, r.operation_now,
      array_agg(r.id order by r.id)
    from restored r
    group by r.status_now, r.operation_now
  )
  select array_agg(s.case_id order by s.case_id) into v_left
  from changed s
  where s.case_id <> all (array(select h.case_id from held h));
  perform bulkhead_private.log_outcome(operation, 'left_alone', 'TCCHG', 'the status was set again, or the case deleted, since', v_left);
  return coalesce(v_left, '{}');
end
$$;

comment on function bulkhead_private.undo_statuses(bulkhead.bulk_operations, bigint[]) is
  'Gives the cases the status back that they had, where the operation''s is still the last; returns the cases where it is not.';
--! EndIncluded operations/undo_statuses.sql
--! Included operations/undo_copies.sql
create or replace function bulkhead_private.undo_copies(operation bulkhead.bulk_operations, case_ids bigint[])
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_into bigint := (operation.parameters ->> 'into_suite_id')::bigint;
  v_held bigint[];
  v_left bigint[];
begin
  -- a copy is untouched while it has its first version, its status and only the links that came with it
  select array_agg(h.id order by h.id) into v_held
  from (
    select c.id
    from bulkhead.test_cases c
    where c.suite_id = v_into
      and c.id = any (array(select p.copied_id from bulkhead_private.changes_of(operation, 'case_copied', case_ids) p))
      and c.version = 1 and c.status_operation_id = operation.undoes_operation_id
      and not exists (
        select from bulkhead.test_case_tags l
        where l.suite_id = v_into and l.case_id = c.id and l.operation_id is distinct from operation.undoes_operation_id
        offset 0
      )
    order by c.id
    for update
  ) as h;
  delete from bulkhead.test_cases c where c.suite_id = v_into and c.id = any (array(select unnest(v_held)));

  insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, case_ids, copied_ids)
  select operation.suite_id, operation.id, operation.chunks + 1, 'copy_deleted',
    array_agg(p.case_id order by p.case_id), array_agg(p.copied_id order by p.case_id)
  from bulkhead_private.changes_of(operation, 'case_copied', case_ids) p
  where p.copied_id = any (v_held)
  having count(*) > 0;
  v_left := array(
    select p.case_id
    from bulkhead_private.changes_of(operation, 'case_copied', case_ids) p
    where p.copied_id <> all (coalesce(v_held, '{}'))
    order by p.case_id
  );
  perform bulkhead_private.log_outcome(operation, 'left_alone', 'TCCHG', 'the copy was changed or deleted since', v_left);
  return v_left;
end
$$;

comment on function bulkhead_private.undo_copies(bulkhead.bulk_operations, bigint[]) is
  'Deletes copies that nobody has touched since; returns the source cases of the others.';
--! EndIncluded operations/undo_copies.sql
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
  where l.suite_id = suite.id and l.case_id = any (array(select u.case_id from unnest(outcomes) as u where u.outcome = 'updated'))
    and l.case_id = o.case_id and l.group_key = w.group_key and l.tag <> w.tag collate "C";
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
--! Included cases/append_known.sql
create or replace function bulkhead_private.append_known(
  suite bulkhead.test_suites,
  payloads bulkhead_private.case_payload[],
  outcomes bulkhead_private.append_outcome[],
  on_conflict text
)
returns bulkhead_private.append_outcome[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- the planner cannot know how long the arrays are
set jit = off -- before PostgreSQL 18 a plan that is switched off looks dear enough to be compiled, at a second each
as $$
declare
  v_ids bigint[];
  v_known bulkhead_private.append_outcome[];
  v_different text[];
begin
  -- a statement of its own, because it has to see what a concurrent append has just committed
  v_ids := array(
    select c.id
    from bulkhead.test_cases c
    where c.suite_id = suite.id
      and c.external_key = any (array(select o.external_key collate "C" from unnest(outcomes) as o where o.case_id is null))
  );
  if on_conflict = 'update' then
    perform from bulkhead.test_cases c where c.suite_id = suite.id and c.id = any (array(select unnest(v_ids))) order by c.id for no key update;
  end if;
  with known as (
    select c.id, p.ordinal, p.external_key, coalesce(
      c.payload_hash = p.hash,
      c.input = p.input and c.metadata = p.metadata and c.expected_output is not distinct from p.expected_output
    ) as is_same
    from unnest(payloads) as p
    join bulkhead.test_cases c on c.external_key = p.external_key collate "C"
    where c.suite_id = suite.id and c.id = any (array(select unnest(v_ids)))
  )
  select
    array_agg(
      row(
        k.ordinal, k.external_key, k.id,
        case when k.is_same then 'unchanged' when on_conflict = 'update' then 'updated' else 'skipped' end
      )::bulkhead_private.append_outcome
    ),
    array_agg(format('case %s: "%s"', k.ordinal, k.external_key) order by k.ordinal) filter (where not k.is_same)
  into v_known, v_different
  from known k;

  if v_different is not null and on_conflict = 'fail' then
    raise exception using
      errcode = 'TCKEY',
      message = format('%s of these external keys belong to cases with another content', cardinality(v_different)),
      detail = array_to_string(v_different[1:20], ', '),
      hint = 'on_conflict => ''update'' replaces their content, on_conflict => ''skip'' leaves them; or give the cases other keys.';
  end if;
  if v_different is not null and on_conflict = 'update' then
    update bulkhead.test_cases c
    set
      input = p.input,
      expected_output = p.expected_output,
      metadata = p.metadata,
      status = coalesce(p.status, c.status),
      payload_hash = p.hash
    from unnest(v_known) as k
    join unnest(payloads) as p on p.ordinal = k.ordinal
    where k.outcome = 'updated' and c.suite_id = suite.id and c.id = any (array(select unnest(v_ids))) and c.id = k.case_id;
  end if;
  return v_known;
end
$$;

comment on function bulkhead_private.append_known(
  bulkhead.test_suites, bulkhead_private.case_payload[], bulkhead_private.append_outcome[], text
) is
  'What becomes of payloads whose external key the suite already has: unchanged, skipped, updated, or TCKEY for all of them.';
--! EndIncluded cases/append_known.sql
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
begin
  -- in order, so that two appends that bring the same new tags wait for each other and do not deadlock
  select array_agg(n order by n) into v_missing
  from (select distinct n from unnest(names) as u (n)) as wanted
  where n not in (select t.name from bulkhead.suite_tags t where t.suite_id = suite.id and t.name = any (names));
  if v_missing is null then
    return '{}';
  end if;
  perform bulkhead_private.check_new_tags(suite, v_missing);
  insert into bulkhead.suite_tags (suite_id, name)
  select suite.id, n from unnest(v_missing) as u (n) order by n
  on conflict do nothing;
  return v_missing;
end
$$;

comment on function bulkhead_private.define_missing_tags(bulkhead.test_suites, text[]) is
  'Adds to the suite''s dictionary those of the names that it lacks, and returns them. Closed dictionary: TCCLO; not a name: TCTAG.';
--! EndIncluded tags/define_missing_tags.sql
--! Included adopt/adopt_link_changes.sql
create or replace function bulkhead_private.adopt_link_changes(suite bulkhead_private.adopted_suites, external_keys text[])
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- a temporary table has no statistics
set jit = off
as $$
declare
  v_wanted text[];
  v_case_ids bigint[];
  v_removed integer;
  v_added integer;
begin
  -- in two arrays, side by side: each link that there should be
  select coalesce(array_agg(w.case_id order by w.case_id, w.tag), '{}'), coalesce(array_agg(w.tag order by w.case_id, w.tag), '{}')
  into v_case_ids, v_wanted
  from (
    select distinct c.id as case_id, k.name as tag
    from pg_temp.adopted_rows r
    join bulkhead.test_cases c on c.external_key = r.external_key
    cross join unnest(r.tags) as t (source_tag)
    join bulkhead_private.adopted_tags k on k.suite_id = suite.suite_id and k.source_tag = t.source_tag collate "C"
    where r.source_suite = suite.source_suite
      and c.suite_id = suite.suite_id and c.external_key = any (array(select unnest(external_keys) collate "C"))
  ) as w;
  delete from bulkhead.test_case_tags l
  where l.suite_id = suite.suite_id
    and l.case_id = any (array(
      select c.id
      from bulkhead.test_cases c
      where c.suite_id = suite.suite_id and c.external_key = any (array(select unnest(external_keys) collate "C"))
    ))
    and not exists (
      select from unnest(v_case_ids, v_wanted) as w (case_id, tag) where w.case_id = l.case_id and w.tag = l.tag collate "C"
    );
  get diagnostics v_removed = row_count;
  insert into bulkhead.test_case_tags (suite_id, case_id, tag)
  select suite.suite_id, w.case_id, w.tag
  from unnest(v_case_ids, v_wanted) as w (case_id, tag)
  on conflict do nothing;
  get diagnostics v_added = row_count;
  return v_removed + v_added;
end
$$;

comment on function bulkhead_private.adopt_link_changes(bulkhead_private.adopted_suites, text[]) is
  'Gives the cases with these keys the links that they have in pg_temp.adopted_rows, and no others; returns how many came or went.';
--! EndIncluded adopt/adopt_link_changes.sql
--! Included adopt/drop_adopted_chunk.sql
create or replace function bulkhead_private.drop_adopted_chunk(suite_id bigint, cases integer)
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_suite_id constant bigint := suite_id;
  v_ids bigint[];
begin
  update bulkhead_private.adopted_suites a
  set phase = 'going_back'
  where a.suite_id = v_suite_id and a.phase <> 'cut_over';
  if not found then
    raise exception using
      errcode = 'TCARG',
      message = format('the suite %s is not being adopted', v_suite_id),
      detail = 'After the cut-over it is a suite like any other, and people rely on it.',
      hint = 'bulkhead adopt status shows how far each suite is.';
  end if;
  perform bulkhead_private.finish_operation(o, 'cancelled')
  from bulkhead.bulk_operations o
  where o.suite_id = v_suite_id and o.kind = 'adopt' and o.state = 'running';
  v_ids := array(select c.id from bulkhead.test_cases c where c.suite_id = v_suite_id order by c.id limit drop_adopted_chunk.cases);
  perform set_config('bulkhead.logged_by_function', 'on', true);
  delete from bulkhead.test_cases c where c.suite_id = v_suite_id and c.id = any (array(select unnest(v_ids)));
  delete from bulkhead.test_case_versions v where v.suite_id = v_suite_id and v.case_id = any (array(select unnest(v_ids)));
  perform set_config('bulkhead.logged_by_function', 'off', true);
  if cardinality(v_ids) = 0 then
    perform bulkhead.delete_suite(v_suite_id);
  end if;
  return cardinality(v_ids);
end
$$;

comment on function bulkhead_private.drop_adopted_chunk(bigint, integer) is
  'Takes a chunk of an adopted suite''s cases back out, with their history, or, when there is none left, the suite; returns how many cases '
  'it was. After the cut-over: TCARG.';
--! EndIncluded adopt/drop_adopted_chunk.sql
--! Included routes/routes_of_cases.sql
create or replace function bulkhead.routes_of_cases(suite_id bigint, case_ids bigint[])
returns table (case_id bigint, route text)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
begin
  return query execute
    'select c.id, ' || bulkhead_private.route_sql(v_suite)
    || ' from bulkhead.test_cases c where c.suite_id = $1 and c.id = any (array(select unnest($2))) order by c.id'
    using v_suite.id, case_ids;
end
$$;

comment on function bulkhead.routes_of_cases(bigint, bigint[]) is
  'Where cases go: of the routes that select a case, the one with the lowest precedence; null where none does.';
grant execute on function bulkhead.routes_of_cases(bigint, bigint[]) to bulkhead_user;
--! EndIncluded routes/routes_of_cases.sql
