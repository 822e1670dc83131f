/** Cases of GSM8K, as many as are asked for: as JSONL for the API, and as rows for COPY. */
import { createWriteStream, existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { projectDir } from '../../src/config.ts';
import { demoFile } from '../../src/demo/suites.ts';
import { encodeText } from '../../src/import/copy.ts';

type Question = { question: string; answer: string };

/** Two files with the same cases; `release` removes them. */
export type TransferFiles = {
  cases: number;
  jsonl: string;
  copy: string;
  release(): Promise<void>;
};

/** The columns of a row in the COPY file; before them come those that a database gives: suite_id and id. */
export const copyColumns = 'suite_id, id, external_key, input, expected_output, metadata, status';

/** Writes both files. */
export async function writeTransferFiles(cases: number): Promise<TransferFiles> {
  const questions = await readQuestions();
  const folder = await fs.mkdtemp(join(tmpdir(), 'bulkhead-bench-'));
  const [jsonl, copy] = [join(folder, 'cases.jsonl'), join(folder, 'cases.copy')];
  await write(jsonl, linesOf(questions, cases));
  await write(copy, rowsOf(questions, cases));
  return { cases, jsonl, copy, release: () => fs.rm(folder, { recursive: true, force: true }) };
}

/** The same cases as lines, made while they are sent. */
export async function makeLines(cases: number): Promise<Readable> {
  return Readable.from(linesOf(await readQuestions(), cases), { objectMode: false });
}

/** Real ones (8,792) where the folder with them is present, otherwise texts of their length. */
async function readQuestions(): Promise<Question[]> {
  const folder = join(projectDir, '..', 'shared', 'data', 'gsm8k');
  if (!existsSync(folder)) return makeQuestions();
  const files = ['train.jsonl', 'test.jsonl'].map((name) =>
    fs.readFile(join(folder, name), 'utf8'),
  );
  const texts = await Promise.all(files);
  return texts.flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );
}

/** GSM8K's questions have 240 characters on average, its answers 290. */
async function makeQuestions(): Promise<Question[]> {
  const words = (await fs.readFile(demoFile('regression'), 'utf8')).match(/[A-Za-z]+/g) ?? [];
  const text = (from: number, length: number) =>
    words
      .slice(from, from + length / 3)
      .join(' ')
      .slice(0, length);
  return Array.from({ length: 5000 }, (_, n) => ({
    question: `${text(n, 160 + ((n * 37) % 160))}?`,
    answer: `${text(n + 50, 180 + ((n * 53) % 220))}\n#### ${n}`,
  }));
}

const keyOf = (number: number) => `gsm8k/${String(number).padStart(7, '0')}`;

function fieldsOf(questions: Question[], number: number) {
  const { question, answer } = questions[number % questions.length] as Question;
  return { input: question, expected_output: answer, metadata: { source: 'gsm8k' } };
}

/** So many at once, and of each question the text once, or the generator would be what is measured. */
const group = 500;

function* linesOf(questions: Question[], cases: number): Generator<Buffer> {
  const ends = questions.map((_, number) => JSON.stringify(fieldsOf(questions, number)).slice(1));
  for (let from = 0; from < cases; from += group) {
    let text = '';
    for (let number = from; number < Math.min(from + group, cases); number++)
      text += `{"external_key":"${keyOf(number)}",${ends[number % ends.length]}\n`;
    yield Buffer.from(text);
  }
}

function* rowsOf(questions: Question[], cases: number): Generator<Buffer> {
  for (let number = 0; number < cases; number++) {
    const { input, expected_output, metadata } = fieldsOf(questions, number);
    const json = [input, expected_output, metadata].map((one) => encodeText(JSON.stringify(one)));
    yield Buffer.from(`1\t${number + 1}\t${keyOf(number)}\t${json.join('\t')}\tactive\n`);
  }
}

async function write(path: string, pieces: Generator<Buffer>): Promise<void> {
  await pipeline(Readable.from(pieces), createWriteStream(path));
}
