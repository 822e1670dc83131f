import test from 'ava';
import { readAll } from '../helpers/read-records.ts';

test('a record per row, named by the header; an empty cell is an absent field', async (t) => {
  const { records, messages } = await readAll('csv', 'id, question ,\n1,why,x\n2,"",\n');
  t.deepEqual(records, [
    { line: 2, fields: { id: '1', question: 'why', column_3: 'x' } },
    { line: 3, fields: { id: '2' } },
  ]);
  t.deepEqual(messages, []);
});

test('BOM, CRLF rows, line feeds and doubled quotes inside quotes, no line end at the end', async (t) => {
  const content = '\uFEFFa,b\r\n"x\ny\r\nz","say ""hi"", then, go"\r\n\r\n1,\u2028\r\n2,3';
  for (const size of [1, 2, 3, 4, 100]) {
    const { records, messages } = await readAll('csv', content, size);
    t.deepEqual(messages, []);
    t.deepEqual(records, [
      { line: 2, fields: { a: 'x\ny\r\nz', b: 'say "hi", then, go' } },
      { line: 6, fields: { a: '1', b: '\u2028' } },
      { line: 7, fields: { a: '2', b: '3' } },
    ]);
  }
});

test('rows ended by LF and by CRLF can be mixed, and a last CRLF row may lack its LF', async (t) => {
  const { records } = await readAll('csv', 'a,b\n1,2\r\n3,4\n5,6\r');
  t.deepEqual(
    records.map(({ fields }) => fields.b),
    ['2', '4', '6'],
  );
});

test('too many and too few fields are refused by line, and reading goes on', async (t) => {
  const { records, messages } = await readAll('csv', 'a,b\n1,2,3\n"x\ny",1\n4\n5,6\n7,8,\n');
  t.deepEqual(messages, [
    'lines 2, 7: too many fields: 3, but the header has 2 fields (a, b)',
    'line 5: too few fields: 1, but the header has 2 fields (a, b)',
  ]);
  t.deepEqual(
    records.map(({ line }) => line),
    [3, 6],
  );
});

test('a header with the same name twice is refused', async (t) => {
  const { records, messages } = await readAll('csv', 'a,b,a\n1,2,3\n');
  t.deepEqual(messages, ["line 1: the header has the name 'a' twice (columns 1 and 3)"]);
  t.deepEqual(records, []);
});

test('quotes inside a field that does not begin with one are text', async (t) => {
  const { records, messages } = await readAll('csv', 'a,b\n3" pipe,In the "Logs" tab\n,"x\ny"\n');
  t.deepEqual(messages, []);
  t.deepEqual(records, [
    { line: 2, fields: { a: '3" pipe', b: 'In the "Logs" tab' } },
    { line: 3, fields: { b: 'x\ny' } },
  ]);
});

test('text after a closing quote is refused by line, and the rows around it are read', async (t) => {
  const { records, messages } = await readAll(
    'csv',
    'a,b\n1,2\n"5"6,7\n"8\n" 9,10\n"11" ,12\n13,14\n',
  );
  t.deepEqual(messages, ['lines 3, 5, 6: there is text after a closing quote']);
  t.deepEqual(
    records.map(({ line }) => line),
    [2, 7],
  );
});

test('a quote that is never closed is reported where its record begins', async (t) => {
  const { messages } = await readAll('csv', 'a,b\n1,2\n3,"four\n5,6\n7,8\n');
  t.deepEqual(messages, [
    'line 3: the file ends inside the record that begins here: a quoted field is not closed, or the file is cut off',
  ]);
});

test('NUL and invalid UTF-8 are refused with their physical line', async (t) => {
  const content = Buffer.concat([
    Buffer.from('a,b\n"one\ntwo \0",1\n3,'),
    Buffer.from([0xff]),
    Buffer.from('\n4,5\n'),
  ]);
  const { records, messages } = await readAll('csv', content);
  t.deepEqual(messages, [
    'line 3: a NUL byte at offset 4 of the line (13 of the file) cannot be stored',
    'line 4: invalid UTF-8: byte 0xFF at offset 2 of the line (20 of the file)',
  ]);
  t.deepEqual(
    records.map(({ line }) => line),
    [5],
  );
});

test('a line and a record of 20 MB are refused by line', async (t) => {
  const line = await readAll('csv', `a\nx\n${'y'.repeat(20_000_000)}\n`, 256 * 1024);
  t.deepEqual(line.messages, ['line 3: the line is longer than 16 MiB']);
  const record = await readAll('csv', `a\nx\n"${`${'y'.repeat(999)}\n`.repeat(20_000)}"\n`);
  t.is(record.messages.length, 1);
  t.regex(
    record.messages[0] ?? '',
    /^line 3: the record that begins here is too long: a quoted field/,
  );
});
