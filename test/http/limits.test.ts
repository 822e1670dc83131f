import { once } from 'node:events';
import { request } from 'node:http';
import test from 'ava';
import { limits } from '../../src/graphql/limits.ts';
import { hideSecrets, makeLogger } from '../../src/logger.ts';
import { makeSession } from '../helpers/access.ts';
import { type Answer, ask, headersOf, openApi, useApi } from '../helpers/api.ts';
import { guess } from '../helpers/guesses.ts';

const api = useApi(test);
const query = '{ me { principal } }';

const errorOf = async (response: Response) => ((await response.json()) as Answer).errors?.[0];

test('a token or session has so many requests in a minute, and no other pays for it', async (t) => {
  const limited = await openApi(api.db, { rateLimit: 3 });
  t.teardown(limited.stop);
  const other = await makeSession(api.db.pool);
  for (let n = 0; n < 3; n++)
    t.is((await ask(limited.url, { query }, limited.headers)).status, 200);
  const refused = await ask(limited.url, { query }, limited.headers);
  t.is(refused.status, 429);
  t.true(Number(refused.headers.get('retry-after')) > 0);
  const error = await errorOf(refused);
  t.is(error?.extensions.code, 'RATE_LIMITED');
  t.regex(error?.message ?? '', /more than 3 requests in a minute/);
  t.is((await ask(limited.url, { query }, limited.as(other).headers)).status, 200);
  t.is((await fetch(`${limited.url}/ruru`, { headers: limited.headers })).status, 429);
});

test('10,000 guesses get twenty answers, and those who were known before are let in all the same', async (t) => {
  const publicUrl = 'https://bulkhead.example.org';
  const other = await openApi(api.db, { publicUrl });
  t.teardown(other.stop);
  const { token } = await api.token('viewer', [await api.suite('guesses')]);
  const late = await api.token('viewer', [await api.suite('guesses-late')]);
  const from = (address: string, headers: Record<string, string>) =>
    ask(other.url, { query }, { ...headers, 'x-forwarded-for': address });
  t.is((await from('10.0.0.1', headersOf('', token))).status, 200);

  const counts: Record<number, number> = {};
  for (let n = 0; n < 10_000; n += 250) {
    const batch = Array.from({ length: 250 }, () => from('10.0.0.1', headersOf('', guess('bhd_'))));
    for (const answer of await Promise.all(batch)) {
      counts[answer.status] = (counts[answer.status] ?? 0) + 1;
      await answer.arrayBuffer();
    }
  }
  t.deepEqual(counts, { 401: 20, 429: 9980 });
  const refused = await from('10.0.0.1', headersOf('', late.token));
  t.is(refused.status, 429);
  t.true(Number(refused.headers.get('retry-after')) > 0);
  t.regex((await errorOf(refused))?.message ?? '', /20 times within a minute/);
  t.is((await from('10.0.0.1', headersOf('', token))).status, 200);
  t.is((await from('10.0.0.2', headersOf('', late.token))).status, 200);
});

test('whoever has one IPv6 address has its whole network', async (t) => {
  const other = await openApi(api.db, { publicUrl: 'https://bulkhead.example.org' });
  t.teardown(other.stop);
  const status = async (address: string) => {
    const headers = { ...headersOf('', guess('bhd_')), 'x-forwarded-for': address };
    return (await ask(other.url, { query }, headers)).status;
  };
  for (let n = 0; n < 20; n++) t.is(await status(`2001:db8:0:1::${n}`), 401);
  t.is(await status('2001:db8:0:1:ffff::1'), 429);
  t.is(await status('2001:db8:0:2::1'), 401);
});

test('a body of 100 MB is refused before it is read', async (t) => {
  const size = 100 * 1024 * 1024;
  const { port } = new URL(api.url);
  const sent = request({ port, host: '127.0.0.1', path: '/graphql', method: 'POST', agent: false });
  const headers = { ...api.headers, 'content-type': 'application/json', 'content-length': size };
  for (const [name, value] of Object.entries(headers)) sent.setHeader(name, value);
  sent.on('error', () => {});
  sent.flushHeaders();
  const [answer] = await once(sent, 'response');
  t.is(answer.statusCode, 413);
  const { errors } = JSON.parse(Buffer.concat(await answer.toArray()).toString());
  t.like(errors[0], {
    message: `the request is larger than ${limits.body / 1024 / 1024} MiB`,
    extensions: { code: 'REQUEST_TOO_LARGE' },
  });
  sent.destroy();
});

test('one that does not say how long it is, is read up to the limit', async (t) => {
  let pieces = 0;
  const piece = Buffer.alloc(1024 * 1024, ' ');
  const body = new ReadableStream({
    pull(controller) {
      pieces += 1;
      if (pieces > 100) controller.close();
      else controller.enqueue(piece);
    },
  });
  const headers = { ...api.headers, 'content-type': 'application/json' };
  const outcome = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers,
    body,
    duplex: 'half',
  } as never).then(
    async (answer) => [answer.status, (await errorOf(answer))?.extensions.code],
    () => 'cut off',
  );
  t.true(pieces < 100, `${pieces} MiB were read`);
  if (outcome !== 'cut off') t.deepEqual(outcome, [413, 'REQUEST_TOO_LARGE']);
});

test('a stranger is turned away before the body', async (t) => {
  const { port } = new URL(api.url);
  const sent = request({ port, host: '127.0.0.1', path: '/graphql', method: 'POST', agent: false });
  sent.setHeader('content-type', 'application/json').setHeader('content-length', 1000);
  sent.on('error', () => {});
  sent.flushHeaders();
  const [answer] = await once(sent, 'response');
  t.is(answer.statusCode, 401);
  sent.destroy();
});

test('no secret is in a line of the log, not even at trace', async (t) => {
  const lines: string[] = [];
  const logger = makeLogger('trace', { write: (line) => lines.push(line) });
  const logged = await openApi(api.db, { logger });
  t.teardown(logged.stop);
  const suite = await api.suite('logged');
  const { token } = await api.token('viewer', [suite]);
  const link = guess('bhl_');
  const find = `query ($text: String) { findCases(suiteId: "${suite}", search: $text) { id } }`;
  for (const secret of [token, logged.secret, guess('bhd_'), guess('bhs_')]) {
    const headers = headersOf(logged.url, secret);
    for (const body of [{ query }, { query: find, variables: { text: secret } }, { query: secret }])
      await (await ask(logged.url, body, headers)).text();
    await fetch(`${logged.url}/ruru?token=${secret}`, { headers });
    await fetch(`${logged.url}/sign-in/link?key=${link}`, { headers });
    logger.error({ err: new Error(`it went wrong for ${secret}`), headers }, `of ${secret}`);
  }
  t.true(lines.length >= 4);
  t.notRegex(lines.join(''), /bh[dls]_[0-9a-f]/);
  t.is(hideSecrets('bhd_0123 and bhd'), 'bhd_… and bhd');
});
