/** Floods of sockets and of what is said over them. */
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { limits } from '../../src/graphql/limits.ts';
import { makeSession, makeToken } from '../helpers/access.ts';
import { ask, headersOf, openApi, useApi } from '../helpers/api.ts';
import { makeSuite } from '../helpers/cases.ts';

const api = useApi(test);

/** A socket that says what it likes. */
async function open(t: ExecutionContext, headers: Record<string, string> = {}, url = api.url) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers,
  });
  const said: { type: string; id?: string; payload?: { extensions: { code: string } }[] }[] = [];
  const listeners = new Set<() => void>();
  socket.on('message', (data) => {
    said.push(JSON.parse(String(data)));
    for (const listener of listeners) listener();
  });
  const closed = once(socket, 'close').then(([code]) => code as number);
  socket.on('error', () => {});
  t.teardown(() => socket.terminate());
  await once(socket, 'open');
  /** Resolves once something of this type has been said. */
  const hears = (type: string, id?: string) =>
    new Promise<(typeof said)[number]>((resolve) => {
      const look = () => {
        const found = said.find((one) => one.type === type && (!id || one.id === id));
        if (found) resolve(found);
      };
      listeners.add(look);
      look();
    });
  return { socket, closed, hears, say: (message: object) => socket.send(JSON.stringify(message)) };
}

