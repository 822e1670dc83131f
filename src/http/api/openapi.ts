/** The description of the HTTP interface, OpenAPI 3.1. What it lists is taken from where it is defined. */
import { registry } from '../../errors.ts';
import { formatNames, formats } from '../../formats/registry.ts';
import { limits } from '../../graphql/limits.ts';
import { FIRST_PROBLEMS } from '../../import/problems.ts';
import { maxFailures } from '../rates.ts';
import { bodyLimits } from './append-body.ts';
import { pullLimits } from './pull.ts';

/** Media types of bodies and answers. */
const lines = 'application/x-ndjson';
const object = 'application/json';

const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };
const flag = { type: 'string', enum: ['false', 'true'], default: 'false' };
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const counts = { cases: count, inserted: count, unchanged: count, updated: count, skipped: count };

/** A parameter of a query. */
const query = (name: string, description: string, schema: object = text) => ({
  name,
  in: 'query',
  description,
  schema,
});

const header = (description: string, schema: object = text) => ({ description, schema });

const slug = { name: 'slug', in: 'path', required: true, description: 'The suite.', schema: text };

const refused = { $ref: '#/components/responses/Refused' };

/** Answers that every route behind a credential may give. */
const refusals = {
  401: refused,
  404: refused,
  429: { $ref: '#/components/responses/TooOften' },
  default: refused,
};

/** A refusal by one of the limits. */
const limited = (description: string, more: object = {}) => ({
  description,
  content: { [object]: { schema: ref('Refusal') } },
  ...more,
});

const mebibytes = (bytes: number) => `${bytes / 1024 ** 2} MiB`;

const tooLong = `${mebibytes(bodyLimits.bytes)}, unpacked, is the longest body`;

const tooMany = `TOO_MANY_TRANSFERS: ${limits.transfers} long appends and pulls use the database at once, the next ones wait for up to ${limits.transferWait / 1000} s`;

const pull = {
  operationId: 'pullCases',
  summary: 'The cases of a suite, in the order in which they came',
  description:
    'They are those of one moment, and come when all of them have been read: an answer is whole or an error. ' +
    'A snapshot, a route, and where and status exclude each other. A pull by route goes on record.',
  parameters: [
    slug,
    query('where', 'A tag expression: rag and not flaky.'),
    query('status', 'Which status.', { enum: ['active', 'archived', 'all'], default: 'active' }),
    query('snapshot', 'The name of a snapshot: the same bytes for ever.'),
    query('route', 'The name of a route of the suite.'),
    query('format', 'How they are written.', { enum: formatNames, default: 'jsonl' }),
    query('guard', 'Whether cells of CSV that a spreadsheet would run are guarded.', flag),
    {
      name: 'If-None-Match',
      in: 'header',
      description: 'ETags of earlier answers: the same again is not sent.',
      schema: text,
    },
  ],
  responses: {
    200: {
      description: 'The cases.',
      headers: {
        ETag: header('Changes with every byte of the answer.'),
        'X-Bulkhead-Suite': header('The slug of the suite.'),
        'X-Bulkhead-Cases': header('How many cases came.', count),
        'X-Bulkhead-Route': header('The route, percent-encoded.'),
        'X-Bulkhead-Expression': header('What the route resolved to, percent-encoded.'),
        'X-Bulkhead-Snapshot-Sha256': header('The SHA-256 of the snapshot.'),
        'X-Bulkhead-Notes': header(
          'What the format could not hold, percent-encoded JSON: [{"cases", "sentence", "restored"}].',
        ),
      },
      content: Object.fromEntries(
        formats.map(({ contentType }) => [contentType, { schema: text }]),
      ),
    },
    304: { description: 'They are those of the ETag.' },
    ...refusals,
    503: limited(
      `${tooMany}; and ${pullLimits.perCaller} answers may be on their way to one caller. Also DISK_FULL, and whatever else may pass: try again.`,
    ),
  },
};

const append = {
  operationId: 'appendCases',
  summary: 'Appends cases to a suite: all of them, or none',
  description:
    'A body of any length, also gzip (Content-Encoding). The format is detected by its fields unless it is said. ' +
    'Cases with an external key that the suite has already: the same content again is unchanged.',
  parameters: [
    slug,
    query('on_conflict', 'What becomes of a case whose external key has another content.', {
      enum: ['fail', 'skip', 'update'],
      default: 'fail',
    }),
    query('dry_run', 'Do everything, and store nothing.', flag),
    query('format', 'A format by name; by default it is detected.', { enum: formatNames }),
    query('unguard', 'Take the guard of an export off cells.', flag),
    ...['input', 'expected', 'key', 'tags_separator'].map((name) =>
      query(name, `As the option --${name.replace('_', '-')} of the import.`),
    ),
    ...['tags', 'metadata', 'tag'].map((name) =>
      query(name, `As the option --${name} of the import; can be repeated.`, {
        type: 'array',
        items: text,
      }),
    ),
    {
      name: 'Idempotency-Key',
      in: 'header',
      description: 'The same request again is answered as it was the first time, for a day.',
      schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
    },
  ],
  requestBody: {
    required: true,
    content: Object.fromEntries(
      [lines, 'application/jsonl', object, 'text/csv'].map((type) => [type, { schema: text }]),
    ),
  },
  responses: {
    200: {
      description: 'Nothing was new.',
      content: { [object]: { schema: ref('Appended') }, [lines]: { schema: text } },
    },
    201: {
      description: 'Cases were inserted.',
      content: { [object]: { schema: ref('Appended') }, [lines]: { schema: text } },
    },
    ...refusals,
    408: limited(`UPLOAD_STALLED: nothing of the body came for ${bodyLimits.stall / 1000} s.`),
    413: limited(`REQUEST_TOO_LARGE: ${tooLong}. UNPACKS_TOO_LARGE: a gzip bomb.`),
    503: limited(`${tooMany}. Also DISK_FULL, and whatever else may pass: try again.`),
  },
};

