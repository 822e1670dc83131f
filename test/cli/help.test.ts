/** `bulkhead help`. */
import test from 'ava';
import { runBulkhead } from '../helpers/bulkhead.ts';

test('help is of the program, of a verb, and of a verb below it', async (t) => {
  for (const [words, usage] of [
    [[], /^Usage: bulkhead \[options\] \[command\]$/m],
    [['ops'], /^Usage: bulkhead ops \[options\] \[command\]$/m],
    [['ops', 'undo'], /^Usage: bulkhead ops undo \[options\] <suite> <operation>$/m],
    [['pull', 'regression'], /^Usage: bulkhead pull \[options\] <suite>$/m],
  ] as const) {
    const { code, output } = await runBulkhead(t, ['help', ...words]);
    t.is(code, 0, output);
    t.regex(output, usage);
  }
});

test('a command that there is not is named', async (t) => {
  for (const words of [['ups'], ['ops', 'ups']]) {
    const { code, output } = await runBulkhead(t, ['help', ...words]);
    t.is(code, 1, output);
    t.regex(output, /unknown command 'ups'/);
  }
});
