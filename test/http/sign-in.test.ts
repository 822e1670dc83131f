/** Signing in with a token or a link, signing out, and the page that one comes to. */
import { createHash } from 'node:crypto';
import test from 'ava';
import { maxFailures } from '../../src/http/rates.ts';
import { makeToken } from '../helpers/access.ts';
import { callOne } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { startSignIn, whoAmI } from '../helpers/sign-in.ts';
import { makeVisitor } from '../helpers/visitor.ts';

// One after the other: each has a server of its own to build.
const db = useDatabase(test);

/** A suite, and a token that is an editor there. */
async function makeEditor(slug: string, name = slug) {
  const { id } = await callOne<{ id: string }>(db.pool, 'create_suite', { slug, name });
  return { id, ...(await makeToken(db.pool, 'editor', [id])) };
}

/** What `bulkhead sign-in-link` makes. */
async function makeLink(url: string): Promise<string> {
  const { rows } = await db.pool.query(
    "select bulkhead_private.create_sign_in_link('person:local', 'This machine') as link",
  );
  return `${url}/sign-in/link?key=${rows[0].link}`;
}

/** A token as it could be, which nobody was given. */
const made = `bhd_${'0'.repeat(40)}`;
const unknownToken = made + createHash('sha256').update(made).digest('hex').slice(0, 8);

test.serial(
  'the sign-in page is a labelled form, without scripts and for nobody to keep or frame',
  async (t) => {
    const { url } = await startSignIn(t, db);
    const { status, headers, text } = await makeVisitor().ask(`${url}/sign-in?to=/ruru`);
    t.is(status, 200);
    t.regex(text, /<label for="token">/);
    t.regex(text, /name="to" value="\/ruru"/);
    t.false(/<script|javascript:| on\w+=/i.test(text));
    t.is(headers.get('cache-control'), 'no-store');
    const policy = headers.get('content-security-policy') ?? '';
    t.regex(policy, /default-src 'none'; style-src 'sha256-[\w+/]{43}='/);
    t.regex(policy, /frame-ancestors 'none'/);
    const elsewhere = await makeVisitor().ask(`${url}/sign-in?to=${encodeURIComponent('/"><b>')}`);
    t.false(elsewhere.text.includes('"><b>'));
  },
);

