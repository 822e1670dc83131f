/**
 * What `doctor` reads of logins and roles from the system catalogue. Plain statements rather than generated queries: they have
 * to work on a database that has none of our objects yet. Names come out qualified, since doctor sets a search_path without our schemas.
 */
import type pg from 'pg';

/** Something that is wrong, and the command that mends it. */
export type Breach = { problem: string; mend: string };

/** A role as far as its rights matter here. */
export type RoleFacts = {
  name: string;
  login: boolean;
  inherits: boolean;
};

/** The schemas whose objects are Bulkhead's. */
export const ownSchemas = ['bulkhead', 'bulkhead_private', 'bulkhead_partitions'];

/** The roles of these names that exist. */
export async function readRoles(client: pg.ClientBase, names: string[]): Promise<RoleFacts[]> {
  const { rows } = await client.query(
    `select rolname as name, rolcanlogin as login, rolinherit as inherits
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

/** Schemas of these names that exist. */
export async function readSchemas(client: pg.ClientBase, names: string[]): Promise<string[]> {
  const { rows } = await client.query('select nspname from pg_namespace where nspname = any ($1)', [
    names,
  ]);
  return rows.map((row) => row.nspname);
}

/** What comes close to a superuser, of roles that should be nothing of the kind. */
export async function readPowers(client: pg.ClientBase, roles: string[]): Promise<Breach[]> {
  return readBreaches(
    client,
    `select format('%s is %s', r.rolname, string_agg(p.power, ', ')) as problem,
            format('alter role %I %s; -- as a superuser', r.rolname, string_agg('no' || p.power, ' ')) as mend
       from pg_roles as r,
            lateral (values ('superuser', r.rolsuper), ('createrole', r.rolcreaterole), ('createdb', r.rolcreatedb),
                            ('bypassrls', r.rolbypassrls), ('replication', r.rolreplication)) as p (power, has)
      where r.rolname = any ($1) and p.has
      group by r.rolname
      order by r.rolname`,
    [roles],
  );
}

/** What these roles may become, beside the role of a request. */
export async function readMemberships(client: pg.ClientBase, roles: string[]): Promise<Breach[]> {
  return readBreaches(
    client,
    `select format('%s is a member of %s%s', m.member::regrole, m.roleid::regrole,
                   case when m.roleid <> current_user::regrole and pg_has_role(m.roleid, current_user, 'member')
                        then ', and so of the owner' end) as problem,
            format('revoke %s from %s;', m.roleid::regrole, m.member::regrole) as mend
       from pg_auth_members as m
      where m.member in (select oid from pg_roles where rolname = any ($1)) and m.roleid::regrole::text <> 'bulkhead_user'
     union all
     select format('%s may give %s to others', m.member::regrole, m.roleid::regrole),
            format('revoke admin option for %s from %s;', m.roleid::regrole, m.member::regrole)
       from pg_auth_members as m
      where m.member in (select oid from pg_roles where rolname = any ($1)) and m.roleid::regrole::text = 'bulkhead_user' and m.admin_option
      order by 1`,
    [roles],
  );
}

/** How many objects of this database these roles own, who should own none. */
export async function readOwned(client: pg.ClientBase, roles: string[]): Promise<Breach[]> {
  return readBreaches(
    client,
    `select format('%s owns %s object(s)', r.rolname, count(*)) as problem,
            format('reassign owned by %I to %I;', r.rolname, current_user) as mend
       from pg_shdepend as d
       join pg_roles as r on r.oid = d.refobjid
       join pg_database as here on here.datname = current_database()
      where d.refclassid = 'pg_authid'::regclass and d.deptype = 'o' and r.rolname = any ($1)
        and (d.dbid = here.oid or (d.classid = 'pg_database'::regclass and d.objid = here.oid))
      group by r.rolname
      order by r.rolname`,
    [roles],
  );
}

/** What keeps a login that went astray from taking the whole server with it, and is not set. */
export async function readMissingLimits(client: pg.ClientBase, role: string): Promise<Breach[]> {
  return readBreaches(
    client,
    `select format('%s has no %s', r.rolname, l.name) as problem,
            format('alter role %I in database %I set %s = %L;', r.rolname, current_database(), l.name, l.wanted) as mend
       from pg_roles as r,
            (values ('statement_timeout', '30s'), ('idle_in_transaction_session_timeout', '60s')) as l (name, wanted)
      where r.rolname = $1
        and not exists (
          select from pg_db_role_setting as s, unnest(s.setconfig) as c (setting)
           where s.setrole in (r.oid, 0)
             and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
             and c.setting like l.name || '=%' and c.setting !~ '=0[a-z]*$')
     union all
     select format('%s may take every connection of the server', rolname), format('alter role %I connection limit 100;', rolname)
       from pg_roles
      where rolname = $1 and rolconnlimit < 0`,
    [role],
  );
}

/** Makes names come out qualified, whatever the login or the URL has set. */
export async function qualifyNames(client: pg.ClientBase): Promise<void> {
  await client.query('set search_path = pg_catalog, pg_temp');
}

/** Runs a query for what is wrong. */
export async function readBreaches(
  client: pg.ClientBase,
  sql: string,
  values: unknown[] = [],
): Promise<Breach[]> {
  const { rows } = await client.query(sql, values);
  return rows;
}
