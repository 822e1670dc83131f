/** `bulkhead routes` and `snapshot` over HTTP. */
import test from 'ava';
import { useApi } from '../helpers/api.ts';
import { makeCli } from './remote.ts';

const api = useApi(test);
const cases = [
  { external_key: 'a', input: 'one', tags: ['tier_a_gold'] },
  { external_key: 'b', input: 'two', tags: ['tier_b_gold'] },
  { external_key: 'c', input: 'three', tags: ['draft'] },
];

test('a route is defined, asked where cases go, and dropped', async (t) => {
  const cli = await makeCli(t, api, 'editor', [await api.suite('routed', cases)]);
  const define = (...args: string[]) => cli.json(['routes', 'define', 'routed', ...args]);
  t.like(await define('nightly', '--where', 'tier_a_gold or tier_b_gold', '--precedence', '20'), {
    name: 'nightly',
    precedence: 20,
    status: 'active',
  });
  t.like(
    await define('release-gate', '--where', 'tier_a_gold', '--precedence', '10', '--status', 'all'),
    {
      status: null,
    },
  );
  t.regex(
    await cli.out([
      'routes',
      'define',
      'routed',
      'later',
      '--where',
      'draft',
      '--description',
      'not yet',
    ]),
    /^later is a route of routed, with precedence 30: draft \(1 case now\)\n$/,
  );
  const listed = await cli.json(['routes', 'list', 'routed']);
  t.deepEqual(
    listed.map((route: { name: string }) => route.name),
    ['release-gate', 'nightly', 'later'],
  );
  t.regex(
    await cli.out(['routes', 'list', 'routed']),
    /expression +│ status +│ cases +│[\s\S]*│ 10 +│ release-gate +│ tier_a_gold +│ all +│ 1 +│/,
  );
  // those of release-gate as well: a pull does not look at precedence
  t.deepEqual(
    listed.map((route: { cases: string }) => route.cases),
    ['1', '2', '1'],
  );
  const places = await cli.json(['routes', 'of', 'routed', 'a', 'b', 'c']);
  t.deepEqual(
    places.map(({ key, route }: { key: string; route: string }) => [key, route]),
    [
      ['a', 'release-gate'],
      ['b', 'nightly'],
      ['c', 'later'],
    ],
  );
  t.is(
    await cli.out(['routes', 'drop', 'routed', 'later']),
    'later is no route of routed any more\n',
  );
  t.regex(await cli.out(['routes', 'of', 'routed', 'c']), /│ c +│ \d+ +│ \(none\) +│/);
  await cli.refused(['routes', 'of', 'routed', 'a', 'x'], 3, /no case with the key "x"/);
  await cli.refused(['routes', 'drop', 'routed', 'later'], 3, /later[\s\S]*release-gate, nightly/);
  const empty = ['routes', 'define', 'routed', 'empty', '--where', 'draft', '--status', 'archived'];
  const { code, stdout, stderr } = await cli.run(empty);
  t.is(code, 0);
  t.regex(stdout, /: draft \(0 cases now\)\n$/);
  t.regex(stderr, /^No case is selected by it now; .*--route empty --at-least 1 fails/);
  await cli.refused(['routes', 'define', 'routed', 'bad', '--where', '(draft'], 2, /character/);
});

test('a snapshot is made, listed, compared and dropped', async (t) => {
  const suite = await api.suite('frozen', cases);
  const cli = await makeCli(t, api, 'owner', [suite]);
  const first = await cli.json(['snapshot', 'create', 'frozen', 'v1', '--description', 'first']);
  t.like(first, { name: 'v1', cases: '3', description: 'first' });
  t.regex(first.sha256, /^[0-9a-f]{64}$/);
  await cli.out(['tag', 'frozen', '--key', 'b', '--remove', 'tier_b_gold', '--add', 'draft']);
  await api.db.pool.query(
    `update bulkhead.test_cases set input = '"other"' where suite_id = $1 and external_key = 'a'`,
    [suite],
  );
  await cli.out(['append', 'frozen'], { input: '{"external_key":"d","input":"four"}\n' });
  const second = ['snapshot', 'create', 'frozen', 'v2', '--where', 'draft or tier_a_gold'];
  t.regex(await cli.out(second), /^v2 holds 3 cases of frozen\nsha256 [0-9a-f]{64}\n$/);
  await cli.refused(second, 4, /v2/);
  t.deepEqual(
    (await cli.json(['snapshot', 'list', 'frozen'])).map((one: { name: string }) => one.name),
    ['v2', 'v1'],
  );
  const diff = await cli.json(['snapshot', 'diff', 'frozen', 'v1', 'v2']);
  t.like(diff, { before: 'v1', after: 'v2', added: 0, removed: 0, changed: 1, retagged: 1 });
  t.like(diff.cases[1], { externalKey: 'b', tagsAdded: ['draft'], tagsRemoved: ['tier_b_gold'] });
  const table = await cli.out(['snapshot', 'diff', 'frozen', 'v1', 'v2']);
  t.regex(table, /│ retagged +│ b +│ \d+ +│ \+draft -tier_b_gold +│/);
  t.regex(table, /v1 → v2: 0 added, 0 removed, 1 changed, 1 retagged\n$/);
  t.is(
    await cli.out(['snapshot', 'diff', 'frozen', 'v1', 'v1']),
    'v1 → v1: 0 added, 0 removed, 0 changed, 0 retagged\n',
  );
  await cli.refused(['snapshot', 'diff', 'frozen', 'v1', 'v9'], 3, /v9/);
  t.is(
    await cli.out(['snapshot', 'drop', 'frozen', 'v1']),
    'v1 is no snapshot of frozen any more\n',
  );
});

