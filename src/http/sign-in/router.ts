/** Signing in and out in a browser, and the page that one comes to. */
import express, {
  type ErrorRequestHandler,
  type RequestHandler,
  type Response,
  Router,
} from 'express';
import type pg from 'pg';
import type { Config } from '../../config.ts';
import { BulkheadError, describeError, type KnownError } from '../../errors.ts';
import { explain } from '../../graphql/errors.ts';
import type { WithRequestClient } from '../../graphql/request-client.ts';
import type { Logger } from '../../logger.ts';
import { endSession, startLinkSession, startTokenSession } from '../../queries/sign-in.queries.ts';
import { callers, nothingShown, redirectStranger, sendToSignIn } from '../callers.ts';
import { hashSecret, sessionHash } from '../credentials.ts';
import { type Gate, isUnauthenticated } from '../gate.ts';
import { originOf, refuseForeign } from '../origin.ts';
import { type Desk, makeDesk } from './desk.ts';
import { sendErrorPage, sendSignInPage } from './forms.ts';
import { readHome, sendHome } from './home.ts';
import { localPath } from './local-path.ts';
import { makeOidcRoutes } from './oidc.ts';
import { icon } from './page.ts';
import { makeProvider } from './provider.ts';

/** What the routes need. */
export type SignInOptions = {
  config: Pick<Config, 'publicUrl' | 'oidc'>;
  /** The owner's pool: nobody else may open a session. */
  ownerPool: pg.Pool;
  /** For the page at /. */
  withClient: WithRequestClient;
  gate: Gate;
  logger: Logger;
};

type Routes = SignInOptions & { router: Router; desk: Desk };

/** How long a browser keeps a session, in seconds; the database ends it then, or before. */
const tokenSeconds = 12 * 3600;
const linkSeconds = 30 * 24 * 3600;

/** What is used up by being asked for. */
const onceOnly = ['/sign-in/link', '/sign-in/oidc', '/sign-in/oidc/callback'];

/** Makes the routes of /, /sign-in and /sign-out. */
export function makeSignIn(options: SignInOptions): Router {
  const { config, gate, ownerPool, logger } = options;
  const { oidc, publicUrl } = config;
  const router = Router();
  const desk = makeDesk({ publicUrl, gate });
  const provider = oidc && makeProvider(oidc, logger);
  router.get('/favicon.ico', (_request, response) => {
    response.set('Cache-Control', 'public, max-age=86400').type('svg').send(icon);
  });
  router.head(onceOnly, (_request, response) => {
    response.set('Cache-Control', 'no-store').end();
  });
  router.get(onceOnly, refusePrefetch);
  addTokens({ ...options, router, desk }, provider?.host);
  addLinks({ ...options, router, desk });
  if (oidc && provider) router.use(makeOidcRoutes({ oidc, provider, publicUrl, ownerPool, desk }));
  addHome({ ...options, router, desk });
  router.use(showError(logger));
  return router;
}

function addTokens({ router, desk, config, ownerPool }: Routes, provider: string | undefined) {
  const show = (response: Response, to: unknown, problem?: KnownError) =>
    sendSignInPage(response, { to: localPath(to), provider, problem });
  router.get('/sign-in', (request, response) => show(response, request.query.to));
  router.post('/sign-in', requireOwnPage(config), readForm, async (request, response) => {
    const { token, to } = request.body ?? {};
    try {
      const secret = await desk.guess(request, () => openWithToken(token, ownerPool));
      desk.letIn(response, { secret, seconds: tokenSeconds }, localPath(to));
    } catch (error) {
      const problem = describeError(error);
      if (!problem || !isUnauthenticated(error)) throw error;
      response.status(problem.entry.httpStatus);
      show(response, to, problem);
    }
  });
}

async function openWithToken(token: unknown, pool: pg.Pool): Promise<string> {
  const hash = hashSecret(typeof token === 'string' ? token.trim() : token, 'bhd_');
  const [started] = hash ? await startTokenSession.run({ hash }, pool) : [];
  if (started) return started.session;
  throw new BulkheadError('UNAUTHENTICATED', 'the token is mistyped, or not all of it is there');
}

function addLinks({ router, desk, ownerPool }: Routes) {
  router.get('/sign-in/link', async (request, response) => {
    const secret = await desk.guess(request, () => openWithLink(request.query.key, ownerPool));
    response.set('Referrer-Policy', 'no-referrer');
    desk.letIn(response, { secret, seconds: linkSeconds }, '/');
  });
}

async function openWithLink(key: unknown, pool: pg.Pool): Promise<string> {
  const hash = hashSecret(key, 'bhl_');
  const [started] = hash ? await startLinkSession.run({ hash }, pool) : [];
  if (started) return started.session;
  throw new BulkheadError('UNAUTHENTICATED', 'this is not all of a sign-in link', {
    hint: 'Copy all of it, or make a new one: bulkhead sign-in-link.',
  });
}

function addHome({ router, desk, config, ownerPool, withClient, gate }: Routes) {
  const { publicUrl } = config;
  router.get('/', sendToSignIn('/', { gate, publicUrl }), async (request, response) => {
    const caller = callers.get(request);
    if (!caller) throw nothingShown();
    try {
      sendHome(response, await readHome(withClient, caller));
    } catch (error) {
      // The session has ended since it was let in.
      redirectStranger(error, response, '/');
    }
  });
  router.post('/sign-out', requireOwnPage(config), async (request, response) => {
    const hash = sessionHash(request, publicUrl);
    if (hash) await endSession.run({ hash }, ownerPool);
    if (hash) gate.forget(hash.toString('hex'));
    desk.letGo(response);
    response.redirect(303, '/sign-in');
  });
}

const readForm = express.urlencoded({ extended: false, limit: '4kb', parameterLimit: 10 });

/** A browser says of each form from where it comes; nothing else has to send one here. */
function requireOwnPage({ publicUrl }: Pick<Config, 'publicUrl'>): RequestHandler {
  return ({ headers }, _response, next) => {
    if (!refuseForeign(headers, publicUrl)) return next();
    throw new BulkheadError('FOREIGN_ORIGIN', 'the form does not come from a page of this server', {
      hint: `Open ${originOf(headers, publicUrl)}/sign-in.`,
    });
  };
}

/** A browser that fetches what might be opened next, or a preview, must not use it up. */
const refusePrefetch: RequestHandler = ({ headers }, response, next) => {
  const purpose = [headers['sec-purpose'], headers.purpose, headers['x-purpose'], headers['x-moz']];
  if (!/prefetch|prerender|preview/i.test(purpose.join())) return next();
  response.status(503).set('Cache-Control', 'no-store').end();
};

function showError(logger: Logger): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) return next(error);
    if (error.retryAfter) response.set('Retry-After', String(error.retryAfter));
    sendErrorPage(response, explain(fromForm(error), logger));
  };
}

/** Of the form's parser: nothing that a form of these pages sends. */
function fromForm(error: Error & { type?: string; expose?: boolean }): Error {
  if (error instanceof BulkheadError || !error.expose) return error;
  const name = error.type === 'entity.too.large' ? 'REQUEST_TOO_LARGE' : 'BAD_REQUEST';
  return new BulkheadError(name, 'this is no form to sign in with');
}
