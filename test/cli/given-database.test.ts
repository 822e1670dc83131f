import { randomBytes } from 'node:crypto';
import test from 'ava';
import { databaseUrl, dropDatabase, loginUrl, withClient } from '../../src/database/admin.ts';
import { npmStart, runBulkhead, startBulkhead } from '../helpers/bulkhead.ts';
import { makeDatabase } from '../helpers/database.ts';
import { limitLogin } from '../helpers/doctor.ts';

/** The exit code of a refusal that is about the set-up. */
const setUp = 6;

/** The URL of a database without anything in it, or of none at all. */
async function emptyDatabase(t: Parameters<typeof makeDatabase>[0], { create = true } = {}) {
  const { ownerUrl } = await makeDatabase(t);
  const name = `bulkhead_test_empty_${randomBytes(5).toString('hex')}`;
  if (create) {
    await withClient(ownerUrl, (client) => client.query(`create database ${name}`));
    t.teardown(() =>
      withClient(databaseUrl(ownerUrl, 'postgres'), (client) => dropDatabase(client, name)),
    );
  }
  return databaseUrl(ownerUrl, name);
}

test('npm start works on the database of DATABASE_URL, and leaves it running', async (t) => {
  const { ownerUrl, apiUrl, pool } = await makeDatabase(t);
  const run = npmStart(t, ['--no-demo'], {
    DATABASE_URL: ownerUrl,
    BULKHEAD_API_DATABASE_URL: apiUrl,
  });
  const [, url] = await run.prints(/running at (\S+)/);
  t.is((await fetch(`${url}/readyz`)).status, 200);
  t.notRegex(run.output(), new RegExp(new URL(ownerUrl).password), 'a password was printed');
  // npm hands the signal to the shell that it runs scripts in: `exec` there makes that us.
  run.child.kill('SIGTERM');
  t.is(await run.ended, 0, run.output());
  t.deepEqual((await pool.query('select 1 as one')).rows, [{ one: 1 }]);
});

test('serve and work stop on a signal', async (t) => {
  const { ownerUrl } = await makeDatabase(t);
  for (const [verb, ready] of [
    ['serve', /API is at/],
    ['work', /worker is running/],
  ] as const) {
    const run = startBulkhead(t, [verb], { DATABASE_URL: ownerUrl });
    await run.prints(ready);
    run.child.kill('SIGINT');
    t.is(await run.ended, 0, run.output());
  }
});

test('a database that does not exist: how to create it, without the password', async (t) => {
  const url = await emptyDatabase(t, { create: false });
  const { code, output } = await runBulkhead(t, ['migrate'], { DATABASE_URL: url });
  t.is(code, setUp);
  t.regex(output, /has no database "bulkhead_test_empty/);
  t.regex(output, /create database "bulkhead_test_empty/);
  t.notRegex(output, new RegExp(new URL(url).password));
});

test('serve and work refuse a database that is not migrated; migrate mends it', async (t) => {
  const environment = { DATABASE_URL: await emptyDatabase(t) };
  for (const verb of ['serve', 'work']) {
    const { code, output } = await runBulkhead(t, [verb], environment);
    t.is(code, setUp);
    t.regex(output, /not up to date.*\n.*bulkhead migrate/);
  }
  const before = await runBulkhead(t, ['doctor'], environment);
  t.is(before.code, 1);
  t.regex(
    before.output,
    /✖ migrations are up to date: not run yet: 000001.*\n +to mend it: bulkhead migrate/,
  );

  // Two that start at once: one migrates, the other waits for it.
  const both = await Promise.all([
    runBulkhead(t, ['migrate'], environment),
    runBulkhead(t, ['migrate'], environment),
  ]);
  t.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
    both.map(({ output }) => output).join('\n'),
  );
  const after = await runBulkhead(t, ['doctor'], environment);
  t.is(after.code, 0, after.output);
});

test('doctor finds what is wrong with a database', async (t) => {
  const { name, ownerUrl, apiUrl, pool } = await makeDatabase(t);
  const environment = { DATABASE_URL: ownerUrl, BULKHEAD_API_DATABASE_URL: apiUrl };
  await limitLogin(pool, name);
  const healthy = await runBulkhead(t, ['doctor'], environment);
  t.is(healthy.code, 0, healthy.output);
  t.notRegex(healthy.output, /[✖!]/);

  await pool.query('grant select on bulkhead.test_suites to public');
  const open = await runBulkhead(t, ['doctor'], environment);
  t.is(open.code, 1);
  t.regex(open.output, /✖ nothing is granted to PUBLIC: relation bulkhead.test_suites/);
});

test('a login that does not work is named', async (t) => {
  const { ownerUrl } = await makeDatabase(t);
  const url = loginUrl(ownerUrl, 'nobody_known', 'secret');
  const { code, output } = await runBulkhead(t, ['doctor'], { DATABASE_URL: url });
  t.is(code, setUp);
  t.regex(output, /refuses the login "nobody_known"/);
});