test('all changes between two snapshots are told and counted, however many', async (t) => {
  const suite = await api.suite('many-changes', cases);
  const cli = await makeCli(t, api, 'owner', [suite]);
  await cli.out(['snapshot', 'create', 'many-changes', 'v1']);
  const many = Array.from({ length: 1100 }, (_, n) => ({ external_key: `n${n}`, input: n }));
  await cli.out(['append', 'many-changes'], {
    input: many.map((one) => `${JSON.stringify(one)}\n`).join(''),
  });
  await cli.out(['tag', 'many-changes', '--key', 'c', '--remove', 'draft']);
  await cli.out(['snapshot', 'create', 'many-changes', 'v2']);
  const diff = await cli.json(['snapshot', 'diff', 'many-changes', 'v1', 'v2']);
  t.like(diff, { added: 1100, removed: 0, changed: 0, retagged: 1 });
  const keys = diff.cases.map((one: { externalKey: string }) => one.externalKey);
  t.deepEqual(keys, ['c', ...many.map((one) => one.external_key)]);
  const table = await cli.out(['snapshot', 'diff', 'many-changes', 'v1', 'v2']);
  t.regex(table, /v1 → v2: 1100 added, 0 removed, 0 changed, 1 retagged\n$/);
});

test('the versions of a case: who changed what, and one of them restored', async (t) => {
  const suite = await api.suite('versions', cases);
  const cli = await makeCli(t, api, 'editor', [suite]);
  await cli.out(['append', 'versions', '--on-conflict', 'update'], {
    input: '{"external_key":"a","input":"better","expected_output":"yes"}\n',
  });
  const versions = await cli.json(['history', 'versions', 'a']);
  t.is(versions.length, 2);
  t.like(versions[0], { version: 2, isCurrent: true, input: 'better', expectedOutput: 'yes' });
  t.regex(versions[0].by, /^token:\d+$/);
  t.deepEqual(versions[0].changed, ['input', 'expectedOutput']);
  t.like(versions[1], { version: 1, isCurrent: false, input: 'one', by: null, changed: [] });
  t.true(versions[0].since > versions[1].since);
  const table = await cli.out(['history', 'versions', 'a']);
  t.regex(table, /│ 2 \(now\) +│ [^│]+ UTC │ token:\d+ +│ input, expectedOutput +│ better +│ yes/);

  t.is(
    await cli.out(['restore', 'versions', 'a', '1']),
    'a has the content of version 1 again, as version 3\n',
  );
  const { findCases } = await api.run(
    'query ($suite: BigInt!) { findCases(suiteId: $suite, externalKeys: ["a"]) { id input version } }',
    { suite },
  );
  t.like(findCases[0], { input: 'one', version: 3 });
  const byId = await cli.json(['history', 'versions', findCases[0].id, '--id']);
  t.is(byId.length, 3);
  await cli.refused(['restore', 'versions', 'a', '7'], 3, /no earlier version 7/);
  await cli.refused(['history', 'versions', 'x'], 3, /no case with the key "x"/);

  for (const id of ['12345678901234567890', '12345678901234567891'])
    await cli.out(['append', 'versions', '--on-conflict', 'update'], {
      input: `{"external_key":"digits","input":{"id":${id}}}\n`,
    });
  const digits = await cli.out(['history', 'versions', 'digits', '--json']);
  t.regex(digits, /"id": 12345678901234567891.*"id": 12345678901234567890/s);
  t.deepEqual(JSON.parse(digits)[0].changed, ['input'], 'two numbers that are one as doubles');
});
