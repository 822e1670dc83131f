/** Tokens are made, shown once, listed with their last use, and revoked at once. */
import test from 'ava';
import {
  makeSession,
  makeToken,
  outcomeOf,
  someName,
  visibleSuites,
} from '../../helpers/access.ts';
import { call, callOne, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { type Refusal, refuses } from '../../helpers/errors.ts';
import { asToken, hashSecret } from '../../helpers/roles.ts';
import { openSession, pidOf, waitsFor, withoutWaiting } from '../../helpers/waits.ts';

const database = useDatabase(test);
const db = () => database.pool;

/** What the list of a suite says of a token. */
async function listed(suiteId: string, principal: string) {
  const { rows } = await db().query(
    'select * from bulkhead.suite_tokens where suite_id = $1 and principal = $2',
    [suiteId, principal],
  );
  return rows[0];
}

const letsIn = async (secret: string) =>
  asToken(database, null, async (client) => {
    const outcome = await outcomeOf(client, 'select from bulkhead.use_credential($1)', [
      hashSecret(secret),
    ]);
    return outcome.code === 'ok';
  });

test('a token is listed with what it is called, by whom it was made and until when, and without the secret', async (t) => {
  const suite = await makeSuite(db());
  const owner = await makeToken(db(), 'owner', [suite]);
  const made = await asToken(database, owner.token, async (client) => {
    const token = await makeToken(client, 'appender', [suite], {
      name: 'nightly',
      expires_in_days: 30,
    });
    const { rows } = await client.query(
      'select * from bulkhead.suite_tokens order by created_at desc limit 1',
    );
    t.like(rows[0], {
      suite_id: suite,
      principal: token.principal,
      name: 'nightly',
      hint: token.token.slice(0, 12),
      role: 'appender',
      created_by: owner.principal,
      last_used_at: null,
    });
    t.deepEqual(rows[0].expires_at, token.expires_at);
    t.false(JSON.stringify(rows).includes(token.token.slice(12)));
    return { ...token, created: rows[0].created_at as Date };
  });
  t.is(Math.round((Number(made.expires_at) - Number(made.created)) / 86_400_000), 30);
  const forever = await makeToken(db(), 'viewer', [suite], { expires_in_days: null });
  t.is(forever.expires_at, null);
  t.is((await listed(suite, forever.principal)).expires_at, null);
  t.true(await letsIn(forever.token));
});

test('what a token cannot be is refused, and nothing is made', async (t) => {
  await rolledBack(db(), async (client) => {
    const suite = await makeSuite(client);
    const bad: [Record<string, unknown>, Refusal][] = [
      [{ suite_ids: [] }, { code: 'TCARG', detail: /empty/ }],
      [{ suite_ids: null }, { code: 'TCARG' }],
      [{ suite_ids: [null] }, { code: 'TCNSU' }],
      [{ suite_ids: [suite, '899999999'] }, { code: 'TCNSU' }],
      [{ role: 'king' }, { code: 'TCARG', message: /no role "king"/ }],
      [{ role: null }, { code: 'TCARG' }],
      [{ expires_in_days: 0 }, { code: 'TCARG' }],
      [{ expires_in_days: 3651 }, { code: 'TCARG' }],
      [{ name: 'x'.repeat(201) }, { code: '23514' }],
    ];
    for (const [args, refusal] of bad)
      await refuses(
        t,
        client,
        () => call(client, 'create_token', { suite_ids: [suite], ...args }),
        refusal,
      );
    t.is(
      (await client.query('select from bulkhead.suite_members where suite_id = $1', [suite]))
        .rowCount,
      0,
    );
    const { principal } = await makeToken(client, 'viewer', [suite, suite]);
    t.is((await call(client, 'revoke_token', { principal })).length, 1);
  });
});

test('a token of several suites is refused unless each of them is managed by who asks', async (t) => {
  const [one, two] = [await makeSuite(db()), await makeSuite(db())];
  const owner = await makeToken(db(), 'owner', [one]);
  await call(db(), 'set_member', { suite_id: two, principal: owner.principal, role: 'editor' });
  await asToken(database, owner.token, async (client) => {
    await refuses(t, client, () => makeToken(client, 'viewer', [one, two]), { code: '42501' });
    await call(client, 'create_token', { suite_ids: [one] });
  });
});

test('revoked in one suite, a token reaches the others; in the last one, it is over, and its sessions with it', async (t) => {
  const [one, two] = [await makeSuite(db()), await makeSuite(db())];
  const { token, principal } = await makeToken(db(), 'editor', [one, two]);
  const session = await makeSession(db(), principal);
  t.like(await callOne(db(), 'revoke_token', { principal, suite_id: one }), {
    suite_id: one,
    principal,
  });
  t.deepEqual(await asToken(database, token, visibleSuites), [two]);
  t.deepEqual(await asToken(database, session, visibleSuites), [two]);
  await cannotRevoke(t, principal, one);
  await callOne(db(), 'revoke_token', { principal });
  t.false(await letsIn(token));
  t.false(await letsIn(session));
  t.is(await listed(two, principal), undefined);
  const { rows } = await db().query(
    'select disabled_at is not null as over from bulkhead.principals where name = $1',
    [principal],
  );
  t.deepEqual(rows, [{ over: true }]);
  await cannotRevoke(t, principal, null);
});

async function cannotRevoke(
  t: Parameters<typeof refuses>[0],
  principal: string,
  suite_id: string | null,
) {
  await rolledBack(db(), (client) =>
    refuses(t, client, () => call(client, 'revoke_token', { principal, suite_id }), {
      code: 'TCNTK',
    }),
  );
}

test('an owner revokes a token where they own the suite; elsewhere it goes on', async (t) => {
  const [one, two] = [await makeSuite(db()), await makeSuite(db())];
  const shared = await makeToken(db(), 'viewer', [one, two]);
  const owner = await makeToken(db(), 'owner', [one]);
  await asToken(database, owner.token, async (client) => {
    const { principal } = shared;
    t.deepEqual(
      (await call<{ suite_id: string }>(client, 'revoke_token', { principal })).map(
        (row) => row.suite_id,
      ),
      [one],
    );
    await call(client, 'use_token', { token: shared.token });
    t.deepEqual(await visibleSuites(client), [two]);
  });
});

test('removed as a member, a token is over as well; one with a role everywhere is not', async (t) => {
  const suite = await makeSuite(db());
  const [plain, wide] = [
    await makeToken(db(), 'viewer', [suite]),
    await makeToken(db(), 'viewer', [suite]),
  ];
  await call(db(), 'set_principal', { name: wide.principal, everywhere: 'viewer' });
  for (const { principal } of [plain, wide])
    await call(db(), 'remove_member', { suite_id: suite, principal });
  t.false(await letsIn(plain.token));
  t.true(await letsIn(wide.token));
  t.true((await asToken(database, wide.token, visibleSuites)).includes(suite));
});

test('people are not revoked, and no name is too strange to be unknown', async (t) => {
  await rolledBack(db(), async (client) => {
    const suite_id = await makeSuite(client);
    const person = someName();
    await call(client, 'set_member', { suite_id, principal: person, role: 'viewer' });
    for (const principal of [person, null, '', 'token:', 'token:0', '%', "token:1' or true --"])
      await refuses(t, client, () => call(client, 'revoke_token', { principal }), {
        code: 'TCNTK',
      });
  });
});

test('that a token is used is noted at most once a minute, and never of a session', async (t) => {
  const suite = await makeSuite(db());
  const { token, principal } = await makeToken(db(), 'viewer', [suite]);
  const session = await makeSession(db(), principal);
  const useIn = async (secret: string) => {
    const client = await database.api.connect();
    try {
      await client.query('begin; set local role bulkhead_user');
      await call(client, 'use_token', { token: secret });
      await client.query('commit');
    } finally {
      client.release();
    }
    return (await listed(suite, principal)).last_used_at as Date | null;
  };
  t.is(await useIn(session), null);
  const first = await useIn(token);
  t.truthy(first);
  t.deepEqual(await useIn(token), first);
  const setBack = (interval: string) =>
    db().query(
      'update bulkhead_private.token_uses set last_used_at = last_used_at - $2::interval where principal = $1',
      [principal, interval],
    );
  await setBack('61 seconds');
  const second = await useIn(token);
  t.true(Number(second) >= Number(first));
  await setBack('50 seconds');
  t.is(Number(await useIn(token)), Number(second) - 50_000);
});

test('a request that notes a use holds up neither a revocation, nor another request, nor is it held up', async (t) => {
  const suite = await makeSuite(db());
  const { token, principal } = await makeToken(db(), 'viewer', [suite]);
  await asToken(database, token, async (request) => {
    const { rows } = await request.query('select bulkhead.current_principal() as me');
    t.is(rows[0].me, principal);
    // The first note of this token is written, and not committed.
    await asToken(database, null, async (another) => {
      await withoutWaiting(another, () => call(another, 'use_token', { token }));
    });
    const revoker = await openSession(t, database);
    await withoutWaiting(revoker, async () => {
      await revoker.query('begin');
      await call(revoker, 'revoke_token', { principal });
    });
    // Not committed yet: who comes in meanwhile still may, and does not wait.
    await asToken(database, null, async (another) => {
      await withoutWaiting(another, () => call(another, 'use_token', { token }));
    });
    await revoker.query('commit');
    t.false(await letsIn(token));
  });
});

test('revoked in two suites at the same time, a token is over', async (t) => {
  const [one, two] = [await makeSuite(db()), await makeSuite(db())];
  const { token, principal } = await makeToken(db(), 'viewer', [one, two]);
  const [first, second] = [await openSession(t, database), await openSession(t, database)];
  const [firstPid, secondPid] = [await pidOf(first), await pidOf(second)];
  await first.query('begin');
  await call(first, 'revoke_token', { principal, suite_id: one });
  const waiting = call(second, 'revoke_token', { principal, suite_id: two });
  t.deepEqual(await waitsFor(db(), secondPid), [firstPid]);
  await first.query('commit');
  await waiting;
  t.false(await letsIn(token));
});
