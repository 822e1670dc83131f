/** Sign-in with OpenID Connect, against a real provider. */
import test, { type ExecutionContext } from 'ava';
import { callOne } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { openProvider, signInAtProvider } from '../helpers/oidc.ts';
import { startSignIn, whoAmI } from '../helpers/sign-in.ts';
import { makeVisitor, type Visitor } from '../helpers/visitor.ts';

// One after the other: each has a server of its own to build, and a provider that has to answer in time.
const db = useDatabase(test);

/** A server and its provider, which answers. */
async function open(t: ExecutionContext, names: Record<string, string> = {}) {
  const provider = await openProvider();
  t.teardown(provider.stop);
  const { issuer, clientId, clientSecret } = provider.config;
  const server = await startSignIn(t, db, {
    BULKHEAD_OIDC_ISSUER: issuer,
    BULKHEAD_OIDC_CLIENT_ID: clientId,
    BULKHEAD_OIDC_CLIENT_SECRET: clientSecret,
    ...names,
  });
  provider.start([server.url]);
  return { ...server, provider };
}

/** A suite with these members. */
async function makeSuite(slug: string, members: Record<string, string> = {}) {
  const { id } = await callOne<{ id: string }>(db.pool, 'create_suite', { slug, name: slug });
  for (const [principal, role] of Object.entries(members))
    await callOne(db.pool, 'set_member', { suite_id: id, principal, role });
}

/** Signs in from beginning to end; the page that one comes to. */
async function signIn(visitor: Visitor, url: string, login: string, to?: string) {
  return visitor.ask(await signInAtProvider(visitor, url, login, to));
}

test.serial('a person comes in with the roles of their groups', async (t) => {
  await makeSuite('of-groups', { 'group:evals': 'editor', 'group:everybody': 'viewer' });
  await makeSuite('of-ada', { 'person:ada': 'owner' });
  await makeSuite('of-nobody');
  const { url } = await open(t);
  const visitor = makeVisitor();
  t.regex(
    (await visitor.ask(`${url}/sign-in`)).text,
    /href="\/sign-in\/oidc\?to=%2F">Sign in with 127/,
  );

  const back = await signIn(visitor, url, 'ada', '/ruru?x=1');
  t.is(back.status, 303, back.text);
  t.is(back.headers.get('location'), '/ruru?x=1');
  const { httpOnly, sameSite, path, maxAge, secure } = visitor.cookie('bulkhead_session') ?? {};
  t.deepEqual(
    { httpOnly, sameSite, path, maxAge, secure },
    { httpOnly: true, sameSite: 'lax', path: '/', maxAge: 43_200, secure: undefined },
  );
  t.is(visitor.cookie('bulkhead_sign_in'), undefined);
  t.deepEqual(await whoAmI(visitor, url), {
    principal: 'person:ada',
    admin: false,
    suites: { 'of-ada': 'owner', 'of-groups': 'editor' },
  });
  t.regex((await visitor.ask(`${url}/`)).text, /Ada Lovelace/);
});

test.serial(
  'one group may be a string; another claim than the one configured gives no groups',
  async (t) => {
    await makeSuite('of-reviewers', { 'group:reviewers': 'appender' });
    const eve = makeVisitor();
    const withGroups = await open(t);
    await signIn(eve, withGroups.url, 'eve');
    t.is((await whoAmI(eve, withGroups.url))?.suites['of-reviewers'], 'appender');

    const without = await open(t, { BULKHEAD_OIDC_GROUPS_CLAIM: 'teams' });
    const again = makeVisitor();
    await signIn(again, without.url, 'eve');
    t.deepEqual(await whoAmI(again, without.url), {
      principal: 'person:eve',
      admin: false,
      suites: {},
    });
  },
);

test.serial('somebody who is no member of anything comes in, and sees nothing', async (t) => {
  await makeSuite('unseen');
  const { url } = await open(t);
  const visitor = makeVisitor();
  t.is((await signIn(visitor, url, 'nobody')).status, 303);
  t.deepEqual(await whoAmI(visitor, url), { principal: 'person:nobody', admin: false, suites: {} });
  t.regex((await visitor.ask(`${url}/`)).text, /None that you may see/);
});

