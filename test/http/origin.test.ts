import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import test from 'ava';
import { WebSocket } from 'ws';
import { refuseForeign } from '../../src/http/origin.ts';
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

const foreign = ['https://example.org', 'http://localhost:3000', 'null', ''];

test('with a session, only a page of this server may send anything', async (t) => {
  const { host, port } = new URL(api.url);
  const { cookie = '' } = api.headers;
  t.is((await post({ host, cookie, origin: api.url })).status, 200);
  t.is(await connect({ cookie, origin: api.url }), 'open');
  for (const origin of [...foreign, `http://localhost:${port}`, `${api.url}.example.org`]) {
    const { status, body } = await post({ host, cookie, origin });
    t.is(status, 403, origin);
    t.is(body.errors[0].extensions.code, 'FOREIGN_ORIGIN');
    t.is(await connect({ cookie, origin }), 403, origin);
  }
  t.is((await post({ host, cookie })).status, 403);
  t.is(await connect({ cookie }), 403);
});

test('a token is sent by whoever has it, from wherever that is', async (t) => {
  const { host } = new URL(api.url);
  const { token } = await api.token('viewer', [await api.suite('anywhere')]);
  const authorization = `Bearer ${token}`;
  t.is((await post({ host, authorization })).status, 200);
  for (const origin of foreign) t.is((await post({ host, authorization, origin })).status, 200);
  // A cookie beside it is not what lets it in.
  const { cookie = '' } = api.headers;
  t.is((await post({ host, authorization, cookie, origin: 'null' })).status, 200);
});

test('a name of its own, which leads here, is of no use to a page: its cookies are not ours', async (t) => {
  const host = 'rebound.example.org';
  const { status, body } = await post({ host, origin: `http://${host}` });
  t.is(status, 401);
  t.is(body.errors[0].extensions.code, 'UNAUTHENTICATED');
});

test('behind TLS the origin is that of the configuration, whatever the host is said to be', (t) => {
  const publicUrl = 'https://bulkhead.example.org';
  t.is(refuseForeign({ host: 'inside:5480', origin: publicUrl }, publicUrl), null);
  for (const origin of [undefined, 'http://inside:5480', 'http://bulkhead.example.org'])
    t.is(
      refuseForeign({ host: 'inside:5480', ...(origin && { origin }) }, publicUrl)?.entry.name,
      'FOREIGN_ORIGIN',
    );
  // TLS may end in front of a server that has not been told.
  t.is(refuseForeign({ host: 'b.example.org', origin: 'https://b.example.org' }, undefined), null);
});

test('sockets are taken at the address of GraphQL alone', async (t) => {
  t.is(await connect({}, '/nothing'), 404);
  t.is(await connect({}, '//'), 404);
});
