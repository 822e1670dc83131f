/**
 * What is on its way to a slow reader. It is written to a file as fast as it comes, and sent from there,
 * so that nobody who takes his time holds a connection, or a transaction, of the database.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Everything that came, whole. It is there until it is released. */
export type Spooled = {
  bytes: number;
  /** SHA-256 of the bytes. */
  digest: Buffer;
  read(): AsyncGenerator<Buffer>;
  release(): Promise<void>;
};

const pieceBytes = 256 * 1024;

/** So much is gathered before it is written. */
const batchBytes = 1024 * 1024;

/** Takes all of a source; rejects, and leaves nothing, if the source does or the signal says so. */
export async function spool(
  source: AsyncIterable<Buffer | string>,
  signal: AbortSignal,
): Promise<Spooled> {
  const file = await openNameless();
  const writer = makeWriter(file);
  const hash = createHash('sha256');
  try {
    for await (const piece of source) {
      signal.throwIfAborted();
      const buffer = typeof piece === 'string' ? Buffer.from(piece) : piece;
      hash.update(buffer);
      await writer.write(buffer);
    }
    const bytes = await writer.end();
    return { bytes, digest: hash.digest(), read: () => readAll(file), release: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Writes to the end of a file, many pieces at once, while the next ones are gathered. */
function makeWriter(file: FileHandle) {
  let held: Buffer[] = [];
  let [heldBytes, allBytes] = [0, 0];
  let writing: Promise<unknown> = Promise.resolve();
  const flush = async () => {
    await writing;
    if (heldBytes === 0) return;
    writing = writeAll(file, held, allBytes);
    // Whoever waits for it next is told if it fails.
    writing.catch(() => {});
    allBytes += heldBytes;
    [held, heldBytes] = [[], 0];
  };
  return {
    async write(piece: Buffer): Promise<void> {
      held.push(piece);
      heldBytes += piece.length;
      if (heldBytes >= batchBytes) await flush();
    },
    async end(): Promise<number> {
      await flush();
      await writing;
      return allBytes;
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

async function* readAll(file: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.allocUnsafe(pieceBytes),
      position,
    });
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
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
