/** The routes of the server: health, and behind them GraphQL. */
import { isUtf8 } from 'node:buffer';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { BulkheadError } from '../errors.ts';
import { errorBody, explain } from '../graphql/errors.ts';
import { limits } from '../graphql/limits.ts';
import type { Logger } from '../logger.ts';
import type { CheckReady } from './health.ts';
import { refuseForeign } from './origin.ts';

/** What the routes need. `addGraphql` adds the handler of /graphql and /ruru. */
export type AppOptions = {
  checkReady: CheckReady;
  addGraphql(app: Express): Promise<void>;
  logger: Logger;
};

/** Makes the application; it does not listen. */
export async function makeApp({ checkReady, addGraphql, logger }: AppOptions): Promise<Express> {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(admit);
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' });
  });
  app.get('/readyz', async (_request, response) => {
    await checkReady();
    response.json({ status: 'ready' });
  });
  const readJson = express.json({ limit: limits.body, verify: requireUtf8 });
  app.use('/graphql', requireJson, readJson, requireObject);
  await addGraphql(app);
  app.use(({ method, path }) => {
    throw new BulkheadError('NOT_FOUND', `there is nothing at ${method} ${path}`);
  });
  app.use(answerError(logger));
  return app;
}

const admit: RequestHandler = (request, response, next) => {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  const refused = refuseForeign(request.headers);
  if (refused) throw refused;
  next();
};

/** A form on a page of another site cannot send JSON. */
const requireJson: RequestHandler = (request, response, next) => {
  if (request.method !== 'POST') {
    response.status(405).setHeader('Allow', 'POST');
    throw new BulkheadError('BAD_REQUEST', 'a GraphQL request is a POST', {
      hint: 'To try queries by hand, open /ruru.',
    });
  }
  if (!request.is('application/json')) {
    response.status(415);
    throw new BulkheadError(
      'BAD_REQUEST',
      'a GraphQL request has the content type application/json',
    );
  }
  next();
};

const requireObject: RequestHandler = (request, _response, next) => {
  if (request.body && !Array.isArray(request.body)) return next();
  throw new BulkheadError('BAD_REQUEST', 'a GraphQL request is a JSON object with a "query"');
};

/** Otherwise what is not UTF-8 would become replacement characters. */
function requireUtf8(_request: unknown, _response: unknown, body: Buffer): void {
  if (!isUtf8(body)) throw new BulkheadError('INVALID_ENCODING', 'the request is not valid UTF-8');
}

function answerError(logger: Logger): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) return next(error);
    const known = explain(fromExpress(error), logger);
    if (response.statusCode < 400) response.status(known.entry.httpStatus);
    response.json(errorBody(known));
  };
}

/** Of express's own errors: bodies that are too long, cut off, or not JSON. */
function fromExpress(error: Error & { type?: string; expose?: boolean }): Error {
  if (error instanceof BulkheadError || !error.expose) return error;
  if (error.type !== 'entity.too.large') return new BulkheadError('BAD_REQUEST', error.message);
  return new BulkheadError(
    'REQUEST_TOO_LARGE',
    `the request is larger than ${limits.body / 1024 / 1024} MiB`,
    { hint: 'Append in several requests, or use: bulkhead import' },
  );
}
