/** What a page of another site can make a browser send with somebody's session, and where it can lead one to. */

import { once } from 'node:events';
import { request } from 'node:http';
import test from 'ava';
import { makeToken } from '../helpers/access.ts';
import { useApi } from '../helpers/api.ts';
import { makeSuite } from '../helpers/cases.ts';

const api = useApi(test);

const mutation = 'mutation { createSuite(input: { slug: "forged" }) { suite { id } } }';
const json = JSON.stringify({ query: mutation });
const form = new URLSearchParams({ query: mutation, token: 'x' }).toString();

/** Where a forged request can come from; undefined: it does not say. */
const origins = [undefined, 'null', '', 'https://example.org', 'http://localhost:3000', 'file://'];

/** What a form, or a script without asking first, can send, and what it cannot. */
const bodies: [type: string | undefined, body: string][] = [
  ['application/json', json],
  ['text/plain', json],
  ['text/plain; x=application/json', json],
  ['application/x-www-form-urlencoded', form],
  ['application/x-www-form-urlencoded; charset=application/json', form],
  [
    'multipart/form-data; boundary=x',
    `--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n${mutation}\r\n--x--\r\n`,
  ],
  ['application/graphql', mutation],
  [undefined, json],
];

/** fetch sets some of these headers itself. */
async function send(
  method: string,
  path: string,
  headers: Record<string, string | undefined>,
  body = '',
) {
  const { port, host } = new URL(api.url);
  const sent = request({ port, host: '127.0.0.1', path, method, agent: false });
  for (const [name, value] of Object.entries({ host, ...headers }))
    if (value !== undefined) sent.setHeader(name, value);
  sent.end(body);
  const [answer] = await once(sent, 'response');
  const text = Buffer.concat(await answer.toArray()).toString();
  return { status: answer.statusCode as number, headers: answer.headers, text };
}

const forged = async () => {
  const { rowCount } = await api.db.pool.query(
    "select from bulkhead.test_suites where slug = 'forged'",
  );
  return rowCount;
};

test.serial('no other page changes anything with a session, whatever it sends', async (t) => {
  const { cookie } = api.headers;
  let requests = 0;
  for (const origin of origins)
    for (const [type, body] of bodies)
      for (const path of [
        '/graphql',
        '/graphql/',
        '/GRAPHQL',
        `/graphql?query=${encodeURIComponent(mutation)}`,
      ]) {
        const headers = { cookie, origin, 'content-type': type };
        const { status, text } = await send('POST', path, headers, body);
        t.is(status, 403, `${path} from ${origin} as ${type}: ${text}`);
        t.regex(text, /FOREIGN_ORIGIN/);
        requests += 1;
      }
  t.is(await forged(), 0);
  t.log(`${requests} requests`);
  t.true(requests >= 190);
});

test.serial('from a page of this server, only JSON is taken, and only by POST', async (t) => {
  const { cookie } = api.headers;
  const own = { cookie, origin: api.url };
  for (const [type, body] of bodies.slice(1)) {
    const { status } = await send('POST', '/graphql', { ...own, 'content-type': type }, body);
    t.is(status, 415, type);
  }
  const inQuery = `/graphql?query=${encodeURIComponent(mutation)}`;
  for (const [method, origin] of [
    ['GET', api.url],
    ['GET', undefined],
    ['HEAD', api.url],
  ] as const) {
    const { status } = await send(method, inQuery, { cookie, origin, accept: 'application/json' });
    t.true([403, 405].includes(status), `${method}: ${status}`);
  }
  const overridden = {
    cookie,
    'x-http-method-override': 'POST',
    'content-type': 'application/json',
  };
  t.is((await send('GET', inQuery, overridden)).status, 405);
  t.is(await forged(), 0);
  const { status } = await send(
    'POST',
    '/graphql',
    { ...own, 'content-type': 'application/json' },
    json,
  );
  t.is(status, 200);
  t.is(await forged(), 1);
});

test('no answer allows another site to read it', async (t) => {
  for (const path of ['/graphql', '/', '/sign-in', '/ruru', '/healthz', '/nothing'])
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const { headers } = await send(method, path, {
        ...api.headers,
        origin: 'https://example.org',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type, authorization',
      });
      const allowed = Object.keys(headers).filter((name) => name.startsWith('access-control-'));
      t.deepEqual(allowed, [], `${method} ${path}`);
      t.is(headers['cross-origin-resource-policy'], 'same-origin');
    }
});

test('no other page signs anybody in or out', async (t) => {
  const { token } = await makeToken(api.db.pool, 'viewer', [await makeSuite(api.db.pool)]);
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  for (const origin of origins) {
    const inside = await send('POST', '/sign-in', { origin, ...type }, `token=${token}`);
    t.is(inside.status, 403, origin);
    t.is(inside.headers['set-cookie'], undefined);
    const out = await send('POST', '/sign-out', { origin, ...type, cookie: api.headers.cookie });
    t.is(out.status, 403, origin);
    t.is(out.headers['set-cookie'], undefined);
  }
  t.truthy(await api.run('{ me { principal } }'));
});

/** Places elsewhere, as browsers read addresses. */
const elsewhere = [
  'https://example.org',
  '//example.org',
  '///example.org',
  '/\\example.org',
  '\\\\example.org',
  '/\t/example.org',
  '/\n/example.org',
  '\t//example.org',
  ' //example.org',
  'https:example.org',
  'https:/example.org',
  'javascript:alert(1)',
  'data:text/html,x',
  '/..//example.org',
  '/.//example.org',
  '/%2e//example.org',
  '/a/../..//example.org',
  '/%09/example.org',
  '/%5cexample.org',
  '/\r\nLocation: https://example.org',
  '@example.org',
  '.example.org',
  `//${'a'.repeat(50)}@example.org`,
  '/sign-out',
  'http://[::1',
  '/\u2028/example.org',
  '／／example.org',
];

test('after signing in one is on this server, wherever ?to= says', async (t) => {
  const { token } = await makeToken(api.db.pool, 'viewer', [await makeSuite(api.db.pool)]);
  for (const to of elsewhere) {
    const body = new URLSearchParams({ token, to }).toString();
    const type = 'application/x-www-form-urlencoded';
    const { status, headers } = await send(
      'POST',
      '/sign-in',
      { origin: api.url, 'content-type': type },
      body,
    );
    t.is(status, 303, to);
    const { location = 'x:' } = headers;
    t.is(new URL(location, api.url).origin, api.url, `${to} → ${location}`);
    t.notRegex(location, /^\/[/\\]/, to);
    t.not(new URL(location, api.url).pathname, '/sign-out');
    const page = await send('GET', `/sign-in?to=${encodeURIComponent(to)}`, {});
    const field = /name="to" value="([^"]*)"/.exec(page.text)?.[1] ?? 'x:';
    t.is(new URL(field, api.url).origin, api.url, `${to} → ${field}`);
    t.notRegex(page.text, /<script|javascript:/i);
  }
});
