/** Appends as they come over a network: slowly, in pieces, cut off, without an end. */
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import test from 'ava';
import { type BodyLimits, makeBody } from '../../src/http/api/append-body.ts';
import { makePrecedence } from '../../src/http/api/precedence.ts';
import { useApi } from '../helpers/api.ts';
import { appendOver, makeCases, ndjson, startAppend } from '../helpers/append.ts';
import { append, dictionary } from '../helpers/cases.ts';
import { openSession, pidOf, until, waitsFor, withoutWaiting } from '../helpers/waits.ts';

const api = useApi(test);

const countOf = async (id: string) => {
  const { rows } = await api.db.pool.query(
    'select count(*)::integer as cases from bulkhead.test_cases where suite_id = $1',
    [id],
  );
  return rows[0].cases;
};

/** The sessions of appends: what each does, and whether it is in a transaction. */
const sessions = async () => {
  // The owner of the database does not see what the API's login does.
  const { rows } = await api.db.api.query(
    `select pid, state, query, xact_start, backend_xid, backend_xmin from pg_stat_activity
     where datname = current_database() and application_name = 'bulkhead transfer'`,
  );
  return rows;
};

/** More than two batches of a COPY. */
const longLines = ndjson(
  makeCases(300, { metadata: { text: 'x'.repeat(10_000) }, tags: ['fresh'] }),
);

test.serial(
  'a slow upload holds no transaction, and one that is cut off leaves nothing',
  async (t) => {
    const id = await api.suite('slow');
    const { request, reply } = startAppend(api, 'slow');
    request.write(longLines);
    t.teardown(() => request.destroy());
    const held = await until('what has come is staged, and the rest is waited for', async () => {
      const all = await sessions();
      const isQuiet = all.every(({ state }) => state === 'idle');
      return isQuiet && all.some(({ query }) => /^copy /.test(query)) ? all : null;
    });
    for (const one of held)
      t.like(one, { xact_start: null, backend_xid: null, backend_xmin: null });
    request.destroy();
    await t.throwsAsync(reply);
    // The connection that it had is one of those that the next ones get.
    await Promise.all(
      Array.from({ length: 12 }, async (_, n) => {
        const slug = `next-${n}`;
        await api.suite(slug);
        t.like((await appendOver(api, slug, makeCases(2))).body, { cases: 2, inserted: 2 });
      }),
    );
    t.is(await countOf(id), 0);
    t.deepEqual(await dictionary(api.db.pool, id), {});
  },
);

test.serial('a connection that is cut in the middle of a line leaves nothing', async (t) => {
  const id = await api.suite('cut');
  const { port } = new URL(api.url);
  const socket = connect(Number(port), '127.0.0.1');
  const headers = {
    ...api.headers,
    host: new URL(api.url).host,
    'content-type': 'application/x-ndjson',
  };
  const head = Object.entries({ ...headers, 'content-length': '100000000' })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  socket.write(`POST /api/suites/cut/cases HTTP/1.1\r\n${head}\r\n${longLines}{"input":"cut o`);
  await until('some of it is staged', async () => {
    const all = await sessions();
    return all.some(({ query }) => /^copy /.test(query));
  });
  socket.resetAndDestroy();
  await until('its connection is free again', async () => {
    const all = await sessions();
    return all.every(({ query }) => !/^copy /.test(query));
  });
  t.is(await countOf(id), 0);
  t.deepEqual(await dictionary(api.db.pool, id), {});
});

test.serial('a refusal does not wait for the end of a body that has none', async (t) => {
  await api.suite('endless');
  const filler = `${'{"input":1}\n'.repeat(5000)}`;
  for (const [options, slug, status] of [
    [{ type: 'text/xml' }, 'endless', 415],
    [{}, 'no-such-suite', 404],
    [{ query: 'dry_run=perhaps' }, 'endless', 400],
  ] as const) {
    const { request, reply } = startAppend(api, slug, options);
    let isSending = true;
    request
      .on('error', () => {})
      .on('close', () => {
        isSending = false;
      });
    const send = () => {
      if (isSending) request.write(filler, () => setImmediate(send));
    };
    send();
    const { status: answered, headers, body } = await reply;
    t.is(answered, status);
    t.is(headers.connection, 'close');
    t.is(typeof body.errors[0].message, 'string');
    isSending = false;
    request.destroy();
  }
});

