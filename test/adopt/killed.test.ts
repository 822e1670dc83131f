/** Each of the five steps is killed with SIGKILL in the middle of what it does, run again, and both sides are identical. */
import test from 'ava';
import { changes, copy, isIdentical, killAt, killReading, type Move, makeMove } from './source.ts';

async function copied({ db }: Move): Promise<number[]> {
  const { rows } = await db.pool.query(
    'select cases_copied::integer as cases from bulkhead_private.adopted_suites order by suite_id',
  );
  return rows.map(({ cases }) => cases);
}

test('inspect: nothing has changed on either side', async (t) => {
  const move = await makeMove(t);
  await killReading(move, ['inspect', '--preset', 'seed'], 'test_case_tags');
  const { rows } = await move.source.query(
    `select to_regnamespace('bulkhead_adopt') as schema, (select count(*)::integer from pg_trigger where not tgisinternal) as triggers`,
  );
  t.deepEqual(rows, [{ schema: null, triggers: 0 }]);
  t.deepEqual((await move.db.pool.query('select from bulkhead.test_suites')).rows, []);
  t.is((await move.json(['inspect', '--preset', 'seed'])).cases, 100);
  await move.step(copy);
  t.true((await move.json(['verify'])).identical);
  await isIdentical(t, move);
});

for (const when of ['before the commit', 'after the commit'] as const)
  test(`copy, ${when} of a chunk`, async (t) => {
    const move = await makeMove(t);
    await killAt(move, copy, 'new.chunks = 2 and old.chunks = 1', when);
    t.deepEqual(await copied(move), [when === 'before the commit' ? 20 : 40, 0]);
    await move.source.query(changes);
    await move.step(['copy', '--chunk', '20']);
    await move.step(['follow', '--once']);
    await isIdentical(t, move);
    t.true((await move.json(['verify'])).identical);
  });

for (const when of ['before the commit', 'after the commit'] as const)
  test(`follow, ${when} of a batch`, async (t) => {
    const move = await makeMove(t);
    await move.step(copy);
    await move.source.query(changes);
    await killAt(move, ['follow'], 'new.followed_at is distinct from old.followed_at', when);
    t.true((await move.json(['status'])).waiting > 0);
    await move.step(['follow', '--once']);
    t.is((await move.json(['status'])).waiting, 0);
    t.true((await move.json(['verify'])).identical);
    await isIdentical(t, move);
  });

test('verify after a copy that was killed: what is not copied is not identical', async (t) => {
  const move = await makeMove(t);
  await move.step([...copy, '--suite', 'suite-a']);
  await killAt(move, copy, 'new.chunks = 2 and old.chunks = 1', 'after the commit');
  const half = 'grosse-co: not copied yet, 40 of 50 cases\n';
  for (const asked of [[], ['--suite', 'suite-a', '--suite', 'grosse-co']]) {
    const { stdout } = await move.step(['verify', ...asked], 4);
    t.regex(stdout, /^suite-a: 50 cases .* 50 and .* here: identical\n/);
    t.true(stdout.endsWith(`\n${half}different: grosse-co\n`), stdout);
  }
  t.is((await move.step(['verify', '--suite', '2'], 4)).stdout, `${half}different: grosse-co\n`);
  const cases = { copied: 40, expected: 50 };
  t.like(await move.json(['verify'], 4), {
    suites: [{ suite: 'suite-a', identical: true }],
    unfinished: [{ suite: 'grosse-co', phase: 'copying', cases, identical: false }],
    identical: false,
  });
  await move.step(['verify', '--suite', 'suite-a']);
  await killAt(move, ['back', '--suite', '2'], `new.phase = 'going_back'`, 'after the commit');
  const { stdout } = await move.step(['verify'], 4);
  t.regex(stdout, /\ngrosse-co: is being taken back, and not compared\ndifferent: grosse-co\n$/);
});

test('verify', async (t) => {
  const move = await makeMove(t);
  await move.step(copy);
  await killReading(move, ['verify'], 'test_cases');
  t.true((await move.json(['verify'])).identical);
  t.regex((await move.step(['verify'])).stdout, /\nidentical\n$/);
  await isIdentical(t, move);
});

for (const when of ['before the commit', 'after the commit'] as const)
  test(`cut-over, ${when}`, async (t) => {
    const move = await makeMove(t);
    await move.step(copy);
    await move.source.query(changes);
    await killAt(move, ['cut-over', '--suite', 'suite-a'], `new.phase = 'cut_over'`, when);
    const append = (suite: number) =>
      move.source.query('insert into test_cases (suite_id, input, notes) values ($1, $2, $3)', [
        ...[suite, 'late', '{}'],
      ]);
    await t.throwsAsync(append(1), { code: '55000' });
    await append(2);
    await move.step(['cut-over']);
    await isIdentical(t, move);
    await t.throwsAsync(append(2), { code: '55000' });
    const { rows } = await move.db.pool.query(
      'select array_agg(distinct archived_at) as archived from bulkhead.test_suites',
    );
    t.deepEqual(rows, [{ archived: [null] }]);
  });

test('back: what is left is taken out, and the source is as it was', async (t) => {
  const move = await makeMove(t);
  await move.step(copy);
  await killAt(move, ['back'], `new.phase = 'going_back'`, 'after the commit');
  await move.step(['back']);
  const left = await move.db.pool.query(
    'select from bulkhead.test_suites union all select from bulkhead.test_cases',
  );
  t.deepEqual(left.rows, []);
  const { rows } = await move.source.query(
    `select to_regnamespace('bulkhead_adopt') as schema, (select count(*)::integer from pg_trigger where not tgisinternal) as triggers`,
  );
  t.deepEqual(rows, [{ schema: null, triggers: 0 }]);
});
