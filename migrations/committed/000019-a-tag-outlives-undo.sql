--! Previous: sha1:159bfd18489125db568b6f13b57a8392466d2d83
--! Hash: sha1:7145bdae21e79d0dfb377a5c833e554465d28d6d
--! Message: a tag outlives undo

--! split: 1-current.sql
-- The undo of a rename took the new name off a case also where the old one could not come back, because a later operation had taken that
-- off: the case lost its tag. So with exclusive groups. What took the place of a link that cannot come back stays now.
create type bulkhead_private.returning_link as (
  case_id bigint,
  tag text,
  group_key text,
  link_operation_id bigint,
  tag_now text,
  can_return boolean
);
comment on type bulkhead_private.returning_link is
  'A link that an undo is to put back: as it was, by the name that the tag has now, and whether it can come back (links_to_return).';

--! Included operations/links_to_return.sql
create or replace function bulkhead_private.links_to_return(undo bulkhead.bulk_operations, case_ids bigint[])
returns setof bulkhead_private.returning_link
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- the planner cannot know how many changes there are
set jit = off
as $$
declare
  v_into_tag constant text := undo.parameters #>> '{add,0}';
  -- a name that a rename or merge took away comes back with its undo
  v_returning constant text[] := array(
    select jsonb_array_elements_text(undo.parameters -> 'remove') where undo.parameters ->> 'undoes_kind' in ('rename_tag', 'merge_tags')
  );
  v_renamed constant text[] := bulkhead_private.renamed_since(undo);
  v_later constant bigint[] := array(
    select o.id
    from bulkhead.bulk_operations o
    where o.suite_id = undo.suite_id and o.id > undo.undoes_operation_id and o.kind <> 'undo'
      and not exists (
        select from bulkhead.bulk_operations u
        where u.suite_id = o.suite_id and u.undoes_operation_id = o.id and u.state = 'succeeded'
      )
  );
begin
  return query
  with removed as materialized (
    select * from bulkhead_private.changes_of(undo, 'link_removed', links_to_return.case_ids)
  ),
  called as materialized (
    select o.name as tag, case
      when o.name <> all (v_renamed) then o.name
      when o.name = any (v_returning) and o.alias_of = v_into_tag then coalesce(undo.parameters #>> array['aliases', o.name], o.name)
      else coalesce(o.alias_of, o.name)
    end as tag_now
    from bulkhead.suite_tags o
    where o.suite_id = undo.suite_id and o.name = any (array(select distinct r.tag from removed r))
  ),
  named as materialized (
    select r.*, coalesce(n.name, r.tag) as tag_now, coalesce(n.group_key, r.group_key) as group_now,
      n.name is not null or r.tag = any (v_returning) as has_name
    from removed r
    left join called c on c.tag = r.tag
    left join bulkhead.suite_tags n
      on n.suite_id = undo.suite_id and n.name = any (array(select d.tag_now from called d)) and n.name = c.tag_now
  ),
  changed as materialized (
    select distinct r.case_id, r.tag
    from bulkhead_private.change_log l
    cross join unnest(l.case_ids) as u (case_id)
    join named r on r.case_id = u.case_id
    where l.suite_id = undo.suite_id and l.operation_id = any (v_later) and l.change in ('link_added', 'link_removed')
      and l.first_case_id <= links_to_return.case_ids[cardinality(links_to_return.case_ids)]
      and l.last_case_id >= links_to_return.case_ids[1]
      and l.tag in (r.tag, r.tag_now)
  )
  select
    r.case_id, r.tag, r.group_key, r.link_operation_id, r.tag_now, r.has_name and r.group_now = r.group_key and c.tag is null
  from named r
  left join changed c on c.case_id = r.case_id and c.tag = r.tag;
end
$$;

comment on function bulkhead_private.links_to_return(bulkhead.bulk_operations, bigint[]) is
  'The links that the operation to be undone took off these cases, each by the name that it has now, and whether it can come back: not when '
  'another operation, not undone itself, has changed it since, or the dictionary has lost it or put it into another group.';
--! EndIncluded operations/links_to_return.sql
--! Included operations/links_that_stay.sql
create or replace function bulkhead_private.links_that_stay(
  undo bulkhead.bulk_operations,
  case_ids bigint[],
  returning_links bulkhead_private.returning_link[]
)
returns table (case_id bigint, tag text)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- the planner cannot know how long the arrays are
set jit = off
as $$
declare
  v_is_rename constant boolean := undo.parameters ->> 'undoes_kind' in ('rename_tag', 'merge_tags');
begin
  return query
  with added as materialized (
    select * from bulkhead_private.changes_of(undo, 'link_added', case_ids)
  )
  select a.case_id, a.tag
  from added a
  join unnest(returning_links) as r on r.case_id = a.case_id
  where v_is_rename or a.group_key <> '' and r.group_key = a.group_key
  group by a.case_id, a.tag
  having not bool_or(r.can_return);
end
$$;

comment on function bulkhead_private.links_that_stay(
  bulkhead.bulk_operations, bigint[], bulkhead_private.returning_link[]
) is
  'The links that an undo does not take off, because none of those whose place they took can come back: the other names that a rename or merge '
  'took away, or another tag of the exclusive group. The case would be left without either.';
--! EndIncluded operations/links_that_stay.sql
drop function bulkhead_private.undo_added_links(bulkhead.bulk_operations, bigint[]);
drop function bulkhead_private.undo_removed_links(bulkhead.bulk_operations, bigint[]);
--! Included operations/undo_added_links.sql
create or replace function bulkhead_private.undo_added_links(
  operation bulkhead.bulk_operations,
  case_ids bigint[],
  returning_links bulkhead_private.returning_link[]
)
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_left bigint[];
begin
  -- a link is still the operation's own when it carries what the operation wrote
  with added as materialized (
    select * from bulkhead_private.changes_of(operation, 'link_added', case_ids)
  ),
  held as materialized (
    select a.case_id, a.tag, l.ctid
    from (
      select *
      from added
      where (case_id, tag) not in (select s.case_id, s.tag from bulkhead_private.links_that_stay(operation, case_ids, returning_links) as s)
      order by case_id, tag
    ) as a
    cross join lateral (
      select k.ctid
      from bulkhead.test_case_tags k
      where k.suite_id = operation.suite_id and k.case_id = a.case_id and k.tag = a.tag
        and k.operation_id is not distinct from a.link_operation_id
      offset 0
      for update
    ) as l
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
  ),
  left_alone as (
    insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, code, message, case_ids)
    select operation.suite_id, operation.id, operation.chunks + 1, 'left_alone', a.tag, 'TCCHG',
      'the tag was taken off or put on again since, or what it replaced cannot come back', array_agg(a.case_id order by a.case_id)
    from added a
    where not exists (select from held h where h.case_id = a.case_id and h.tag = a.tag)
    group by a.tag
    returning change_log.case_ids
  )
  select array_agg(distinct id) into v_left from left_alone l, unnest(l.case_ids) as u (id);
  return coalesce(v_left, '{}');
