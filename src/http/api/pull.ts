/**
 * GET /api/suites/:slug/cases: the cases of a suite in a format, in constant memory. They are read as they
 * were at one moment, that of the record of a pull by route, and sent when all of them have been read: an
 * answer is whole or an error.
 *
 * Only the bytes themselves tell exactly whether an answer is still the same, so a 304 costs the reading, unless it is a
 * snapshot's. A counter of a suite's changes would be a row that all its writers wait for; the newest of anything else (an xmin,
 * a version, the id of an event) misses what has an older number and is committed later, and what is deleted.
 */
import { pipeline } from 'node:stream/promises';
import type { Request, RequestHandler, Response } from 'express';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { BulkheadError } from '../../errors.ts';
import { type ExportNote, exportCases } from '../../formats/export.ts';
import { readLines } from '../../import/lines.ts';
import type { Logger } from '../../logger.ts';
import { setStatementTimeout } from '../../queries/append.queries.ts';
import { requireSuiteId } from '../../queries/import.queries.ts';
import { findPullQuery, findSnapshot, pullRoute } from '../../queries/pull.queries.ts';
import { callers } from '../callers.ts';
import { caseFrame, copyOptions, joinRows, lineFrame } from './copied-lines.ts';
import { type PullRequest, readPullRequest, type Selection } from './pull-request.ts';
import { makeSpool, type Spool, type Spooled } from './spool.ts';
import { actFor, connect } from './transaction.ts';

/** `pool`: connections of the role of requests, for those that take long. */
export type PullOptions = { pool: pg.Pool; logger: Logger; limits?: PullLimits };

/**
 * `stall`: milliseconds for which a reader may take nothing; `perCaller`: answers that are on their way to one;
 * `memory`: bytes of answers on their way to anybody that are kept in memory, before further ones go to files.
 */
export type PullLimits = { stall: number; perCaller: number; memory: number };

/** As long as a step of a pipeline may stand still; as many as a matrix of jobs asks for with one token. */
export const pullLimits: PullLimits = {
  stall: 10 * 60_000,
  perCaller: 20,
  memory: 64 * 1024 * 1024,
};

/** What was read: the answer, or only its tag where whoever asks has it already. */
type Pulled = {
  spooled: Spooled | null;
  cases: number;
  etag: string;
  notes: ExportNote[];
  /** Further headers, of a route or a snapshot. */
  headers: Record<string, string>;
};

/** Makes the handler; it stands behind requireCaller. */
export function makePull({ pool, logger, limits = pullLimits }: PullOptions): RequestHandler {
  const enter = makeDoor(limits.perCaller);
  const spool = makeSpool(limits.memory);
  return async (request, response) => {
    const asked = readPullRequest(request);
    const caller = callers.get(request);
    if (!caller) throw new Error('nobody has been let in');
    const leave = enter(caller.principal);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const has = (etag: string) => tagsOf(request.headers['if-none-match']).includes(etag);
    let pulled: Pulled | undefined;

    try {
      await withClient(pool, (client) => {
        // whoever has gone while he waited for the connection leaves it as it is to the next one
        gone.signal.throwIfAborted();
        const read = async () => {
          pulled = await pull(client, asked, { has, spool, signal: gone.signal });
        };
        return actFor(client, caller, read, 'commit', 'one moment');
      });
      if (!pulled) throw new Error('nothing was pulled');

      await send(request, response, { asked, pulled, has, stall: limits.stall });
    } catch (error) {
      if (!gone.signal.aborted) throw error;
      logger.debug({ err: error }, 'a pull was cut off');
    } finally {
      await pulled?.spooled?.release();
      leave();
    }
  };
}

type Answer = { asked: PullRequest; pulled: Pulled; has(etag: string): boolean; stall: number };

async function send(
  { method }: Request,
  response: Response,
  { asked, pulled, has, stall }: Answer,
): Promise<void> {
  describe(response, asked, pulled);
  if (!pulled.spooled || has(pulled.etag)) response.status(304).end();
  else if (method === 'HEAD') response.end();
  else {
    // Who never takes the rest would keep the file for ever.
    response.setTimeout(stall, () => response.destroy());
    await pipeline(pulled.spooled.read(), response);
  }
}

/** Lets so many pulls of a caller in at once: each of them may be as large as a suite, on this machine's disk. */
function makeDoor(perCaller: number) {
  const inside = new Map<string, number>();
  return function enter(principal: string): () => void {
    const pulls = inside.get(principal) ?? 0;
    if (pulls >= perCaller)
      throw new BulkheadError('TOO_MANY_TRANSFERS', `${pulls} pulls of yours are under way`, {
        hint: 'Read the answers to their end, or close them, and try again.',
      });
    inside.set(principal, pulls + 1);
    return () => {
      const left = (inside.get(principal) ?? 1) - 1;
      if (left > 0) inside.set(principal, left);
      else inside.delete(principal);
    };
  };
}

/** What If-None-Match names; a cache on the way may have made them weak. */
const tagsOf = (header = '') => header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));

