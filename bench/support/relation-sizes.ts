/** How large the relations of a Bulkhead database are, by the names that a plan uses. */
import type pg from 'pg';

/** Bytes by relation: partitions are added up, tables come with what has moved out of their rows. */
export async function readRelationSizes(client: pg.ClientBase): Promise<Record<string, number>> {
  const { rows } = await client.query(
    `select
       case
         when n.nspname = 'bulkhead_partitions' then regexp_replace(c.relname, '_\\d\\d$', '')
         else c.relname
       end as relation,
       sum(
         case
           when n.nspname = 'bulkhead' then pg_total_relation_size(c.oid)
           when c.reltoastrelid <> 0 then pg_relation_size(c.oid) + pg_total_relation_size(c.reltoastrelid)
           else pg_relation_size(c.oid)
         end
       )::float as bytes
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'bulkhead_partitions' and c.relkind in ('r', 'i')
       or n.nspname = 'bulkhead' and c.relname in ('test_case_versions', 'audit_log')
     group by 1
     union all
     select 'change log', sum(pg_column_size(l.*)) from bulkhead_private.change_log l`,
  );
  return Object.fromEntries(rows.map(({ relation, bytes }) => [relation, bytes ?? 0]));
}
