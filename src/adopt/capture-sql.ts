/**
 * What an adoption puts into a source that it follows by triggers: one schema with a queue, and triggers that write
 * into it which cases have changed, not how. Dropping the schema with its functions takes all of it away.
 */
import pg from 'pg';
import type { ResolvedMapping } from './mapping.ts';
import { sqlNames } from './source-sql.ts';

const literal = pg.escapeLiteral;

/** Tables of the queue. There is no key that two writers could meet in: they never wait for each other. */
export const queueSql = `
  create schema if not exists bulkhead_adopt;
  create sequence if not exists bulkhead_adopt.changes_seq;
  create table if not exists bulkhead_adopt.changes (
    seq bigint not null default nextval('bulkhead_adopt.changes_seq') primary key,
    kind text not null,
    id text,
    external_key text
  );
  create table if not exists bulkhead_adopt.closed_suites (suite text not null primary key);
  comment on schema bulkhead_adopt is 'Made by "bulkhead adopt"; "bulkhead adopt back", or drop schema … cascade, takes it away.'`;

/** A trigger with its function; `table` is quoted. */
export type Capture = { table: string; name: string; event: string; functionSql: string };

type Event = 'insert' | 'update' | 'delete';
const rowsOf: Record<Event, string[]> = {
  insert: ['new_rows'],
  update: ['old_rows', 'new_rows'],
  delete: ['old_rows'],
};
const tables: Record<Event, string> = {
  insert: 'referencing new table as new_rows',
  update: 'referencing old table as old_rows new table as new_rows',
  delete: 'referencing old table as old_rows',
};

/** The triggers that a mapping needs. */
export function captures(mapping: ResolvedMapping): Capture[] {
  const names = sqlNames(mapping);
  const { through } = mapping.cases;
  const between = through
    ? ` left join ${names.through} v on ${names.throughId} = ${names.caseSuite}`
    : '';
  const caseOf = `${names.caseId}::text, ${names.key}`;
  const made: Capture[] = [];
  const add = (table: string, what: string, event: Event, note: (rows: string) => Note) =>
    made.push(makeCapture(table, what, event, rowsOf[event].map(note)));
  for (const event of ['insert', 'update', 'delete'] as const) {
    add(names.cases, 'case', event, (rows) => ({
      select: `'case', ${caseOf} from ${rows} c`,
      touched: `${rows} c${between}`,
      suite: names.suite,
    }));
    add(names.links, 'link', event, (rows) => ({
      select: `'case', ${names.linkCase}::text, null from ${rows} l`,
      touched: `${rows} l join ${names.cases} c on ${names.caseId} = ${names.linkCase}${between}`,
      suite: names.suite,
    }));
    if (event === 'insert') continue;
    add(names.tags, 'tag', event, (rows) => ({
      select: `'tag', ${names.tagId}::text, null from ${rows} t`,
    }));
    if (names.through)
      add(names.through, 'through', event, (rows) => ({
        select: `'through', ${names.throughId}::text, null from ${rows} v`,
      }));
  }
  for (const [table, what] of [
    [names.cases, 'case'],
    [names.links, 'link'],
    [names.tags, 'tag'],
  ] as const)
    made.push(makeCapture(table, what, 'truncate', [{ select: `'all', null, null` }]));
  return made;
}

/** What a change puts into the queue, and, where suites can be closed, the rows with their suites. */
type Note = { select: string; touched?: string; suite?: string };

function makeCapture(
  table: string,
  what: string,
  event: Event | 'truncate',
  notes: Note[],
): Capture {
  const name = `bulkhead_adopt_${what}_${event}`;
  const checks = notes.flatMap(({ touched, suite }) =>
    touched
      ? [
          `if exists (select from bulkhead_adopt.closed_suites) and exists (
             select from ${touched} join bulkhead_adopt.closed_suites k on k.suite = ${suite}::text
           ) then
             raise exception using errcode = '55000', message = 'this suite has moved to Bulkhead and is closed here',
               hint = 'Write to Bulkhead instead; "bulkhead adopt status" shows which suites have moved.';
           end if;`,
        ]
      : [],
  );
  const inserts = notes.map(
    ({ select }) => `insert into bulkhead_adopt.changes (kind, id, external_key) select ${select};`,
  );
  return {
    table,
    name,
    event: event === 'truncate' ? 'truncate' : `${event} on ${table} ${tables[event]}`,
    functionSql: `create or replace function bulkhead_adopt.${name}() returns trigger
      language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
      as $capture$ begin ${checks.join('\n')} ${inserts.join('\n')} return null; end $capture$`,
  };
}