const graphql = {
  operationId: 'graphql',
  summary:
    'Everything else: suites, dictionaries, operations, routes, snapshots, tokens, members, audit',
  description: 'GraphQL over HTTP, made from the database. The schema answers to introspection.',
  requestBody: {
    required: true,
    content: {
      [object]: {
        schema: {
          type: 'object',
          required: ['query'],
          properties: { query: text, variables: { type: 'object' }, operationName: text },
        },
      },
    },
  },
  responses: {
    200: { description: 'Data, or errors.', content: { [object]: { schema: { type: 'object' } } } },
    ...refusals,
    413: limited(`REQUEST_TOO_LARGE: ${mebibytes(limits.body)} is the longest body.`),
  },
};

/** What is answered to whoever asks whether the server is there. */
const open = (operationId: string, status: string) => ({
  operationId,
  security: [],
  responses: {
    200: {
      description: status,
      content: {
        [object]: { schema: { type: 'object', properties: { status: { const: status } } } },
      },
    },
    default: { $ref: '#/components/responses/Refused' },
  },
});

const schemas = {
  Appended: {
    type: 'object',
    required: ['suite', 'on_conflict', 'dry_run', ...Object.keys(counts), 'new_tags', 'results'],
    additionalProperties: false,
    properties: {
      suite: text,
      on_conflict: { enum: ['fail', 'skip', 'update'] },
      dry_run: { type: 'boolean' },
      ...counts,
      new_tags: { type: 'array', items: text },
      results: { type: 'array', items: ref('Result') },
    },
  },
  Result: {
    type: 'object',
    required: ['line', 'external_key', 'case_id', 'outcome'],
    additionalProperties: false,
    properties: {
      line: {
        type: 'integer',
        minimum: 1,
        description: 'The line of the body; of a JSON array, the number of the element, from 1.',
      },
      external_key: { type: ['string', 'null'] },
      case_id: {
        type: ['string', 'null'],
        description: 'Null in a dry run for a case that would be new.',
      },
      outcome: { enum: ['inserted', 'unchanged', 'updated', 'skipped'] },
    },
  },
  Refusal: {
    type: 'object',
    required: ['errors'],
    additionalProperties: false,
    properties: {
      errors: {
        type: 'array',
        minItems: 1,
        description: `The refusal, and after it up to ${FIRST_PROBLEMS} lines of the body, or elements of its JSON array, that are to blame.`,
        items: { anyOf: [ref('Error'), ref('LineError')] },
      },
      error_count: { ...count, description: 'How many lines or elements are to blame.' },
      line_is: {
        enum: ['line', 'element'],
        description:
          'What the line of each is: a line of the body, or an element of its JSON array.',
      },
    },
  },
  Error: {
    type: 'object',
    required: ['message', 'extensions'],
    properties: {
      message: text,
      extensions: {
        type: 'object',
        required: ['code', 'retryable'],
        properties: {
          code: { enum: [...new Set(registry.map(({ name }) => name))] },
          sqlstate: text,
          detail: text,
          hint: text,
          retryable: { type: 'boolean' },
        },
      },
    },
  },
  LineError: {
    type: 'object',
    required: ['line', 'message'],
    additionalProperties: false,
    properties: { line: { type: ['integer', 'null'] }, message: text },
  },
};

/** Of one server, whoever has a token: so many requests, and so many attempts without a good one. */
const tooOften = (rateLimit: number) =>
  limited(
    `RATE_LIMITED: a token or session may make ${rateLimit} requests a minute, and an address may fail to get in ${maxFailures} times a minute.`,
    { headers: { 'Retry-After': header('Seconds until it has passed.', count) } },
  );

/** The document of a server of this version that lets so many requests of a credential through in a minute. */
export function makeOpenapi({ version, rateLimit }: { version: string; rateLimit: number }) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Bulkhead',
      version,
      description: `A test-case store for LLM evaluation. A token or session may make ${rateLimit} requests a minute; ${limits.transfers} long appends and pulls use the database at once.`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths: {
      '/api/suites/{slug}/cases': { get: pull, post: append },
      '/api/openapi.json': {
        get: {
          operationId: 'describe',
          security: [],
          responses: {
            200: {
              description: 'This document.',
              content: { [object]: { schema: { type: 'object' } } },
            },
          },
        },
      },
      '/graphql': { post: graphql },
      '/healthz': { get: open('isAlive', 'alive') },
      '/readyz': { get: open('isReady', 'ready') },
    },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'bhd_… of: bulkhead token create' },
      },
      responses: {
        TooOften: tooOften(rateLimit),
        Refused: {
          description: 'A refusal, with a code of the list of errors.',
          content: { [object]: { schema: ref('Refusal') } },
        },
      },
      schemas,
    },
  };
}
