import { isObject } from '../json.ts';
import {
  asText,
  CARRY,
  type Case,
  carryStatus,
  type Fields,
  lift,
  packMetadata,
  parseCell,
  unpackMetadata,
  unwrap,
  wrap,
} from './case.ts';
import { CSV, carriesStatus, type Format, JSONL, type Limit } from './format.ts';
import { escapeTemplate, unescapeTemplate } from './templating.ts';

const escapeText = (value: unknown) => (typeof value === 'string' ? escapeTemplate(value) : value);
const unescapeText = (value: unknown) =>
  typeof value === 'string' ? unescapeTemplate(value) : value;

const mapValues = (fields: Fields, change: (value: unknown) => unknown): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(value)]));

/** promptfoo renders the texts of a list that is asserted, and no deeper ones. */
const mapExpected = (value: unknown, change: (value: unknown) => unknown): unknown =>
  Array.isArray(value) ? value.map(change) : change(value);

const fields = {
  external_key: 'metadata.id',
  input: 'vars',
  expected_output: 'assert, when it is one of type equals',
  tags: 'metadata.tags',
  status: 'metadata.bulkhead.status',
};

const noAssert: Limit = {
  meets: ({ expected_output: expected }) => expected === null,
  sentence: 'without an expected output: promptfoo passes whatever the answer is',
  restored: true,
};

/** Key and tags go into the metadata: promptfoo ignores what stands beside it. */
const metadataOf = (one: Case, json: { json?: string[] }, own = one.metadata): Fields =>
  packMetadata(
    own,
    { id: one.external_key, tags: one.tags.length > 0 ? one.tags : null },
    { ...carryStatus(one), ...json },
  );

const readMetadata = (record: Fields): Fields =>
  unpackMetadata(lift(lift(record, 'id', 'external_key'), 'tags', 'tags'));

/** promptfoo's tests, one a line. An input that is an object gives the vars, another is the var `input`. */
export const promptfoo: Format = {
  name: 'promptfoo',
  ...JSONL,
  fields,
  limits: [noAssert, carriesStatus('promptfoo')],
  recognises: (names) => names.has('vars') || names.has('assert'),
  read({ vars = null, assert = null, options = null, ...rest }) {
    const test: Fields = { ...rest };
    if (isObject(vars)) test.input = unwrap(mapValues(vars, unescapeText), 'input');
    const expected = equalsOf(assert);
    if (expected !== undefined) test.expected_output = mapExpected(expected, unescapeText);
    else if (assert !== null) test.assert = assert;
    if (options !== null && JSON.stringify(options) !== JSON.stringify(NO_EXPANSION)) {
      test.options = options;
    }
    return readMetadata(test);
  },
  write(one) {
    const vars = mapValues(wrap(one.input, 'input'), escapeText);
    const expected = mapExpected(one.expected_output, escapeText);
    return {
      vars,
      ...(expected !== null && { assert: [{ type: 'equals', value: expected }] }),
      ...(Object.values(vars).some(Array.isArray) && { options: NO_EXPANSION }),
      metadata: metadataOf(one, {}),
    };
  },
};

/** Without it a test whose var is a list becomes a test for each of its items. */
const NO_EXPANSION = { disableVarExpansion: true };

/** The value of an assertion that is the only one and nothing but `equals`. */
function equalsOf(assert: unknown): unknown {
  const [only, ...others] = Array.isArray(assert) ? assert : [];
  const simple =
    isObject(only) &&
    only.type === 'equals' &&
    others.length === 0 &&
    Object.keys(only).every((name) => name === 'type' || name === 'value');
  return simple ? (only.value ?? undefined) : undefined;
}

const isText = (value: unknown) => typeof value === 'string';
const plain = { input: isText, expected: isText };

/** promptfoo's tests as a table: one var, `input`. The metadata are one cell, as JSON. */
export const promptfooCsv: Format = {
  name: 'promptfoo-csv',
  ...CSV,
  columns: ['input', '__expected', '__metadata:id', '__metadata:tags[]', `__metadata:${CARRY}`],
  fields: {
    external_key: '__metadata:id',
    input: 'all columns without __',
    expected_output: '__expected, when it is equals:… or a plain text',
    tags: '__metadata:tags[]',
    status: '__metadata:bulkhead',
  },
  limits: [
    noAssert,
    {
      meets: (one) => asText(one, plain).json.json !== undefined,
      sentence: 'with an input or expected output that is no text: a cell holds it as JSON text',
      restored: true,
    },
    carriesStatus('promptfoo'),
  ],
  recognises: (names) =>
    [...names].some((name) => /^__(expected|metadata:|description)/.test(name)),
  read(cells) {
    const entries = Object.entries(cells);
    const test: Fields = {};
    const metadata: Fields = {};
    const vars: Fields = {};
    for (const [name, cell] of entries) {
      if (name === '__expected') readExpected(String(cell), test);
      else if (name.startsWith('__metadata:')) readMetadataCell(name.slice(11), cell, metadata);
      else if (name.startsWith('__')) test[name] = cell;
      else vars[name] = unescapeText(cell);
    }
    if (Object.keys(vars).length > 0) test.input = unwrap(vars, 'input');
    return readMetadata({ ...test, metadata });
  },
  write(one) {
    const { input, expected, json } = asText(one, plain);
    const own = Object.keys(one.metadata).length > 0 ? { metadata: one.metadata } : {};
    const carry = { ...carryStatus(one), ...json, ...own };
    return {
      input: escapeText(input),
      // With the type named, no text can be taken for another assertion, or for code to run.
      __expected: expected === null ? null : `equals:${escapeText(expected)}`,
      '__metadata:id': one.external_key,
      '__metadata:tags[]': one.tags.join(','),
      [`__metadata:${CARRY}`]: Object.keys(carry).length > 0 ? JSON.stringify(carry) : null,
    };
  },
};

/** A cell of assertion: the text of an `equals`; any other kind stays in the metadata. */
function readExpected(cell: string, test: Fields): void {
  const equals = /^equals:([\s\S]*)$/.exec(cell)?.[1];
  if (equals !== undefined) test.expected_output = unescapeTemplate(equals);
  else if (/^(not-)?[a-z][a-z:-]*(\([\d.]+\))?:|^file:\/\//.test(cell)) test.__expected = cell;
  else test.expected_output = unescapeTemplate(cell);
}

function readMetadataCell(name: string, cell: unknown, metadata: Fields): void {
  if (name === CARRY) metadata[name] = parseCell(cell);
  else if (!name.endsWith('[]')) metadata[name] = cell;
  else {
    const items = String(cell).split(/(?<!\\),/);
    metadata[name.slice(0, -2)] = items.map((item) => item.trim().replaceAll('\\,', ','));
  }
}
