import test from 'ava';
import { unguardCell } from '../../src/formats/csv-cells.ts';
import { escapeTemplate, unescapeTemplate } from '../../src/formats/templating.ts';
import { makeCase, read, write } from './_helpers.ts';

const lineOf = async (more: Parameters<typeof makeCase>[0]) =>
  JSON.parse((await write('promptfoo', [makeCase(more)])).text);

test('a list stays one test: its expansion is switched off, and only there', async (t) => {
  t.deepEqual((await lineOf({ input: ['a', 'b'] })).options, { disableVarExpansion: true });
  t.is((await lineOf({ input: 'a' })).options, undefined);
  t.deepEqual((await lineOf({ input: { q: ['a'] } })).options, { disableVarExpansion: true });
});

test('file:// and package: are texts', async (t) => {
  const { vars, assert } = await lineOf({ input: 'file://a', expected_output: 'package:a:b' });
  t.is(vars.input, '{% raw %}file://a{% endraw %}');
  t.is(assert[0].value, '{% raw %}package:a:b{% endraw %}');
});

test('templates are texts, the ends of raw blocks and names of vars too', (t) => {
  t.is(escapeTemplate('a } b'), 'a } b');
  t.is(
    escapeTemplate('{{x}}'),
    "{% raw %}{% endraw %}{{ '{' }}{% raw %}{x}}{% endraw %}",
    'promptfoo replaces {{name}} even inside a raw block',
  );
  for (const text of ['{% endraw %}', '{% raw %}', 'a{{{b', 'ends {{', ' x ', '{# #}', '', '\n']) {
    t.not(escapeTemplate(text), text);
    t.is(unescapeTemplate(escapeTemplate(text)), text);
    t.is(unescapeTemplate(escapeTemplate(escapeTemplate(text))), escapeTemplate(text));
  }
});

test('in a table every expected text names its assertion, so that none runs as code', async (t) => {
  const cases = ['javascript:1', 'python:1', 'contains: a', 'fn:x'].map((text) =>
    makeCase({ expected_output: text }),
  );
  const { text } = await write('promptfoo-csv', cases);
  for (const line of text.trim().split('\n').slice(1)) t.regex(line, /^x,equals:/);
});

test('no byte order mark; key and tags are in the metadata, not beside it', async (t) => {
  const { text } = await write('promptfoo', [makeCase({ external_key: 'k', tags: ['rag'] })]);
  t.is(text, '{"vars":{"input":"x"},"metadata":{"id":"k","tags":["rag"]}}\n');
});

test("other assertions of somebody else's tests are kept, and never written as assertions", async (t) => {
  const line =
    '{"vars":{"q":"a"},"assert":[{"type":"javascript","value":"output"}],"description":"d"}';
  const { cases } = await read(line);
  const [one] = cases;
  t.is(one?.expected_output, null);
  t.deepEqual(one?.metadata, {
    assert: [{ type: 'javascript', value: 'output' }],
    description: 'd',
  });
  const { text, notes } = await write('promptfoo', cases);
  t.is(JSON.parse(text).assert, undefined);
  t.regex(notes[0] ?? '', /^1 case without an expected output: /);
});

test('own metadata with the names that a format needs come back', async (t) => {
  const metadata = { id: 1, tags: 'x', bulkhead: { json: ['input'] } };
  const one = makeCase({ external_key: 'k', tags: ['rag'], status: 'archived', metadata });
  const { text } = await write('promptfoo', [one]);
  t.deepEqual((await read(text)).cases, [one]);
});

test('cells that a spreadsheet runs are guarded by option', async (t) => {
  const cases = ['=1', '+1', '-1', '@a', '\ta', '\ra', "'=1"].map((input) => makeCase({ input }));
  const plain = await write('csv', cases);
  t.true(plain.text.includes('\n,=1,'));
  const { text } = await write('csv', cases, { guardFormulas: true });
  t.true(text.includes("\n,'=1,"));
  t.deepEqual((await read(text, { unguard: true })).cases, cases);
  t.is(unguardCell("'it"), "'it");
});
