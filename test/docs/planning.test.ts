/** The example of docs/planning.md, with what the page says comes out. */
import test from 'ava';
import { planFlags } from '../../src/plan/input.ts';
import { runSeparately } from '../helpers/bulkhead.ts';
import { readBlocks, readPage } from '../helpers/markdown.ts';

const page = 'docs/planning.md';

test('the incident comes out as the page shows it', async (t) => {
  const [command, output] = readBlocks(page);
  const [program, ...args] = command?.text.trim().split(' ') ?? [];
  t.is(program, 'bulkhead');
  const { code, stdout } = await runSeparately(t, args);
  t.is(code, 0);
  t.is(output?.text, stdout);
});

test('what the page says of the example is what the example says', (t) => {
  const output = readBlocks(page)[1]?.text ?? '';
  const text = readPage(page).replace(output, '');
  for (const figure of ['9 min', '94 cases', '3 min 20 s']) {
    t.true(output.includes(figure), figure);
    t.true(text.includes(figure.replace('9 min', '9 minutes')), figure);
  }
});

test('the help lists every value with what is assumed', async (t) => {
  const { stdout } = await runSeparately(t, ['plan', '--help']);
  for (const { flag, otherwise } of planFlags) {
    t.true(stdout.includes(`${flag} <`), flag);
    t.true(stdout.includes(`(${otherwise})`), otherwise);
  }
});
