/** What a request to append asks for: its address, query and headers, read before anything of its body. */
import type { Request } from 'express';
import { BulkheadError } from '../../errors.ts';
import type { OnConflict } from '../../import/import-file.ts';
import type { Mapping } from '../../import/mapping.ts';
import { encodingOf } from '../../import/plan.ts';
import type { FileFormat } from '../../import/records.ts';
import { mediaType } from '../body.ts';
import { readQuery } from './query.ts';

/** A request to append, without its body. */
export type AppendRequest = {
  slug: string;
  onConflict: OnConflict;
  dryRun: boolean;
  /** Name of a format, or of the encoding that the content type says. */
  format: string;
  mapping: Mapping;
  unguard: boolean;
  isGzip: boolean;
  idempotencyKey: string | undefined;
  /** Whether the answer is a line for each case instead of one JSON object. */
  asLines: boolean;
};

const encodings: Record<string, FileFormat> = {
  'application/x-ndjson': 'jsonl',
  'application/jsonl': 'jsonl',
  'application/json': 'json',
  'text/csv': 'csv',
};

const parameters = [
  ...['on_conflict', 'format', 'dry_run', 'unguard'],
  ...['input', 'expected', 'key', 'tags', 'tags_separator', 'metadata', 'tag'],
];

/** Reads it; whatever cannot be taken is refused by name. */
export function readAppendRequest(request: Request): AppendRequest {
  const query = readQuery(request, parameters);
  return {
    slug: String(request.params.slug),
    onConflict: query.choice('on_conflict', ['fail', 'skip', 'update']),
    dryRun: query.flag('dry_run'),
    format: readFormat(request, query.one('format')),
    mapping: {
      input: query.one('input'),
      expected: query.one('expected'),
      key: query.one('key'),
      tags: query.names('tags'),
      tagsSeparator: query.one('tags_separator'),
      metadata: query.names('metadata'),
      extraTags: query.all('tag'),
    },
    unguard: query.flag('unguard'),
    isGzip: readGzip(request),
    idempotencyKey: readIdempotencyKey(request),
    asLines:
      request.accepts(['application/json', 'application/x-ndjson']) === 'application/x-ndjson',
  };
}

/** The parameters that say what is done with the body, always in the same order. */
export function describeRequest(asked: AppendRequest): string {
  const { onConflict, dryRun, format, mapping, unguard } = asked;
  return JSON.stringify([onConflict, dryRun, format, mapping, unguard]);
}

function readFormat(request: Request, format: string | undefined): string {
  const type = request.headers['content-type'] ?? '';
  const name = mediaType(request) ?? '';
  const encoding = Object.hasOwn(encodings, name) ? encodings[name] : undefined;
  if (encoding === undefined)
    throw new BulkheadError(
      'UNSUPPORTED_MEDIA_TYPE',
      type
        ? `cases do not come as ${type.slice(0, 100)}`
        : 'the request does not say what its body is',
      { hint: `Set Content-Type to one of ${Object.keys(encodings).join(', ')}, in UTF-8.` },
    );
  if (format === undefined || format === encoding) return encoding;
  const written = encodingOf(format);
  if (written === encoding || (written !== 'csv' && encoding !== 'csv')) return format;
  throw new BulkheadError('BAD_REQUEST', `the format ${format} is not written as ${name}`);
}

function readGzip({ headers }: Request): boolean {
  const encoding = (headers['content-encoding'] ?? 'identity').toLowerCase().trim();
  if (encoding === 'gzip' || encoding === 'x-gzip') return true;
  if (encoding === 'identity' || encoding === '') return false;
  throw new BulkheadError(
    'UNSUPPORTED_MEDIA_TYPE',
    `the content encoding ${encoding.slice(0, 100)} is not taken`,
    {
      hint: 'Send the body as it is, or with Content-Encoding: gzip.',
    },
  );
}

function readIdempotencyKey({ headers }: Request): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new BulkheadError(
    'BAD_REQUEST',
    'the Idempotency-Key is not 1 to 255 visible characters of ASCII',
    {
      hint: 'A UUID is one.',
    },
  );
}
