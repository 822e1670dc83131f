/** The way to the server: proxies, and answers that break off. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { useApi } from '../helpers/api.ts';
import { makeCli, makeWire } from './remote.ts';

const api = useApi(test);

/** A proxy that passes plain requests on, and refuses tunnels; resolves to its address and what it was asked for. */
async function makeProxy(t: ExecutionContext) {
  const asked: string[] = [];
  const proxy = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const { method, headers } = incoming;
    const onward = request(incoming.url ?? '', { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  proxy.on('connect', ({ url }, socket) => {
    asked.push(`CONNECT ${url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.teardown(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { asked, url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
}

test('the proxy of the environment is used where NODE_USE_ENV_PROXY says so', async (t) => {
  const cli = await makeCli(t, api, 'viewer', [await api.suite('behind')]);
  const { asked, url } = await makeProxy(t);
  const proxy = { HTTP_PROXY: url, HTTPS_PROXY: url };
  await cli.out(['suites'], { env: proxy });
  t.deepEqual(asked, []);
  const env = { ...proxy, NODE_USE_ENV_PROXY: '1' };
  t.regex(await cli.out(['suites'], { env }), /behind/);
  t.deepEqual(asked, [`POST ${api.url}/graphql`]);
  await cli.out(['suites'], { env: { ...env, NO_PROXY: '127.0.0.1' } });
  t.is(asked.length, 1);
  const secure = { ...env, BULKHEAD_URL: 'https://bulkhead.invalid' };
  await cli.refused(['suites'], 5, /https:\/\/bulkhead\.invalid does not answer: the proxy/, {
    env: secure,
  });
  t.is(asked[1], 'CONNECT bulkhead.invalid:443');
});

test('an answer that breaks off is called that, and a query is asked again', async (t) => {
  const suite = await api.suite('breaks', [
    { external_key: 'long', input: 'x'.repeat(1_000_000) },
    { external_key: 'b', input: 'two' },
  ]);
  let [cuts, bytes] = [1, 0];
  const url = await makeWire(t, api.url, (piece, { client, server }) => {
    bytes += piece.length;
    if (cuts === 0 || bytes < 100_000) return;
    [cuts, bytes] = [cuts - 1, 0];
    client.destroy();
    server.destroy();
  });
  const cli = await makeCli(t, api, 'editor', [suite], url);
  const args = ['history', 'breaks', 'long', '--json'];
  const { code, stdout, stderr } = await cli.run(args);
  t.is(code, 0, stderr);
  t.is(JSON.parse(stdout)[0].input.length, 1_000_000);
  t.is(stderr, `the answer of ${url} broke off; trying again\n`);
  [cuts, bytes] = [Infinity, 0];
  await cli.refused(args, 5, /^bulkhead: the answer of http:\S+ broke off\n/m);
});
