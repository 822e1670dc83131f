--! Previous: sha1:6f5f158a7f9969fed4ab3f8f05d6348ab45f74a9
--! Hash: sha1:378fd6118a59cb336ab423605a224905a79b06ef
--! Message: append over HTTP

--! split: 1-current.sql
-- A file of any length as a request. Its cases are staged in a table of the session, by COPY, outside any transaction, so that a slow
-- upload holds nothing; then its tags are committed, and then all of its cases at once. What the command line imports goes the same way.
-- The answer to a request with an Idempotency-Key is kept for a day, for when the same request comes again.

create table bulkhead_private.append_answers (
  suite_id bigint not null,
  principal text collate "C" not null,
  request_key text collate "C" not null,
  batch integer not null,
  request_hash bytea not null,
  new_tags text[] not null,
  cases integer not null,
  inserted integer not null,
  unchanged integer not null,
  updated integer not null,
  skipped integer not null,
  results text not null,
  created_at timestamptz not null default bulkhead_private.clock(),
  constraint append_answers_pkey primary key (suite_id, principal, request_key, batch),
  constraint answer_is_of_a_suite foreign key (suite_id) references bulkhead.test_suites (id) on delete cascade,
  constraint request_key_is_1_to_255_long check (length(request_key) between 1 and 255),
  constraint request_hash_is_sha256 check (length(request_hash) = 32)
);

comment on table bulkhead_private.append_answers is
  'What a request with an Idempotency-Key was answered, batch by batch of its cases. prune_append_answers deletes it after a day.';
comment on column bulkhead_private.append_answers.principal is 'Whose request it was: the key of one means nothing to another.';
comment on column bulkhead_private.append_answers.request_hash is 'SHA-256 of the cases and the parameters: the same key with others is a mistake.';
comment on column bulkhead_private.append_answers.results is 'A line of JSON for each case of the batch, as append_import returned it.';

drop function bulkhead_private.append_import(bigint, text);
drop function bulkhead_private.begin_import();
drop function bulkhead_private.define_imported_tags(bigint, jsonb);
drop function bulkhead_private.drop_unused_tags(bigint, text[]);

--! Included cases/payload_hash.sql
create or replace function bulkhead.payload_hash(input jsonb, expected_output jsonb, metadata jsonb, tags text[], status text)
returns bytea
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if cardinality(tags) > 1 then
    tags := array(select distinct t from unnest(tags) as u (t) order by t);
  end if;
  -- without a sub-select this takes a third of the time
  return sha256(
    convert_to(
      jsonb_build_array(
        input, nullif(expected_output, 'null'), coalesce(nullif(metadata, 'null'), '{}'), coalesce(tags, '{}'), nullif(status, 'active')
      )::text,
      'UTF8'
    )
  );
end
$$;

comment on function bulkhead.payload_hash(jsonb, jsonb, jsonb, text[], text) is
  'SHA-256 of a case as it is appended: equal payloads have equal hashes, whatever the order of keys and tags. Active is what a case is that '
  'does not say its status, so whoever says it appends the same.';
grant execute on function bulkhead.payload_hash(jsonb, jsonb, jsonb, text[], text) to bulkhead_user;
--! EndIncluded cases/payload_hash.sql
--! Included cases/make_payload.sql
create or replace function bulkhead_private.make_payload(
  ordinal integer,
  external_key text,
  input jsonb,
  expected_output jsonb,
  metadata jsonb,
  tags text[],
  status text
)
returns bulkhead_private.case_payload
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select row(
    ordinal, external_key, input, nullif(expected_output, 'null'), p.metadata, p.tags, status,
    bulkhead.payload_hash(input, expected_output, p.metadata, p.tags, status)
  )::bulkhead_private.case_payload
  from (
    select
      coalesce(nullif(make_payload.metadata, 'null'), '{}') as metadata,
      array(select distinct t from unnest(make_payload.tags) as u (t) order by t) as tags
  ) as p;
end;

comment on function bulkhead_private.make_payload(integer, text, jsonb, jsonb, jsonb, text[], text) is
  'A case as it was sent, with its hash (payload_hash).';
