import { asText, isCellText, packMetadata, parseCell, unpackMetadata } from './case.ts';
import { CSV, type Format, JSONL } from './format.ts';

const own = {
  external_key: 'external_key',
  input: 'input',
  expected_output: 'expected_output',
  tags: 'tags',
  status: 'status',
};

/** Bulkhead's own lines: everything that a case has, byte for byte what the database writes. */
export const jsonl: Format = {
  name: 'jsonl',
  ...JSONL,
  fields: own,
  limits: [],
  recognises: (names) => names.has('external_key') && names.has('input'),
  read: (fields) => fields,
  write: ({ external_key, input, expected_output, metadata, tags, status }) => ({
    external_key,
    input,
    expected_output,
    metadata,
    tags,
    status,
  }),
};

const plain = { input: isCellText, expected: isCellText };

/** A table: texts as they are, other JSON as text with a note in the metadata that it is JSON. */
export const csv: Format = {
  name: 'csv',
  ...CSV,
  columns: ['external_key', 'input', 'expected_output', 'metadata', 'tags', 'status'],
  fields: own,
  limits: [],
  recognises: (names) => names.has('external_key') && names.has('input'),
  read(fields) {
    const { metadata = {} } = fields;
    return unpackMetadata({ ...fields, metadata: parseCell(metadata) });
  },
  write(one) {
    const { input, expected, json } = asText(one, plain);
    return {
      external_key: one.external_key,
      input,
      expected_output: expected,
      metadata: JSON.stringify(packMetadata(one.metadata, {}, json)),
      tags: JSON.stringify(one.tags),
      status: one.status,
    };
  },
};
