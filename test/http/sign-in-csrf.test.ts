/** What a page of another site can make a signed-in browser do: nothing. */
import test from 'ava';
import { makeToken } from '../helpers/access.ts';
import { callOne } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { startSignIn, whoAmI } from '../helpers/sign-in.ts';
import { makeVisitor } from '../helpers/visitor.ts';

const db = useDatabase(test);

/** Origins that a browser gives to pages of others, and to those that hide theirs. */
const foreign = (url: string) => [
  'https://example.org',
  'null',
  `http://localhost:${new URL(url).port}`,
  `${url}0`,
  url.replace('http:', 'ftp:'),
];

async function makeEditor(slug: string) {
  const { id } = await callOne<{ id: string }>(db.pool, 'create_suite', { slug, name: slug });
  return makeToken(db.pool, 'editor', [id]);
}

const document = JSON.stringify({ query: '{ me { principal } }' });
const mutation =
  'mutation { createSuite(input: { slug: "forged", name: "Forged" }) { suite { id } } }';

test('a form of another site cannot use the session at /graphql', async (t) => {
  const { url } = await startSignIn(t, db);
  const visitor = makeVisitor();
  const { rows } = await db.pool.query(
    "select bulkhead_private.create_sign_in_link('person:local', 'This machine') as link",
  );
  await visitor.ask(`${url}/sign-in/link?key=${rows[0].link}`);
  const post = (body: string | URLSearchParams, headers: Record<string, string>) =>
    visitor.ask(`${url}/graphql`, { method: 'POST', body, headers });
  const json = { 'content-type': 'application/json' };
  const own = await post(document, { ...json, origin: url });
  t.deepEqual(JSON.parse(own.text), { data: { me: { principal: 'person:local' } } });

  const forged = JSON.stringify({ query: mutation });
  for (const origin of foreign(url)) {
    // the three kinds of content that a form can send, and the one that only a script can
    const form = new URLSearchParams({ query: mutation });
    t.is((await post(form, { origin })).status, 403, origin);
    t.is((await post(forged, { origin, 'content-type': 'text/plain' })).status, 403, origin);
    t.is((await post(forged, { ...json, origin })).status, 403, origin);
  }
  t.is((await post(forged, json)).status, 403, 'no origin');
  const found = await db.pool.query("select from bulkhead.test_suites where slug = 'forged'");
  t.is(found.rowCount, 0);
});

test('another site can neither sign anybody in as somebody else, nor out', async (t) => {
  const [mine, theirs] = [await makeEditor('mine'), await makeEditor('theirs')];
  const { url } = await startSignIn(t, db);
  const visitor = makeVisitor();
  await visitor.submit(`${url}/sign-in`, { token: mine.token });
  for (const origin of foreign(url)) {
    const into = await visitor.submit(`${url}/sign-in`, { token: theirs.token }, origin);
    t.is(into.status, 403, origin);
    t.regex(into.text, /FOREIGN_ORIGIN/);
    t.deepEqual(into.headers.getSetCookie(), []);
    t.is((await visitor.submit(`${url}/sign-out`, {}, origin)).status, 403, origin);
  }
  const body = new URLSearchParams({ token: theirs.token });
  for (const path of ['/sign-in', '/sign-out'])
    t.is((await visitor.ask(url + path, { method: 'POST', body })).status, 403, 'no origin');
  t.is((await whoAmI(visitor, url))?.principal, mine.principal);
});

test('behind TLS the cookie is for https alone and bound to its host, and so is the origin', async (t) => {
  const { token } = await makeEditor('behind-tls');
  const publicUrl = 'https://bulkhead.example.org';
  const { url } = await startSignIn(t, db, { BULKHEAD_PUBLIC_URL: publicUrl });
  const visitor = makeVisitor();
  t.is((await visitor.submit(`${url}/sign-in`, { token })).status, 403);
  const page = await visitor.submit(`${url}/sign-in`, { token }, publicUrl);
  t.is(page.status, 303);
  const [line = ''] = page.headers.getSetCookie();
  t.regex(
    line,
    /^__Host-bulkhead_session=bhs_\w{48}; Max-Age=43200; Path=\/; .*HttpOnly; Secure; SameSite=Lax$/,
  );
  t.regex(page.headers.get('strict-transport-security') ?? '', /max-age=\d+/);
  const home = await visitor.ask(`${url}/`);
  t.is(home.status, 200);

  // a cookie that another host of the domain could have set is none
  const other = makeVisitor();
  const { value } = visitor.cookie('__Host-bulkhead_session') ?? t.fail('no cookie');
  other.put({ name: 'bulkhead_session', value, host: '127.0.0.1', path: '/' });
  t.is(await whoAmI(other, url), null);
});
