import test from 'ava';
import { makeMapper } from '../../src/import/mapping.ts';
import { describeProblem, makeProblems } from '../../src/import/problems.ts';
import { makeTagBook } from '../../src/import/tags.ts';
import { mapAll } from '../helpers/map-records.ts';

test("without a mapping the fields are Bulkhead's own, and the others are metadata", (t) => {
  const { rows, messages } = mapAll([
    {
      external_key: 'k1',
      input: { messages: [] },
      expected_output: null,
      metadata: { source: 'ticket' },
      tags: ['rag', 'rag', 'billing'],
      status: 'archived',
      author: 'mira',
    },
  ]);
  t.deepEqual(messages, []);
  t.deepEqual(rows, [
    {
      line: 1,
      externalKey: 'k1',
      input: '{"messages":[]}',
      expectedOutput: null,
      metadata: '{"source":"ticket","author":"mira"}',
      tags: ['rag', 'billing'],
      status: 'archived',
    },
  ]);
});

test('a mapping names fields and paths; what is left of an object stays in the metadata', (t) => {
  const { rows } = mapAll(
    ['{"payload":{"question":"why?","lang":"en"},"ref":{"id":7},"answer":"so"}'],
    { input: 'payload.question', expected: 'answer', key: 'ref.id', extraTags: ['New One'] },
  );
  t.deepEqual(rows, [
    {
      line: 1,
      externalKey: '7',
      input: '"why?"',
      expectedOutput: '"so"',
      metadata: '{"payload":{"lang":"en"}}',
      tags: ['new_one'],
      status: 'active',
    },
  ]);
});

test('a field whose name has a dot is found before a path', (t) => {
  const { rows } = mapAll([{ 'a.b': 'flat', a: { b: 'deep' } }], { input: 'a.b' });
  t.is(rows[0]?.input, '"flat"');
});

test('--metadata keeps only the fields it names', (t) => {
  const { rows } = mapAll([{ input: 'x', a: 1, b: { c: 2 }, d: 3 }], { metadata: ['a', 'b.c'] });
  t.is(rows[0]?.metadata, '{"a":1,"b.c":2}');
});

test('numbers come out with every digit they went in with', (t) => {
  const { rows } = mapAll([
    '{"input":{"id":12345678901234567890,"price":1.10,"big":1e400,"n":-0,"plain":42},"external_key":98765432109876543210}',
  ]);
  t.is(rows[0]?.input, '{"id":12345678901234567890,"price":1.10,"big":1e400,"n":-0,"plain":42}');
  t.is(rows[0]?.externalKey, '98765432109876543210');
});

test('a field called __proto__ is a field', (t) => {
  const { rows } = mapAll(['{"input":"x","__proto__":{"y":1},"metadata":{"__proto__":2}}']);
  t.is(rows.length, 0);
  const one = mapAll(['{"input":"x","__proto__":{"y":1}}']);
  t.is(one.rows[0]?.metadata, '{"__proto__":{"y":1}}');
});

test('tags: an array, one string, a separated string; scalars are text; names are normalised', (t) => {
  const { rows, tagBook } = mapAll(
    [
      { input: 'a', labels: ['Billing', 3, true] },
      { input: 'b', labels: 'RefundCancel; Plan Changes ;' },
      { input: 'c', labels: '' },
      { input: 'd' },
    ],
    { tags: ['labels'], tagsSeparator: ';' },
  );
  t.deepEqual(
    rows.map(({ tags }) => tags),
    [['billing', '3', 'true'], ['refundcancel', 'plan_changes'], [], []],
  );
  t.deepEqual(tagBook.meanings(), {
    billing: 'Billing',
    3: '',
    true: '',
    refundcancel: 'RefundCancel',
    plan_changes: 'Plan Changes',
  });
});

test('a CSV cell can hold tags and metadata as JSON', (t) => {
  const cells = { input: 'x', tags: '["rag","multi_turn"]', metadata: '{"n":1}', extra: 'y' };
  const { rows } = mapAll([cells], {}, 'csv');
  t.deepEqual(rows[0]?.tags, ['rag', 'multi_turn']);
  t.is(rows[0]?.metadata, '{"n":1,"extra":"y"}');
  const bad = mapAll([{ input: 'x', metadata: '{"n":"\\u0000"}' }], {}, 'csv');
  t.deepEqual(bad.messages, ['line 1: n has a NUL character (\\u0000), which cannot be stored']);
});

