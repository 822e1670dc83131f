/** The body of an append: unpacked, counted, and not waited for for ever. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BulkheadError } from '../../errors.ts';
import { GUNZIP_LIMITS, gunzipped, peek } from '../../import/gunzip.ts';
import type { Precedence } from './precedence.ts';

/** `bytes`: of the body, unpacked; `stall`: milliseconds for which nothing of it may come. */
export type BodyLimits = { bytes: number; stall: number };

/** A million cases of 4 kB, and as long as a break of a mobile connection takes. */
export const bodyLimits: BodyLimits = { bytes: 4 * 1024 ** 3, stall: 60_000 };

/** Bytes of a body that are read in one go: milliseconds. */
const SHORT = 64 * 1024;

/** Bytes after which others have their turn: about 30 cases, and half a millisecond. */
const PORTION = 16 * 1024;

/** Whether a body says of itself that reading it costs next to nothing. */
export function isShort({ headers }: IncomingMessage): boolean {
  return headers['content-encoding'] === undefined && Number(headers['content-length']) <= SHORT;
}

/** A body as a stream, and its SHA-256 when all of it has been read. */
export type Body = { stream: AsyncIterable<Buffer>; digest(): Buffer };

/** Makes the stream. `described` goes into the hash: what else makes two requests the same. */
export function makeBody(
  request: IncomingMessage,
  options: { isGzip: boolean; described: string; precedence: Precedence; limits: BodyLimits },
): Body {
  const { isGzip, described, precedence, limits } = options;
  const hash = createHash('sha256').update(`${described}\n`);
  async function* read(): AsyncGenerator<Buffer> {
    const source = isGzip ? requireGzip(request, limits) : attentive(request, limits);
    let size = 0;
    for await (const piece of gunzipped(source, { ...GUNZIP_LIMITS, bytes: limits.bytes })) {
      size += piece.length;
      if (size > limits.bytes) throw tooLarge(limits);
      hash.update(piece);
      for (let at = 0; at < piece.length; at += PORTION) {
        yield piece.subarray(at, at + PORTION);
        if (size > SHORT) await precedence.give();
      }
    }
  }
  return { stream: read(), digest: () => hash.copy().digest() };
}

/** A body whose header says gzip is gzip; one whose header does not may be. */
async function* requireGzip(request: IncomingMessage, limits: BodyLimits): AsyncGenerator<Buffer> {
  const { head, stream } = await peek(attentive(request, limits), 2);
  if (head.length > 0 && (head[0] !== 0x1f || head[1] !== 0x8b))
    throw new BulkheadError('BAD_FILE', 'the body is not gzip, as its Content-Encoding says');
  yield* stream;
}

/** The pieces as they come. The time in which nobody asks for the next one does not count. */
async function* attentive(request: IncomingMessage, { stall }: BodyLimits): AsyncGenerator<Buffer> {
  // Not to be destroyed at the end of the loop: the answer takes the same connection.
  const pieces = request.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const next = await withinTime(pieces.next(), stall);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    void pieces.return?.();
  }
}

async function withinTime<T>(next: Promise<T>, stall: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new BulkheadError('UPLOAD_STALLED', `nothing more has come for ${stall / 1000} s`, {
          detail: 'Nothing of the request was stored.',
        }),
      );
    }, stall);
  });
  try {
    return await Promise.race([next, stalled]);
  } finally {
    clearTimeout(timer);
    next.catch(() => {});
  }
}

function tooLarge({ bytes }: BodyLimits): BulkheadError {
  return new BulkheadError('REQUEST_TOO_LARGE', `the body is larger than ${bytes} bytes`, {
    hint: 'Append it in several requests.',
  });
}
