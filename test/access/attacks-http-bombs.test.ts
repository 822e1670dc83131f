/** Requests that are made to cost a lot: each is refused with the limit in it, and others do not wait. */
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { createGzip } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { limits } from '../../src/graphql/limits.ts';
import { makeToken } from '../helpers/access.ts';
import { see } from '../helpers/access-api.ts';
import { type Api, useApi } from '../helpers/api.ts';
import { makeSuite } from '../helpers/cases.ts';
import { countStatements } from './counting.ts';

const api = useApi(test);
let viewer: Api;
let suite: string;
let counted: ReturnType<typeof countStatements>;

test.serial.before('let a viewer in', async () => {
  counted = countStatements(api.db.name);
  suite = await makeSuite(api.db.pool);
  viewer = api.as((await makeToken(api.db.pool, 'viewer', [suite])).token);
  await viewer.run('{ me { principal } }');
});
test.after.always('count no more', () => counted?.stop());

const times = (count: number, make: (n: number) => string, between = ' ') =>
  Array.from({ length: count }, (_, n) => make(n)).join(between);

/** Bombs, and what each is refused with. */
const bombs: Record<string, [query: () => string, code: string, says?: RegExp]> = {
  'aliases of a mutation': [
    () =>
      `mutation { ${times(21, (n) => `a${n}: archiveSuite(input: { suiteId: "1" }) { suite { id } }`)} }`,
    'QUERY_TOO_COSTLY',
    /more than 20 fields at its top/,
  ],
  'aliases of a field': [
    () => `{ suite(id: "1") { ${times(600, (n) => `a${n}: id`)} } }`,
    'QUERY_TOO_COSTLY',
    /more than 500 fields/,
  ],
  'aliases of counts': [
    () => `{ suite(id: "1") { ${times(410, (n) => `a${n}: cases { totalCount }`)} } }`,
    'QUERY_TOO_COSTLY',
  ],
  'fragments within fragments': [
    () => `{ suite(id: "1") { ...f0 } } ${times(12, (n) => `fragment f${n} on TestSuite { ...f${n + 1} ...f${n + 1} }`)}
      fragment f12 on TestSuite { id }`,
    'QUERY_TOO_COSTLY',
    /more than 500 fields/,
  ],
  'a fragment that is its own': [
    () => '{ suite(id: "1") { ...f } } fragment f on TestSuite { ...f }',
    'BAD_REQUEST',
    /Cannot spread fragment/,
  ],
  'fragments in a ring': [
    () =>
      `{ suite(id: "1") { ...f0 } } ${times(50, (n) => `fragment f${n} on TestSuite { ...f${(n + 1) % 50} }`)}`,
    'BAD_REQUEST',
    /Cannot spread fragment/,
  ],
  'a deep query': [
    () =>
      `{ suite(id: "1") { ${'cases(first: 1) { nodes { suite { '.repeat(5)} id ${'} } }'.repeat(5)} } }`,
    'QUERY_TOO_DEEP',
    /12/,
  ],
  'a very deep query': [() => `{ ${'a {'.repeat(4000)} b ${'}'.repeat(4000)} }`, 'BAD_REQUEST'],
  'a very deep list': [
    () => `{ suite(id: ${'['.repeat(9000)}${']'.repeat(9000)}) { id } }`,
    'BAD_REQUEST',
  ],
  'introspection of itself': [
    () =>
      `{ __schema { types { ${'fields { type { fields { type { '.repeat(60)} name ${'} } } }'.repeat(60)} } } }`,
    'BAD_REQUEST|QUERY_TOO',
  ],
  'pages of pages': [
    () => '{ suites(first: 500) { nodes { cases(first: 500) { nodes { id } } } } }',
    'QUERY_TOO_COSTLY',
    /20000/,
  ],
  directives: [
    () => `{ suite(id: "1") { id ${'@include(if: true) '.repeat(900)} } }`,
    'BAD_REQUEST',
  ],
  'a long document': [
    () => `{ me { principal } } #${'x'.repeat(20_000)}`,
    'QUERY_TOO_COSTLY',
    /20000/,
  ],
  'many operations': [
    () => times(1000, (n) => `query q${n} { me{isAdmin} }`),
    'QUERY_TOO_COSTLY|BAD_REQUEST',
  ],
  'variables that nothing uses': [
    () => `query (${times(300, (n) => `$v${n}: Int`, ', ')}) { me { principal } }`,
    'BAD_REQUEST',
  ],
};

/** What a viewer is answered, and what the API has asked the database meanwhile. */
async function hearOf(query: string) {
  counted.take();
  const answer = await see(viewer, { query });
  return { answer, heard: counted.take().filter(({ application }) => /api/.test(application)) };
}

test.serial('a bomb is refused before the database hears of it', async (t) => {
  for (const [name, [query, code, says = /./]] of Object.entries(bombs)) {
    // A token is doubted when a change of access is told, also late that of its own creation: then it was asked about, and is known now.
    let found = await hearOf(query());
    if (found.heard.some(({ text }) => /use_credential/.test(text))) found = await hearOf(query());
    const { body, status, text } = found.answer;
    t.regex(
      String(body.errors?.[0]?.extensions.code),
      new RegExp(`^(${code})`),
      `${name}: ${text.slice(0, 300)}`,
    );
    t.regex(body.errors?.[0]?.message ?? '', says, name);
    t.true(text.length < 100_000, `${name}: ${text.length} characters`);
    t.true(status === 200 || status === 400, `${name}: ${status}`);
    t.deepEqual(found.heard, [], name);
  }
});

