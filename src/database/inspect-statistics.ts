/** What `doctor` reads of the planner's statistics: whether it knows single suites (docs/adr/0018). */
import type pg from 'pg';
import { type Breach, readBreaches } from './inspect.ts';

/** Dictionaries, cases and links, and the partitions of these. */
const tables = `
  select r.oid, r.oid::regclass::text as name
    from unnest(array['bulkhead.suite_tags', 'bulkhead.test_cases', 'bulkhead.test_case_tags']::regclass[]) as parent (oid)
    join pg_class as r on r.oid = parent.oid or r.oid in (select relid from pg_partition_tree(parent.oid))`;

/** Tables whose statistics say which suites they have, or will after the next ANALYZE. */
export async function readSuiteStatistics(client: pg.ClientBase): Promise<Breach[]> {
  return readBreaches(
    client,
    `select name || ' collects them' as problem, format('alter table %s alter column suite_id set statistics 0;', name) as mend
       from (${tables}) as r join pg_attribute as a on a.attrelid = r.oid
      where a.attname = 'suite_id' and a.attstattarget is distinct from 0
     union all
     select name || ' has some of before',
            case when current_setting('server_version_num')::integer >= 180000
                 then format('select pg_clear_attribute_stats(%L, %L, %L, %L);', s.schemaname, s.tablename, s.attname, s.inherited)
                 else format('delete from pg_statistic where starelid = %L::regclass and staattnum = %s; -- as a superuser', name, a.attnum)
            end
       from (${tables}) as r
       join pg_attribute as a on a.attrelid = r.oid and a.attname = 'suite_id'
       join pg_class as c on c.oid = r.oid
       join pg_stats as s on s.schemaname = c.relnamespace::regnamespace::text and s.tablename = c.relname and s.attname = a.attname
      order by problem`,
  );
}
