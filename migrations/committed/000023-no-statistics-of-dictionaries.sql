--! Previous: sha1:62b5685f258902ed1a654046f97c27fe5a192479
--! Hash: sha1:6e6ca7db75c405926fa29d8180fa3050eb766dbc
--! Message: no statistics of dictionaries

--! split: 1-current.sql
-- A chunk that puts tags on looked for each of them in the whole dictionary where the statistics were made before the dictionary was filled:
-- 10,000 rows for a dictionary of 10,000 tags, and on PostgreSQL 15 an append did so four times. Dictionaries have no statistics of
-- suites either now (docs/adr/0018-no-statistics-of-suites.md), and a chunk looks its tags up by name.
alter table bulkhead.suite_tags alter column suite_id set statistics 0;

-- ANALYZE leaves alone what it has found before.
do $$
begin
  if not exists (select from pg_stats s where s.schemaname = 'bulkhead' and s.tablename = 'suite_tags' and s.attname = 'suite_id') then
    return;
  elsif current_setting('server_version_num')::integer >= 180000 then
    perform pg_clear_attribute_stats('bulkhead', 'suite_tags', 'suite_id', false);
  else
    raise warning 'the statistics of bulkhead.suite_tags know suites' using
      hint = 'Before PostgreSQL 18 only a superuser can take them away: '
        'delete from pg_statistic where starelid = ''bulkhead.suite_tags''::regclass and staattnum = 1;';
  end if;
end
$$;

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
  where n <> all (array(select t.name from bulkhead.suite_tags t where t.suite_id = operation.suite_id and t.name = any (v_add)));

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
