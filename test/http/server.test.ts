import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { readText } from '../../src/client/http.ts';
import { startServer } from '../../src/http/server.ts';
import { makeLogger } from '../../src/logger.ts';
import { type Answer, openApi, useApi } from '../helpers/api.ts';
import { makeDatabase } from '../helpers/database.ts';

const api = useApi(test);
const logger = makeLogger('silent');

const errorOf = async (response: Response) => ((await response.json()) as Answer).errors?.[0];

// These two alone: other tests start servers in this process, each of which keeps it from answering for a second or two.
test.serial('the process is alive, and ready when the database is migrated', async (t) => {
  const alive = await fetch(`${api.url}/healthz`);
  t.is(alive.status, 200);
  t.deepEqual(await alive.json(), { status: 'alive' });
  const ready = await fetch(`${api.url}/readyz`);
  t.deepEqual(await ready.json(), { status: 'ready' }); // first, as it says why not
  t.is(ready.status, 200);
});

test.serial('without all migrations it is alive, but not ready', async (t) => {
  const db = await makeDatabase(t);
  const other = await openApi(db);
  t.teardown(other.stop);
  await db.pool.query('delete from graphile_migrate.migrations');
  t.is((await fetch(`${other.url}/healthz`)).status, 200);
  const ready = await fetch(`${other.url}/readyz`);
  t.is(ready.status, 503);
  t.like(await errorOf(ready), {
    extensions: { code: 'NOT_MIGRATED', hint: 'Run: bulkhead migrate', retryable: false },
  });
});

test('without a database it is alive, but not ready', async (t) => {
  const db = await makeDatabase(t);
  const other = await openApi(db);
  t.teardown(other.stop);
  await api.db.pool.query(`alter database ${db.name} with allow_connections false`);
  await api.db.api.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename = current_user',
    [db.name],
  );
  t.is((await fetch(`${other.url}/healthz`)).status, 200);
  const ready = await fetch(`${other.url}/readyz`);
  t.is(ready.status, 503);
  t.like(await errorOf(ready), {
    extensions: { code: 'DATABASE_UNREACHABLE', retryable: true },
  });
  await api.db.pool.query(`alter database ${db.name} with allow_connections true`);
  while ((await fetch(`${other.url}/readyz`)).status !== 200) await sleep(10);
  t.truthy(await other.run('{ suites { totalCount } }'));
});

test('every answer forbids to guess its type, and none tells what made it', async (t) => {
  for (const path of ['/healthz', '/readyz', '/graphql', '/ruru', '/nothing']) {
    const { headers } = await fetch(api.url + path);
    t.is(headers.get('x-content-type-options'), 'nosniff', path);
    t.is(headers.get('x-powered-by'), null, path);
  }
});

test('of an answer nothing runs or is framed, and https is insisted on where it is there', async (t) => {
  const behindTls = await openApi(api.db, { publicUrl: 'https://bulkhead.example.org' });
  t.teardown(behindTls.stop);
  for (const { url } of [api, behindTls])
    for (const path of ['/healthz', '/graphql', '/ruru', '/sign-in', '/nothing']) {
      const { headers } = await fetch(url + path, { redirect: 'manual' });
      const policy = headers.get('content-security-policy') ?? '';
      t.regex(policy, /default-src 'none'/, path);
      t.regex(policy, /frame-ancestors 'none'/, path);
      t.is(headers.has('strict-transport-security'), url === behindTls.url, path);
    }
});

test('there is nothing at other addresses', async (t) => {
  for (const path of ['/nothing', '/graphql/stream']) {
    const answer = await fetch(api.url + path, { headers: api.headers });
    t.is(answer.status, path.startsWith('/graphql') ? 405 : 404, path);
  }
  t.deepEqual(await errorOf(await fetch(`${api.url}/nothing`)), {
    message: 'there is nothing at GET /nothing',
    extensions: { code: 'NOT_FOUND', retryable: false },
  });
});

test('an address that is no UTF-8 is a bad request', async (t) => {
  for (const path of ['/api/suites/%E0%A4%A/cases', '/api/suites/%/cases']) {
    const answer = await fetch(api.url + path, { headers: api.headers });
    t.is(answer.status, 400, path);
    t.like(await errorOf(answer), {
      message: 'the address cannot be read',
      extensions: { code: 'BAD_REQUEST', retryable: false },
    });
  }
});

test('an upgrade that is offered and is none to a socket is passed over', async (t) => {
  const { port } = new URL(api.url);
  const send = async (path: string, body?: string) => {
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': '' };
    const type = body ? { 'content-type': 'application/json' } : {};
    const sent = request({
      ...{ port, host: '127.0.0.1', path, agent: false },
      ...{ method: body ? 'POST' : 'GET' },
      headers: { ...api.headers, ...headers, ...type },
    });
    const [response] = await once(sent.end(body), 'response');
    return [response.statusCode, JSON.parse(await readText(response))];
  };
  t.deepEqual(await send('/healthz'), [200, { status: 'alive' }]);
  t.deepEqual(await send('/graphql', '{"query":"{ __typename }"}'), [
    200,
    { data: { __typename: 'Query' } },
  ]);
});

