/** The sign-in provider: OpenID Connect with an authorization code, PKCE, a state and a nonce. */
import * as oidc from 'openid-client';
import { isPlainLoopback, type OidcConfig } from '../../config.ts';
import { BulkheadError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { Claims } from './person.ts';

/** What must come back as it was sent: it waits in a cookie of the browser that asked. */
export type Attempt = { state: string; nonce: string; verifier: string };

/** A provider as the routes use it. */
export type Provider = {
  /** What a page calls it. */
  host: string;
  /** Makes an attempt, and the address to send the browser to. */
  begin(redirectUri: string): Promise<{ attempt: Attempt; address: URL }>;
  /** Takes the address that the browser came back to for what the provider says of the person. */
  finish(address: URL, attempt: Attempt): Promise<Claims>;
};

/** Seconds that the provider has for each answer. */
const patience = 10;

/** Scopes that are asked for where the provider knows them. */
const wishes = ['openid', 'profile', 'email', 'groups'];

/** Nothing is asked of the provider before somebody signs in, nor remembered of a failure. */
export function makeProvider(config: OidcConfig, logger: Logger): Provider {
  let found: Promise<oidc.Configuration> | undefined;
  const discover = () => {
    found ??= discoverProvider(config).catch((error) => {
      found = undefined;
      throw error;
    });
    return found;
  };
  const guarded = <T>(work: () => Promise<T>) =>
    work().catch((error) => {
      throw explainFailure(error, logger);
    });
  return {
    host: new URL(config.issuer).host,
    begin: (redirectUri) => guarded(async () => begin(await discover(), redirectUri)),
    finish: (address, attempt) =>
      guarded(async () => readClaims(await discover(), config, address, attempt)),
  };
}

async function discoverProvider({ issuer, clientId, clientSecret }: OidcConfig) {
  const url = new URL(issuer);
  const execute = [oidc.enableNonRepudiationChecks];
  // Elsewhere than on this machine openid-client refuses what is not HTTPS.
  if (isPlainLoopback(url)) execute.push(oidc.allowInsecureRequests);
  const post = oidc.ClientSecretPost(clientSecret);
  const basic = oidc.ClientSecretBasic(clientSecret);
  const authenticate: oidc.ClientAuth = (server, ...rest) => {
    // what a provider takes that does not say, by the specification of discovery
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...rest);
  };
  return oidc.discovery(url, clientId, undefined, authenticate, { execute, timeout: patience });
}

async function begin(provider: oidc.Configuration, redirectUri: string) {
  const attempt = {
    state: oidc.randomState(),
    nonce: oidc.randomNonce(),
    verifier: oidc.randomPKCECodeVerifier(),
  };
  const known = provider.serverMetadata().scopes_supported ?? wishes.slice(0, 3);
  const address = oidc.buildAuthorizationUrl(provider, {
    redirect_uri: redirectUri,
    scope: wishes.filter((scope) => scope === 'openid' || known.includes(scope)).join(' '),
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
    code_challenge_method: 'S256',
  });
  return { attempt, address };
}

/** The ID token says who it is; what it leaves out may stand in the userinfo of the same subject. */
async function readClaims(
  provider: oidc.Configuration,
  { nameClaim, groupsClaim }: OidcConfig,
  address: URL,
  { state, nonce, verifier }: Attempt,
): Promise<Claims> {
  const tokens = await oidc.authorizationCodeGrant(provider, address, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
  });
  const claims: Claims = { ...tokens.claims() };
  const wanted = [nameClaim, groupsClaim, ...(nameClaim === 'email' ? ['email_verified'] : [])];
  const complete = wanted.every((claim) => claim in claims);
  if (complete || !provider.serverMetadata().userinfo_endpoint) return claims;
  const more = await oidc.fetchUserInfo(provider, tokens.access_token, String(claims.sub));
  return { ...more, ...claims };
}

/** What the browser is told of a failure, and what the log: neither has a code, a token or a claim. */
function explainFailure(error: unknown, logger: Logger): BulkheadError {
  const { code, error: answer } = error as { code?: unknown; error?: unknown };
  const reason = [answer, code].find((one) => /^[\w.-]{1,80}$/.test(String(one ?? '')));
  logger.warn({ reason: reason ?? 'no answer' }, 'a sign-in with OpenID Connect failed');
  if (error instanceof oidc.AuthorizationResponseError)
    return new BulkheadError(
      'UNAUTHENTICATED',
      error.error === 'access_denied'
        ? 'the sign-in provider did not let you in'
        : 'the sign-in provider refused to sign you in',
    );
  if (isRefusal(error))
    return new BulkheadError('UNAUTHENTICATED', 'this sign-in is not valid, or is over', {
      detail: 'It was begun in another browser, took too long, or was used before.',
      hint: 'Begin again.',
    });
  return new BulkheadError(
    'PROVIDER_UNAVAILABLE',
    'the sign-in provider does not answer as it should',
    {
      hint: 'Try again in a while, or sign in with a token.',
    },
  );
}

/** Whether the sign-in is at fault, and not the provider or the way to it. */
function isRefusal(error: unknown): boolean {
  if (error instanceof oidc.ResponseBodyError) return error.error === 'invalid_grant';
  return error instanceof oidc.ClientError && !noAnswer.includes(String(error.code));
}

const noAnswer = [
  'undefined',
  'OAUTH_TIMEOUT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
];
