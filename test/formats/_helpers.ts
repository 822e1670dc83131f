import { Readable } from 'node:stream';
import { type Case, caseOfLine } from '../../src/formats/case.ts';
import { describeNote, exportCases } from '../../src/formats/export.ts';
import { findFormat } from '../../src/formats/registry.ts';
import { type ReadOptions, readCases } from '../../src/import/read-file.ts';
import { parseJson } from '../../src/json.ts';
import { makeRandom, type Random } from '../helpers/random.ts';

/** A case with defaults. */
export function makeCase(more: Partial<Case>): Case {
  return {
    external_key: null,
    input: 'x',
    expected_output: null,
    metadata: {},
    tags: [],
    status: 'active',
    ...more,
  };
}

/** The text of an export, and its notes as lines. */
export async function write(name: string, cases: Case[], options = {}) {
  const lines = cases.map((one) => JSON.stringify(one));
  const exported = exportCases(findFormat(name), Readable.from(lines), options);
  let text = '';
  for await (const chunk of exported.chunks) text += chunk;
  return { text, notes: exported.notes().map(describeNote) };
}

/** The cases in a text, in chunks of `size` bytes, and how it was read. */
export async function read(text: string | Buffer, options: ReadOptions & { size?: number } = {}) {
  const bytes = Buffer.from(text);
  const { size = 64 * 1024, ...rest } = options;
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const reading = readCases({ ...rest, name: 'a file', source: Readable.from(chunks()) });
  const cases: Case[] = [];
  for await (const rows of reading.rows) {
    for (const row of rows) {
      cases.push({
        external_key: row.externalKey,
        input: parseJson(row.input),
        expected_output: row.expectedOutput === null ? null : parseJson(row.expectedOutput),
        metadata: parseJson(row.metadata) as Case['metadata'],
        tags: row.tags,
        status: row.status,
      });
    }
  }
  return { cases, report: reading.report() };
}

/** A value with the members of objects in one order, as jsonb has them, and numbers by their text. */
export function canonical(value: unknown): string {
  return JSON.stringify(order(value));
}

function order(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(order);
  if (typeof value !== 'object' || value === null || isRaw(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, member]) => [name, order(member)]));
}

const isRaw = (JSON as unknown as { isRawJSON(value: unknown): boolean }).isRawJSON;

const TEXTS = [
  '',
  ' ',
  'plain',
  ' spaced ',
  'two\nlines',
  'ends in a line\n',
  '\r\n',
  'a\rb',
  '\t',
  'a,b;c|d',
  '"quoted"',
  "'",
  "'=1",
  "''=1",
  '=1+1',
  '+1',
  '-1',
  '@x',
  '\t=1',
  '42',
  '1.0',
  'true',
  'null',
  '{}',
  '{"a":1}',
  '[1,2]',
  '"text"',
  '{{x}}',
  '{{input}}',
  '{{ input }}',
  '{{env.HOME}}',
  '{% raw %}',
  '{% endraw %}',
  'a{% endraw %}{{1+1}}{% raw %}b',
  '{%- endraw -%}',
  '{# c #}',
  '{{{',
  'ends {',
  '}}',
  '{% raw %}x{% endraw %}',
  "{% endraw %}{{ '{' }}{% raw %}",
  'file:///etc/passwd',
  'file://x.js',
  'package:a:b',
  'javascript:1',
  'python:1',
  'equals:a',
  'contains: a',
  'llm-rubric:x',
  'not-equals:x',
  'ünïcödé 漢字 👩‍👩‍👧 \u202e\u200b\u2028\u2029',
  '\u0001\u001f\u007f',
  '\ufeffmark',
  '<b>&amp;</b>',
  'a\\b\\,c',
  'x'.repeat(5000),
];
const NUMBERS = ['0', '-0', '1.0', '12345678901234567890', '1e400', '0.1', '-7', '1.10'];
const NAMES = [
  'a',
  'input',
  'output',
  'id',
  'tags',
  'status',
  'bulkhead',
  'metadata',
  'a.b',
  '漢',
  '',
  '__proto__',
  'question',
];
const TAGS = ['rag', 'tier_a_gold', 'a/b:c.d-e', '0', 'lang:en'];

function makeValue(random: Random, depth = 0): unknown {
  const kind = random.below(depth > 2 ? 4 : 7);
  if (kind < 2) return random.pick(TEXTS);
  if (kind === 2) return parseJson(random.pick(NUMBERS));
  if (kind === 3) return random.pick([true, false]);
  const size = random.below(4);
  if (kind === 4) return Array.from({ length: size }, () => makeValue(random, depth + 1));
  if (kind === 5) return [{ role: 'user', content: random.pick(TEXTS) }];
  return makeObject(random, depth + 1);
}

function makeObject(random: Random, depth: number): Record<string, unknown> {
  const names = random.some(NAMES, 0.25);
  return Object.fromEntries(names.map((name) => [name, makeValue(random, depth)]));
}

/** Cases with every kind of value, the same for the same seed. */
export function makeCases(seed: number, count: number): Case[] {
  const random = makeRandom(seed);
  const nasty = TEXTS.map((text, index) =>
    makeCase({ external_key: `t${index}`, input: text, expected_output: text, metadata: { text } }),
  );
  const generated = Array.from({ length: count }, (_, index) =>
    makeCase({
      external_key: random.chance(0.7)
        ? `key ${index}${random.pick(['', '"', ',', '=', '/'])}`
        : null,
      input: makeValue(random),
      expected_output: random.chance(0.3) ? null : makeValue(random),
      metadata: makeObject(random, 0),
      tags: random.some(TAGS, 0.4),
      status: random.chance(0.2) ? 'archived' : 'active',
    }),
  );
  // As they come from the database: numbers by their source.
  return [...nasty, ...generated].map((one) => caseOfLine(JSON.stringify(one)));
}