async function enter(t: ExecutionContext, token: string, url = api.url) {
  const one = await open(t, {}, url);
  one.say({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
  await Promise.race([one.hears('connection_ack'), one.closed]);
  return one;
}

const viewerOf = async (suite: string) => (await makeToken(api.db.pool, 'viewer', [suite])).token;
const watch = (suite: string) => ({
  query: `subscription { suiteOperations(suiteId: "${suite}") { id } }`,
});

test('a socket has so many subscriptions, and one more is refused', async (t) => {
  const suite = await makeSuite(api.db.pool);
  const { say, hears, socket } = await enter(t, await viewerOf(suite));
  for (let n = 0; n < limits.subscriptions; n++)
    say({ type: 'subscribe', id: `s${n}`, payload: watch(suite) });
  await hears('next', `s${limits.subscriptions - 1}`);
  for (let n = 0; n < 20; n++) say({ type: 'subscribe', id: `more${n}`, payload: watch(suite) });
  for (let n = 0; n < 20; n++) {
    const refused = await hears('error', `more${n}`);
    t.is(refused.payload?.[0]?.extensions.code, 'RATE_LIMITED');
  }
  // One that has ended leaves its place to another.
  say({ type: 'complete', id: 's0' });
  say({ type: 'subscribe', id: 'instead', payload: watch(suite) });
  t.is((await hears('next', 'instead')).type, 'next');
  t.is(socket.readyState, WebSocket.OPEN);
});

test('a token has so many sockets, and no other pays for it', async (t) => {
  const suite = await makeSuite(api.db.pool);
  const token = await viewerOf(suite);
  const all = await Promise.all(Array.from({ length: limits.sockets + 30 }, () => enter(t, token)));
  const isOpen = ({ socket }: (typeof all)[number]) => socket.readyState === WebSocket.OPEN;
  t.is(all.filter(isOpen).length, limits.sockets);
  for (const one of all.filter((each) => !isOpen(each))) t.is(await one.closed, 4429);
  t.true(isOpen(await enter(t, await viewerOf(suite))));
  // A socket that is closed leaves its place.
  const first = all.find(isOpen);
  first?.socket.close();
  await first?.closed;
  let again = await enter(t, token);
  for (let tries = 0; tries < 50 && !isOpen(again); tries++) again = await enter(t, token);
  t.true(isOpen(again));
});

test('whoever is not let in hears nothing, and is sent away', async (t) => {
  const suite = await makeSuite(api.db.pool);
  for (const [message, code] of [
    [{ type: 'connection_init' }, 4401],
    [{ type: 'connection_init', payload: {} }, 4401],
    [{ type: 'connection_init', payload: { authorization: null } }, 4401],
    [{ type: 'connection_init', payload: { authorization: ['Bearer x'] } }, 4401],
    [
      {
        type: 'connection_init',
        payload: { Authorization: 'Bearer x', cookie: 'bulkhead_session=x' },
      },
      4401,
    ],
    [{ type: 'connection_init', payload: { authorization: 'Bearer bhd_x' } }, 4401],
    [{ type: 'subscribe', id: '1', payload: watch(suite) }, 4401],
    [{ type: 'nothing' }, 4400],
  ] as const) {
    const one = await open(t);
    one.say(message);
    t.is(await one.closed, code, JSON.stringify(message));
  }
  const silent = await open(t);
  t.is(await silent.closed, 4408);
});

test('a stranger’s message is not kept until it is whole', async (t) => {
  const piece = Buffer.alloc(16 * 1024, ' ');
  const one = await open(t);
  for (let n = 0; n < 64; n++) one.socket.send(piece, { fin: false });
  // Without a close from the server, which has cut it off; 4408 is that of one who has waited.
  t.is(await one.closed, 1006);
  // Whoever has been let in may say as much in one message.
  const known = await enter(t, await viewerOf(await makeSuite(api.db.pool)));
  for (let n = 0; n < 64; n++) known.socket.send(piece, { fin: false });
  known.socket.send('x');
  t.is(await known.closed, 4400);
});

test('a session over a socket comes from a page of this server', async (t) => {
  const session = await makeSession(api.db.pool);
  const { cookie = '' } = headersOf(api.url, session);
  for (const origin of ['https://example.org', 'null', 'http://localhost:3000', '']) {
    const socket = new WebSocket(
      `${api.url.replace('http', 'ws')}/graphql`,
      'graphql-transport-ws',
      {
        headers: { cookie, origin },
      },
    );
    socket.on('error', () => {});
    const [, response] = await once(socket, 'unexpected-response');
    t.is(response.statusCode, 403, origin);
  }
  const own = await open(t, { cookie, origin: api.url });
  own.say({ type: 'connection_init' });
  t.is((await own.hears('connection_ack')).type, 'connection_ack');
});

test('over a socket the limits are those of any request', async (t) => {
  const suite = await makeSuite(api.db.pool);
  const token = await viewerOf(suite);
  const { say, hears } = await enter(t, token);
  const refusals: Record<string, string> = {
    deep: `{ suite(id: "1") { ${'cases { nodes { suite { '.repeat(5)} id ${'} } }'.repeat(5)} } }`,
    wide: `{ suite(id: "1") { ${Array.from({ length: 600 }, (_, n) => `a${n}: id`).join(' ')} } }`,
    ring: '{ suite(id: "1") { ...f } } fragment f on TestSuite { ...f }',
  };
  for (const [id, query] of Object.entries(refusals)) {
    say({ type: 'subscribe', id, payload: { query } });
    const answer = await Promise.race([hears('error', id), hears('next', id)]);
    t.regex(JSON.stringify(answer), /QUERY_TOO|BAD_REQUEST/, id);
  }
  const large = await enter(t, token);
  large.socket.send('x'.repeat(limits.body + 1));
  t.is(await large.closed, 1009);
});

test('what is asked over a socket counts as a request of its token', async (t) => {
  const limited = await openApi(api.db, { rateLimit: 20 });
  t.teardown(limited.stop);
  const token = await viewerOf(await makeSuite(api.db.pool));
  const { say, hears } = await enter(t, token, limited.url);
  for (let n = 0; n < 20; n++)
    say({ type: 'subscribe', id: `q${n}`, payload: { query: '{ __typename }' } });
  await hears('complete', 'q19');
  say({ type: 'subscribe', id: 'more', payload: { query: '{ __typename }' } });
  const refused = await hears('error', 'more');
  t.is(refused.payload?.[0]?.extensions.code, 'RATE_LIMITED');
  // Over HTTP it is the same token.
  t.is((await ask(limited.url, { query: '{ __typename }' }, headersOf('', token))).status, 429);
});
