/** Pulling over HTTP: which cases come, in which form, and what the answer says of them. */
import test from 'ava';
import { formats } from '../../src/formats/registry.ts';
import { readCases } from '../../src/import/read-file.ts';
import { useApi } from '../helpers/api.ts';
import { appendOver } from '../helpers/append.ts';
import { call } from '../helpers/cases.ts';
import { pull } from '../helpers/pull.ts';

const api = useApi(test);

const nasty = [
  { external_key: 'quotes "and" \\ back', input: 'a "b" \\ c\n\r\t\u0001\u001f', tags: ['rag'] },
  { external_key: 'wide', input: '\u2028\u2029é漢😀', expected_output: { deep: [1, null, ''] } },
  { external_key: '\\.', input: '\\.', metadata: { n: 1e-7 }, tags: ['a', 'rag'] },
  { input: 0, status: 'archived' },
  { external_key: 'text', input: ',";\u0002\u0001', expected_output: '' },
];

/** A suite with these cases; numbers with more digits than JavaScript has. */
async function makeSuite(slug: string): Promise<string> {
  const id = await api.suite(slug, nasty);
  await call(api.db.pool, 'append_cases', {
    suite_id: id,
    cases: '[{"external_key": "digits", "input": {"n": 12345678901234567890.123456789}}]',
  });
  return id;
}

test('the lines are those of the database, whatever characters are in them', async (t) => {
  const id = await makeSuite('nasty');
  const answer = await pull(api, 'nasty', { status: 'all' });
  const text = await answer.text();
  const { rows } = await api.db.pool.query(
    `select bulkhead.case_line(c.external_key, c.input, c.expected_output, c.metadata, bulkhead.test_cases_tags(c), c.status) as line
     from bulkhead.test_cases c where suite_id = $1 order by id`,
    [id],
  );
  t.is(text, rows.map(({ line }) => `${line}\n`).join(''));
  t.true(text.includes('12345678901234567890.123456789'));
  t.is(answer.headers.get('content-type'), 'application/x-ndjson');
  t.is(answer.headers.get('content-length'), String(Buffer.byteLength(text)));
  t.is(answer.headers.get('x-bulkhead-cases'), '6');
  t.is(answer.headers.get('cache-control'), 'private, no-cache');
  t.is(answer.headers.get('content-disposition'), 'attachment; filename=nasty.jsonl');
});

test('what was pulled and is appended elsewhere is pulled there byte for byte', async (t) => {
  await makeSuite('there');
  await api.suite('back');
  const first = await (await pull(api, 'there', { status: 'all' })).text();
  t.is((await appendOver(api, 'back', first)).status, 201);
  t.is(await (await pull(api, 'back', { status: 'all' })).text(), first);
});

test('every format is written, and read back by the import', async (t) => {
  await makeSuite('formats');
  for (const { name, contentType, extension } of formats) {
    const answer = await pull(api, 'formats', { format: name, status: 'all', guard: 'true' });
    t.is(answer.status, 200, name);
    t.is(answer.headers.get('content-type'), contentType);
    t.true(answer.headers.get('content-disposition')?.includes(`formats${extension}`), name);
    const body = Buffer.from(await answer.arrayBuffer());
    const { rows } = readCases({ name, format: name, source: one(body), unguard: true });
    let cases = 0;
    for await (const batch of rows) cases += batch.length;
    t.is(cases, 6, name);
    t.is(answer.headers.get('x-bulkhead-cases'), '6', name);
  }
  const { headers } = await pull(api, 'formats', { format: 'openai-evals' });
  const notes = JSON.parse(decodeURIComponent(headers.get('x-bulkhead-notes') ?? 'null'));
  t.true(notes.length > 0);
  t.regex(notes[0].sentence, /OpenAI Evals/);
});

async function* one(body: Buffer) {
  yield body;
}

test('tags and status select, and without them the active cases come', async (t) => {
  await makeSuite('select');
  const keys = async (query: Record<string, string>) =>
    (await (await pull(api, 'select', query)).text())
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).external_key);
  t.deepEqual(await keys({ where: 'rag' }), [nasty[0]?.external_key, '\\.']);
  t.deepEqual(await keys({ where: 'rag and not a' }), [nasty[0]?.external_key]);
  t.deepEqual(await keys({ status: 'archived' }), [null]);
  t.is((await keys({})).length, 5);
  t.deepEqual(await keys({ where: 'a and not rag' }), []);
});

test('a pull by route says what it resolved to, and is on record', async (t) => {
  const id = await makeSuite('routed');
  const route = { suite_id: id, name: 'gate', expression: 'rag and "a"'.replaceAll('"', '') };
  await call(api.db.pool, 'define_route', route);
  const answer = await pull(api, 'routed', { route: 'gate' });
  t.is(answer.headers.get('x-bulkhead-route'), 'gate');
  t.is(decodeURIComponent(answer.headers.get('x-bulkhead-expression') ?? ''), 'rag and a');
  t.is(answer.headers.get('x-bulkhead-cases'), '1');
  const { rows } = await api.db.pool.query(
    'select route, expression, cases, pulled_by from bulkhead.route_pulls where suite_id = $1',
    [id],
  );
  t.deepEqual(rows, [
    { route: 'gate', expression: 'rag and a', cases: '1', pulled_by: 'person:tester' },
  ]);
  const unknown = await pull(api, 'routed', { route: 'gaet' });
  t.is(unknown.status, 404);
  const { errors } = (await unknown.json()) as { errors: [{ extensions: object }] };
  t.like(errors[0].extensions, { code: 'UNKNOWN_ROUTE', detail: 'Its routes are: gate' });
});

