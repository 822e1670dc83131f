/** The body of a request: JSON in UTF-8, and not for ever. */
import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import { BulkheadError } from '../errors.ts';
import { limits } from '../graphql/limits.ts';

/** express reads what is too long to its end before it says so; at this length it is cut off. */
const tooLongToRead = 2 * limits.body;

/** What a body that is too long is answered with. */
export function tooLarge(): BulkheadError {
  return new BulkheadError(
    'REQUEST_TOO_LARGE',
    `the request is larger than ${limits.body / 1024 / 1024} MiB`,
    { hint: 'Append in several requests, or use: bulkhead import' },
  );
}

const cutOff: RequestHandler = (request, response, next) => {
  let left = tooLongToRead;
  const refuse = () => {
    // The rest of it is not read, so nothing can come after it.
    response.set('Connection', 'close');
    next(tooLarge());
  };
  if (Number(request.headers['content-length'] ?? 0) > left) return refuse();
  next();
  request.on('data', (piece: Buffer) => {
    const had = left;
    left -= piece.length;
    if (had >= 0 && left < 0 && !response.headersSent) refuse();
  });
};

/** Otherwise what is not UTF-8 would become replacement characters. */
function requireUtf8(_request: unknown, _response: unknown, body: Buffer): void {
  if (!isUtf8(body)) throw new BulkheadError('INVALID_ENCODING', 'the request is not valid UTF-8');
}

/** Reads it. */
export const readJson: RequestHandler[] = [
  cutOff,
  express.json({ limit: limits.body, verify: requireUtf8 }),
];