test.serial('a huge variable is one argument, and is answered', async (t) => {
  const ids = Array.from({ length: 200_000 }, (_, n) => String(n));
  const variables = { suite, ids };
  const query =
    'query ($suite: BigInt!, $ids: [BigInt!]) { countCases(suiteId: $suite, caseIds: $ids) }';
  const found = await see(viewer, { query, variables });
  t.true(['0', undefined].includes(found.body.data?.countCases), found.text.slice(0, 300));
  const nested = '['.repeat(100_000) + ']'.repeat(100_000);
  const answer = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { ...viewer.headers, 'content-type': 'application/json' },
    body: `{"query":"query ($m: JSON) { countCases(suiteId: ${suite}, metadata: $m) }","variables":{"m":${nested}}}`,
  });
  const text = await answer.text();
  t.notRegex(text, /INTERNAL/, text.slice(0, 300));
  t.true(answer.status < 500, text.slice(0, 300));
  await others(t);
});

/** Somebody else is answered in the meantime. */
async function others(t: ExecutionContext) {
  t.is((await viewer.run('{ me { isAdmin } }')).me.isAdmin, false);
}

function open(t: ExecutionContext, headers: Record<string, string | number>): ClientRequest {
  const { port } = new URL(api.url);
  const sent = request({ port, host: '127.0.0.1', path: '/graphql', method: 'POST', agent: false });
  const all = { ...viewer.headers, 'content-type': 'application/json', ...headers };
  for (const [name, value] of Object.entries(all)) sent.setHeader(name, value);
  sent.on('error', () => {});
  t.teardown(() => sent.destroy());
  return sent;
}

const piece = Buffer.alloc(1024 * 1024, ' ');

test.serial('a body of 100 MB is refused, and is nowhere kept', async (t) => {
  const size = 100 * 1024 * 1024;
  for (const headers of [{ 'content-length': size }, {} as Record<string, number>]) {
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const sent = open(t, headers);
    let status = 0;
    sent.on('response', (answer) => {
      status = answer.statusCode ?? 0;
      answer.resume();
    });
    const closed = new Promise<void>((resolve) => sent.on('close', resolve));
    let pieces = 0;
    for (; pieces < 100 && !sent.destroyed && status === 0; pieces++) {
      if (!sent.write(piece)) await Promise.race([once(sent, 'drain').catch(() => {}), closed]);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    if (status === 0) await Promise.race([once(sent, 'response').catch(() => {}), closed]);
    t.true([413, 0].includes(status), String(status));
    t.true(pieces < 100, `${pieces} MiB were taken`);
    t.true(most < 4 * limits.body, `${most} bytes`);
    sent.destroy();
  }
  await others(t);
});

test.serial(
  'bodies that never end keep nobody from being answered, and hold no connection',
  async (t) => {
    const slow = Array.from({ length: 200 }, () => {
      const sent = open(t, { 'content-length': 1000 });
      sent.write('{"query":');
      return sent;
    });
    counted.take();
    await others(t);
    // Those who wait for the rest of a body have asked the database for nothing.
    const { rows } = await api.db.pool.query(
      `select count(*)::int as busy from pg_stat_activity
     where datname = current_database() and application_name = 'bulkhead api' and state <> 'idle'`,
    );
    t.is(rows[0].busy, 0);
    t.true(counted.take().length <= 5);
    for (const sent of slow) sent.destroy();
    await others(t);
  },
);

test.serial('what is no JSON object, or is packed, is refused', async (t) => {
  const send = (body: string, headers = {}) =>
    fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { ...viewer.headers, 'content-type': 'application/json', ...headers },
      body,
    });
  const one = '{"query":"{ me { principal } }"}';
  for (const body of [
    '',
    'null',
    '1',
    '"x"',
    '[]',
    `[${one},${one}]`,
    '{}',
    '{"query":1}',
    '{"query":null}',
    '{"query":"{ me { principal } }","variables":[]}',
    '{"query":"{ me { principal } }","operationName":{}}',
    '{"__proto__":{"query":"{ me { principal } }"}}',
    '{"id":"x"}',
    '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}',
  ]) {
    const answer = await send(body);
    t.is(answer.status, 400, body);
    t.regex(await answer.text(), /"code":"BAD_REQUEST"/, body);
  }
  const zip = createGzip();
  const zipped = zip.toArray();
  for (let n = 0; n < 256; n++) if (!zip.write(piece)) await once(zip, 'drain');
  zip.end();
  const bomb = Buffer.concat(await zipped);
  t.true(bomb.length < 1024 * 1024);
  const before = process.memoryUsage().arrayBuffers;
  for (const packed of [one, bomb]) {
    const answer = await send(packed as string, { 'content-encoding': 'gzip' });
    t.true([400, 413, 415].includes(answer.status), String(answer.status));
  }
  t.true(process.memoryUsage().arrayBuffers - before < 4 * limits.body);
});
