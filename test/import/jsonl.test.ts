import test from 'ava';
import { readAll } from '../helpers/read-records.ts';

test('a record per line, with its line number; blank lines are skipped', async (t) => {
  const { records, messages } = await readAll('jsonl', '{"a":1}\n\n  \n{"a":2}\n');
  t.deepEqual(records, [
    { line: 1, fields: { a: 1 } },
    { line: 4, fields: { a: 2 } },
  ]);
  t.deepEqual(messages, []);
});

test('CRLF, a byte order mark and a last line without a line end are accepted', async (t) => {
  const { records, messages } = await readAll('jsonl', '\uFEFF{"a":1}\r\n\r\n{"a":"\uFEFF"}');
  t.deepEqual(records, [
    { line: 1, fields: { a: 1 } },
    { line: 3, fields: { a: '\uFEFF' } },
  ]);
  t.deepEqual(messages, []);
});

test('only a line feed ends a line: U+2028, U+2029 and U+0085 stay in their string', async (t) => {
  const text = 'one\u2028two\u2029three\u0085four';
  const { records } = await readAll('jsonl', `{"a":"${text}"}\n{"a":"b"}\n`);
  t.deepEqual(
    records.map(({ fields }) => fields.a),
    [text, 'b'],
  );
});

test('characters that straddle two chunks are read whole', async (t) => {
  const content = '\uFEFF{"a":"Grüße 🧊 \u2028"}\r\n{"a":"次"}\n';
  for (const size of [1, 2, 3, 5, 7]) {
    const { records, messages } = await readAll('jsonl', content, size);
    t.deepEqual(messages, []);
    t.deepEqual(
      records.map(({ fields }) => fields.a),
      ['Grüße 🧊 \u2028', '次'],
    );
  }
});

test('invalid UTF-8 is refused with its line and offsets, and what follows is still read', async (t) => {
  const content = Buffer.concat([
    Buffer.from('{"a":"\uFFFD fine"}\n{"a":"caf'),
    Buffer.from([0xe9]),
    Buffer.from('"}\n{"a":"after"}\n'),
  ]);
  const { records, messages } = await readAll('jsonl', content);
  t.deepEqual(messages, [
    'line 2: invalid UTF-8: byte 0xE9 at offset 9 of the line (26 of the file)',
  ]);
  t.deepEqual(
    records.map(({ line }) => line),
    [1, 3],
  );
});

test('a cut multi-byte character at the end of the file is invalid UTF-8', async (t) => {
  const content = Buffer.from('{"a":"é').subarray(0, 7);
  const { messages } = await readAll('jsonl', content);
  t.deepEqual(messages, [
    'line 1: invalid UTF-8: byte 0xC3 at offset 6 of the line (6 of the file)',
  ]);
});

