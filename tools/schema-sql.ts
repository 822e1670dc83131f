/**
 * Prints the schema of a migrated database, so that a review shows what a migration really changes. pg_dump is not at hand on every
 * machine; this reads pg_catalog. Bodies of functions stay in migrations/fixtures: here they are a hash.
 */
import type pg from 'pg';

const schemas = ['bulkhead', 'bulkhead_private'];

const tablesQuery = `
select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind,
  pg_get_partkeydef(c.oid) as partition_key, obj_description(c.oid) as comment,
  (
    select json_agg(json_build_object(
      'definition', concat_ws(' ',
        quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
        case when a.attcollation not in (0, 100) then 'collate ' || quote_ident(co.collname) end,
        case when a.attnotnull then 'not null' end,
        case when a.attgenerated = 's' then 'generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
          when d.adbin is not null then 'default ' || pg_get_expr(d.adbin, d.adrelid) end),
      'name', a.attname,
      'comment', col_description(c.oid, a.attnum)) order by a.attnum)
    from pg_attribute a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join pg_collation co on co.oid = a.attcollation
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ) as columns,
  (
    select json_agg(format('constraint %I %s', o.conname, pg_get_constraintdef(o.oid)) order by o.contype <> 'p', o.contype, o.conname)
    from pg_constraint o where o.conrelid = c.oid and o.contype in ('p', 'u', 'f', 'c')
  ) as constraints,
  (
    select json_agg(pg_get_indexdef(i.indexrelid) order by i.indexrelid::regclass::text)
    from pg_index i
    where i.indrelid = c.oid and not exists (select from pg_constraint o where o.conindid = i.indexrelid and o.contype in ('p', 'u'))
  ) as indexes,
  (
    select json_agg(pg_get_triggerdef(t.oid) order by t.tgname)
    from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal
  ) as triggers,
  case when c.relkind = 'v' then pg_get_viewdef(c.oid) end as view,
  (
    select json_agg(format('grant %s on %s to %I;', lower(g.privileges), c.oid::regclass, g.grantee) order by g.grantee, g.privileges)
    from (
      select r.rolname as grantee, string_agg(x.privilege_type, ', ' order by x.privilege_type) as privileges
      from aclexplode(c.relacl) x join pg_roles r on r.oid = x.grantee
      where x.grantee <> c.relowner group by r.rolname
      union all
      select r.rolname, x.privilege_type || ' (' || string_agg(quote_ident(a.attname), ', ' order by a.attnum) || ')'
      from pg_attribute a cross join aclexplode(a.attacl) x join pg_roles r on r.oid = x.grantee
      where a.attrelid = c.oid and x.grantee <> c.relowner group by r.rolname, x.privilege_type
    ) g
  ) as grants
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v', 'c')
order by n.nspname, case c.relkind when 'c' then 0 when 'v' then 2 else 1 end, c.relname`;

const partitionsQuery = `
select format('create table %s partition of %s %s;', c.oid::regclass, i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid)) as line
from pg_class c
join pg_inherits i on i.inhrelid = c.oid
where c.relnamespace = 'bulkhead_partitions'::regnamespace and c.relkind = 'r'
union all
select format('alter table %s add constraint %I %s;', o.conrelid::regclass, o.conname, pg_get_constraintdef(o.oid))
from pg_constraint o
where o.connamespace = 'bulkhead_partitions'::regnamespace and o.contype = 'f' and o.conparentid = 0
order by 1`;

const functionsQuery = `
select format('%I.%I', n.nspname, p.proname) as name, pg_get_function_arguments(p.oid) as arguments,
  pg_get_function_identity_arguments(p.oid) as identity, pg_get_function_result(p.oid) as result, l.lanname as language,
  case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
  p.proisstrict as strict, p.prosecdef as definer, p.proconfig as settings,
  case p.proparallel when 's' then 'parallel safe' else 'parallel unsafe' end as parallel,
  md5(coalesce(p.prosrc, '') || coalesce(pg_get_function_sqlbody(p.oid), '')) as hash, obj_description(p.oid) as comment,
  (
    select json_agg(r.rolname order by r.rolname)
    from aclexplode(p.proacl) x left join pg_roles r on r.oid = x.grantee
    where x.grantee <> p.proowner
  ) as grantees
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_language l on l.oid = p.prolang
where n.nspname = any ($1) and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
order by n.nspname, p.proname, identity`;

type Column = { definition: string; name: string; comment: string | null };

/** A row of tablesQuery. */
type Relation = {
  name: string;
  relkind: string;
  partition_key: string | null;
  view: string | null;
  comment: string | null;
  columns: Column[];
  constraints: string[] | null;
  indexes: string[] | null;
  triggers: string[] | null;
  grants: string[] | null;
};

/** A row of functionsQuery. */
type Routine = {
  name: string;
  arguments: string;
  identity: string;
  result: string;
  language: string;
  volatility: string;
  parallel: string;
  strict: boolean;
  definer: boolean;
  settings: string[] | null;
  hash: string;
  comment: string | null;
  grantees: (string | null)[] | null;
};

/** The schema as SQL text, in an order that does not depend on how it came about. */
export async function printSchema(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query('show server_version_num');
  const tables = await client.query(tablesQuery, [schemas]);
  const partitions = await client.query(partitionsQuery);
  const functions = await client.query(functionsQuery, [schemas]);
  return [
    `-- Generated by npm run generate on PostgreSQL ${Math.floor(rows[0].server_version_num / 10000)}.`,
    '-- What the migrations make; the bodies of functions are in migrations/fixtures.',
    ...tables.rows.map(printRelation),
    partitions.rows.map((row) => row.line).join('\n'),
    ...functions.rows.map(printFunction),
    '',
  ].join('\n\n');
}

function printRelation(row: Relation): string {
  const { name, relkind, columns, constraints, partition_key, view } = row;
  const what = { c: 'type', v: 'view' }[relkind] ?? 'table';
  const body = [...columns.map((column) => column.definition), ...(constraints ?? [])].join(
    ',\n  ',
  );
  const create =
    what === 'view'
      ? `create view ${name} as\n${view}`
      : `create ${what} ${name}${what === 'type' ? ' as' : ''} (\n  ${body}\n)${partition_key ? ` partition by ${partition_key}` : ''};`;
  return [
    create,
    ...list(row.indexes, ';'),
    ...list(row.triggers, ';'),
    ...comment(what, name, row.comment),
    ...columns.flatMap((column) => comment('column', `${name}.${column.name}`, column.comment)),
    ...list(row.grants),
  ].join('\n');
}

function printFunction(row: Routine): string {
  const { name, language, volatility, parallel, result, hash } = row;
  const signature = `${name}(${row.identity})`;
  return [
    `create function ${name}(${row.arguments}) returns ${result}`,
    `  language ${language} ${volatility}${row.strict ? ' strict' : ''} ${parallel} security ${row.definer ? 'definer' : 'invoker'}`,
    ...(row.settings ?? []).map((setting) => `  set ${setting}`),
    `  as '${hash}';`,
    ...comment('function', signature, row.comment),
    ...(row.grantees ?? []).map(
      (grantee) => `grant execute on function ${signature} to ${grantee ?? 'public'};`,
    ),
  ].join('\n');
}

function list(lines: string[] | null | undefined, end = ''): string[] {
  return (lines ?? []).map((line) => line + end);
}

function comment(kind: string, name: string, text: string | null | undefined): string[] {
  return text ? [`comment on ${kind} ${name} is '${text.replaceAll("'", "''")}';`] : [];
}
