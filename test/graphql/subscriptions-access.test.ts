import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Client } from 'graphql-ws';
import { limits } from '../../src/graphql/limits.ts';
import { makeSession } from '../helpers/access.ts';
import { connectSocket, openApi, useApi } from '../helpers/api.ts';
import { guess } from '../helpers/guesses.ts';

const api = useApi(test);

const ofSuite = 'subscription ($suite: BigInt!) { suiteOperations(suiteId: $suite) { id state } }';

/** A client with one subscription that has begun, and how its socket ends. */
async function subscribe(t: ExecutionContext, client: Client, suite: string) {
  const closed = new Promise<number>((resolve) => {
    client.on('closed', (event) => resolve((event as { code: number }).code));
  });
  const events = client.iterate({ query: ofSuite, variables: { suite } });
  t.teardown(() => client.dispose());
  const first = await events.next();
  t.deepEqual(first.value?.data, { suiteOperations: [] });
  /** The next event that is not said again. */
  const next = async (): Promise<unknown> => {
    const { value, done } = await events.next();
    if (done) return 'the end';
    const code = value.errors?.[0]?.extensions?.code;
    if (code) return code;
    return value.data?.suiteOperations && (value.data.suiteOperations as []).length === 0
      ? next()
      : value.data;
  };
  return { events, next, closed };
}

/** The code with which a socket is closed that nobody is let in by. */
async function refusal(client: Client): Promise<number | undefined> {
  try {
    await client.iterate({ query: '{ me { principal } }' }).next();
    return undefined;
  } catch (event) {
    return (event as { code?: number }).code;
  }
}

const query = (sql: string, values: unknown[] = []) => api.db.pool.query(sql, values);

test('a socket is let in by a token in its first message, or by the cookie', async (t) => {
  const suite = await api.suite('let-in');
  const { token, principal } = await api.token('viewer', [suite]);
  for (const secret of [token, api.secret]) {
    const client = connectSocket(api.url, secret);
    const { value } = await client.iterate({ query: '{ me { principal } }' }).next();
    const me = value?.data?.me as { principal: string };
    t.is(me.principal, secret === token ? principal : 'person:tester');
    await client.dispose();
  }
});

test('a socket of a stranger is closed', async (t) => {
  for (const secret of ['', guess('bhd_'), guess('bhs_'), 'bhd_'])
    t.is(await refusal(connectSocket(api.url, secret)), 4401, secret);
});

test('a subscription ends when its token is revoked, though nothing happens in the suite', async (t) => {
  const suite = await api.suite('revoked');
  const { token, principal } = await api.token('viewer', [suite]);
  const { events, closed } = await subscribe(t, api.as(token).sockets(), suite);
  const ended = events.next().catch((error) => error);
  await query('select bulkhead.revoke_token($1)', [principal]);
  t.is(await closed, 4401);
  await ended;
  t.is(await refusal(connectSocket(api.url, token)), 4401);
});

test('a subscription ends when its session does, or its principal is shut out', async (t) => {
  const suite = await api.suite('ended');
  for (const end of ['session', 'principal']) {
    const session = await makeSession(api.db.pool, `person:ends-${end}`);
    await query(`select bulkhead.set_member($1, $2, 'viewer')`, [suite, `person:ends-${end}`]);
    const { events, closed } = await subscribe(t, api.as(session).sockets(), suite);
    const ended = events.next().catch((error) => error);
    await (end === 'session'
      ? query(`select bulkhead_private.end_session(sha256(convert_to($1, 'UTF8')))`, [session])
      : query('select bulkhead.set_principal($1, disabled => true)', [`person:ends-${end}`]));
    t.is(await closed, 4401, end);
    await ended;
  }
});