test('Ruru is served with all it needs, from this server alone', async (t) => {
  const answer = await fetch(`${api.url}/ruru`, { headers: api.headers });
  t.is(answer.status, 200);
  t.regex(answer.headers.get('content-type') ?? '', /^text\/html/);
  const html = await answer.text();
  t.regex(html, /\/graphql/);
  const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
  t.true(addresses.length > 0);
  for (const address of addresses) {
    t.true(address.startsWith('/ruru-static/') || address.startsWith('data:'), address);
    if (address.startsWith('/')) t.is((await fetch(api.url + address)).status, 200, address);
  }
});

test('a GraphQL request is a POST with JSON', async (t) => {
  const body = JSON.stringify({ query: '{ __typename }' });
  const get = await fetch(`${api.url}/graphql?query={__typename}`, { headers: api.headers });
  t.is(get.status, 405);
  t.is(get.headers.get('allow'), 'POST');
  // What a form or a script on another site may send without asking the server first.
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    // What is not UTF-8 would be read as something else.
    'application/json; charset=iso-8859-1',
    'json',
  ]) {
    const answer = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { ...api.headers, 'content-type': type },
      body,
    });
    t.is(answer.status, 415, type);
    t.is((await errorOf(answer))?.extensions.code, 'UNSUPPORTED_MEDIA_TYPE', type);
  }
  const send = (text: string | Buffer, type = 'application/json', more = {}) =>
    fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { ...api.headers, 'content-type': type, ...more },
      body: text as string,
    });
  t.is((await send(body)).status, 200);
  t.is((await send(body, 'Application/JSON; Charset="UTF-8"')).status, 200);
  t.is((await send(body, 'application/json', { 'content-encoding': 'zstd-9' })).status, 415);
  t.is((await send('{"query": ')).status, 400);
  const latin1 = await send(
    Buffer.from('{"query":"{__typename}","variables":{"x":"caf\xe9"}}', 'latin1'),
  );
  t.is(latin1.status, 400);
  t.is((await errorOf(latin1))?.extensions.code, 'INVALID_ENCODING');
});

test('a port that is taken is an error to be told apart', async (t) => {
  const { ownerUrl, apiUrl } = api.db;
  const port = Number(new URL(api.url).port);
  await t.throwsAsync(
    startServer({ config: { host: '127.0.0.1', port }, ownerUrl, apiUrl, logger }),
    { code: 'EADDRINUSE' },
  );
});

test('a server without a database to read the schema from does not start', async (t) => {
  const { ownerUrl, apiUrl } = api.db;
  const gone = apiUrl.replace(api.db.name, 'no_such_database');
  await t.throwsAsync(
    startServer({ config: { host: '127.0.0.1', port: 0 }, ownerUrl, apiUrl: gone, logger }),
    { code: '3D000' },
  );
});

test('a stop ends open subscriptions and idle connections, and leaves none to the database', async (t) => {
  const db = await makeDatabase(t);
  const other = await openApi(db);
  const suite = await other.suite('open');
  const events = other.sockets().iterate({
    query: 'subscription ($suite: BigInt!) { suiteOperations(suiteId: $suite) { id } }',
    variables: { suite },
  });
  t.deepEqual((await events.next()).value?.data, { suiteOperations: [] });
  const ended = events.next().then(
    () => 'ended',
    () => 'ended',
  );
  const { port } = new URL(other.url);
  const idle = request({ port, host: '127.0.0.1', path: '/healthz', agent: false });
  idle.setHeader('connection', 'keep-alive');
  const [response] = await once(idle.end(), 'response');
  response.resume();
  await once(response, 'end');

  await other.stop();
  t.is(await ended, 'ended');
  // A backend ends a little later than its connection; one that is left open never does.
  const left = () =>
    db.pool.query(
      `select from pg_stat_activity
        where datname = current_database() and application_name in ('bulkhead api', 'bulkhead sign-in', 'bulkhead listener')`,
    );
  while ((await left()).rowCount) await sleep(10);
  await t.throwsAsync(fetch(`${other.url}/healthz`));
});

test('a server is stopped once, however often it is told to', async (t) => {
  const db = await makeDatabase(t);
  const { ownerUrl, apiUrl } = db;
  const server = await startServer({
    config: { host: '127.0.0.1', port: 0 },
    ownerUrl,
    apiUrl,
    logger,
  });
  await Promise.all([server.stop(), server.stop()]);
  await t.notThrowsAsync(server.stop());
});
