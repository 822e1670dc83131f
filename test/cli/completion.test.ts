/** `bulkhead completion`, read by the shells that there are. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { projectDir } from '../../src/config.ts';
import { makeFile } from '../helpers/import.ts';

const script = (shell: string) =>
  execFileSync(process.execPath, [join(projectDir, 'bin/bulkhead.js'), 'completion', shell], {
    encoding: 'utf8',
  });

/** Whether this machine has the shell; where it is absent the test says so and is over. */
function has(t: ExecutionContext, shell: string): boolean {
  if (!spawnSync(shell, ['--version']).error) return true;
  t.log(`skipped: there is no ${shell} here`);
  t.pass();
  return false;
}

/** What bash would offer after each of these lines; the cursor is at the end. */
function completeInBash(lines: string[]): string[] {
  const ask = lines.map((line) => {
    const words = line.split(' ').map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    return `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _bulkhead; echo "\${COMPREPLY[*]}"`;
  });
  const text = [script('bash'), script('bash'), 'complete -p bulkhead', ...ask].join('\n');
  const [registered, ...answers] = execFileSync('bash', ['--norc', '-eu'], {
    input: text,
    encoding: 'utf8',
  }).split('\n');
  return [registered ?? '', ...answers.slice(0, lines.length)];
}

test('bash completes verbs, options and their values, and leaves files to itself', (t) => {
  const [registered, ...answers] = completeInBash([
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

test('fish takes the script, and completes with it', (t) => {
  if (!has(t, 'fish')) return;
  const file = makeFile(t, 'bulkhead.fish', script('fish'));
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

test('zsh takes the script', (t) => {
  if (!has(t, 'zsh')) return;
  const file = makeFile(t, 'bulkhead.zsh', script('zsh'));
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
