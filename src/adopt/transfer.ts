/** Cases on their way: COPY out of the source, COPY into the session's `adopted_rows`, nothing read in between. */
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { clearAdoptedRows } from '../queries/adopt.queries.ts';

const STAGE = `copy pg_temp.adopted_rows (line, source_suite, source_id, external_key, input, expected_output, metadata, tags, status, created_at)
  from stdin`;

/** Rows in the text format of COPY; `isCut` when the COPY may have given more. */
export type Rows = { parts: Buffer[]; bytes: number; count: number; isCut: boolean };

const LF = 0x0a;

/**
 * Reads what a COPY gives, up to the end of the row with which it is `mostBytes`; what comes behind it is let go,
 * as a COPY has no other end. In its text format a line feed ends a row and is nothing else.
 */
export async function readRows(
  source: ClientBase,
  sql: string,
  mostBytes = Number.POSITIVE_INFINITY,
): Promise<Rows> {
  const rows: Rows = { parts: [], bytes: 0, count: 0, isCut: false };
  for await (const part of source.query(copyTo(sql)) as AsyncIterable<Buffer>) {
    if (rows.isCut) continue;
    const end = part.indexOf(LF, Math.max(0, mostBytes - rows.bytes - 1));
    rows.isCut = end >= 0;
    const kept = rows.isCut ? part.subarray(0, end + 1) : part;
    rows.parts.push(kept);
    rows.bytes += kept.length;
    for (let at = kept.indexOf(LF); at >= 0; at = kept.indexOf(LF, at + 1)) rows.count += 1;
  }
  return rows;
}

/** Puts rows into the session's `adopted_rows`, in place of those that were there. */
export async function stageRows(target: ClientBase, rows: Rows): Promise<void> {
  await clearAdoptedRows.run(undefined, target);
  if (rows.count > 0) await pipeline(rows.parts, target.query(copyFrom(STAGE)));
}
