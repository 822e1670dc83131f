import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Case } from '../../src/formats/case.ts';
import { makeCase, makeCases, write } from './_helpers.ts';

/** Where promptfoo is: PROMPTFOO_BIN, or on the PATH. It is no dependency of this project. */
function findPromptfoo(): string | null {
  const named = process.env.PROMPTFOO_BIN;
  if (named !== undefined) return existsSync(named) ? named : null;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'promptfoo')).find(existsSync) ?? null;
}

/** A provider that answers what is stored for the case, and keeps the prompts that it was sent. */
const PROVIDER = `
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
const folder = process.env.BULKHEAD_TEST_FOLDER;
const answers = JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8'));
export default class {
  id() { return 'stored'; }
  async callApi(prompt, context) {
    const { id } = context.test.metadata;
    appendFileSync(join(folder, 'prompts.jsonl'), JSON.stringify({ id, prompt }) + '\\n');
    return { output: answers[id] };
  }
}
`;

type Verdicts = { passed: Map<string, boolean>; prompts: Map<string, string> };

/** Runs exported tests through promptfoo and returns its verdict and the prompt for each key. */
function evaluate(
  t: ExecutionContext,
  bin: string,
  file: { name: string; text: string },
  answers: Record<string, string>,
): Verdicts {
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-promptfoo-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, file.name), file.text);
  writeFileSync(join(folder, 'answers.json'), JSON.stringify(answers));
  writeFileSync(join(folder, 'provider.mjs'), PROVIDER);
  const config = {
    prompts: ['{{input}}'],
    providers: ['file://provider.mjs'],
    tests: `file://${file.name}`,
  };
  writeFileSync(join(folder, 'promptfooconfig.json'), JSON.stringify(config));
  const run = spawnSync(
    process.execPath,
    [bin, 'eval', '-c', 'promptfooconfig.json', '--no-cache', '--no-write', '-o', 'out.json'],
    {
      cwd: folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        BULKHEAD_TEST_FOLDER: folder,
        PROMPTFOO_CONFIG_DIR: folder,
        PROMPTFOO_DISABLE_TELEMETRY: '1',
        PROMPTFOO_DISABLE_UPDATE: '1',
      },
    },
  );
  if (!existsSync(join(folder, 'out.json'))) t.fail(`${run.stdout}\n${run.stderr}`);
  const { results } = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8'));
  const passed = new Map<string, boolean>();
  for (const { testCase, success } of results.results) passed.set(testCase.metadata.id, success);
  const prompts = new Map<string, string>();
  for (const line of readFileSync(join(folder, 'prompts.jsonl'), 'utf8').trim().split('\n')) {
    const { id, prompt } = JSON.parse(line);
    prompts.set(id, prompt);
  }
  return { passed, prompts };
}

const hard: Case[] = [
  ...makeCases(1, 0),
  makeCase({ external_key: 'list', input: ['a', 'b', 'file://c'], expected_output: 'both' }),
  makeCase({
    external_key: 'messages',
    input: [{ role: 'user', content: '{{x}}' }],
    expected_output: 'ok',
    tags: ['rag'],
  }),
];

for (const [format, name] of [
  ['promptfoo', 'tests.jsonl'],
  ['promptfoo-csv', 'tests.csv'],
] as const) {
  test(`${format}: the verdicts of promptfoo are those of a comparison of the texts`, async (t) => {
    const bin = findPromptfoo();
    if (bin === null) {
      t.log('skipped: promptfoo is neither at PROMPTFOO_BIN nor on the PATH');
      return t.pass();
    }
    t.log(
      `promptfoo ${execFileSync(process.execPath, [bin, '--version'], { encoding: 'utf8' }).trim()}`,
    );
    t.timeout(300_000);
    const { text } = await write(format, hard);
    const right = Object.fromEntries(
      hard.map((one) => [one.external_key ?? '', String(one.expected_output)]),
    );
    const wrong = Object.fromEntries(
      Object.entries(right).map(([key, answer], at) => [
        key,
        at % 2 ? `${answer} ` : 'something else',
      ]),
    );
    for (const answers of [right, wrong]) {
      const { passed, prompts } = evaluate(t, bin, { name, text }, answers);
      t.is(passed.size, hard.length, 'one test for each case');
      for (const { external_key: key, input, expected_output: expected } of hard) {
        t.is(
          passed.get(key ?? ''),
          answers[key ?? ''] === expected,
          `verdict of ${key}: ${expected}`,
        );
        if (typeof input === 'string') t.is(prompts.get(key ?? ''), input, `prompt of ${key}`);
      }
    }
  });
}
