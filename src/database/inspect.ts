/**
 * What `doctor` reads from the system catalogue. Plain statements rather than generated queries:
 * they have to work on a database that has none of our objects yet.
 */
import type pg from 'pg';

/** A role as far as its rights matter here. */
export type RoleFacts = {
  name: string;
  login: boolean;
  inherits: boolean;
  /** Superuser, or one of the rights that come close to it. */
  powerful: boolean;
};

/** The roles of these names that exist. */
export async function readRoles(client: pg.ClientBase, names: string[]): Promise<RoleFacts[]> {
  const { rows } = await client.query(
    `select rolname as name, rolcanlogin as login, rolinherit as inherits,
            rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication as powerful
       from pg_roles
      where rolname = any ($1)`,
    [names],
  );
  return rows;
}

/** Whether one role may become the other. */
export async function isMember(client: pg.ClientBase, member: string, role: string) {
  const { rows } = await client.query(`select pg_has_role($1, $2, 'member') as member`, [
    member,
    role,
  ]);
  return rows[0].member as boolean;
}

/** How many objects of this database a role owns. */
export async function countOwned(client: pg.ClientBase, role: string): Promise<number> {
  const { rows } = await client.query(
    `select count(*)::int as owned
       from pg_shdepend
      where refclassid = 'pg_authid'::regclass
        and refobjid = (select oid from pg_roles where rolname = $1)
        and deptype = 'o'
        and (dbid = (select oid from pg_database where datname = current_database())
             or (classid = 'pg_database'::regclass
                 and objid = (select oid from pg_database where datname = current_database())))`,
    [role],
  );
  return rows[0].owned;
}

/** Schemas of these names that exist. */
export async function readSchemas(client: pg.ClientBase, names: string[]): Promise<string[]> {
  const { rows } = await client.query('select nspname from pg_namespace where nspname = any ($1)', [
    names,
  ]);
  return rows.map((row) => row.nspname);
}

/** What anybody at all may use in these schemas; an object without an entry has the default one. */
export async function readPublicGrants(client: pg.ClientBase, schemas: string[]) {
  const { rows } = await client.query(
    `with objects as (
       select 'schema ' || nspname as object, coalesce(nspacl, acldefault('n', nspowner)) as acl
         from pg_namespace where nspname = any ($1)
       union all
       select 'function ' || p.oid::regprocedure, coalesce(proacl, acldefault('f', proowner))
         from pg_proc p
        where pronamespace = any ($1::text[]::regnamespace[])
          and not exists (select from pg_depend -- an extension's functions are its own affair
                           where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
       union all
       select 'relation ' || c.oid::regclass, coalesce(relacl, acldefault('r', relowner))
         from pg_class c
        where relnamespace = any ($1::text[]::regnamespace[]) and relkind in ('r', 'p', 'v', 'm')
     )
     select distinct object
       from objects, aclexplode(acl) as granted
      where granted.grantee = 0
      order by object`,
    [schemas],
  );
  return rows.map((row) => row.object as string);
}