test.serial('so many errors that nobody needs the rest end the reading', async (t) => {
  await api.suite('garbage');
  const { request, reply } = startAppend(api, 'garbage');
  let isSending = true;
  request
    .on('error', () => {})
    .on('close', () => {
      isSending = false;
    });
  const garbage = 'x\n'.repeat(20_000);
  const send = () => {
    if (isSending) request.write(garbage, () => setImmediate(send));
  };
  send();
  const { status, body } = await reply;
  t.is(status, 400);
  t.is(body.errors.length, 101);
  t.true(body.error_count >= 100_000);
  isSending = false;
  request.destroy();
});

test('a body that stalls, and one that is too long, are refused', async (t) => {
  const read = async (limits: BodyLimits, end: boolean) => {
    const source = new PassThrough();
    source.write('{"input":1}\n');
    if (end) source.end('{"input":2}\n');
    const given = { isGzip: false, described: '', precedence: makePrecedence(), limits };
    const { stream } = makeBody(source as never, given);
    for await (const _ of stream);
  };
  const limits = { bytes: 1000, stall: 50 };
  await t.notThrowsAsync(read(limits, true));
  await t.throwsAsync(read(limits, false), {
    name: 'BulkheadError',
    message: /nothing more has come/,
  });
  await t.throwsAsync(read({ ...limits, bytes: 20 }, true), { message: /larger than 20 bytes/ });
});

test('while a large append is not committed, others to the suite wait for nothing', async (t) => {
  const id = await api.suite('open');
  const [importer, other] = [await openSession(t, api.db), await openSession(t, api.db)];
  await importer.query('select bulkhead.begin_import($1)', [id]);
  await importer.query(
    `insert into pg_temp.import_rows (line, external_key, input, tags)
     select i, 'k' || i, to_jsonb(i), '{fresh}' from generate_series(1, 9000) as i`,
  );
  await importer.query(`select bulkhead.define_import_tags($1, '{"fresh": ""}')`, [id]);
  await importer.query('begin');
  await importer.query('select from bulkhead.append_import($1)', [id]);

  await withoutWaiting(other, () => append(other, id, [{ external_key: 'mine', tags: ['fresh'] }]));
  t.is(
    (await appendOver(api, 'open', [{ external_key: 'over', input: 1, tags: ['fresh'] }])).status,
    201,
  );
  // But the same key is one case, whoever is first.
  const pid = await pidOf(other);
  const waiting = append(other, id, [{ external_key: 'k7', input: 7, tags: ['fresh'] }]);
  t.deepEqual(await waitsFor(api.db.pool, pid), [await pidOf(importer)]);
  await importer.query('commit');
  t.is((await waiting)[0]?.outcome, 'unchanged');
  t.is(await countOf(id), 9002);
});

test('a dry run of a new tag keeps nobody waiting who brings the same one', async (t) => {
  const id = await api.suite('dry-open');
  const [importer, other] = [await openSession(t, api.db), await openSession(t, api.db)];
  await importer.query('select bulkhead.begin_import($1)', [id]);
  await importer.query(
    `insert into pg_temp.import_rows (line, input, tags) values (1, '1', '{fresh}')`,
  );
  await importer.query('begin');
  await importer.query(`select bulkhead.define_import_tags($1, '{"fresh": ""}', true)`, [id]);
  await importer.query('select from bulkhead.append_import($1, dry_run => true)', [id]);
  await withoutWaiting(other, () => append(other, id, [{ input: 1, tags: ['fresh'] }]));
  await importer.query('rollback');
  t.is(await countOf(id), 1);
});

test('whoever reads the answer slowly holds no connection to the database', async (t) => {
  const id = await api.suite('reader');
  const { port } = new URL(api.url);
  const body = ndjson(
    Array.from({ length: 15_000 }, (_, n) => ({
      external_key: `${n}/`.padEnd(500, 'k'),
      input: n,
    })),
  );
  const socket = connect(Number(port), '127.0.0.1');
  t.teardown(() => socket.destroy());
  const headers = {
    ...api.headers,
    host: new URL(api.url).host,
    'content-type': 'application/x-ndjson',
  };
  const head = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body) })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  // Nothing of the answer is read: it is larger than what the buffers of a connection take.
  socket.pause();
  socket.write(`POST /api/suites/reader/cases HTTP/1.1\r\n${head}\r\n${body}`);
  await until('all is stored', async () => (await countOf(id)) === 15_000);
  await until('its connection is free', async () => {
    const all = await sessions();
    return all.every(({ query }) => /^(commit|rollback)$/.test(query));
  });
  t.is((await appendOver(api, 'reader', [{ input: 1 }])).status, 201);
});
