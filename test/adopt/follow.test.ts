/** What people do to the source, and to the suite here, while it is being adopted. */
import test from 'ava';
import { copyCasesSql } from '../../src/adopt/source-sql.ts';
import { openSession, pidOf, withoutWaiting } from '../helpers/waits.ts';
import { changes, copy, isIdentical, killAt, makeMove, seedRows, seedTables } from './source.ts';

test('inserts, edits, deletions, moves to another suite, renamed tags and a TRUNCATE are brought over', async (t) => {
  const move = await makeMove(t);
  await move.step(copy);
  await move.source.query(changes);
  t.like(await move.json(['follow', '--once']), { inserted: 3, updated: 3, deleted: 3 });
  await isIdentical(t, move);
  t.like(await move.json(['follow', '--once']), { inserted: 0, updated: 0, deleted: 0, links: 0 });
  const { rows } = await move.db.pool.query(
    `select c.version, v.input from bulkhead.test_cases c
     join bulkhead.test_case_versions v on v.suite_id = c.suite_id and v.case_id = c.id
     where c.external_key = '3'`,
  );
  t.is(rows.length, 1, 'the earlier version is kept');
  t.is(rows[0].version, 2);
  await move.source.query('truncate test_case_tags');
  await move.step(['follow', '--once']);
  await isIdentical(t, move);
});

test('a number that is written otherwise is brought over', async (t) => {
  const move = await makeMove(t);
  await move.step(copy);
  await move.source.query(`update test_cases set notes = '{"number": 11.5}' where id = 11`);
  t.like(await move.json(['follow', '--once']), { inserted: 0, updated: 1, deleted: 0 });
  t.true((await move.json(['verify'])).identical);
});

test('following ends also when the queue is never empty', async (t) => {
  const move = await makeMove(t);
  await move.step(copy);
  const append = `insert into test_cases (suite_id, input, notes) values (1, 'ci', '{}');`;
  // somebody who appends whenever changes have been brought over
  await move.source.query(`
    create function append_again() returns trigger language plpgsql as $$ begin ${append} return null; end $$;
    create trigger append_again after delete on bulkhead_adopt.changes for each statement execute function append_again();
    ${append}`);
  t.like(await move.json(['follow', '--once']), { inserted: 1 });
  t.like(await move.json(['follow', '--once']), { inserted: 1 }, 'the next call brings the next');
  await move.source.query('drop trigger append_again on bulkhead_adopt.changes');
  await move.step(['follow', '--once']);
  await isIdentical(t, move);
});

test('what another transaction commits late is not lost', async (t) => {
  const move = await makeMove(t);
  await move.step(copy);
  const late = await move.source.connect();
  await late.query(`begin; update test_cases set input = 'late' where id = 1`);
  await move.source.query(`update test_cases set input = 'early' where id = 2`);
  t.like(await move.json(['follow', '--once']), { updated: 1 });
  await late.query('commit');
  late.release();
  t.like(await move.json(['follow', '--once']), { updated: 1 });
  await isIdentical(t, move);
});

test('appends to the source and here wait for nobody while a chunk is written', async (t) => {
  const move = await makeMove(t);
  const { rows } = await move.db.pool.query(`select id from bulkhead.create_suite('other')`);
  const session = await openSession(t, move.db);
  await killAt(move, copy, 'new.chunks = 2', 'after the commit', async () => {
    // the process holds all that it ever holds: it is about to commit a chunk
    const client = await move.source.connect();
    await withoutWaiting(client, () =>
      client.query(`
        insert into test_cases (suite_id, input, notes) values (1, 'ci', '{}');
        insert into test_case_tags values (currval('test_cases_id_seq'), 1);
        update test_cases set input = 'edited' where id < 50`),
    );
    client.release();
    await withoutWaiting(session, () =>
      session.query(`select from bulkhead.append_cases($1, '[{"input": "x", "tags": ["rag"]}]')`, [
        rows[0].id,
      ]),
    );
  });
  await move.step(['copy']);
  t.true((await move.json(['verify'])).identical);
});

test('until the cut-over a suite can be read here, and takes no appends', async (t) => {
  const move = await makeMove(t);
  await move.step(copy);
  const append = () =>
    move.db.pool.query(
      `select from bulkhead.append_cases(bulkhead.suite_id('suite-a'), '[{"input": "x"}]')`,
    );
  await t.throwsAsync(append(), { code: 'TCARC' });
  await move.step(['cut-over', '--suite', 'suite-a']);
  await t.notThrowsAsync(append());
  for (const step of ['back', 'verify'])
    t.regex(
      (await move.step([step, '--suite', 'suite-a'], 2)).stderr,
      /"suite-a" has been cut over/,
    );
  t.regex((await move.step(['verify'])).stdout, /^grosse-co: .*: identical\n/);
  t.like(await move.json(['status']), {
    suites: [
      { suite: 'suite-a', phase: 'cut_over' },
      { suite: 'grosse-co', phase: 'following' },
    ],
  });
});

