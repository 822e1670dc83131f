/** What an append over HTTP refuses: nothing is stored, and the lines that are to blame are named. */
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { useApi } from '../helpers/api.ts';
import { appendOver, codeOf, makeCases, ndjson } from '../helpers/append.ts';
import { call, dictionary } from '../helpers/cases.ts';

const api = useApi(test);

const countOf = async (id: string) => {
  const { rows } = await api.db.pool.query(
    'select count(*)::integer as cases from bulkhead.test_cases where suite_id = $1',
    [id],
  );
  return rows[0].cases;
};

test('of a file with a thousand errors the first hundred come with their lines, and the count', async (t) => {
  const id = await api.suite('thousand');
  const lines = Array.from({ length: 1000 }, (_, n) => `{"input": ${n}, "status": "lost"}\n`);
  const { status, body } = await appendOver(api, 'thousand', `{"input":1}\n${lines.join('')}`);
  t.is(status, 400);
  const [error, ...named] = body.errors;
  t.is(error.extensions.code, 'BAD_FILE');
  t.is(body.error_count, 1000);
  t.is(named.length, 100);
  t.deepEqual(named[0], { line: 2, message: 'the status is "lost"; it can be active or archived' });
  t.is(named[99].line, 101);
  t.is(await countOf(id), 0);
});

test('what is wrong with elements of an array is told with their numbers, and that they are no lines', async (t) => {
  await api.suite('elements', [{ external_key: 'there', input: 'as it was' }]);
  const send = async (cases: object[], type = 'application/json') => {
    const text = type.endsWith('json') ? JSON.stringify(cases) : ndjson(cases);
    const { body } = await appendOver(api, 'elements', text, { type });
    const [error, ...named] = body.errors;
    const lines = named.map(({ line }: { line: number }) => line);
    return [error.extensions.code, body.line_is, lines, error.message];
  };
  const conflict = [{ input: 1 }, { external_key: 'there', input: 'other' }];
  const refused = '1 element cannot be appended, nothing was stored';
  t.deepEqual(await send(conflict), ['KEY_CONFLICT', 'element', [2], refused]);
  t.deepEqual((await send([{ input: 1 }, { inptu: 2 }])).slice(0, 3), ['BAD_FILE', 'element', [2]]);
  t.is((await send(conflict, 'application/x-ndjson'))[1], 'line');
});

test('a type of content that is not taken is refused before anything else', async (t) => {
  const id = await api.suite('types');
  for (const [type, headers] of [
    ['text/xml', {}],
    ['', {}],
    ['multipart/form-data; boundary=x', {}],
    ['text/csv; charset=iso-8859-1', {}],
    ['application/json', { 'content-encoding': 'br' }],
  ] as [string, Record<string, string>][]) {
    const reply = await appendOver(api, 'types', '{"input":1}', { type, headers });
    t.is(reply.status, 415, type);
    t.is(codeOf(reply), 'UNSUPPORTED_MEDIA_TYPE');
  }
  t.is(await countOf(id), 0);
});

test('a body that is not what its type says is refused', async (t) => {
  const id = await api.suite('bodies');
  const refuse = async (type: string, body: string | Buffer, named: RegExp, encoding = '') => {
    const headers = encoding ? { 'content-encoding': encoding } : {};
    const reply = await appendOver(api, 'bodies', body, { type, headers });
    t.is(reply.status, 400, `${type}: ${reply.text}`);
    t.is(codeOf(reply), 'BAD_FILE');
    t.regex(reply.text, named);
  };
  await refuse('application/x-ndjson', '', /there are no cases in it/);
  await refuse('application/json', '[]', /there are no cases in it/);
  await refuse('application/x-ndjson', 'input\nx\n', /not valid JSON/);
  await refuse('application/x-ndjson', '[{"input":1}]', /not a JSON object but an array/);
  await refuse('application/json', '[{"input":1},', /cut off/);
  await refuse('text/csv', '{"input":1}\n', /there is no column 'input'/);
  await refuse('text/csv', 'input,tags\na,b\na,b,c\na\n', /line 3: too many fields/);
  await refuse('application/x-ndjson', '{"input":1}\n', /not gzip/, 'gzip');
  await refuse(
    'application/x-ndjson',
    gzipSync('{"input":1}').subarray(0, 20),
    /damaged or cut off/,
    'gzip',
  );
  await refuse(
    'application/x-ndjson',
    Buffer.from('{"input":"\xff"}\n', 'latin1'),
    /invalid UTF-8/,
  );
  await refuse(
    'application/x-ndjson',
    '{"input":{"n":1e999999}}\n',
    /line 1: the server refuses it/,
  );
  t.is(await countOf(id), 0);
});

test('a gzip bomb is refused before it has unpacked', async (t) => {
  const id = await api.suite('bombs');
  const bomb = gzipSync(
    Buffer.concat([Buffer.from('{"input":"'), Buffer.alloc(64 * 1024 * 1024, 97)]),
  );
  const headers = { 'content-encoding': 'gzip' };
  for (const body of [bomb, gzipSync(bomb)]) {
    const reply = await appendOver(api, 'bombs', body, { headers });
    t.is(reply.status, 413, reply.text);
    t.is(codeOf(reply), 'UNPACKS_TOO_LARGE');
  }
  t.is(await countOf(id), 0);
});

