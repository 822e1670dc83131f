import { asText, isMessages, isTexts, rename, unpackMetadata } from './case.ts';
import { type Format, JSONL, type Limit } from './format.ts';

const isInput = (value: unknown) => typeof value === 'string' || isMessages(value);
const isIdeal = (value: unknown) => typeof value === 'string' || isTexts(value);

const lost = (sentence: string, meets: Limit['meets']): Limit => ({
  meets,
  sentence: `${sentence}: OpenAI Evals has no field for it`,
  restored: false,
});

/** Samples of OpenAI Evals: `input` (messages or a text) and `ideal` (a text or several), no more. */
export const openaiEvals: Format = {
  name: 'openai-evals',
  ...JSONL,
  fields: {
    external_key: 'id, where there is one',
    input: 'input, or messages',
    expected_output: 'ideal',
    tags: 'tags, where there are any',
    status: 'status, where there is one',
  },
  limits: [
    lost('lost the key', ({ external_key: key }) => key !== null),
    lost('lost the metadata', ({ metadata }) => Object.keys(metadata).length > 0),
    lost('lost the tags', ({ tags }) => tags.length > 0),
    lost('lost the status', ({ status }) => status !== 'active'),
    {
      meets: (one) => asText(one, { input: isInput, expected: isIdeal }).json.json !== undefined,
      sentence:
        'with an input that is neither text nor messages, or an expected output that is no text: ' +
        'they are JSON text from now on',
      restored: false,
    },
  ],
  recognises: (names) => names.has('ideal'),
  read: (fields) =>
    unpackMetadata(
      rename(fields, { id: 'external_key', messages: 'input', ideal: 'expected_output' }),
    ),
  write(one) {
    const { input, expected } = asText(one, { input: isInput, expected: isIdeal });
    return { input, ...(expected !== null && { ideal: expected }) };
  },
};
