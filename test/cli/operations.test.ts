/** `bulkhead tag`, `untag`, `archive` and `ops` over HTTP. */
import test from 'ava';
import { useApi } from '../helpers/api.ts';
import { type Cli, makeCli } from './remote.ts';

const api = useApi(test);
const cases = [
  { external_key: 'a', input: 'one', tags: ['rag', 'fresh'], metadata: { lang: 'en' } },
  { external_key: 'b', input: 'two', tags: ['rag'] },
  { external_key: 'c', input: 'three', tags: ['agent'] },
];

const tag = (cli: Cli, ...args: string[]) => cli.json(['tag', ...args]);

test('cases are tagged by expression, and what it would do is said before', async (t) => {
  const cli = await makeCli(t, api, 'editor', [await api.suite('tagged', cases)]);
  const args = ['tagged', '--where', 'rag', '--add', 'agent', '--remove', 'fresh'];
  t.like(await tag(cli, ...args, '--dry-run'), { total: '2', changed: '2', newTags: [] });
  t.regex(
    await cli.out(['tag', ...args]),
    /^operation \d+ \(tag\) succeeded: 2 cases, 2 changed\n$/,
  );
  t.like(await tag(cli, ...args), { state: 'succeeded', changed: '0', unchanged: '2' });
  t.regex(await cli.out(['untag', 'tagged', '--key', 'a', '--remove', 'agent']), / 1 changed\n$/);
  t.like(await cli.json(['archive', 'tagged', '--search', 'three']), { changed: '1' });
  t.like(await cli.json(['archive', 'tagged', '--restore', '--all']), {
    kind: 'set_status',
    changed: '1',
    unchanged: '2',
  });
});

test('keys that no case has are told', async (t) => {
  const cli = await makeCli(t, api, 'editor', [await api.suite('mistyped', cases)]);
  const says = 'the suite "mistyped" has no case with the key "nokey", "x"\n';
  for (const more of [[], ['--dry-run']]) {
    const keys = ['--key', 'nokey', '--key', 'a', '--key', 'x'];
    const run = await cli.run(['tag', 'mistyped', ...keys, '--add', 'agent', ...more]);
    t.deepEqual([run.code, run.stderr], [0, says]);
  }
  const archived = await cli.run(['archive', 'mistyped', '--key', 'nokey', '--key', 'x']);
  t.deepEqual([archived.code, archived.stderr], [0, says]);
  t.is((await cli.run(['untag', 'mistyped', '--key', 'a', '--remove', 'agent'])).stderr, '');
});

test('each flag selects', async (t) => {
  const suite = await api.suite('flags', cases);
  const cli = await makeCli(t, api, 'editor', [suite]);
  const { findCases } = await api.run(
    'query ($suite: BigInt!) { findCases(suiteId: $suite) { id } }',
    { suite },
  );
  const total = async (...args: string[]) =>
    (await tag(cli, 'flags', '--add', 'agent', '--dry-run', ...args)).total;
  t.is(await total('--all'), '3');
  t.is(await total('--key', 'a', '--key', 'c'), '2');
  t.is(await total('--id', findCases[0].id), '1');
  t.is(await total('--status', 'archived'), '0');
  t.is(await total('--search', 'two'), '1');
  t.is(await total('--metadata', '{"lang":"en"}'), '1');
  t.is(await total('--created-after', '2001-01-01'), '3');
  t.is(await total('--created-before', '2001-01-01T10:00:00Z'), '0');
});

test('a time is one of ISO 8601, to the digit, and in UTC where it says no zone', async (t) => {
  const suite = await api.suite('times', cases);
  const cli = await makeCli(t, api, 'editor', [suite]);
  await api.db.pool.query(
    `update bulkhead.test_cases set created_at = '2026-11-01 09:00:00.123456+00' where suite_id = $1`,
    [suite],
  );
  const total = async (...args: string[]) =>
    (await tag(cli, 'times', '--add', 'agent', '--dry-run', ...args)).total;
  t.is(await total('--created-after', '2026-11-01T09:00:00.123456Z'), '3');
  t.is(await total('--created-after', '2026-11-01T09:00:00.123457Z'), '0');
  t.is(await total('--created-after', '2026-11-01T10:00:00+01:00'), '3');
  const env = { TZ: 'America/New_York' };
  const here = ['tag', 'times', '--add', 'agent', '--dry-run', '--created-after'];
  t.is((await cli.json([...here, '2026-11-01T09:00'], { env })).total, '3');
  t.is((await cli.json([...here, '2026-11-01T09:01'], { env })).total, '0');
  for (const text of [
    ...['7', 'next week 12', '2026-02-30', '2026-02-30T10:00Z', '2026-11-01T25:00Z'],
    ...['2026-11-01Z', '2026-1-1', '2026-11-01 09:00', 'Nov 1 2026', ''],
  ])
    await cli.refused(
      ['tag', 'times', '--add', 'agent', '--created-after', text],
      1,
      /no date or time of ISO 8601: 2026-11-01, /,
    );
});

