--! Previous: sha1:193eb5a69d608607709ff993d39b2734e0c3b9fe
--! Hash: sha1:c1a278f66690a70414ea28a3e16ab0286bf7cac5
--! Message: retries archives and prunes

--! split: 1-current.sql
-- A retry did what the names meant when its operation was first submitted, and so could tag nothing, or bring back old names; and an archived
-- suite was still changed, by the undo of a copy, by operations submitted before, and by appends that were under way.
-- Half of what an operation changed could be pruned, between two calls or under an undo that was not committed yet, and the undo then lost the
-- other half without a word: an operation is marked with the first row that goes, under its lock. And of what psql can do: a line 0 of an import
-- was dropped, a TRUNCATE of the memberships left everybody's reach, a case put back under its old id could be neither edited nor deleted, and a
-- snapshot made at REPEATABLE READ could not be read.
alter table bulkhead.bulk_operations
  add column pruned_at timestamptz,
  add constraint only_what_is_over_is_pruned check (pruned_at is null or finished_at is not null);
comment on column bulkhead.bulk_operations.pruned_at is
  'When the first of its changes was deleted from the change log: since then it cannot be undone.';

-- of these it is not known whether part has been deleted already
update bulkhead.bulk_operations o
set pruned_at = now()
where o.finished_at < now() - interval '30 days'
  and exists (
    select
    from bulkhead_private.change_log l
    where l.suite_id = o.suite_id and l.operation_id = o.id and l.change not in ('left_alone', 'failed')
    offset 0
  )
  and not exists (
    select from bulkhead.bulk_operations u
    where u.suite_id = o.suite_id and u.undoes_operation_id = o.id and u.state in ('queued', 'running')
  );

drop function bulkhead_private.open_suite(bigint, text);
--! Included suites/open_suite.sql
create or replace function bulkhead_private.open_suite(suite_id bigint, role text default 'editor', hold boolean default true)
returns bulkhead.test_suites
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id, role);
begin
  if hold then
    -- the lock that each case takes anyway, because it refers to its suite: it goes with those of other appends and chunks
    select s.* into v_suite from bulkhead.test_suites s where s.id = open_suite.suite_id for key share;
    if not found then
      perform bulkhead_private.known_suite(suite_id); -- deleted while we waited
    end if;
  end if;
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

comment on function bulkhead_private.open_suite(bigint, text, boolean) is
  'The suite with this id, for a function that is about to change it: until its transaction ends, archive_suite and delete_suite wait. '
  'Whoever changes nothing, or not yet, does not hold it; nor does an append, which looks again at its end: two locks on the row of the suite at '
  'the beginning of each cost a p95 of 2.1 ms a millisecond. Unknown: TCNSU; a lesser role: 42501; archived: TCARC.';
--! EndIncluded suites/open_suite.sql
--! Included suites/archive_suite.sql
create or replace function bulkhead.archive_suite(suite_id bigint)
returns bulkhead.test_suites
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, 'owner', hold => false);
begin
  -- waits for those who hold it (open_suite), and holds up nobody meanwhile; once it has it, whoever comes waits for us and is refused
  perform from bulkhead.test_suites s where s.id = v_suite.id for update;
  update bulkhead.test_suites s
  set archived_at = bulkhead_private.clock()
  where s.id = v_suite.id
  returning * into v_suite;
  return v_suite;
end
$$;

comment on function bulkhead.archive_suite(bigint) is
  'Closes a suite to appends and operations; it can still be read. Waits for the transactions that are changing it; an operation that has not '
  'ended fails at its next chunk (TCARC). restore_suite opens the suite again, and retry_operation then goes on with what failed.';
grant execute on function bulkhead.archive_suite(bigint) to bulkhead_user;
--! EndIncluded suites/archive_suite.sql
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
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, case on_conflict when 'update' then 'editor' else 'appender' end, hold => false);
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
  -- by now the new cases hold the suite, by their foreign key: who archives it waits, and who has done so before is seen
  perform bulkhead_private.open_suite(s.id, 'appender', hold => false)
  from bulkhead.test_suites s
  where s.id = v_suite.id and s.archived_at is not null;
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
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, case on_conflict when 'update' then 'editor' else 'appender' end, hold => false);
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
  -- by now the new cases hold the suite, by their foreign key: who archives it waits, and who has done so before is seen
  perform bulkhead_private.open_suite(s.id, 'appender', hold => false)
  from bulkhead.test_suites s
  where s.id = v_suite.id and s.archived_at is not null;
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
--! Included import/define_import_tags.sql
create or replace function bulkhead.define_import_tags(suite_id bigint, tag_meanings jsonb, dry_run boolean default false)
returns setof text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, 'appender', hold => false);
  v_names text[] := array(select jsonb_object_keys(tag_meanings));
  v_new text[];
begin
  if dry_run then
    v_new := array(
      select n from unnest(v_names) as u (n)
      where not exists (select from bulkhead.suite_tags t where t.suite_id = v_suite.id and t.name = n collate "C")
      order by n
    );
    perform bulkhead_private.check_new_tags(v_suite, v_new);
    return query select n from unnest(v_new) as u (n) order by n;
    return;
  end if;
  if not bulkhead_private.has_staging() then
    perform bulkhead_private.clear_staging();
  end if;
  v_new := bulkhead_private.define_missing_tags(v_suite, v_names);
  update bulkhead.suite_tags t
  set meaning = coalesce(tag_meanings ->> t.name, '')
  where t.suite_id = v_suite.id and t.name = any (v_new) and t.meaning = '';
  insert into pg_temp.import_tags (suite_id, name) select v_suite.id, n from unnest(v_new) as u (n);
  return query select n from unnest(v_new) as u (n) order by n;
