import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import test from 'ava';
import { WebSocket } from 'ws';
import { useApi } from '../helpers/api.ts';

const api = useApi(test);

/** fetch does not let one choose these headers. */
async function post(headers: Record<string, string>, path = '/graphql') {
  const { port } = new URL(api.url);
  const sent = request({ port, host: '127.0.0.1', path, method: 'POST', agent: false });
  sent.setHeader('content-type', 'application/json');
  for (const [name, value] of Object.entries(headers)) sent.setHeader(name, value);
  sent.end(JSON.stringify({ query: '{ __typename }' }));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks = await answer.toArray();
  return { status: answer.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) };
}

/** How the server answers an upgrade: `open`, or the status. */
function connect(headers: Record<string, string>, path = '/graphql'): Promise<string | number> {
  const { port, host } = new URL(api.url);
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, 'graphql-transport-ws', {
    headers: { host, ...headers },
  });
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate();
      resolve('open');
    });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => {});
  });
}

const ofThisMachine = ['127.0.0.1', 'localhost', '[::1]', '127.0.0.1:80', 'localhost:5480'];
const ofOthers = ['example.org', 'localhost.example.org', '127.0.0.1.example.org', '10.0.0.1', '?'];

test('a request has to name this machine, or a page could reach it by a name of its own', async (t) => {
  for (const host of ofThisMachine) {
    t.is((await post({ host })).status, 200, host);
    t.is(await connect({ host }), 'open', host);
  }
  for (const host of ofOthers) {
    for (const path of ['/graphql', '/healthz', '/ruru']) {
      const { status, body } = await post({ host }, path);
      t.is(status, 403, host);
      t.is(body.errors[0].extensions.code, 'FOREIGN_ORIGIN');
    }
    t.is(await connect({ host }), 403, host);
  }
});

test('a page of another site, or of another server here, is refused', async (t) => {
  const { host, port } = new URL(api.url);
  for (const origin of [
    'https://example.org',
    'http://localhost:3000',
    `http://localhost:${port}`,
    'null',
    '',
  ]) {
    const { status, body } = await post({ host, origin });
    t.is(status, 403, origin);
    t.is(body.errors[0].extensions.code, 'FOREIGN_ORIGIN');
    t.is(await connect({ origin }), 403, origin);
  }
});

test('a page of this server is let in', async (t) => {
  const { host } = new URL(api.url);
  t.is((await post({ host, origin: api.url })).status, 200);
  t.is(await connect({ origin: api.url }), 'open');
});

test('sockets are taken at the address of GraphQL alone', async (t) => {
  t.is(await connect({}, '/nothing'), 404);
  t.is(await connect({}, '//'), 404);
});
