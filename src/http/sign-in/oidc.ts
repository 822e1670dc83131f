/** The two addresses of a sign-in with OpenID Connect: to the provider, and back from it. */
import { parseCookie } from 'cookie';
import { type CookieOptions, type Request, Router } from 'express';
import type pg from 'pg';
import type { OidcConfig } from '../../config.ts';
import { BulkheadError } from '../../errors.ts';
import { startPersonSession } from '../../queries/sign-in.queries.ts';
import { isHttps, originOf } from '../origin.ts';
import type { Desk } from './desk.ts';
import { localPath } from './local-path.ts';
import { personOf } from './person.ts';
import type { Attempt, Provider } from './provider.ts';

/** What the routes need. */
export type OidcOptions = {
  oidc: OidcConfig;
  provider: Provider;
  publicUrl: string | undefined;
  ownerPool: pg.Pool;
  desk: Desk;
};

const path = '/sign-in/oidc';
const attemptCookie = 'bulkhead_sign_in';
const sessionSeconds = 12 * 3600;
const attemptSeconds = 10 * 60;

/** Makes the routes. */
export function makeOidcRoutes(options: OidcOptions): Router {
  const { oidc, provider, publicUrl, ownerPool, desk } = options;
  /** Lax, or it would be missing where the provider sends the browser back. */
  const cookie: CookieOptions = {
    path,
    httpOnly: true,
    sameSite: 'lax',
    secure: isHttps(publicUrl),
  };
  const router = Router();
  router.get(path, async (request, response) => {
    const { attempt, address } = await provider.begin(redirectUri(request, publicUrl).href);
    const waiting = JSON.stringify({ ...attempt, to: localPath(request.query.to) });
    response.cookie(attemptCookie, waiting, { ...cookie, maxAge: attemptSeconds * 1000 });
    response.set('Cache-Control', 'no-store').redirect(303, address.href);
  });
  router.get(`${path}/callback`, async (request, response) => {
    const { to, ...attempt } = readAttempt(request);
    // Whatever comes of it, it is over: neither the code nor the state is of use again.
    response.clearCookie(attemptCookie, cookie);
    const address = redirectUri(request, publicUrl);
    address.search = request.originalUrl.slice(request.path.length);
    const secret = await desk.attempt(request, async () => {
      const person = personOf(await provider.finish(address, attempt), oidc);
      const [started] = await startPersonSession.run(person, ownerPool);
      if (started) return started.session;
      throw new BulkheadError('UNAUTHENTICATED', 'you are shut out of this Bulkhead');
    });
    desk.letIn(response, { secret, seconds: sessionSeconds }, to);
  });
  return router;
}

/** Where the provider sends the browser back to: it knows the address, and refuses any other. */
function redirectUri({ headers }: Request, publicUrl: string | undefined): URL {
  const origin = originOf(headers, publicUrl);
  if (URL.canParse(origin)) return new URL(`${path}/callback`, origin);
  throw new BulkheadError('BAD_REQUEST', 'the request does not name a host that there can be');
}

function readAttempt(request: Request): Attempt & { to: string } {
  const text = parseCookie(request.headers.cookie ?? '')[attemptCookie];
  try {
    const { state, nonce, verifier, to } = JSON.parse(text ?? '');
    if ([state, nonce, verifier].every((one) => typeof one === 'string' && one !== ''))
      return { state, nonce, verifier, to: localPath(to) };
  } catch {}
  throw new BulkheadError('BAD_REQUEST', 'no sign-in was begun in this browser', {
    detail: 'It takes ten minutes at most, and cookies.',
    hint: 'Begin again.',
  });
}