end
$$;

comment on function bulkhead.define_import_tags(bigint, jsonb, boolean) is
  'Defines the tags of an import, {"name": "meaning"}, before its cases, and returns the new ones: to be committed on its own, so that no append '
  'waits for the import. With dry_run it only says which would be new. A closed dictionary: TCCLO.';
grant execute on function bulkhead.define_import_tags(bigint, jsonb, boolean) to bulkhead_user;
--! EndIncluded import/define_import_tags.sql
--! Included import/append_answer.sql
create or replace function bulkhead.append_answer(suite_id bigint, request_key text, request_hash bytea)
returns table (cases integer, inserted integer, unchanged integer, updated integer, skipped integer, new_tags text[], results text)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, 'appender', hold => false);
  v_principal constant text := bulkhead.current_principal();
  v_known bytea;
begin
  if not pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', 'bulkhead append', v_suite.id, v_principal, request_key), 0)) then
    raise exception using
      errcode = 'TCIKU',
      message = 'another request with this Idempotency-Key is under way',
      detail = 'It has not been answered yet.',
      hint = 'Send the request again in a moment: it is then answered as the other one was.';
  end if;
  select a.request_hash into v_known
  from bulkhead_private.append_answers a
  where a.suite_id = v_suite.id and a.principal = v_principal and a.request_key = append_answer.request_key and a.batch = 1;
  if v_known <> request_hash then
    raise exception using
      errcode = 'TCIKR',
      message = 'this Idempotency-Key was used for another request',
      detail = 'The same key goes with the same cases and the same parameters.',
      hint = 'Give each append a key of its own, and the same one only when the same append is sent again.';
  end if;
  return query
  select a.cases, a.inserted, a.unchanged, a.updated, a.skipped, a.new_tags, a.results
  from bulkhead_private.append_answers a
  where a.suite_id = v_suite.id and a.principal = v_principal and a.request_key = append_answer.request_key
  order by a.batch;
end
$$;

comment on function bulkhead.append_answer(bigint, text, bytea) is
  'What append_import answered the caller''s request of this key, no rows if there was none; holds the key until the transaction ends. '
  'Held by another transaction: TCIKU; used for a request with another hash: TCIKR.';
grant execute on function bulkhead.append_answer(bigint, text, bytea) to bulkhead_user;
--! EndIncluded import/append_answer.sql
--! Included import/begin_import.sql
create or replace function bulkhead.begin_import(suite_id bigint, on_conflict text default 'fail')
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform bulkhead_private.open_suite(suite_id, case on_conflict when 'update' then 'editor' else 'appender' end, hold => false);
  perform bulkhead_private.check_on_conflict(on_conflict);
  perform bulkhead_private.clear_staging();
end
$$;

comment on function bulkhead.begin_import(bigint, text) is
  'Begins an import in this session: makes the table pg_temp.import_rows (line, external_key, input, expected_output, metadata, tags, status), '
  'empty, to COPY the cases into, with lines counted from 1; append_import then appends them. Refuses whom append_import would refuse.';
grant execute on function bulkhead.begin_import(bigint, text) to bulkhead_user;
--! EndIncluded import/begin_import.sql
--! Included import/clear_staging.sql
create or replace function bulkhead_private.clear_staging()
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if not bulkhead_private.has_staging() then
    drop table if exists pg_temp.import_rows, pg_temp.import_tags;
    create temporary table pg_temp.import_rows (
      -- append_import goes through them in this order, and begins at 1
      line integer primary key constraint line_is_counted_from_1 check (line > 0),
      external_key text,
      input jsonb,
      expected_output jsonb,
      metadata jsonb,
      tags text[],
      status text,
      -- made while the next rows are on their way, and not when the cases are appended, in one transaction
      hash bytea generated always as (bulkhead.payload_hash(input, expected_output, metadata, tags, status)) stored
    ) on commit preserve rows;
    create temporary table pg_temp.import_tags (suite_id bigint, name text) on commit preserve rows;
    grant insert (line, external_key, input, expected_output, metadata, tags, status) on pg_temp.import_rows to bulkhead_user;
  elsif pg_total_relation_size('pg_temp.import_rows') < 1048576 then
    -- a truncation writes to the catalogue and waits for the disk: too dear for a request with a single case
    delete from pg_temp.import_rows;
    delete from pg_temp.import_tags;
  else
    truncate pg_temp.import_rows, pg_temp.import_tags;
  end if;
end
$$;

comment on function bulkhead_private.clear_staging() is
  'Makes the session''s tables pg_temp.import_rows, for a COPY of the rows of a file, and pg_temp.import_tags, and leaves them empty.';
