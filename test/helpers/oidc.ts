/** A real OpenID provider on this machine, and people who have accounts with it. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import type { Page, Visitor } from './visitor.ts';

/** What the provider says of each account. */
const accounts: Record<string, object> = {
  ada: {
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    email_verified: true,
    groups: ['evals', 'everybody'],
  },
  bob: { preferred_username: 'bob', email: 'bob@example.com', email_verified: false },
  eve: { name: 'Eve', groups: 'reviewers' },
  // who has chosen the name of the admin of a sign-in link
  local: { name: 'Mallory', preferred_username: 'local' },
};

export type TestProvider = Awaited<ReturnType<typeof openProvider>>;

// It warns of what is meant for development only, which is what tests are.
console.warn = console.info = () => {};

/** Takes a port; until `start`, nobody answers there as a provider would. */
export async function openProvider(host = '127.0.0.1') {
  let listener: RequestListener | undefined;
  const server = createServer((request, response) => {
    if (listener) return listener(request, response);
    response.writeHead(503).end('not yet');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://${host}:${(server.address() as AddressInfo).port}`;
  const client = { clientId: 'bulkhead', clientSecret: randomBytes(24).toString('base64url') };
  return {
    config: { issuer, ...client },
    /** Answers from now on, and sends people back to these servers. */
    start(urls: string[]) {
      listener = new Provider(issuer, configuration(client, urls)).callback();
    },
    /** Is down again. */
    fail() {
      listener = undefined;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'test' };

function configuration(client: { clientId: string; clientSecret: string }, urls: string[]) {
  return {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: urls.map((url) => `${url}/sign-in/oidc/callback`),
      },
    ],
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    pkce: { required: () => true },
    jwks: { keys: [jwk] },
    cookies: { keys: [randomBytes(24).toString('hex')] },
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId, ...accounts[accountId] }),
    }),
  };
}

/**
 * Goes from the server to the provider and signs in there. Stops at the address that the provider
 * sends the browser back to, without asking for it.
 */
export async function signInAtProvider(
  visitor: Visitor,
  url: string,
  login: string,
  to = '/',
): Promise<string> {
  const callback = `${url}/sign-in/oidc/callback`;
  let page = await visitor.visit(`${url}/sign-in/oidc?to=${encodeURIComponent(to)}`);
  for (const fields of [{ prompt: 'login', login, password: 'any' }, { prompt: 'consent' }]) {
    if (page.url.startsWith(callback)) break;
    page = await visitor.visit(
      formAction(page),
      { method: 'POST', body: new URLSearchParams(fields as Record<string, string>) },
      callback,
    );
  }
  if (!page.url.startsWith(callback)) throw new Error(`still at ${page.url}: ${page.text}`);
  return page.url;
}

/** Where the form of a page is sent. */
export function formAction({ text, url }: Page): URL {
  const action = /<form[^>]* action="([^"]*)"/.exec(text)?.[1];
  if (!action) throw new Error(`no form at ${url}: ${text}`);
  return new URL(action, url);
}
