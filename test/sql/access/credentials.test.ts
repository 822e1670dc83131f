/** What lets a request in: a token or session that is known, valid, and whose principal is not shut out. */
import { createHash } from 'node:crypto';
import test from 'ava';
import { makeSession, makeToken, someName, visibleSuites } from '../../helpers/access.ts';
import { call, callOne, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { asToken, hashSecret } from '../../helpers/roles.ts';

const database = useDatabase(test);
const db = () => database.pool;

const use = (secret: string) => (client: Parameters<typeof call>[0]) =>
  callOne(client, 'use_credential', { hash: hashSecret(secret) });

/** Asserts that a secret lets nobody in, by its hash and as it is, and leaves nothing to see. */
async function keepsOut(t: Parameters<typeof refuses>[0], secret: string) {
  await asToken(database, null, async (client) => {
    const refusal = { code: 'TCAUT', message: 'the token or session is not valid' };
    await refuses(t, client, () => use(secret)(client), refusal);
    await refuses(t, client, () => call(client, 'use_token', { token: secret }), refusal);
    t.deepEqual(await visibleSuites(client), []);
  });
}

test('a token lets in for whom it was made, until when it is valid', async (t) => {
  const suite = await makeSuite(db());
  await makeSuite(db());
  const made = await makeToken(db(), 'appender', [suite], { name: 'nightly', expires_in_days: 7 });
  await asToken(database, null, async (client) => {
    t.deepEqual(await use(made.token)(client), {
      principal: made.principal,
      kind: 'token',
      groups: [],
      expires_at: made.expires_at,
    });
    t.deepEqual(await callOne(client, 'me'), {
      principal: made.principal,
      display_name: 'nightly',
      is_admin: false,
    });
    t.deepEqual(await visibleSuites(client), [suite]);
    t.deepEqual(await callOne(client, 'current_principal'), { current_principal: made.principal });
  });
  await asToken(database, null, async (client) => {
    t.deepEqual(await callOne(client, 'use_token', { token: made.token }), {
      use_token: made.principal,
    });
    t.deepEqual(await visibleSuites(client), [suite]);
  });
});

test('a session lets in with the roles of its person and of its groups, the best of each suite', async (t) => {
  const [one, two, three] = [await makeSuite(db()), await makeSuite(db()), await makeSuite(db())];
  const [person, group, other] = [someName(), someName('group'), someName('group')];
  for (const [suite_id, principal, role] of [
    [one, person, 'viewer'],
    [one, group, 'editor'],
    [two, person, 'owner'],
    [two, other, 'viewer'],
    [three, group, 'appender'],
  ])
    await call(db(), 'set_member', { suite_id, principal, role });
  const rolesOf = async (groups: string[]) => {
    const session = await makeSession(db(), person, groups);
    return asToken(database, session, async (client) => {
      const { rows } = await client.query(
        'select s.id, bulkhead.test_suites_my_role(s) as role from bulkhead.test_suites s order by s.id',
      );
      return Object.fromEntries(rows.map((row) => [row.id, row.role]));
    });
  };
  t.deepEqual(await rolesOf([]), { [one]: 'viewer', [two]: 'owner' });
  t.deepEqual(await rolesOf([group]), { [one]: 'editor', [two]: 'owner', [three]: 'appender' });
  t.deepEqual(await rolesOf([other]), { [one]: 'viewer', [two]: 'owner' });
  t.deepEqual(await rolesOf([group, other, 'group:never seen']), {
    [one]: 'editor',
    [two]: 'owner',
    [three]: 'appender',
  });
  await call(db(), 'set_principal', { name: group, disabled: true });
  t.deepEqual(await rolesOf([group, other]), { [one]: 'viewer', [two]: 'owner' });
});

test('a group can make an admin, or give a role everywhere', async (t) => {
  const suite = await makeSuite(db());
  const [admins, editors] = [someName('group'), someName('group')];
  await call(db(), 'set_principal', { name: admins, is_admin: true });
  await call(db(), 'set_principal', { name: editors, everywhere: 'editor' });
  const powers = async (groups: string[]) => {
    const session = await makeSession(db(), someName(), groups);
    return asToken(database, session, async (client) => {
      const { rows } = await client.query(
        'select bulkhead.is_admin(), bulkhead.test_suites_my_role(s) as role from bulkhead.test_suites s where id = $1',
        [suite],
      );
      return rows[0];
    });
  };
  t.is(await powers([]), undefined);
  t.deepEqual(await powers([admins]), { is_admin: true, role: 'viewer' });
  t.deepEqual(await powers([editors]), { is_admin: false, role: 'editor' });
  t.deepEqual(await powers([editors, admins]), { is_admin: true, role: 'editor' });
});

test('what is unknown, truncated, changed or of another kind lets nobody in', async (t) => {
  const suite = await makeSuite(db());
  const { token } = await makeToken(db(), 'viewer', [suite]);
  const { rows } = await db().query(
    "select bulkhead_private.create_sign_in_link($1, 'Ada', '1 hour') as link",
    [someName()],
  );
  for (const secret of [
    '',
    'bhd_',
    `bhd_${'0'.repeat(48)}`,
    token.slice(0, -1),
    token.slice(1),
    `${token} `,
    `${token}0`,
    token.toUpperCase(),
    token.replace('bhd_', 'bhs_'),
    hashSecret(token).toString('hex'),
    rows[0].link,
    "' or true --",
  ])
    await keepsOut(t, secret);
  await asToken(database, null, async (client) => {
    for (const hash of [null, Buffer.alloc(0), Buffer.alloc(32), hashSecret(token).subarray(0, 31)])
      await refuses(t, client, () => call(client, 'use_credential', { hash }), { code: 'TCAUT' });
    await refuses(t, client, () => call(client, 'use_token', { token: null }), { code: 'TCAUT' });
  });
});

test('a token or session that has expired lets nobody in, from the moment on', async (t) => {
  const suite = await makeSuite(db());
  const { token, principal } = await makeToken(db(), 'viewer', [suite]);
  const session = await makeSession(db(), principal);
  for (const secret of [token, session]) {
    const expire = (when: string) =>
      db().query(`update bulkhead_private.credentials set expires_at = ${when} where hash = $1`, [
        hashSecret(secret),
      ]);
    for (const later of ["'infinity'", "clock_timestamp() + interval '1 hour'"]) {
      await expire(later);
      t.deepEqual(await asToken(database, secret, visibleSuites), [suite]);
    }
    // In this order: a session that has expired may be cleared away.
    for (const earlier of ["clock_timestamp() - interval '1 millisecond'", "'-infinity'"]) {
      await expire(earlier);
      await keepsOut(t, secret);
    }
  }
});

test('whoever is shut out is so with each token and session, until let in again', async (t) => {
  const suite = await makeSuite(db());
  const { token, principal } = await makeToken(db(), 'viewer', [suite]);
  const session = await makeSession(db(), principal);
  await call(db(), 'set_principal', { name: principal, disabled: true });
  await keepsOut(t, token);
  await keepsOut(t, session);
  await call(db(), 'set_principal', { name: principal, disabled: false });
  t.deepEqual(await asToken(database, token, visibleSuites), [suite]);
  t.deepEqual(await asToken(database, session, visibleSuites), [suite]);
});

test('only the SHA-256 of a secret is kept, and it ends in a checksum', async (t) => {
  const suite = await makeSuite(db());
  const { token, hint } = await makeToken(db(), 'viewer', [suite]);
  const session = await makeSession(db());
  const { rows: links } = await db().query(
    "select bulkhead_private.create_sign_in_link('person:me', '') as link",
  );
  for (const [prefix, secret] of [
    ['bhd_', token],
    ['bhs_', session],
    ['bhl_', links[0].link],
  ]) {
    t.regex(secret, new RegExp(`^${prefix}[0-9a-f]{48}$`));
    const checksum = createHash('sha256').update(secret.slice(0, 44)).digest('hex').slice(0, 8);
    t.is(secret.slice(44), checksum);
    const { rows } = await db().query(
      'select to_jsonb(c)::text as text, c.hash from bulkhead_private.credentials c where c.hash = $1',
      [hashSecret(secret)],
    );
    t.is(rows.length, 1);
    t.false(rows[0].text.includes(secret.slice(12)));
    t.false(rows[0].text.includes(secret.slice(4, 24)));
  }
  t.is(hint, token.slice(0, 12));
});

test('no two secrets are alike', async (t) => {
  const { rows } = await db().query(
    "select count(distinct left(bulkhead_private.new_secret('bhd_'), 24))::integer as n from generate_series(1, 2000)",
  );
  t.is(rows[0].n, 2000);
});

test('a request reads neither credentials nor the key, with or without a token', async (t) => {
  const session = await makeSession(db());
  for (const secret of [null, session]) {
    await asToken(database, secret, async (client) => {
      for (const table of ['credentials', 'signing_key', 'token_uses', 'principal_suites'])
        await refuses(t, client, () => client.query(`select from bulkhead_private.${table}`), {
          code: '42501',
        });
    });
  }
});

test('a token is let in where nothing can be written, and its use is not noted there', async (t) => {
  const suite = await makeSuite(db());
  const { token, principal } = await makeToken(db(), 'viewer', [suite]);
  await rolledBack(database.api, async (client) => {
    await client.query('set transaction read only');
    await client.query('set local role bulkhead_user');
    await call(client, 'use_token', { token });
    t.deepEqual(await visibleSuites(client), [suite]);
  });
  const { rowCount } = await db().query(
    'select from bulkhead_private.token_uses where principal = $1',
    [principal],
  );
  t.is(rowCount, 0);
});
