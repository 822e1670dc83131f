import { readFileSync } from 'node:fs';
import test from 'ava';
import { importFile } from '../../src/import/import-file.ts';
import { useDatabase } from '../helpers/database.ts';
import { findSharedFile, makeFile, makeJsonl, useClient } from '../helpers/import.ts';
import { readAll } from '../helpers/read-records.ts';

const db = useDatabase(test);

const readColumn = async (slug: string, column: 'input' | 'expected_output' | 'external_key') => {
  const { rows } = await db.pool.query(
    `select c.${column} as value from bulkhead.test_cases c
      where c.suite_id = bulkhead.suite_id($1) order by c.id`,
    [slug],
  );
  return rows.map(({ value }) => value);
};

test('GSM8K: 7,473 cases, U+2028 and U+200B included', async (t) => {
  const file = findSharedFile(t, 'gsm8k/train.jsonl');
  if (file === null) return;
  const client = await useClient(t, db);
  const mapping = { input: 'question', expected: 'answer', extraTags: ['gsm8k'] };
  const result = await importFile({ client, suite: 'gsm8k', file, mapping, create: true });
  t.log(`${result.cases} cases in ${result.seconds.toFixed(1)} s`);
  t.is(result.inserted, 7473);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const originals = lines.map((line) => JSON.parse(line));
  t.deepEqual(
    await readColumn('gsm8k', 'input'),
    originals.map(({ question }) => question),
  );
  t.deepEqual(
    await readColumn('gsm8k', 'expected_output'),
    originals.map(({ answer }) => answer),
  );
});

test('MTRAG: keys with punctuation, no expected output, twice without change', async (t) => {
  const file = findSharedFile(t, 'mtrag/cloud_questions.jsonl');
  if (file === null) return;
  const client = await useClient(t, db);
  const mapping = { input: 'text', key: '_id', extraTags: ['rag'] };
  const options = { client, suite: 'mtrag', file, mapping, create: true };
  t.like(await importFile(options), { inserted: 188, newTags: ['rag'] });
  t.like(await importFile(options), { inserted: 0, unchanged: 188, newTags: [] });
  t.true((await readColumn('mtrag', 'external_key')).every((key) => key.includes('<::>')));
});

test('TruthfulQA: categories become tags, a later revision updates what changed', async (t) => {
  const old = findSharedFile(t, 'truthfulqa/TruthfulQA.v0.csv');
  const current = findSharedFile(t, 'truthfulqa/TruthfulQA.csv');
  if (old === null || current === null) return;
  const client = await useClient(t, db);
  const mapping = {
    input: 'Question',
    expected: 'Best Answer',
    key: 'Question',
    tags: ['Category', 'Type'],
  };
  const options = { client, suite: 'truthfulqa', mapping, create: true };
  const first = await importFile({ ...options, file: old });
  t.is(first.inserted, 817);
  t.true(first.newTags.includes('misconceptions:_topical'));
  const names = first.normalizedTags.filter(({ from }) => from.includes('Indexical Error: Time'));
  t.deepEqual(names, [{ name: 'indexical_error:_time', from: ['Indexical Error: Time'] }]);
  const second = await importFile({ ...options, file: current, onConflict: 'update' });
  t.is(second.cases, 790);
  t.is(second.inserted + second.updated + second.unchanged, 790);
  t.is((await readColumn('truthfulqa', 'input')).length, 817 + second.inserted);
});

test('ragas: CRLF rows with LF in cells, an unnamed column, loose quotes, labels split by ;', async (t) => {
  const questions = findSharedFile(t, 'ragas-examples/hf_doc_qa_eval.csv');
  const tickets = findSharedFile(t, 'ragas-examples/support_triage.csv');
  if (questions === null || tickets === null) return;
  const client = await useClient(t, db);
  const create = true;
  const first = await importFile({
    ...{ client, create, suite: 'ragas', file: questions },
    mapping: { input: 'question', expected: 'expected_answer' },
  });
  t.is(first.inserted, 66);
  const answers = await readColumn('ragas', 'expected_output');
  t.true(answers.includes('In the "Logs" tab of your Endpoint through the UI.'));
  t.true(answers.includes(null), 'an empty cell is no expected output');
  const second = await importFile({
    ...{ client, create, suite: 'ragas-tickets', file: tickets },
    mapping: { input: 'text', key: 'id', tags: ['labels', 'priority'], tagsSeparator: ';' },
  });
  t.is(second.inserted, 20);
  t.true(second.newTags.includes('refundcancel') && second.newTags.includes('p0'));
});

test('BLNS: every string goes in and comes out unchanged, or is refused with the reason', async (t) => {
  const file = findSharedFile(t, 'blns/blns.json');
  if (file === null) return;
  const strings: string[] = JSON.parse(readFileSync(file, 'utf8'));
  const storable = strings.filter((text) => text.isWellFormed() && !text.includes('\0'));
  const client = await useClient(t, db);

  const lines = makeJsonl(
    t,
    storable.map((text) => ({ input: text, expected_output: { text } })),
  );
  await importFile({ client, suite: 'blns', file: lines, create: true });
  t.deepEqual(await readColumn('blns', 'input'), storable);
  t.deepEqual(
    await readColumn('blns', 'expected_output'),
    storable.map((text) => ({ text })),
  );

  const quoted = storable.filter((text) => text !== '').map((text) => text.replaceAll('"', '""'));
  const table = makeFile(t, 'blns.csv', `input\n${quoted.map((text) => `"${text}"\n`).join('')}`);
  await importFile({ client, suite: 'blns-csv', file: table, create: true });
  t.deepEqual(
    await readColumn('blns-csv', 'input'),
    storable.filter((text) => text !== ''),
  );

  const others = strings.filter((text) => !storable.includes(text));
  for (const text of [...others, 'a\0b', '\ud800']) {
    const { messages } = await readAll('jsonl', `${JSON.stringify({ input: text })}\n`);
    t.regex(messages[0] ?? '', /^line 1: input has (a NUL character|half of a surrogate pair) /);
  }
  t.log(`${storable.length} of ${strings.length} strings stored, ${others.length} refused`);
});
