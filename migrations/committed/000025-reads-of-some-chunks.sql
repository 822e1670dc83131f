--! Previous: sha1:a2223c4ae795cec7edbb11f57479df3844924e3f
--! Hash: sha1:41f4775635f7bdabc3630964d4c9eb637d61c9d2
--! Message: reads of some chunks

--! split: 1-current.sql
-- A copy reads some chunks of the source at once, and writes them one by one: its chunks are lines of what the session has staged.
drop function bulkhead_private.adopt_chunk(bigint, boolean);
--! Included adopt/clear_adopted_rows.sql
create or replace function bulkhead_private.clear_adopted_rows()
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regclass('pg_temp.adopted_rows') is null then
    create temporary table adopted_rows (
      line integer primary key, -- chunks take them by the line
      source_suite text,
      source_id text,
      external_key text,
      input jsonb,
      expected_output jsonb,
      metadata jsonb,
      tags text[],
      status text,
      created_at timestamptz
    ) on commit preserve rows;
  elsif pg_total_relation_size('pg_temp.adopted_rows') < 8388608 then
    -- a truncation waits for the disk, and with it everybody who commits meanwhile
    delete from pg_temp.adopted_rows;
  else
    truncate pg_temp.adopted_rows;
  end if;
end
$$;

comment on function bulkhead_private.clear_adopted_rows() is
  'Makes the session''s table pg_temp.adopted_rows, for a COPY of cases of the source, or empties it.';
--! EndIncluded adopt/clear_adopted_rows.sql
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
    (select range_agg(int8range(i.id, i.id, '[]')) from inserted i)
  into cases, links, last_id, v_case_ids;
  perform set_config('bulkhead.logged_by_function', 'off', true);
  perform bulkhead_private.log_append(v_suite_id, jsonb_build_object('inserted', cases), v_case_ids)
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
