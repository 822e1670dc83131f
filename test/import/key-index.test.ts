import test from 'ava';
import { makeKeyIndex } from '../../src/import/key-index.ts';

test('a key is found on the line of its first, among many and after the table has grown', (t) => {
  const index = makeKeyIndex();
  for (let line = 1; line <= 20_000; line += 1) t.is(index.note(`key ${line}`, line), null);
  for (let line = 1; line <= 20_000; line += 1) t.is(index.note(`key ${line}`, 30_000), line);
  t.is(index.note('another', 7), null);
  t.is(index.note('another', 8), 7);
});
