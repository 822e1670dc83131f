/** What `doctor` reads of keys, tokens and principals, once the migrations have made their tables. */
import type pg from 'pg';
import { type Breach, readBreaches } from './inspect.ts';

/** Makes a key as the migration does; requests that are under way with another one fail, and succeed when they are sent again. */
const newSigningKey = `
  with k as (select sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) as key),
  b as (select p, case when p < 32 then get_byte(key, p) else 0 end as byte from k, generate_series(0, 63) as p)
  insert into bulkhead_private.signing_key (inner_pad, outer_pad)
  select decode(string_agg(lpad(to_hex(byte # 54), 2, '0'), '' order by p), 'hex'),
  decode(string_agg(lpad(to_hex(byte # 92), 2, '0'), '' order by p), 'hex') from b;`
  .replace(/\s+/g, ' ')
  .trim();

/** Whether there is a key to sign the settings of a request with, as long as it should be. */
export async function readKeyFaults(client: pg.ClientBase): Promise<Breach[]> {
  return readBreaches(
    client,
    `select case when count(*) = 0 then 'there is none' else 'it is not of 64 bytes' end as problem,
            case when count(*) = 0 then '' else 'delete from bulkhead_private.signing_key; ' end || $1 as mend
       from bulkhead_private.signing_key
     having count(*) <> 1 or bool_or(length(inner_pad) <> 64 or length(outer_pad) <> 64)`,
    [newSigningKey],
  );
}

/** Who reads the key without a grant on it: members of pg_read_all_data, who are neither superusers nor act as the owner. */
export async function readKeyReaders(client: pg.ClientBase): Promise<Breach[]> {
  return readBreaches(
    client,
    `select format('%s reads all data, the key included', m.member::regrole) as problem,
            format('revoke pg_read_all_data from %s; -- as a superuser', m.member::regrole) as mend
       from pg_auth_members as m
       join pg_roles as r on r.oid = m.member
      where m.roleid = 'pg_read_all_data'::regrole and not r.rolsuper and not pg_has_role(r.oid, current_user, 'member')
      order by problem`,
  );
}

/** Tokens without an end, and those that ended a month ago and are still on the list. */
export async function readDoubtfulTokens(client: pg.ClientBase): Promise<Breach[]> {
  return readBreaches(
    client,
    `select c.principal || case when c.expires_at = 'infinity' then ' (' || p.display_name || ') never expires'
                                else ' expired on ' || to_char(c.expires_at, 'YYYY-MM-DD') end as problem,
            'bulkhead token revoke ' || c.principal as mend
       from bulkhead_private.credentials as c
       join bulkhead.principals as p on p.name = c.principal
      where c.kind = 'token' and (c.expires_at = 'infinity' or c.expires_at < clock_timestamp() - interval '30 days')
      order by c.created_at, problem`,
  );
}

/** Sessions and tokens of principals who are shut out: they would count again for whoever is let in again. */
export async function readShutOut(client: pg.ClientBase): Promise<Breach[]> {
  return readBreaches(
    client,
    `select format('%s is shut out, and has %s session(s) or token(s)', c.principal, count(*)) as problem,
            format('delete from bulkhead_private.credentials where principal = %L;', c.principal) as mend
       from bulkhead_private.credentials as c
       join bulkhead.principals as p on p.name = c.principal and p.disabled_at is not null
      group by c.principal
      order by c.principal`,
  );
}

/** Whether anybody can create suites and manage principals without being the owner of the database. */
export async function readMissingAdmin(client: pg.ClientBase): Promise<Breach[]> {
  return readBreaches(
    client,
    `select 'nobody yet; the owner of the database creates suites and members' as problem,
            'bulkhead principal set person:you@example.com --admin' as mend
      where not exists (select from bulkhead.principals where is_admin and disabled_at is null)`,
  );
}
