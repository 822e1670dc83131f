import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BulkheadError } from '../errors.ts';

/** How far gzip may unpack: real evaluation data comes to 3 to 20 times its packed size. */
export type GunzipLimits = { ratio: number; bytes: number };

/** A text that repeats itself may pack 100 to 1; deflate reaches 1,000 with nothing but zeros. */
export const GUNZIP_LIMITS: GunzipLimits = { ratio: 200, bytes: 16 * 1024 ** 3 };

/** Below this much text the ratio says nothing. */
const FREE_BYTES = 16 * 1024 * 1024;

/**
 * The bytes of a stream, unpacked if they are gzip (which their first two bytes say, whatever a
 * name or a header claims). What unpacks to more than the limits is refused before it is read on.
 */
export async function* gunzipped(
  source: AsyncIterable<Buffer>,
  limits: GunzipLimits = GUNZIP_LIMITS,
): AsyncGenerator<Buffer> {
  const { head, stream } = await peek(source, 2);
  if (head[0] === 0x1f && head[1] === 0x8b) yield* unpack(stream, limits);
  else yield* stream;
}

/** Reads at least `size` bytes ahead, unless there are fewer; `stream` still begins with them. */
export async function peek(
  source: AsyncIterable<Buffer>,
  size: number,
): Promise<{ head: Buffer; stream: AsyncGenerator<Buffer> }> {
  const iterator = source[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  let done = false;
  while (head.length < size && !done) {
    const next = await iterator.next();
    if (next.done) done = true;
    else head = head.length === 0 ? Buffer.from(next.value) : Buffer.concat([head, next.value]);
  }
  async function* stream(): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      while (!done) {
        const next = await iterator.next();
        if (next.done) return;
        yield Buffer.from(next.value);
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head, stream: stream() };
}

async function* unpack(
  source: AsyncIterable<Buffer>,
  limits: GunzipLimits,
): AsyncGenerator<Buffer> {
  let packed = 0;
  let unpacked = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      packed += chunk.length;
      yield chunk;
    }
  }
  const input = Readable.from(counted());
  const gunzip = createGunzip();
  input.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of input.pipe(gunzip)) {
      unpacked += chunk.length;
      const tooDense = unpacked > FREE_BYTES && unpacked > packed * limits.ratio;
      if (tooDense || unpacked > limits.bytes) throw refuseBomb(limits);
      yield chunk as Buffer;
    }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!code.startsWith('Z_')) throw error;
    throw new BulkheadError('BAD_FILE', 'the gzip data is damaged or cut off', { cause: error });
  } finally {
    input.destroy();
    gunzip.destroy();
  }
}

function refuseBomb({ ratio, bytes }: GunzipLimits): BulkheadError {
  return new BulkheadError('UNPACKS_TOO_LARGE', 'the gzip data unpacks to more than is allowed', {
    detail: `At most ${ratio} times its size and ${bytes} bytes are unpacked.`,
    hint: 'Send it unpacked if it is what it should be.',
  });
}
