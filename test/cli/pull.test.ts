/** `bulkhead pull`: to standard output and into files, whole or not at all. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { useApi } from '../helpers/api.ts';
import { makeFile } from '../helpers/import.ts';
import { until } from '../helpers/waits.ts';
import { makeCli, makeWire, startProcess } from './remote.ts';

const api = useApi(test);
const cases = [
  { external_key: 'a', input: 'one', expected_output: 'yes', tags: ['tier_a_gold'] },
  { external_key: 'b', input: 'two', tags: ['rag'] },
  { external_key: 'c', input: 'three', status: 'archived' },
];
const keys = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).external_key);

test('bulkhead pull regression --route release-gate --format promptfoo > tests.jsonl', async (t) => {
  const cli = await makeCli(t, api, 'editor', [await api.suite('regression', cases)]);
  await cli.out(['routes', 'define', 'regression', 'release-gate', '--where', 'tier_a_gold']);
  const args = ['pull', 'regression', '--route', 'release-gate', '--format', 'promptfoo'];
  const { code, stdout, stderr } = await cli.run(args);
  t.is(code, 0, stderr);
  t.is(stderr, '1 case of regression by release-gate: tier_a_gold\n');
  t.like(JSON.parse(stdout), { assert: [{ type: 'equals', value: 'yes' }] });
  await cli.refused(
    ['pull', 'regression', '--route', 'nightly'],
    3,
    /nightly[\s\S]*release-gate[\s\S]*\nbulkhead routes list /,
  );
  await cli.refused(
    ['pull', 'elsewhere'],
    3,
    /there is no suite "elsewhere"[\s\S]*\nbulkhead suites /,
  );
  await cli.refused(['pull', 'regression', '--where', '(rag'], 2, /character/);
  await cli.refused([...args, '--where', 'rag'], 1, /cannot be used with/);
});

test('expression, status and snapshot; what the format cannot hold is told', async (t) => {
  const cli = await makeCli(t, api, 'editor', [await api.suite('selected', cases)]);
  t.deepEqual(keys(await cli.out(['pull', 'selected'])), ['a', 'b']);
  t.deepEqual(keys(await cli.out(['pull', 'selected', '--status', 'all'])), ['a', 'b', 'c']);
  t.deepEqual(keys(await cli.out(['pull', 'selected', '--where', 'rag'])), ['b']);
  await cli.out(['snapshot', 'create', 'selected', 'v1', '--status', 'active']);
  await cli.out(['archive', 'selected', '--key', 'a']);
  const frozen = await cli.run(['pull', 'selected', '--snapshot', 'v1']);
  t.deepEqual(keys(frozen.stdout), ['a', 'b']);
  t.is(frozen.stderr, '2 cases of selected\n');
  const lossy = await cli.run(['pull', 'selected', '--status', 'all', '--format', 'openai-evals']);
  t.is(lossy.code, 0);
  t.regex(lossy.stderr, /^3 cases of selected\n(\d cases? .*\n)+$/);
});

test('a file is written when all of it is there, and left alone when nothing has changed', async (t) => {
  const cli = await makeCli(t, api, 'editor', [await api.suite('filed', cases)]);
  const file = makeFile(t, 'cases.jsonl', 'old');
  const link = join(dirname(file), 'link.jsonl');
  symlinkSync(file, link);
  const args = ['pull', 'filed', '--output', link, '--etag-file', `${file}.etag`];
  const first = await cli.json(args);
  t.like(first, { output: link, suite: 'filed', isNew: true, cases: 2, route: null, notes: [] });
  t.deepEqual(keys(readFileSync(file, 'utf8')), ['a', 'b']);
  t.is(readFileSync(`${file}.etag`, 'utf8'), `${first.etag}\n`);
  t.like(await cli.json(args), { isNew: false, etag: first.etag });
  const again = await cli.run(args);
  t.is(again.stderr, `filed has not changed: ${link} stays as it is\n`);
  await cli.out(['archive', 'filed', '--key', 'a']);
  t.like(await cli.json(args), { isNew: true, cases: 1 });
  t.deepEqual(keys(readFileSync(file, 'utf8')), ['b']);
  writeFileSync(`${file}.etag`, 'nonsense\r\nx: y');
  t.like(await cli.json(args), { isNew: true });
  t.deepEqual(readdirSync(dirname(file)).sort(), [
    ...['cases.jsonl', 'cases.jsonl.etag', 'link.jsonl'],
  ]);
});

test('fewer cases than were asked for are refused, and no file takes their place', async (t) => {
  const cli = await makeCli(t, api, 'editor', [await api.suite('few', cases)]);
  const file = makeFile(t, 'cases.jsonl', 'what was there before');
  const args = ['pull', 'few', '--output', file, '--etag-file', `${file}.etag`];
  const says = /the pull gives 2 cases of few, and --at-least wants 3\nNothing was written/;
  await cli.refused([...args, '--at-least', '3'], 3, says);
  t.is(readFileSync(file, 'utf8'), 'what was there before');
  t.deepEqual(readdirSync(dirname(file)), ['cases.jsonl']);
  t.like(await cli.json([...args, '--at-least', '2']), { isNew: true, cases: 2 });
  t.like(await cli.json([...args, '--at-least', '2']), { isNew: false, cases: 2 });
  await cli.refused([...args, '--at-least', '3'], 3, says);
  const piped = await cli.refused(
    ['pull', 'few', '--where', 'rag', '--at-least', '2'],
    3,
    /1 case of/,
  );
  t.is(piped.stdout, '');
  await cli.out(['routes', 'define', 'few', 'gate', '--where', 'rag', '--status', 'archived']);
  const gate = ['pull', 'few', '--route', 'gate'];
  await cli.refused([...gate, '--at-least', '1'], 3, /0 cases of few by gate/);
  t.is(await cli.out(gate), '');
  await cli.out(['snapshot', 'create', 'few', 'v1', '--status', 'active']);
  const frozen = [...args, '--snapshot', 'v1', '--at-least'];
  t.like(await cli.json([...frozen, '2']), { cases: 2 });
  t.like(await cli.json([...frozen, '2']), { cases: 2 });
  await cli.refused([...frozen, '3'], 3, /2 cases of few/);
  await cli.refused(['pull', 'few', '--at-least', '0'], 1, /whole number above 0/);
});

test('flags that do not go together, and a file that cannot be written', async (t) => {
  const cli = await makeCli(t, api, 'viewer', [await api.suite('unwritable', cases)]);
  await cli.refused(['pull', 'unwritable', '--json'], 2, /--json goes with --output/);
  await cli.refused(
    ['pull', 'unwritable', '--etag-file', 'x'],
    2,
    /--etag-file goes with --output/,
  );
  const file = makeFile(t, 'x', '');
  await cli.refused(['pull', 'unwritable', '--output', `${file}/y`], 2, /cannot be written/);
  mkdirSync(`${file}.folder`);
  const args = ['pull', 'unwritable', '--output', `${file}.new`, '--etag-file'];
  await cli.refused([...args, `${file}.folder`], 2, /folder cannot be used: EISDIR/);
  await cli.refused(['pull', 'unwritable', '--output', `${file}.folder`], 2, /cannot be written/);
  await cli.out(['pull', 'unwritable', '--output', '/dev/null']);
  t.false(readFileSync('/dev/null').length > 0, '/dev/null has been replaced');
});

test('a pull that breaks off in the middle fails, and leaves no half file', async (t) => {
  const many = Array.from({ length: 2000 }, (_, n) => ({ input: `${n}`.padEnd(2000, 'x') }));
  const suite = await api.suite('long', many);
  let bytes = 0;
  const url = await makeWire(t, api.url, (piece, { client, server }) => {
    bytes += piece.length;
    if (bytes < 1_000_000) return;
    client.destroy();
    server.destroy();
  });
  const cli = await makeCli(t, api, 'viewer', [suite], url);
  const piped = await cli.refused(['pull', 'long'], 5, /the pull broke off before its end/);
  t.true(piped.stdout.length > 0);
  bytes = 0;
  const file = makeFile(t, 'cases.jsonl', 'what was there before');
  await cli.refused(['pull', 'long', '--output', file], 5, /broke off/);
  t.is(readFileSync(file, 'utf8'), 'what was there before');
  bytes = 0;
  await cli.refused(['pull', 'long', '--output', `${file}.new`], 5, /broke off/);
  t.false(existsSync(`${file}.new`));
  t.deepEqual(readdirSync(dirname(file)), ['cases.jsonl']);

  const whole = await makeCli(t, api, 'viewer', [suite]);
  const command = 'set -o pipefail; node bin/bulkhead.js pull long | head -1 | wc -l; echo $?';
  const headed = await startProcess(t, ['bash', '--norc', '-c', command], { env: whole.env }).ended;
  t.is(headed.stdout, '1\n141\n', headed.stderr);
  t.is(headed.stderr, '');
});

/** A wire to the server on which an answer stands still after its first megabyte. */
async function makeStall(t: ExecutionContext) {
  const stalls = Promise.withResolvers<void>();
  let bytes = 0;
  const url = await makeWire(t, api.url, (piece, { server }) => {
    bytes += piece.length;
    if (bytes < 1_000_000) return;
    server.pause();
    stalls.resolve();
  });
  return { url, stalls: stalls.promise };
}

