/** Every route × everything that one can show. */
import test from 'ava';
import { makeSession, makeToken } from '../helpers/access.ts';
import { headOf } from '../helpers/access-api.ts';
import { type Api, openApi } from '../helpers/api.ts';
import { call, makeSuite, type Queryable } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { guess } from '../helpers/guesses.ts';
import { hashSecret } from '../helpers/roles.ts';
import { findApplication, type Route, routes, routesOf, type Visitor } from './http-routes.ts';

// Hooks run at the same time unless they are serial: the database is dropped after this one.
test.serial.after.always('stop the server', () => api?.stop());
const db = useDatabase(test);
const publicUrl = 'https://bulkhead.example.org';
let api: Api;
let shown: { name: string; visitor: Visitor; headers: Record<string, string> }[];

test.serial.before('start a server behind TLS', async () => {
  // A proxy in front says from where each request is: nobody fails too often here.
  api = await openApi(db, { publicUrl });
  shown = await makeShown(db.pool);
});

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const cookie = (secret: string) => ({
  cookie: `__Host-bulkhead_session=${secret}`,
  origin: publicUrl,
});

/** Everything that a request can show, good and bad. */
async function makeShown(pool: Queryable) {
  const suite = await makeSuite(pool);
  const token = async () => makeToken(pool, 'viewer', [suite]);
  const good = (await token()).token;
  const session = await makeSession(pool);
  const link = await pool.query(
    `select bulkhead_private.create_sign_in_link('person:linked', '', interval '1 hour') as link`,
  );
  const sessionOf = async (of: string) => {
    const { rows } = await pool.query(
      'select bulkhead_private.start_token_session($1) as session',
      [hashSecret(of)],
    );
    return rows[0].session as string;
  };
  const end = (secret: string) =>
    pool.query('update bulkhead_private.credentials set expires_at = now() where hash = $1', [
      hashSecret(secret),
    ]);
  const [expired, revoked, parent, old] = [
    await token(),
    await token(),
    await token(),
    await makeSession(pool),
  ];
  const orphan = await sessionOf(parent.token);
  await end(expired.token);
  await end(old);
  for (const { principal } of [revoked, parent]) await call(pool, 'revoke_token', { principal });
  const bad: Record<string, Record<string, string>> = {
    'an expired token': bearer(expired.token),
    'a revoked token': bearer(revoked.token),
    'a truncated token': bearer(good.slice(0, -1)),
    'a token with one digit more': bearer(`${good}0`),
    'a malformed token': bearer('bhd_zzz'),
    'a token in upper case': bearer(good.toUpperCase()),
    'a token that nobody was given': bearer(guess('bhd_')),
    'the hash of a token': bearer(hashSecret(good).toString('hex')),
    'two tokens': bearer(`${good}, ${good}`),
    'no token after Bearer': { authorization: 'Bearer ' },
    'a session as a token': bearer(session),
    'a sign-in link as a token': bearer(link.rows[0].link),
    'a bad token beside a good session': { ...bearer(guess('bhd_')), ...cookie(session) },
    'a token in the cookie': cookie(good),
    'a sign-in link in the cookie': cookie(link.rows[0].link),
    'an expired session': cookie(old),
    'a truncated session': cookie(session.slice(0, -1)),
    'the session of a revoked token': cookie(orphan),
  };
  return [
    { name: 'a token', visitor: 'let in' as const, headers: bearer(good) },
    { name: 'a session', visitor: 'let in' as const, headers: cookie(session) },
    {
      name: 'a session of a token',
      visitor: 'let in' as const,
      headers: cookie(await sessionOf(good)),
    },
    { name: 'nothing', visitor: 'nobody' as const, headers: {} },
    {
      name: 'a password, which is for a proxy',
      visitor: 'nobody' as const,
      headers: { authorization: `Basic ${Buffer.from(`bulkhead:${good}`).toString('base64')}` },
    },
    {
      name: 'a cookie of another name',
      visitor: 'nobody' as const,
      headers: {
        cookie: `bulkhead_session=${session}`,
        origin: publicUrl,
      },
    },
    ...Object.entries(bad).map(([name, headers]) => ({
      name,
      visitor: 'refused' as const,
      headers,
    })),
  ];
}

let address = 0;