end
$$;

comment on function bulkhead_private.undo_added_links(
  bulkhead.bulk_operations, bigint[], bulkhead_private.returning_link[]
) is
  'Takes off the links that the operation put on and nobody has touched since, but for links_that_stay; returns the cases where that was not so.';
--! EndIncluded operations/undo_added_links.sql
--! Included operations/undo_removed_links.sql
create or replace function bulkhead_private.undo_removed_links(
  operation bulkhead.bulk_operations,
  returning_links bulkhead_private.returning_link[]
)
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_left bigint[];
begin
  with restored as (
    insert into bulkhead.test_case_tags as l (suite_id, case_id, tag, group_key, operation_id)
    select operation.suite_id, r.case_id, r.tag_now, r.group_key, r.link_operation_id
    from unnest(returning_links) as r
    where r.can_return
      and exists (select from bulkhead.test_cases c where c.suite_id = operation.suite_id and c.id = r.case_id offset 0)
    order by r.case_id, r.tag_now
    on conflict do nothing
    returning l.case_id, l.tag, l.group_key, l.operation_id
  ),
  logged as (
    insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, group_key, link_operation_id, case_ids)
    select operation.suite_id, operation.id, operation.chunks + 1, 'link_added', r.tag, r.group_key, r.operation_id,
      array_agg(r.case_id order by r.case_id)
    from restored r
    group by r.tag, r.group_key, r.operation_id
  ),
  left_alone as (
    insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, code, message, case_ids)
    select operation.suite_id, operation.id, operation.chunks + 1, 'left_alone', r.tag, 'TCCHG',
      'the tags of the case, or the dictionary, were changed since', array_agg(r.case_id order by r.case_id)
    from unnest(returning_links) as r
    where (r.case_id, r.tag_now) not in (select d.case_id, d.tag from restored d)
    group by r.tag
    returning change_log.case_ids
  )
  select array_agg(distinct id) into v_left from left_alone l, unnest(l.case_ids) as u (id);
  return coalesce(v_left, '{}');
end
$$;

comment on function bulkhead_private.undo_removed_links(bulkhead.bulk_operations, bulkhead_private.returning_link[]) is
  'Puts back the links that the operation took off, as they were, where they can come back (links_to_return) and no other tag of the group '
  'has come; returns the cases where that was not so.';
--! EndIncluded operations/undo_removed_links.sql
--! Included operations/undo_chunk.sql
create or replace function bulkhead_private.undo_chunk(operation bulkhead.bulk_operations, case_ids bigint[])
returns bulkhead_private.chunk_result
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_left bigint[];
  v_links bulkhead_private.returning_link[];
  v_skipped bigint;
