import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { drawLatencies } from '../../bench/support/plot.ts';
import { median, percentile } from '../../bench/support/statistics.ts';
import { projectDir } from '../../src/config.ts';

function bench(...args: string[]) {
  const run = spawnSync(process.execPath, [join(projectDir, 'bench', 'run.ts'), ...args]);
  return { status: run.status, said: String(run.stderr) };
}

test('an unknown benchmark is refused with the names there are', (t) => {
  const { status, said } = bench('nonsense');
  t.is(status, 1);
  t.regex(said, /incident, bulk, suites, graphql/);
});

test('a number of rounds that is none is refused', (t) => {
  for (const rounds of ['0', '1.5', 'three']) t.is(bench('bulk', '--rounds', rounds).status, 1);
});

test('percentiles and medians', (t) => {
  const samples = [5, 1, 4, 2, 3];
  t.is(percentile(samples, 0.5), 3);
  t.is(percentile(samples, 0.95), 5);
  t.is(percentile(samples, 0.2), 1);
  t.is(median(samples), 3);
  t.is(median([1, 2, 3, 10]), 2.5);
  t.true(Number.isNaN(median([])));
  t.true(Number.isNaN(percentile([], 0.95)));
});

test('an append that waits is drawn for as long as it waits', (t) => {
  const drawn = drawLatencies({
    appends: [
      { began: 0, ended: 2 },
      { began: 20, ended: 70 },
      { began: 90, ended: 92 },
    ],
    shown: { began: 0, ended: 100 },
    marked: { began: 20, ended: 70 },
    label: 'bulk',
    width: 40,
  });
  t.deepEqual(
    drawn
      .split('\n')
      .slice(-5)
      .map((line) => line.trimEnd()),
    [
      '   30 ms ┤       ╭────────────────────╮',
      '   10 ms ┤       │                    │',
      '    3 ms ┼╮      │                    │      ╭╮',
      '    1 ms ┤╰──────╯                    ╰──────╯╰──',
      '                 └────── bulk ──────┘',
    ],
  );
});