--! EndIncluded import/clear_staging.sql
--! Included import/import_problems.sql
create or replace function bulkhead.import_problems(suite_id bigint, on_conflict text default 'fail')
returns table (line integer, message text, problems bigint)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- a temporary table has no statistics
set jit = off
as $$
#variable_conflict use_column
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, 'appender', hold => false);
begin
  if not bulkhead_private.has_staging() then
    return;
  end if;
  return query
  with tagged as (
    select distinct r.line, n as asked, coalesce(t.alias_of, t.name) as name, g.group_key
    from pg_temp.import_rows r
    cross join unnest(r.tags) as n
    left join bulkhead.suite_tags t on t.suite_id = v_suite.id and t.name = n collate "C"
    left join bulkhead.suite_tags g on g.suite_id = v_suite.id and g.name = coalesce(t.alias_of, t.name)
  ),
  found as (
    select t.line, format('the dictionary of the suite is closed and has no tag "%s"', t.asked) as message
    from tagged t
    where t.name is null and v_suite.tag_policy = 'closed'
    union all
    select t.line, format('%s are of the exclusive group "%s"', string_agg(distinct t.name, ', '), t.group_key)
    from tagged t
    where t.group_key <> ''
    group by t.line, t.group_key
    having count(distinct t.name) > 1
    union all
    select r.line, format('the suite has the external key "%s" with another content', r.external_key)
    from pg_temp.import_rows r
    join bulkhead.test_cases c on c.external_key = r.external_key collate "C"
    where c.suite_id = v_suite.id and on_conflict = 'fail'
      and not coalesce(
        c.payload_hash = r.hash,
        c.input = r.input and c.metadata = coalesce(nullif(r.metadata, 'null'), '{}')
        and c.expected_output is not distinct from nullif(r.expected_output, 'null')
      )
  )
  select f.line, f.message, count(*) over () from found f order by f.line, f.message limit 100;
end
$$;

comment on function bulkhead.import_problems(bigint, text) is
  'Why append_import refuses what is staged in this session: the first hundred lines with a tag that a closed dictionary lacks, two tags of one '
  'exclusive group or, where on_conflict is fail, the key of a case with another content; and how many there are.';
grant execute on function bulkhead.import_problems(bigint, text) to bulkhead_user;
--! EndIncluded import/import_problems.sql
--! Included operations/unfinished_operation.sql
create or replace function bulkhead_private.unfinished_operation(suite_id bigint)
returns bulkhead.bulk_operations
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select o.*
  from bulkhead.bulk_operations o
  where o.suite_id = unfinished_operation.suite_id and o.state in ('queued', 'running') and o.kind <> 'adopt'
  order by o.state = 'running' desc, o.id
  limit 1;
end;

comment on function bulkhead_private.unfinished_operation(bigint) is
  'The operation of a suite that is to be run now: the one that is running, otherwise the one submitted first. '
  'An operation can appear behind a younger one, because it was submitted in a transaction that took its time. An adoption is run by its '
  'own process.';
--! EndIncluded operations/unfinished_operation.sql
--! Included operations/preview_bulk_copy.sql
create or replace function bulkhead.preview_bulk_copy(
  suite_id bigint,
  into_suite_id bigint,
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
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, hold => false);
  v_selection jsonb := bulkhead_private.choose_cases(
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    ),
    all_cases
  );
begin
  return bulkhead_private.preview(
    bulkhead_private.plan_copy(v_suite, v_selection, into_suite_id)
  );
end
$$;

comment on function bulkhead.preview_bulk_copy(
  bigint, bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean
) is
  'What bulk_copy would do with these arguments; new_tags are those that the other suite lacks. Changes nothing.';
grant execute on function bulkhead.preview_bulk_copy(
  bigint, bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean
) to bulkhead_user;
--! EndIncluded operations/preview_bulk_copy.sql
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
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, 'owner', hold => false);
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
--! Included operations/preview_bulk_merge_tags.sql
create or replace function bulkhead.preview_bulk_merge_tags(
  suite_id bigint,
  tags text[],
  into_tag text,
  on_exclusive text default 'replace'
)
returns bulkhead.operation_preview
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, hold => false);
begin
  return bulkhead_private.preview(
    bulkhead_private.plan_merge(v_suite, tags, into_tag, on_exclusive, false)
  );
end
$$;

comment on function bulkhead.preview_bulk_merge_tags(bigint, text[], text, text) is
  'What bulk_merge_tags would do with these arguments. Changes nothing.';
grant execute on function bulkhead.preview_bulk_merge_tags(bigint, text[], text, text) to bulkhead_user;
--! EndIncluded operations/preview_bulk_merge_tags.sql
--! Included operations/preview_bulk_rename_tag.sql
create or replace function bulkhead.preview_bulk_rename_tag(
  suite_id bigint,
  tag text,
  new_name text
)
returns bulkhead.operation_preview
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, hold => false);
begin
  return bulkhead_private.preview(
    bulkhead_private.plan_merge(v_suite, array[tag], new_name, 'replace', true)
  );
end
$$;

comment on function bulkhead.preview_bulk_rename_tag(bigint, text, text) is
  'What bulk_rename_tag would do with these arguments. Changes nothing.';
grant execute on function bulkhead.preview_bulk_rename_tag(bigint, text, text) to bulkhead_user;
--! EndIncluded operations/preview_bulk_rename_tag.sql
--! Included operations/preview_bulk_set_status.sql
create or replace function bulkhead.preview_bulk_set_status(
  suite_id bigint,
  set_status text,
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
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, hold => false);
  v_selection jsonb := bulkhead_private.choose_cases(
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    ),
    all_cases
  );
begin
  return bulkhead_private.preview(
    bulkhead_private.plan_set_status(v_suite, v_selection, set_status)
  );
end
$$;