test('whoever stops a pull finds no part of it', async (t) => {
  const many = Array.from({ length: 2000 }, (_, n) => ({ input: `${n}`.padEnd(2000, 'x') }));
  const suite = await api.suite('stopped', many);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    const { url, stalls } = await makeStall(t);
    const cli = await makeCli(t, api, 'viewer', [suite], url);
    const file = makeFile(t, 'cases.jsonl', 'what was there before');
    const running = cli.start(['pull', 'stopped', '--output', file]);
    await stalls;
    await until('a part of the file', async () => readdirSync(dirname(file)).length === 2);
    running.child.kill(signal);
    t.is((await running.ended).code, code);
    t.deepEqual(readdirSync(dirname(file)), ['cases.jsonl']);
    t.is(readFileSync(file, 'utf8'), 'what was there before');
  }
});

test('a bar that is stopped gives the cursor back', async (t) => {
  const many = Array.from({ length: 2000 }, (_, n) => ({ input: `${n}`.padEnd(2000, 'x') }));
  const suite = await api.suite('bar', many);
  await (await makeCli(t, api, 'editor', [suite])).out(['snapshot', 'create', 'bar', 'v1']);
  // so slow that a bar is worth showing, and never at its end
  let bytes = 0;
  const url = await makeWire(t, api.url, (piece, { server }) => {
    bytes += piece.length;
    server.pause();
    if (bytes < 2_000_000) setTimeout(() => server.resume(), 100);
  });
  const cli = await makeCli(t, api, 'viewer', [suite], url);
  const file = makeFile(t, 'cases.jsonl', '');
  const command = `exec node bin/bulkhead.js pull bar --snapshot v1 --output ${file}`;
  const running = startProcess(t, ['script', '-qefc', command, '/dev/null'], {
    env: { ...cli.env, TERM: 'xterm' },
  });
  let text = '';
  await new Promise<void>((resolve) => {
    running.child.stdout?.on('data', (piece) => {
      text += piece;
      if (/receiving .* MB/.test(text)) resolve();
    });
  });
  t.true(text.includes('\x1b[?25l'), 'the cursor was hidden');
  const { pid } = running.child;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  for (const child of children) process.kill(Number(child), 'SIGINT');
  const { code, stdout } = await running.ended;
  t.is(code, 130);
  t.true(stdout.lastIndexOf('\x1b[?25h') > stdout.lastIndexOf('\x1b[?25l'), stdout);
  t.deepEqual(readdirSync(dirname(file)), ['cases.jsonl']);
});

test('a file that is replaced keeps its mode', async (t) => {
  const cli = await makeCli(t, api, 'viewer', [await api.suite('shared-file', cases)]);
  const file = makeFile(t, 'cases.jsonl', 'old');
  for (const mode of [0o666, 0o600]) {
    chmodSync(file, mode);
    await cli.out(['pull', 'shared-file', '--output', file]);
    t.is(statSync(file).mode & 0o777, mode);
  }
});

test('a server that is not there yet is waited for', async (t) => {
  const suite = await api.suite('waited-for', cases);
  let isUp = false;
  const url = await makeWire(t, api.url, (_piece, { client, server }) => {
    if (isUp) return;
    client.destroy();
    server.destroy();
  });
  const cli = await makeCli(t, api, 'viewer', [suite], url);
  const running = cli.start(['pull', 'waited-for']);
  await running.notes(/does not answer: the connection was cut; trying again/);
  isUp = true;
  const { code, stdout } = await running.ended;
  t.is(code, 0);
  t.deepEqual(keys(stdout), ['a', 'b']);
  isUp = false;
  await cli.refused(['pull', 'waited-for'], 5, /does not answer: the connection was cut\n.*up/);
});