test('spellings that lead to one name are kept together as its meaning', (t) => {
  const { tagBook } = mapAll([{ input: 'a', tags: ['Time: UTC', 'time:_utc', 'TIME:  utc'] }]);
  t.deepEqual(tagBook.normalized(), [{ name: 'time:_utc', from: ['Time: UTC', 'TIME:  utc'] }]);
  t.deepEqual(tagBook.meanings(), { 'time:_utc': 'Time: UTC / TIME:  utc' });
});

test('what cannot be a case is refused with its line', (t) => {
  const { messages } = mapAll([
    { question: 'no input' },
    { input: null },
    { input: 'x', external_key: '' },
    { input: 'x', external_key: { a: 1 } },
    { input: 'x', external_key: 'k'.repeat(513) },
    { input: 'x', status: 'deleted' },
    { input: 'x', tags: [{ name: 'rag' }] },
    { input: 'x', tags: ['日本'] },
    { input: 'x', metadata: 'text' },
    { input: 'x', metadata: { a: 1 }, a: 2 },
    { input: '' },
  ]);
  t.deepEqual(messages, [
    "line 1: there is no field 'input' for the input; the fields are question; say which of them is the input: --input <field> (over HTTP ?input=<field>)",
    "line 2: there is no field 'input' for the input; the fields are input",
    'line 3: the key is ""; it must be a text or a number',
    'line 4: the key is {"a":1}; it must be a text or a number',
    'line 5: the key has more than 512 characters',
    'line 6: the status is "deleted"; it can be active or archived',
    'line 7: a tag is {"name":"rag"}; it must be a text',
    "line 8: no tag name can be made of '日本': it has none of a-z and 0-9",
    'line 9: the metadata is "text"; it must be an object',
    "line 10: 'a' is both a field and a member of the metadata",
  ]);
});

test('a key that is used twice is refused with both lines', (t) => {
  const { messages } = mapAll([
    { input: 'x', external_key: '7' },
    { input: 'x', external_key: 'b' },
    { input: 'y', external_key: 7 },
  ]);
  t.deepEqual(messages, ["line 3: the key '7' is already used on line 1"]);
});

test('a status that is mapped elsewhere says nothing about the case', (t) => {
  const { rows, messages } = mapAll([{ input: 'x', status: 'open' }], { metadata: ['status'] });
  t.deepEqual(messages, []);
  t.is(rows[0]?.status, 'active');
});

test('a mapped JSONL field that no line has is probably a typing error', (t) => {
  const { messages } = mapAll([{ input: 'x', answer: 'y' }, { input: 'z' }], {
    expected: 'anwser',
  });
  t.deepEqual(messages, ["no line has a field 'anwser'; the fields are input, answer"]);
});

test('a mapped field that lines have is not missed where they lack the input', (t) => {
  const { messages } = mapAll([{ _id: 'a', text: 'x', ref: { to: 1 } }], {
    key: '_id',
    expected: 'ref.to',
    tags: ['topic'],
  });
  t.deepEqual(messages, [
    "line 1: there is no field 'input' for the input; the fields are _id, text, ref; say which of them is the input: --input <field> (over HTTP ?input=<field>)",
    "no line has a field 'topic'; the fields are _id, text, ref",
  ]);
});

test('a mapped CSV column that is not there is refused with the columns there are', (t) => {
  const problems = makeProblems();
  const mapper = makeMapper({
    mapping: { input: 'question', tags: ['Category'] },
    format: 'csv',
    problems,
    tagBook: makeTagBook(),
  });
  t.false(mapper.checkColumns(['Question', 'Category']));
  t.deepEqual(problems.shown.map(describeProblem), [
    "line 1: there is no column 'question'; the columns are Question, Category",
  ]);
  t.true(mapper.checkColumns(['question', 'Category']));
});

test('a CSV without a column that says that it is the input: the flag is named', (t) => {
  const problems = makeProblems();
  const mapper = makeMapper({ mapping: {}, format: 'csv', problems, tagBook: makeTagBook() });
  t.false(mapper.checkColumns(['Type', 'Question']));
  t.deepEqual(problems.shown.map(describeProblem), [
    "line 1: there is no column 'input'; the columns are Type, Question; say which of them is the input: --input <field> (over HTTP ?input=<field>)",
  ]);
});

test('JSON that is nested too deeply is refused', (t) => {
  const depth = 200_000;
  const { messages } = mapAll([`{"input":${'['.repeat(depth)}${']'.repeat(depth)}}`]);
  t.deepEqual(messages, ['line 1: the JSON is nested too deeply']);
});
