/**
 * POST /api/suites/:slug/cases: appends the cases of a body of any length, in constant memory, all of
 * them or none, and says what became of each.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RequestHandler, Response } from 'express';
import type pg from 'pg';
import { readCases } from '../../import/read-file.ts';
import type { Logger } from '../../logger.ts';
import { callers } from '../callers.ts';
import { type BodyLimits, bodyLimits, makeBody } from './append-body.ts';
import { refuse } from './append-refusal.ts';
import { type AppendRequest, describeRequest, readAppendRequest } from './append-request.ts';
import { type Appended, runAppend } from './append-run.ts';
import { checkAppend } from './append-session.ts';

/** `pool`: connections of the role of requests, for those that take long. */
export type AppendOptions = { pool: pg.Pool; logger: Logger; limits?: BodyLimits };

/** Makes the handler; it stands behind requireCaller. */
export function makeAppend({ pool, logger, limits = bodyLimits }: AppendOptions): RequestHandler {
  return async (request, response) => {
    const isGone = () => request.socket.destroyed;
    try {
      const asked = readAppendRequest(request);
      const caller = callers.get(request);
      if (!caller) throw new Error('nobody has been let in');
      await checkAppend({ pool, caller, asked });
      const body = makeBody(
        request,
        { isGzip: asked.isGzip, described: describeRequest(asked) },
        limits,
      );
      const { format, mapping, unguard } = asked;
      const gunzipLimits = { ratio: 200, bytes: limits.bytes };
      const reading = readCases({
        name: 'the body',
        source: body.stream,
        format,
        mapping,
        unguard,
        gunzipLimits,
      });
      const appended = await runAppend({
        pool,
        caller,
        asked,
        reading,
        digest: body.digest,
        isGone,
      });
      await answer(response, asked, appended);
    } catch (error) {
      // Whoever has gone is told nothing, and nothing of the request is stored.
      if (isGone() || response.headersSent) logger.debug({ err: error }, 'an append was cut off');
      else refuse(request, response, error as Error, logger);
    }
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
