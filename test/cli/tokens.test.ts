/** `bulkhead token`, as CI and a person at a terminal use it. */
import test from 'ava';
import { readDays, readTokenName } from '../../src/commands/access.ts';
import { runSeparately } from '../helpers/bulkhead.ts';
import { makeDatabase } from '../helpers/database.ts';
import { hashSecret } from '../helpers/roles.ts';

test('a token is made, used, listed and revoked', async (t) => {
  const { pool, ownerUrl, api } = await makeDatabase(t);
  await pool.query("select bulkhead.create_suite('one'), bulkhead.create_suite('two')");
  const token = (...args: string[]) =>
    runSeparately(t, ['token', ...args], { DATABASE_URL: ownerUrl });

  const none = await token('list');
  t.deepEqual([none.code, none.stdout], [0, '']);
  t.regex(none.stderr, /no token.*token create/);

  const flags = ['--suite', 'one', '--suite', 'two', '--role', 'appender', '--name', 'ci'];
  const made = await token('create', ...flags, '--expires', '12w');
  t.is(made.code, 0, made.stderr);
  // alone, for TOKEN=$(…)
  t.regex(made.stdout, /^bhd_[0-9a-f]{48}\n$/);
  t.regex(
    made.stderr,
    /^token:1, appender of one, two; expires \d{4}-\d\d-\d\d \d\d:\d\d UTC\. .*once\.\n$/,
  );

  const used = await api.connect();
  await used.query('begin; set local role bulkhead_user');
  await used.query('select from bulkhead.use_credential($1)', [hashSecret(made.stdout.trim())]);
  const seen = await used.query('select slug from bulkhead.test_suites order by slug');
  await used.query('commit');
  used.release();
  t.deepEqual(seen.rows, [{ slug: 'one' }, { slug: 'two' }]);

  const forever = await token('create', '--suite', 'two', '--expires', 'never');
  t.regex(forever.stderr, /^token:2, viewer of two; never expires\./);

  const listed = JSON.parse((await token('list', '--json')).stdout);
  t.like(listed[0], { principal: 'token:1', name: 'ci', suite: 'one', role: 'appender' });
  t.true(made.stdout.startsWith(listed[0].hint));
  t.is(listed.length, 3);
  t.truthy(listed[0].lastUsedAt);
  const days = (Date.parse(listed[0].expiresAt) - Date.parse(listed[0].createdAt)) / 86_400_000;
  t.is(Math.round(days), 84);
  t.is(listed[2].expiresAt, null);
  const table = await token('list', '--suite', 'one');
  t.regex(table.stdout, /│ token:1 +│ ci +│ bhd_[0-9a-f]{8}… +│ appender +│ one +│ role:\w+ +│/);
  t.notRegex(table.stdout, /token:2/);
  t.notRegex(table.stdout, new RegExp(made.stdout.trim()), 'the token is shown a second time');

  const part = await token('revoke', 'token:1', '--suite', 'one');
  t.is(part.stdout, 'token:1 reaches no longer: one\n', part.stderr);
  t.is((await token('revoke', '1')).stdout, 'token:1 reaches no longer: two\n');
  const { rows } = await pool.query('select principal from bulkhead_private.credentials');
  t.deepEqual(rows, [{ principal: 'token:2' }]);
});

test('what cannot be is refused with the exit code of the registry', async (t) => {
  const { pool, ownerUrl } = await makeDatabase(t);
  await pool.query("select bulkhead.create_suite('one')");
  const refused = async (args: string[], code: number, says: RegExp) => {
    const run = await runSeparately(t, ['token', ...args], { DATABASE_URL: ownerUrl });
    t.is(run.code, code, run.stderr);
    t.is(run.stdout, '');
    t.regex(run.stderr, says);
  };
  await refused(['create', '--suite', 'three'], 3, /there is no suite.*three/);
  await refused(['list', '--suite', 'three'], 3, /there is no suite.*three/);
  await refused(['create', '--suite', 'one', '--role', 'boss'], 2, /no role "boss"\n.*viewer/);
  await refused(['create', '--suite', 'one', '--expires', '90'], 2, /"90" is no time.*\n.*\n.*90d/);
  await refused(['create', '--suite', 'one', '--expires', '11y'], 2, /cannot expire in 4015 days/);
  await refused(['create'], 1, /--suite/);
  await refused(['revoke', 'token:7'], 3, /no token "token:7"/);
  await refused(['revoke', 'ci'], 3, /no token "ci"/);
  await refused(['revoke', '7', '--suite', 'three'], 3, /there is no suite.*three/);
});

test('times to expire after', (t) => {
  t.deepEqual(['1d', '90d', '12w', '1y', 'never'].map(readDays), [1, 90, 84, 365, null]);
  for (const text of ['', '90', 'd', '0d', '-1d', '1.5d', '1 d', '90D', '1m', 'Never', '99999d'])
    t.throws(() => readDays(text), { message: /is no time to expire after/ }, text);
  t.deepEqual(['12', 'token:12', 'x'].map(readTokenName), ['token:12', 'token:12', 'x']);
});