begin
  perform bulkhead_private.hold_cases(operation, case_ids);
  v_links := array(select l from bulkhead_private.links_to_return(operation, case_ids) as l);
  -- cases come back before their links; a tag goes before the one that it replaced comes back
  v_left := bulkhead_private.undo_copies(operation, case_ids)
    || bulkhead_private.undo_deletions(operation, case_ids);
  v_left := v_left || bulkhead_private.undo_added_links(operation, case_ids, v_links);
  v_left := v_left || bulkhead_private.undo_removed_links(operation, v_links);
  v_left := v_left || bulkhead_private.undo_statuses(operation, case_ids);
  select count(distinct id) into v_skipped from unnest(v_left) as u (id);
  return row(cardinality(case_ids) - v_skipped, v_skipped, 0, null)::bulkhead_private.chunk_result;
end
$$;

comment on function bulkhead_private.undo_chunk(bulkhead.bulk_operations, bigint[]) is
  'One chunk of undo. A case counts as skipped when anything of it was left alone because somebody has changed it since.';
--! EndIncluded operations/undo_chunk.sql
--! Included operations/left_by_undo.sql
create or replace function bulkhead_private.left_by_undo(undo bulkhead.bulk_operations)
returns bigint[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_all constant bigint[] := '{0,9223372036854775807}';
  v_into_suite_id constant bigint := undo.parameters ->> 'into_suite_id';
  v_links constant bulkhead_private.returning_link[] := array(select l from bulkhead_private.links_to_return(undo, v_all) as l);
begin
  return array(
    with deleted as materialized (
      select d.case_id, v.external_key, v.case_id is not null and not exists (
        select from bulkhead.test_cases c
        where c.suite_id = undo.suite_id and (c.id = d.case_id or c.external_key = v.external_key)
      ) as comes_back
      from bulkhead_private.changes_of(undo, 'case_deleted', v_all) as d
      left join lateral (
        select o.case_id, o.external_key
        from bulkhead.test_case_versions o
        where o.suite_id = undo.suite_id and o.case_id = d.case_id
        order by o.version desc
        limit 1
      ) as v on true
    ),
    added as materialized (
      select a.case_id, a.tag, exists (
        select from bulkhead.test_case_tags l
        where l.suite_id = undo.suite_id and l.case_id = a.case_id and l.tag = a.tag
          and l.operation_id is not distinct from a.link_operation_id
      )
      and (a.case_id, a.tag) not in (select s.case_id, s.tag from bulkhead_private.links_that_stay(undo, v_all, v_links) as s) as goes
      from bulkhead_private.changes_of(undo, 'link_added', v_all) as a
    ),
    returned as materialized (
      select r.case_id, r.tag_now, r.can_return
        and (
          exists (select from bulkhead.test_cases c where c.suite_id = undo.suite_id and c.id = r.case_id)
          or exists (select from deleted d where d.case_id = r.case_id and d.comes_back)
        )
        and not exists (
          select from bulkhead.test_case_tags l
          where l.suite_id = undo.suite_id and l.case_id = r.case_id
            and (l.tag = r.tag_now or l.group_key = r.group_key and r.group_key <> '')
            and not exists (select from added a where a.case_id = l.case_id and a.tag = l.tag and a.goes)
        ) as comes_back
      from unnest(v_links) as r
    )
    select d.case_id from deleted d where not d.comes_back
    union
    select a.case_id from added a where not a.goes
    union
    -- of two tags that have become one since, it is enough when one comes back
    select r.case_id
    from returned r
    group by r.case_id, r.tag_now
    having not bool_or(r.comes_back)
    union
    select s.case_id
    from bulkhead_private.changes_of(undo, 'status_set', v_all) as s
    where not exists (
      select from bulkhead.test_cases c
      where c.suite_id = undo.suite_id and c.id = s.case_id and c.status_operation_id = undo.undoes_operation_id
    )
    union
    select p.case_id
    from bulkhead_private.changes_of(undo, 'case_copied', v_all) as p
    where not exists (
      select from bulkhead.test_cases c
      where c.suite_id = v_into_suite_id and c.id = p.copied_id and c.version = 1 and c.status_operation_id = undo.undoes_operation_id
        and not exists (
          select from bulkhead.test_case_tags l
          where l.suite_id = v_into_suite_id and l.case_id = c.id and l.operation_id is distinct from undo.undoes_operation_id
        )
    )
  );
end
$$;

comment on function bulkhead_private.left_by_undo(bulkhead.bulk_operations) is
  'The cases that an undo would leave alone, wholly or in part, if it ran now: what undo_chunk finds, read without a lock.';
--! EndIncluded operations/left_by_undo.sql
drop function bulkhead_private.is_touched_since(bulkhead.bulk_operations, bigint, text[]);
