/** What a copy reads at once: some chunks, or a few large cases. */
import test from 'ava';
import { copy, holdAt, isIdentical, type Move, makeMove, seedRows, seedTables } from './source.ts';

async function chunks({ db }: Move): Promise<number[]> {
  const { rows } = await db.pool.query(
    'select chunks from bulkhead_private.adopted_suites order by suite_id',
  );
  return rows.map(({ chunks }) => chunks);
}

test('a suite that ends where a read ends is copied to its last case', async (t) => {
  const move = await makeMove(t, seedTables + seedRows(40));
  await move.step(copy);
  t.deepEqual(await chunks(move), [2, 2], 'of 20, and one that finds nothing more');
  t.like(await move.json(['status']), { suites: [{ phase: 'following' }, { phase: 'following' }] });
  await isIdentical(t, move);
});

test('what changes in the source after it has been read, and before it is written, is followed', async (t) => {
  const move = await makeMove(t, seedTables + seedRows(120));
  // the second read is of all that is left; cases of suite 1 have even ids
  const run = await holdAt(move, copy, 'new.chunks = 2 and old.chunks = 1', async () => {
    await move.source.query(`
      update test_cases set input = 'edited' where id in (42, 100);
      update test_cases set suite_id = 2 where id = 102;
      delete from test_case_tags where case_id = 104;
      delete from test_case_tags where case_id = 106;
      delete from test_cases where id = 106;
      update tags set name = 'renamed' where name = 'rag'`);
  });
  t.is(await run.ended, 0);
  const { rows } = await move.db.pool.query(
    `select input <> '"edited"' as early from bulkhead.test_cases where external_key in ('42', '100')`,
  );
  t.deepEqual(rows, [{ early: true }, { early: true }], 'they had been read');
  await move.step(['follow', '--once']);
  await isIdentical(t, move);
  t.true((await move.json(['verify'])).identical);
});

test('of large cases a copy reads and writes fewer at a time', async (t) => {
  const move = await makeMove(t, seedTables + seedRows(80));
  await move.source.query(`update test_cases set input = repeat('x', 700000) where suite_id = 1`);
  await move.step([...copy, '--chunk', '30']);
  // 24 of the 30 asked for are 16 MB; then the five that are 4 MB, until a read finds fewer
  t.deepEqual(await chunks(move), [1 + 3 + 1, 2]);
  await isIdentical(t, move);
});