test.serial('an e-mail address counts only where the provider has verified it', async (t) => {
  const { url } = await open(t, { BULKHEAD_OIDC_NAME_CLAIM: 'email' });
  const ada = makeVisitor();
  await signIn(ada, url, 'ada');
  t.is((await whoAmI(ada, url))?.principal, 'person:ada@example.com');

  const bob = makeVisitor();
  const refused = await signIn(bob, url, 'bob');
  t.is(refused.status, 401);
  t.regex(refused.text, /has not verified your e-mail address/);
  t.is(await whoAmI(bob, url), null);
  const eve = await signIn(makeVisitor(), url, 'eve');
  t.is(eve.status, 401);
  t.regex(eve.text, /does not say &#34;email&#34; of you/);
});

test.serial('no provider can name the admin of the sign-in link', async (t) => {
  await db.pool.query(
    "select bulkhead_private.create_sign_in_link('person:local', 'This machine')",
  );
  for (const names of [{}, { BULKHEAD_OIDC_NAME_CLAIM: 'preferred_username' }]) {
    const { url } = await open(t, names);
    const visitor = makeVisitor();
    t.is((await signIn(visitor, url, 'local')).status, 401);
    t.is(await whoAmI(visitor, url), null);
  }
});

test.serial('somebody who is shut out stays out', async (t) => {
  const { url } = await open(t);
  await callOne(db.pool, 'set_principal', { name: 'person:shut-out', disabled: true });
  const visitor = makeVisitor();
  const page = await signIn(visitor, url, 'shut-out');
  t.is(page.status, 401);
  t.regex(page.text, /UNAUTHENTICATED/);
  t.is(visitor.cookie('bulkhead_session'), undefined);
});

test.serial('who says no at the provider is told so', async (t) => {
  const { url } = await open(t);
  const visitor = makeVisitor();
  const form = await visitor.visit(`${url}/sign-in/oidc`);
  const abort = /href="([^"]*\/abort)"/.exec(form.text)?.[1] ?? '';
  const page = await visitor.visit(new URL(abort, form.url));
  t.true(page.url.startsWith(`${url}/sign-in/oidc/callback`));
  t.is(page.status, 401);
  t.regex(page.text, /did not let you in/);
  t.is(await whoAmI(visitor, url), null);
});

test.serial('a callback works once, and in the browser that began', async (t) => {
  const { url } = await open(t);
  const visitor = makeVisitor();
  const callback = await signInAtProvider(visitor, url, 'ada');
  const attempt = visitor.cookie('bulkhead_sign_in') ?? t.fail('no cookie');

  const elsewhere = await makeVisitor().ask(callback);
  t.is(elsewhere.status, 400);
  t.regex(elsewhere.text, /no sign-in was begun in this browser/i);
  t.is((await visitor.ask(callback, { method: 'HEAD' })).status, 200);
  t.is((await visitor.ask(callback)).status, 303);
  t.is((await visitor.ask(callback)).status, 400);

  const thief = makeVisitor();
  thief.put(attempt);
  const replayed = await thief.ask(callback);
  t.is(replayed.status, 401);
  t.regex(replayed.text, /UNAUTHENTICATED/);
  t.is(thief.cookie('bulkhead_session'), undefined);
});

test.serial('a state that is not the one sent is refused', async (t) => {
  const { url } = await open(t);
  for (const tamper of [
    (address: URL) => address.searchParams.set('state', 'another'),
    (address: URL) => address.searchParams.delete('state'),
    (address: URL) => address.searchParams.append('state', 'another'),
    (address: URL) => address.searchParams.set('iss', 'https://example.org'),
    (address: URL) => address.searchParams.delete('code'),
  ]) {
    const visitor = makeVisitor();
    const address = new URL(await signInAtProvider(visitor, url, 'ada'));
    tamper(address);
    t.is((await visitor.ask(address)).status, 401, address.search);
    t.is(await whoAmI(visitor, url), null);
  }
});

