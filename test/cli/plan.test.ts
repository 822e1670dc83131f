/** `bulkhead plan` without a database: what people see, what programs read, and what is refused. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runSeparately } from '../helpers/bulkhead.ts';

const plan = (t: ExecutionContext, ...args: string[]) =>
  runSeparately(t, ['plan', ...args], { BULKHEAD_DATA_DIR: join(tmpdir(), 'bulkhead-no-such') });

test('the plan fits on a screen, and begins with the verdict', async (t) => {
  const { code, stdout, stderr } = await plan(t);
  t.deepEqual([code, stderr], [0, '']);
  const lines = stdout.split('\n');
  t.true(lines.length <= 46, `${lines.length} lines`);
  for (const line of lines) t.true(line.length <= 110, line);
  t.regex(lines[1] ?? '', /^One machine of 4 cores, 16 GiB .* holds \d/);
  const heads = lines.filter((_, index) => lines[index - 1] === '');
  t.deepEqual(
    heads.map((line) => line.split(/ {2,}/)[0]),
    ['One bulk change', 'Limits of that machine', 'Sizes', lines.at(-3)],
  );
});

test('--explain says of every figure how it comes about', async (t) => {
  const { stdout } = await plan(t, '--explain', '--per-append', '20', '--chunk', '20ms');
  for (const words of [
    /20,000 rows × /,
    /entries of \d+ B, leaves \d+% full/,
    /for 19 more cases/,
    /suites in the fullest of 32/,
    /Chunks aim at 35 ms .* this is what 20 ms would do/,
  ])
    t.regex(stdout, words);
  for (const line of stdout.split('\n')) t.true(line.length <= 190, line);
});

test('a plan that one machine does not hold says so', async (t) => {
  const { stdout } = await plan(t, '--suites', '5_000', '--memory', '4GiB');
  t.regex(
    stdout,
    /does not hold that: memory for the indexes\.\n.*Citus by suite_id on \d+ like it/,
  );
});

test('JSON has every figure with its origin, and null for what never comes', async (t) => {
  const { stdout } = await plan(t, '--json', '--appends', '0', '--cases', '1,000', '--bulk', '10');
  const { input, speed, verdict, times, limits, sizes } = JSON.parse(stdout);
  t.like(input, { cases: 1000, bulk: 10, appends: 0, chunk: 35 });
  t.like(verdict, { machines: 1 });
  t.is(typeof speed.source, 'string');
  t.is(times.old.standstill.value, null);
  for (const { value, how } of [times.duration, times.longestLock, times.old.appendDuring]) {
    t.true(value > 0);
    t.true(how.length > 0);
  }
  t.true(limits.length >= 4 && sizes.relations.length === 8);
});

test('what cannot be planned is refused with what can', async (t) => {
  const refused: [string[], RegExp][] = [
    [['--cases', 'many'], /--cases cannot be "many"\nIt is a whole number\.\nFrom 1 to /],
    [['--chunk', '35'], /--chunk cannot be "35"\n.*35ms, 1\.5s, 9min\.\nFrom 1 ms to 250 ms/],
    [['--chunk', '1s'], /From 1 ms to 250 ms/],
    [['--memory', '1KiB'], /--memory cannot be "1KiB"\n.*16GiB\.\nFrom 256 MiB/],
    [['--appends', '-1'], /--appends cannot be "-1"/],
    [['--bulk', '200000'], /more than the 100,000 cases of a suite\n.*\nGive --bulk/],
  ];
  for (const [args, says] of refused) {
    const { code, stdout, stderr } = await plan(t, ...args);
    t.deepEqual([code, stdout], [2, ''], args.join(' '));
    t.regex(stderr, says);
  }
});

test('--measure without a server says how to get one', async (t) => {
  const { code, stderr } = await plan(t, '--measure');
  t.is(code, 6);
  t.regex(stderr, /no DATABASE_URL.*\n.*bulkhead up/);
});
