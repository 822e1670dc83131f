import test from 'ava';
import { makeSession } from '../helpers/access.ts';
import { ask, headersOf, openApi, useApi } from '../helpers/api.ts';
import { guess } from '../helpers/guesses.ts';

const api = useApi(test);
const query = '{ me { principal } }';
const introspection = '{ __schema { types { name } } }';

/** What a request with these headers gets. */
async function answer(headers: Record<string, string>, document = query, url = api.url) {
  const response = await ask(url, { query: document }, headers);
  const body = (await response.json()) as { data?: { me: { principal: string } }; errors?: [] };
  return { status: response.status, headers: response.headers, body };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('a token is let in, and acts as itself', async (t) => {
  const suite = await api.suite('token');
  const { token, principal } = await api.token('viewer', [suite]);
  for (const authorization of [`Bearer ${token}`, `bearer  ${token} `]) {
    const { status, body } = await answer({ authorization });
    t.is(status, 200);
    t.is(body.data?.me.principal, principal);
  }
});

test('a session is let in by its cookie, among others', async (t) => {
  const session = await makeSession(api.db.pool, 'person:ada');
  const { cookie = '', origin = '' } = headersOf(api.url, session);
  const { body } = await answer({ cookie: `a=b; ${cookie}; c="d"`, origin });
  t.is(body.data?.me.principal, 'person:ada');
});

test('what a proxy in front asks for itself does not matter', async (t) => {
  const headers = { ...api.headers, authorization: 'Basic Zm9vOmJhcg==' };
  t.is((await answer(headers)).status, 200);
});

test('every stranger gets the same answer, and is not told the schema', async (t) => {
  const { token } = await api.token('viewer', [await api.suite('strangers')]);
  const session = await makeSession(api.db.pool);
  const publicUrl = 'https://bulkhead.example.org';
  const behindTls = await openApi(api.db, { publicUrl });
  t.teardown(behindTls.stop);
  const cookie = (secret: string) => ({
    cookie: `__Host-bulkhead_session=${secret}`,
    origin: publicUrl,
  });
  t.is((await answer(cookie(session), query, behindTls.url)).status, 200);
  const strangers = [
    bearer(guess('bhd_')),
    bearer(token.slice(0, -1)),
    bearer(`${token}0`),
    bearer(`${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`),
    bearer(token.toUpperCase()),
    bearer('bhd_'),
    bearer(session),
    { authorization: 'Bearer' },
    { authorization: `Bearer ${token} ${token}` },
    { ...cookie(session), authorization: 'Bearer nonsense' },
    cookie(guess('bhs_')),
    cookie(token),
  ];
  const answers = new Set<string>();
  let address = 0;
  for (const stranger of strangers)
    for (const document of [query, introspection, 'not GraphQL']) {
      // Each from somewhere else, as the proxy in front says: nobody has failed too often.
      const headers = { ...stranger, 'x-forwarded-for': `10.0.0.${address++}` };
      const { status, headers: head, body } = await answer(headers, document, behindTls.url);
      t.is(status, 401);
      t.is(head.get('www-authenticate'), 'Bearer');
      answers.add(JSON.stringify(body));
    }
  t.is(answers.size, 1, [...answers].join('\n'));
  t.regex([...answers].join(), /"code":"UNAUTHENTICATED","sqlstate":"TCAUT"/);
  // Without TLS in front, a cookie of the other name is nobody's.
  t.is(
    (
      await answer(
        { cookie: `bulkhead_session=${session}`, origin: publicUrl },
        query,
        behindTls.url,
      )
    ).status,
    401,
  );
});

test('who shows nothing is told what to show', async (t) => {
  const { token } = await api.token('viewer', [await api.suite('nothing')]);
  for (const authorization of [undefined, '', token, `Basic ${token}`]) {
    const headers = authorization === undefined ? {} : { authorization };
    const { status, body, headers: head } = await answer(headers, introspection);
    t.is(status, 401);
    t.is(head.get('www-authenticate'), 'Bearer');
    t.regex(JSON.stringify(body), /UNAUTHENTICATED.*Authorization: Bearer/);
  }
});

test('a token that was revoked, or a session that has ended, is let in no more, at once', async (t) => {
  const suite = await api.suite('revoked');
  const { token, principal } = await api.token('viewer', [suite]);
  const session = await makeSession(api.db.pool, 'person:gone');
  for (const secret of [token, session])
    t.is((await answer(headersOf(api.url, secret))).status, 200);
  await api.db.pool.query('select bulkhead.revoke_token($1)', [principal]);
  await api.db.pool.query('select bulkhead_private.end_session(sha256(convert_to($1, $2)))', [
    session,
    'UTF8',
  ]);
  for (const secret of [token, session]) {
    const { status, body } = await answer(headersOf(api.url, secret));
    // What was known of it may be a moment older than the notification; the database is not.
    t.true(status === 401 || body.data?.me == null);
    t.regex(JSON.stringify(body), /UNAUTHENTICATED/);
    t.is((await answer(headersOf(api.url, secret), introspection)).status, 401);
  }
});

test('a principal that is shut out is let in again when it may', async (t) => {
  const session = await makeSession(api.db.pool, 'person:shut-out');
  const headers = headersOf(api.url, session);
  const shutOut = (disabled: boolean) =>
    api.db.pool.query(`select bulkhead.set_principal('person:shut-out', disabled => $1)`, [
      disabled,
    ]);
  t.is((await answer(headers)).status, 200);
  await shutOut(true);
  t.regex(JSON.stringify((await answer(headers)).body), /UNAUTHENTICATED/);
  await shutOut(false);
  t.is((await answer(headers)).body.data?.me.principal, 'person:shut-out');
});

test('a token that has expired is let in no more', async (t) => {
  const { token, principal } = await api.token('viewer', [await api.suite('expired')]);
  await api.db.pool.query(
    `update bulkhead_private.credentials set expires_at = clock_timestamp() where principal = $1`,
    [principal],
  );
  t.is((await answer(bearer(token))).status, 401);
});

test('only what is no secret is for everybody', async (t) => {
  const status = async (path: string, method = 'GET') =>
    (await fetch(api.url + path, { method, redirect: 'manual' })).status;
  t.is(await status('/healthz'), 200);
  t.is(await status('/readyz'), 200);
  t.is(await status('/sign-in'), 200);
  t.is(await status('/ruru'), 303);
  for (const path of ['/graphql', '/GraphQL', '/graphql/', '/graphql/stream'])
    for (const method of ['GET', 'POST', 'PUT', 'OPTIONS'])
      t.is(await status(path, method), 401, path);
});
