/** What `doctor` reads of grants from the system catalogue: who has what they should not have. */
import type pg from 'pg';
import { type Breach, ownSchemas, readBreaches } from './inspect.ts';

/** Schemas that nobody but the owner reaches, beside our own. */
const toolSchemas = ['graphile_worker', 'graphile_migrate'];

/**
 * Every grant on a database object: what it is, how GRANT and REVOKE call it, to whom (0 is PUBLIC), and what. An object
 * without an entry has the default one; what came with an extension is its own affair.
 */
const granted = `
  select o.schema, o.kind, o.kind || ' ' || o.name as object, o.target, g.grantee, g.privilege_type as privilege, o.owner, o.column_name, o.parent,
         case g.grantee when 0 then 'public' else g.grantee::regrole::text end as who
    from (
      select null as schema, 'database' as kind, quote_ident(datname) as name, 'database ' || quote_ident(datname) as target, datdba as owner,
             coalesce(datacl, acldefault('d', datdba)) as acl, null as column_name, null as parent
        from pg_database where datname = current_database()
      union all
      select nspname, 'schema', quote_ident(nspname), 'schema ' || quote_ident(nspname), nspowner, coalesce(nspacl, acldefault('n', nspowner)), null, null
        from pg_namespace
      union all
      select pronamespace::regnamespace::text, 'function', p.oid::regprocedure::text, 'routine ' || p.oid::regprocedure, proowner,
             coalesce(proacl, acldefault('f', proowner)), null, null
        from pg_proc as p
       where not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
      union all
      select relnamespace::regnamespace::text, case relkind when 'S' then 'sequence' else 'relation' end, c.oid::regclass::text,
             case relkind when 'S' then 'sequence ' else 'table ' end || c.oid::regclass, relowner,
             coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner)), null, null
        from pg_class as c where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      union all
      select relnamespace::regnamespace::text, 'column', format('%s(%I)', c.oid::regclass, attname),
             format('(%I) on table %s', attname, c.oid::regclass), relowner, attacl,
             quote_ident(attname), c.oid::regclass::text
        from pg_attribute as a join pg_class as c on c.oid = a.attrelid where attacl is not null
    ) as o
   cross join aclexplode(o.acl) as g
   where g.grantee <> o.owner`;

/** How each of these grants is taken back; the columns of a table have a syntax of their own. */
const breaches = `
  select distinct object || case when who <> 'public' then ': ' || who else '' end as problem,
         format('revoke all %s from %s;', case kind when 'column' then target else 'on ' || target end, who) as mend
    from granted`;

/** What anybody at all may use. */
export async function readPublicGrants(client: pg.ClientBase): Promise<Breach[]> {
  return readBreaches(
    client,
    `with granted as (${granted})
     ${breaches}
      where grantee = 0
        and (kind = 'database' or schema = any ($1) or (kind = 'schema' and (schema = any ($2) or schema = 'public')))
      order by problem`,
    [ownSchemas, toolSchemas],
  );
}

/** What anybody would be given of objects that are made later. */
export async function readDefaultGrants(client: pg.ClientBase): Promise<Breach[]> {
  return readBreaches(
    client,
    `with kinds (code, name) as (
       values ('r'::"char", 'tables'), ('S'::"char", 'sequences'), ('f'::"char", 'functions')
     ), owners as (
       select distinct nspowner as owner from pg_namespace where nspname = any ($1)
     ), defaults as (
       select owner, code, name, '' as place,
              coalesce((select defaclacl from pg_default_acl where defaclrole = owner and defaclnamespace = 0 and defaclobjtype = code),
                       acldefault(case code when 'S' then 's' else code end, owner)) as acl
         from owners, kinds
       union all
       select defaclrole, code, name, format(' in schema %s', defaclnamespace::regnamespace), defaclacl
         from pg_default_acl join kinds on code = defaclobjtype
        where defaclrole in (select owner from owners) and defaclnamespace <> 0
     )
     select distinct format('%s of the future%s: %s', d.name, d.place, w.who) as problem,
            format('alter default privileges for role %s%s revoke all on %s from %s;', d.owner::regrole, d.place, d.name, w.who) as mend
       from defaults as d, aclexplode(d.acl) as g,
            lateral (select case g.grantee when 0 then 'public' else g.grantee::regrole::text end) as w (who)
      where w.who in ('public', 'bulkhead_user', 'bulkhead_api')
      order by problem`,
    [ownSchemas],
  );
}

/** What somebody but the owner may use of the schemas that are the owner's alone. */
export async function readPrivateGrants(client: pg.ClientBase): Promise<Breach[]> {
  return readBreaches(
    client,
    `with granted as (${granted})
     ${breaches}
      where grantee <> 0
        and (schema in ('bulkhead_private', 'bulkhead_partitions')
             or (schema = any ($1) and who in ('bulkhead_user', 'bulkhead_api')))
      order by problem`,
    [toolSchemas],
  );
}

/** Ways to change the data of the API beside its functions and the columns that may be updated; TRUNCATE asks no policy. */
export async function readWriteGrants(client: pg.ClientBase, login: string): Promise<Breach[]> {
  return readBreaches(
    client,
    `with granted as (${granted})
     ${breaches}
      where schema = 'bulkhead' and who = quote_ident($1) and who <> 'bulkhead_user'
     union all
     -- taking a privilege on a table takes the same one on its columns as well, which are given back
     select object || ': ' || who || ', ' || lower(privilege),
            concat_ws(' ', format('revoke %s %s from %s;', lower(privilege), case kind when 'column' then target else 'on ' || target end, who),
                      (select format('grant %s (%s) on %s to %s;', lower(g.privilege), string_agg(g.column_name, ', '), g.parent, g.who)
                         from granted as g
                        where g.kind = 'column' and 'table ' || g.parent = granted.target and g.privilege = granted.privilege
                          and g.who = granted.who
                        group by g.privilege, g.parent, g.who))
       from granted
      where schema = 'bulkhead' and who = 'bulkhead_user'
        and (kind = 'sequence' or (kind = 'relation' and privilege <> 'SELECT') or (kind = 'schema' and privilege <> 'USAGE')
             or (kind = 'column' and privilege not in ('SELECT', 'INSERT', 'UPDATE')))
      order by problem`,
    [login],
  );
}
