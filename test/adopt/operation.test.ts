/** The copy of a suite as an operation: people see how far it is, and can stop it; no worker touches it. */
import test from 'ava';
import { useWorker } from '../helpers/processes.ts';
import { copy, holdAt, isIdentical, killAt, makeMove, seedRows, seedTables } from './source.ts';

const operations = `
  select kind, state, total::integer, processed::integer, changed::integer, chunks, parameters ->> 'source_suite' as suite
  from bulkhead.bulk_operations order by suite_id, id`;

test('it counts the cases, and succeeds with the last one', async (t) => {
  const move = await makeMove(t);
  await move.step(copy);
  const { rows } = await move.db.pool.query(operations);
  const done = {
    kind: 'adopt',
    state: 'succeeded',
    total: 50,
    processed: 50,
    changed: 50,
    chunks: 3,
  };
  t.deepEqual(rows, [
    { ...done, suite: '1' },
    { ...done, suite: '2' },
  ]);
});

test('when its process is killed no worker takes it up, and the next process goes on with it', async (t) => {
  const move = await makeMove(t);
  await killAt(move, copy, 'new.chunks = 2', 'after the commit');
  await useWorker(t, move.db);
  const { rows } = await move.db.pool.query(
    `update bulkhead.bulk_operations set submitted_at = submitted_at - interval '1 hour' returning state`,
  );
  t.deepEqual(rows, [{ state: 'running' }]);
  const recovered = await move.db.pool.query('select bulkhead_private.recover_operations()');
  t.is(recovered.rowCount, 0);
  await move.step(['copy']);
  t.deepEqual(
    (await move.db.pool.query(operations)).rows.map(({ state, processed }) => [state, processed]),
    [
      ['succeeded', 50],
      ['succeeded', 50],
    ],
  );
});

const cancel = `select bulkhead.cancel_operation(suite_id, id) from bulkhead.bulk_operations where state = 'running'`;

test('cancelled, the copy ends with its chunk, whatever it has read; run again, it goes on', async (t) => {
  const move = await makeMove(t, seedTables + seedRows(120));
  const run = await holdAt(move, copy, 'new.chunks = 2 and old.chunks = 1', async () => {
    await move.db.pool.query(cancel);
  });
  t.is(await run.ended, 4);
  t.regex(run.output(), /the copy of "suite-a" was cancelled/);
  t.like((await move.db.pool.query(operations)).rows[0], { state: 'cancelled', processed: 40 });
  await move.step(['copy', '--chunk', '20']);
  t.true((await move.json(['verify'])).identical);
  await isIdentical(t, move);
});

test('cancelled when its process is dead, it is over; the next process goes on', async (t) => {
  const move = await makeMove(t);
  await killAt(move, copy, 'new.chunks = 2', 'after the commit');
  await move.db.pool.query(cancel);
  t.is((await move.db.pool.query(operations)).rows[0].state, 'cancelled');
  await move.step(['copy']);
  t.true((await move.json(['verify'])).identical);
  await isIdentical(t, move);
});

test('a copy in small chunks, at full speed, brings the statistics of its partition up to date', async (t) => {
  const move = await makeMove(t);
  await move.step([...copy, '--chunk', '7', '--pace', '1']);
  const { rows } = await move.db.pool.query(`
    select bool_and(reltuples > 0) as counted from pg_class
    where oid in (select tableoid from bulkhead.test_cases)`);
  t.deepEqual(rows, [{ counted: true }]);
  await isIdentical(t, move);
});
