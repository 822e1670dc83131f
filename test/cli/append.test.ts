/** `bulkhead append`: files and pipes, over HTTP. */
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { useApi } from '../helpers/api.ts';
import { makeFile, makeJsonl } from '../helpers/import.ts';
import { makeCli, makeWire } from './remote.ts';

const api = useApi(test);
const lines = [
  { external_key: 'a', input: 'one', tags: ['rag'] },
  { external_key: 'b', input: 'two' },
];
const jsonl = lines.map((line) => `${JSON.stringify(line)}\n`).join('');

async function keysOf(suite: string) {
  const { rows } = await api.db.pool.query(
    'select external_key from bulkhead.test_cases where suite_id = $1 order by id',
    [suite],
  );
  return rows.map((row) => row.external_key);
}

test('bulkhead append regression new-cases.jsonl', async (t) => {
  const suite = await api.suite('regression');
  const cli = await makeCli(t, api, 'appender', [suite]);
  const file = makeJsonl(t, lines);
  t.regex(
    await cli.out(['append', 'regression', file]),
    /^suite regression: 2 cases read, 2 inserted, \d+\.\d s\nnew tags \(1\): rag\n$/,
  );
  t.deepEqual(await keysOf(suite), ['a', 'b']);
  const again = await cli.json(['append', 'regression', file]);
  t.like(again, { suite: 'regression', cases: 2, inserted: 0, unchanged: 2, dry_run: false });
  t.like(again.results[1], { line: 2, external_key: 'b', outcome: 'unchanged' });
});

test('standard input, JSON, CSV and gzip are told by what they are', async (t) => {
  const suite = await api.suite('pipes');
  const cli = await makeCli(t, api, 'appender', [suite]);
  const sources: [string[], string | Buffer][] = [
    [[], '{"external_key":"1","input":"x"}\n'],
    [['-'], '[{"external_key":"2","input":"x"}]'],
    [['-'], 'external_key,input\n3,x\n'],
    [['-'], gzipSync('\n  {"external_key":"4","input":"x"}\n')],
    [['-', '--format', 'csv', '--key', 'no', '--input', 'text'], gzipSync('no,text\n5,x\n')],
  ];
  for (const [args, input] of sources)
    t.like(await cli.json(['append', 'pipes', ...args], { input }), { inserted: 1 });
  await cli.out([
    'append',
    'pipes',
    makeFile(t, 'x.json.gz', gzipSync('[{"id":"6","input":"x"}]')),
  ]);
  t.deepEqual(await keysOf(suite), ['1', '2', '3', '4', '5', '6']);
});

test('the mapping goes along', async (t) => {
  const suite = await api.suite('mapped');
  const cli = await makeCli(t, api, 'appender', [suite]);
  const file = makeFile(t, 'x.csv', 'no,text,kind,from,more\n1,hello,A;B,web,y\n');
  const flags = ['--key', 'no', '--input', 'text', '--tags', 'kind', '--tags-separator', ';'];
  await cli.out(['append', 'mapped', file, ...flags, '--metadata', 'from', '--tag', 'extra,tag']);
  const { rows } = await api.db.pool.query(
    `select external_key, input, metadata, bulkhead.test_cases_tags(c) as tags
       from bulkhead.test_cases c where suite_id = $1`,
    [suite],
  );
  t.deepEqual(rows, [
    { external_key: '1', input: 'hello', metadata: { from: 'web' }, tags: ['a', 'b', 'extra_tag'] },
  ]);
});

test('a dry run shows the mapping and the counts, and stores nothing', async (t) => {
  const suite = await api.suite('dry');
  const cli = await makeCli(t, api, 'appender', [suite]);
  for (const [args, input] of [
    [[makeJsonl(t, lines)], ''],
    [['-'], jsonl],
  ] as const) {
    const { code, stdout, stderr } = await cli.run(['append', 'dry', ...args, '--dry-run'], {
      input,
    });
    t.is(code, 0, stderr);
    t.regex(stderr, /^format: jsonl\n {2}external_key +← external_key\n/);
    t.regex(stdout, /^suite dry: 2 cases read, 2 inserted.*\n.*\na dry run: nothing was stored\n$/);
  }
  t.like(await cli.json(['append', 'dry', '--dry-run'], { input: jsonl }), { dry_run: true });
  t.deepEqual(await keysOf(suite), []);
});

