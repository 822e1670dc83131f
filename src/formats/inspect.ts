import {
  asText,
  carryStatus,
  isMessages,
  isTexts,
  lift,
  packMetadata,
  rename,
  unpackMetadata,
} from './case.ts';
import { carriesJson, carriesStatus, carriesTags, type Format, JSONL } from './format.ts';

const plain = {
  // Inspect refuses a sample whose input is empty.
  input: (value: unknown) => (typeof value === 'string' && value !== '') || isMessages(value),
  expected: (value: unknown) => typeof value === 'string' || isTexts(value),
};

/** Samples of Inspect AI. */
export const inspect: Format = {
  name: 'inspect',
  ...JSONL,
  fields: {
    external_key: 'id',
    input: 'input',
    expected_output: 'target',
    tags: 'metadata.tags',
    status: 'metadata.bulkhead.status',
  },
  limits: [carriesTags('Inspect'), carriesJson('Inspect', plain), carriesStatus('Inspect')],
  recognises: (names) => names.has('input') && names.has('target'),
  read: (fields) =>
    unpackMetadata(
      lift(rename(fields, { id: 'external_key', target: 'expected_output' }), 'tags', 'tags'),
    ),
  write(one) {
    const { input, expected, json } = asText(one, plain);
    return {
      ...(one.external_key !== null && { id: one.external_key }),
      input,
      ...(expected !== null && { target: expected }),
      metadata: packMetadata(
        one.metadata,
        { tags: one.tags.length > 0 ? one.tags : null },
        { ...carryStatus(one), ...json },
      ),
    };
  },
};
