import {
  asText,
  type Case,
  carryStatus,
  type Fields,
  isCellText,
  packMetadata,
  parseCell,
  rename,
  unpackMetadata,
  unwrap,
  wrap,
} from './case.ts';
import { CSV, carriesStatus, type Format, JSONL } from './format.ts';

const fields = {
  external_key: 'id',
  input: 'input',
  expected_output: 'output',
  tags: 'splits',
  status: 'metadata.bulkhead.status',
};

const metadataOf = (one: Case, json: { json?: string[] } = {}) =>
  packMetadata(one.metadata, {}, { ...carryStatus(one), ...json });

function read(record: Fields): Fields {
  const { node_id: _, ...example } = rename(record, {
    id: 'external_key',
    example_id: 'external_key',
    output: 'expected_output',
    splits: 'tags',
  });
  return unpackMetadata({
    ...example,
    input: unwrap(example.input ?? null, 'input'),
    expected_output: unwrap(example.expected_output ?? null, 'output'),
  });
}

const isExample = (names: ReadonlySet<string>) =>
  names.has('input') && names.has('output') && (names.has('splits') || names.has('metadata'));

/** Examples of Phoenix: input and output are objects, a text is their member of the same name. */
export const phoenix: Format = {
  name: 'phoenix',
  ...JSONL,
  fields,
  limits: [carriesStatus('Phoenix')],
  recognises: (names) => names.has('node_id') || isExample(names),
  read,
  write: (one) => ({
    ...(one.external_key !== null && { id: one.external_key }),
    input: wrap(one.input, 'input'),
    output: one.expected_output === null ? null : wrap(one.expected_output, 'output'),
    metadata: metadataOf(one),
    splits: one.tags,
  }),
};

const plain = { input: isCellText, expected: isCellText };

/** Written for an upload that names the columns; read also as Phoenix writes it (`input.question`). */
export const phoenixCsv: Format = {
  name: 'phoenix-csv',
  ...CSV,
  columns: ['id', 'input', 'output', 'metadata', 'splits'],
  fields: {
    ...fields,
    input: 'input, input.*',
    expected_output: 'output, output.*',
    status: 'metadata',
  },
  limits: [
    {
      meets: (one) => asText(one, plain).json.json !== undefined,
      sentence: 'with an input or output that is no text: a cell holds it as JSON text',
      restored: true,
    },
    carriesStatus('Phoenix'),
  ],
  recognises: (names) => [...names].some((name) => name.startsWith('input.')) || isExample(names),
  read(cells) {
    const record: Fields = {};
    for (const [name, cell] of Object.entries(cells)) {
      const [, group, path] = /^(input|output|metadata)\.(.+)$/s.exec(name) ?? [];
      if (group === undefined || path === undefined) {
        record[name] = name === 'metadata' || name === 'splits' ? parseCell(cell) : cell;
      } else {
        record[group] = { ...(record[group] as Fields), [path]: cell };
      }
    }
    return read(record);
  },
  write(one) {
    const { input, expected, json } = asText(one, plain);
    return {
      id: one.external_key,
      input,
      output: expected,
      metadata: JSON.stringify(metadataOf(one, json)),
      splits: JSON.stringify(one.tags),
    };
  },
};
