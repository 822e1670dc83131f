import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectDir } from '../../src/config.ts';
import { findFormat, formats } from '../../src/formats/registry.ts';
import { makeCase, read, write } from './_helpers.ts';

const golden = (name: string, extension: string) =>
  join(projectDir, 'test/formats/golden', `${name}${extension}.txt`);

/** What each golden file holds; checked by hand against the documentation of each format. */
const cases = [
  makeCase({
    external_key: 'refund-1',
    input: 'May I return {{item}}, "opened"?',
    expected_output: 'Yes,\nwithin 30 days.',
    metadata: { source: 'ticket', price: 1.5 },
    tags: ['tier_a_gold', 'lang:en'],
  }),
  makeCase({
    external_key: 'chat-2',
    input: [{ role: 'user', content: 'Hello' }],
    status: 'archived',
  }),
  makeCase({ input: { question: 'Why?', context: ['a', 'b'] }, expected_output: { score: 1 } }),
];

for (const { name, extension } of formats) {
  test(`${name}: the golden file is written, recognised and read`, async (t) => {
    const text = readFileSync(golden(name, extension), 'utf8');
    t.is((await write(name, cases)).text, text);
    const { cases: back, report } = await read(text);
    t.is(report?.format, name);
    if (name !== 'openai-evals') t.deepEqual(back, cases);
  });
}

test('an unknown format is refused with the names there are', (t) => {
  const error = t.throws(() => findFormat('yaml'));
  t.is((error as unknown as { entry: { name: string } }).entry.name, 'UNKNOWN_FORMAT');
});

test('fields of no known format are found by their usual names, the rest is metadata', async (t) => {
  const { cases: back, report } = await read(
    '{"_id":7,"question":"q","answer":"a","split":"test","n":1}',
  );
  t.deepEqual(back, [
    makeCase({
      external_key: '7',
      input: 'q',
      expected_output: 'a',
      tags: ['test'],
      metadata: { n: 1 },
    }),
  ]);
  t.deepEqual(report, {
    format: 'jsonl',
    fields: [
      { field: 'external_key', from: '_id' },
      { field: 'input', from: 'question' },
      { field: 'expected_output', from: 'answer' },
      { field: 'tags', from: 'split' },
      { field: 'status', from: '(active)' },
    ],
  });
});

test('what the caller says goes before what is detected', async (t) => {
  const line = '{"inputs":{"q":"a"},"outputs":{"a":"b"},"split":"x","topic":"y"}';
  const detected = await read(line);
  t.is(detected.report?.format, 'langsmith');
  const said = await read(line, { mapping: { input: 'inputs.q', tags: ['topic'] } });
  t.is(said.report?.format, 'jsonl');
  t.is(said.cases[0]?.input, 'a');
  t.deepEqual(said.cases[0]?.tags, ['y']);
});

test('what the tools themselves write is read', async (t) => {
  const item =
    '{"id":"i","datasetId":"d","status":"ARCHIVED","input":{"q":1},"expectedOutput":null,"metadata":null,"sourceTraceId":null}';
  const [langfuse] = (await read(item)).cases;
  t.deepEqual(langfuse, {
    ...makeCase({ external_key: 'i', input: { q: 1 }, status: 'archived' }),
    metadata: { datasetId: 'd' },
  });
  const table = 'id,node_id,input.q,output.output,metadata.k,splits\nx,N,why,so,v,"[""train""]"\n';
  const [phoenix] = (await read(table)).cases;
  t.deepEqual(phoenix, {
    ...makeCase({ external_key: 'x', input: { q: 'why' }, expected_output: 'so', tags: ['train'] }),
    metadata: { k: 'v' },
  });
  const golden =
    '[{"input":"a","actual_output":null,"expected_output":"b","context":["c"],"name":null}]';
  const [deepeval] = (await read(golden)).cases;
  t.deepEqual(
    deepeval,
    makeCase({ input: 'a', expected_output: 'b', metadata: { context: ['c'] } }),
  );
  const [evals] = (await read('{"messages":[{"role":"user","content":"a"}],"ideal":["b","c"]}'))
    .cases;
  t.deepEqual(evals?.expected_output, ['b', 'c']);
});

test('two fields for one thing: the plainer name is taken, the other stays in the metadata', async (t) => {
  const { cases: back } = await read('{"input":"a","expected_output":"b","target":"c"}');
  t.deepEqual(back, [makeCase({ input: 'a', expected_output: 'b', metadata: { target: 'c' } })]);
});

test('a format of lines is read from a JSON array too', async (t) => {
  const { cases: back } = await read('[{"id":"a","input":"x","expectedOutput":1}]', {
    format: 'langfuse',
  });
  t.deepEqual(back, [makeCase({ external_key: 'a', expected_output: 1 })]);
});
