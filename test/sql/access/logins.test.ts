/** People in psql: a login that is a principal, one that is none, and one that uses a token. */
import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { loginUrl, quoteIdentifier } from '../../../src/database/admin.ts';
import { makeToken, visibleSuites } from '../../helpers/access.ts';
import { append, call, callOne, makeSuite } from '../../helpers/cases.ts';
import { useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { grantInTurn } from '../../helpers/roles.ts';

const database = useDatabase(test);

/** A login of the database server, which may do what a request may; dropped with the test. */
async function makeLogin(t: ExecutionContext) {
  const name = `bulkhead_test_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const quoted = quoteIdentifier(name);
  const { pool } = database;
  await pool.query(`create role ${quoted} login password '${password}' in role bulkhead_user`);
  t.teardown(async () => {
    await grantInTurn(
      pool,
      `revoke connect on database ${quoteIdentifier(database.name)} from ${quoted}`,
    );
    await pool.query(`drop role ${quoted}`);
  });
  await grantInTurn(
    pool,
    `grant connect on database ${quoteIdentifier(database.name)} to ${quoted}`,
  );
  const client = new pg.Client(loginUrl(database.ownerUrl, name, password));
  await client.connect();
  t.teardown(() => client.end());
  return { client, principal: `role:${name}` };
}

test('a login is the principal role:<login>: a member where it was made one, and shut out as others are', async (t) => {
  const [suite, other] = [await makeSuite(database.pool), await makeSuite(database.pool)];
  const { client, principal } = await makeLogin(t);
  t.deepEqual(await callOne(client, 'me'), { principal, display_name: '', is_admin: false });
  t.deepEqual(await visibleSuites(client), []);
  await call(database.pool, 'set_member', { suite_id: suite, principal, role: 'appender' });
  t.deepEqual(await visibleSuites(client), [suite]);
  t.is((await append(client, suite, [{ input: 1 }])).length, 1);
  await client.query('begin');
  await refuses(t, client, () => call(client, 'define_tag', { suite_id: suite, name: 'x' }), {
    code: '42501',
    detail: `${principal} has the role "appender" there.`,
  });
  await refuses(t, client, () => append(client, other, [{ input: 1 }]), { code: 'TCNSU' });
  await client.query('set local role bulkhead_user');
  t.deepEqual(await visibleSuites(client), [suite]);
  await client.query('rollback');
  await call(database.pool, 'set_principal', { name: principal, is_admin: true });
  t.true((await visibleSuites(client)).includes(other));
  await call(database.pool, 'set_principal', { name: principal, disabled: true });
  t.deepEqual(await visibleSuites(client), []);
  t.like(await callOne(client, 'me'), { is_admin: false });
  await call(database.pool, 'set_principal', { name: principal, disabled: false, is_admin: false });
  await call(database.pool, 'remove_member', { suite_id: suite, principal });
  t.deepEqual(await visibleSuites(client), []);
});

test('a login that uses a token is the token until the transaction ends, and nothing of itself', async (t) => {
  const [suite, other] = [await makeSuite(database.pool), await makeSuite(database.pool)];
  const { client, principal } = await makeLogin(t);
  await call(database.pool, 'set_member', { suite_id: suite, principal, role: 'owner' });
  const token = await makeToken(database.pool, 'viewer', [other]);
  await client.query('begin');
  t.like(await callOne(client, 'use_token', { token: token.token }), {
    use_token: token.principal,
  });
  t.deepEqual(await visibleSuites(client), [other]);
  t.deepEqual(await callOne(client, 'my_suites', { role: 'owner' }), { my_suites: [] });
  await client.query('commit');
  t.deepEqual(await visibleSuites(client), [suite]);
  t.deepEqual(await callOne(client, 'current_principal'), { current_principal: principal });
});

test('a login cannot become another, nor the owner, nor reach the private parts', async (t) => {
  const { client } = await makeLogin(t);
  const owner = quoteIdentifier(new URL(database.ownerUrl).username);
  await client.query('begin');
  for (const sql of [
    `set role ${owner}`,
    'set role bulkhead_api',
    'set session authorization bulkhead_api',
    'select from bulkhead_private.credentials',
    'create temporary table x ()',
    "select bulkhead_private.start_session('person:root', '')",
  ])
    await refuses(t, client, () => client.query(sql), { code: '42501' });
  await client.query('rollback');
});

test('the owner of the database is limited by nothing, until taking the role of a request', async (t) => {
  const suite = await makeSuite(database.pool);
  const client = await database.pool.connect();
  try {
    await client.query('begin');
    t.deepEqual(await callOne(client, 'my_suites', { role: 'owner' }), { my_suites: ['0'] });
    t.like(await callOne(client, 'me'), { is_admin: true });
    t.true((await visibleSuites(client)).includes(suite));
    await client.query('grant bulkhead_user to current_user');
    await client.query('set local role bulkhead_user');
    t.deepEqual(await visibleSuites(client), []);
    t.like(await callOne(client, 'me'), { is_admin: false });
    await refuses(t, client, () => append(client, suite, [{ input: 1 }]), { code: 'TCNSU' });
  } finally {
    await client.query('rollback');
    client.release();
  }
});
