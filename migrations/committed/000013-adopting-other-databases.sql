--! Previous: sha1:378fd6118a59cb336ab423605a224905a79b06ef
--! Hash: sha1:334d727ac3f80f5f531002a53bb428d30ee6c278
--! Message: adopting other databases

--! split: 1-current.sql
-- A database of the old shape moves in suite by suite, while people go on writing to it. How far each suite is stands in a row of its
-- own, written in the transaction that writes the cases: whatever is killed, the next run goes on where the last one has committed.

create table bulkhead_private.adopted_suites (
  suite_id bigint not null,
  source text collate "C" not null,
  source_suite text collate "C" not null,
  mapping jsonb not null,
  method text collate "C" not null,
  phase text collate "C" not null default 'copying',
  cases_expected bigint not null,
  cases_copied bigint not null default 0,
  links_copied bigint not null default 0,
  chunks integer not null default 0,
  last_id text collate "C",
  started_at timestamptz not null default bulkhead_private.clock(),
  copied_at timestamptz,
  followed_at timestamptz,
  cut_over_at timestamptz,
  constraint adopted_suites_pkey primary key (suite_id),
  constraint adoption_is_of_a_suite foreign key (suite_id) references bulkhead.test_suites (id) on delete cascade,
  constraint adoption_phase_is_known check (phase in ('copying', 'following', 'cut_over', 'going_back')),
  constraint adoption_method_is_known check (method in ('triggers', 'compare'))
);

comment on table bulkhead_private.adopted_suites is
  'A suite that comes, or has come, from another database: from where, how it is followed, and how far it is. Only the adoption writes it.';
comment on column bulkhead_private.adopted_suites.source is 'What the adoption calls the source, and the suite in it.';
comment on column bulkhead_private.adopted_suites.mapping is 'Which tables and columns of the source are what; as resolved when the copy began.';
comment on column bulkhead_private.adopted_suites.method is 'How later changes are found: by triggers on the source, or by comparing both sides.';
comment on column bulkhead_private.adopted_suites.phase is 'copying → following → cut_over; or going_back, until the suite is gone.';
comment on column bulkhead_private.adopted_suites.last_id is 'The last id of the source that was copied; committed together with the cases.';

create table bulkhead_private.adopted_tags (
  suite_id bigint not null,
  source_tag text collate "C" not null,
  name text collate "C" not null,
  constraint adopted_tags_pkey primary key (suite_id, source_tag),
  constraint adopted_tag_is_of_a_suite foreign key (suite_id) references bulkhead.test_suites (id) on delete cascade
);

comment on table bulkhead_private.adopted_tags is
  'What each tag of the source is called in the suite: two tags of the source may become one, and one becomes another tag in each suite.';

-- people see the copy of a suite as an operation; no worker runs it
alter table bulkhead.bulk_operations drop constraint operation_kind_is_known;
alter table bulkhead.bulk_operations add constraint operation_kind_is_known
  check (kind in ('tag', 'set_status', 'delete', 'rename_tag', 'merge_tags', 'copy', 'undo', 'adopt'));
comment on column bulkhead.bulk_operations.kind is 'tag, set_status, delete, rename_tag, merge_tags, copy, undo or adopt.';

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
--! Included operations/recover_operations.sql
create or replace function bulkhead_private.recover_operations()
returns setof bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_dead text[];
  v_suite_id bigint;
begin
  -- a worker holds an advisory lock for as long as its connection lives: who holds none is dead
  select array_agg(distinct j.locked_by) into v_dead
  from graphile_worker._private_jobs j
  where j.locked_by is not null
    and j.locked_at < now() - interval '2 seconds'
    and not exists (
      select from pg_catalog.pg_locks l
      where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
        and (l.classid::bigint << 32) | l.objid::bigint = bulkhead_private.worker_lock_key(j.locked_by)
    );
  if v_dead is not null then
    perform graphile_worker.force_unlock_workers(v_dead);
  end if;

  for v_suite_id in
    select distinct o.suite_id
    from bulkhead.bulk_operations o
    where o.state in ('queued', 'running')
      and o.kind <> 'adopt' -- its own process runs it
      and o.submitted_at < bulkhead_private.clock() - interval '2 seconds'
      and not exists (
        -- one that failed is tried again by the queue too, but after hours if it failed often
        select from graphile_worker._private_jobs j
        join graphile_worker._private_tasks t on t.id = j.task_id and t.identifier = 'run_operations'
        where j.payload ->> 'suite_id' = o.suite_id::text
          and (j.is_available and j.run_at < now() + interval '5 seconds' or j.locked_at > now() - interval '2 seconds')
      )
      and pg_try_advisory_xact_lock(bulkhead_private.suite_lock_key(o.suite_id))
  loop
    update graphile_worker._private_jobs j
    set run_at = now()
    from graphile_worker._private_tasks t
    where t.id = j.task_id and t.identifier = 'run_operations'
      and j.payload ->> 'suite_id' = v_suite_id::text and j.is_available;
    if not found then
      perform bulkhead_private.queue_operations(v_suite_id);
    end if;
    return next v_suite_id;
  end loop;
