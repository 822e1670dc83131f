/** How PostgreSQL lays rows out: https://www.postgresql.org/docs/current/storage-page-layout.html */
import { settings } from './coefficients.ts';
import { showBytes, showNumber } from './units.ts';

/** Bytes of a page, of its header, and of the pointer to each row in it. */
export const page = 8192;
const pageHeader = 24;
const linePointer = 4;
/** What a B-tree page keeps at its end. */
const btreeSpecial = 16;
const indexHeader = 8;
/** A row longer than this is compressed and, if that is not enough, moved out to TOAST by its largest values. */
const toastThreshold = 2032;
const toastChunk = 1996;

/** A value in a row: its bytes, and the multiple at which it begins. */
export type Value = { bytes: number; align: 1 | 4 | 8 };

/** So many bytes with what the row or index needs, and in words how they come about. */
export type Sized = { bytes: number; how: string };

export const bigint: Value = { bytes: 8, align: 8 };
export const integer: Value = { bytes: 4, align: 4 };

/** A text, bytea, array or jsonb of so many bytes: up to 126 with a header of one byte, else with one of four. */
export const varying = (bytes: number): Value =>
  bytes <= 126 ? { bytes: bytes + 1, align: 1 } : { bytes: bytes + 4, align: 4 };

export const roundUp = (bytes: number, multiple: number) => Math.ceil(bytes / multiple) * multiple;

/** The bytes of a row: header (23 bytes and a bit for each column if one is null), and values at their multiples. */
export function rowBytes(values: readonly Value[], columns: number, hasNulls = true): number {
  let end = roundUp(23 + (hasNulls ? Math.ceil(columns / 8) : 0), 8);
  for (const { bytes, align } of values) end = roundUp(end, align) + bytes;
  return end;
}

/** A table of so many rows. */
export function heap(rows: number, row: number, fillFactor = 1): Sized {
  const room = page - pageHeader - Math.floor(page * (1 - fillFactor));
  const each = Math.max(1, Math.floor(room / (roundUp(row, 8) + linePointer)));
  const full = fillFactor < 1 ? `, filled to ${fillFactor * 100}%` : '';
  return {
    bytes: Math.ceil(rows / each) * page,
    how: `${showNumber(rows)} rows of ${showNumber(row)} B, ${showNumber(each)} in a page of 8 KiB${full}`,
  };
}

/** A B-tree of so many entries over these columns, its leaves so full; in a partitioned table each has a page of its own. */
export function btree(
  entries: number,
  values: readonly Value[],
  fill: number,
  isPartitioned = true,
): Sized {
  let end: number = indexHeader;
  for (const { bytes, align } of values) end = roundUp(end, align) + bytes;
  const entry = roundUp(end, 8) + linePointer;
  const each = Math.floor(((page - pageHeader - btreeSpecial) * fill) / entry);
  const leaves = Math.ceil(entries / each);
  const fixed = isPartitioned ? settings.partitions : 1;
  return {
    bytes: (leaves + Math.ceil(leaves / 100) + fixed) * page,
    how: `${showNumber(entries)} entries of ${entry} B, leaves ${Math.round(fill * 100)}% full`,
  };
}

/** What becomes of the values of a row that is too long: the row that stays, and each value that moves out. */
export type Toasted = { row: number; moved: number[]; isCompressed: boolean };

/** Toasts the long values of a row, the largest first, as far as is needed. */
export function toast(
  long: readonly number[],
  row: (values: readonly Value[]) => number,
  compression: number,
): Toasted {
  const kept = long.map((bytes) => varying(bytes));
  const moved: number[] = [];
  if (row(kept) <= toastThreshold) return { row: row(kept), moved, isCompressed: false };
  const order = long.map((_, index) => index).sort((a, b) => (long[b] ?? 0) - (long[a] ?? 0));
  const compressed = long.map((bytes) => Math.ceil(bytes * compression));
  for (const index of order)
    if (row(kept) > toastThreshold) kept[index] = varying(compressed[index] ?? 0);
  for (const index of order) {
    if (row(kept) <= toastThreshold) break;
    moved.push(compressed[index] ?? 0);
    kept[index] = { bytes: 18, align: 1 };
  }
  return { row: row(kept), moved, isCompressed: true };
}

/** The TOAST table, with its index, of so many rows that move these values out. */
export function toastTable(
  rows: number,
  { moved }: Pick<Toasted, 'moved'>,
  isPartitioned = true,
): Sized {
  const empty = (isPartitioned ? settings.partitions : 1) * page;
  if (moved.length === 0) return { bytes: empty, how: 'empty' };
  const chunks = moved.flatMap((bytes) => {
    const whole = Math.floor(bytes / toastChunk);
    return [...Array(whole).fill(toastChunk), bytes - whole * toastChunk].filter((b) => b > 0);
  });
  const bytesEach = chunks
    .map((bytes) => roundUp(rowBytes([integer, integer, varying(bytes)], 3, false), 8))
    .reduce((sum, bytes) => sum + bytes + linePointer, 0);
  // a row of a quarter of a page leaves no gap; shorter remainders fill the pages that are there
  const pages = Math.ceil((rows * bytesEach) / (page - pageHeader));
  const index = btree(rows * chunks.length, [integer, integer], 0.9, isPartitioned);
  return {
    bytes: pages * page + index.bytes,
    how: `${showNumber(rows)} × ${showBytes(moved.reduce((a, b) => a + b, 0))} in ${chunks.length} pieces`,
  };
}
