/**
 * POST /api/suites/:slug/cases: appends the cases of a body of any length, in constant memory, all of
 * them or none, and says what became of each.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, RequestHandler, Response } from 'express';
import type pg from 'pg';
import type { WithRequestClient } from '../../graphql/request-client.ts';
import type { Logger } from '../../logger.ts';
import { callers } from '../callers.ts';
import { type BodyLimits, bodyLimits, isShort, makeBody } from './append-body.ts';
import { type Asking, checkAppend } from './append-once.ts';
import { refuse } from './append-refusal.ts';
import { type AppendRequest, describeRequest, readAppendRequest } from './append-request.ts';
import type { Appended } from './append-results.ts';
import { runAppend } from './append-run.ts';
import { makePrecedence, type Precedence } from './precedence.ts';

/** `withClient`: the connections that all requests share; `pool`: those for requests that take long. */
export type AppendOptions = {
  pool: pg.Pool;
  withClient: WithRequestClient;
  logger: Logger;
  limits?: BodyLimits;
};

/** Makes the handler; it stands behind requireCaller. */
export function makeAppend(options: AppendOptions): RequestHandler {
  const { logger } = options;
  const precedence = makePrecedence();
  return async (request, response) => {
    try {
      const asked = readAppendRequest(request);
      const caller = callers.get(request);
      if (!caller) throw new Error('nobody has been let in');
      const appended = await append(request, { ...options, precedence, asked, caller });
      await answer(response, asked, appended);
    } catch (error) {
      // Whoever has gone is told nothing, and nothing of the request is stored.
      if (isGone(request) || response.headersSent)
        logger.debug({ err: error }, 'an append was cut off');
      else refuse(request, response, error as Error, logger);
    }
  };
}

const isGone = (request: Request) => request.socket.destroyed;

type Appending = AppendOptions & Asking & { precedence: Precedence };

/** Whoever may not append is told so before what is wrong with the body, and before it is read if that is dear. */
async function append(request: Request, options: Appending): Promise<Appended> {
  const job = { ...options, ...describeBody(request, options), isGone: () => isGone(request) };
  if (!isShort(request)) {
    await checkAppend(options);
    return runAppend(job);
  }
  try {
    return await options.precedence.first(() => runAppend(job));
  } catch (error) {
    await checkAppend(options);
    throw error;
  }
}

function describeBody(request: Request, { asked, precedence, limits = bodyLimits }: Appending) {
  const { isGzip, format, mapping, unguard } = asked;
  const described = describeRequest(asked);
  const gunzipLimits = { ratio: 200, bytes: limits.bytes };
  return {
    body: makeBody(request, { isGzip, described, precedence, limits }),
    file: { name: 'the body', format, mapping, unguard, gunzipLimits },
  };
}

/** Sends the answer as fast as it is taken; by then it holds no connection to the database. */
async function answer(response: Response, asked: AppendRequest, appended: Appended): Promise<void> {
  const { counts, isReplayed } = appended;
  const isCreated = counts.inserted > 0 && !asked.dryRun;
  response.status(isCreated ? 201 : 200);
  response.set(
    'Content-Type',
    asked.asLines ? 'application/x-ndjson' : 'application/json; charset=utf-8',
  );
  response.vary('Accept');
  if (isReplayed) response.set('Idempotent-Replayed', 'true');
  const pieces = asked.asLines ? linesOf(asked, appended) : objectOf(asked, appended);
  await pipeline(Readable.from(pieces), response);
}

function summaryOf({ slug, onConflict, dryRun }: AppendRequest, { counts, newTags }: Appended) {
  return { suite: slug, on_conflict: onConflict, dry_run: dryRun, ...counts, new_tags: newTags };
}

function* linesOf(asked: AppendRequest, appended: Appended): Generator<string> {
  yield* appended.results.pieces();
  yield `${JSON.stringify(summaryOf(asked, appended))}\n`;
}

function* objectOf(asked: AppendRequest, appended: Appended): Generator<string> {
  yield `${JSON.stringify(summaryOf(asked, appended)).slice(0, -1)},"results":[\n`;
  let between = '';
  for (const lines of appended.results.pieces()) {
    yield between + lines.trimEnd().replaceAll('\n', ',\n');
    between = ',\n';
  }
  yield '\n]}\n';
}
