/** Who has begun before a name changes its meaning: what they still write under the old one, or define under the new one, is met. */
import test, { type ExecutionContext } from 'ava';
import { append, appendTagged, call, callOne, makeSuite, tagsByKey } from '../helpers/cases.ts';
import { makeDatabase, useDatabase } from '../helpers/database.ts';
import { checkRefusal } from '../helpers/errors.ts';
import { read, runChunk, runToEnd } from '../helpers/operations.ts';
import { finished, submit } from '../helpers/operations-watch.ts';
import { useWorker } from '../helpers/processes.ts';
import { openSession, pidOf, until, waitsFor, withoutWaiting } from '../helpers/waits.ts';

const database = useDatabase(test);
const sessions = async (t: ExecutionContext) =>
  [await openSession(t, database), await openSession(t, database)] as const;

test('a rename ends after an append that began before it, and brings its cases along', async (t) => {
  const [early, other] = await sessions(t);
  const suite_id = await makeSuite(database.pool);
  await appendTagged(database.pool, suite_id, { a: 'old', b: '' });
  await early.query('begin');
  await append(
    early,
    suite_id,
    [
      { external_key: 'b', tags: ['old'] },
      { external_key: 'c', tags: ['old'] },
    ],
    'update',
  );

  const renaming = await submit(database.pool, 'bulk_rename_tag', suite_id, {
    tag: 'old',
    new_name: 'new',
  });
  for (let chunk = 0; chunk < 3; chunk++) t.is((await runChunk(other, renaming)).state, 'running');
  await withoutWaiting(other, () =>
    append(other, suite_id, [{ external_key: 'd', tags: ['old'] }]),
  );
  t.deepEqual(await tagsByKey(database.pool, suite_id), { a: 'new', b: '', d: 'new' });

  await early.query('commit');
  const done = await runToEnd(database.pool, renaming);
  t.like(done, { state: 'succeeded', processed: '3', changed: '3' });
  t.deepEqual(await tagsByKey(database.pool, suite_id), { a: 'new', b: 'new', c: 'new', d: 'new' });
});

test('a worker waits for it, and is told to stop meanwhile', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const early = await openSession(t, db);
  const suite_id = await makeSuite(pool);
  await call(pool, 'define_tag', { suite_id, name: 'old' });
  await useWorker(t, db);
  await early.query('begin');
  await append(early, suite_id, [{ external_key: 'a', tags: ['old'] }]);
  const first = await submit(pool, 'bulk_rename_tag', suite_id, {
    tag: 'old',
    new_name: 'new',
  });
  await until('it has begun to wait', async () => (await read(pool, first)).chunks > 1);
  await call(pool, 'cancel_operation', { suite_id, operation_id: first.id });
  t.is((await finished(pool, first)).state, 'cancelled');
  const second = await callOne<typeof first>(pool, 'retry_operation', {
    suite_id,
    operation_id: first.id,
  });
  await until('it waits too', async () => (await read(pool, second)).chunks > 1);
  await early.query('commit');
  t.like(await finished(pool, second), { state: 'succeeded', changed: '1' });
  t.deepEqual(await tagsByKey(pool, suite_id), { a: 'new' });
});

