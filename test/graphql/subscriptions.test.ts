import test, { type ExecutionContext } from 'ava';
import { ask, useApi } from '../helpers/api.ts';

const api = useApi(test);

const cases = Array.from({ length: 3 }, (_, i) => ({ input: `${i}`, tags: ['rag'] }));

/** An operation that waits for a worker, because its tag is new. */
async function submit(suite: string, tag = 'new'): Promise<string> {
  const { bulkTag } = await api.run(
    `mutation ($suite: BigInt!, $tag: String!) {
      bulkTag(input: { suiteId: $suite, allCases: true, add: [$tag] }) { operation { id state } }
    }`,
    { suite, tag },
  );
  return bulkTag.operation.id;
}

/** What a worker does. */
async function runChunk(suite: string, operation: string, size?: number) {
  if (size)
    await api.db.pool.query(
      'update bulkhead.bulk_operations set chunk_size = $3 where suite_id = $1 and id = $2',
      [suite, operation, size],
    );
  await api.db.pool.query('select bulkhead_private.run_chunk($1, $2)', [suite, operation]);
}

/**
 * A subscription that is read event by event. A notification from just before its beginning may
 * still come, so that the same is said again: this is left out.
 */
function subscribe(t: ExecutionContext, query: string, variables: Record<string, unknown>) {
  const events = api.sockets().iterate({ query, variables });
  t.teardown(() => events.return?.());
  let last: string | undefined;
  async function next(): Promise<unknown> {
    const { value, done } = await events.next();
    if (done) return 'the end';
    const said = value.errors ? value.errors[0]?.extensions : value.data;
    if (JSON.stringify(said) === last) return next();
    last = JSON.stringify(said);
    return said;
  }
  return { next };
}

const progress = `subscription ($suite: BigInt!, $id: BigInt!) {
  operationProgress(suiteId: $suite, id: $id) { state processed suite { slug } }
}`;

const ofSuite = `subscription ($suite: BigInt!) {
  suiteOperations(suiteId: $suite) { id state processed }
}`;

test('an operation is pushed as it is, as it moves, and ends with it', async (t) => {
  const suite = await api.suite('progress', cases);
  const id = await submit(suite);
  const events = subscribe(t, progress, { suite, id });
  const at = (state: string, processed: string) => ({
    operationProgress: { state, processed, suite: { slug: 'progress' } },
  });
  t.deepEqual(await events.next(), at('queued', '0'));
  await runChunk(suite, id, 2);
  t.deepEqual(await events.next(), at('running', '2'));
  await runChunk(suite, id);
  t.deepEqual(await events.next(), at('succeeded', '3'));
  t.is(await events.next(), 'the end');
});

test('an operation that has ended is pushed once', async (t) => {
  const suite = await api.suite('ended', cases);
  const id = await submit(suite);
  await runChunk(suite, id);
  const events = subscribe(t, progress, { suite, id });
  t.like(await events.next(), { operationProgress: { state: 'succeeded' } });
  t.is(await events.next(), 'the end');
});

test('a suite pushes what has not ended, and then whatever moves', async (t) => {
  const suite = await api.suite('all', cases);
  const other = await api.suite('all-others', cases);
  const first = await submit(suite, 'one');
  const events = subscribe(t, ofSuite, { suite });
  t.deepEqual(await events.next(), {
    suiteOperations: [{ id: first, state: 'queued', processed: '0' }],
  });
  await runChunk(other, await submit(other));
  const second = await submit(suite, 'two');
  t.deepEqual(await events.next(), {
    suiteOperations: [{ id: second, state: 'queued', processed: '0' }],
  });
  await runChunk(suite, first);
  t.deepEqual(await events.next(), {
    suiteOperations: [{ id: first, state: 'succeeded', processed: '3' }],
  });
});

test('a suite at rest pushes an empty list first', async (t) => {
  const suite = await api.suite('rest', cases);
  const events = subscribe(t, ofSuite, { suite });
  t.deepEqual(await events.next(), { suiteOperations: [] });
});

test('an operation or a suite that does not exist ends with its error', async (t) => {
  const suite = await api.suite('nothing');
  const operation = subscribe(t, progress, { suite, id: '0' });
  t.like(await operation.next(), { code: 'UNKNOWN_OPERATION' });
  t.is(await operation.next(), 'the end');
  const none = subscribe(t, ofSuite, { suite: '0' });
  t.like(await none.next(), { code: 'UNKNOWN_SUITE' });
  t.is(await none.next(), 'the end');
});

test('a subscription that is not valid, or asks for too much, is refused', async (t) => {
  // Before it is run, as a message of its own; when it is run, as the first and last event.
  const refusal = async (query: string) => {
    try {
      const { value } = await api.sockets().iterate({ query }).next();
      return value?.errors?.[0]?.extensions;
    } catch (errors) {
      return (errors as { extensions: object }[])[0]?.extensions;
    }
  };
  t.like(await refusal('subscription { nothing }'), { code: 'BAD_REQUEST' });
  t.like(await refusal('subscription { suiteOperations(suiteId: "one") { id } }'), {
    code: 'BAD_REQUEST',
  });
  t.like(
    await refusal(
      'subscription { suiteOperations(suiteId: "1") { suite { cases(first: 501) { totalCount } } } }',
    ),
    { code: 'PAGE_TOO_LARGE' },
  );
  t.like(await refusal(`subscription { __typename #${' '.repeat(20_000)}\n}`), {
    code: 'QUERY_TOO_COSTLY',
  });
});

test('a subscription over HTTP is refused, which would outlive its client', async (t) => {
  const suite = await api.suite('over-http', cases);
  const document = `query q { __typename } ${ofSuite.replace('subscription', 'subscription s')}`;
  const send = (query: string, operationName: string | undefined, accept: string) =>
    ask(api.url, { query, operationName, variables: { suite } }, { ...api.headers, accept });
  for (const accept of ['application/json', 'application/graphql-response+json', '*/*'])
    for (const [query, operationName] of [[ofSuite], [document, 's']] as [string, string?][]) {
      const answer = await send(query, operationName, accept);
      t.regex(answer.headers.get('content-type') ?? '', /json/);
      const { errors } = (await answer.json()) as { errors: object[] };
      t.like(errors[0], {
        message: 'subscriptions go over WebSocket',
        extensions: { code: 'BAD_REQUEST' },
      });
    }
  t.like(await (await send(document, 'q', '*/*')).json(), { data: { __typename: 'Query' } });
});