test('a snapshot is the same for ever, and known by its SHA-256', async (t) => {
  const id = await makeSuite('frozen');
  await call(api.db.pool, 'create_snapshot', { suite_id: id, name: 'v1' });
  const first = await pull(api, 'frozen', { snapshot: 'v1' });
  const text = await first.text();
  const etag = first.headers.get('etag') ?? '';
  t.is(etag, `"${first.headers.get('x-bulkhead-snapshot-sha256')}"`);
  await api.db.pool.query(
    `update bulkhead.test_cases set input = '"edited"', status = 'archived' where suite_id = $1`,
    [id],
  );
  await call(api.db.pool, 'bulk_delete', { suite_id: id, external_keys: ['wide'] });
  t.is(await (await pull(api, 'frozen', { snapshot: 'v1' })).text(), text);
  const same = await pull(
    api,
    'frozen',
    { snapshot: 'v1' },
    { headers: { 'If-None-Match': etag } },
  );
  t.is(same.status, 304);
  t.is(same.headers.get('etag'), etag);
  const csv = await pull(api, 'frozen', { snapshot: 'v1', format: 'csv' });
  t.not(csv.headers.get('etag'), etag);
  t.is((await pull(api, 'frozen', { snapshot: 'v2' })).status, 404);
});

test('what has not changed is not sent again', async (t) => {
  const id = await makeSuite('etag');
  const etag = (await pull(api, 'etag')).headers.get('etag') ?? '';
  const ask = (query = {}) => pull(api, 'etag', query, { headers: { 'If-None-Match': etag } });
  const same = await ask();
  t.is(same.status, 304);
  t.is(await same.text(), '');
  t.is((await ask({ format: 'csv' })).status, 200);
  await call(api.db.pool, 'bulk_tag', { suite_id: id, all_cases: true, remove: ['a'] });
  t.is((await ask()).status, 200);
});

test('HEAD is answered like GET, without the cases', async (t) => {
  await makeSuite('head');
  const { headers } = await pull(api, 'head');
  const answer = await pull(api, 'head', {}, { method: 'HEAD' });
  t.is(await answer.text(), '');
  for (const name of ['etag', 'content-length', 'content-type', 'x-bulkhead-cases'])
    t.is(answer.headers.get(name), headers.get(name), name);
});

test('what cannot be pulled is refused, with what could be', async (t) => {
  await makeSuite('refused');
  const refusals: [string, Record<string, string>, number, string][] = [
    ['refused', { format: 'yaml' }, 400, 'UNKNOWN_FORMAT'],
    ['refused', { snapshot: 'v1', where: 'rag' }, 400, 'BAD_REQUEST'],
    ['refused', { snapshot: 'v1', route: 'gate' }, 400, 'BAD_REQUEST'],
    ['refused', { route: 'gate', status: 'all' }, 400, 'BAD_REQUEST'],
    ['refused', { status: 'gone' }, 400, 'BAD_REQUEST'],
    ['refused', { wheer: 'rag' }, 400, 'BAD_REQUEST'],
    ['refused', { where: 'rag and' }, 400, 'MALFORMED_EXPRESSION'],
    ['refused', { where: 'rga' }, 404, 'UNKNOWN_TAG'],
    ['refused', { where: "rag'); drop table x; --" }, 400, 'MALFORMED_EXPRESSION'],
    ['refused', { snapshot: "'" }, 404, 'UNKNOWN_SNAPSHOT'],
    ['no-such-suite', {}, 404, 'UNKNOWN_SUITE'],
  ];
  for (const [slug, query, status, code] of refusals) {
    const answer = await pull(api, slug, query);
    const { errors } = (await answer.json()) as {
      errors: [{ extensions: { code: string; hint?: string } }];
    };
    t.deepEqual([answer.status, errors[0].extensions.code], [status, code], JSON.stringify(query));
  }
  t.is((await pull(api, 'refused', {}, { method: 'PUT' })).headers.get('allow'), 'GET, HEAD, POST');
});

test('a token pulls from its suites, and no other suite is there for it', async (t) => {
  const [own] = [await makeSuite('own'), await makeSuite('not-own')];
  const { token } = await api.token('viewer', [own]);
  const as = api.as(token);
  t.is((await pull(as, 'own')).status, 200);
  const [hidden, none] = [await pull(as, 'not-own'), await pull(as, 'not-there')];
  t.is(hidden.status, 404);
  t.is(
    (await hidden.text()).replaceAll('not-own', 'SLUG'),
    (await none.text()).replaceAll('not-there', 'SLUG'),
  );
  t.is((await pull(api.as(null), 'own')).status, 401);
});