test('a merge into a tag of an exclusive group leaves no case with two tags of it', async (t) => {
  const [early] = await sessions(t);
  const suite_id = await makeSuite(database.pool);
  for (const name of ['gold', 'silver'])
    await call(database.pool, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
  await appendTagged(database.pool, suite_id, { a: 'best' });
  await early.query('begin');
  await append(early, suite_id, [{ external_key: 'b', tags: ['best'] }]);
  const merging = await submit(database.pool, 'bulk_merge_tags', suite_id, {
    tags: ['best'],
    into_tag: 'gold',
  });
  t.is((await runChunk(database.pool, merging)).state, 'running');
  await early.query('commit');
  await append(database.pool, suite_id, [{ external_key: 'b', tags: ['silver'] }], 'update');
  t.is((await runToEnd(database.pool, merging)).state, 'succeeded');
  t.deepEqual(await tagsByKey(database.pool, suite_id), { a: 'gold', b: 'gold' });
});

test('cases that a merge is to leave alone do not keep it from ending', async (t) => {
  const suite_id = await makeSuite(database.pool);
  for (const name of ['gold', 'silver'])
    await call(database.pool, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
  await appendTagged(database.pool, suite_id, { a: 'best', b: 'best silver' });
  const merging = await submit(database.pool, 'bulk_merge_tags', suite_id, {
    ...{ tags: ['best'], into_tag: 'gold', on_exclusive: 'skip' },
  });
  t.like(await runToEnd(database.pool, merging), {
    state: 'succeeded',
    processed: '2',
    changed: '1',
    skipped: '1',
  });
  t.deepEqual(await tagsByKey(database.pool, suite_id), { a: 'gold', b: 'best silver' });
});

test('a name that becomes a tag of its own again does not keep a rename from ending', async (t) => {
  const suite_id = await makeSuite(database.pool);
  await appendTagged(database.pool, suite_id, { a: 'old' });
  const renaming = await submit(database.pool, 'bulk_rename_tag', suite_id, {
    tag: 'old',
    new_name: 'new',
  });
  await call(database.pool, 'define_tag', { suite_id, name: 'old' });
  t.is((await runChunk(database.pool, renaming)).state, 'succeeded');
  await appendTagged(database.pool, suite_id, { b: 'old' });
  t.deepEqual(await tagsByKey(database.pool, suite_id), { a: 'new', b: 'old' });
});

test('a case counts once in the tag cloud while it carries a tag under two names', async (t) => {
  const suite_id = await makeSuite(database.pool);
  await appendTagged(database.pool, suite_id, { a: 'one two', b: 'two', c: 'one' });
  const merging = await submit(database.pool, 'bulk_merge_tags', suite_id, {
    tags: ['one'],
    into_tag: 'two',
  });
  const cloud = async () =>
    (
      await database.pool.query('select tag, cases from bulkhead.tag_cloud where suite_id = $1', [
        suite_id,
      ])
    ).rows;
  t.deepEqual(await cloud(), [{ tag: 'two', cases: '3' }]);
  t.is((await runToEnd(database.pool, merging)).state, 'succeeded');
  t.deepEqual(await cloud(), [{ tag: 'two', cases: '3' }]);
});

test('a copy gives its meaning to no tag that somebody has defined meanwhile', async (t) => {
  const [definer, copier] = await sessions(t);
  const [suite_id, into_suite_id] = [
    await makeSuite(database.pool),
    await makeSuite(database.pool),
  ];
  await call(database.pool, 'define_tag', {
    suite_id,
    name: 'flaky',
    meaning: 'here',
    exclusive_group: 'health',
  });
  await appendTagged(database.pool, suite_id, { a: 'flaky' });
  await definer.query('begin');
  await call(definer, 'define_tag', { suite_id: into_suite_id, name: 'flaky', meaning: 'there' });
  const pid = await pidOf(copier);
  const copying = submit(copier, 'bulk_copy', suite_id, { into_suite_id, all_cases: true });
  t.deepEqual(await waitsFor(database.pool, pid), [await pidOf(definer)]);
  await definer.query('commit');
  t.is((await runToEnd(database.pool, await copying)).state, 'succeeded');
  const { rows } = await database.pool.query(
    'select name, meaning, exclusive_group from bulkhead.suite_tags where suite_id = $1',
    [into_suite_id],
  );
  t.deepEqual(rows, [{ name: 'flaky', meaning: 'there', exclusive_group: null }]);
  t.deepEqual(await tagsByKey(database.pool, into_suite_id), { a: 'flaky' });
});

test('a rename to a name that somebody is defining is refused once they have', async (t) => {
  const [definer, renamer] = await sessions(t);
  const suite_id = await makeSuite(database.pool);
  await call(database.pool, 'define_tag', { suite_id, name: 'tier_c' });
  await definer.query('begin');
  await append(definer, suite_id, [{ external_key: 'a', tags: ['tier_z'] }]);
  const pid = await pidOf(renamer);
  const renaming = submit(renamer, 'bulk_rename_tag', suite_id, {
    tag: 'tier_c',
    new_name: 'tier_z',
  }).catch((error) => error);
  t.deepEqual(await waitsFor(database.pool, pid), [await pidOf(definer)]);
  await definer.query('commit');
  checkRefusal(t, await renaming, { code: 'TCHAS', hint: /bulk_merge_tags/ });
});

test('an import that has failed and a rename of its tag do not deadlock', async (t) => {
  const [importer, renamer] = await sessions(t);
  const suite_id = await makeSuite(database.pool);
  await importer.query('select bulkhead.begin_import($1)', [suite_id]);
  await importer.query(`select bulkhead.define_import_tags($1, '{"mine": ""}')`, [suite_id]);
  const pid = await pidOf(importer);
  await renamer.query(`begin; select bulkhead_private.hold_dictionary(${suite_id})`);
  const ending = importer.query('select bulkhead.end_import(true)');
  t.deepEqual(await waitsFor(database.pool, pid), [await pidOf(renamer)]);
  await withoutWaiting(renamer, () =>
    call(renamer, 'bulk_rename_tag', { suite_id, tag: 'mine', new_name: 'ours' }),
  );
  await renamer.query('commit');
  await t.notThrowsAsync(ending);
});
