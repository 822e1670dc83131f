/** Who reads which events, and that nobody hides what they do. */
import test from 'ava';
import {
  makeAdmin,
  makeSession,
  makeToken,
  type Role,
  roles,
  someName,
} from '../../helpers/access.ts';
import { events, lines } from '../../helpers/audit.ts';
import { append, appendTagged, callOne, makeSuite, type Queryable } from '../../helpers/cases.ts';
import { type Database, rolledBack, useDatabase } from '../../helpers/database.ts';
import { asToken, becomeUser, hashSecret } from '../../helpers/roles.ts';

const database = useDatabase(test);

/** The subjects of the events that a client reads, of any suite. */
async function subjects(client: Queryable, suiteIds: (string | number)[]): Promise<string[]> {
  const { rows } = await client.query(
    'select distinct subject from bulkhead.audit_log where suite_id = any ($1) order by subject',
    [suiteIds],
  );
  return rows.map(({ subject }) => subject);
}

/** A suite with an event of each subject. */
async function makeBusySuite({ pool }: Database): Promise<string> {
  const suite_id = await makeSuite(pool);
  await appendTagged(pool, suite_id, { a: 'rag', b: '' });
  await pool.query('delete from bulkhead.test_case_tags where suite_id = $1', [suite_id]);
  await callOne(pool, 'bulk_set_status', { suite_id, all_cases: true, set_status: 'archived' });
  await callOne(pool, 'set_member', { suite_id, principal: someName(), role: 'viewer' });
  return suite_id;
}

const ofCases = ['case', 'link', 'operation', 'suite', 'tag'];
const all = ['case', 'link', 'member', 'operation', 'suite', 'tag', 'token'];

test('viewers, appenders and editors read what becomes of cases; owners also of members and tokens', async (t) => {
  const [suite, other] = [await makeBusySuite(database), await makeBusySuite(database)];
  const read = async (role: Role) => {
    const { token } = await makeToken(database.pool, role, [suite]);
    return asToken(database, token, async (client) => {
      t.deepEqual(await subjects(client, [0, other]), [], `${role} of another suite`);
      return subjects(client, [suite]);
    });
  };
  for (const role of roles) t.deepEqual(await read(role), role === 'owner' ? all : ofCases, role);
});

test('an admin reads all: the instance, and suites that are gone', async (t) => {
  const suite = await makeBusySuite(database);
  await makeToken(database.pool, 'viewer', [suite]);
  const { token: owner } = await makeToken(database.pool, 'owner', [suite]);
  await callOne(database.pool, 'bulk_delete', { suite_id: suite, all_cases: true });
  await callOne(database.pool, 'delete_suite', { suite_id: suite });
  const { session } = await makeAdmin(database.pool);
  await asToken(database, session, async (client) => {
    t.deepEqual(await subjects(client, [suite]), all);
    t.deepEqual(await subjects(client, [0]), ['principal', 'suite', 'token']);
    const { rows } = await client.query('select distinct suite_id from bulkhead.read_audit_log()');
    t.deepEqual(rows, [{ suite_id: '0' }]);
  });
  await asToken(database, owner, async (client) => {
    t.deepEqual(await events(client, suite), []);
  }).catch((error) => t.is(error.code, 'TCAUT', 'a token without a suite is over'));
});

test('an owner of every suite, who is no admin, does not read the log of the instance', async (t) => {
  const name = someName();
  await callOne(database.pool, 'set_principal', { name, everywhere: 'owner' });
  const suite = await makeBusySuite(database);
  await asToken(database, await makeSession(database.pool, name), async (client) => {
    t.deepEqual(await subjects(client, [0]), []);
    t.true((await subjects(client, [suite])).includes('member'));
  });
});

test('without a token nobody reads anything', async (t) => {
  const suite = await makeBusySuite(database);
  await asToken(database, null, async (client) => {
    t.deepEqual(await subjects(client, [0, suite]), []);
  });
});

test('an event names the principal of the token, and the login in psql', async (t) => {
  const suite_id = await makeSuite(database.pool);
  const { token, principal } = await makeToken(database.pool, 'editor', [suite_id]);
  await asToken(database, token, async (client) => {
    await append(client, suite_id, [{ external_key: 'a', tags: ['rag'] }]);
    await client.query("update bulkhead.test_cases set input = '2' where suite_id = $1", [
      suite_id,
    ]);
    await callOne(client, 'bulk_tag', { suite_id, all_cases: true, add: ['rag'] });
    const list = await events(client, suite_id);
    t.deepEqual(
      list.map(({ principal: who, subject }) => [who === principal, subject]),
      [
        [false, 'suite'],
        [true, 'tag'],
        [true, 'case'],
        [true, 'case'],
        [true, 'operation'],
      ],
    );
    t.regex(String(list[0]?.principal), /^role:/);
  });
});

