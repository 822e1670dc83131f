/** A snapshot is one consistent view, waits for nobody and holds up nobody. */
import test, { type ExecutionContext } from 'ava';
import {
  append,
  appendMany,
  appendTagged,
  call,
  makeSuite,
  type Operation,
} from '../../helpers/cases.ts';
import { useDatabase } from '../../helpers/database.ts';
import { checkRefusal, refuses } from '../../helpers/errors.ts';
import { holdSuite, runChunk, setChunkSize } from '../../helpers/operations.ts';
import { lines, present, snap } from '../../helpers/snapshots.ts';
import {
  openSession,
  pidOf,
  strongTableLocks,
  waitsFor,
  withoutWaiting,
} from '../../helpers/waits.ts';

const database = useDatabase(test);

test('while a snapshot is being made, appends, edits, tags and deletions of its cases go on', async (t) => {
  const [maker, other] = [await openSession(t, database), await openSession(t, database)];
  const suite_id = await makeSuite(database.pool);
  await appendTagged(database.pool, suite_id, { a: 'rag', b: 'rag', c: '' });
  await call(database.pool, 'define_tag', { suite_id, name: 'flaky' });
  const before = await present(database.pool, suite_id);
  await maker.query('begin');
  await snap(maker, suite_id, 'v1');
  t.deepEqual(await strongTableLocks(maker), []);
  await withoutWaiting(other, async () => {
    await append(other, suite_id, [{ external_key: 'd', tags: ['rag', 'brand-new'] }]);
    await append(other, suite_id, [{ external_key: 'a', input: 'edited' }], 'update');
    await call(other, 'bulk_tag', { suite_id, where_tags: 'rag', add: ['flaky'] });
    await call(other, 'define_route', { suite_id, name: 'gate', expression: 'rag' });
    await call(other, 'pull_route', { suite_id, route: 'gate' });
    await call(other, 'bulk_delete', { suite_id, external_keys: ['b'] });
    await snap(other, suite_id, 'v2');
  });
  await maker.query('commit');
  t.deepEqual(await lines(database.pool, suite_id, 'v1'), before);
  t.is((await lines(database.pool, suite_id, 'v2')).length, 3);
});

test('a snapshot waits for no append, edit or operation that is under way, and has none of them', async (t) => {
  const [writer, maker] = [await openSession(t, database), await openSession(t, database)];
  const suite_id = await makeSuite(database.pool);
  await appendTagged(database.pool, suite_id, { a: 'rag', b: 'rag' });
  const before = await present(database.pool, suite_id);
  await writer.query('begin');
  await append(writer, suite_id, [{ external_key: 'c', tags: ['new'] }]);
  await append(writer, suite_id, [{ external_key: 'a', input: 'edited' }], 'update');
  await call(writer, 'bulk_tag', { suite_id, where_tags: 'rag', add: ['rag', 'new'] });
  await writer.query('delete from bulkhead.test_cases where suite_id = $1 and external_key = $2', [
    suite_id,
    'b',
  ]);
  await withoutWaiting(maker, () => snap(maker, suite_id, 'v1'));
  await writer.query('commit');
  t.deepEqual(await lines(database.pool, suite_id, 'v1'), before);
});

test('of a transaction a snapshot has all or nothing, however many of them there are', async (t) => {
  const suite_id = await makeSuite(database.pool);
  await appendMany(database.pool, suite_id, 300, ['rag']);
  // every case gets another input and another tag, in one transaction
  const write = (round: number) =>
    database.pool.query(`
      update bulkhead.test_cases set input = to_jsonb(${round}) where suite_id = ${suite_id};
      delete from bulkhead.test_case_tags where suite_id = ${suite_id};
      insert into bulkhead.suite_tags (suite_id, name) values (${suite_id}, 'round-${round}');
      insert into bulkhead.test_case_tags (suite_id, case_id, tag)
      select ${suite_id}, id, 'round-${round}' from bulkhead.test_cases where suite_id = ${suite_id}`);
  await write(1);
  let over = false;
  const writing = (async () => {
    for (let round = 2; !over; round++) await write(round);
  })();
  const seen = new Set<string>();
  try {
    // at least until the writer has committed in between
    for (let made = 0; made < 15 || seen.size < 2; made++) {
      await snap(database.pool, suite_id, `s${made}`);
      const pulled = await lines(database.pool, suite_id, `s${made}`);
      t.is(pulled.length, 300);
      const states = pulled
        .map((line) => JSON.parse(line))
        .map((one) => `${one.input} ${one.tags}`);
      t.deepEqual([...new Set(states)], states.slice(0, 1));
      seen.add(states[0] ?? '');
    }
  } finally {
    over = true;
    await writing;
  }
  t.true(seen.size > 1);
});