test('a tag that a closed dictionary lacks is named with its lines', async (t) => {
  const id = await api.suite('closed');
  await api.db.pool.query(`update bulkhead.test_suites set tag_policy = 'closed' where id = $1`, [
    id,
  ]);
  await call(api.db.pool, 'define_tag', { suite_id: id, name: 'rag' });
  const cases = [{ tags: ['rag'] }, { tags: ['raag'] }, {}, { tags: ['rag', 'zzz'] }];
  for (const query of ['', 'dry_run=true']) {
    const reply = await appendOver(
      api,
      'closed',
      cases.map((one) => ({ input: 1, ...one })),
      { query },
    );
    t.is(reply.status, 409);
    t.is(codeOf(reply), 'CLOSED_DICTIONARY');
    t.regex(reply.body.errors[0].extensions.hint, /Did you mean "rag"\?/);
    t.is(reply.body.error_count, 2);
    t.deepEqual(reply.body.errors.slice(1), [
      { line: 2, message: 'the dictionary of the suite is closed and has no tag "raag"' },
      { line: 4, message: 'the dictionary of the suite is closed and has no tag "zzz"' },
    ]);
  }
  t.is(await countOf(id), 0);
});

test('two tags of an exclusive group are named with their line, and no tag is left', async (t) => {
  const id = await api.suite('tiers');
  for (const name of ['gold', 'silver'])
    await call(api.db.pool, 'define_tag', { suite_id: id, name, exclusive_group: 'tier' });
  const reply = await appendOver(api, 'tiers', [
    { input: 1, tags: ['gold', 'new'] },
    { input: 2, tags: ['gold', 'silver'] },
  ]);
  t.is(reply.status, 400);
  t.is(codeOf(reply), 'EXCLUSIVE_GROUP');
  t.deepEqual(reply.body.errors.slice(1), [
    { line: 2, message: 'gold, silver are of the exclusive group "tier"' },
  ]);
  t.deepEqual(Object.keys(await dictionary(api.db.pool, id)), ['gold', 'silver']);
});

test('keys of cases with another content are named, all of them counted', async (t) => {
  const id = await api.suite('keys', makeCases(150));
  const cases = makeCases(5000).map((one, n) => (n % 25 ? one : { ...one, input: 'other' }));
  const reply = await appendOver(api, 'keys', cases);
  t.is(reply.status, 409);
  t.is(codeOf(reply), 'KEY_CONFLICT');
  t.is(reply.body.error_count, 6);
  t.deepEqual(
    reply.body.errors.slice(1).map(({ line }: { line: number }) => line),
    [1, 26, 51, 76, 101, 126],
  );
  t.regex(reply.body.errors[1].message, /"k0"/);
  t.is(await countOf(id), 150);
});

test('who may not append, and what takes no cases, is refused before the body is read', async (t) => {
  const id = await api.suite('mine');
  const other = await api.suite('not-mine');
  const [viewer, appender, stranger] = await Promise.all([
    api.token('viewer', [id]),
    api.token('appender', [id]),
    api.token('owner', [other]),
  ]);
  const refuse = async (secret: string, slug: string, status: number, code: string, query = '') => {
    // A body that would be refused as well, for another reason.
    const reply = await appendOver(api.as(secret), slug, 'not JSON', { query });
    t.is(reply.status, status, reply.text);
    t.is(codeOf(reply), code);
    return reply;
  };
  await refuse(viewer.token, 'mine', 403, 'NOT_ALLOWED');
  await refuse(appender.token, 'mine', 403, 'NOT_ALLOWED', 'on_conflict=update');
  await refuse(viewer.token.replace(/.$/, 'x'), 'mine', 401, 'UNAUTHENTICATED');
  const hidden = await refuse(stranger.token, 'mine', 404, 'UNKNOWN_SUITE');
  const unknown = await refuse(stranger.token, 'mind', 404, 'UNKNOWN_SUITE');
  t.is(hidden.text.replaceAll('mine', 'mind'), unknown.text, 'a hidden suite is answered as none');
  await call(api.db.pool, 'archive_suite', { suite_id: id });
  await refuse(appender.token, 'mine', 409, 'SUITE_ARCHIVED');
});

test('parameters that are none are refused by name', async (t) => {
  const id = await api.suite('parameters');
  const refuse = async (query: string, named: RegExp, headers: Record<string, string> = {}) => {
    const reply = await appendOver(api, 'parameters', ndjson([{ input: 1 }]), { query, headers });
    t.is(reply.status, 400, reply.text);
    t.regex(reply.text, named);
  };
  await refuse('on_conflict=replace', /on_conflict cannot be \\"replace\\"/);
  await refuse('dry_run=1', /dry_run/);
  await refuse('dryrun=true', /there is no parameter \\"dryrun\\"/);
  await refuse('format=xml', /UNKNOWN_FORMAT/);
  await refuse('format=promptfoo-csv', /not written as application\/x-ndjson/);
  await refuse('tags=a,,b', /is empty/);
  await refuse('key=a&key=b', /has one value/);
  await refuse('', /Idempotency-Key/, { 'idempotency-key': 'with space' });
  await refuse('', /Idempotency-Key/, { 'idempotency-key': 'x'.repeat(256) });
  t.is(await countOf(id), 0);
});