end
$$;

comment on function bulkhead_private.recover_operations() is
  'Frees the jobs of dead workers, and queues what operations nobody runs and no job will run soon. Every worker calls it every few '
  'seconds; returns the suites queued.';
--! EndIncluded operations/recover_operations.sql
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
  v_selection jsonb := v_operation.selection;
  v_failed bigint[];
begin
  if v_operation.kind = 'delete' then
    perform bulkhead_private.open_suite(v_suite.id, 'owner');
  end if;
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
  elsif v_operation.kind = 'undo' then
    return bulkhead.undo_operation(v_suite.id, v_operation.undoes_operation_id);
  end if;
  v_failed := array(
    select distinct u.id
    from bulkhead_private.change_log l
    cross join unnest(l.case_ids) as u (id)
    where l.suite_id = v_suite.id and l.operation_id = v_operation.id and l.change = 'failed'
  );
  if v_operation.state = 'failed' and not jsonb_path_exists(v_operation.first_errors, '$[*] ? (!exists (@.case_id))') then
    v_selection := jsonb_build_object('case_ids', v_failed);
  elsif v_operation.kind not in ('rename_tag', 'merge_tags') then
    -- it stopped on its way: what it failed on, and what lies beyond its cursor; copies are not made twice
    v_selection := v_selection || jsonb_build_object(
      'unfinished',
      coalesce(v_selection -> 'unfinished', '[]') || jsonb_build_object(
        'after_id', v_operation.cursor_id, 'up_to_id', v_operation.high_water_id, 'case_ids', v_failed
      )
    );
  end if;
  perform bulkhead_private.hold_dictionary(v_suite.id);
  return bulkhead_private.submit(
    row(
      v_suite.id, v_operation.kind, v_selection, v_operation.parameters, '{}', v_operation.pace, null, v_operation.id
    )::bulkhead_private.operation_plan,
    v_operation.pace
  );
end
$$;

comment on function bulkhead.retry_operation(bigint, bigint) is
  'Submits an operation again for the cases on which it failed and, where it was stopped on its way, for those that it had not come to. '
  'Nothing to retry: TCFIN.';
grant execute on function bulkhead.retry_operation(bigint, bigint) to bulkhead_user;
--! EndIncluded operations/retry_operation.sql
--! Included adopt/adoption_operation.sql
create or replace function bulkhead_private.adoption_operation(suite bulkhead_private.adopted_suites)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_operation bulkhead.bulk_operations;
begin
  select o.* into v_operation
  from bulkhead.bulk_operations o
  where o.suite_id = suite.suite_id and o.kind = 'adopt' and o.state = 'running';
  if v_operation.id is null then
    insert into bulkhead.bulk_operations (suite_id, kind, state, parameters, total, high_water_id, started_at)
    values (
      suite.suite_id, 'adopt', 'running', jsonb_build_object('source', suite.source, 'source_suite', suite.source_suite),
      greatest(suite.cases_expected - suite.cases_copied, 0), 0, bulkhead_private.clock()
    )
    returning * into v_operation;
  elsif exists (
    select from bulkhead_private.operation_cancellations c
    where c.suite_id = v_operation.suite_id and c.operation_id = v_operation.id
  ) then
    perform bulkhead_private.finish_operation(v_operation, 'cancelled');
    return null;
  end if;
  return v_operation.id;
end
$$;

comment on function bulkhead_private.adoption_operation(bulkhead_private.adopted_suites) is
  'The operation by which people see how far the copy of a suite is; null when one of them has cancelled it. No worker runs it: the '
  'process that copies does, and holds the suite''s lock meanwhile.';
--! EndIncluded adopt/adoption_operation.sql
--! Included adopt/begin_adoption.sql
create or replace function bulkhead_private.begin_adoption(
  source text,
  source_suite text,
  slug text,
  name text,
  mapping jsonb,
  method text,
  cases bigint
)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite_id bigint;
begin
  select a.suite_id into v_suite_id
  from bulkhead_private.adopted_suites a
  where a.source = begin_adoption.source and a.source_suite = begin_adoption.source_suite;
  if found then
    return v_suite_id;
  end if;
  insert into bulkhead.test_suites (slug, name, description, archived_at)
  values (begin_adoption.slug, left(begin_adoption.name, 200), format('Adopted from %s.', begin_adoption.source), bulkhead_private.clock())
  returning id into v_suite_id;
  insert into bulkhead_private.adopted_suites (suite_id, source, source_suite, mapping, method, cases_expected)
  values (v_suite_id, begin_adoption.source, begin_adoption.source_suite, begin_adoption.mapping, begin_adoption.method, begin_adoption.cases);
  return v_suite_id;
end
$$;

comment on function bulkhead_private.begin_adoption(text, text, text, text, jsonb, text, bigint) is
  'The suite that a suite of the source becomes, made if there is none yet. Until the cut-over it is archived: people can read it, and '
  'nobody but the adoption writes to it.';
