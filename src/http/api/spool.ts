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

/** Takes all of a source; rejects, and leaves nothing, if the source does or the signal says so. */
export async function spool(
  source: AsyncIterable<Buffer | string>,
  signal: AbortSignal,
): Promise<Spooled> {
  const file = await openNameless();
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of source) {
      signal.throwIfAborted();
      const buffer = Buffer.from(piece);
      hash.update(buffer);
      bytes += buffer.length;
      await file.appendFile(buffer);
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  return { bytes, digest: hash.digest(), read: () => readAll(file), release: () => file.close() };
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
