/** From a raw connection of the API's login: becoming somebody by a role, or by settings. */
import test from 'ava';
import type pg from 'pg';
import { makeAdmin, makeToken, outcomeOf, visibleSuites } from '../helpers/access.ts';
import { call, callOne, makeSuite } from '../helpers/cases.ts';
import { rolledBack, useDatabase } from '../helpers/database.ts';
import { refuses } from '../helpers/errors.ts';
import { asToken, becomeUser } from '../helpers/roles.ts';

const database = useDatabase(test);
/** The setting that says for whom a transaction acts, and others that one could try. */
const names = ['request', 'principal', 'viewer', 'owner', 'everything'];

let suite: string;
let ownToken: string;

test.serial.before('two suites', async () => {
  suite = await makeSuite(database.pool);
  await makeSuite(database.pool);
  ownToken = (await makeToken(database.pool, 'owner', [suite])).token;
});

/** What a request sees and may, beyond nothing. */
async function powers(client: pg.ClientBase) {
  const { rows } = await client.query(`
    select bulkhead.current_principal() as principal, bulkhead.is_admin() as is_admin,
      (select count(*)::integer from bulkhead.test_suites) as suites,
      array(
        select r from unnest(array['viewer', 'appender', 'editor', 'owner']) as r where bulkhead.my_suites(r) <> '{}'
      ) as roles`);
  return rows[0];
}

const none = { principal: 'role:bulkhead_api', is_admin: false, suites: 0, roles: [] };

const setTo = (client: pg.ClientBase, name: string, value: string, local = true) =>
  client.query('select set_config($1, $2, $3)', [`bulkhead.${name}`, value, local]);

/** What use_credential has set: a signature, a line for each role, and the principal. */
async function readRequest(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query(
    "select current_setting('bulkhead.request', true) as request",
  );
  return rows[0].request ?? '';
}

test("the API's login becomes the role of a request, and nothing else", async (t) => {
  const owner = new URL(database.ownerUrl).username;
  await rolledBack(database.api, async (client) => {
    for (const role of [owner, 'postgres', 'pg_read_all_data', 'pg_write_server_files']) {
      for (const sql of [
        `set role ${role}`,
        `set local role ${role}`,
        `select set_config('role', '${role}', true)`,
        `set session authorization ${role}`,
        `select set_config('session_authorization', '${role}', true)`,
        `grant ${role} to bulkhead_api`,
      ])
        await refuses(t, client, () => client.query(sql), { code: '42501' });
    }
    for (const sql of [
      'alter role bulkhead_api bypassrls',
      'alter role bulkhead_api superuser',
      'alter role bulkhead_user login',
      'create role another login in role bulkhead_user',
      'grant bulkhead_user to pg_monitor',
      'alter table bulkhead.test_suites disable row level security',
      'create policy mine on bulkhead.test_suites using (true)',
      'alter function bulkhead.has_suite(bigint[], bigint) cost 1',
      "set session_replication_role = 'replica'",
    ])
      await refuses(t, client, () => client.query(sql), { code: '42501' });
    await becomeUser(client, ownToken);
    await refuses(t, client, () => client.query(`set role ${owner}`), { code: '42501' });
    await client.query('reset role');
    for (const sql of ['select from bulkhead.test_suites', 'select bulkhead.me()'])
      await refuses(t, client, () => client.query(sql), { code: '42501' });
  });
});

test('a setting that was made up grants nothing, in a transaction or a session', async (t) => {
  const signature = 'a'.repeat(64);
  const made = ['{1}', '{0}', '{0,9999}', '', 'person:root', `${signature}{1}`, `${signature}{0}`];
  const client = await database.api.connect();
  try {
    await client.query('set role bulkhead_user');
    for (const value of made) {
      for (const local of [true, false]) {
        await client.query('begin');
        for (const name of names) await setTo(client, name, value, local);
        t.deepEqual(await powers(client), none, `${value} ${local}`);
        const refused = await outcomeOf(client, "select from bulkhead.create_suite('mine')");
        t.is(refused.code, '42501');
        await client.query('commit');
        await client.query('begin');
        t.deepEqual(await powers(client), none, `${value} ${local}, later`);
        await client.query('rollback');
      }
    }
  } finally {
    client.release(true);
  }
});

test('settings of an earlier transaction are worth nothing in a later one, set again or kept in the session', async (t) => {
  const { session, principal } = await makeAdmin(database.pool);
  const client = await database.api.connect();
  try {
    await client.query('begin');
    await becomeUser(client, session);
    t.like(await powers(client), { is_admin: true, principal });
    const signed = await readRequest(client);
    t.regex(signed, /^[0-9a-f]{64}/);
    // It outlives the transaction, as a setting of the session.
    await setTo(client, 'request', signed, false);
    t.like(await powers(client), { is_admin: true, principal });
    await client.query('commit');

    await client.query('begin');
    await client.query('set local role bulkhead_user');
    t.is(await readRequest(client), signed);
    t.deepEqual(await powers(client), none);
    await setTo(client, 'request', signed);
    t.deepEqual(await powers(client), none);
    // Nor does it get in the way of the next one who is let in.
    await becomeUser(client, ownToken);
    t.like(await powers(client), { is_admin: false, suites: 1 });
    await client.query('commit');
  } finally {
    client.release(true);
  }
});

