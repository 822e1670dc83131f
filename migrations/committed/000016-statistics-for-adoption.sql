--! Previous: sha1:df8b772beca0d26e2df90712bfd448d89e550692
--! Hash: sha1:06c0f836e1c3bd25e90d556569d75257ab58369e
--! Message: statistics for adoption

--! split: 1-current.sql
-- Chunks of fewer than 500 cases took longer with each one, and so did verifying: the partition had no statistics when the session's plans were
-- made, or those of the first chunks.
--! Included adopt/count_adopted.sql
create or replace function bulkhead_private.count_adopted(suite_id bigint, cases bigint)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite_id constant bigint := suite_id;
  v_partition pg_class;
begin
  select p.* into v_partition
  from pg_class p
  where p.oid = (select c.tableoid from bulkhead.test_cases c where c.suite_id = v_suite_id limit 1);
  if v_partition.oid is null or v_partition.reltuples >= cases / 4 then
    return;
  end if;
  execute format('analyze (skip_locked) bulkhead_partitions.%I (suite_id, id, external_key)', v_partition.relname);
  select p.* into v_partition
  from pg_class p
  where p.oid = (select l.tableoid from bulkhead.test_case_tags l where l.suite_id = v_suite_id limit 1);
  if v_partition.oid is not null then
    execute format('analyze (skip_locked) bulkhead_partitions.%I (suite_id, case_id, tag)', v_partition.relname);
  end if;
end
$$;

comment on function bulkhead_private.count_adopted(bigint, bigint) is
  'Brings the statistics of a suite''s partition up to date when they know of less than a quarter of its cases. Without them each key that '
  'leads with suite_id looks as good as another, and a session whose plans are made then looks for each case of a link by the wrong one.';
--! EndIncluded adopt/count_adopted.sql
--! Included adopt/adopt_chunk.sql
create or replace function bulkhead_private.adopt_chunk(suite_id bigint, is_last boolean)
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
    from (select a.* from pg_temp.adopted_rows a order by a.line) as r
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
  perform bulkhead_private.count_adopted(v_suite_id, v_suite.cases_copied + cases);
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

comment on function bulkhead_private.adopt_chunk(bigint, boolean) is
  'Adds the cases of pg_temp.adopted_rows with their links to the suite, and moves the adoption''s cursor behind them, in one transaction. '
  'Their tags are to be defined before: define_adopted_tags. No row when somebody has cancelled the operation.';
--! EndIncluded adopt/adopt_chunk.sql
--! Included adopt/adopted_cases.sql
create or replace function bulkhead_private.adopted_cases(suite_id bigint)
returns table (external_key text, hash bigint, tags text[])
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- a suite that has just come may have no statistics, or those of its first cases
begin atomic
  select c.external_key, ('x' || left(md5(concat_ws(
    chr(31), c.external_key, c.input, coalesce(c.expected_output::text, ''), c.metadata, c.status, coalesce(array_to_string(l.tags, ','), '')
  )), 15))::bit(60)::bigint, l.tags
  from bulkhead.test_cases c
  left join (
    select t.case_id, array_agg(t.tag order by t.tag) as tags
    from bulkhead.test_case_tags t
    where t.suite_id = adopted_cases.suite_id
    group by t.case_id
  ) as l on l.case_id = c.id
  where c.suite_id = adopted_cases.suite_id;
end;

comment on function bulkhead_private.adopted_cases(bigint) is
  'Each case of a suite with its tags and a hash of all that an adoption brings; the source is asked for the same, by the same expression.';
--! EndIncluded adopt/adopted_cases.sql
