/** Sessions of people and of tokens, and links that open one once. */
import test from 'ava';
import {
  makeSession,
  makeToken,
  outcomeOf,
  someName,
  visibleSuites,
} from '../../helpers/access.ts';
import { call, callOne, makeSuite, type Queryable } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { asToken, hashSecret } from '../../helpers/roles.ts';

const database = useDatabase(test);
const db = () => database.pool;

/** Calls a private function of the server and returns what it gives. */
async function priv<T = string>(
  client: Queryable,
  name: string,
  args: Record<string, unknown>,
): Promise<T> {
  const list = Object.keys(args).map((argument, index) => `${argument} => $${index + 1}`);
  const { rows } = await client.query(
    `select bulkhead_private.${name}(${list.join(', ')}) as result`,
    Object.values(args),
  );
  return rows[0].result;
}

const credential = async (secret: string) =>
  (
    await db().query('select * from bulkhead_private.credentials where hash = $1', [
      hashSecret(secret),
    ])
  ).rows[0];

const letsIn = async (secret: string) =>
  asToken(database, null, async (client) => {
    const outcome = await outcomeOf(client, 'select from bulkhead.use_credential($1)', [
      hashSecret(secret),
    ]);
    return outcome.code === 'ok';
  });

const minutes = (from: Date, to: Date) => Math.round((Number(to) - Number(from)) / 60_000);

test('a session notes who it is for, with the latest name, and ends by itself', async (t) => {
  const principal = someName();
  const first = await priv(db(), 'start_session', { principal, display_name: 'Ada' });
  const made = await credential(first);
  t.like(made, {
    kind: 'session',
    principal,
    groups: [],
    created_by: principal,
    hint: first.slice(0, 8),
  });
  t.is(minutes(made.created_at, made.expires_at), 12 * 60);
  const names = async () =>
    (await db().query('select display_name from bulkhead.principals where name = $1', [principal]))
      .rows[0].display_name;
  t.is(await names(), 'Ada');
  await priv(db(), 'start_session', { principal, display_name: '' });
  t.is(await names(), 'Ada');
  await priv(db(), 'start_session', { principal, display_name: 'Ada King'.padEnd(300, 'x') });
  t.is((await names()).length, 200);
  const short = await priv(db(), 'start_session', {
    principal,
    display_name: null,
    groups: ['group:a'],
    valid_for: '10 minutes',
  });
  const brief = await credential(short);
  t.deepEqual(brief.groups, ['group:a']);
  t.is(minutes(brief.created_at, brief.expires_at), 10);
  t.true((await letsIn(first)) && (await letsIn(short)));
});

test('a session of somebody new is no admin and sees nothing', async (t) => {
  await makeSuite(db());
  await asToken(database, await makeSession(db()), async (client) => {
    t.deepEqual(await visibleSuites(client), []);
    t.like(await callOne(client, 'me'), { is_admin: false });
  });
});

test('a session ends when it is told to, and others of the same person go on', async (t) => {
  const principal = someName();
  const [one, two] = [await makeSession(db(), principal), await makeSession(db(), principal)];
  await priv(db(), 'end_session', { hash: hashSecret(one) });
  t.false(await letsIn(one));
  t.true(await letsIn(two));
  await priv(db(), 'end_session', { hash: hashSecret(one) });
  const { token } = await makeToken(db(), 'viewer', [await makeSuite(db())]);
  await priv(db(), 'end_session', { hash: hashSecret(token) });
  t.true(await letsIn(token), 'a token is no session');
});

test('sessions and links that have expired are cleared away when one is opened, and tokens are kept', async (t) => {
  const { token } = await makeToken(db(), 'viewer', [await makeSuite(db())]);
  const session = await makeSession(db());
  const link = await priv(db(), 'create_sign_in_link', { principal: someName(), display_name: '' });
  for (const secret of [token, session, link])
    await db().query(
      "update bulkhead_private.credentials set expires_at = now() - interval '1 hour' where hash = $1",
      [hashSecret(secret)],
    );
  await makeSession(db());
  t.is(await credential(session), undefined);
  t.is(await credential(link), undefined);
  t.truthy(await credential(token));
});

