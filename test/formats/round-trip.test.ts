import { readFileSync } from 'node:fs';
import test from 'ava';
import { type Case, caseOfLine } from '../../src/formats/case.ts';
import { exportCases } from '../../src/formats/export.ts';
import { findFormat, formats } from '../../src/formats/registry.ts';
import { findSharedFile } from '../helpers/import.ts';
import { canonical, makeCases, read, write } from './_helpers.ts';

const SEED = Number(process.env.SEED ?? 20261121);
/** A case as the database gives it back: the members of its objects in one order. */
const stored = (one: Case) => caseOfLine(canonical(one));

const lossless = formats.filter(({ limits }) => limits.every(({ restored }) => restored));

for (const { name } of lossless) {
  test(`${name}: every case comes back as it was`, async (t) => {
    const cases = makeCases(SEED, 400);
    const { text } = await write(name, cases);
    const { cases: back } = await read(text, { format: name });
    t.is(back.length, cases.length);
    for (const [index, one] of cases.entries()) {
      if (canonical(back[index]) !== canonical(one)) t.log(`seed ${SEED}, case ${index}`);
      t.is(canonical(back[index]), canonical(one));
    }
  });

  test(`${name}: the second export has the bytes of the third, read in small chunks`, async (t) => {
    const first = await write(name, makeCases(SEED + 1, 60));
    const once = await read(first.text, { format: name, size: 7 });
    const second = await write(name, once.cases.map(stored));
    const twice = await read(second.text, { format: name });
    t.is((await write(name, twice.cases.map(stored))).text, second.text);
  });
}

for (const { name } of formats.filter(({ encoding }) => encoding === 'csv')) {
  test(`${name}: guarded cells lose their guard again`, async (t) => {
    const cases = makeCases(SEED + 2, 100);
    const { text } = await write(name, cases, { guardFormulas: true });
    const { cases: back } = await read(text, { format: name, unguard: true });
    t.deepEqual(back.map(canonical), cases.map(canonical));
  });
}

test('jsonl: what the database wrote goes out byte for byte', async (t) => {
  const line =
    '{"external_key":"a","input":{"n": 12345678901234567890, "x": 1.0},"expected_output":null,"metadata":{},"tags":["rag"],"status":"active"}';
  const { cases } = await read(`${line}\n`);
  t.is(canonical(cases[0]?.input), '{"n":12345678901234567890,"x":1.0}');
  async function* lines() {
    yield line;
  }
  const chunks: string[] = [];
  for await (const chunk of exportCases(findFormat('jsonl'), lines()).chunks) chunks.push(chunk);
  t.is(chunks.join(''), `${line}\n`);
});

test('openai-evals: input and ideal come back, the rest is said to be lost', async (t) => {
  const cases = makeCases(SEED, 200);
  const { text, notes } = await write('openai-evals', cases);
  const { cases: back } = await read(text, { format: 'openai-evals' });
  for (const [index, { input, expected_output: expected }] of cases.entries()) {
    if (typeof input === 'string') t.is(back[index]?.input, input);
    if (typeof expected === 'string' || expected === null) {
      t.is(back[index]?.expected_output, expected);
    }
  }
  t.is(notes.length, 5);
  t.true(notes.some((note) => /^\d+ cases lost the tags: /.test(note)));
});

for (const { name } of lossless) {
  test(`${name}: GSM8K comes back, U+2028 included`, async (t) => {
    const file = findSharedFile(t, 'gsm8k/test.jsonl');
    if (file === null) return;
    const { cases, report } = await read(readFileSync(file));
    t.is(report?.fields[1]?.from, 'question');
    const { cases: back } = await read((await write(name, cases)).text, { format: name });
    t.deepEqual(back.map(canonical), cases.map(canonical));
  });
}

test('promptfoo: its own example files are read', async (t) => {
  const lines = findSharedFile(t, 'promptfoo-examples/jsonl-test-cases.cases.jsonl');
  const table = findSharedFile(t, 'promptfoo-examples/config-csv-metadata.tests.csv');
  if (lines === null || table === null) return;
  const first = await read(readFileSync(lines));
  t.is(first.report?.format, 'promptfoo');
  t.deepEqual(first.cases[0]?.input, { target_language: 'French', text: 'Hello, world!' });
  const second = await read(readFileSync(table));
  t.is(second.report?.format, 'promptfoo-csv');
  t.deepEqual(second.cases[1]?.tags, ['physics', 'advanced_theory', 'quantum']);
  t.is(second.cases[0]?.expected_output, null);
});