test('an overlong form and an encoded surrogate are invalid UTF-8', async (t) => {
  for (const bytes of [
    [0xc0, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
  ]) {
    const { messages } = await readAll('jsonl', Buffer.from([...bytes, 0x0a]));
    t.regex(messages[0] ?? '', /^line 1: invalid UTF-8: byte 0x.. at offset 0 /);
  }
});

test('a NUL is refused, as a byte and as an escape, but not the text \\u0000', async (t) => {
  const { records, messages } = await readAll(
    'jsonl',
    '{"a":"x\0"}\n{"a":{"b":["x\\u0000"]}}\n{"\\u0000":1}\n{"a":"\\\\u0000"}\n',
  );
  t.deepEqual(messages, [
    'line 1: a NUL byte at offset 7 of the line (7 of the file) cannot be stored',
    'line 2: a.b[0] has a NUL character (\\u0000), which cannot be stored',
    'line 3: the name of a field has a NUL character (\\u0000), which cannot be stored',
  ]);
  t.deepEqual(records, [{ line: 4, fields: { a: '\\u0000' } }]);
});

test('half of a surrogate pair is refused; a whole pair is a character', async (t) => {
  const { records, messages } = await readAll(
    'jsonl',
    '{"a":"\\ud83e"}\n{"a":"\\uddca\\ud83e"}\n{"a":"\\ud83e\\uddca"}\n',
  );
  t.deepEqual(messages, [
    'lines 1, 2: a has half of a surrogate pair (\\ud800 to \\udfff) on its own',
  ]);
  t.deepEqual(records, [{ line: 3, fields: { a: '🧊' } }]);
});

test('a 20 MB line is refused by its number, one of 15 MB is read', async (t) => {
  const long = (bytes: number) => `{"a":"${'x'.repeat(bytes)}"}\n`;
  const content = `{"a":1}\n${long(20_000_000)}${long(15_000_000)}{"a":2}\n`;
  const { records, messages } = await readAll('jsonl', content, 256 * 1024);
  t.deepEqual(messages, ['line 2: the line is longer than 16 MiB']);
  t.deepEqual(
    records.map(({ line }) => line),
    [1, 3, 4],
  );
});

test('a truncated last line is called that', async (t) => {
  const { records, messages } = await readAll('jsonl', '{"a":1}\n{"a":"the rest is mis');
  t.is(records.length, 1);
  t.is(messages.length, 1);
  t.regex(
    messages[0] ?? '',
    /^line 2: the last line is cut off, the file ends in the middle of it \(/,
  );
});

test('what is not a JSON object is refused', async (t) => {
  const { messages } = await readAll(
    'jsonl',
    '{"a":}\n"text"\nnull\n[1]\n[\n7.50\n{"a":1}{"a":2}\n',
  );
  t.is(messages.length, 7);
  t.regex(messages[0] ?? '', /^line 1: not valid JSON: Unexpected token/);
  t.is(
    messages[1],
    'line 2: not a JSON object but a string; each line holds one case as an object',
  );
  t.is(messages[2], 'line 3: not a JSON object but null; each line holds one case as an object');
  t.is(
    messages[3],
    'line 4: not a JSON object but an array; each line holds one case as an object',
  );
  t.regex(messages[4] ?? '', /^line 5: .* a JSON array must be written as one object per line$/);
  t.is(
    messages[5],
    'line 6: not a JSON object but a number; each line holds one case as an object',
  );
  t.regex(messages[6] ?? '', /^line 7: not valid JSON: /);
});

test('JSON that is nested too deeply to be read is refused', async (t) => {
  const depth = 200_000;
  const { messages } = await readAll(
    'jsonl',
    `{"a":${'['.repeat(depth)}1.50${']'.repeat(depth)}}\n`,
  );
  t.deepEqual(messages, ['line 1: the JSON is nested too deeply']);
});

test('a file in UTF-16 is called that', async (t) => {
  const { messages } = await readAll('jsonl', Buffer.from('\uFEFF{"a":1}\n', 'utf16le'));
  t.is(messages[0], 'line 1: the file is UTF-16; save it as UTF-8');
});

test('the first 20 different problems are kept, all are counted', async (t) => {
  const lines = Array.from({ length: 50 }, (_, number) => `no ${number}\n`).join('');
  const { messages, total } = await readAll('jsonl', lines);
  t.is(messages.length, 20);
  t.is(total, 50);
});

test('a problem that many lines have is told once, with the first five of them', async (t) => {
  const { messages, total } = await readAll('jsonl', 'null\n'.repeat(50));
  t.deepEqual(messages, [
    'lines 1, 2, 3, 4, 5 and 45 more: not a JSON object but null; each line holds one case as an object',
  ]);
  t.is(total, 50);
});

test('an empty file has no records and no problems', async (t) => {
  for (const content of ['', '\uFEFF', '\n\n']) {
    const { records, messages } = await readAll('jsonl', content);
    t.deepEqual([records, messages], [[], []]);
  }
});