/** Asks from an address of its own. */
async function ask({ method, path, body }: Route, headers: Record<string, string>) {
  address += 1;
  const from = `10.1.${address >> 8}.${address & 255}`;
  const type = /^\/(graphql|api)/.test(path)
    ? 'application/json'
    : 'application/x-www-form-urlencoded';
  const answer = await fetch(api.url + path.replace(':slug', 'none'), {
    method,
    redirect: 'manual',
    headers: { 'content-type': type, origin: publicUrl, 'x-forwarded-for': from, ...headers },
    ...(body && { body }),
  });
  return {
    status: answer.status,
    head: headOf(answer),
    headers: answer.headers,
    text: await answer.text(),
  };
}

/** What browsers are told of every answer, those of refusals and redirects included. */
const always = {
  'x-content-type-options': /^nosniff$/,
  'content-security-policy': /default-src 'none'.*frame-ancestors 'none'/,
  'cross-origin-resource-policy': /^same-origin$/,
  'referrer-policy': /^(no-referrer|same-origin)$/,
  'strict-transport-security': /^max-age=\d{8}/,
};

test('each route lets in whom it should, and answers everybody else the same', async (t) => {
  let cells = 0;
  for (const route of routes) {
    const refusals = new Map<string, string>();
    for (const { name, visitor, headers } of shown) {
      const { status, head, headers: answered, text } = await ask(route, headers);
      const what = `${route.method} ${route.path} with ${name}`;
      t.is(status, route.answers[visitor], `${what}: ${text.slice(0, 500)}`);
      for (const [header, value] of Object.entries(always))
        t.regex(answered.get(header) ?? '', value, `${what}: ${header}`);
      t.is(answered.get('x-powered-by'), null, what);
      if (visitor === 'refused') refusals.set(`${status}\n${head}\n${text}`, name);
      if (status === 401 && route.path.startsWith('/graphql'))
        t.is(answered.get('www-authenticate'), 'Bearer', what);
      if (status === 200 && route.path.startsWith('/graphql'))
        t.regex(text, /"totalCount":[01]/, what);
      if (status === 303)
        t.regex(answered.get('location') ?? '', /^\/sign-in(\?to=\/(ruru)?)?$/, what);
      cells += 1;
    }
    t.is(refusals.size, 1, `${route.method} ${route.path}: ${[...refusals.values()].join()}`);
  }
  t.log(`${cells} cells`);
  t.true(cells >= 500, `${cells} cells`);
});

test('every route of the server is in the table', async (t) => {
  const { router } = await findApplication(api.url);
  const { routes: found, mounted } = routesOf(router.stack);
  const known = new Set(routes.map(({ method, path }) => `${method} ${path}`));
  t.deepEqual(
    found.filter((route) => !known.has(route)),
    [],
  );
  t.true(found.length >= 8, found.join());
  // Middleware of a path does not say which; what it takes is among these.
  const paths = ['/api', '/graphql', '/ruru'];
  for (const layer of mounted)
    t.true(
      paths.some((path) => layer.match(path)),
      layer.name,
    );
  t.true(mounted.length >= 2);
});

test('a route that is new would be noticed', async (t) => {
  const { router } = await findApplication(api.url);
  const before = routesOf(router.stack).routes.length;
  const app = router as unknown as { get(path: string, handler: () => void): void };
  app.get('/new/:id', () => {});
  t.true(routesOf(router.stack).routes.includes('GET /new/:id'));
  t.is(routesOf(router.stack).routes.length, before + 1);
  router.stack.pop();
});

test('a session does not outlive its token, nor a role that was taken away', async (t) => {
  const suite = await makeSuite(db.pool);
  const { token, principal } = await makeToken(db.pool, 'viewer', [suite]);
  const { rows } = await db.pool.query(
    'select bulkhead_private.start_token_session($1) as session',
    [hashSecret(token)],
  );
  const route = routes.find(
    ({ path, method }) => path === '/graphql' && method === 'POST',
  ) as Route;
  for (const headers of [bearer(token), cookie(rows[0].session)])
    t.regex((await ask(route, headers)).text, /"totalCount":1/);
  await call(db.pool, 'revoke_token', { principal });
  for (const headers of [bearer(token), cookie(rows[0].session)])
    t.regex((await ask(route, headers)).text, /UNAUTHENTICATED/);
});
