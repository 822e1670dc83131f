/** Appending over HTTP: what is taken, what becomes of it, and what is answered. */
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { useApi } from '../helpers/api.ts';
import { appendOver, makeCases } from '../helpers/append.ts';
import { dictionary, tagsByKey } from '../helpers/cases.ts';

const api = useApi(test);

const casesOf = async (id: string) => {
  const { rows } = await api.db.pool.query(
    `select external_key, input, expected_output, metadata, status, version
     from bulkhead.test_cases where suite_id = $1 order by id`,
    [id],
  );
  return rows;
};

test('each case has its line in the answer, and ids are those of the cases', async (t) => {
  const id = await api.suite('lines');
  const first = await appendOver(api, 'lines', [
    {
      external_key: 'a',
      input: '1',
      expected_output: { x: [1.5] },
      metadata: { m: 1 },
      tags: ['Rag one', 'b'],
    },
    { input: 2, status: 'archived' },
  ]);
  t.is(first.status, 201);
  t.is(first.headers['content-type'], 'application/json; charset=utf-8');
  const { results, ...summary } = first.body;
  t.deepEqual(summary, {
    suite: 'lines',
    on_conflict: 'fail',
    dry_run: false,
    cases: 2,
    inserted: 2,
    unchanged: 0,
    updated: 0,
    skipped: 0,
    new_tags: ['b', 'rag_one'],
  });
  const { rows } = await api.db.pool.query(
    'select id from bulkhead.test_cases where suite_id = $1 order by id',
    [id],
  );
  t.deepEqual(results, [
    { line: 1, external_key: 'a', case_id: rows[0].id, outcome: 'inserted' },
    { line: 2, external_key: null, case_id: rows[1].id, outcome: 'inserted' },
  ]);
  t.deepEqual(await casesOf(id), [
    {
      external_key: 'a',
      input: '1',
      expected_output: { x: [1.5] },
      metadata: { m: 1 },
      status: 'active',
      version: 1,
    },
    {
      external_key: null,
      input: 2,
      expected_output: null,
      metadata: {},
      status: 'archived',
      version: 1,
    },
  ]);
  t.like(await tagsByKey(api.db.pool, id), { a: 'b rag_one' });
  const meanings = await api.db.pool.query(
    `select meaning from bulkhead.suite_tags where suite_id = $1 and name = 'rag_one'`,
    [id],
  );
  t.is(meanings.rows[0].meaning, 'Rag one');
});

test('of an array on one line each case has the number of its element', async (t) => {
  const id = await api.suite('compact');
  const cases = [{ input: 'no key' }, { external_key: 'b', input: 2 }];
  const options = { type: 'application/json' };
  const { status, body, text } = await appendOver(api, 'compact', JSON.stringify(cases), options);
  t.is(status, 201, text);
  t.deepEqual(
    body.results.map((one: { line: number; external_key: string }) => [one.line, one.external_key]),
    [
      [1, null],
      [2, 'b'],
    ],
  );
  // So many that they are copied, and not given as one value.
  const many = Array.from({ length: 5000 }, (_, n) => ({ external_key: `k${n}`, input: n }));
  const long = await appendOver(api, 'compact', JSON.stringify(many), options);
  t.is(long.body.inserted, 5000, long.text.slice(0, 500));
  t.is(long.body.results[4999].line, 5000);
  t.is((await casesOf(id)).length, 5002);
});

test('a line for each case and the summary as the last one, where that is asked for', async (t) => {
  await api.suite('ndjson');
  const { status, headers, text } = await appendOver(api, 'ndjson', makeCases(3), {
    headers: { accept: 'application/x-ndjson' },
  });
  t.is(status, 201);
  t.is(headers['content-type'], 'application/x-ndjson');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.is(lines.length, 4);
  t.like(lines[2], { line: 3, external_key: 'k2', outcome: 'inserted' });
  t.like(lines[3], { cases: 3, inserted: 3, new_tags: [] });
  t.false('results' in lines[3]);
});

