/** The suite of the incident: 1,400 cases, 800 of them RAG questions. */
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { projectDir } from '../../src/config.ts';
import { demoFile } from '../../src/demo/suites.ts';

/** A case as both designs store it; `isRag` says whether the re-tagging covers it. */
export type IncidentCase = { key: string; input: string; expected: string | null; isRag: boolean };

/** The cases, and where they come from, in words. */
export type IncidentSuite = { source: string; cases: IncidentCase[] };

const total = 1400;
const rag = 800;

/** Real cases (MTRAG, GSM8K, TruthfulQA) where the folder with them is present, the demo's otherwise. */
export async function readIncidentSuite(): Promise<IncidentSuite> {
  const folder = join(projectDir, '..', 'shared', 'data');
  const suite = existsSync(folder) ? await readRealCases(folder) : await readDemoCases();
  const ragCases = suite.cases.filter(({ isRag }) => isRag).length;
  if (suite.cases.length !== total || ragCases !== rag)
    throw new Error(`${suite.cases.length} cases with ${ragCases} of rag are not 1,400 with 800`);
  return suite;
}

/** A part of the suite in which the share of RAG questions is the same, for quick tests. */
export function takeCases({ source, cases }: IncidentSuite, count: number): IncidentSuite {
  const ragCount = Math.round((count * rag) / total);
  const [ofRag, others] = [cases.filter((c) => c.isRag), cases.filter((c) => !c.isRag)];
  return { source, cases: [...ofRag.slice(0, ragCount), ...others.slice(0, count - ragCount)] };
}

async function readRealCases(folder: string): Promise<IncidentSuite> {
  const names = ['clapnq', 'cloud', 'fiqa', 'govt'];
  const questions = await Promise.all(
    names.map((name) => readJsonl(join(folder, 'mtrag', `${name}_questions.jsonl`))),
  );
  const mtrag = questions.flat().map(({ _id, text }) => toCase(`mtrag/${_id}`, text, null, true));
  const gsm8k = (await readJsonl(join(folder, 'gsm8k', 'test.jsonl')))
    .slice(0, rag - mtrag.length)
    .map(({ question, answer }, index) => toCase(`gsm8k/${index}`, question, answer, true));
  const truths: Record<string, string>[] = parse(
    await fs.readFile(join(folder, 'truthfulqa', 'TruthfulQA.csv')),
    { columns: true, bom: true },
  );
  const truthfulqa = truths
    .slice(0, total - rag)
    .map((row, index) => toCase(`truthfulqa/${index}`, row.Question, row['Best Answer'], false));
  return {
    source: `${mtrag.length} MTRAG and ${gsm8k.length} GSM8K questions, ${truthfulqa.length} of TruthfulQA`,
    cases: [...mtrag, ...gsm8k, ...truthfulqa],
  };
}

async function readDemoCases(): Promise<IncidentSuite> {
  const records = await readJsonl(demoFile('regression'));
  const cases = records.map(({ external_key, input, expected_output, tags }) =>
    toCase(external_key, input, expected_output, tags.includes('rag')),
  );
  return { source: 'the demo suite regression', cases };
}

function toCase(key: string, input: unknown, expected: unknown, isRag: boolean): IncidentCase {
  const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return { key, input: asText(input), expected: expected == null ? null : asText(expected), isRag };
}

// biome-ignore lint/suspicious/noExplicitAny: the files have different fields, and all are read here
async function readJsonl(path: string): Promise<any[]> {
  const text = await fs.readFile(path, 'utf8');
  // a line separator of Unicode may stand inside a string: lines end with \n alone
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line)]));
}
