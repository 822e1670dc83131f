import { gzipSync } from 'node:zlib';
import test from 'ava';
import { BulkheadError } from '../../src/errors.ts';
import { ImportRefused } from '../../src/import/problems.ts';
import { read } from '../formats/_helpers.ts';

const refusal = async (text: string | Buffer, options: Parameters<typeof read>[1] = {}) => {
  try {
    await read(text, options);
  } catch (error) {
    if (error instanceof ImportRefused)
      return error.first.map(({ line, message }) => `${line}: ${message}`);
    if (error instanceof BulkheadError) return [`${error.entry.name}: ${error.message}`];
    throw error;
  }
  return [];
};

test('gzip is told by its first bytes and undone, in any chunks', async (t) => {
  const packed = gzipSync('{"input":"a"}\n{"input":"b"}\n');
  const { cases } = await read(packed, { size: 1 });
  t.deepEqual(
    cases.map(({ input }) => input),
    ['a', 'b'],
  );
});

test('a gzip bomb is refused by its ratio and by its size', async (t) => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
  t.regex((await refusal(bomb))[0] ?? '', /^UNPACKS_TOO_LARGE: /);
  const large = gzipSync('{"input":"abc"}\n'.repeat(100));
  const gunzipLimits = { ratio: 1000, bytes: 1000 };
  t.regex((await refusal(large, { gunzipLimits }))[0] ?? '', /^UNPACKS_TOO_LARGE: /);
});

test('damaged and cut gzip is refused', async (t) => {
  const packed = gzipSync('{"input":"a"}\n'.repeat(1000));
  t.deepEqual(await refusal(packed.subarray(0, packed.length - 20)), [
    'BAD_FILE: the gzip data is damaged or cut off',
  ]);
});

test('of 1,000 errors the first 100 are told with their lines, and all are counted', async (t) => {
  const error = await t.throwsAsync(read('{"input":1}\n{"x":1}\n'.repeat(1000)), {
    instanceOf: ImportRefused,
  });
  t.is(error?.total, 1000);
  t.is(error?.first.length, 100);
  t.is(error?.first[99]?.line, 200);
});

test('a changing number of columns is refused with the line', async (t) => {
  const messages = await refusal('input,tags\na,b\n"c\nd"\ne,f,g\n');
  t.regex(messages[0] ?? '', /^3: too few fields: 1, but the header has 2/);
  t.regex(messages[1] ?? '', /^5: too many fields: 3/);
});

test('a JSON array is read element by element, with the numbers of the faulty ones', async (t) => {
  const text =
    '\uFEFF[\n  {"input": "a,]}\\"",\n   "tags": ["x"]},\n  {"input": tru},\n 5,\n {"input":"b"}\n]\n';
  t.deepEqual(await refusal(text, { size: 3 }), [
    '2: not valid JSON: Unexpected token \'}\', "{"input": tru}" is not valid JSON (it begins on line 4)',
    '3: not a JSON object but a number; each element holds one case as an object',
  ]);
  const { cases } = await read('[{"input":"a,]}\\""},{"input":12345678901234567890}]', { size: 1 });
  t.is(cases.length, 2);
  t.deepEqual(await refusal('[]'), ['null: there are no cases in it']);
  t.regex((await refusal('[{"input":1},'))[0] ?? '', /cut off/);
  t.regex((await refusal('[{"input":1}]\n x'))[0] ?? '', /after the end of the array, on line 2$/);
  t.regex((await refusal('5', { format: 'json' }))[0] ?? '', /no JSON array/);
  for (const text of ['[{"input":1}},{"input":2}]', '[}]', '[{"input":[1}]'])
    t.regex((await refusal(text)).join(), /^(1: not valid JSON|null: .*cut off$)/, text);
});

test('an array on one line is read whatever its length, and its elements are told by their numbers', async (t) => {
  const whole = Array.from({ length: 40 }, (_, n) => ({ id: n, input: 'x'.repeat(500_000) }));
  const { cases } = await read(JSON.stringify(whole));
  t.is(cases.length, 40);
  t.is(cases[39]?.input, whole[39]?.input);
  const faulty = [
    { id: 0, input: 1 },
    { input: 'x'.repeat(17 * 1024 * 1024) },
    { id: 1, input: 2 },
  ];
  const error = await t.throwsAsync<ImportRefused>(
    read(JSON.stringify([...faulty, { id: 1, input: 3 }, { inptu: 4 }, { inptu: 5 }])),
    { instanceOf: ImportRefused },
  );
  t.is(
    error?.detail,
    [
      'element 2: the element is longer than 16 MiB',
      "element 4: the key '1' is already used in element 3",
      "elements 5, 6: there is no field 'input' for the input; the fields are inptu",
    ].join('\n'),
  );
  t.deepEqual(
    await refusal(Buffer.from('5b7b22696e707574223a317d2c7b22696e707574223a22ff227d5d', 'hex')),
    ['2: invalid UTF-8: byte 0xFF at offset 10 of the element (23 of the file)'],
  );
});

test('bombs of depth and size are refused', async (t) => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  t.regex((await refusal(`{"input":${deep}}\n`))[0] ?? '', /nested too deeply/);
  t.regex((await refusal(`[{"input":${deep}}]\n`))[0] ?? '', /nested too deeply/);
  const wide = `{"input":"${'x'.repeat(17 * 1024 * 1024)}"}`;
  t.regex((await refusal(wide))[0] ?? '', /16 MiB/);
  t.regex((await refusal(`[${wide}]`))[0] ?? '', /16 MiB/);
});

test('keys that come twice, NUL, half surrogates and bad UTF-8 are refused by line', async (t) => {
  t.regex((await refusal('{"id":1,"input":1}\n{"id":"1","input":2}\n'))[0] ?? '', /^2: .*line 1$/);
  t.regex((await refusal('{"input":"\\u0000"}'))[0] ?? '', /^1: .*NUL/);
  t.regex((await refusal('[{"input":"\\ud800"}]'))[0] ?? '', /^1: .*surrogate/);
  t.regex((await refusal(Buffer.from('7b22696e707574223a22ff227d', 'hex')))[0] ?? '', /UTF-8/);
  t.regex((await refusal(Buffer.from('5b7b22696e707574223a22ff227d5d', 'hex')))[0] ?? '', /UTF-8/);
});

test('a carry that is no JSON is refused with its line', async (t) => {
  const line = '{"vars":{"input":"x"},"metadata":{"bulkhead":{"json":["input"]}}}';
  t.regex((await refusal(line))[0] ?? '', /^1: not a record of promptfoo/);
});