/** A connection that is still in the middle of something is of no use to anybody else. */
async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>) {
  const client = await connect(pool);
  try {
    return await work(client);
  } finally {
    client.release(client.getTransactionStatus() !== 'I');
  }
}

type Reader = { has(etag: string): boolean; spool: Spool; signal: AbortSignal };

async function pull(
  client: pg.PoolClient,
  { slug, selection, format, guardFormulas }: PullRequest,
  { has, spool, signal }: Reader,
): Promise<Pulled> {
  const [suite] = await requireSuiteId.run({ slug }, client);
  if (!suite) throw new Error('suite_id returned nothing');
  const { query, headers, frozen } = await resolve(client, suite.id, selection);
  // The bytes of a snapshot are known without reading them.
  const known = frozen && format.name === 'jsonl' ? `"${frozen}"` : undefined;
  if (known && has(known)) return { spooled: null, cases: 0, etag: known, notes: [], headers };

  // A million cases take longer than any other statement of a request may.
  await setStatementTimeout.run({ milliseconds: '0' }, client);
  const copied = copyOut(client, query);
  const lines = joinRows(copied, selection.by === 'snapshot' ? lineFrame : caseFrame);
  // These are the bytes of this format already.
  const isRaw = format.name === 'jsonl';
  const { chunks, notes } = exportCases(format, textsOf(lines.bytes), { guardFormulas });
  const spooled = await readAll(client, signal, () =>
    isRaw ? spool(lines.bytes, signal, lines.recycle) : spool(chunks, signal),
  );
  const etag = known ?? `"${spooled.digest.toString('base64url')}"`;
  return { spooled, cases: lines.rows(), etag, notes: isRaw ? [] : notes(), headers };
}

/** Reads an answer that a connection is giving. Whatever it waits for, it is free once its reader has gone. */
async function readAll(
  client: pg.ClientBase & { end(): Promise<void> },
  signal: AbortSignal,
  read: () => Promise<Spooled>,
): Promise<Spooled> {
  const end = () => void client.end();
  signal.addEventListener('abort', end);
  try {
    if (signal.aborted) end();
    return await read();
  } catch (error) {
    // Unless the database has ended it, a COPY that nobody reads any more ends with its connection.
    if (!(error instanceof pg.DatabaseError)) await client.end();
    throw error;
  } finally {
    // The next one who has the connection is somebody else.
    signal.removeEventListener('abort', end);
  }
}

/** The query for the lines, the headers that say what it came from, and the SHA-256 of a snapshot. */
async function resolve(client: pg.ClientBase, suiteId: string, selection: Selection) {
  if (selection.by === 'tags')
    return { query: await findQuery(client, suiteId, selection), headers: {} };
  const { by, name } = selection;
  if (by === 'snapshot') {
    const [found] = await findSnapshot.run({ suiteId, name }, client);
    return {
      query: `select bulkhead.snapshot_lines(${suiteId}, ${pg.escapeLiteral(name)})`,
      headers: found ? { 'X-Bulkhead-Snapshot-Sha256': found.sha256 } : {},
      frozen: found?.sha256,
    };
  }
  const [route] = await pullRoute.run({ suiteId, route: name }, client);
  if (!route) throw new Error('pull_route returned nothing');
  const { expression, status } = route;
  return {
    query: await findQuery(client, suiteId, { where: expression, status }),
    headers: {
      'X-Bulkhead-Route': encodeURIComponent(name),
      'X-Bulkhead-Expression': encodeURIComponent(expression),
    },
  };
}

type Asked = { where: string | null; status: string | null };

/** The query, for this transaction: in the order of the key it gives its first row at once, where a sort would keep all of them first. */
async function findQuery(client: pg.ClientBase, suiteId: string, { where, status }: Asked) {
  const [found] = await findPullQuery.run({ suiteId, where, status }, client);
  if (!found) throw new Error('pull_query returned nothing');
  return found.query;
}

function copyOut(client: pg.ClientBase, query: string): AsyncIterable<Buffer> {
  const copy = client.query(copyTo(`copy (${query}) ${copyOptions}`));
  // A connection may be lost while nobody reads, before or after; whoever does then is told.
  copy.on('error', (error) => copy.destroy(error));
  return copy;
}

async function* textsOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  for await (const batch of readLines(bytes, Number.POSITIVE_INFINITY))
    for (const line of batch) yield (line.bytes as Buffer).toString();
}

function describe(response: Response, { slug, selection, format }: PullRequest, pulled: Pulled) {
  const { spooled, cases, notes, headers } = pulled;
  const name = selection.by === 'tags' ? slug : `${slug}.${selection.name}`;
  response.set({
    ...headers,
    'Cache-Control': 'private, no-cache',
    'X-Bulkhead-Suite': slug,
    ETag: pulled.etag,
  });
  if (!spooled) return;
  response.attachment(`${name}${format.extension}`);
  response.setHeader('Content-Type', format.contentType);
  response.set({
    'Content-Length': String(spooled.bytes),
    'X-Bulkhead-Cases': String(cases),
    ...(notes.length > 0 && { 'X-Bulkhead-Notes': encodeURIComponent(JSON.stringify(notes)) }),
  });
}