test('settings of another session are worth nothing, while its transaction lasts', async (t) => {
  const { session } = await makeAdmin(database.pool);
  await asToken(database, session, async (admin) => {
    const signed = await readRequest(admin);
    await asToken(database, null, async (client) => {
      await setTo(client, 'request', signed);
      t.deepEqual(await powers(client), none);
    });
    t.like(await powers(admin), { is_admin: true });
  });
});

test('what is signed cannot be changed: no line moved to another role, no name, no end left off', async (t) => {
  const { token } = await makeToken(database.pool, 'viewer', [suite]);
  await asToken(database, token, async (client) => {
    const signed = await readRequest(client);
    const [signature, request] = [signed.slice(0, 64), signed.slice(64)];
    const lines = request.split('\n');
    const lists = [...lines, '=', '{1}', '{0}', `{${suite},99999}`, 'person:root', ''];
    for (const value of [
      ...lines.flatMap((_, part) => lists.map((list) => lines.with(part, list).join('\n'))),
      lines.slice(0, -1).join('\n'),
      lines.slice(1).join('\n'),
      lines.toReversed().join('\n'),
      `${lines[0]}\n${request}`,
      `${request}\n{0}`,
      `${request} `,
      `/${request}`,
      '',
    ].filter((value) => value !== request)) {
      for (const start of [signature, signature.toUpperCase(), '', ' '.repeat(64)]) {
        await setTo(client, 'request', start + value);
        t.deepEqual(await powers(client), none, `${start}${value}`);
      }
    }
    await setTo(client, 'request', signed);
    t.like(await powers(client), { suites: 1, roles: ['viewer'] });
  });
});

test('two tokens used in one transaction do not add up, and a savepoint takes the second one back', async (t) => {
  const second = await makeSuite(database.pool);
  const other = await makeToken(database.pool, 'viewer', [second]);
  await asToken(database, ownToken, async (client) => {
    await client.query('savepoint before');
    await call(client, 'use_token', { token: other.token });
    t.deepEqual(await visibleSuites(client), [second]);
    t.like(await powers(client), { principal: other.principal, roles: ['viewer'] });
    await client.query('rollback to savepoint before');
    t.deepEqual(await visibleSuites(client), [suite]);
    await refuses(t, client, () => call(client, 'use_token', { token: 'bhd_nothing' }), {
      code: 'TCAUT',
    });
    t.deepEqual(await visibleSuites(client), [suite]);
  });
  await asToken(database, null, async (client) => {
    await client.query('savepoint before');
    await call(client, 'use_token', { token: other.token });
    await client.query('rollback to savepoint before');
    t.deepEqual(await powers(client), none);
  });
});

test('what a transaction was let in to ends with it', async (t) => {
  const client = await database.api.connect();
  try {
    for (const end of ['commit', 'rollback', 'commit and chain', 'rollback and chain']) {
      await client.query('begin');
      await becomeUser(client, ownToken);
      t.deepEqual(await visibleSuites(client), [suite]);
      await client.query(end);
      await client.query('set role bulkhead_user');
      t.deepEqual(await powers(client), none, end);
      await client.query('rollback');
      await client.query('reset role');
    }
  } finally {
    client.release(true);
  }
});

test('the clock of tests moves no expiry', async (t) => {
  const { token, principal } = await makeToken(database.pool, 'viewer', [suite]);
  await database.pool.query(
    "update bulkhead_private.credentials set expires_at = now() - interval '1 day' where principal = $1",
    [principal],
  );
  await asToken(database, null, async (client) => {
    for (const now of ['2001-01-01', 'now', 'infinity', '-infinity', 'soon']) {
      await setTo(client, 'now', now);
      await refuses(t, client, () => call(client, 'use_token', { token }), { code: 'TCAUT' });
    }
  });
});

test('my_suites reads the lists of roles, and no other setting', async (t) => {
  await asToken(database, ownToken, async (client) => {
    await setTo(client, 'everything', '{0}');
    for (const role of ['everything', 'VIEWER', '', 'owner/1', 'principal', null])
      t.deepEqual(await callOne(client, 'my_suites', { role }), { my_suites: [] }, `${role}`);
  });
});

test('two transactions of one message to the server count as one: it shows the token itself', async (t) => {
  const client = await database.api.connect();
  const replay = (end: string) => `
    begin;
    set local role bulkhead_user;
    select bulkhead.use_token('${ownToken}');
    select set_config('my.request', current_setting('bulkhead.request'), false);
    commit; ${end}
    begin;
    set local role bulkhead_user;
    select set_config('bulkhead.request', current_setting('my.request'), true);
    select id from bulkhead.test_suites;
    commit;`;
  try {
    // Whoever can do this could keep a transaction open for as long.
    const results = (await client.query(replay(''))) as unknown as pg.QueryResult[];
    t.deepEqual(results.at(-2)?.rows, [{ id: suite }]);
    const [before, after] = replay('|').split('|') as [string, string];
    await client.query(before);
    const later = (await client.query(after)) as unknown as pg.QueryResult[];
    t.deepEqual(later.at(-2)?.rows, []);
  } finally {
    client.release(true);
  }
});
