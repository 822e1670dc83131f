/** `bulkhead member` and `bulkhead principal`. */
import test from 'ava';
import { runSeparately } from '../helpers/bulkhead.ts';
import { makeDatabase } from '../helpers/database.ts';

const ada = 'person:ada@example.com';

test('members are set, listed and removed', async (t) => {
  const { pool, ownerUrl } = await makeDatabase(t);
  await pool.query("select bulkhead.create_suite('one')");
  const member = (...args: string[]) =>
    runSeparately(t, ['member', ...args], { DATABASE_URL: ownerUrl });

  const none = await member('list', '--suite', 'one');
  t.deepEqual([none.code, none.stdout], [0, '']);
  t.regex(none.stderr, /one has no members/);
  t.is((await member('set', '--suite', 'one', ada, 'viewer')).stdout, `${ada} is viewer of one\n`);
  t.is((await member('set', '--suite', 'one', ada, 'editor')).stdout, `${ada} is editor of one\n`);
  await member('set', '--suite', 'one', 'group:evals', 'owner');
  const listed = JSON.parse((await member('list', '--suite', 'one', '--json')).stdout);
  t.deepEqual(
    listed.map(({ principal, role }: Record<string, string>) => [principal, role]),
    [
      ['group:evals', 'owner'],
      [ada, 'editor'],
    ],
  );
  t.regex(
    (await member('list', '--suite', 'one')).stdout,
    /│ person:ada@example.com │ +│ editor │/,
  );
  t.regex((await member('remove', '--suite', 'one', ada)).stdout, /was editor of one, and is no/);

  const refused = async (args: string[], code: number, says: RegExp) => {
    const run = await member(...args);
    t.is(run.code, code, run.stderr);
    t.regex(run.stderr, says);
  };
  await refused(['remove', '--suite', 'one', ada], 3, /has no member/);
  await refused(['set', '--suite', 'one', ada, 'boss'], 2, /no role "boss"/);
  await refused(['set', '--suite', 'one', 'ada', 'viewer'], 2, /"ada" is no principal/);
  await refused(['set', '--suite', 'two', ada, 'viewer'], 3, /no suite/);
  await refused(['list', '--suite', 'two'], 3, /no suite/);
  await refused(['list'], 1, /--suite/);
});

test('a principal becomes an admin, and is shut out and let in again', async (t) => {
  const { ownerUrl } = await makeDatabase(t);
  const principal = (...args: string[]) =>
    runSeparately(t, ['principal', ...args], { DATABASE_URL: ownerUrl });
  const set = async (...args: string[]) => (await principal('set', ada, ...args)).stdout.trim();

  t.regex((await principal('list')).stderr, /no principal/);
  t.is(await set('--admin'), `${ada} is an admin, has no role everywhere`);
  t.is(await set('--everywhere', 'editor'), `${ada} is an admin, is editor everywhere`);
  // what is not said stays as it is
  t.is(await set('--display-name', 'Ada'), `${ada} is an admin, is editor everywhere`);
  t.is(await set('--disable'), `${ada} is an admin, is editor everywhere, is shut out`);
  t.is(await set('--enable', '--no-admin'), `${ada} is no admin, is editor everywhere`);
  t.is(await set('--everywhere', 'none'), `${ada} is no admin, has no role everywhere`);
  const [listed, ...others] = JSON.parse((await principal('list', '--json')).stdout);
  t.deepEqual(others, []);
  t.deepEqual(listed, {
    principal: ada,
    name: 'Ada',
    isAdmin: false,
    everywhere: null,
    disabledAt: null,
    suites: 0,
  });

  t.is((await principal('set', ada, '--everywhere', 'boss')).code, 2);
  t.regex((await principal('set', ada, '--disable', '--enable')).stderr, /cannot be used with/);
});