test('a session that is opened with a token does what the token may, and ends with it', async (t) => {
  const suite = await makeSuite(db());
  const { token, principal } = await makeToken(db(), 'appender', [suite], { expires_in_days: 1 });
  await db().query(
    "update bulkhead_private.credentials set expires_at = now() + interval '1 hour' where principal = $1",
    [principal],
  );
  const session = await priv(db(), 'start_token_session', { hash: hashSecret(token) });
  const [ofToken, ofSession] = [await credential(token), await credential(session)];
  t.like(ofSession, { kind: 'session', principal, groups: [] });
  t.deepEqual(ofSession.expires_at, ofToken.expires_at);
  await asToken(database, session, async (client) => {
    t.deepEqual(await visibleSuites(client), [suite]);
    t.like(await callOne(client, 'me'), { principal });
  });
  // From a session comes none that outlives it.
  await db().query(
    "update bulkhead_private.credentials set expires_at = now() + interval '5 minutes' where hash = $1",
    [hashSecret(session)],
  );
  const again = await credential(
    await priv(db(), 'start_token_session', { hash: hashSecret(session) }),
  );
  t.deepEqual(again.expires_at, (await credential(session)).expires_at);
  await call(db(), 'revoke_token', { principal });
  t.is(
    (await db().query('select from bulkhead_private.credentials where principal = $1', [principal]))
      .rowCount,
    0,
  );
});

test('no session is opened with what is not a valid token', async (t) => {
  const link = await priv(db(), 'create_sign_in_link', { principal: someName(), display_name: '' });
  await rolledBack(db(), async (client) => {
    for (const secret of ['', 'bhd_x', link])
      await refuses(
        t,
        client,
        () => priv(client, 'start_token_session', { hash: hashSecret(secret) }),
        { code: 'TCAUT' },
      );
  });
});

test('a link opens one session, for an admin who owns every suite, and works once', async (t) => {
  const principal = someName();
  const link = await priv(db(), 'create_sign_in_link', { principal, display_name: 'Me' });
  t.regex(link, /^bhl_/);
  t.is(minutes((await credential(link)).created_at, (await credential(link)).expires_at), 60);
  t.false(await letsIn(link));
  const session = await priv(db(), 'use_sign_in_link', { hash: hashSecret(link) });
  const suite = await makeSuite(db());
  await asToken(database, session, async (client) => {
    t.deepEqual(await callOne(client, 'me'), { principal, display_name: 'Me', is_admin: true });
    t.true((await visibleSuites(client)).includes(suite));
    await call(client, 'archive_suite', { suite_id: suite });
  });
  await rolledBack(db(), (client) =>
    refuses(t, client, () => priv(client, 'use_sign_in_link', { hash: hashSecret(link) }), {
      code: 'TCAUT',
      detail: /works once/,
    }),
  );
});

test('a link that has expired, was never made or is a token opens nothing', async (t) => {
  const { token } = await makeToken(db(), 'owner', [await makeSuite(db())]);
  await rolledBack(db(), async (client) => {
    const link = await priv(client, 'create_sign_in_link', {
      principal: someName(),
      display_name: '',
      valid_for: '-1 second',
    });
    for (const secret of [link, 'bhl_', token])
      await refuses(
        t,
        client,
        () => priv(client, 'use_sign_in_link', { hash: hashSecret(secret) }),
        { code: 'TCAUT' },
      );
  });
});

test('a link gives nobody back what was taken away', async (t) => {
  const principal = someName();
  await priv(db(), 'create_sign_in_link', { principal, display_name: '' });
  await call(db(), 'set_principal', { name: principal, is_admin: false, everywhere: 'viewer' });
  const open = async () =>
    priv(db(), 'use_sign_in_link', {
      hash: hashSecret(await priv(db(), 'create_sign_in_link', { principal, display_name: '' })),
    });
  await asToken(database, await open(), async (client) => {
    t.like(await callOne(client, 'me'), { is_admin: false });
    t.deepEqual(await callOne(client, 'my_suites', { role: 'appender' }), { my_suites: [] });
  });
  await call(db(), 'set_principal', { name: principal, disabled: true });
  t.false(await letsIn(await open()));
});

test('two who use a link at the same time: one of them gets in', async (t) => {
  const link = await priv(db(), 'create_sign_in_link', { principal: someName(), display_name: '' });
  const attempts = await Promise.allSettled(
    Array.from({ length: 5 }, () => priv(db(), 'use_sign_in_link', { hash: hashSecret(link) })),
  );
  t.is(attempts.filter(({ status }) => status === 'fulfilled').length, 1);
});