test('a suite that is not identical is not cut over, and its source stays open', async (t) => {
  const move = await makeMove(t);
  await move.step(copy);
  await move.db.pool.query(
    `delete from bulkhead.test_cases where suite_id = bulkhead.suite_id('suite-a') and external_key = '2'`,
  );
  const report = await move.step(['verify'], 4);
  t.regex(report.stdout, /cases that differ, the first of them: 2\n/);
  t.regex(report.stdout, /\ndifferent: suite-a\n$/);
  const { stderr } = await move.step(['cut-over', '--suite', 'suite-a'], 4);
  t.regex(stderr, /the suite "suite-a" is not identical/);
  await t.notThrowsAsync(move.source.query(`update test_cases set input = 'again' where id = 2`));
  await move.step(['cut-over', '--suite', 'suite-a']);
  await isIdentical(t, move);
});

test('a cut-over waits for transactions that could have written to the suite', async (t) => {
  const move = await makeMove(t);
  await move.step(copy);
  const late = await move.source.connect();
  await late.query(`begin; update test_cases set input = 'late' where id = 2`);
  const { stderr } = await move.step(['cut-over', '--patience', '0.2'], 5);
  t.regex(stderr, /a transaction on the source does not end/);
  await late.query('commit');
  late.release();
  await move.step(['cut-over']);
  await isIdentical(t, move);
});

test('a cut-over does not wait for other databases of the server', async (t) => {
  const move = await makeMove(t);
  await move.step(copy);
  const elsewhere = await openSession(t, move.db);
  await elsewhere.query('begin');
  await elsewhere.query('select txid_current()');
  await move.step(['cut-over', '--patience', '10']);
  await elsewhere.query('rollback');
  await isIdentical(t, move);
});

test('a prepared transaction is waited for', async (t) => {
  const move = await makeMove(t);
  const { rows } = await move.source.query('show max_prepared_transactions');
  if (rows[0].max_prepared_transactions === '0') {
    t.log('not run: the server takes no prepared transactions');
    return t.pass();
  }
  await move.step(copy);
  const late = await move.source.connect();
  await late.query(
    `begin; update test_cases set input = 'late' where id = 2; prepare transaction 'late'`,
  );
  late.release();
  await move.step(['cut-over', '--patience', '0.2'], 5);
  await move.source.query(`commit prepared 'late'`);
  await move.step(['cut-over']);
  await isIdentical(t, move);
});

test('two processes do not adopt one source at once', async (t) => {
  const move = await makeMove(t);
  const session = await openSession(t, move.db);
  const { rows } = await move.source.query('select current_database() as name');
  await session.query(`select pg_advisory_lock(hashtextextended('bulkhead.adoption ' || $1, 0))`, [
    rows[0].name,
  ]);
  t.regex((await move.step(copy, 6)).stderr, /another process adopts/);
});

test('the source is not written to without consent, and its URL is in no message', async (t) => {
  const move = await makeMove(t, seedTables + seedRows(3));
  const { stderr } = await move.step(['copy', '--preset', 'seed'], 2);
  t.regex(stderr, /--install-triggers/);
  const { rows } = await move.source.query(`select to_regnamespace('bulkhead_adopt') as schema`);
  t.deepEqual(rows, [{ schema: null }]);
  const { password } = new URL(move.sourceUrl);
  if (password) t.false(stderr.includes(password));
});

test('values of a source cannot leave their quotes', (t) => {
  const hostile = `x'; drop table t; --`;
  const mapping = {
    suites: { table: 'a".b', id: 'i', name: 'n' },
    cases: {
      ...{ table: hostile, id: 'i"', idType: 'integer', suite: 's', through: null },
      ...{ input: ['x'], inputIsObject: false, expected: null, key: 'k"', status: null },
      ...{ createdAt: null, metadata: [hostile] },
    },
    tags: { table: 't', id: 'i', name: 'n' },
    links: { table: 'l', case: 'c', tag: 't' },
    slugs: {},
    decisions: {},
  };
  const sql = copyCasesSql(mapping, { ids: [hostile], keys: [hostile], suites: [hostile] });
  const bare = sql.replace(/'(?:[^']|'')*'/g, '').replace(/"(?:[^"]|"")*"/g, '');
  t.false(/drop table/.test(bare));
});

test('a suite is found identical while people go on writing to it', async (t) => {
  const move = await makeMove(t, seedTables + seedRows(5000));
  await move.step(copy.slice(0, -2));
  const writer = await move.source.connect();
  const pid = await pidOf(writer);
  const writing = writer.query(`
    do $$ begin
      loop
        insert into test_cases (suite_id, input, notes) values (1, 'ci', '{}');
        update test_cases set input = input || '.' where id = 1;
        insert into test_case_tags values (currval('test_cases_id_seq'), 1);
        commit;
        perform pg_sleep(0.002);
      end loop;
    end $$`);
  const stopped = t.throwsAsync(writing, { code: '57014' }, 'it was writing to the end');
  try {
    t.true((await move.json(['verify'])).identical);
  } finally {
    await move.source.query('select pg_cancel_backend($1)', [pid]);
    await stopped;
    writer.release();
  }
});