/**
 * Makes the trigger of a capture; the table is locked against writers for as long as that takes. PostgreSQL 10 has no
 * EXECUTE FUNCTION yet.
 */
export const triggerSql = ({ table, name, event }: Capture) =>
  `create trigger ${name} after ${event === 'truncate' ? `truncate on ${table}` : event}
   for each statement execute procedure bulkhead_adopt.${name}()`;

/** Rights that the login lacks to make the queue and the triggers, a row for each. */
export function missingRightsSql(mapping: ResolvedMapping): string {
  const tables = [...new Set(captures(mapping).map(({ table }) => table))];
  return `
    select 'CREATE on the database ' || current_database() as missing
    where to_regnamespace('bulkhead_adopt') is null and not has_database_privilege(current_database(), 'create')
    union all
    select 'TRIGGER on ' || t.name from unnest(array[${tables.map(literal).join(', ')}]) as t (name)
    where not has_table_privilege(t.name, 'trigger')`;
}

/** Whether a trigger is there. */
export const hasTriggerSql = ({ table, name }: Capture) =>
  `select exists (select from pg_trigger where tgrelid = ${literal(table)}::regclass and tgname = ${literal(name)}) as present`;

/** Takes a trigger away. */
export const dropTriggerSql = ({ table, name }: Capture) =>
  `drop trigger if exists ${name} on ${table}`;

/** Whether the queue is there. */
export const hasQueueSql = `select to_regclass('bulkhead_adopt.changes') is not null as present`;

/** Takes the queue away. */
export const dropQueueSql = 'drop schema if exists bulkhead_adopt cascade';

/** The number of the newest change. */
export const newestChangeSql = 'select max(seq)::text as seq from bulkhead_adopt.changes';

/** The next changes behind one number and up to another; those that are committed late are read later, whatever their number. */
export const readQueueSql = `
  select q.seq::text, q.kind, q.id, q.external_key as "externalKey" from bulkhead_adopt.changes q
  where q.seq > $1 and q.seq <= $2 order by q.seq limit $3`;

/** Exactly those that were read: a lower number may be committed meanwhile. */
export const clearQueueSql = 'delete from bulkhead_adopt.changes where seq = any ($1::bigint[])';

/** How many changes wait. */
export const countQueueSql = 'select count(*)::integer as waiting from bulkhead_adopt.changes';

/** Closes a suite on the source; gives the transaction that does. */
export const closeSuiteSql = `
  insert into bulkhead_adopt.closed_suites (suite) values ($1) on conflict (suite) do update set suite = excluded.suite
  returning txid_current()::text as transaction`;

/** Opens a suite of the source again. */
export const openSuiteSql = 'delete from bulkhead_adopt.closed_suites where suite = $1';

/**
 * Whether every transaction that could have written before the suite was closed has ended: those that have an id, which
 * they hold a lock on until they end, and those that read as of an earlier moment, and so would not see that it is closed
 * when they write. Of other logins' transactions the second is seen with the rights of pg_read_all_stats only. What other
 * databases of the server do is no matter: the xmin of a snapshot would wait for them too.
 */
export const hasSettledSql = `
  with closing as (select age(($1::bigint % 4294967296)::text::xid) as age)
  select not exists (
    select from pg_locks l
    left join pg_stat_activity a on a.pid = l.pid
    left join pg_prepared_xacts p on p.transaction = l.transactionid
    where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and age(l.transactionid) >= closing.age
      and coalesce(a.datname, p.database, current_database()) = current_database()
  ) and not exists (
    select from pg_stat_activity a
    where a.datname = current_database() and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
      and age(a.backend_xmin) >= closing.age
  ) as settled
  from closing`;

/** The cases that carry these tags; or are filed under these rows of the table between, with their keys, by which they leave a suite. */
export function casesOfSql(mapping: ResolvedMapping, kind: 'tag' | 'through'): string {
  const { links, linkCase, linkTag, cases, caseId, caseSuite, key } = sqlNames(mapping);
  return kind === 'tag'
    ? `select distinct ${linkCase}::text as id, null as key from ${links} l where ${linkTag}::text = any ($1)`
    : `select ${caseId}::text as id, ${key} as key from ${cases} c where ${caseSuite}::text = any ($1)`;
}