comment on function bulkhead.preview_bulk_set_status(
  bigint, text, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean
) is
  'What bulk_set_status would do with these arguments. Changes nothing.';
grant execute on function bulkhead.preview_bulk_set_status(
  bigint, text, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean
) to bulkhead_user;
--! EndIncluded operations/preview_bulk_set_status.sql
--! Included operations/preview_bulk_tag.sql
create or replace function bulkhead.preview_bulk_tag(
  suite_id bigint,
  where_tags text default null,
  add text[] default '{}',
  remove text[] default '{}',
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  all_cases boolean default false,
  on_exclusive text default 'replace'
)
returns bulkhead.operation_preview
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, hold => false);
  v_selection jsonb := bulkhead_private.choose_cases(
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    ),
    all_cases
  );
begin
  return bulkhead_private.preview(
    bulkhead_private.plan_tag(v_suite, v_selection, add, remove, on_exclusive)
  );
end
$$;

comment on function bulkhead.preview_bulk_tag(
  bigint, text, text[], text[], text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, text
) is
  'What bulk_tag would do with these arguments: cases in all, changed, unchanged, skipped, failed, and new tags. Changes nothing.';
grant execute on function bulkhead.preview_bulk_tag(
  bigint, text, text[], text[], text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, text
) to bulkhead_user;
--! EndIncluded operations/preview_bulk_tag.sql
--! Included operations/preview_undo_operation.sql
create or replace function bulkhead.preview_undo_operation(suite_id bigint, operation_id bigint)
returns bulkhead.operation_preview
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, hold => false);
  v_operation bulkhead.bulk_operations := bulkhead_private.known_operation(v_suite.id, operation_id);
  v_plan bulkhead_private.operation_plan := bulkhead_private.plan_undo(v_operation);
  v_undo bulkhead.bulk_operations := v_operation;
  v_case_ids bigint[];
  v_preview bulkhead.operation_preview;
begin
  v_undo.undoes_operation_id := v_operation.id;
  v_undo.parameters := v_plan.parameters;
  v_case_ids := array(
    select distinct u.id
    from bulkhead_private.change_log l
    cross join unnest(l.case_ids) as u (id)
    where l.suite_id = v_suite.id and l.operation_id = v_operation.id and l.change not in ('left_alone', 'failed')
    order by u.id
  );
  v_preview.total := cardinality(v_case_ids);
  v_preview.skipped := cardinality(bulkhead_private.left_by_undo(v_undo));
  v_preview.changed := v_preview.total - v_preview.skipped;
  v_preview.unchanged := 0;
  v_preview.failed := 0;
  v_preview.new_tags := array(
    select distinct l.tag
    from bulkhead_private.change_log l
    where v_operation.kind in ('rename_tag', 'merge_tags')
      and l.suite_id = v_suite.id and l.operation_id = v_operation.id and l.change = 'link_removed'
      and v_operation.parameters -> 'remove' ? l.tag
      and not exists (select from bulkhead.suite_tags t where t.suite_id = v_suite.id and t.name = l.tag)
    order by l.tag
  );
  v_preview.first_case_ids := v_case_ids[1:10];
  return v_preview;
end
$$;

comment on function bulkhead.preview_undo_operation(bigint, bigint) is
  'What undo_operation would do now: skipped are the cases of which it would leave something alone, because somebody has changed it since. '
  'Changes nothing.';
grant execute on function bulkhead.preview_undo_operation(bigint, bigint) to bulkhead_user;
--! EndIncluded operations/preview_undo_operation.sql
--! Included operations/plan_copy.sql
create or replace function bulkhead_private.plan_copy(
  suite bulkhead.test_suites,
  selection jsonb,
  into_suite_id bigint
)
returns bulkhead_private.operation_plan
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_into bulkhead.test_suites := bulkhead_private.open_suite(into_suite_id, hold => false);
  v_missing text[];
begin
  if v_into.id = suite.id then
    raise exception using
      errcode = 'TCARG',
      message = format('the suite "%s" cannot be copied into itself', suite.slug),
      detail = 'suite_id and into_suite_id are the same.',
      hint = 'Name another suite; bulkhead.create_suite makes one.';
  end if;
  -- which tags the copies will need: those of the selected cases, canonical names only
  execute
    'select array_agg(distinct coalesce(t.alias_of, t.name)) from bulkhead.test_cases c '
    'join bulkhead.test_case_tags k on k.suite_id = $1 and k.case_id = c.id '
    'join bulkhead.suite_tags t on t.suite_id = $1 and t.name = k.tag '
    'where c.suite_id = $1 and not exists ('
    'select from bulkhead.suite_tags known where known.suite_id = $2 and known.name = coalesce(t.alias_of, t.name)) and '
    || bulkhead_private.selection_sql(selection)
  into v_missing
  using suite.id, v_into.id;
  perform bulkhead_private.check_new_tags(v_into, v_missing);
  return row(
    suite.id, 'copy', selection, jsonb_build_object('into_suite_id', v_into.id), coalesce(v_missing, '{}'), 1, null, null
  )::bulkhead_private.operation_plan;
end
$$;

comment on function bulkhead_private.plan_copy(bulkhead.test_suites, jsonb, bigint) is
  'The plan of bulk_copy: new_tags are those that the other suite''s dictionary lacks.';
