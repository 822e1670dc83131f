/** Commands that work on the database only, where the environment says that a server is meant. */
import test from 'ava';
import { makeDataDir, runBulkhead, runSeparately } from '../helpers/bulkhead.ts';
import { makeDatabase } from '../helpers/database.ts';
import { makeFile } from '../helpers/import.ts';

const remote = { BULKHEAD_URL: 'https://bulkhead.example.org', BULKHEAD_TOKEN: 'of no use here' };
const onDatabase: Record<string, string[][]> = {
  'sign-in-link': [[]],
  migrate: [[]],
  doctor: [[]],
  import: [['gsm', 'cases.jsonl', '--create']],
  adopt: [['inspect'], ['copy'], ['follow'], ['verify'], ['cut-over'], ['back'], ['status']],
  plan: [['--measure']],
  member: [
    ['list', '--suite', 'gsm'],
    ['set', '--suite', 'gsm', 'person:ada', 'owner'],
    ['remove', '--suite', 'gsm', 'person:ada'],
  ],
  principal: [['list'], ['set', 'person:ada', '--admin']],
};

test('with BULKHEAD_URL alone they stop, and change nothing behind the back of whoever set it', async (t) => {
  const environment = { ...remote, BULKHEAD_DATA_DIR: await makeDataDir(t) };
  for (const [verb, calls] of Object.entries(onDatabase))
    for (const args of calls) {
      const { code, output } = await runBulkhead(t, [verb, ...args], environment);
      t.is(code, 6, output);
      t.regex(
        output,
        /this command works on the database, not over HTTP.*\n.*\nUnset BULKHEAD_URL/,
      );
      t.regex((await runBulkhead(t, ['help', verb])).output, /It works on the database/);
    }
});

test('the help lists those commands, and no other, as of the database', async (t) => {
  const { output } = await runBulkhead(t, ['--help']);
  const [, section = ''] = /^On the database .*\n((?: {2}.*\n)+)/m.exec(output) ?? [];
  const verbs = [...section.matchAll(/^ {2}([a-z-]+)/gm)].map(([, verb]) => verb);
  t.deepEqual(verbs.toSorted(), Object.keys(onDatabase).toSorted());
});

test('with DATABASE_URL beside it, that database is meant', async (t) => {
  const { ownerUrl } = await makeDatabase(t);
  const environment = { ...remote, DATABASE_URL: ownerUrl };
  const ada = 'person:ada@example.com';
  const set = await runSeparately(t, ['principal', 'set', ada, '--admin'], environment);
  t.is(set.stdout, `${ada} is an admin, has no role everywhere\n`, set.stderr);
});

test('what touches no database, and what is a server itself, takes no notice', async (t) => {
  const environment = { ...remote, BULKHEAD_DATA_DIR: await makeDataDir(t) };
  const file = makeFile(t, 'cases.jsonl', '{"input":"x"}\n');
  const preview = await runBulkhead(t, ['import', 'gsm', file, '--dry-run'], environment);
  t.is(preview.code, 0, preview.output);
  const plan = await runBulkhead(t, ['plan'], environment);
  t.is(plan.code, 0, plan.output);
  for (const verb of ['serve', 'work']) {
    const { output } = await runBulkhead(t, [verb], environment);
    t.regex(output, /There is no DATABASE_URL, and no embedded server is running/);
  }
  const up = await runBulkhead(t, ['up'], { ...environment, BULKHEAD_HOST: '0.0.0.0' });
  t.regex(up.output, /BULKHEAD_HOST=0\.0\.0\.0 is refused/);
});
