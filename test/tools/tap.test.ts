/** What CI shows of a test that has failed, and that it shows it where a long log ends. */
import test from 'ava';
import * as supertap from 'supertap';
import '../../ava.config.js';
import { type Results, tapReader } from '../../tools/tap.ts';

test('an error with a field that is undefined is shown, and the run goes on', (t) => {
  const error = Object.assign(new Error('why it failed'), { detail: undefined, code: '23505' });
  const shown = supertap.test('a title', { comment: [], index: 1, passed: false, error });
  t.regex(shown, /not ok 1 - a title/);
  t.regex(shown, /why it failed/);
  t.regex(shown, /23505/);
});

test('a failure is kept with all that it printed; what tests log is shown, such as why one did not run', (t) => {
  const error = new Error('why it failed');
  const written = [
    supertap.start(),
    supertap.test('before', { comment: ['a remark'], index: 1, passed: true }),
    supertap.test('between', { comment: ['not run'], index: 2, passed: false, error }),
    supertap.test('after', { comment: ['one more'], index: 3, passed: true, skip: true }),
    supertap.finish({ crashed: 0, failed: 1, passed: 1, skipped: 1, todo: 0 }),
  ];
  const results: Results = { passed: 0, skipped: 0, failures: [] };
  const shown: string[] = [];
  const read = tapReader(results, (line) => shown.push(line));
  for (const line of written.join('\n').split('\n')) read(line);

  t.like(results, { passed: 1, skipped: 1 });
  t.is(results.failures.length, 1);
  const failure = results.failures.flat().join('\n');
  t.regex(failure, /^✖ between\n {2}not run\n/);
  t.regex(failure, /message: why it failed/);
  t.notRegex(failure, /remark|after/);
  const said = ['✔ before', '  a remark', ...results.failures.flat(), '- after', '  one more'];
  t.deepEqual(
    shown.filter((line) => line !== ''),
    said,
  );
});