/** Changes what the browser remembers of its attempt. */
function tamper(visitor: Visitor, change: Record<string, string>) {
  const cookie = visitor.cookie('bulkhead_sign_in');
  if (!cookie) throw new Error('no sign-in was begun');
  visitor.put({
    ...cookie,
    value: JSON.stringify({ ...JSON.parse(cookie.value ?? ''), ...change }),
  });
}

test.serial('an ID token made for another attempt is refused', async (t) => {
  const { url } = await open(t);
  const visitor = makeVisitor();
  const callback = await signInAtProvider(visitor, url, 'ada');
  tamper(visitor, { nonce: 'another' });
  t.is((await visitor.ask(callback)).status, 401);
  t.is(visitor.cookie('bulkhead_session'), undefined);
});

test.serial('the code of another person is of no use', async (t) => {
  const { url } = await open(t);
  const [ada, mallory] = [makeVisitor(), makeVisitor()];
  const stolen = new URL(await signInAtProvider(ada, url, 'ada')).searchParams.get('code') ?? '';
  const address = new URL(await signInAtProvider(mallory, url, 'mallory'));
  address.searchParams.set('code', stolen);
  t.is((await mallory.ask(address)).status, 401);
  t.is(await whoAmI(mallory, url), null);
});

test.serial(
  'a place elsewhere to go to afterwards is forgotten, even from the cookie',
  async (t) => {
    const { url } = await open(t);
    const visitor = makeVisitor();
    const back = await signIn(visitor, url, 'ada', '//example.org');
    t.is(back.headers.get('location'), '/');
    const again = makeVisitor();
    const callback = await signInAtProvider(again, url, 'ada');
    tamper(again, { to: '/\\example.org' });
    t.is((await again.ask(callback)).headers.get('location'), '/');
  },
);

test.serial('a provider that is down is asked again the next time', async (t) => {
  const { url, provider, log } = await open(t);
  provider.fail();
  const visitor = makeVisitor();
  for (let times = 0; times < 2; times++) {
    const page = await visitor.ask(`${url}/sign-in/oidc`);
    t.is(page.status, 503);
    t.regex(page.text, /PROVIDER_UNAVAILABLE/);
  }
  provider.start([url]);
  const callback = await signInAtProvider(visitor, url, 'ada');
  provider.fail();
  t.is((await visitor.ask(callback)).status, 503);
  t.is(await whoAmI(visitor, url), null);
  t.regex(log(), /a sign-in with OpenID Connect failed/);
});

test.serial('nothing secret is logged, and nothing of a failure is shown', async (t) => {
  const { url, provider, log } = await open(t);
  const visitor = makeVisitor();
  const callback = new URL(await signInAtProvider(visitor, url, 'ada'));
  const attempt = visitor.cookie('bulkhead_sign_in') ?? t.fail('no cookie');
  const { nonce, verifier, state } = JSON.parse(attempt.value ?? '');
  await visitor.ask(callback);
  const session = visitor.cookie('bulkhead_session')?.value ?? t.fail('no session');
  visitor.put(attempt);
  const { text } = await visitor.ask(callback);
  const code = callback.searchParams.get('code') ?? t.fail('no code');
  t.regex(log(), /invalid_grant/);
  for (const secret of [code, state, nonce, verifier, session, provider.config.clientSecret]) {
    t.false(log().includes(secret));
    t.false(text.includes(secret));
  }
});

test.serial('the attempt waits in a cookie that only its two addresses get', async (t) => {
  const { url } = await open(t);
  const visitor = makeVisitor();
  await visitor.ask(`${url}/sign-in/oidc`);
  const { httpOnly, sameSite, path, maxAge } = visitor.cookie('bulkhead_sign_in') ?? {};
  t.deepEqual(
    { httpOnly, sameSite, path, maxAge },
    { httpOnly: true, sameSite: 'lax', path: '/sign-in/oidc', maxAge: 600 },
  );
});

test.serial('without a provider there is no such way in', async (t) => {
  const { url } = await startSignIn(t, db);
  t.false((await makeVisitor().ask(`${url}/sign-in`)).text.includes('oidc'));
  t.is((await makeVisitor().ask(`${url}/sign-in/oidc`)).status, 404);
});
