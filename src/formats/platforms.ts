import { lift, packMetadata, rename, unpackMetadata } from './case.ts';
import { carriesStatus, carriesTags, type Format, JSONL } from './format.ts';

/** Dataset items of Langfuse, as its API gives and takes them. */
export const langfuse: Format = {
  name: 'langfuse',
  ...JSONL,
  fields: {
    external_key: 'id',
    input: 'input',
    expected_output: 'expectedOutput',
    tags: 'metadata.tags',
    status: 'status (ACTIVE, ARCHIVED)',
  },
  limits: [carriesTags('Langfuse')],
  recognises: (names) => names.has('expectedOutput'),
  read: (fields) => {
    const item = rename(fields, { id: 'external_key', expectedOutput: 'expected_output' });
    const { status } = item;
    const known = typeof status === 'string' ? { status: status.toLowerCase() } : {};
    return unpackMetadata(lift({ ...item, ...known }, 'tags', 'tags'));
  },
  write: (one) => ({
    ...(one.external_key !== null && { id: one.external_key }),
    input: one.input,
    expectedOutput: one.expected_output,
    metadata: packMetadata(one.metadata, { tags: one.tags.length > 0 ? one.tags : null }, {}),
    status: one.status.toUpperCase(),
  }),
};

/** Rows of a Braintrust dataset. */
export const braintrust: Format = {
  name: 'braintrust',
  ...JSONL,
  fields: {
    external_key: 'id',
    input: 'input',
    expected_output: 'expected',
    tags: 'tags',
    status: 'metadata.bulkhead.status',
  },
  limits: [carriesStatus('Braintrust')],
  recognises: (names) => names.has('input') && names.has('expected'),
  read: (fields) =>
    unpackMetadata(rename(fields, { id: 'external_key', expected: 'expected_output' })),
  write: (one) => ({
    ...(one.external_key !== null && { id: one.external_key }),
    input: one.input,
    expected: one.expected_output,
    metadata: packMetadata(one.metadata, {}, one.status === 'active' ? {} : { status: one.status }),
    tags: one.tags,
  }),
};
