--! Previous: sha1:7145bdae21e79d0dfb377a5c833e554465d28d6d
--! Hash: sha1:0f15960ab41a027d81fd41e00254845219d52502
--! Message: adopting many suites

--! split: 1-current.sql
-- A batch of changes asked each suite of the source for them, at 2 ms a suite, and followed a key into suites that it was not about.
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
--! Included adopt/adopt_changes.sql
create or replace function bulkhead_private.adopt_changes(suite_ids bigint[], external_keys text[])
returns table (inserted integer, updated integer, deleted integer, links integer)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_staged constant text[] := array(select distinct r.source_suite from pg_temp.adopted_rows r);
  v_suite bulkhead_private.adopted_suites;
  v_changes record;
begin
  inserted := 0;
  updated := 0;
  deleted := 0;
  links := 0;
  for v_suite in
    select a.*
    from bulkhead_private.adopted_suites a
    where a.suite_id = any (suite_ids) and a.phase in ('copying', 'following')
    order by a.suite_id
  loop
    -- most suites have neither a row to bring nor a case to take away
    continue when v_suite.source_suite <> all (v_staged) and not exists (
      select from bulkhead.test_cases c where c.suite_id = v_suite.suite_id and c.external_key = any (array(select unnest(external_keys) collate "C"))
    );
    select * into v_changes from bulkhead_private.adopt_suite_changes(v_suite, external_keys) as c;
    inserted := inserted + v_changes.inserted;
    updated := updated + v_changes.updated;
    deleted := deleted + v_changes.deleted;
    links := links + v_changes.links;
  end loop;
  update bulkhead_private.adopted_suites a
  set followed_at = bulkhead_private.clock()
  where a.suite_id = any (suite_ids) and a.phase in ('copying', 'following');
  return next;
end
$$;

comment on function bulkhead_private.adopt_changes(bigint[], text[]) is
  'Makes the cases with these keys, and those of pg_temp.adopted_rows, what they are in the source, in each of these suites that is concerned; '
  'returns how many changed in all.';
--! EndIncluded adopt/adopt_changes.sql