test('an operation is in the name of who submitted it, whoever runs it', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag' });
    const { token, principal } = await makeToken(client, 'editor', [suite_id]);
    await client.query('select from bulkhead.use_credential($1)', [hashSecret(token)]);
    const { id } = await callOne<{ id: string }>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['new'],
    });
    await client.query("set local bulkhead.principal = ''; set local bulkhead.request = ''");
    await client.query('select from bulkhead_private.run_chunk($1, $2)', [suite_id, id]);
    const list = await events(client, suite_id);
    t.like(list.at(-1), { action: 'succeeded', operation_id: id, principal });
    await client.query("update bulkhead.suite_tags set meaning = 'm' where suite_id = $1", [
      suite_id,
    ]);
    t.regex(String((await events(client, suite_id)).at(-1)?.principal), /^role:/);
  });
});

test('a request that sets what functions set hides nothing of what it can do', async (t) => {
  const suite_id = await makeSuite(database.pool);
  const { a } = await appendTagged(database.pool, suite_id, { a: 'rag', b: '' });
  const { token, principal } = await makeToken(database.pool, 'owner', [suite_id]);
  await asToken(database, token, async (client) => {
    const before = (await events(client, suite_id)).at(-1);
    const setting = "select set_config('bulkhead.logged_by_function', 'on', true)";
    await client.query(setting);
    await client.query("update bulkhead.test_cases set input = '2' where id = $1", [a]);
    await client.query(setting);
    await append(client, suite_id, [{ external_key: 'b', input: 'new', tags: ['x'] }], 'update');
    await client.query(setting);
    await client.query("update bulkhead.test_suites set name = 'n' where id = $1", [suite_id]);
    await client.query(setting);
    await callOne(client, 'define_tag', { suite_id, name: 'y' });
    await client.query(setting);
    await callOne(client, 'set_member', { suite_id, principal: someName(), role: 'owner' });
    await client.query(setting);
    await callOne(client, 'bulk_delete', { suite_id, all_cases: true });
    const list = await events(client, suite_id, before);
    t.deepEqual(
      lines(list).map((line) => line.replace(/ \d+/, '').replace(/ person:\S+/, '')),
      [
        'changed case (input, version)',
        'created tag x',
        'changed case (input, version)',
        'created link',
        'appended case',
        'changed suite (name)',
        'created tag y',
        'created member',
        'succeeded operation',
      ],
    );
    t.true(list.every((event) => event.principal === principal));
  });
});

/** Whatever a request is told by, a token's rights and its name stand or fall together. */
const settings = ['request', 'principal', 'viewer', 'appender', 'editor', 'owner'];

test('whoever tampers with the settings of a request keeps no right without the name', async (t) => {
  const suite_id = await makeSuite(database.pool);
  const editor = await makeToken(database.pool, 'editor', [suite_id]);
  const viewer = await makeToken(database.pool, 'viewer', [suite_id]);
  await asToken(database, editor.token, async (client) => {
    const { rows } = await client.query(
      `select name, current_setting('bulkhead.' || name, true) as value from unnest($1::text[]) as name`,
      [settings],
    );
    const made: string[] = rows.map(({ value }) => value).filter(Boolean);
    t.true(made.length > 0);
    const attempts = settings.flatMap((name) =>
      ['', `${'0'.repeat(64)}person:somebody-else@example.com`, ...made].map((value) => ({
        name,
        value,
      })),
    );
    for (const secret of [editor.token, viewer.token]) {
      for (const { name, value } of attempts) {
        await client.query('savepoint attempt');
        await becomeUser(client, secret);
        await client.query("select set_config('bulkhead.' || $1, $2, true)", [name, value]);
        const done = await client
          .query("select from bulkhead.define_tag($1, 'rag')", [suite_id])
          .catch((error) => error.code as string);
        if (typeof done !== 'string')
          t.is((await events(client, suite_id)).at(-1)?.principal, editor.principal, name);
        else t.true(['TCNSU', '42501'].includes(done), done);
        await client.query('rollback to savepoint attempt');
      }
    }
  });
});