test('whoever stops a dry run of standard input finds none of its cases', async (t) => {
  const cli = await makeCli(t, api, 'appender', [await api.suite('stopped')]);
  const folder = dirname(makeFile(t, 'x', ''));
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const) {
    const asked = Promise.withResolvers<void>();
    // it keeps the answer back: the command waits, and its input is in a file
    const mute = createServer((socket) =>
      socket.on('error', () => {}).once('data', () => asked.resolve()),
    );
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    t.teardown(() => mute.close());
    const url = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const running = cli.start(['append', 'stopped', '--dry-run'], {
      input: jsonl,
      env: { TMPDIR: folder, BULKHEAD_URL: url },
    });
    await asked.promise;
    t.is(readdirSync(folder).length, 2);
    running.child.kill(signal);
    t.is((await running.ended).code, code);
    t.deepEqual(readdirSync(folder), ['x']);
  }
});

test('what is wrong with a file is told with its lines, and nothing is stored', async (t) => {
  const suite = await api.suite('wrong');
  const cli = await makeCli(t, api, 'appender', [suite]);
  const file = makeFile(t, 'bad.csv', 'input,tags\nfine,a\n1,2,3\n,b\nfine,日本\n"cut');
  const says = /bad\.csv was not appended: 4 problems, nothing was stored\nline 3: too many/;
  const { stderr } = await cli.refused(['append', 'wrong', file], 2, says);
  t.regex(stderr, /line 4: the column 'input' is empty, so the case has no input/);
  await cli.refused(['append', 'wrong', file, '--dry-run'], 2, /line 3: too many fields/);
  const many = 'nonsense\n'.repeat(1000);
  const refused = await cli.refused(['append', 'wrong', '--format', 'jsonl'], 2, /1000 problems/, {
    input: many,
  });
  t.regex(refused.stderr, /lines 1, 2, 3, 4, 5 and 95 more: .*\n.*… and 900 more/);
  const array = makeFile(t, 'bad.json', '[{"input":1},{"inptu":2},{"input":3}]');
  await cli.refused(['append', 'wrong', array], 2, /bad\.json was not.*\nelement 2: there is no/);
  await cli.refused(['append', 'wrong', 'no-such.jsonl'], 2, /there is no such file/);
  t.deepEqual(await keysOf(suite), []);
});

test('a key with other content, a closed dictionary, a role that is too little', async (t) => {
  const suite = await api.suite('conflicts', lines);
  const cli = await makeCli(t, api, 'appender', [suite]);
  const other = { input: '{"external_key":"b","input":"other"}\n' };
  await cli.refused(['append', 'conflicts'], 4, /line 1: /, other);
  t.like(await cli.json(['append', 'conflicts', '--on-conflict', 'skip'], other), { skipped: 1 });
  await cli.refused(['append', 'conflicts', '--on-conflict', 'update'], 4, /editor/, other);
  const viewer = await makeCli(t, api, 'viewer', [suite]);
  await viewer.refused(['append', 'conflicts'], 4, /appender/, other);
  await api.run(
    'mutation ($id: BigInt!) { updateSuite(input: { id: $id, patch: { tagPolicy: "closed" } }) { suite { id } } }',
    { id: suite },
  );
  const tagged = { input: '{"external_key":"n","input":"x","tags":["brand-new"]}\n' };
  await cli.refused(['append', 'conflicts'], 4, /closed[\s\S]*brand-new/, tagged);
  // the refusal is read while the file is still on its way
  const input = other.input.repeat(500_000);
  await cli.refused(['append', 'elsewhere'], 3, /there is no suite "elsewhere"/, { input });
});

test('the same key again gets the first answer, also when the connection was cut', async (t) => {
  const suite = await api.suite('repeated');
  const { token, env } = await makeCli(t, api, 'appender', [suite]);
  const file = makeFile(t, 'keyless.jsonl', '{"input":"x"}\n{"input":"y"}\n');
  let cuts = 0;
  const url = await makeWire(t, api.url, (_piece, { client, server }) => {
    if (cuts++ > 0) return;
    // stored, but the answer is lost
    client.destroy();
    server.destroy();
  });
  const cli = await makeCli(t, api, 'appender', [suite], url);
  const args = ['append', 'repeated', file, '--idempotency-key', 'run-17'];
  const first = await cli.run(args, { env: { BULKHEAD_TOKEN: token } });
  t.is(first.code, 0, first.stderr);
  t.regex(first.stderr, /does not answer: the connection was cut; trying again/);
  t.regex(first.stderr, /the answer to the first request/);
  const again = await cli.json(args, { env });
  t.is(again.inserted, 2);
  t.is((await keysOf(suite)).length, 2);

  cuts = 0;
  await cli.refused(['append', 'repeated', file], 5, /the connection was cut/);
});
