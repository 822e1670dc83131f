import test from 'ava';
import { encodeArray, encodeRow, encodeText } from '../../src/import/copy.ts';

test('null is \\N, and a text that reads \\N is not null', (t) => {
  t.is(encodeText(null), '\\N');
  t.is(encodeText('\\N'), '\\\\N');
  t.is(encodeText('\\.'), '\\\\.');
});

test('what separates fields and rows is escaped, what does not is left alone', (t) => {
  t.is(encodeText('a\tb\nc\rd\\e'), 'a\\tb\\nc\\rd\\\\e');
  t.is(encodeText('"quoted" \u2028 \u0085 🧊'), '"quoted" \u2028 \u0085 🧊');
});

test('an array quotes every element', (t) => {
  t.is(encodeArray([]), '{}');
  t.is(encodeArray(['null', 'a,b', 'say "x"', 'c:\\d']), '{"null","a,b","say \\"x\\"","c:\\\\d"}');
});

test('a row is one line', (t) => {
  const row = encodeRow({
    line: 7,
    externalKey: null,
    input: JSON.stringify('two\nlines'),
    expectedOutput: null,
    metadata: '{}',
    tags: ['rag'],
    status: 'active',
  });
  t.is(row, '7\t\\N\t"two\\\\nlines"\t\\N\t{}\t{"rag"}\tactive\n');
});