--! EndIncluded adopt/begin_adoption.sql
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
      line integer not null,
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
--! Included adopt/define_adopted_tags.sql
create or replace function bulkhead_private.define_adopted_tags(source text)
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_defined integer;
begin
  insert into bulkhead_private.adopted_tags (suite_id, source_tag, name)
  select
    m.suite_id, m.source_tag,
    -- what people have decided; otherwise a name made from the text; a text that gives none is told by its hash
    coalesce(m.decided ->> 'name', bulkhead.normalize_tag(m.source_tag), 'tag_' || left(md5(m.source_tag), 8))
  from (
    select distinct a.suite_id, t.source_tag, coalesce(
      a.mapping -> 'decisions' -> a.source_suite -> t.source_tag, a.mapping -> 'decisions' -> '*' -> t.source_tag
    ) as decided
    from pg_temp.adopted_rows r
    join bulkhead_private.adopted_suites a on a.source_suite = r.source_suite
    cross join unnest(r.tags) as t (source_tag)
    where a.source = define_adopted_tags.source and a.phase in ('copying', 'following')
  ) as m
  where not exists (
    select from bulkhead_private.adopted_tags k where k.suite_id = m.suite_id and k.source_tag = m.source_tag collate "C"
  );
  get diagnostics v_defined = row_count;
  if v_defined > 0 then
    insert into bulkhead.suite_tags (suite_id, name, meaning)
    select distinct on (k.suite_id, k.name) k.suite_id, k.name, coalesce(
      a.mapping -> 'decisions' -> a.source_suite -> k.source_tag ->> 'meaning', a.mapping -> 'decisions' -> '*' -> k.source_tag ->> 'meaning', ''
    ) as meaning
    from bulkhead_private.adopted_tags k
    join bulkhead_private.adopted_suites a on a.suite_id = k.suite_id
    where a.source = define_adopted_tags.source and a.phase in ('copying', 'following')
    order by k.suite_id, k.name, meaning desc
    on conflict do nothing;
  end if;
  return v_defined;
end
$$;

comment on function bulkhead_private.define_adopted_tags(text) is
  'Defines the tags that pg_temp.adopted_rows brings, in the dictionary of each suite that uses them, and returns how many names of the source '
  'were new: to be committed before the cases.';
--! EndIncluded adopt/define_adopted_tags.sql
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
      and c.suite_id = suite.suite_id and c.external_key = any (external_keys collate "C")
  ) as w;
  delete from bulkhead.test_case_tags l
  where l.suite_id = suite.suite_id
    and l.case_id = any (array(
      select c.id from bulkhead.test_cases c where c.suite_id = suite.suite_id and c.external_key = any (external_keys collate "C")
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
    where c.suite_id = suite.suite_id and c.external_key = any (v_keys collate "C")
      and (
        r.line is null or c.input <> r.input or c.metadata <> r.metadata
        or c.expected_output is distinct from r.expected_output or c.status <> r.status
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
      where c.suite_id = suite.suite_id and c.external_key = r.external_key collate "C" and c.external_key = any (v_keys collate "C")
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
  update bulkhead_private.adopted_suites a set followed_at = v_now where a.suite_id = suite.suite_id;
  return next;
end
$$;

comment on function bulkhead_private.adopt_suite_changes(bulkhead_private.adopted_suites, text[]) is
  'Makes the cases with these keys, and those of pg_temp.adopted_rows, what they are in the source: a key without a row there is deleted. '
  'Repeating it changes nothing.';
--! EndIncluded adopt/adopt_suite_changes.sql
--! Included adopt/adopted_cases.sql
create or replace function bulkhead_private.adopted_cases(suite_id bigint)
returns table (external_key text, hash bigint, tags text[])
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
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
--! Included adopt/finish_adoption.sql
create or replace function bulkhead_private.finish_adoption(suite_id bigint)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := bulkhead_private.clock();
  v_suite_id constant bigint := suite_id;
begin
  update bulkhead_private.adopted_suites a
  set phase = 'cut_over', cut_over_at = v_now
  where a.suite_id = v_suite_id and a.phase = 'following';
  if not found then
    raise exception using
      errcode = 'TCARG',
      message = format('the suite %s is not followed', v_suite_id),
      detail = 'A suite is cut over once it has been copied, and once only.',
      hint = 'bulkhead adopt status shows how far each suite is.';
  end if;
  update bulkhead.test_suites s set archived_at = null where s.id = v_suite_id;
end
$$;

comment on function bulkhead_private.finish_adoption(bigint) is
  'Cuts a suite over: from here on it is open to appends and operations, and the adoption writes to it no more. Not followed: TCARG.';
--! EndIncluded adopt/finish_adoption.sql
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
  delete from bulkhead.test_cases c where c.suite_id = v_suite_id and c.id = any (v_ids);
  delete from bulkhead.test_case_versions v where v.suite_id = v_suite_id and v.case_id = any (v_ids);
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
