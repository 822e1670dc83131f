/** A suite as large as a plan says, in a real database, and what it takes there. */
import type pg from 'pg';
import type { PlanInput } from '../../src/plan/input.ts';
import type { Operation } from '../helpers/cases.ts';
import { readPage } from '../helpers/markdown.ts';
import { runToEnd } from '../helpers/operations.ts';

/** Appends the cases with their tags, edits as many as the plan says, and returns the suite's id. */
export async function fillSuite(client: pg.ClientBase, input: PlanInput): Promise<string> {
  const { rows } = await client.query("select id from bulkhead.create_suite('planned')");
  const suiteId: string = rows[0].id;
  for (let from = 0; from < input.cases; from += input.perAppend) {
    const count = Math.min(input.perAppend, input.cases - from);
    const cases = Array.from({ length: count }, (_, index) => caseOf(from + index, input));
    await client.query('select from bulkhead.append_cases($1, $2)', [
      suiteId,
      JSON.stringify(cases),
    ]);
  }
  await client.query(
    `update bulkhead.test_cases set input = to_jsonb('edited ' || (input #>> '{}'))
     where suite_id = $1 and id % 100 < $2`,
    [suiteId, input.edits * 100],
  );
  return suiteId;
}

const pages = ['using', 'cookbook', 'formats', 'access', 'cli'].map((name) => `docs/${name}.md`);
const text = pages.map(readPage).join('\n');

/** Of the project's own pages: made-up text compresses as no text does. */
function caseOf(number: number, input: PlanInput) {
  const from = (number * 977) % (text.length - input.caseBytes);
  const some = text.slice(from, from + input.caseBytes);
  const middle = Math.ceil(input.caseBytes * 0.75);
  return {
    input: some.slice(0, middle),
    expected_output: some.slice(middle),
    external_key: scattered(number).padEnd(input.keyBytes, 'k').slice(0, input.keyBytes),
    tags: Array.from({ length: input.tags }, (_, index) =>
      `tag_${(number * 7 + index * 11) % 30}`.padEnd(input.tagBytes, '_'),
    ),
  };
}

/** Keys in no order, all different. */
const scattered = (number: number) => `${(number * 7919) % 1_000_003}/${number}/`;

/** One bulk change of `bulk` cases, chunk by chunk; returns the bytes of WAL of its chunks where the server counts them. */
export async function tagBulk(client: pg.ClientBase, suiteId: string, input: PlanInput) {
  const { rows } = await client.query(
    `select * from bulkhead.bulk_tag($1, add => array[rpad('bulk', $2, '_')], case_ids => array(
       select id from bulkhead.test_cases where suite_id = $1 order by id limit $3))`,
    [suiteId, input.tagBytes, input.bulk],
  );
  const before = await readWal(client);
  const operation = await runToEnd(client, rows[0] as Operation);
  const after = await readWal(client);
  return { operation, walBytes: before === undefined ? undefined : (after ?? 0) - before };
}

/** The WAL that this session has written: other tests write theirs at the same time. PostgreSQL 18 counts it. */
async function readWal(client: pg.ClientBase): Promise<number | undefined> {
  const { rows } = await client.query('show server_version_num');
  if (Number(rows[0].server_version_num) < 180000) return undefined;
  await client.query('select pg_stat_force_next_flush()');
  const wal = await client.query('select wal_bytes from pg_stat_get_backend_wal(pg_backend_pid())');
  return Number(wal.rows[0].wal_bytes);
}