test('a snapshot made while an operation is half done has the half, and keeps it', async (t) => {
  const session = await openSession(t, database);
  const suite_id = await makeSuite(database.pool);
  await appendMany(database.pool, suite_id, 40, ['rag']);
  await call(database.pool, 'define_tag', { suite_id, name: 'new' });
  await holdSuite(session, suite_id);
  const [operation] = await call<Operation>(database.pool, 'bulk_tag', {
    suite_id,
    where_tags: 'rag',
    add: ['new'],
  });
  if (!operation) throw new Error('no operation');
  await setChunkSize(session, operation, 10);
  await runChunk(session, operation);
  await snap(session, suite_id, 'half');
  const tagged = async () =>
    (await lines(session, suite_id, 'half')).filter((line) => JSON.parse(line).tags.includes('new'))
      .length;
  const half = await tagged();
  t.is(half, 10);
  for (let chunk = 0; chunk < 3; chunk++) await runChunk(session, operation);
  t.is(await tagged(), half);
});

test('two snapshots of one name: one is made, the other is told', async (t) => {
  const [one, two] = [await openSession(t, database), await openSession(t, database)];
  const suite_id = await makeSuite(database.pool);
  await appendTagged(database.pool, suite_id, { a: '' });
  await one.query('begin');
  await snap(one, suite_id, 'v1');
  const [holder, pid] = [await pidOf(one), await pidOf(two)];
  const second = snap(two, suite_id, 'v1').catch((error) => error);
  t.deepEqual(await waitsFor(database.pool, pid), [holder]);
  await one.query('commit');
  t.is((await second).code, 'TCSNT');
});

async function cleanWhileMaking(t: ExecutionContext, level: string) {
  const [maker, cleaner] = [await openSession(t, database), await openSession(t, database)];
  const suite_id = await makeSuite(database.pool);
  await appendTagged(database.pool, suite_id, { a: 'rag' });
  const before = await present(database.pool, suite_id);
  await maker.query('begin');
  await snap(maker, suite_id, 'v1');
  await append(database.pool, suite_id, [{ external_key: 'a', input: 'edited' }], 'update');
  await cleaner.query(`begin isolation level ${level}`);
  const clean = () =>
    cleaner.query('delete from bulkhead.test_case_versions where suite_id = $1', [suite_id]);
  return {
    ...{ maker, cleaner, clean },
    async isKept() {
      await maker.query('commit');
      await cleaner.query('rollback');
      t.deepEqual(await lines(database.pool, suite_id, 'v1'), before);
    },
  };
}

test('a version is not deleted while a snapshot that holds it is being made', async (t) => {
  const { maker, cleaner, clean, isKept } = await cleanWhileMaking(t, 'read committed');
  const [holder, pid] = [await pidOf(maker), await pidOf(cleaner)];
  const cleaning = clean().catch((error) => error);
  t.deepEqual(await waitsFor(database.pool, pid), [holder]);
  await maker.query('commit');
  checkRefusal(t, await cleaning, { code: 'TCFRZ', message: /do not change/ });
  await isKept();
});

for (const level of ['repeatable read', 'serializable'])
  test(`at ${level}, which does not see such a snapshot, a version is not deleted; it waits for nobody`, async (t) => {
    const { cleaner, clean, isKept } = await cleanWhileMaking(t, level);
    const refusal = { code: 'TCFRZ', message: /not known/, hint: /READ COMMITTED/ };
    await withoutWaiting(cleaner, () => refuses(t, cleaner, clean, refusal));
    await isKept();
  });

for (const level of ['repeatable read', 'serializable'])
  test(`at ${level}, which still sees versions that were deleted since, no snapshot is made; it waits for nobody`, async (t) => {
    const [maker, cleaner] = [await openSession(t, database), await openSession(t, database)];
    const suite_id = await makeSuite(database.pool);
    await appendTagged(database.pool, suite_id, { a: 'rag' });
    await maker.query(`begin isolation level ${level}; select from bulkhead.test_suites`);
    await append(database.pool, suite_id, [{ external_key: 'a', input: 'edited' }], 'update');
    await cleaner.query('begin');
    await cleaner.query('delete from bulkhead.test_case_versions where suite_id = $1', [suite_id]);
    await withoutWaiting(maker, () =>
      refuses(t, maker, () => snap(maker, suite_id, 'v1'), {
        code: 'TCFRZ',
        message: /not known/,
        hint: /READ COMMITTED/,
      }),
    );
    await cleaner.query('commit');
    await maker.query('commit');
    await snap(maker, suite_id, 'v1');
    t.deepEqual(await lines(maker, suite_id, 'v1'), await present(maker, suite_id));
  });
