/** Requests with an Idempotency-Key: sent again, they are answered as they were. */
import test from 'ava';
import { AT_ONCE } from '../../src/http/api/append-once.ts';
import { useApi } from '../helpers/api.ts';
import { appendOver, codeOf, makeCases, ndjson } from '../helpers/append.ts';
import { openSession } from '../helpers/waits.ts';

const api = useApi(test);

const key = (value: string) => ({ headers: { 'idempotency-key': value } });

const countOf = async (id: string) => {
  const { rows } = await api.db.pool.query(
    'select count(*)::integer as cases from bulkhead.test_cases where suite_id = $1',
    [id],
  );
  return rows[0].cases;
};

/** A short append and a long one go different ways; with these metadata a few cases make a long one. */
const kinds = [
  ['short', {}],
  ['long', { metadata: { text: 'x'.repeat(1000) } }],
] as const;

for (const [kind, more] of kinds) {
  test(`a repeated ${kind} request is answered as the first one, to the letter`, async (t) => {
    const slug = `repeated-${kind}`;
    const id = await api.suite(slug);
    const body = ndjson([{ input: 'without a key', tags: ['new'] }, ...makeCases(400, more)]);
    t.is(body.length > AT_ONCE, kind === 'long');
    const first = await appendOver(api, slug, body, key('k'));
    t.is(first.status, 201);
    t.is(first.headers['idempotent-replayed'], undefined);
    await api.db.pool.query('delete from bulkhead.test_cases where suite_id = $1 and input = $2', [
      id,
      '"question 7"',
    ]);
    const second = await appendOver(api, slug, body, key('k'));
    t.is(second.status, 201);
    t.is(second.headers['idempotent-replayed'], 'true');
    t.is(second.text, first.text);
    t.is(await countOf(id), 400);
    const lines = await appendOver(api, slug, body, {
      headers: { 'idempotency-key': 'k', accept: 'application/x-ndjson' },
    });
    t.is(lines.headers['idempotent-replayed'], 'true');
    t.is(lines.text.split('\n').length, 403);
  });
}

test('another body, or other parameters, with the same key are refused', async (t) => {
  const id = await api.suite('reused');
  await appendOver(api, 'reused', makeCases(1), key('k'));
  for (const reply of [
    await appendOver(api, 'reused', makeCases(2), key('k')),
    await appendOver(api, 'reused', makeCases(1), { ...key('k'), query: 'tag=x' }),
  ]) {
    t.is(reply.status, 422);
    t.is(codeOf(reply), 'IDEMPOTENCY_KEY_REUSED');
    t.false(reply.body.errors[0].extensions.retryable);
  }
  t.is(await countOf(id), 1);
  const { rows } = await api.db.pool.query('select from bulkhead.suite_tags where suite_id = $1', [
    id,
  ]);
  t.is(rows.length, 0);
});

test('a key is of one caller and one suite', async (t) => {
  const ids = [await api.suite('one'), await api.suite('other')];
  const token = await api.token('appender', ids);
  await appendOver(api, 'one', [{ input: 1 }], key('k'));
  for (const [who, slug] of [
    [api.as(token.token), 'one'],
    [api, 'other'],
  ] as const) {
    const reply = await appendOver(who, slug, [{ input: 2 }], key('k'));
    t.is(reply.status, 201);
    t.is(reply.headers['idempotent-replayed'], undefined);
  }
});

test('a request that failed, and a dry run, keep nothing', async (t) => {
  const id = await api.suite('failed', makeCases(1));
  const other = [{ external_key: 'k0', input: 'other' }];
  t.is((await appendOver(api, 'failed', other, key('k'))).status, 409);
  const dry = await appendOver(api, 'failed', makeCases(3), { ...key('k'), query: 'dry_run=true' });
  t.like(dry.body, { dry_run: true, inserted: 2 });
  const reply = await appendOver(api, 'failed', makeCases(2), key('k'));
  t.is(reply.status, 201);
  t.is(reply.headers['idempotent-replayed'], undefined);
  t.is(await countOf(id), 2);
});

for (const [kind, more] of kinds) {
  test(`while a request is under way, another ${kind} one of its key is told to come again`, async (t) => {
    const slug = `busy-${kind}`;
    const id = await api.suite(slug);
    const session = await openSession(t, api.db);
    // As the first of two requests holds it, from before its cases are appended until they are stored.
    const principal = 'person:tester';
    await session.query('begin');
    await session.query(
      `select pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'bulkhead append', $1::bigint, $2::text, 'k'), 0))`,
      [id, principal],
    );
    const reply = await appendOver(api, slug, makeCases(400, { ...more, tags: ['new'] }), key('k'));
    t.is(reply.status, 409);
    t.is(codeOf(reply), 'IDEMPOTENCY_KEY_IN_USE');
    t.true(reply.body.errors[0].extensions.retryable);
    t.is(await countOf(id), 0);
    await session.query('rollback');
    t.is((await appendOver(api, slug, makeCases(400, more), key('k'))).status, 201);
  });

  test(`of ${kind} requests of one key at the same time exactly one appends`, async (t) => {
    const slug = `race-${kind}`;
    const id = await api.suite(slug);
    const body = ndjson(Array.from({ length: 500 }, (_, input) => ({ input, ...more })));
    const replies = await Promise.all(
      Array.from({ length: 6 }, () => appendOver(api, slug, body, key('k'))),
    );
    t.is(await countOf(id), 500);
    const done = replies.filter(({ status }) => status === 201);
    t.is(done.filter(({ headers }) => !headers['idempotent-replayed']).length, 1);
    for (const reply of replies)
      if (reply.status !== 201) t.is(codeOf(reply), 'IDEMPOTENCY_KEY_IN_USE');
    t.is(new Set(done.map(({ text }) => text)).size, 1);
  });
}

test('answers are kept for a day', async (t) => {
  const id = await api.suite('kept');
  await appendOver(api, 'kept', makeCases(1), key('k'));
  const prune = async (later: string) => {
    const client = await api.db.pool.connect();
    try {
      await client.query('begin');
      await client.query(`select set_config('bulkhead.now', (now() + $1::interval)::text, true)`, [
        later,
      ]);
      await client.query('select bulkhead_private.prune_append_answers()');
      const { rows } = await client.query(
        'select count(*)::integer as kept from bulkhead_private.append_answers where suite_id = $1',
        [id],
      );
      return rows[0].kept;
    } finally {
      await client.query('rollback');
      client.release();
    }
  };
  t.is(await prune('23 hours'), 1);
  t.is(await prune('25 hours'), 0);
});
