/** What an inspection asks a source: counts, and a few samples of what needs somebody's decision. */
import pg from 'pg';
import type { ResolvedMapping } from './mapping.ts';
import { sqlNames } from './source-sql.ts';

/** The questions of an inspection, as SQL. */
export function inspectSql(mapping: ResolvedMapping) {
  const n = sqlNames(mapping);
  const { input, key, inputIsObject } = mapping.cases;
  const linked = `${n.from} join ${n.links} l on ${n.linkCase} = ${n.caseId} join ${n.tags} t on ${n.tagId} = ${n.linkTag}`;
  const isOrphan = `not exists (select from ${n.suites} s where ${n.suiteId} = ${n.suite})`;
  return {
    links: `select count(*)::integer as links from ${n.links}`,
    /** Texts of tags by suite; a sample of the cases that carry each. */
    tags: `
      select ${n.suite}::text as suite, ${n.tagName}::text as tag, count(distinct ${n.caseId})::integer as cases,
        (array_agg(${n.caseId}::text order by ${n.caseId}))[1:3] as sample
      from ${linked} where ${n.tagName} is not null group by 1, 2 order by 2, 1`,
    orphanCases: `select ${n.caseId}::text as id, count(*) over ()::integer as total from ${n.from} where ${isOrphan} order by ${n.caseId} limit 5`,
    orphanLinks: `
      select ${n.linkCase}::text as id, ${n.linkTag}::text as tag, count(*) over ()::integer as total
      from ${n.links} l
      where not exists (select from ${n.cases} c where ${n.caseId} = ${n.linkCase})
        or not exists (select from ${n.tags} t where ${n.tagId} = ${n.linkTag} and ${n.tagName} is not null)
      limit 5`,
    duplicateLinks: `
      select ${n.linkCase}::text as id, ${n.linkTag}::text as tag, count(*) over ()::integer as total
      from ${n.links} l where ${n.linkCase} is not null and ${n.linkTag} is not null
      group by ${n.linkCase}, ${n.linkTag} having count(*) > 1 limit 5`,
    withoutInput: inputIsObject
      ? null
      : `select ${n.caseId}::text as id, count(*) over ()::integer as total from ${n.from}
         where c.${pg.escapeIdentifier(input[0] ?? '')} is null order by ${n.caseId} limit 5`,
    duplicateKeys: key
      ? `select ${n.suite}::text as suite, ${n.key} as id, count(*) over ()::integer as total
         from ${n.from} group by 1, 2 having count(*) > 1 limit 5`
      : null,
    longKeys: `select ${n.key} as id, count(*) over ()::integer as total from ${n.from}
      where length(${n.key}) not between 1 and 512 limit 5`,
    /** The cases themselves, with their partitions. */
    bytes: `
      with recursive parts as (
        select ${pg.escapeLiteral(n.cases)}::regclass::oid as oid
        union all
        select i.inhrelid from pg_inherits i join parts on parts.oid = i.inhparent
      )
      select coalesce(sum(pg_table_size(oid)), 0) as bytes from parts`,
  };
}
