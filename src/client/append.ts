/** Appending a file, or standard input, over HTTP: streamed, as one request. */
import type { IncomingMessage } from 'node:http';
import { extname } from 'node:path';
import { gunzipSync, constants as zlib } from 'node:zlib';
import { BulkheadError } from '../errors.ts';
import { peek } from '../import/gunzip.ts';
import type { Mapping } from '../import/mapping.ts';
import { encodingOf } from '../import/plan.ts';
import { describeProblem, makeProblems } from '../import/problems.ts';
import type { FileFormat } from '../import/records.ts';
import type { Http } from './http.ts';
import type { ServerError } from './refusals.ts';
import { withRetries } from './retry.ts';

/** What is appended, and how. */
export type AppendRequest = {
  slug: string;
  /** What messages call the source. */
  name: string;
  /** Opens the source; called again for another attempt. */
  open(): Promise<AsyncIterable<Buffer>>;
  /** Whether it can be opened again. */
  isRepeatable: boolean;
  format?: string | undefined;
  onConflict: string;
  mapping: Mapping;
  unguard: boolean;
  dryRun: boolean;
  idempotencyKey?: string | undefined;
  /** The content type of the answer. */
  accept: 'application/json' | 'application/x-ndjson';
};

/** What the server counted. */
export type Appended = {
  suite: string;
  on_conflict: string;
  dry_run: boolean;
  cases: number;
  inserted: number;
  unchanged: number;
  updated: number;
  skipped: number;
  new_tags: string[];
};

const contentTypes: Record<FileFormat, string> = {
  jsonl: 'application/x-ndjson',
  json: 'application/json',
  csv: 'text/csv',
};

/** So much is looked at to tell what a source is. */
const lookedAt = 16 * 1024;

/** Sends it; `read` gets the answer. Done again only where the server would notice: with a key. */
export function append<T>(
  http: Http,
  request: AppendRequest,
  { read, note }: { read(answer: IncomingMessage): Promise<T>; note(line: string): void },
): Promise<T> {
  const { isRepeatable, idempotencyKey, dryRun } = request;
  const isSafe = isRepeatable && (dryRun || idempotencyKey !== undefined);
  return withRetries(
    async () => {
      const { head, stream } = await peek(await request.open(), lookedAt);
      const answer = await http
        .send({
          method: 'POST',
          path: `/api/suites/${encodeURIComponent(request.slug)}/cases?${queryOf(request)}`,
          headers: headersOf(request, head),
          body: stream,
        })
        .catch((error) => {
          throw describeLines(request.name, error);
        });
      return read(answer);
    },
    { isSafe, ...(!isRepeatable && { retries: 0 }), note },
  );
}

function queryOf({ onConflict, format, mapping, unguard, dryRun }: AppendRequest): string {
  const parameters: [string, string | string[] | boolean | undefined][] = [
    ['on_conflict', onConflict],
    ['format', format],
    ['dry_run', dryRun],
    ['unguard', unguard],
    ['input', mapping.input],
    ['expected', mapping.expected],
    ['key', mapping.key],
    ['tags', mapping.tags],
    ['tags_separator', mapping.tagsSeparator],
    ['metadata', mapping.metadata],
    ['tag', mapping.extraTags],
  ];
  const query = new URLSearchParams();
  for (const [name, value] of parameters)
    for (const one of [value ?? []].flat()) if (one !== false) query.append(name, String(one));
  return query.toString();
}

function headersOf(request: AppendRequest, head: Buffer): Record<string, string> {
  const { name, format, accept, idempotencyKey } = request;
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const encoding = encodingOfSource(name, format, isGzip ? gunzipHead(head) : head);
  return {
    accept,
    'content-type': contentTypes[encoding],
    ...(isGzip && { 'content-encoding': 'gzip' }),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  };
}

/** By the format that was asked for, the name of the file, or the first character. */
function encodingOfSource(name: string, format: string | undefined, head: Buffer): FileFormat {
  const first = head
    .toString('latin1')
    .replace(/^\u00EF\u00BB\u00BF/, '')
    .trimStart()[0];
  const asked = format === undefined ? encodingByName(name) : encodingOf(format);
  if (asked !== undefined) return asked;
  if (first === '[') return 'json';
  return first === '{' ? 'jsonl' : 'csv';
}

/** How a file is written, as far as its name says. */
export function encodingByName(name: string): FileFormat | undefined {
  const extension = extname(name.toLowerCase().replace(/\.gz$/, ''));
  if (extension === '.csv') return 'csv';
  if (extension === '.jsonl' || extension === '.ndjson') return 'jsonl';
  return extension === '.json' ? 'json' : undefined;
}

function gunzipHead(head: Buffer): Buffer {
  try {
    return gunzipSync(head, { finishFlush: zlib.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}

/** A refusal with its lines, as an import from a file tells them. */
function describeLines(name: string, error: ServerError): Error {
  if (!error.lines) return error;
  const { first, total, unit } = error.lines;
  const problems = makeProblems(unit);
  for (const { line, message } of first) problems.add(line, message);
  const isOfFile = error.entry.name === 'BAD_FILE';
  return new BulkheadError(
    error.entry.name,
    isOfFile
      ? `${name} was not appended: ${total === 1 ? '1 problem' : `${total} problems`}, nothing was stored`
      : error.message,
    {
      detail: [
        ...(isOfFile || error.detail === undefined ? [] : [error.detail]),
        ...problems.shown.map(describeProblem),
        ...(total > first.length ? [`… and ${total - first.length} more`] : []),
      ].join('\n'),
      ...(error.hint !== undefined && { hint: error.hint }),
    },
  );
}
