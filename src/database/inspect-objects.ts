/** What `doctor` reads of functions, tables and views from the system catalogue: which of them leave a door open. */
import type pg from 'pg';
import { type Breach, ownSchemas, readBreaches } from './inspect.ts';

/** A function in PL/pgSQL that executes text. */
export type DynamicFunction = { name: string; signature: string; body: string };

/** Functions of ours; those that came with an extension are not. */
const ourFunctions = `
  select p.oid, p.proname, p.prosrc, p.prosecdef, p.proconfig, l.lanname, n.nspname
    from pg_proc as p join pg_language as l on l.oid = p.prolang join pg_namespace as n on n.oid = p.pronamespace
   where n.nspname = any ($1)
     and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')`;

/** Functions in which a caller could put another object in the place of ours. */
export async function readLooseFunctions(client: pg.ClientBase): Promise<Breach[]> {
  return readBreaches(
    client,
    `select oid::regprocedure::text as problem,
            format('alter routine %s set search_path = pg_catalog, pg_temp;', oid::regprocedure) as mend
       from (${ourFunctions}) as f
      where (lanname = 'plpgsql' or prosecdef)
        and not coalesce('search_path=pg_catalog, pg_temp' = any (proconfig), false)
      order by problem`,
    [ownSchemas],
  );
}

/** Functions that execute text, which has to be made with care. */
export async function readDynamicFunctions(client: pg.ClientBase): Promise<DynamicFunction[]> {
  const { rows } = await client.query(
    `select format('%I.%I', nspname, proname) as name, oid::regprocedure::text as signature, prosrc as body
       from (${ourFunctions}) as f
      where lanname = 'plpgsql' and prosrc ~* '\\mexecute\\M'
      order by signature`,
    [ownSchemas],
  );
  return rows;
}

/** Tables whose rows anybody sees who may read the table, or nobody at all. */
export async function readOpenTables(client: pg.ClientBase): Promise<Breach[]> {
  return readBreaches(
    client,
    `with tables as (
       select c.oid, c.oid::regclass::text as name, relrowsecurity and relforcerowsecurity as is_forced,
              (select string_agg(quote_ident(a.attname), '') from pg_attribute as a
                where a.attrelid = c.oid and not a.attisdropped
                  and a.attname = case c.relname when 'test_suites' then 'id' else 'suite_id' end) as suite_id
         from pg_class as c
        where relnamespace = to_regnamespace('bulkhead') and relkind in ('r', 'p')
     )
     select name || ': row-level security is not on and forced' as problem,
            format('alter table %s enable row level security, force row level security;', name) as mend
       from tables where not is_forced
     union all
     select name || ': no policy for bulkhead_user',
            case when suite_id is null then format('revoke all on table %s from bulkhead_user, and write a policy for it', name)
                 else format('create policy viewers_read on %s for select to bulkhead_user '
                             'using (bulkhead.has_suite((select bulkhead.my_suites(''viewer'')), %s));', name, suite_id)
            end
       from tables as t
      where not exists (select from pg_policy as p
                         where p.polrelid = t.oid and p.polpermissive and to_regrole('bulkhead_user') = any (p.polroles))
     union all
     select c.oid::regclass || ' is no table or view, and can have no policies', format('drop materialized view %s;', c.oid::regclass)
       from pg_class as c
      where relnamespace = to_regnamespace('bulkhead') and relkind in ('m', 'f')
      order by problem`,
  );
}

const asks = `bulkhead\\.has_suite\\(\\( SELECT bulkhead\\.my_suites\\('\\w+'::text\\)( AS my_suites)?\\), (suite_)?id\\)`;
/** has_suite(…) alone, or has_suite(…) and something: what PostgreSQL makes of "or" has another bracket in front. */
const asksForSuite = `^(${asks}|\\(${asks} AND .*\\))$`;
const asksForPrincipal =
  '^\\(\\( SELECT bulkhead\\.is_admin\\(\\)( AS is_admin)?\\) OR ' +
  '\\(name = \\( SELECT bulkhead\\.current_principal\\(\\)( AS current_principal)?\\)\\)\\)$';

/** Policies that let rows through without asking in which suites the caller has a role; those of the owner do. */
export async function readLoosePolicies(client: pg.ClientBase): Promise<Breach[]> {
  return readBreaches(
    client,
    `select format('%s of %s', polname, c.oid::regclass) as problem, format('drop policy %I on %s;', polname, c.oid::regclass) as mend
       from pg_policy as p
       join pg_class as c on c.oid = p.polrelid
       join pg_namespace as n on n.oid = c.relnamespace
      where n.nspname = 'bulkhead' and polpermissive and polroles <> array[n.nspowner]
        and exists (select from (values (polqual), (polwithcheck)) as e (rule)
                     where rule is not null
                       and pg_get_expr(rule, polrelid) !~ case c.relname when 'principals' then $2 else $1 end)
      order by problem`,
    [asksForSuite, asksForPrincipal],
  );
}

/** Views that show their owner's rows to whoever may read the view. */
export async function readOpenViews(client: pg.ClientBase): Promise<Breach[]> {
  return readBreaches(
    client,
    `select c.oid::regclass::text as problem,
            case when asks then format('alter view %s set (security_barrier = true);', c.oid::regclass)
                 else format('alter view %s set (security_invoker = true);', c.oid::regclass) end as mend
       from pg_class as c, lateral (
         select coalesce(c.reloptions, '{}') as options,
                pg_get_viewdef(c.oid) like '%bulkhead.has_suite(( SELECT bulkhead.my_suites(%' as asks
       ) as v
      where relnamespace = to_regnamespace('bulkhead') and relkind = 'v'
        and not options && '{security_invoker=true,security_invoker=on}'
        and not (asks and options && '{security_barrier=true,security_barrier=on}')
      order by problem`,
  );
}
