--! Previous: sha1:e2483a61e8961884bc12709c8de2824aecc044ad
--! Hash: sha1:62b5685f258902ed1a654046f97c27fe5a192479
--! Message: statistics of an import

--! split: 1-current.sql
-- In a partition that was analysed while it had a handful of rows, an import checked each link by reading the whole suite (12.7 s for 10,000
-- cases), and sessions with plans from then did so for each append behind it. An import does now what an adoption did already.
--! Included suites/refresh_statistics.sql
create or replace function bulkhead_private.refresh_statistics(suite_id bigint, cases bigint)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_relation record;
  v_partition pg_class;
begin
  for v_relation in
    select * from (values ('test_cases', 'id', 'external_key'), ('test_case_tags', 'case_id', 'tag')) as r (name, one, other)
  loop
    execute format(
      'select p.* from pg_class p where p.oid = (select r.tableoid from bulkhead.%I r where r.suite_id = $1 limit 1)', v_relation.name
    )
    into v_partition
    using suite_id;
    if v_partition.reltuples < cases / 4 then
      execute format('analyze (skip_locked) bulkhead_partitions.%I (%I, %I)', v_partition.relname, v_relation.one, v_relation.other);
    end if;
  end loop;
end
$$;

comment on function bulkhead_private.refresh_statistics(bigint, bigint) is
  'Brings the statistics of a suite''s partitions up to date when they know of less than a quarter of the cases that it has got. Plans that '
  'sessions have made while a partition was small end with that: to them each key that leads with suite_id looks as good as another, and '
  'whoever links a case, or appends one, reads the whole suite.';
--! EndIncluded suites/refresh_statistics.sql
--! Included import/append_rows.sql
create or replace function bulkhead_private.append_rows(
  suite bulkhead.test_suites,
  from_line integer,
  to_line integer,
  on_conflict text,
  dry_run boolean,
  all_new boolean
)
returns setof bulkhead_private.append_outcome
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- a temporary table has no statistics
set jit = off
as $$
declare
  v_links constant bulkhead_private.payload_link[] := bulkhead_private.payload_links(
    suite,
    array(
      select row(i.line, null, null, null, null, bulkhead_private.staged_tags(suite, i.tags, dry_run), null, null)::bulkhead_private.case_payload
      from pg_temp.import_rows i
      where i.line between from_line and to_line and cardinality(i.tags) > 0
    )
  );
  v_outcomes bulkhead_private.append_outcome[];
  v_open integer[];
begin
  perform set_config('bulkhead.logged_by_function', 'on', true);
  begin
    if all_new then
      v_outcomes := bulkhead_private.insert_rows(suite, from_line, to_line);
    end if;
  exception
    when unique_violation then
      null;
  end;
  if v_outcomes is null then
    v_outcomes := bulkhead_private.insert_new_rows(suite, from_line, to_line);
    v_open := array(
      select i.line from pg_temp.import_rows i
      where i.line between from_line and to_line and not exists (select from unnest(v_outcomes) as o where o.ordinal = i.line)
    );
  end if;
  -- before the links, each of which looks for its case
  perform bulkhead_private.refresh_statistics(suite.id, cardinality(v_outcomes)) where not dry_run and cardinality(v_outcomes) >= 1000;
  insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key)
  select suite.id, o.case_id, l.tag, l.group_key
  from unnest(v_outcomes) as o
  join unnest(v_links) as l on l.ordinal = o.ordinal
  order by o.case_id, l.tag collate "C";
  perform set_config('bulkhead.logged_by_function', 'off', true);

  if cardinality(v_open) > 0 then
    v_outcomes := v_outcomes || array(
      select a
      from bulkhead_private.append_payloads(suite, bulkhead_private.staged_payloads(suite, v_open, dry_run), on_conflict) as a
    );
  end if;
  return query select * from unnest(v_outcomes) as o order by o.ordinal;
end
$$;

comment on function bulkhead_private.append_rows(bulkhead.test_suites, integer, integer, text, boolean, boolean) is
  'Appends the rows of an import from one line to another, and says what became of each; all_new: whether to try it as if the suite had none of '
  'them. What calls it logs them: log_append.';
