/** Suites, cases and operations for tests of the SQL functions. */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';

/** A client or a pool: whatever takes a query. */
export type Queryable = Pick<pg.ClientBase | pg.Pool, 'query'>;

/** A row of `bulkhead.bulk_operations`; ids and counts are strings, as pg reads bigint. */
export type Operation = {
  suite_id: string;
  id: string;
  kind: string;
  state: string;
  selection: Record<string, unknown>;
  parameters: Record<string, unknown>;
  total: string;
  processed: string;
  changed: string;
  unchanged: string;
  skipped: string;
  failed: string;
  first_errors: { case_id?: string; code: string; message: string }[];
  high_water_id: string;
  cursor_id: string;
  chunks: number;
  chunk_size: number;
  undoes_operation_id: string | null;
  retries_operation_id: string | null;
};

/** A case as `append_cases` takes it. */
export type NewCase = {
  external_key?: string;
  input?: unknown;
  expected_output?: unknown;
  metadata?: Record<string, unknown>;
  tags?: string[];
  status?: string;
};

type Row = Record<string, unknown>;

/** `select * from bulkhead.<name>(<argument> => …)`; jsonb arguments are given as JSON texts. */
export async function call<T = Row>(db: Queryable, name: string, args: Row = {}): Promise<T[]> {
  const names = Object.keys(args);
  const list = names.map((argument, index) => `${argument} => $${index + 1}`).join(', ');
  const { rows } = await db.query(`select * from bulkhead.${name}(${list})`, Object.values(args));
  return rows;
}

/** The only row that a function returns. */
export async function callOne<T = Row>(db: Queryable, name: string, args: Row = {}): Promise<T> {
  const rows = await call<T>(db, name, args);
  if (rows.length !== 1) throw new Error(`bulkhead.${name} returned ${rows.length} rows`);
  return rows[0] as T;
}

/** Creates a suite with a slug of its own and returns its id. */
export async function makeSuite(db: Queryable, args: Row = {}): Promise<string> {
  const slug = `suite-${randomBytes(6).toString('hex')}`;
  return (await callOne<{ id: string }>(db, 'create_suite', { slug, ...args })).id;
}

/** Appends cases; a case without an input gets its key, or its place, as input. */
export async function append(
  db: Queryable,
  suiteId: string,
  cases: NewCase[],
  onConflict = 'fail',
) {
  const given = cases.map((item, index) => ({ input: item.external_key ?? index + 1, ...item }));
  return call<{ ordinal: number; external_key: string | null; case_id: string; outcome: string }>(
    db,
    'append_cases',
    { suite_id: suiteId, cases: JSON.stringify(given), on_conflict: onConflict },
  );
}

/** Appends cases given as their tags by key, `{ a: 'rag flaky', b: '' }`, and returns their ids by key. */
export async function appendTagged(
  db: Queryable,
  suiteId: string,
  tagged: Record<string, string>,
): Promise<Record<string, string>> {
  const cases = Object.entries(tagged).map(([external_key, tags]) => ({
    external_key,
    tags: tags.split(' ').filter(Boolean),
  }));
  const rows = await append(db, suiteId, cases);
  return Object.fromEntries(rows.map((row) => [row.external_key, row.case_id]));
}

/** Appends so many cases, `c0001` and on, which all carry the tags. */
export async function appendMany(db: Queryable, suiteId: string, count: number, tags: string[]) {
  const cases = Array.from({ length: count }, (_, index) => ({
    external_key: `c${String(index + 1).padStart(4, '0')}`,
    tags,
  }));
  return append(db, suiteId, cases);
}

/** The tags of each case by its key, in order: `{ a: 'flaky rag', b: '' }`. */
export async function tagsByKey(db: Queryable, suiteId: string): Promise<Record<string, string>> {
  const { rows } = await db.query(
    `select c.external_key, array_to_string(bulkhead.test_cases_tags(c), ' ') as tags
     from bulkhead.test_cases c where c.suite_id = $1 order by c.id`,
    [suiteId],
  );
  return Object.fromEntries(rows.map((row) => [row.external_key, row.tags]));
}

/** The status of each case by its key. */
export async function statusByKey(db: Queryable, suiteId: string): Promise<Record<string, string>> {
  const { rows } = await db.query(
    'select external_key, status from bulkhead.test_cases where suite_id = $1 order by id',
    [suiteId],
  );
  return Object.fromEntries(rows.map((row) => [row.external_key, row.status]));
}

/** The names of a suite's dictionary with what they stand for: `{ gold: null, golden: 'gold' }`. */
export async function dictionary(
  db: Queryable,
  suiteId: string,
): Promise<Record<string, string | null>> {
  const { rows } = await db.query(
    'select name, alias_of from bulkhead.suite_tags where suite_id = $1 order by name',
    [suiteId],
  );
  return Object.fromEntries(rows.map((row) => [row.name, row.alias_of]));
}

/** Everything that an undo has to bring back: dictionary, cases and links, with what operation they come from. */
export async function wholeState(db: Queryable, suiteId: string): Promise<Row> {
  const { rows } = await db.query(
    `select
      (select jsonb_agg(to_jsonb(t) - 'created_at' order by t.name) from bulkhead.suite_tags t where t.suite_id = $1) as tags,
      (select jsonb_agg(to_jsonb(c) order by c.id) from bulkhead.test_cases c where c.suite_id = $1) as cases,
      (select jsonb_agg(to_jsonb(l) order by l.case_id, l.tag) from bulkhead.test_case_tags l where l.suite_id = $1) as links`,
    [suiteId],
  );
  return rows[0];
}

/** How an operation's cases were dealt with, as numbers. */
export function counts(operation: Operation) {
  const { total, processed, changed, unchanged, skipped, failed } = operation;
  const numbers = { total, processed, changed, unchanged, skipped, failed };
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)]));
}
