import { findUnstorable, isObject, parseJson, scalarText } from '../json.ts';
import type { ImportRow } from './copy.ts';
import { type FieldReader, makeFieldReader } from './fields.ts';
import { type KeyIndex, makeKeyIndex } from './key-index.ts';
import { withoutPaths } from './paths.ts';
import type { Problems } from './problems.ts';
import { type FileFormat, type FileRecord, listNames, unitOf } from './records.ts';
import type { TagBook } from './tags.ts';

/** Which field of the file is what in a case. A field may be a path into an object: `a.b`. */
export type Mapping = {
  input?: string | undefined;
  expected?: string | undefined;
  key?: string | undefined;
  /** Fields whose values are tags. */
  tags?: string[] | undefined;
  /** Splits a tag value: 'Billing;Refund' with ';' is two tags. */
  tagsSeparator?: string | undefined;
  /** The fields that go to the metadata; without it, all that is not used otherwise. */
  metadata?: string[] | undefined;
  /** Tags that every case gets. */
  extraTags?: string[] | undefined;
};

/** Turns the records of one file into rows for COPY. */
export type Mapper = {
  /** The row of a record, or null when the record has a problem. */
  row(record: FileRecord): ImportRow | null;
  /** Whether a CSV header has the columns that the mapping names; those that it lacks are problems. */
  checkColumns(columns: readonly string[]): boolean;
  /** Reports what can only be said after the last record. */
  finish(): void;
};

type Fields = Record<string, unknown>;

type Context = {
  mapping: Mapping;
  format: FileFormat;
  reader: FieldReader;
  tagBook: TagBook;
  names: { input: string; expected: string; key: string; tags: string[] };
  keys: KeyIndex;
};

/** What is wrong with one record; caught where the record is mapped. */
class RowRefused extends Error {}

const STATUSES = ['active', 'archived'];
const MAX_KEY_LENGTH = 512;

/** Makes the mapper for one file. */
export function makeMapper(deps: {
  mapping: Mapping;
  format: FileFormat;
  problems: Problems;
  tagBook: TagBook;
}): Mapper {
  const { mapping, problems } = deps;
  const asked = [mapping.expected, mapping.key, mapping.tags, mapping.metadata]
    .flat()
    .filter((name) => name !== undefined);
  const context: Context = {
    ...deps,
    reader: makeFieldReader(asked),
    keys: makeKeyIndex(),
    names: {
      input: mapping.input ?? 'input',
      expected: mapping.expected ?? 'expected_output',
      key: mapping.key ?? 'external_key',
      tags: mapping.tags ?? ['tags'],
    },
  };

  return {
    row(record) {
      try {
        return mapRecord(record, context);
      } catch (error) {
        if (!(error instanceof RowRefused)) throw error;
        problems.add(record.line, error.message);
        return null;
      }
    },
    checkColumns(columns) {
      context.reader.seeColumns(columns);
      const missing = [...new Set([context.names.input, ...asked])].filter(
        (name) => !columns.includes(name),
      );
      for (const name of missing) {
        const advice = name === context.names.input ? howToNameInput(mapping) : '';
        problems.add(
          1,
          `there is no column '${name}'; the columns are ${listNames(columns)}${advice}`,
        );
      }
      return missing.length === 0;
    },
    finish() {
      // Of a million keys it takes 32 MB, and what became of the file may be asked for long after.
      context.keys = makeKeyIndex();
      if (deps.format === 'csv') return;
      for (const complaint of context.reader.complaints()) problems.add(null, complaint);
    },
  };
}

function mapRecord({ line, fields }: FileRecord, context: Context): ImportRow {
  const { names, reader } = context;
  const input = reader.read(fields, names.input);
  if (input === null) throw new RowRefused(describeMissingInput(fields, context));
  const expected = reader.read(fields, names.expected);
  const row = {
    line,
    externalKey: readKey(fields, line, context),
    tags: readTags(fields, context),
    status: readStatus(fields, context),
  };
  try {
    return {
      ...row,
      input: JSON.stringify(input),
      expectedOutput: expected === null ? null : JSON.stringify(expected),
      metadata: JSON.stringify(readMetadata(fields, context)),
    };
  } catch (error) {
    if (error instanceof RangeError) throw new RowRefused('the JSON is nested too deeply');
    throw error;
  }
}

