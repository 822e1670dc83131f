/** The routes of the server: health, and behind them GraphQL. */
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { version } from '../config.ts';
import { BulkheadError } from '../errors.ts';
import { errorBody, explain } from '../graphql/errors.ts';
import { isObject } from '../json.ts';
import type { Logger } from '../logger.ts';
import { makeOpenapi } from './api/openapi.ts';
import { mediaType, readJson, tooLarge } from './body.ts';
import { requireCaller, sendToSignIn } from './callers.ts';
import type { Gate } from './gate.ts';
import { securityHeaders } from './headers.ts';
import type { CheckReady } from './health.ts';

/** What the routes need. `addGraphql` adds the handler of /graphql and /ruru. */
export type AppOptions = {
  publicUrl: string | undefined;
  gate: Gate;
  signIn: RequestHandler;
  /** What is under /api. */
  api?: RequestHandler;
  checkReady: CheckReady;
  addGraphql(app: Express): Promise<void>;
  logger: Logger;
};

/** Makes the application; it does not listen. */
export async function makeApp(options: AppOptions): Promise<Express> {
  const { publicUrl, checkReady, addGraphql, logger } = options;
  const openapi = makeOpenapi({ version, rateLimit: options.gate.rateLimit });
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(securityHeaders(publicUrl));
  // TLS ends in front of it, one hop away.
  if (publicUrl) app.set('trust proxy', 1);
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' });
  });
  app.get('/readyz', async (_request, response) => {
    await checkReady();
    response.json({ status: 'ready' });
  });
  app.use('/graphql', requireCaller(options), requireJson, readJson, requireObject);
  app.get('/api/openapi.json', (_request, response) => {
    response.json(openapi);
  });
  if (options.api) app.use('/api', requireCaller(options)).use(options.api);
  app.use('/ruru', sendToSignIn('/ruru', options));
  app.use(options.signIn);
  await addGraphql(app);
  app.use(({ method, path }) => {
    throw new BulkheadError('NOT_FOUND', `there is nothing at ${method} ${path}`);
  });
  app.use(answerError(logger));
  return app;
}

/** A form on a page of another site cannot send JSON. */
const requireJson: RequestHandler = (request, response, next) => {
  if (request.method !== 'POST') {
    response.status(405).setHeader('Allow', 'POST');
    throw new BulkheadError('BAD_REQUEST', 'a GraphQL request is a POST', {
      hint: 'To try queries by hand, open /ruru.',
    });
  }
  if (mediaType(request) === 'application/json') {
    request.headers['content-type'] = 'application/json'; // grafserv does not know it in capitals
    return next();
  }
  throw new BulkheadError(
    'UNSUPPORTED_MEDIA_TYPE',
    'a GraphQL request has the content type application/json, in UTF-8',
  );
};

const requireObject: RequestHandler = (request, _response, next) => {
  if (isObject(request.body)) return next();
  throw new BulkheadError('BAD_REQUEST', 'a GraphQL request is a JSON object with a "query"');
};

function answerError(logger: Logger): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) return next(error);
    const known = explain(fromExpress(error), logger);
    if (response.statusCode < 400) response.status(known.entry.httpStatus);
    if (known.entry.httpStatus === 401) response.set('WWW-Authenticate', 'Bearer');
    if (error.retryAfter) response.set('Retry-After', String(error.retryAfter));
    response.json(errorBody(known));
  };
}

/** Of express's own errors: addresses that are no UTF-8; bodies that are too long, cut off, or not JSON. */
function fromExpress(error: Error & { type?: string; expose?: boolean }): Error {
  if (error instanceof URIError)
    return new BulkheadError('BAD_REQUEST', 'the address cannot be read', {
      hint: 'A % in it begins an octet of UTF-8: %C3%BC is ü, and %25 is %.',
    });
  if (error instanceof BulkheadError || !error.expose) return error;
  if (error.type === 'entity.too.large') return tooLarge();
  const isEncoding = error.type === 'encoding.unsupported';
  return new BulkheadError(isEncoding ? 'UNSUPPORTED_MEDIA_TYPE' : 'BAD_REQUEST', error.message);
}
