/**
 * What is on its way to a slow reader. It is kept as fast as it comes, in memory while there is some, else in a
 * file, and sent from there, so that nobody who takes his time holds a connection, or a transaction, of the database.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

/** Everything that came, whole. It is there until it is released. */
export type Spooled = {
  bytes: number;
  /** SHA-256 of the bytes. */
  digest: Buffer;
  read(): Readable;
  release(): Promise<void>;
};

/** So much is gathered before it is written; an answer that is shorter never is. */
const batchBytes = 1024 * 1024;

/**
 * Takes all of a source; rejects, and leaves nothing, if the source does or the signal says so.
 * `recycle` is given the pieces that have been written.
 */
export type Spool = (
  source: AsyncIterable<Buffer | string>,
  signal: AbortSignal,
  recycle?: (piece: Buffer) => void,
) => Promise<Spooled>;

/** Makes it. All that it keeps at a time shares so much memory, in bytes; what finds none left goes to a file. */
export function makeSpool(memory: number): Spool {
  const budget = { left: memory };
  return async (source, signal, recycle = () => {}) => {
    const store = makeStore(budget, recycle);
    const hash = createHash('sha256');
    try {
      for await (const piece of source) {
        signal.throwIfAborted();
        const buffer = typeof piece === 'string' ? Buffer.from(piece) : piece;
        hash.update(buffer);
        await store.write(buffer);
      }
      const bytes = await store.end();
      return { bytes, digest: hash.digest(), read: store.read, release: store.release };
    } catch (error) {
      await store.release();
      throw error;
    }
  };
}

/** Once it has to be a file, many pieces are written at once, while the next ones are gathered. */
function makeStore(budget: { left: number }, recycle: (piece: Buffer) => void) {
  let file: FileHandle | undefined;
  let held: Buffer[] = [];
  let [heldBytes, allBytes, lent] = [0, 0, 0];
  let writing: Promise<unknown> = Promise.resolve();
  const giveBack = () => {
    budget.left += lent;
    lent = 0;
  };
  const mayKeep = (bytes: number) => {
    if (file || bytes > budget.left) return false;
    budget.left -= bytes;
    lent += bytes;
    return true;
  };
  const flush = async () => {
    await writing;
    file ??= await openNameless();
    const written = held;
    writing = writeAll(file, written, allBytes).then(() => {
      giveBack();
      for (const piece of written) recycle(piece);
    });
    // Whoever waits for it next is told if it fails.
    writing.catch(() => {});
    allBytes += heldBytes;
    [held, heldBytes] = [[], 0];
  };
  return {
    async write(piece: Buffer): Promise<void> {
      held.push(piece);
      heldBytes += piece.length;
      if (heldBytes >= batchBytes && !mayKeep(piece.length)) await flush();
    },
    /** How many bytes there are. */
    async end(): Promise<number> {
      if (!file) return heldBytes;
      if (heldBytes > 0) await flush();
      await writing;
      return allBytes;
    },
    read: () =>
      file?.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 }) ??
      Readable.from(held),
    async release(): Promise<void> {
      await writing.catch(() => {});
      held = [];
      giveBack();
      await file?.close();
    },
  };
}

/** A call may write less than it was given, on a disk that is getting full. */
async function writeAll(file: FileHandle, pieces: Buffer[], position: number): Promise<void> {
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const { bytesWritten } = await file.writev(pieces, position);
  if (bytesWritten === bytes) return;
  const rest = Buffer.concat(pieces).subarray(bytesWritten);
  await writeAll(file, [rest], position + bytesWritten);
}

/** A file that only this process can open, and that is gone with it, however it ends. */
async function openNameless(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-'));
  try {
    return await open(join(folder, 'pull'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