--! EndIncluded cases/make_payload.sql
--! Included import/has_staging.sql
create or replace function bulkhead_private.has_staging()
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_name text;
  v_ours integer := 0;
  v_is_ours boolean;
begin
  foreach v_name in array array['import_rows', 'import_tags'] loop
    select c.relkind = 'r' and pg_get_userbyid(c.relowner) = current_user into v_is_ours
    from pg_catalog.pg_class c
    where c.relnamespace = pg_my_temp_schema() and c.relname = v_name;
    if not v_is_ours then
      raise exception using
        errcode = '42501',
        message = format('pg_temp.%s is not the table that an import makes', v_name),
        detail = 'Somebody has made it in this session; what it does on an insert would be done as the owner.',
        hint = 'discard temp; and begin the import again.';
    end if;
    v_ours := v_ours + coalesce(v_is_ours, false)::integer;
  end loop;
  return v_ours = 2;
end
$$;

comment on function bulkhead_private.has_staging() is
  'Whether this session has the tables that an import is staged in. Tables of these names that are not the owner''s: 42501.';
--! EndIncluded import/has_staging.sql
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
      line integer primary key,
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
--! Included import/begin_import.sql
create or replace function bulkhead.begin_import(suite_id bigint, on_conflict text default 'fail')
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform bulkhead_private.open_suite(suite_id, case on_conflict when 'update' then 'editor' else 'appender' end);
  perform bulkhead_private.check_on_conflict(on_conflict);
  perform bulkhead_private.clear_staging();
end
$$;

comment on function bulkhead.begin_import(bigint, text) is
  'Begins an import in this session: makes the table pg_temp.import_rows (line, external_key, input, expected_output, metadata, tags, status), '
  'empty, to COPY the cases into; append_import then appends them. Refuses whom append_import would refuse.';
grant execute on function bulkhead.begin_import(bigint, text) to bulkhead_user;
--! EndIncluded import/begin_import.sql
--! Included import/define_import_tags.sql
create or replace function bulkhead.define_import_tags(suite_id bigint, tag_meanings jsonb, dry_run boolean default false)
returns setof text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, 'appender');
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
--! Included import/staged_tags.sql
create or replace function bulkhead_private.staged_tags(suite bulkhead.test_suites, tags text[], dry_run boolean)
returns text[]
language sql
stable
security invoker
return case
  when dry_run then array(select t.name from bulkhead.suite_tags t where t.suite_id = (suite).id and t.name = any (tags))
  else tags
end;

comment on function bulkhead_private.staged_tags(bulkhead.test_suites, text[], boolean) is
  'The tags of a case that are to be linked: in a dry run not those that would be new, because whoever brings the same ones would wait for it.';
--! EndIncluded import/staged_tags.sql
--! Included import/staged_payloads.sql
create or replace function bulkhead_private.staged_payloads(suite bulkhead.test_suites, lines integer[], dry_run boolean)
returns bulkhead_private.case_payload[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select row(
      i.line, i.external_key, i.input, nullif(i.expected_output, 'null'), coalesce(nullif(i.metadata, 'null'), '{}'),
      bulkhead_private.staged_tags(suite, i.tags, dry_run), i.status, i.hash -- which is that of all tags
    )::bulkhead_private.case_payload
    from pg_temp.import_rows i
    where i.line = any (lines)
    order by i.line
  );
end
$$;

comment on function bulkhead_private.staged_payloads(bulkhead.test_suites, integer[], boolean) is
  'The payloads of these lines of an import, with the tags that are to be linked.';