--! EndIncluded import/append_rows.sql
--! Included import/append_import.sql
create or replace function bulkhead.append_import(
  suite_id bigint,
  on_conflict text default 'fail',
  dry_run boolean default false,
  request_key text default null,
  request_hash bytea default null
)
returns table (cases integer, inserted integer, unchanged integer, updated integer, skipped integer, results text)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, case on_conflict when 'update' then 'editor' else 'appender' end);
  v_batch constant integer := 4000;
  v_piece constant integer := 500;
  v_first integer := 0;
  v_last integer;
  v_number integer := 0;
  v_all_new boolean := true; -- as far as is known
  v_counts bigint[] := '{0,0,0,0}';
  v_inserted int8multirange;
  v_case_ids int8multirange := '{}';
begin
  perform bulkhead_private.check_on_conflict(on_conflict);
  loop
    exit when not bulkhead_private.has_staging();
    select max(r.line) into v_last
    from (select i.line from pg_temp.import_rows i where i.line > v_first order by i.line limit v_batch) as r;
    exit when v_last is null;
    -- in pieces that are small enough to be read without holding them all
    for cases, inserted, unchanged, updated, skipped, results, v_inserted in
      select
        count(*),
        count(*) filter (where a.outcome = 'inserted'), count(*) filter (where a.outcome = 'unchanged'),
        count(*) filter (where a.outcome = 'updated'), count(*) filter (where a.outcome = 'skipped'),
        string_agg(
          concat(
            '{"line":', a.ordinal, ',"external_key":', coalesce(to_json(a.external_key)::text, 'null'), ',"case_id":',
            case when dry_run and a.outcome = 'inserted' then 'null' else '"' || a.case_id || '"' end,
            ',"outcome":"', a.outcome, '"}', chr(10)
          ),
          '' order by a.position
        ),
        range_agg(int8range(a.case_id, a.case_id, '[]')) filter (where a.outcome = 'inserted')
      from (
        select r.*, row_number() over () as position
        from bulkhead_private.append_rows(v_suite, v_first + 1, v_last, append_import.on_conflict, dry_run, v_all_new) as r
      ) as a
      group by (a.position - 1) / v_piece
      order by (a.position - 1) / v_piece
    loop
      v_all_new := v_all_new and inserted = cases;
      v_counts := array[v_counts[1] + inserted, v_counts[2] + unchanged, v_counts[3] + updated, v_counts[4] + skipped];
      v_case_ids := v_case_ids + coalesce(v_inserted, '{}');
      v_number := v_number + 1;
      if request_key is not null then
        insert into bulkhead_private.append_answers (
          suite_id, principal, request_key, batch, request_hash, new_tags, cases, inserted, unchanged, updated, skipped, results
        )
        values (
          v_suite.id, bulkhead.current_principal(), append_import.request_key, v_number, append_import.request_hash,
          array(select t.name from pg_temp.import_tags t order by t.name), cases, inserted, unchanged, updated, skipped, results
        );
      end if;
      return next;
    end loop;
    v_first := v_last;
    perform bulkhead_private.refresh_statistics(v_suite.id, v_counts[1]) where not dry_run and v_counts[1] >= 1000;
  end loop;
  if v_number = 0 then
    raise exception using
      errcode = 'TCEMP',
      message = 'there is no case to append',
      detail = 'No row is staged in pg_temp.import_rows.',
      hint = 'bulkhead.begin_import makes the table; COPY the cases into it first.';
  end if;
  perform bulkhead_private.log_append(v_suite.id, jsonb_object_agg(o.outcome, o.cases), v_case_ids)
  from unnest('{inserted,unchanged,updated,skipped}'::text[], v_counts) as o (outcome, cases)
  where o.cases > 0;
end
$$;

comment on function bulkhead.append_import(bigint, text, boolean, text, bytea) is
  'Appends all rows of pg_temp.import_rows in one transaction, and returns, piece by piece, how many were inserted, unchanged, updated and skipped, '
  'and a line of JSON for each: {"line", "external_key", "case_id", "outcome"}. dry_run is for who rolls it back: it links no tag that would be '
  'new. With a request_key the answer is kept, for append_answer. Errors name the case by its line.';
grant execute on function bulkhead.append_import(bigint, text, boolean, text, bytea) to bulkhead_user;
--! EndIncluded import/append_import.sql
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

comment on function bulkhead_private.adopt_chunk(bigint, boolean) is
  'Adds the cases of pg_temp.adopted_rows with their links to the suite, and moves the adoption''s cursor behind them, in one transaction. '
  'Their tags are to be defined before: define_adopted_tags. No row when somebody has cancelled the operation.';
--! EndIncluded adopt/adopt_chunk.sql
drop function bulkhead_private.count_adopted(bigint, bigint);