function describeMissingInput(fields: Fields, { names, format, mapping }: Context): string {
  if (format === 'csv') return `the column '${names.input}' is empty, so the case has no input`;
  const present = listNames(Object.keys(fields));
  const advice = Object.hasOwn(fields, names.input) ? '' : howToNameInput(mapping);
  return `there is no field '${names.input}' for the input; the fields are ${present}${advice}`;
}

/** What to do where nobody has said which field is the input, and none has a name that says so. */
function howToNameInput({ input }: Mapping): string {
  if (input !== undefined) return '';
  return '; say which of them is the input: --input <field> (over HTTP ?input=<field>)';
}

function readKey(fields: Fields, line: number, context: Context): string | null {
  const { names, keys, reader, format } = context;
  const value = reader.read(fields, names.key);
  if (value === null) return null;
  const key = scalarText(value);
  if (key === null || key === '') {
    throw new RowRefused(`the key is ${JSON.stringify(value)}; it must be a text or a number`);
  }
  if (key.length > MAX_KEY_LENGTH && [...key].length > MAX_KEY_LENGTH) {
    throw new RowRefused(`the key has more than ${MAX_KEY_LENGTH} characters`);
  }
  const earlier = keys.note(key, line);
  if (earlier !== null) {
    const unit = unitOf(format);
    const place = `${unit === 'line' ? 'on' : 'in'} ${unit} ${earlier}`;
    throw new RowRefused(`the key '${key}' is already used ${place}`);
  }
  return key;
}

function readStatus(fields: Fields, { mapping, names }: Context): string {
  const { input, expected, key, tags } = names;
  const elsewhere = [input, expected, key, ...tags, ...(mapping.metadata ?? [])];
  const status = elsewhere.includes('status') ? 'active' : (fields.status ?? 'active');
  if (typeof status === 'string' && STATUSES.includes(status)) return status;
  throw new RowRefused(
    `the status is ${JSON.stringify(status)}; it can be ${STATUSES.join(' or ')}`,
  );
}

function readTags(fields: Fields, context: Context): string[] {
  const { mapping, names, reader, tagBook } = context;
  const values = names.tags.flatMap((name) => tagValues(reader.read(fields, name), context));
  const tags = [...values, ...(mapping.extraTags ?? [])].map((value) => {
    const text = scalarText(value);
    if (text === null) throw new RowRefused(`a tag is ${JSON.stringify(value)}; it must be a text`);
    const name = tagBook.nameOf(text);
    if (name !== null) return name;
    throw new RowRefused(`no tag name can be made of '${text}': it has none of a-z and 0-9`);
  });
  return [...new Set(tags)];
}

function tagValues(value: unknown, { format, mapping }: Context): unknown[] {
  if (value === null || value === '') return [];
  if (Array.isArray(value)) return value;
  if (typeof value !== 'string') return [value];
  if (format === 'csv' && value.startsWith('[')) {
    const parsed = tryJson(value);
    if (Array.isArray(parsed)) return parsed;
  }
  if (mapping.tagsSeparator === undefined) return [value];
  return value
    .split(mapping.tagsSeparator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function readMetadata(fields: Fields, { mapping, names, format, reader }: Context): Fields {
  if (mapping.metadata !== undefined) {
    const entries = mapping.metadata.map((name) => [name, reader.read(fields, name)] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== null));
  }
  const used = [names.input, names.expected, names.key, ...names.tags, 'status'];
  if (used.includes('metadata') || (fields.metadata ?? null) === null) {
    return withoutPaths(fields, used);
  }
  const own = fields.metadata;
  const members = typeof own === 'string' && format === 'csv' ? tryJson(own) : own;
  if (!isObject(members)) {
    throw new RowRefused(`the metadata is ${JSON.stringify(own)}; it must be an object`);
  }
  const inner = used.filter((name) => name.startsWith('metadata.')).map((name) => name.slice(9));
  const kept = withoutPaths(members, inner);
  const rest = withoutPaths(fields, [...used, 'metadata']);
  const doubled = Object.keys(rest).find((name) => Object.hasOwn(kept, name));
  if (doubled !== undefined) {
    throw new RowRefused(`'${doubled}' is both a field and a member of the metadata`);
  }
  return Object.fromEntries([...Object.entries(kept), ...Object.entries(rest)]);
}

/** The JSON in a CSV cell; undefined when it is none. */
function tryJson(text: string): unknown {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return undefined;
  }
  const fault = findUnstorable(value);
  if (fault !== null) throw new RowRefused(fault);
  return value;
}
