import {
  asText,
  type Case,
  carryStatus,
  type Fields,
  isCellText,
  lift,
  packMetadata,
  parseCell,
  rename,
  unpackMetadata,
} from './case.ts';
import { CSV, carriesJson, carriesStatus, type Format, JSON_ARRAY } from './format.ts';

const isText = (value: unknown): boolean => typeof value === 'string';
const texts = { input: isText, expected: isText };
const cells = { input: isCellText, expected: isCellText };

const fields = {
  external_key: 'name',
  input: 'input',
  expected_output: 'expected_output',
  tags: 'additional_metadata.tags',
  status: 'additional_metadata.bulkhead.status',
};

const limits = [
  {
    meets: ({ tags }: Case) => tags.length > 0,
    sentence: 'with tags: DeepEval has no field for them, they are in additional_metadata.tags',
    restored: true,
  },
  carriesJson('DeepEval', texts),
  carriesStatus('DeepEval'),
];

const MARKS = ['additional_metadata', 'retrieval_context', 'actual_output', 'expected_tools'];
const recognises = (names: ReadonlySet<string>) =>
  names.has('input') && MARKS.some((name) => names.has(name));

const read = (golden: Fields): Fields => {
  const record = rename(golden, { name: 'external_key', additional_metadata: 'metadata' });
  return unpackMetadata(lift(record, 'tags', 'tags'));
};

function goldenOf(one: Case, plain: typeof texts): Fields {
  const { input, expected, json } = asText(one, plain);
  return {
    input,
    expected_output: expected,
    name: one.external_key,
    additional_metadata: packMetadata(
      one.metadata,
      { tags: one.tags.length > 0 ? one.tags : null },
      { ...carryStatus(one), ...json },
    ),
  };
}

/** Goldens of DeepEval, a JSON array. */
export const deepeval: Format = {
  name: 'deepeval',
  ...JSON_ARRAY,
  fields,
  limits,
  recognises,
  read,
  write: (one) => goldenOf(one, texts),
};

/** Goldens of DeepEval as a table; the metadata are a cell of JSON. */
export const deepevalCsv: Format = {
  name: 'deepeval-csv',
  ...CSV,
  columns: ['input', 'expected_output', 'name', 'additional_metadata'],
  fields,
  limits: [limits[0], carriesJson('DeepEval', cells), carriesStatus('DeepEval')].flatMap(
    (limit) => limit ?? [],
  ),
  recognises,
  read: (row) => read({ ...row, additional_metadata: parseCell(row.additional_metadata ?? null) }),
  write(one) {
    const golden = goldenOf(one, cells);
    return { ...golden, additional_metadata: JSON.stringify(golden.additional_metadata) };
  },
};