test('JSON, CSV and gzip of each are the same cases', async (t) => {
  const bodies: [string, string][] = [
    ['application/jsonl', '{"id":"a","question":"1","tags":["x"]}\n\n{"id":"b","question":"2"}'],
    ['application/json', '[{"id":"a","question":"1","tags":["x"]},\n {"id":"b","question":"2"}]'],
    ['text/csv; charset=UTF-8', 'id,question,tags\r\na,1,x\r\nb,2,\r\n'],
  ];
  for (const [number, [type, body]] of bodies.entries()) {
    for (const gzip of [undefined, 'gzip']) {
      const slug = `kind-${number}${gzip ?? ''}`;
      const id = await api.suite(slug);
      const reply = await appendOver(api, slug, gzip ? gzipSync(body) : body, {
        type,
        ...(gzip && { headers: { 'content-encoding': gzip } }),
      });
      t.is(reply.status, 201, reply.text);
      t.deepEqual(
        (await casesOf(id)).map(({ external_key, input }) => [external_key, String(input)]),
        [
          ['a', '1'],
          ['b', '2'],
        ],
      );
      t.deepEqual(await tagsByKey(api.db.pool, id), { a: 'x', b: '' });
    }
  }
});

test('fields go where the parameters say, and formats are known by name', async (t) => {
  const id = await api.suite('mapped');
  const query =
    'input=payload.q&expected=gold&key=ref&tags=labels,kind&tags_separator=%7C&metadata=from&tag=one&tag=two';
  const line = {
    payload: { q: 'why' },
    gold: 'because',
    ref: 7,
    labels: 'a|b',
    kind: 'c',
    from: 'x',
    rest: 1,
  };
  t.is((await appendOver(api, 'mapped', [line], { query })).status, 201);
  t.like((await casesOf(id))[0], {
    external_key: '7',
    input: 'why',
    expected_output: 'because',
    metadata: { from: 'x' },
  });
  t.deepEqual(await tagsByKey(api.db.pool, id), { 7: 'a b c one two' });

  const tests = [
    { vars: { q: 'x' }, assert: [{ type: 'equals', value: 'y' }], metadata: { id: 'p1' } },
  ];
  const reply = await appendOver(api, 'mapped', tests, { query: 'format=promptfoo' });
  t.like(reply.body, { inserted: 1 });
  t.like((await casesOf(id))[1], { external_key: 'p1', expected_output: 'y' });
});

test('the same cases again are unchanged; others of their keys fail, are skipped or updated', async (t) => {
  const id = await api.suite('again');
  const before = makeCases(3, { tags: ['one'] });
  const after = [
    ...makeCases(2),
    { external_key: 'k2', input: 'other', tags: ['two'] },
    { input: 'new' },
  ];
  t.is((await appendOver(api, 'again', before)).status, 201);
  const same = await appendOver(api, 'again', before);
  t.is(same.status, 200);
  t.like(same.body, { inserted: 0, unchanged: 3, new_tags: [] });

  t.is((await appendOver(api, 'again', after)).status, 409);
  t.is((await casesOf(id)).length, 3);
  t.deepEqual(Object.keys(await dictionary(api.db.pool, id)), ['one'], 'the new tag is gone again');

  const third = after.slice(2);
  const skipped = await appendOver(api, 'again', third, { query: 'on_conflict=skip' });
  t.like(skipped.body, { inserted: 1, skipped: 1, on_conflict: 'skip' });
  const updated = await appendOver(api, 'again', third.slice(0, 1), {
    query: 'on_conflict=update',
  });
  t.is(updated.status, 200);
  t.like(updated.body, {
    updated: 1,
    results: [{ line: 1, external_key: 'k2', outcome: 'updated' }],
  });
  t.like((await casesOf(id))[2], { external_key: 'k2', input: 'other', version: 2 });
  t.like(await tagsByKey(api.db.pool, id), { k2: 'one two' });
});

