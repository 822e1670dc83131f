import {
  type Case,
  carryStatus,
  lift,
  packMetadata,
  rename,
  unpackMetadata,
  unwrap,
  wrap,
} from './case.ts';
import { carriesStatus, type Format, JSONL } from './format.ts';

/** LangSmith makes the ids of its examples itself (UUIDs), so the key travels in the metadata. */
const metadataOf = (one: Case) =>
  packMetadata(one.metadata, { external_key: one.external_key }, carryStatus(one));

/** Examples of LangSmith: inputs and outputs are objects, a text is their member `input`, `output`. */
export const langsmith: Format = {
  name: 'langsmith',
  ...JSONL,
  fields: {
    external_key: 'metadata.external_key, or else id',
    input: 'inputs',
    expected_output: 'outputs',
    tags: 'split',
    status: 'metadata.bulkhead.status',
  },
  limits: [
    {
      meets: ({ external_key: key }) => key !== null,
      sentence:
        'with a key: the id of a LangSmith example is a UUID, it is in metadata.external_key',
      restored: true,
    },
    carriesStatus('LangSmith'),
  ],
  recognises: (names) => names.has('inputs'),
  read(fields) {
    const example = rename(fields, {
      id: 'external_key',
      inputs: 'input',
      outputs: 'expected_output',
      split: 'tags',
      splits: 'tags',
    });
    return unpackMetadata(
      lift(
        {
          ...example,
          input: unwrap(example.input, 'input'),
          expected_output: unwrap(example.expected_output ?? null, 'output'),
        },
        'external_key',
        'external_key',
      ),
    );
  },
  write: (one) => ({
    inputs: wrap(one.input, 'input'),
    ...(one.expected_output !== null && { outputs: wrap(one.expected_output, 'output') }),
    metadata: metadataOf(one),
    ...(one.tags.length > 0 && { split: one.tags }),
  }),
};
