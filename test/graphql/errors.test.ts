import { Socket } from 'node:net';
import test from 'ava';
import { GraphQLError } from 'graphql';
import pg from 'pg';
import { BulkheadError } from '../../src/errors.ts';
import { makeMaskError } from '../../src/graphql/errors.ts';
import type { Logger } from '../../src/logger.ts';
import { post, useApi } from '../helpers/api.ts';

const api = useApi(test);

test('an error has the name, SQLSTATE, detail and hint of the registry', async (t) => {
  const { data, errors } = await api.send(
    '{ findCases(suiteId: "0") { id } normalizeTag(label: "x") }',
  );
  t.deepEqual(data, null);
  t.deepEqual(errors, [
    {
      message: 'there is no suite with the id 0',
      locations: [{ line: 1, column: 3 }],
      path: ['findCases'],
      extensions: {
        code: 'UNKNOWN_SUITE',
        sqlstate: 'TCNSU',
        detail: 'The suite was asked for by its id.',
        hint: "bulkhead.suite_id('slug') gives the id of a suite.",
        retryable: false,
      },
    },
  ] as never);
});

test('one mutation that fails leaves the others alone', async (t) => {
  const { data, errors } = await api.send(`mutation {
    one: createSuite(input: { slug: "alone" }) { suite { slug } }
    two: createSuite(input: { slug: "alone" }) { suite { slug } }
    three: createSuite(input: { slug: "alone-too" }) { suite { slug } }
  }`);
  t.deepEqual(data, {
    one: { suite: { slug: 'alone' } },
    two: null,
    three: { suite: { slug: 'alone-too' } },
  });
  t.deepEqual(
    errors?.map(({ path }) => path),
    [['two']],
  );
});

test('a document that is not GraphQL, or not of this schema, is explained', async (t) => {
  t.like(await api.fail('{ suites'), {
    code: 'BAD_REQUEST',
    message: 'Syntax Error: Expected Name, found <EOF>.',
  });
  t.like(await api.fail('{ suits { totalCount } }'), {
    code: 'BAD_REQUEST',
    message:
      'Cannot query field "suits" on type "Query". Did you mean "suite", "suites", or "suiteId"?',
  });
  t.like(await api.fail('query ($id: BigInt!) { suite(id: $id) { id } }'), { code: 'BAD_REQUEST' });
  t.like(await api.fail('query ($id: BigInt!) { suite(id: $id) { id } }', { id: 'one' }), {
    code: 'BAD_REQUEST',
    message:
      'Variable "$id" got invalid value "one"; This is not a whole number of up to 19 digits.',
  });
  t.like(await api.fail('{ suite(id: "9999999999999999999") { id } }'), {
    code: 'NUMBER_OUT_OF_RANGE',
    sqlstate: '22003',
  });
  t.like(await api.fail('{ suites(after: "nowhere") { totalCount nodes { id } } }'), {
    code: 'BAD_REQUEST',
  });
  t.like(await api.fail('{ findCases(suiteId: 1, createdAfter: "soon") { id } }'), {
    code: 'INVALID_DATE',
  });
});

test('what is no request is refused', async (t) => {
  const query = '{ __typename }';
  for (const body of [
    {},
    [],
    { query: 1 },
    { query, variables: [1] },
    { query, variables: 'x' },
    { query, operationName: 1 },
  ]) {
    const { errors } = await post(api.url, body, api.headers);
    t.is(errors?.length, 1, JSON.stringify(errors));
    t.is(errors?.[0]?.extensions.code, 'BAD_REQUEST', JSON.stringify(errors));
  }
});

test('an unknown error reveals an id, and the log has the rest', (t) => {
  const logged: { err: Error; errorId: string }[] = [];
  const logger = { error: (entry: never) => logged.push(entry) } as unknown as Logger;
  const mask = makeMaskError(logger);
  const secret = new Error('password authentication failed for user "bulkhead_owner"');
  const masked = mask(
    new GraphQLError(secret.message, { path: ['suites'], originalError: secret }),
  );
  t.is(logged.length, 1);
  t.is(logged[0]?.err, secret);
  t.deepEqual(masked.toJSON(), {
    message: `something went wrong; its id is ${logged[0]?.errorId}`,
    path: ['suites'],
    extensions: { code: 'INTERNAL', retryable: false },
  });
});

test('an error of ours keeps its place, and loses its cause', (t) => {
  const mask = makeMaskError({} as Logger);
  const error = new BulkheadError('NOT_MIGRATED', 'not yet', {
    hint: 'migrate',
    cause: new Error('secret'),
  });
  const masked = mask(new GraphQLError(error.message, { path: ['a', 1], originalError: error }));
  t.deepEqual(masked.toJSON(), {
    message: 'not yet',
    path: ['a', 1],
    extensions: { code: 'NOT_MIGRATED', hint: 'migrate', retryable: false },
  });
});

test('a limit that was met is named', (t) => {
  const mask = makeMaskError({} as Logger);
  const of = (code: string, message: string) =>
    mask(
      new GraphQLError(message, {
        path: ['a'],
        originalError: Object.assign(new Error(message), { code }),
      }),
    );
  const slow = of('57014', 'canceling statement due to statement timeout');
  t.like(slow, { extensions: { code: 'STATEMENT_TIMEOUT', retryable: true } });
  t.regex(slow.message, /longer than 30 s/);
  t.regex(of('57014', 'canceling statement due to user request').message, /user request/);
  const full = of('53300', 'too many connections for role "bulkhead_api"');
  t.like(full, { extensions: { code: 'TOO_MANY_CONNECTIONS' } });
  t.regex(full.message, /bulkhead_api/);
  t.regex(String(full.extensions.hint), /20 at most/);
});

test('a connection that is lost without a word is said to be so, by the query under way and by the next', async (t) => {
  const socket = new Socket();
  const client = new pg.Client({ connectionString: api.db.ownerUrl, stream: () => socket });
  client.on('error', () => {});
  await client.connect();
  const mask = makeMaskError({} as Logger);
  const masked = async (query: Promise<unknown>) => {
    const originalError = await t.throwsAsync(query);
    return mask(new GraphQLError('x', { path: ['a'], originalError })).toJSON();
  };
  const underWay = masked(client.query('select pg_sleep(60)'));
  socket.destroy();
  for (const said of [await underWay, await masked(client.query('select'))])
    t.deepEqual(said, {
      message: 'the connection to the database was lost',
      path: ['a'],
      extensions: { code: 'DATABASE_UNREACHABLE', retryable: true },
    });
});
