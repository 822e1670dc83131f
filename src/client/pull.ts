/** Pulling cases over HTTP: streamed to standard output, or into a file that is whole or not there. */
import { randomBytes } from 'node:crypto';
import { createWriteStream, rmSync } from 'node:fs';
import { chmod, realpath, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BulkheadError } from '../errors.ts';
import type { ExportNote } from '../formats/export.ts';
import type { Http } from './http.ts';
import { withRetries } from './retry.ts';
import { undoWhenStopped } from './stopping.ts';
import { counted } from './transfer.ts';

/** Which cases, and how they are written. */
export type PullRequest = {
  slug: string;
  where?: string | undefined;
  status?: string | undefined;
  route?: string | undefined;
  snapshot?: string | undefined;
  format?: string | undefined;
  guard?: boolean | undefined;
  /** Fewer cases are refused, before any of them is written. */
  atLeast?: number | undefined;
  /** The ETag of what is there already: the same again is not sent. */
  etag?: string | undefined;
};

/** What came, beside the cases themselves. */
export type Pulled = {
  suite: string;
  /** False when the server said that nothing had changed. */
  isNew: boolean;
  cases: number | null;
  route: string | null;
  expression: string | null;
  snapshotSha256: string | null;
  etag: string | null;
  notes: ExportNote[];
};

/** Pulls; `write` takes the cases, if they are not those of the ETag. */
export async function pull(
  http: Http,
  request: PullRequest,
  { write, note }: { write(answer: IncomingMessage): Promise<void>; note(line: string): void },
): Promise<Pulled> {
  const { slug, etag, atLeast = 0, ...selection } = request;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(selection))
    if (value !== undefined && value !== false) query.set(name, String(value));
  const send = () =>
    http.send({
      method: 'GET',
      path: `/api/suites/${encodeURIComponent(slug)}/cases?${query}`,
      headers: etag === undefined ? {} : { 'if-none-match': etag },
    });
  const answer = await withRetries(send, { isSafe: true, note });
  const pulled = describe(slug, answer.statusCode !== 304, answer);
  const isEnough = (pulled.cases ?? 0) >= atLeast;
  if (pulled.isNew && isEnough) await write(answer);
  else answer.resume();
  if (!isEnough) throw tooFew(pulled, atLeast);
  return pulled;
}

function tooFew({ suite, cases, route }: Pulled, atLeast: number): BulkheadError {
  const count =
    cases === null ? 'an unknown number of cases' : cases === 1 ? '1 case' : `${cases} cases`;
  const by = route === null ? '' : ` by ${route}`;
  return new BulkheadError(
    'NOT_FOUND',
    `the pull gives ${count} of ${suite}${by}, and --at-least wants ${atLeast}`,
    {
      detail: 'Nothing was written; a file that was there before stays as it is.',
      hint: `What routes select: bulkhead routes list ${suite}; what cases carry: bulkhead tags list ${suite}`,
    },
  );
}

function describe(slug: string, isNew: boolean, { headers }: IncomingMessage): Pulled {
  const text = (name: string) => headers[name]?.toString() ?? null;
  const decoded = (name: string) => decode(text(name));
  const cases = text('x-bulkhead-cases');
  return {
    suite: slug,
    isNew,
    cases: cases === null ? null : Number(cases),
    route: decoded('x-bulkhead-route'),
    expression: decoded('x-bulkhead-expression'),
    snapshotSha256: text('x-bulkhead-snapshot-sha256'),
    etag: text('etag'),
    notes: readNotes(decoded('x-bulkhead-notes')),
  };
}

function decode(text: string | null): string | null {
  try {
    return text === null ? null : decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The cases are whole without them, whatever a proxy has made of the header. */
function readNotes(text: string | null): ExportNote[] {
  try {
    return text ? JSON.parse(text) : [];
  } catch {
    return [];
  }
}

/** An answer, counted on its way for whoever looks at the screen. */
const received = (answer: IncomingMessage, screen: NodeJS.WriteStream) =>
  counted(answer, {
    screen,
    total: Number(answer.headers['content-length'] ?? 0),
    verb: 'receiving',
  });

/** Writes an answer to a stream that stays open. */
export async function writeTo(
  output: Writable,
  answer: IncomingMessage,
  screen: NodeJS.WriteStream,
): Promise<void> {
  await guarded(pipeline(received(answer, screen), output, { end: false }), answer);
}

/** Writes an answer to a file: beside it first, and under its name once it is whole. */
export async function writeFile(
  file: string,
  answer: IncomingMessage,
  screen: NodeJS.WriteStream,
): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  // a pipe or a device is written to, and never replaced
  if (found && !found.isFile())
    return guarded(pipeline(received(answer, screen), createWriteStream(file)), answer);
  const target = found ? await realpath(file) : file;
  const beside = `${target}.${randomBytes(4).toString('hex')}.part`;
  // whoever stops a pull finds no part of it
  const forget = undoWhenStopped(() => rmSync(beside, { force: true }));
  try {
    // on the disk before it gets its name
    const options = { flags: 'wx', flush: true, mode: found?.mode ?? 0o666 };
    await guarded(pipeline(received(answer, screen), createWriteStream(beside, options)), answer);
    // what the umask took away, those who share the file would miss
    if (found) await chmod(beside, found.mode);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw error;
  } finally {
    forget();
  }
}

/** Tells an answer that broke off from an output that did: a half answer must not pass for a whole one. */
async function guarded(writing: Promise<void>, answer: IncomingMessage): Promise<void> {
  let error: unknown;
  try {
    await writing;
  } catch (caught) {
    error = caught;
  }
  if (answer.complete && error === undefined) return;
  const { syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (/^(open|write|fsync|close)$/.test(syscall ?? '')) throw outputBroke('the cases', error);
  throw new BulkheadError('ANSWER_CUT_OFF', 'the pull broke off before its end', {
    detail: 'What has come of it is not all of the cases.',
    hint: 'Pull again. With --output a file is only there once it is whole.',
    cause: error,
  });
}

/** The disk is full, the folder is not there; whoever read standard output has gone (see cli.ts). */
export function outputBroke(what: string, cause: unknown): Error {
  const { code } = cause as NodeJS.ErrnoException;
  return new BulkheadError('BAD_ARGUMENT', `${what} cannot be written: ${code}`, { cause });
}