test('a selection has to be made, and one that is no selection is refused', async (t) => {
  const cli = await makeCli(t, api, 'editor', [await api.suite('none', cases)]);
  await cli.refused(['tag', 'none', '--add', 'x'], 2, /no cases are selected\n.*--where.*--all/);
  await cli.refused(['tag', 'none', '--add', 'x', '--all', '--key', 'a'], 2, /--all goes with no/);
  await cli.refused(['tag', 'none', '--all'], 2, /no tag to put on/);
  await cli.refused(['tag', 'none', '--add', 'rag', '--where', '(rag'], 2, /character/);
  await cli.refused(['tag', 'none', '--add', 'rag', '--where', 'rog'], 3, /rog[\s\S]*rag/);
  await cli.refused(['tag', 'none', '--add', 'rag', '--all', '--pace', '2'], 1, /up to 1/);
});

test('an operation that waits for a worker is listed, cancelled, retried and undone', async (t) => {
  const cli = await makeCli(t, api, 'editor', [await api.suite('waits', cases)]);
  // a new tag has to be in the dictionary first, so it is not done in the call
  const queued = await tag(cli, 'waits', '--all', '--add', 'new', '--no-wait');
  t.is(queued.state, 'queued');
  const listed = await cli.json(['ops', 'list', 'waits', '--state', 'queued']);
  t.deepEqual(listed, [queued]);
  t.regex(await cli.out(['ops', 'list', 'waits']), /│ \d+ +│ tag +│ queued +│ 0 of 3 +│/);
  t.like(await cli.json(['ops', 'cancel', 'waits', queued.id]), { state: 'cancelled' });
  await cli.refused(['ops', 'cancel', 'waits', queued.id], 4, /./);
  await cli.refused(['ops', 'watch', 'waits', queued.id], 4, /was cancelled\n.*ops undo waits \d+/);
  await cli.refused(
    ['ops', 'watch', 'waits', '999999'],
    3,
    /no operation 999999[\s\S]*\nbulkhead ops list /,
  );

  t.like(await cli.json(['ops', 'retry', 'waits', queued.id, '--dry-run']), { total: '3' });
  const retried = await cli.json(['ops', 'retry', 'waits', queued.id]);
  t.like(retried, { state: 'succeeded', changed: '3', retriesOperationId: queued.id });

  t.like(await cli.json(['ops', 'undo', 'waits', retried.id, '--dry-run']), { total: '3' });
  t.like(await cli.json(['ops', 'undo', 'waits', retried.id]), { kind: 'undo', changed: '3' });
  await cli.refused(['ops', 'undo', 'waits', retried.id], 4, /undone/);
});

test('an operation that fails for a case ends with the code of its first error', async (t) => {
  const suite = await api.suite('fails', cases);
  const cli = await makeCli(t, api, 'editor', [suite]);
  for (const name of ['gold', 'silver'])
    await cli.out(['tags', 'define', 'fails', name, '--group', 'tier']);
  await cli.out(['tag', 'fails', '--key', 'a', '--add', 'silver']);
  const refused = await cli.refused(
    ['tag', 'fails', '--all', '--add', 'gold', '--on-exclusive', 'fail', '--json'],
    2,
    /the operation \d+ \(tag\) failed for 1 cases?\ncase \d+: .*\n.*ops retry fails \d+/,
  );
  t.like(JSON.parse(refused.stdout), { state: 'failed', failed: '1', changed: '2' });
});

test('Ctrl-C ends the waiting, and says how to end the operation', async (t) => {
  const cli = await makeCli(t, api, 'editor', [await api.suite('interrupted', cases)]);
  const running = cli.start(['tag', 'interrupted', '--all', '--add', 'fresh-one']);
  await running.notes(/queued/);
  running.child.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  t.is(code, 130);
  t.is(stdout, '');
  const [, id = ''] = /operation (\d+) goes on/.exec(stderr) ?? [];
  t.regex(stderr, new RegExp(`bulkhead ops cancel interrupted ${id}`));
  t.like(await cli.json(['ops', 'cancel', 'interrupted', id]), { state: 'cancelled' });
});
