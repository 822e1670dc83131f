/**
 * What an adoption puts into a source that it follows by triggers: one schema with a queue, and triggers that write
 * into it which cases have changed, not how. Dropping the schema with its functions takes all of it away.
 */
import pg from 'pg';
import type { ResolvedMapping } from './mapping.ts';
import { list, sqlNames } from './source-sql.ts';

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

/**
 * The triggers that a mapping needs. The suites that are closed stand in the functions, as constants: looked up in a table
 * they would make each append to the source slower, and a transaction that reads as of an earlier moment would not find them.
 */
export function captures(mapping: ResolvedMapping, closed: readonly string[] = []): Capture[] {
  const names = sqlNames(mapping);
  const { through } = mapping.cases;
  const between = through
    ? ` left join ${names.through} v on ${names.throughId} = ${names.caseSuite}`
    : '';
  const caseOf = `${names.caseId}::text, ${names.key}`;
  const made: Capture[] = [];
  const add = (table: string, what: string, event: Event, note: (rows: string) => Note) =>
    made.push(makeCapture(table, what, event, rowsOf[event].map(note), closed));
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

/** The tables that have triggers. */
const capturedTables = (mapping: ResolvedMapping) => [
  ...new Set(captures(mapping).map(({ table }) => table)),
];

/** What a change puts into the queue, and, where suites can be closed, the rows with their suites. */
type Note = { select: string; touched?: string; suite?: string };

function makeCapture(
  table: string,
  what: string,
  event: Event | 'truncate',
  notes: Note[],
  closed: readonly string[] = [],
): Capture {
  const name = `bulkhead_adopt_${what}_${event}`;
  const checks = notes.flatMap(({ touched, suite }) =>
    touched && closed.length > 0
      ? [
          `if exists (select from ${touched} where ${suite}::text = any (${list(closed)})) then
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
  return `
    select 'CREATE on the database ' || current_database() as missing
    where to_regnamespace('bulkhead_adopt') is null and not has_database_privilege(current_database(), 'create')
    union all
    select 'TRIGGER on ' || t.name from unnest(${list(capturedTables(mapping))}) as t (name)
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

/** The suites that are closed. */
export const closedSuitesSql = 'select suite from bulkhead_adopt.closed_suites order by suite';

/** Makes these suites those that are closed: all of it at once, as statements of one query are one transaction. */
export const closeSuitesSql = (mapping: ResolvedMapping, closed: readonly string[]) =>
  [
    'delete from bulkhead_adopt.closed_suites',
    `insert into bulkhead_adopt.closed_suites (suite) select unnest(${list(closed)})`,
    ...captures(mapping, closed).map(({ functionSql }) => functionSql),
  ].join(';\n');

/**
 * Transactions that have locked one of the tables to write to it: whoever locks one later does so by the functions as they
 * are then. A prepared one has no process, and another name than it had before.
 */
export const writersSql = (mapping: ResolvedMapping) => `
  select distinct l.virtualtransaction as name, l.pid is null as "isPrepared"
  from pg_locks l
  where l.locktype = 'relation' and l.granted and l.pid is distinct from pg_backend_pid()
    and l.database = (select d.oid from pg_database d where d.datname = current_database())
    and l.relation = any (${list(capturedTables(mapping))}::regclass[])
    and l.mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`;

/** The cases that carry these tags; or are filed under these rows of the table between, with their keys, by which they leave a suite. */
export function casesOfSql(mapping: ResolvedMapping, kind: 'tag' | 'through'): string {
  const { links, linkCase, linkTag, cases, caseId, caseSuite, key } = sqlNames(mapping);
  return kind === 'tag'
    ? `select distinct ${linkCase}::text as id, null as key from ${links} l where ${linkTag}::text = any ($1)`
    : `select ${caseId}::text as id, ${key} as key from ${cases} c where ${caseSuite}::text = any ($1)`;
}
