/** Snapshots, and what they give. */
import { call, callOne, type Queryable } from './cases.ts';

export type Snapshot = {
  name: string;
  cases: string;
  sha256: string;
  selection: Record<string, unknown>;
  created_by: string;
};

/** Creates a snapshot of a suite. */
export async function snap(
  db: Queryable,
  suite_id: string,
  name: string,
  args: Record<string, unknown> = {},
): Promise<Snapshot> {
  return callOne<Snapshot>(db, 'create_snapshot', { suite_id, name, ...args });
}

/** What a pull of a snapshot gives. */
export async function lines(db: Queryable, suite_id: string, snapshot: string): Promise<string[]> {
  const rows = await call<{ snapshot_lines: string }>(db, 'snapshot_lines', { suite_id, snapshot });
  return rows.map((row) => row.snapshot_lines);
}

/** The suite as a pull of all of it would give it now. */
export async function present(db: Queryable, suite_id: string): Promise<string[]> {
  const { rows } = await db.query(
    `select bulkhead.case_line(c.external_key, c.input, c.expected_output, c.metadata, bulkhead.test_cases_tags(c), c.status) as line
     from bulkhead.test_cases c where c.suite_id = $1 order by c.id`,
    [suite_id],
  );
  return rows.map((row) => row.line);
}

/** What is different in two snapshots, as lines: `a changed +rag -flaky`. */
export async function differences(
  db: Queryable,
  suite_id: string,
  before: string,
  after: string,
): Promise<string[]> {
  const rows = await call<Record<string, string & string[]>>(db, 'compare_snapshots', {
    suite_id,
    before,
    after,
  });
  return rows.map((row) =>
    [
      row.external_key,
      row.change,
      ...(row.tags_added ?? []).map((tag) => `+${tag}`),
      ...(row.tags_removed ?? []).map((tag) => `-${tag}`),
    ].join(' '),
  );
}