--! EndIncluded import/staged_payloads.sql
--! Included import/insert_rows.sql
create or replace function bulkhead_private.insert_rows(suite bulkhead.test_suites, from_line integer, to_line integer)
returns bulkhead_private.append_outcome[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- a temporary table has no statistics
set jit = off
set work_mem = '64MB' -- the rows are sorted where they are
as $$
declare
  v_now constant timestamptz := bulkhead_private.clock();
  v_outcomes bulkhead_private.append_outcome[];
begin
  -- ids follow the lines; rows go in by external key, so that two appends of the same keys queue instead of deadlocking
  with staged as materialized (
    select r.*, nextval('bulkhead.test_cases_id_seq') as case_id
    from (select i.* from pg_temp.import_rows i where i.line between from_line and to_line order by i.line) as r
  ),
  inserted as (
    insert into bulkhead.test_cases (
      suite_id, id, external_key, input, expected_output, metadata, status, payload_hash, created_at, updated_at
    )
    select
      suite.id, s.case_id, s.external_key, s.input, nullif(s.expected_output, 'null'), coalesce(nullif(s.metadata, 'null'), '{}'),
      coalesce(s.status, 'active'), s.hash, v_now, v_now
    from staged s
    order by s.external_key collate "C"
  )
  select array_agg(row(s.line, s.external_key, s.case_id, 'inserted')::bulkhead_private.append_outcome) into v_outcomes
  from staged s;
  return v_outcomes;
end
$$;

comment on function bulkhead_private.insert_rows(bulkhead.test_suites, integer, integer) is
  'Inserts the rows of an import from one line to another, none of which the suite has yet; otherwise 23505. A sixth faster than insert_new_rows.';
--! EndIncluded import/insert_rows.sql
--! Included import/insert_new_rows.sql
create or replace function bulkhead_private.insert_new_rows(suite bulkhead.test_suites, from_line integer, to_line integer)
returns bulkhead_private.append_outcome[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- a temporary table has no statistics
set jit = off
set work_mem = '64MB' -- the rows are sorted where they are
as $$
declare
  v_now constant timestamptz := bulkhead_private.clock();
  v_outcomes bulkhead_private.append_outcome[];
begin
  -- as insert_rows does it
  with staged as materialized (
    select r.*, nextval('bulkhead.test_cases_id_seq') as case_id
    from (select i.* from pg_temp.import_rows i where i.line between from_line and to_line order by i.line) as r
  ),
  inserted as (
    insert into bulkhead.test_cases as c (
      suite_id, id, external_key, input, expected_output, metadata, status, payload_hash, created_at, updated_at
    )
    select
      suite.id, s.case_id, s.external_key, s.input, nullif(s.expected_output, 'null'), coalesce(nullif(s.metadata, 'null'), '{}'),
      coalesce(s.status, 'active'), s.hash, v_now, v_now
    from staged s
    order by s.external_key collate "C"
    on conflict (suite_id, external_key) do nothing
    returning c.id
  )
  select array_agg(row(s.line, s.external_key, s.case_id, 'inserted')::bulkhead_private.append_outcome) into v_outcomes
  from staged s
  join inserted i on i.id = s.case_id;
  return v_outcomes;
end
$$;

comment on function bulkhead_private.insert_new_rows(bulkhead.test_suites, integer, integer) is
  'Inserts those rows of an import from one line to another whose external key the suite has not yet, and says which they are.';
--! EndIncluded import/insert_new_rows.sql
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
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, 'appender');
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
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id, 'appender');
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
        when foreign_key_violation then
          null; -- an append has begun to use it meanwhile: it stays
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
--! Included import/prune_append_answers.sql
create or replace function bulkhead_private.prune_append_answers(keep interval default '24 hours')
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_pruned bigint;
begin
  with old as (
    select a.suite_id, a.principal, a.request_key, a.batch
    from bulkhead_private.append_answers a
    where a.created_at < bulkhead_private.clock() - keep
    order by a.suite_id, a.principal, a.request_key, a.batch
    limit 200
    for update of a skip locked
  )
  delete from bulkhead_private.append_answers a
  using old
  where a.suite_id = old.suite_id and a.principal = old.principal and a.request_key = old.request_key and a.batch = old.batch;
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$$;

comment on function bulkhead_private.prune_append_answers(interval) is
  'Deletes up to 200 kept answers that are so old, and says how many; call it until it says 0.';
--! EndIncluded import/prune_append_answers.sql
