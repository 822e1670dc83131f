/** What CI shows of a test that has failed. */
import test from 'ava';
import * as supertap from 'supertap';
import '../../ava.config.js';

test('an error with a field that is undefined is shown, and the run goes on', (t) => {
  const error = Object.assign(new Error('why it failed'), { detail: undefined, code: '23505' });
  const shown = supertap.test('a title', { comment: [], index: 1, passed: false, error });
  t.regex(shown, /not ok 1 - a title/);
  t.regex(shown, /why it failed/);
  t.regex(shown, /23505/);
});
