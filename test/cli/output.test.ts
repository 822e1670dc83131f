/** What becomes of the output where it is read slowly, or cannot be written. */
import test from 'ava';
import { useApi } from '../helpers/api.ts';
import { makeCli, startProcess } from './remote.ts';

const api = useApi(test);

/** More than a pipe holds. */
const long = [{ external_key: 'long', input: 'x'.repeat(1_000_000) }];

test('whoever reads slowly gets all of it', async (t) => {
  const cli = await makeCli(t, api, 'viewer', [await api.suite('slow', long)]);
  // from the first byte on longer than the command would wait for what it has left open
  const reader = '(dd bs=1 count=1 status=none; sleep 4; cat)';
  const command = `node bin/bulkhead.js history slow long --json | ${reader}`;
  const { code, stdout } = await startProcess(t, ['bash', '--norc', '-c', command], {
    env: cli.env,
  }).ended;
  t.is(code, 0);
  t.is(JSON.parse(stdout)[0].input.length, 1_000_000);
});

test('an output that cannot be written is an error with its code', async (t) => {
  const cli = await makeCli(t, api, 'viewer', [await api.suite('full', long)]);
  for (const args of ['history full long --json', 'suites', 'pull full']) {
    const command = `node bin/bulkhead.js ${args} > /dev/full`;
    const ended = await startProcess(t, ['bash', '--norc', '-c', command], { env: cli.env }).ended;
    t.is(ended.code, 2, `${args}: ${ended.stderr}`);
    t.regex(ended.stderr, /^bulkhead: the (output|cases) cannot be written: ENOSPC$/m, args);
    t.notRegex(ended.stderr, /\n\s+at /, args);
  }
  const mute = 'node bin/bulkhead.js pull full 2> /dev/full | wc -l';
  const { stdout } = await startProcess(t, ['bash', '--norc', '-c', mute], { env: cli.env }).ended;
  t.is(stdout.trim(), '1');
});
