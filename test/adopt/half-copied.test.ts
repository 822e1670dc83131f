/** What people do to the source while one of its suites is followed, and another has been copied in part. */
import test, { type ExecutionContext } from 'ava';
import { copy, isIdentical, killAt, makeMove } from './source.ts';

/** The first suite (even ids) is followed; of the second (odd ids) 40 of 50 cases are there, up to 79. */
async function makeHalfCopied(t: ExecutionContext) {
  const move = await makeMove(t);
  await move.step([...copy, '--suite', 'suite-a']);
  await killAt(move, copy, 'new.chunks = 2 and old.chunks = 1', 'after the commit');
  const half = await move.json(['status']);
  t.like(half.suites[1], { suite: 'grosse-co', phase: 'copying', cases_copied: '40' });
  return move;
}

test('cases that two suites exchange are in the right one, on either side of where the copy is', async (t) => {
  const move = await makeHalfCopied(t);
  // into the part that is copied, into the one that is not, and out of both
  const exchange = `
    update test_cases set suite_id = 3 - suite_id, input = input || '.' where id in (2, 3, 90, 91);
    delete from test_case_tags where case_id in (2, 3, 90, 91) and tag_id = 1;
    insert into test_case_tags select id, 3 from test_cases where id in (2, 3, 90, 91) on conflict do nothing`;
  await move.source.query(exchange);
  await move.step(['follow', '--once']);
  await move.source.query(
    `update test_cases set suite_id = 3 - suite_id where id in (3, 4, 91, 92)`,
  );
  await move.step(['copy', '--chunk', '20']);
  await move.source.query(exchange);
  await move.step(['follow', '--once']);
  await isIdentical(t, move);
  t.true((await move.json(['verify'])).identical);
});

test('a TRUNCATE, and what was changed with it, comes into the part that is copied as well', async (t) => {
  const move = await makeHalfCopied(t);
  await move.source.query(`
    truncate test_case_tags;
    update test_cases set input = 'changed' where id in (2, 3, 91);
    update test_cases set suite_id = 3 - suite_id where id in (4, 5, 92, 93);
    delete from test_cases where id in (6, 7, 94, 95)`);
  await move.step(['follow', '--once']);
  t.is((await move.json(['status'])).waiting, 0);
  await move.step(['copy', '--chunk', '20']);
  await move.step(['follow', '--once']);
  await isIdentical(t, move);
  t.true((await move.json(['verify'])).identical);
});
