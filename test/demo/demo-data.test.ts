import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectDir } from '../../src/config.ts';
import { type DemoSuite, demoFile } from '../../src/demo/suites.ts';
import type { DemoCase } from '../../tools/demo/cases.ts';
import { makeDemoFiles } from '../../tools/demo/files.ts';
import { evaluate, literals } from '../helpers/fractions.ts';

const suites: DemoSuite[] = JSON.parse(
  readFileSync(join(projectDir, 'demo', 'suites.json'), 'utf8'),
);

const casesOf = (slug: string): DemoCase[] =>
  readFileSync(demoFile(slug), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const countTagged = (cases: DemoCase[], tag: string) =>
  cases.filter(({ tags }) => tags.includes(tag)).length;

test('the committed files are what tools/make-demo.ts writes', (t) => {
  let bytes = 0;
  for (const [name, content] of makeDemoFiles()) {
    const committed = readFileSync(join(projectDir, 'demo', name), 'utf8');
    t.true(committed === content, `demo/${name} is stale: run node tools/make-demo.ts`);
    bytes += Buffer.byteLength(content);
  }
  t.true(bytes < 2_000_000);
});

test('four suites, the regression suite as in the incident: 1,400 cases, 800 of them rag', (t) => {
  t.deepEqual(
    suites.map(({ slug }) => [slug, casesOf(slug).length]),
    [
      ['regression', 1400],
      ['agent-tools', 222],
      ['safety', 180],
      ['arithmetic', 300],
    ],
  );
  const rag = casesOf('regression').filter(({ tags }) => tags.includes('rag'));
  t.is(rag.length, 800);
  t.is(rag.filter(({ status }) => status === 'archived').length, 0);
  const tiered = countTagged(rag, 'tier_a_gold') + countTagged(rag, 'tier_b_gold');
  t.true(tiered > 80 && tiered < 200, `${tiered} of the rag cases have a tier`);
});

test('no input and no key occurs twice', (t) => {
  for (const { slug } of suites) {
    const cases = casesOf(slug);
    const inputs = new Set(cases.map(({ input }) => JSON.stringify(input).toLowerCase()));
    t.is(inputs.size, cases.length, slug);
    t.is(new Set(cases.map((each) => each.external_key)).size, cases.length, slug);
  }
});

test('nothing of the templates is left in a text', (t) => {
  for (const { slug } of suites) {
    for (const { external_key, input, expected_output } of casesOf(slug)) {
      const text = JSON.stringify([input, expected_output]);
      t.notRegex(
        text,
        /\{[a-z_+\d]+\}|undefined|\bNaN\b|[Ll]orem ipsum/,
        `${slug} ${external_key}`,
      );
    }
  }
});

test('every tag is in the dictionary of its suite, and every entry is used and explained', (t) => {
  for (const { slug, tags } of suites) {
    const names = new Set(tags.map(({ name }) => name));
    const used = new Set(casesOf(slug).flatMap((each) => each.tags));
    t.deepEqual([...used].sort(), [...names].sort(), slug);
    t.is(names.size, tags.length, slug);
    for (const { meaning, colour } of tags) {
      t.regex(meaning, /\.\)?$/);
      t.regex(colour, /^#[0-9a-f]{6}$/);
    }
  }
});

test('a case has at most one tag of an exclusive group, and none twice', (t) => {
  for (const { slug, tags } of suites) {
    const groups = new Map(tags.map(({ name, exclusive_group }) => [name, exclusive_group]));
    for (const each of casesOf(slug)) {
      const held = each.tags.map((tag) => groups.get(tag) ?? tag);
      t.is(new Set(held).size, held.length, `${slug} ${each.external_key}: ${each.tags}`);
    }
  }
});

test('flaky means different things in two suites, and each says so', (t) => {
  const meanings = suites.flatMap(({ slug, tags }) =>
    tags.filter(({ name }) => name === 'flaky').map(({ meaning }) => ({ slug, meaning })),
  );
  t.deepEqual(
    meanings.map(({ slug }) => slug),
    ['regression', 'safety'],
  );
  t.regex(meanings[0]?.meaning ?? '', /retrieval returns the documents in an order that varies/);
  t.regex(meanings[1]?.meaning ?? '', /labellers disagreed .* waits to be labelled again/);
  for (const { slug } of meanings) t.true(countTagged(casesOf(slug), 'flaky') > 10);
});

test('each arithmetic answer is what its expression gives, with the numbers of the text', (t) => {
  for (const { input, expected_output, metadata, external_key } of casesOf('arithmetic')) {
    const expression = String(metadata.expression);
    const { answer } = expected_output as { answer: number };
    t.is(evaluate(expression), answer, external_key);
    for (const literal of literals(expression)) {
      const constant = ['2', '3', '4', '5', '24', '25', '50', '60', '100', '510', '1000', '100000'];
      t.true(
        String(input).includes(literal) || constant.includes(literal),
        `${external_key}: ${literal} of ${expression} is not in the text`,
      );
    }
  }
});

test('a tool call of the agent suite has the arguments that its tool requires, and no others', (t) => {
  type Tool = { name: string; parameters: Record<string, string>; required: string[] };
  type Call = { name: string; arguments: Record<string, unknown> };
  for (const { input, expected_output, external_key } of casesOf('agent-tools')) {
    const { tools } = input as { tools: Tool[] };
    for (const call of (expected_output as { tool_calls: Call[] }).tool_calls) {
      const tool = tools.find(({ name }) => name === call.name);
      t.truthy(tool, `${external_key}: ${call.name} is not offered`);
      const names = Object.keys(call.arguments);
      for (const name of tool?.required ?? []) t.true(names.includes(name), external_key);
      for (const name of names) t.true(name in (tool?.parameters ?? {}), `${external_key} ${name}`);
      t.false(JSON.stringify(call).includes('null'), external_key);
    }
  }
});