test('what append_cases has appended is unchanged over HTTP, and the other way round', async (t) => {
  const cases = [
    { external_key: 'a', input: { z: 1, a: [1.1] }, expected_output: null, tags: ['y', 'x', 'y'] },
    { external_key: 'b', input: 'b', metadata: { m: null }, status: 'archived', tags: [] },
    { external_key: 'c', input: 'c', status: 'active' },
  ];
  await api.suite('both', cases);
  t.like((await appendOver(api, 'both', cases)).body, { unchanged: 3 });
  const id = await api.suite('both-ways');
  t.like((await appendOver(api, 'both-ways', cases)).body, { inserted: 3 });
  const { rows } = await api.db.pool.query(
    'select distinct outcome from bulkhead.append_cases($1, $2)',
    [id, JSON.stringify(cases)],
  );
  t.deepEqual(rows, [{ outcome: 'unchanged' }]);
});

test('a dry run says all of it and leaves nothing', async (t) => {
  const id = await api.suite('dry', [{ external_key: 'k0', input: 'other' }]);
  const query = 'dry_run=true&on_conflict=skip';
  const cases = makeCases(3, { tags: ['fresh'] });
  const { status, body } = await appendOver(api, 'dry', cases, { query });
  t.is(status, 200);
  t.like(body, { dry_run: true, inserted: 2, skipped: 1, new_tags: ['fresh'] });
  t.like(body.results[2], { line: 3, case_id: null, outcome: 'inserted' });
  t.is((await casesOf(id)).length, 1);
  t.deepEqual(await dictionary(api.db.pool, id), {});
  const { rows } = await api.db.pool.query(
    `select action, subject from bulkhead.audit_log
     where suite_id = $1 and subject in ('tag', 'case', 'link')`,
    [id],
  );
  t.deepEqual(rows, [{ action: 'appended', subject: 'case' }], 'that of the first case alone');
  t.is((await appendOver(api, 'dry', cases, { query: 'dry_run=true' })).status, 409);
});

test('an append of any length is one event, by whoever made it', async (t) => {
  const id = await api.suite('long');
  const token = await api.token('appender', [id]);
  const { status, body } = await appendOver(
    api.as(token.token),
    'long',
    makeCases(9001, { tags: ['x'] }),
  );
  t.is(status, 201);
  t.is(body.results.length, 9001);
  t.deepEqual(
    body.results.map(({ line }: { line: number }) => line),
    Array.from({ length: 9001 }, (_, index) => index + 1),
  );
  const ids = body.results.map(({ case_id }: { case_id: string }) => Number(case_id));
  t.deepEqual(
    ids,
    ids.toSorted((a: number, b: number) => a - b),
    'ids follow the lines',
  );
  const { rows } = await api.db.pool.query(
    `select after ->> 'inserted' as inserted, principal from bulkhead.audit_log
     where suite_id = $1 and action = 'appended'`,
    [id],
  );
  t.deepEqual(rows, [{ inserted: '9001', principal: token.principal }]);
  const links = await api.db.pool.query(
    'select count(*)::integer as links from bulkhead.test_case_tags where suite_id = $1',
    [id],
  );
  t.is(links.rows[0].links, 9001);
});

test('appends at the same time, more than there are connections, never see each other', async (t) => {
  const ids = await Promise.all(Array.from({ length: 15 }, (_, n) => api.suite(`crowd-${n}`)));
  const replies = await Promise.all(
    ids.map((_, n) => appendOver(api, `crowd-${n}`, makeCases(100 + n, { tags: [`t${n}`] }))),
  );
  for (const [n, id] of ids.entries()) {
    t.like(replies[n]?.body, { cases: 100 + n, inserted: 100 + n, new_tags: [`t${n}`] });
    t.is((await casesOf(id)).length, 100 + n);
    t.deepEqual(Object.keys(await dictionary(api.db.pool, id)), [`t${n}`]);
  }
});