test('a subscription ends when its token expires', async (t) => {
  const suite = await api.suite('expires');
  const { token, principal } = await api.token('viewer', [suite]);
  const { events, closed } = await subscribe(t, api.as(token).sockets(), suite);
  const ended = events.next().catch((error) => error);
  await query(
    `update bulkhead_private.credentials set expires_at = clock_timestamp() + interval '1 s' where principal = $1`,
    [principal],
  );
  // The server learns of it, and has heard the last of it: nothing more is said at the end.
  await query('select bulkhead_private.notify_access($1)', [principal]);
  t.is(await closed, 4401);
  await ended;
});

test('who is no member any more sees nothing more of the suite, and goes on with others', async (t) => {
  const [left, kept] = [await api.suite('left'), await api.suite('kept')];
  const { token, principal } = await api.token('viewer', [left, kept]);
  const client = api.as(token).sockets();
  const ofLeft = await subscribe(t, client, left);
  const ofKept = client.iterate({ query: ofSuite, variables: { suite: kept } });
  await ofKept.next();
  await query('select bulkhead.remove_member($1, $2)', [left, principal]);
  t.is(await ofLeft.next(), 'UNKNOWN_SUITE');
  t.is(await ofLeft.next(), 'the end');
  t.deepEqual((await ofKept.next()).value?.data, { suiteOperations: [] });
});

test('an operation of a suite that one may not see is an unknown one', async (t) => {
  const [mine, other] = [await api.suite('mine'), await api.suite('other', [{ input: 'x' }])];
  const { bulkTag } = await api.run(
    `mutation ($suite: BigInt!) {
      bulkTag(input: { suiteId: $suite, allCases: true, add: ["x"] }) { operation { id } }
    }`,
    { suite: other },
  );
  const { token } = await api.token('owner', [mine]);
  const client = api.as(token).sockets();
  const answers = [];
  for (const id of [bulkTag.operation.id, '0']) {
    const { value } = await client
      .iterate({
        query: `subscription ($suite: BigInt!, $id: BigInt!) { operationProgress(suiteId: $suite, id: $id) { id } }`,
        variables: { suite: other, id },
      })
      .next();
    t.is(value?.errors?.[0]?.extensions?.code, 'UNKNOWN_OPERATION');
    answers.push(JSON.stringify(value).replace(`the id ${id}`, 'the id ?'));
  }
  t.is(answers[0], answers[1]);
});

test('a token that was revoked while the server heard nothing is found out afterwards', async (t) => {
  const other = await openApi(api.db);
  t.teardown(other.stop);
  const suite = await api.suite('deaf');
  const { token, principal } = await api.token('viewer', [suite]);
  const { events, closed } = await subscribe(t, other.as(token).sockets(), suite);
  const ended = events.next().catch((error) => error);
  // The notification is lost with the connection: the credential goes without one.
  await query('delete from bulkhead_private.credentials where principal = $1', [principal]);
  while (
    !(
      await api.db.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = $1 and application_name = 'bulkhead listener'`,
        [api.db.name],
      )
    ).rowCount
  )
    await sleep(10);
  t.is(await closed, 4401);
  await ended;
});

test('a socket has so many subscriptions, and a token so many sockets', async (t) => {
  const suite = await api.suite('many');
  const { token } = await api.token('viewer', [suite]);
  const client = api.as(token).sockets();
  for (let n = 0; n < limits.subscriptions; n++)
    await client.iterate({ query: ofSuite, variables: { suite } }).next();
  const refused = (await client
    .iterate({ query: ofSuite, variables: { suite } })
    .next()
    .catch((error) => error)) as [{ message: string; extensions: { code: string } }];
  t.is(refused[0].extensions.code, 'RATE_LIMITED');
  t.regex(refused[0].message, new RegExp(`${limits.subscriptions} subscriptions`));

  const clients = Array.from({ length: limits.sockets - 1 }, () => api.as(token).sockets());
  for (const one of clients) await one.iterate({ query: ofSuite, variables: { suite } }).next();
  t.is(await refusal(connectSocket(api.url, token)), 4429);
  await clients[0]?.dispose();
});
