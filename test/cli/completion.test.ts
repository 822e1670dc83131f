/** `bulkhead completion`, read by the shells that there are. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { projectDir } from '../../src/config.ts';
import { useApi } from '../helpers/api.ts';
import { makeFile } from '../helpers/import.ts';
import { makeCli } from './remote.ts';

const api = useApi(test);
const run = promisify(execFile);
const main = join(projectDir, 'bin/bulkhead.js');

const print = async (shell: string) =>
  (await run(process.execPath, [main, 'completion', shell])).stdout;

/** Whether this machine has the shell; where it is absent the test says so and is over. */
function has(t: ExecutionContext, shell: string): boolean {
  if (!spawnSync(shell, ['--version']).error) return true;
  t.log(`skipped: there is no ${shell} here`);
  t.pass();
  return false;
}

/** What bash would offer after each of these lines; the cursor is at the end. */
async function completeInBash(lines: string[], env: Record<string, string> = {}) {
  const bash = await print('bash');
  const ask = lines.map((line) => {
    const words = line.split(' ').map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    return `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _bulkhead; echo "\${COMPREPLY[*]}"`;
  });
  const text = [bash, bash, 'complete -p bulkhead', ...ask].join('\n');
  const asking = run('bash', ['--norc', '-eu', '-c', text], {
    env: { ...process.env, BULKHEAD_URL: '', BULKHEAD_TOKEN: '', ...env },
  });
  const [registered, ...answers] = (await asking).stdout.split('\n');
  return [registered ?? '', ...answers.slice(0, lines.length)];
}

test('bash completes verbs, options and their values, and leaves files to itself', async (t) => {
  const [registered, ...answers] = await completeInBash([
    'bulkhead ta',
    'bulkhead tags ',
    'bulkhead tags list --j',
    'bulkhead snapshot d',
    'bulkhead tag regression --st',
    'bulkhead tag regression --status ',
    'bulkhead pull regression --route gate --format promptf',
    'bulkhead append regression ',
    'bulkhead append regression new-',
    'bulkhead completion z',
    "bulkhead tag regression --where '$(exit 3) (",
    'bulkhead nonsense ',
  ]);
  t.is(registered, 'complete -o default -F _bulkhead bulkhead');
  t.deepEqual(answers, [
    'tag tags',
    'list define rename merge drop',
    '--json',
    'diff drop',
    '--status',
    'active archived',
    'promptfoo promptfoo-csv',
    '',
    '',
    'zsh',
    '',
    '',
  ]);
});

test('the slugs of suites come from the server, if one is set; without a word if it does not answer', async (t) => {
  const suites = ['regression', 'regression-2', 'release'];
  const ids = await Promise.all(suites.map((slug) => api.suite(slug)));
  await api.suite('somebody-elses');
  const { env } = await makeCli(t, api, 'viewer', ids);
  const folder = dirname(
    makeFile(t, 'bulkhead', `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`),
  );
  chmodSync(join(folder, 'bulkhead'), 0o755);
  const here = { ...env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  const lines = [
    'bulkhead pull reg',
    'bulkhead tags list ',
    'bulkhead token list --suite rel',
    'bulkhead pull regression ',
    'bulkhead pull --route reg',
  ];
  const offered = (more: object) => completeInBash(lines, { ...here, ...more });
  t.deepEqual((await offered({})).slice(1), [
    'regression regression-2',
    suites.join(' '),
    'release',
    '',
    '',
  ]);
  for (const more of [
    { BULKHEAD_TOKEN: '' },
    { BULKHEAD_TOKEN: `bhd_${'0'.repeat(48)}` },
    { BULKHEAD_URL: 'http://127.0.0.1:1' },
    { BULKHEAD_URL: 'no url' },
  ])
    t.deepEqual((await offered(more)).slice(1), ['', '', '', '', ''], JSON.stringify(more));
  if (!has(t, 'fish')) return;
  const script = makeFile(t, 'bulkhead.fish', await print('fish'));
  const { stdout } = await run(
    'fish',
    ['--no-config', '-c', `source ${script}; complete -C 'bulkhead pull reg'`],
    { env: { ...process.env, ...here } },
  );
  t.deepEqual(stdout.trim().split('\n'), ['regression', 'regression-2']);
});

test('fish takes the script, and completes with it', async (t) => {
  if (!has(t, 'fish')) return;
  const file = makeFile(t, 'bulkhead.fish', await print('fish'));
  const complete = (line: string) =>
    execFileSync(
      'fish',
      ['--no-config', '-c', `source ${file}; complete -C ${JSON.stringify(line)}`],
      {
        encoding: 'utf8',
      },
    )
      .trim()
      .split('\n')
      .map((offered) => offered.split('\t')[0]);
  t.deepEqual(complete('bulkhead tags '), ['define', 'drop', 'list', 'merge', 'rename']);
  t.deepEqual(complete('bulkhead snapshot create x --sta'), ['--status']);
  t.deepEqual(complete('bulkhead tag x --status '), ['active', 'archived']);
  t.deepEqual(complete('bulkhead completion '), ['bash', 'fish', 'zsh']);
});

test('zsh takes the script', async (t) => {
  if (!has(t, 'zsh')) return;
  const file = makeFile(t, 'bulkhead.zsh', await print('zsh'));
  const { stdout, stderr } = spawnSync(
    'zsh',
    [
      '-fc',
      `autoload -U compinit && compinit -D -u; source ${file}; print -r -- $_comps[bulkhead]`,
    ],
    { encoding: 'utf8' },
  );
  t.is(stderr, '');
  t.regex(stdout, /_bulkhead/);
});