test.serial(
  'a token is taken for a session that does what the token may, and no more',
  async (t) => {
    const { id, token, principal } = await makeEditor('with-token', 'A <b>suite</b>');
    await makeEditor('of-another-token');
    const { url, log } = await startSignIn(t, db);
    const visitor = makeVisitor();
    t.is(await whoAmI(visitor, url), null);
    const taken = await visitor.submit(`${url}/sign-in`, { token: ` ${token}\n`, to: '/ruru' });
    t.is(taken.status, 303);
    t.is(taken.headers.get('location'), '/ruru');
    const cookie = visitor.cookie('bulkhead_session') ?? t.fail('no cookie');
    const { httpOnly, sameSite, path, maxAge, secure, domain } = cookie;
    t.deepEqual(
      { httpOnly, sameSite, path, maxAge, secure, domain },
      {
        httpOnly: true,
        sameSite: 'lax',
        path: '/',
        maxAge: 43_200,
        secure: undefined,
        domain: undefined,
      },
    );
    t.deepEqual(await whoAmI(visitor, url), {
      principal,
      admin: false,
      suites: { 'with-token': 'editor' },
    });
    t.regex((await visitor.ask(`${url}/`)).text, /A &#60;b&#62;suite/);
    t.false(log().includes(token) || log().includes(cookie.value ?? ''));

    await callOne(db.pool, 'revoke_token', { suite_id: id, principal });
    t.is(await whoAmI(visitor, url), null);
  },
);

test.serial(
  'a wrong token gets the form again, with a reason and where one was going',
  async (t) => {
    const { token } = await makeEditor('not-quite');
    const { url, log } = await startSignIn(t, db);
    const session = await db.pool.query(
      "select bulkhead_private.start_session('person:x', '') as s",
    );
    for (const wrong of [
      unknownToken,
      token.slice(0, -1),
      `${token}0`,
      session.rows[0].s,
      'x',
      '',
    ]) {
      const visitor = makeVisitor();
      const { status, text } = await visitor.submit(`${url}/sign-in`, {
        token: wrong,
        to: '/ruru',
      });
      t.is(status, 401, wrong);
      t.regex(text, /<p class="bad" id="problem" role="alert">[^<]+\.<\/p>/);
      t.regex(text, /name="to" value="\/ruru"/);
      t.false(wrong !== '' && wrong !== 'x' && (text + log()).includes(wrong));
      t.is(visitor.cookie('bulkhead_session'), undefined);
    }
  },
);

test.serial('who goes on guessing is told to wait, and the database is not asked', async (t) => {
  const { token } = await makeEditor('guessed');
  const { url } = await startSignIn(t, db);
  const visitor = makeVisitor();
  let page = await visitor.submit(`${url}/sign-in`, { token: unknownToken });
  for (let guesses = 1; page.status === 401 && guesses < 200; guesses++)
    page = await visitor.submit(`${url}/sign-in`, { token: unknownToken });
  t.is(page.status, 429);
  t.true(Number(page.headers.get('retry-after')) > 0);
  t.regex(page.text, /RATE_LIMITED/);
  t.is((await visitor.submit(`${url}/sign-in`, { token })).status, 429);
  const link = await makeLink(url);
  t.is((await visitor.ask(link)).status, 429);
  const { url: other } = await startSignIn(t, db);
  t.is((await visitor.ask(link.replace(url, other))).status, 303, 'the link was not used up');
});

test.serial('of guesses that are made at the same time no more get through', async (t) => {
  const { url } = await startSignIn(t, db);
  const guess = () => makeVisitor().submit(`${url}/sign-in`, { token: unknownToken });
  const pages = await Promise.all(Array.from({ length: maxFailures * 4 }, guess));
  const refused = pages.filter(({ status }) => status === 401);
  t.is(refused.length, maxFailures);
  t.true(pages.every((page) => refused.includes(page) || page.status === 429));
});

test.serial('a place elsewhere to go to afterwards is forgotten', async (t) => {
  const { token } = await makeEditor('led-away');
  const { url } = await startSignIn(t, db);
  for (const to of ['//example.org', 'https://example.org', '/\\example.org', '/sign-out']) {
    const page = await makeVisitor().submit(`${url}/sign-in`, { token, to });
    t.is(page.headers.get('location'), '/', to);
  }
});

test.serial('a form that is too large, or is no form, is refused', async (t) => {
  const { url } = await startSignIn(t, db);
  const visitor = makeVisitor();
  t.is((await visitor.submit(`${url}/sign-in`, { token: 'x'.repeat(10_000) })).status, 413);
  const origin = { origin: url };
  const json = { ...origin, 'content-type': 'application/json' };
  t.is(
    (await visitor.ask(`${url}/sign-in`, { method: 'POST', headers: json, body: '{}' })).status,
    401,
  );
  t.is((await visitor.ask(`${url}/sign-in`, { method: 'POST', headers: origin })).status, 401);
  const twice = new URLSearchParams([
    ['token', 'a'],
    ['token', 'b'],
  ]);
  t.is(
    (await visitor.ask(`${url}/sign-in`, { method: 'POST', headers: origin, body: twice })).status,
    401,
  );
});

test.serial('a link works once, and is not used up by looking at it', async (t) => {
  const { url, log } = await startSignIn(t, db);
  const link = await makeLink(url);
  const visitor = makeVisitor();
  t.is((await visitor.ask(link, { method: 'HEAD' })).status, 200);
  for (const headers of [{ 'sec-purpose': 'prefetch;prerender' }, { purpose: 'prefetch' }])
    t.is((await visitor.ask(link, { headers })).status, 503);
  t.is(await whoAmI(visitor, url), null);

  const used = await visitor.ask(link);
  t.is(used.status, 303);
  t.is(used.headers.get('location'), '/');
  t.is(used.headers.get('cache-control'), 'no-store');
  t.is(used.headers.get('referrer-policy'), 'no-referrer');
  t.is(visitor.cookie('bulkhead_session')?.maxAge, 30 * 24 * 3600);
  const me = await whoAmI(visitor, url);
  t.is(me?.principal, 'person:local');
  t.true(me?.admin);

  const again = await makeVisitor().ask(link);
  t.is(again.status, 401);
  t.is(again.headers.get('cache-control'), 'no-store');
  t.regex(again.text, /bulkhead sign-in-link/);
  t.is((await makeVisitor().ask(`${link.slice(0, -3)}`)).status, 401);
  t.is((await makeVisitor().ask(`${url}/sign-in/link`)).status, 401);
  t.false(log().includes(new URL(link).searchParams.get('key') ?? 'key'));
});

test.serial('whoever uses the link is owner of every suite', async (t) => {
  await callOne(db.pool, 'create_suite', { slug: 'of-somebody', name: 'Of somebody' });
  const { url } = await startSignIn(t, db);
  const visitor = makeVisitor();
  await visitor.ask(await makeLink(url));
  t.is((await whoAmI(visitor, url))?.suites['of-somebody'], 'owner');
});

test.serial('signing out ends the session, wherever else its cookie is kept', async (t) => {
  const { token } = await makeEditor('left');
  const { url } = await startSignIn(t, db);
  const visitor = makeVisitor();
  await visitor.submit(`${url}/sign-in`, { token });
  const cookie = visitor.cookie('bulkhead_session') ?? t.fail('no cookie');
  const out = await visitor.submit(`${url}/sign-out`, {});
  t.is(out.status, 303);
  t.is(out.headers.get('location'), '/sign-in');
  t.is(visitor.cookie('bulkhead_session'), undefined);
  visitor.put(cookie);
  t.is(await whoAmI(visitor, url), null);
  t.is((await visitor.submit(`${url}/sign-out`, {})).status, 303, 'once more does no harm');
  t.is((await visitor.ask(`${url}/sign-out`)).status, 404, 'a link cannot sign anybody out');
});
