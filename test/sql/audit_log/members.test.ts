/** Members, tokens and principals: who let whom in. Secrets, and what is made of them, are in no event. */
import test from 'ava';
import { makeSession, makeToken, someName } from '../../helpers/access.ts';
import { eventsOf, lines } from '../../helpers/audit.ts';
import { callOne, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { hashSecret } from '../../helpers/roles.ts';

const database = useDatabase(test);

test('members: added, given another role, removed', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const principal = someName();
    const list = await eventsOf(client, suite_id, async () => {
      await callOne(client, 'set_member', { suite_id, principal, role: 'viewer' });
      await callOne(client, 'set_member', { suite_id, principal, role: 'viewer' });
      await callOne(client, 'set_member', { suite_id, principal, role: 'editor' });
      await client.query('delete from bulkhead.suite_members where principal = $1', [principal]);
    });
    t.deepEqual(lines(list), [
      `created member ${principal}`,
      `changed member ${principal} (role)`,
      `deleted member ${principal}`,
    ]);
    t.like(list[0]?.after, { role: 'viewer' });
    t.deepEqual([list[1]?.before, list[1]?.after], [{ role: 'viewer' }, { role: 'editor' }]);
    t.like(list[2]?.before, { role: 'editor' });
  });
});

test('tokens: which one, for how long, and revoked, in each of their suites', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const [one, two] = [await makeSuite(client), await makeSuite(client)];
    let principal = '';
    const list = await eventsOf(client, one, async () => {
      const token = await makeToken(client, 'appender', [one, two], { name: 'nightly' });
      principal = token.principal;
      await callOne(client, 'set_member', { suite_id: one, principal, role: 'editor' });
      await client.query('select from bulkhead.revoke_token($1)', [principal]);
    });
    t.deepEqual(lines(list), [
      `created token ${principal}`,
      `changed token ${principal} (role)`,
      `deleted token ${principal}`,
    ]);
    t.like(list[0]?.after, { name: 'nightly', role: 'appender' });
    t.regex(String(list[0]?.after?.hint), /^bhd_[0-9a-f]{8}$/);
    t.regex(String(list[0]?.after?.expires_at), /^\d{4}-/);
    t.like(list[2]?.before, { name: 'nightly', role: 'editor' });
  });
});

test('principals and the making and end of tokens are read with the instance', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    const name = someName();
    let token = '';
    const list = await eventsOf(client, 0, async () => {
      await callOne(client, 'set_principal', { name, is_admin: true });
      await callOne(client, 'set_principal', { name, is_admin: true });
      await callOne(client, 'set_principal', { name, everywhere: 'viewer', is_admin: false });
      await callOne(client, 'set_principal', { name, disabled: true });
      await callOne(client, 'set_principal', { name, disabled: false });
      token = (await makeToken(client, 'viewer', [suite])).principal;
      await client.query('select from bulkhead.revoke_token($1)', [token]);
    });
    t.deepEqual(lines(list), [
      `created principal ${name}`,
      `changed principal ${name} (is_admin)`,
      `changed principal ${name} (everywhere, is_admin)`,
      `changed principal ${name} (disabled_at)`,
      `changed principal ${name} (disabled_at)`,
      `created principal ${token}`,
      `created token ${token}`,
      `changed principal ${token} (disabled_at)`,
      `deleted token ${token}`,
    ]);
    t.deepEqual(list[2]?.after, { everywhere: 'viewer', is_admin: false });
  });
});

test('a token that is changed in psql is logged, even if only its secret is', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const { principal } = await makeToken(client, 'viewer', [await makeSuite(client)]);
    const list = await eventsOf(client, 0, () =>
      client.query(
        `update bulkhead_private.credentials set hash = sha256('another') where principal = $1`,
        [principal],
      ),
    );
    t.like(list, [{ action: 'changed', subject: 'token', before: null, after: null }]);
  });
});

test('no event has a secret, its hash, or what requests are signed with', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    const { token } = await makeToken(client, 'owner', [suite]);
    const session = await makeSession(client);
    const { rows } = await client.query(
      `select string_agg(l::text, ' ') as text from bulkhead.audit_log l`,
    );
    for (const secret of [token, session]) {
      t.false(rows[0].text.includes(secret.slice(0, 16)));
      t.false(rows[0].text.includes(hashSecret(secret).toString('hex')));
    }
    t.false(/\\\\x|"hash"/.test(rows[0].text));
    t.true(
      rows[0].text.includes(token.slice(0, 12)),
      'the hint is there, by which people tell tokens apart',
    );
  });
});