--! EndIncluded operations/plan_copy.sql
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
  elsif operation.pruned_at is not null or operation.changed > (
    -- somebody has deleted rows, or they were pruned before there was a mark
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
  perform bulkhead_private.open_suite(s.id, hold => false)
  from bulkhead.test_suites s
  where operation.kind = 'copy' and s.id = (operation.parameters ->> 'into_suite_id')::bigint;
  return row(
    operation.suite_id, 'undo', '{}', operation.parameters || jsonb_build_object('undoes_kind', operation.kind), '{}', 1,
    operation.id, null
  )::bulkhead_private.operation_plan;
end
$$;

comment on function bulkhead_private.plan_undo(bulkhead.bulk_operations) is
  'The plan of undo_operation. Not finished: TCRUN; undone already, or an undo: TCUND; too old: TCOLD; copies in an archived suite: TCARC.';
--! EndIncluded operations/plan_undo.sql
--! Included operations/undo_operation.sql
create or replace function bulkhead.undo_operation(suite_id bigint, operation_id bigint)
returns bulkhead.bulk_operations
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
begin
  perform bulkhead_private.hold_dictionary(v_suite.id);
  -- from here on its change log is not pruned; whether it has been is read after this
  perform from bulkhead.bulk_operations o
  where o.suite_id = v_suite.id and o.id = operation_id and o.finished_at is not null
  for share;
  return bulkhead_private.submit(bulkhead_private.plan_undo(bulkhead_private.known_operation(v_suite.id, operation_id)));
end
$$;

comment on function bulkhead.undo_operation(bigint, bigint) is
  'Reverses exactly what a finished operation changed and nobody has changed since, as an operation of its own. What it leaves alone '
  'is counted as skipped and listed by operation_changes. Running: TCRUN; undone before: TCUND; pruned: TCOLD.';
grant execute on function bulkhead.undo_operation(bigint, bigint) to bulkhead_user;
--! EndIncluded operations/undo_operation.sql
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
  perform bulkhead_private.open_suite(s.id) from bulkhead.test_suites s where s.id = v_into;
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
  'Deletes copies that nobody has touched since; returns the source cases of the others. The other suite archived: TCARC.';
--! EndIncluded operations/undo_copies.sql
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
  v_waits integer := 0;
begin
  if (bulkhead_private.unfinished_operation(operation.suite_id)).id <> operation.id
    or not pg_try_advisory_xact_lock(bulkhead_private.suite_lock_key(operation.suite_id))
  then
    return v_operation;
  end if;
  while v_operation.finished_at is null and v_waits < 4 loop
    begin
      v_operation := bulkhead_private.run_chunk(operation.suite_id, operation.id);
    exception
      when others then
        if not bulkhead_private.is_of_the_cases(sqlstate) then
          raise;
        end if;
        v_waits := v_waits + (sqlstate ~ '^(40|55|57)')::integer;
        v_operation := bulkhead_private.fail_chunk(operation.suite_id, operation.id, sqlstate, sqlerrm);
    end;
  end loop;
  return v_operation;
end
$$;

comment on function bulkhead_private.run_in_call(bulkhead.bulk_operations) is
  'Runs a small operation within the call that submits it, unless the suite has another one to run first; after four '
  'chunks that have waited in vain for others, a worker goes on.';
--! EndIncluded operations/run_in_call.sql
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
  perform bulkhead_private.open_suite(v_operation.suite_id);

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
  'The caller holds the suite''s lock (suite_lock_key). Archived since: TCARC.';
--! EndIncluded operations/run_chunk.sql
--! Included operations/retry_selection.sql
create or replace function bulkhead_private.retry_selection(operation bulkhead.bulk_operations)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_failed bigint[] := array(
    select distinct u.id
    from bulkhead_private.change_log l
    cross join unnest(l.case_ids) as u (id)
    where l.suite_id = operation.suite_id and l.operation_id = operation.id and l.change = 'failed'
  );
begin
  if operation.state = 'failed' and not jsonb_path_exists(operation.first_errors, '$[*] ? (!exists (@.case_id))') then
    return jsonb_build_object('case_ids', v_failed);
  elsif operation.kind in ('rename_tag', 'merge_tags') then
    return null;
  end if;
  -- it stopped on its way: what it failed on, and what lies beyond its cursor; copies are not made twice
  return operation.selection
    || jsonb_build_object(
      'unfinished',
      coalesce(operation.selection -> 'unfinished', '[]') || jsonb_build_object(
        'after_id', operation.cursor_id, 'up_to_id', operation.high_water_id, 'case_ids', v_failed
      )
    )
    || jsonb_strip_nulls(jsonb_build_object(
      'tags', bulkhead.parse_tag_expression(operation.suite_id, operation.selection ->> 'where_tags')
    ));
end
$$;

comment on function bulkhead_private.retry_selection(bulkhead.bulk_operations) is
  'The cases on which an operation failed and, where it stopped on its way, those that it had not come to; its tag expression means what it '
  'means now. Null for a rename or merge that stopped: it goes on to its last link, wherever that is. A tag that is gone: TCNTG.';
--! EndIncluded operations/retry_selection.sql
--! Included operations/plan_retried_merge.sql
create or replace function bulkhead_private.plan_retried_merge(suite bulkhead.test_suites, operation bulkhead.bulk_operations)
returns bulkhead_private.operation_plan
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_asked text := operation.parameters #>> '{add,0}';
  v_into text := (bulkhead_private.known_tags(suite.id, array[v_asked]))[1];
  -- without the old names of one of them: what these are now, the tag itself tells
  v_tags text[] := array(
    select n
    from jsonb_array_elements_text(operation.parameters -> 'remove') as u (n)
    where not coalesce(operation.parameters -> 'remove' ? (operation.parameters #>> array['aliases', n]), false)
  );
  v_plan bulkhead_private.operation_plan;
begin
  if v_into = any (v_tags) then
    raise exception using
      errcode = 'TCFIN',
      message = format('the operation %s has nothing to retry', operation.id),
      detail = format('It was to make "%s" of the tag "%s", and is the other way round now.', v_asked, v_into),
      hint = 'If the tag is to have another name, submit a new operation.';
  end if;
  -- the new name of a rename is there since the operation was submitted
  v_plan := bulkhead_private.plan_merge(suite, v_tags, v_into, operation.parameters ->> 'on_exclusive', false);
  v_plan.kind := operation.kind;
  return v_plan;
end
$$;

comment on function bulkhead_private.plan_retried_merge(bulkhead.test_suites, bulkhead.bulk_operations) is
  'The plan of a rename or merge that is submitted again, by what its names mean now. Renamed back since: TCFIN; a tag that is gone: TCNTG.';
--! EndIncluded operations/plan_retried_merge.sql
--! Included operations/plan_retry.sql
create or replace function bulkhead_private.plan_retry(suite bulkhead.test_suites, operation bulkhead.bulk_operations)
returns bulkhead_private.operation_plan
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_selection jsonb := bulkhead_private.retry_selection(operation);
  v_add text[] := array(select jsonb_array_elements_text(operation.parameters -> 'add'));
  v_remove text[] := array(select jsonb_array_elements_text(operation.parameters -> 'remove'));
  v_plan bulkhead_private.operation_plan;
begin
  case operation.kind
    when 'tag' then
      perform bulkhead_private.known_tags(suite.id, v_add); -- it was in the dictionary, and who dropped it had a reason
      v_plan := bulkhead_private.plan_tag(suite, v_selection, v_add, v_remove, operation.parameters ->> 'on_exclusive');
    when 'set_status' then
      v_plan := bulkhead_private.plan_set_status(suite, v_selection, operation.parameters ->> 'set_status');
    when 'copy' then
      v_plan := bulkhead_private.plan_copy(suite, v_selection, (operation.parameters ->> 'into_suite_id')::bigint);
    when 'delete' then
      v_plan := row(suite.id, 'delete', v_selection, '{}', '{}', 1, null, null)::bulkhead_private.operation_plan;
    else
      v_plan := bulkhead_private.plan_retried_merge(suite, operation);
      v_plan.selection := coalesce(v_selection, v_plan.selection);
  end case;
  v_plan.pace := operation.pace;
  v_plan.retries_operation_id := operation.id;
  return v_plan;
end
$$;

comment on function bulkhead_private.plan_retry(bulkhead.test_suites, bulkhead.bulk_operations) is
  'The plan of retry_operation: what the operation asked for, by what its names mean now. Refused as the operation itself would be; '
  'a tag that is gone: TCNTG.';
--! EndIncluded operations/plan_retry.sql
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
  v_undo_id bigint;
begin
  if v_operation.kind = 'delete' then
    perform bulkhead_private.open_suite(v_suite.id, 'owner');
  end if;
  perform bulkhead_private.hold_dictionary(v_suite.id);
  select max(u.id) into v_undo_id
  from bulkhead.bulk_operations u
  where u.suite_id = v_suite.id and u.undoes_operation_id = v_operation.id
    and (u.state in ('queued', 'running', 'succeeded') or u.changed > 0);
  if v_operation.finished_at is null then
    raise exception using
      errcode = 'TCRUN',
      message = format('the operation %s is not finished', v_operation.id),
      detail = format('It is %s.', v_operation.state),
      hint = 'Wait for it: cases that fail are listed when it is over.';
  elsif v_operation.state = 'succeeded' or v_operation.kind = 'adopt' then
    raise exception using
      errcode = 'TCFIN',
      message = format('the operation %s has nothing to retry', v_operation.id),
      detail = case v_operation.state when 'succeeded' then 'It succeeded: no case failed.' else 'bulkhead adopt copy goes on with it.' end,
      hint = 'Submit a new operation for other cases.';
  elsif v_undo_id is not null then
    raise exception using
      errcode = 'TCFIN',
      message = format('the operation %s has nothing to retry', v_operation.id),
      detail = format('The operation %s has undone it, or is about to, or has begun to.', v_undo_id),
      hint = 'Submit it anew: a retry goes on where it stopped, and would leave out what was undone.';
  elsif v_operation.kind = 'undo' then
    return bulkhead.undo_operation(v_suite.id, v_operation.undoes_operation_id);
  end if;
  return bulkhead_private.submit(bulkhead_private.plan_retry(v_suite, v_operation), v_operation.pace);
end
$$;

comment on function bulkhead.retry_operation(bigint, bigint) is
  'Submits an operation again for the cases on which it failed and, where it was stopped on its way, for those that it had not come to. '
  'Its tags and its tag expression mean what they mean now: a renamed tag is followed. Nothing to retry, or undone: TCFIN; a tag that is '
  'gone: TCNTG.';
grant execute on function bulkhead.retry_operation(bigint, bigint) to bulkhead_user;
--! EndIncluded operations/retry_operation.sql
--! Included operations/prune_changes.sql
create or replace function bulkhead_private.prune_changes(suite_id bigint, operation_id bigint, row_limit bigint)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_pruned bigint;
begin
  -- asked only now that the row is locked, and so of every undo that was submitted before
  update bulkhead.bulk_operations o
  set pruned_at = coalesce(o.pruned_at, bulkhead_private.clock())
  where o.suite_id = prune_changes.suite_id and o.id = operation_id
    and not exists (
      select from bulkhead.bulk_operations u
      where u.suite_id = o.suite_id and u.undoes_operation_id = o.id and u.state in ('queued', 'running')
    );
  if not found then
    return 0;
  end if;
  with old as (
    select l.id
    from bulkhead_private.change_log l
    where l.suite_id = prune_changes.suite_id and l.operation_id = prune_changes.operation_id
      and l.change not in ('left_alone', 'failed')
    order by l.id
    limit row_limit
    for update skip locked
  )
  delete from bulkhead_private.change_log l
  using old
  where l.suite_id = prune_changes.suite_id and l.operation_id = prune_changes.operation_id and l.id = old.id;
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$$;

comment on function bulkhead_private.prune_changes(bigint, bigint, bigint) is
  'Deletes up to so many rows of the change log of one operation, whose row the caller has locked, and marks it as pruned with the first of '
  'them. One whose undo is unfinished keeps them all.';
--! EndIncluded operations/prune_changes.sql
--! Included operations/prune_change_log.sql
create or replace function bulkhead_private.prune_change_log(keep interval default '30 days')
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_most constant bigint := 200;
  v_pruned bigint := 0;
  v_old record;
begin
  if not bulkhead_private.sees_commits() then
    raise exception using
      errcode = 'TCRUN',
      message = 'it is not known whether an undo needs the change log',
      detail = format('A transaction at %s does not see undos that were submitted since it began.', upper(current_setting('transaction_isolation'))),
      hint = 'Prune it at READ COMMITTED.';
  end if;
  for v_old in
    select o.suite_id, o.id
    from bulkhead.bulk_operations o
    where o.finished_at < bulkhead_private.clock() - keep
      and exists (
        select
        from bulkhead_private.change_log l
        where l.suite_id = o.suite_id and l.operation_id = o.id and l.change not in ('left_alone', 'failed')
        offset 0
      )
    order by o.suite_id, o.id
    for update skip locked -- an undo of it is being submitted
  loop
    v_pruned := v_pruned + bulkhead_private.prune_changes(v_old.suite_id, v_old.id, v_most - v_pruned);
    exit when v_pruned >= v_most;
  end loop;
  return v_pruned;
end
$$;

comment on function bulkhead_private.prune_change_log(interval) is
  'Deletes up to 200 rows of the change log of operations that ended so long ago, and says how many; call it until it says 0. '
  'With the first row that goes an operation is marked as pruned, and cannot be undone.';
--! EndIncluded operations/prune_change_log.sql
--! Included access/clear_principal_suites.sql
create or replace function bulkhead_private.clear_principal_suites()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_principal text;
begin
  for v_principal in
    update bulkhead_private.principal_suites s
    set viewer = '{}', appender = '{}', editor = '{}', owner = '{}'
    where s.viewer <> '{}'
    returning s.principal
  loop
    perform bulkhead_private.notify_access(v_principal);
  end loop;
  return null;
end
$$;

comment on function bulkhead_private.clear_principal_suites() is
  'Trigger: where all memberships are gone at once, by a TRUNCATE, nobody reaches a suite, and open subscriptions are told.';

create or replace trigger clear_principal_suites
  after truncate on bulkhead.suite_members
  for each statement
  execute function bulkhead_private.clear_principal_suites();
--! EndIncluded access/clear_principal_suites.sql
--! Included cases/keep_case_version.sql
create or replace function bulkhead_private.keep_case_version()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_case constant bulkhead.test_cases := case when tg_op = 'INSERT' then new else old end;
  -- a case that is put back by hand comes with a number that the history has given already
  v_version constant integer := greatest(v_case.version, (
    select max(v.version) + 1 from bulkhead.test_case_versions v where v.suite_id = v_case.suite_id and v.case_id = v_case.id
  ));
begin
  if tg_op = 'INSERT' then
    -- a row that is written to, even with what it has, in the wrong partition is another error than the constraint's
    if new.version <> v_version then
      new.version := v_version;
    end if;
    return new;
  elsif tg_op = 'UPDATE' then
    perform bulkhead_private.open_suite(old.suite_id);
  end if;
  insert into bulkhead.test_case_versions (
    suite_id, case_id, version, external_key, input, expected_output, metadata,
    status, status_operation_id, payload_hash, created_at, updated_at
  )
  values (
    old.suite_id, old.id, v_version, old.external_key, old.input, old.expected_output, old.metadata,
    old.status, old.status_operation_id, old.payload_hash, old.created_at, old.updated_at
  );
  if tg_op = 'DELETE' then
    return old;
  end if;
  if new.version > 0 then -- what is no number of a version is left to its constraint
    new.version := v_version + 1;
  end if;
  new.updated_at := bulkhead_private.clock();
  return new;
end
$$;

comment on function bulkhead_private.keep_case_version() is
  'Trigger: keeps the version of a case that an edit or a deletion replaces, and counts the edit; a case that is inserted with the id of a '
  'deleted one counts on from its last version. In an archived suite: TCARC.';

create or replace trigger keep_edited_version
  before update on bulkhead.test_cases
  for each row
  when (
    -- byte by byte: 1 and 1.0 are equal, and are not the same. By the function and not its operator *<>, which PostgreSQL writes into a
    -- dump in a form that it does not read back: the restored database would be without this trigger
    record_image_ne(
      row(old.version, old.external_key, old.input, old.expected_output, old.metadata),
      row(new.version, new.external_key, new.input, new.expected_output, new.metadata)
    )
  )
  execute function bulkhead_private.keep_case_version();

create or replace trigger keep_deleted_version
  before delete on bulkhead.test_cases
  for each row
  execute function bulkhead_private.keep_case_version();

create or replace trigger continue_versions
  before insert on bulkhead.test_cases
  for each row
  -- on while a function writes: it takes new ids, but for an undo, which knows the version that it brings back
  when (current_setting('bulkhead.logged_by_function', true) is distinct from 'on')
  execute function bulkhead_private.keep_case_version();
--! EndIncluded cases/keep_case_version.sql
--! Included snapshots/hold_versions.sql
create or replace function bulkhead_private.hold_versions(suite_id bigint)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if not bulkhead_private.sees_commits() then
    raise exception using
      errcode = 'TCFRZ',
      message = 'it is not known whether the suite still has what a snapshot would hold',
      detail = format(
        'A transaction at %s does not see versions of cases that were replaced and deleted since it began.',
        upper(current_setting('transaction_isolation'))
      ),
      hint = 'Create the snapshot at READ COMMITTED.';
  end if;
  perform pg_advisory_xact_lock_shared(bulkhead_private.snapshots_lock_key(suite_id));
end
$$;

comment on function bulkhead_private.hold_versions(bigint) is
  'Until the end of the transaction no version of a case of the suite is deleted: a snapshot that may hold it is being made. '
  'Where it is not seen what has been deleted before: TCFRZ.';
--! EndIncluded snapshots/hold_versions.sql
--! Included snapshots/create_snapshot.sql
create or replace function bulkhead.create_snapshot(
  suite_id bigint,
  name text,
  where_tags text default null,
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  description text default ''
)
returns bulkhead.suite_snapshots
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_selection jsonb := bulkhead_private.case_selection(
    suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
  );
  v_snapshot bulkhead.suite_snapshots;
  v_chunks bulkhead_private.snapshot_chunks[];
begin
  perform bulkhead_private.hold_versions(v_suite.id);
  if exists (select from bulkhead.suite_snapshots s where s.suite_id = v_suite.id and s.name = create_snapshot.name) then
    perform bulkhead_private.raise_snapshot_exists(v_suite, name);
  end if;
  -- one statement, and so one consistent view, which locks no row
  execute
    'select array_agg(k.chunk order by (k.chunk).chunk) from ('
    'select row($1, $4, l.chunk, array_agg(l.id order by l.id), array_agg(l.version order by l.id), array_agg(l.status order by l.id), '
    'array_agg(array_to_string(l.tags, '','') order by l.id), '
    'sha256(convert_to(string_agg('
    'bulkhead.case_line(l.external_key, l.input, l.expected_output, l.metadata, l.tags, l.status) || chr(10), '''' order by l.id'
    '), ''UTF8'')), min(l.id), max(l.id))::bulkhead_private.snapshot_chunks as chunk from ('
    'select c.*, (row_number() over (order by c.id) - 1)::integer / 1000 as chunk, array('
    'select t.tag from bulkhead.test_case_tags t where t.suite_id = $1 and t.case_id = c.id order by t.tag) as tags from ('
    || bulkhead_private.selection_source(v_selection) || ') as c) as l group by l.chunk) as k'
  into v_chunks
  using v_suite.id, 0, 9223372036854775807, create_snapshot.name;

  insert into bulkhead.suite_snapshots (suite_id, name, description, selection, cases, sha256)
  select
    v_suite.id, create_snapshot.name, coalesce(create_snapshot.description, ''), v_selection,
    coalesce(sum(cardinality(k.case_ids)), 0),
    encode(sha256(convert_to(coalesce(string_agg(encode(k.sha256, 'hex') || chr(10), '' order by k.chunk), ''), 'UTF8')), 'hex')
  from unnest(v_chunks) as k
  on conflict do nothing
  returning * into v_snapshot;
  if v_snapshot.name is null then
    perform bulkhead_private.raise_snapshot_exists(v_suite, name);
  end if;
  insert into bulkhead_private.snapshot_chunks (suite_id, snapshot, chunk, case_ids, versions, statuses, tags, sha256)
  select k.suite_id, k.snapshot, k.chunk, k.case_ids, k.versions, k.statuses, k.tags, k.sha256 from unnest(v_chunks) as k;
  return v_snapshot;
end
$$;

comment on function bulkhead.create_snapshot(
  bigint, text, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, text
) is
  'Freezes the selected cases, or all of the suite, as they are now under a name: contents, tags and status, in one consistent view. '
  'Holds up nothing. A name that is taken: TCSNT; at another level than READ COMMITTED: TCFRZ.';
grant execute on function bulkhead.create_snapshot(
  bigint, text, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, text
) to bulkhead_user;
--! EndIncluded snapshots/create_snapshot.sql
