--! Previous: sha1:06c0f836e1c3bd25e90d556569d75257ab58369e
--! Hash: sha1:f38d2a85ca1fc77bcafb97479f4d6db8ebf81f0b
--! Message: route pulls for a year

--! split: 1-current.sql
-- Each pull by route leaves a record, and nothing took one away: a pipeline that pulls every minute leaves half a million a year.

comment on table bulkhead.route_pulls is
  'What each pull by route resolved to when it was made: the expression of that time, and how many cases it selected. Kept for a year.';

--! Included routes/prune_route_pulls.sql
create or replace function bulkhead_private.prune_route_pulls(keep interval default '1 year')
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
    select p.suite_id, p.id
    from bulkhead.route_pulls p
    where p.pulled_at < bulkhead_private.clock() - keep
    order by p.suite_id, p.id
    limit 1000
    for update of p skip locked
  )
  delete from bulkhead.route_pulls p
  using old
  where p.suite_id = old.suite_id and p.id = old.id;
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$$;

comment on function bulkhead_private.prune_route_pulls(interval) is
  'Deletes up to 1,000 records of pulls by route that are so old, and says how many; call it until it says 0.';
--! EndIncluded routes/prune_route_pulls.sql
