/** The rows of a file on their way into the session's `import_rows`: what the command line and the HTTP API share. */
import { type ClientBase, DatabaseError } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { encodeRow, type ImportRow } from './copy.ts';
import { ImportRefused, makeProblems } from './problems.ts';
import type { Unit } from './records.ts';

const COPY_ROWS =
  'copy pg_temp.import_rows (line, external_key, input, expected_output, metadata, tags, status) from stdin';

/** Bytes of one COPY: so many that its round trip is nothing; or, while others are in a hurry, so few that it takes milliseconds. */
const BATCH = 512 * 1024;
const SMALL_BATCH = 128 * 1024;

/** With less room than this the next row may find none. */
const ROOM = 16 * 1024;

/** Rows of one COPY, encoded: `size` bytes of the buffer, and the line of each row. */
export type Batch = { buffer: Uint8Array; size: number; lines: number[] };

type Filling = Batch & { buffer: Buffer };

const makeBatch = (): Filling => ({ buffer: Buffer.allocUnsafeSlow(BATCH), size: 0, lines: [] });

/** Adds a row; a text is at most three bytes a character, and one that is too long gets room. */
function addRow(batch: Filling, row: ImportRow): void {
  const text = encodeRow(row);
  if (batch.size + text.length * 3 > batch.buffer.length) {
    const length = Buffer.byteLength(text);
    if (batch.size + length > batch.buffer.length)
      batch.buffer = Buffer.concat([batch.buffer.subarray(0, batch.size)], batch.size + length);
  }
  batch.size += batch.buffer.write(text, batch.size);
  batch.lines.push(row.line);
}

/** Encodes rows; a batch is good until the next but one is asked for, and small while somebody else is in a hurry. */
export async function* encodeBatches(
  rows: AsyncIterable<ImportRow[]> | Iterable<ImportRow[]>,
  isHurried: () => boolean = () => false,
): AsyncGenerator<Batch> {
  // Two, of which one is filled while the other is sent.
  let [batch, spare] = [makeBatch(), makeBatch()];
  for await (const some of rows) {
    for (const row of some) {
      addRow(batch, row);
      if (batch.size <= SMALL_BATCH - ROOM) continue;
      if (batch.size <= BATCH - ROOM && !isHurried()) continue;
      yield batch;
      [batch, spare] = [emptied(spare), batch];
    }
  }
  if (batch.size > 0) yield batch;
}

function emptied(batch: Filling): Filling {
  // One that had to grow for a long row does not stay so.
  return batch.buffer.length > BATCH ? makeBatch() : { ...batch, size: 0, lines: [] };
}

/**
 * Copies batches into the session's `import_rows` and returns how many rows they were. Each COPY is
 * sent whole, as a transaction of its own, while the next one is read: whoever sends the file slowly
 * holds nothing up, and `connect` is not called before the first batch is complete.
 */
export async function copyBatches(options: {
  /** What messages call the file. */
  name: string;
  /** What the lines of a batch are; asked once there is one. */
  unit(): Unit;
  batches: AsyncIterable<Batch>;
  connect(): Promise<ClientBase>;
}): Promise<number> {
  const { name, unit, batches, connect } = options;
  let count = 0;
  let sending: Promise<void> = Promise.resolve();
  try {
    for await (const batch of batches) {
      await sending;
      const copy = copyBatch(await connect(), batch, { name, unit: unit() });
      sending = copy.done;
      // It is waited for later; until then a failure has nobody to hear it.
      sending.catch(() => {});
      // The database is to have it before this thread is busy with the next one.
      await copy.sent;
      count += batch.lines.length;
    }
  } finally {
    await sending;
  }
  return count;
}

type CopiedFile = { name: string; unit: Unit };

/** `sent`: the connection has taken all of it, or has failed; `done`: the database has. */
function copyBatch(client: ClientBase, batch: Batch, file: CopiedFile) {
  const copy = client.query(copyFrom(COPY_ROWS));
  const done = new Promise<void>((resolve, reject) => {
    copy.on('finish', resolve).on('error', (error) => {
      reject(refusedByServer(error, file, batch.lines) ?? error);
    });
  });
  const sent = new Promise<void>((resolve) => {
    copy.once('error', () => resolve());
    copy.write(batch.buffer.subarray(0, batch.size), () => resolve());
    copy.end();
  });
  return { sent, done };
}

/** COPY counts rows; the person who reads the message counts lines of the file. */
function refusedByServer(
  error: unknown,
  { name, unit }: CopiedFile,
  lines: number[],
): ImportRefused | null {
  if (!(error instanceof DatabaseError)) return null;
  const row = /^COPY import_rows, line (\d+)/.exec(error.where ?? '')?.[1];
  const line = row === undefined ? undefined : lines[Number(row) - 1];
  if (line === undefined) return null;
  const problems = makeProblems(unit);
  problems.add(line, `the server refuses it: ${error.message}`);
  return new ImportRefused(name, problems);
}
