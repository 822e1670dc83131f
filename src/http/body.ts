/** The body of a request: JSON in UTF-8, and not for ever. */
import { isUtf8 } from 'node:buffer';
import { MIMEType } from 'node:util';
import express, { type Request, type RequestHandler } from 'express';
import { BulkheadError } from '../errors.ts';
import { limits } from '../graphql/limits.ts';
import { parseJsonValues } from '../json.ts';

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

/** The media type that a body is said to have, in lower case; undefined if none is, or a charset that is not UTF-8. */
export function mediaType({ headers }: Request): string | undefined {
  try {
    const { essence, params } = new MIMEType(headers['content-type'] ?? '');
    return /^(utf-?8|us-ascii)$/i.test(params.get('charset') ?? 'utf-8') ? essence : undefined;
  } catch {
    return undefined;
  }
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

const parse: RequestHandler = (request, _response, next) => {
  const { body } = request;
  if (Buffer.isBuffer(body)) request.body = parseBody(body);
  next();
};

function parseBody(body: Buffer): unknown {
  // otherwise it would become replacement characters
  if (!isUtf8(body)) throw new BulkheadError('INVALID_ENCODING', 'the request is not valid UTF-8');
  try {
    return parseJsonValues(new TextDecoder().decode(body));
  } catch (cause) {
    throw new BulkheadError('BAD_REQUEST', (cause as Error).message, { cause });
  }
}

/** Reads it. Numbers keep all of their digits, which express's own reader of JSON would round. */
export const readJson: RequestHandler[] = [
  cutOff,
  express.raw({ type: () => true, limit: limits.body }),
  parse,
];
