/** Members, admins and who is shut out: what is set is what a request may from then on. */
import test from 'ava';
import type pg from 'pg';
import {
  makeAdmin,
  makeSession,
  makeToken,
  someName,
  visibleSuites,
} from '../../helpers/access.ts';
import { append, call, callOne, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { type Refusal, refuses } from '../../helpers/errors.ts';
import { listen } from '../../helpers/operations-watch.ts';
import { asToken } from '../../helpers/roles.ts';

const database = useDatabase(test);
const db = () => database.pool;

const roleOf = async (session: string, suite: string): Promise<string | undefined> =>
  asToken(database, session, async (client) => {
    const { rows } = await client.query(
      'select bulkhead.test_suites_my_role(s) as role from bulkhead.test_suites s where id = $1',
      [suite],
    );
    return rows[0]?.role;
  });

test('a member has the role that was given last, until removed', async (t) => {
  const suite_id = await makeSuite(db());
  const principal = someName();
  const session = await makeSession(db(), principal);
  t.is(await roleOf(session, suite_id), undefined);
  for (const role of ['viewer', 'owner', 'appender', 'editor', 'editor']) {
    t.like(await callOne(db(), 'set_member', { suite_id, principal, role }), {
      suite_id,
      principal,
      role,
    });
    t.is(await roleOf(session, suite_id), role);
  }
  t.like(await callOne(db(), 'remove_member', { suite_id, principal }), {
    principal,
    role: 'editor',
  });
  t.is(await roleOf(session, suite_id), undefined);
});

test('what cannot be a member, a role or a principal is refused', async (t) => {
  await rolledBack(db(), async (client) => {
    const suite_id = await makeSuite(client);
    const good = { suite_id, principal: 'person:ada', role: 'viewer' };
    const bad: [string, Record<string, unknown>, Refusal][] = [
      ['set_member', { ...good, role: 'king' }, { code: 'TCARG', message: /no role "king"/ }],
      ['set_member', { ...good, role: null }, { code: 'TCARG' }],
      ['set_member', { ...good, suite_id: null }, { code: 'TCNSU' }],
      ...[
        null,
        '',
        'ada',
        'person:',
        'robot:x',
        'token:899999999',
        'person:a\nb',
        `person:${'x'.repeat(201)}`,
      ].map((principal): [string, Record<string, unknown>, Refusal] => [
        'set_member',
        { ...good, principal },
        { code: 'TCARG', message: /is no principal/ },
      ]),
      ['remove_member', { suite_id, principal: 'person:nobody' }, { code: 'TCNMB' }],
      ['remove_member', { suite_id, principal: null }, { code: 'TCNMB' }],
      ['set_principal', { name: 'robot:x' }, { code: 'TCARG' }],
      ['set_principal', { name: 'person:ada', everywhere: 'king' }, { code: 'TCARG' }],
      ['set_principal', { name: 'person:ada', display_name: 'x'.repeat(201) }, { code: '23514' }],
    ];
    for (const [name, args, refusal] of bad)
      await refuses(t, client, () => call(client, name, args), refusal);
    await call(client, 'set_member', good);
    for (const change of ["principal = 'person:bob'", 'suite_id = 0'])
      await refuses(
        t,
        client,
        () =>
          client.query(`update bulkhead.suite_members set ${change} where suite_id = $1`, [
            suite_id,
          ]),
        { code: 'TCMOV' },
      );
  });
});

test('an admin sees all, creates, and manages members, and does no more until made a member', async (t) => {
  const suite_id = await makeSuite(db());
  const { session, principal } = await makeAdmin(db());
  await asToken(database, session, async (client) => {
    t.true((await visibleSuites(client)).includes(suite_id));
    await refuses(t, client, () => append(client, suite_id, [{ input: 1 }]), {
      code: '42501',
      message: /takes the role "appender"/,
      detail: /has the role "viewer"/,
    });
    const made = await callOne<{ id: string }>(client, 'create_suite', { slug: 'of-the-admin' });
    const { rows } = await client.query(
      'select principal, role from bulkhead.suite_members where suite_id = $1',
      [made.id],
    );
    t.deepEqual(rows, [{ principal, role: 'owner' }]);
    await call(client, 'set_member', { suite_id, principal, role: 'editor' });
    // What was resolved for this transaction stays as it was, from one's own suite too.
    await refuses(t, client, () => append(client, made.id, [{ input: 1 }]), { code: '42501' });
    await refuses(t, client, () => append(client, suite_id, [{ input: 1 }]), { code: '42501' });
  });
  await call(db(), 'set_member', { suite_id, principal, role: 'editor' });
  t.is(await roleOf(session, suite_id), 'editor');
});

test('the owner of the database creates suites without becoming a member', async (t) => {
  const suite = await makeSuite(db());
  const { rowCount } = await db().query('select from bulkhead.suite_members where suite_id = $1', [
    suite,
  ]);
  t.is(rowCount, 0);
});

test('a role everywhere is one in every suite, those created later included', async (t) => {
  const [name, before] = [someName(), await makeSuite(db())];
  const session = await makeSession(db(), name);
  await call(db(), 'set_principal', { name, everywhere: 'editor' });
  const after = await makeSuite(db());
  t.deepEqual([await roleOf(session, before), await roleOf(session, after)], ['editor', 'editor']);
  await call(db(), 'set_member', { suite_id: before, principal: name, role: 'viewer' });
  t.is(await roleOf(session, before), 'editor');
  await call(db(), 'set_principal', { name, everywhere: 'viewer' });
  await call(db(), 'set_member', { suite_id: before, principal: name, role: 'owner' });
  t.like(await callOne(db(), 'set_principal', { name, display_name: 'Ada' }), {
    everywhere: 'viewer',
    display_name: 'Ada',
  });
  // The role of a member is not lost on a lesser one everywhere.
  t.is(await roleOf(session, before), 'owner');
  t.like(await callOne(db(), 'set_principal', { name, everywhere: 'none' }), { everywhere: null });
  t.is(await roleOf(session, after), undefined);
  t.is(await roleOf(session, before), 'owner');
});

test('whoever is not an admin manages no principals and creates no suites, even as an owner', async (t) => {
  const { token, principal } = await makeToken(db(), 'owner', [await makeSuite(db())]);
  await asToken(database, token, async (client) => {
    for (const [name, args] of [
      ['create_suite', { slug: 'mine' }],
      ['set_principal', { name: principal, is_admin: true }],
      ['set_principal', { name: 'person:ada' }],
    ] as const)
      await refuses(t, client, () => call(client, name, args), {
        code: '42501',
        detail: new RegExp(principal),
      });
  });
});

test('with a suite its memberships go, and tokens of it reach nothing', async (t) => {
  const [one, two] = [await makeSuite(db()), await makeSuite(db())];
  const both = await makeToken(db(), 'viewer', [one, two]);
  const alone = await makeToken(db(), 'owner', [one]);
  await call(db(), 'delete_suite', { suite_id: one });
  t.is(
    (await db().query('select from bulkhead.suite_members where suite_id = $1', [one])).rowCount,
    0,
  );
  t.deepEqual(await asToken(database, both.token, visibleSuites), [two]);
  t.deepEqual(await asToken(database, alone.token, visibleSuites), []);
});

test('open subscriptions are told of each who has more or less to see, or is shut out', async (t) => {
  const listener = await db().connect();
  const heard: string[] = [];
  listener.on('notification', (message: pg.Notification) => heard.push(message.payload ?? ''));
  try {
    await listen(listener, 'access');
    const suite_id = await makeSuite(db());
    const principal = someName();
    const count = async () => {
      await listener.query('select 1');
      return heard.splice(0).filter((name) => name === principal).length;
    };
    for (const [name, args] of [
      ['set_member', { suite_id, principal, role: 'viewer' }],
      ['set_member', { suite_id, principal, role: 'owner' }],
      ['set_principal', { name: principal, everywhere: 'viewer' }],
      ['set_principal', { name: principal, disabled: true }],
      ['remove_member', { suite_id, principal }],
    ] as const) {
      await call(db(), name, args);
      t.true((await count()) >= 1, name);
    }
    const session = await makeSession(db(), principal);
    await db().query("select bulkhead_private.end_session(sha256(convert_to($1, 'UTF8')))", [
      session,
    ]);
    t.is(await count(), 1);
  } finally {
    listener.release(true);
  }
});
