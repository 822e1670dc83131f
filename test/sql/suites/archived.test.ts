/** An archived suite takes no changes: neither by what was submitted before, nor by what is under way while it is archived. */
import test from 'ava';
import type pg from 'pg';
import {
  append,
  appendMany,
  appendTagged,
  call,
  callOne,
  makeSuite,
  type Operation,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { checkRefusal, refuses } from '../../helpers/errors.ts';
import {
  failChunk,
  holdSuite,
  operate,
  runChunk,
  runToEnd,
  setChunkSize,
} from '../../helpers/operations.ts';
import { openSession, pidOf, waitsFor, withoutWaiting } from '../../helpers/waits.ts';

const database = useDatabase(test);

const undoArgs = ({ suite_id, id }: Operation) => ({ suite_id, operation_id: id });

/** What a worker makes of the next chunk, which is refused. */
async function refusedChunk(client: pg.ClientBase, operation: Operation): Promise<Operation> {
  await client.query('savepoint chunk');
  const error = await runChunk(client, operation).catch((reason) => reason);
  await client.query('rollback to savepoint chunk');
  return failChunk(client, operation, error);
}

test('copies in a suite that was archived since are not undone until it is restored', async (t) => {
  const holder = await openSession(t, database);
  await rolledBack(database.pool, async (client) => {
    const [suite_id, into] = [await makeSuite(client), await makeSuite(client)];
    await appendTagged(client, suite_id, { a: 'rag', b: '' });
    const copy = { suite_id, into_suite_id: into, all_cases: true };
    const copied = await operate(client, 'bulk_copy', copy);
    await call(client, 'archive_suite', { suite_id: into });
    for (const name of ['undo_operation', 'preview_undo_operation'])
      await refuses(t, client, () => call(client, name, undoArgs(copied)), { code: 'TCARC' });

    await call(client, 'restore_suite', { suite_id: into });
    await holdSuite(holder, suite_id);
    const undoing = await callOne<Operation>(client, 'undo_operation', undoArgs(copied));
    await call(client, 'archive_suite', { suite_id: into });
    const failed = await refusedChunk(client, undoing);
    t.like(failed, { state: 'failed', processed: '0' });
    t.is(failed.first_errors[0]?.code, 'TCARC');
    t.deepEqual(await tagsByKey(client, into), { a: 'rag', b: '' });

    await call(client, 'restore_suite', { suite_id: into });
    const again = await callOne<Operation>(client, 'retry_operation', undoArgs(undoing));
    t.like(await runToEnd(client, again), { state: 'succeeded', changed: '2' });
    t.deepEqual(await tagsByKey(client, into), {});
  });
});

test('copies in a suite that is gone since do not keep the rest from being undone', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const [suite_id, into] = [await makeSuite(client), await makeSuite(client)];
    await appendTagged(client, suite_id, { a: '' });
    const copy = { suite_id, into_suite_id: into, all_cases: true };
    const copied = await operate(client, 'bulk_copy', copy);
    await operate(client, 'bulk_delete', { suite_id: into, all_cases: true });
    await call(client, 'delete_suite', { suite_id: into });
    const undone = await operate(client, 'undo_operation', undoArgs(copied));
    t.like(undone, { state: 'succeeded', skipped: '1' });
  });
});

test('an operation whose suite is archived fails at its next chunk, and is retried when it is restored', async (t) => {
  const holder = await openSession(t, database);
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 5, ['rag']);
    await holdSuite(holder, suite_id);
    const operation = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      remove: ['rag'],
    });
    await setChunkSize(client, operation, 2);
    await runChunk(client, operation);
    await call(client, 'archive_suite', { suite_id });
    const failed = await refusedChunk(client, operation);
    t.like(failed, { state: 'failed', processed: '2', changed: '2' });
    t.like(failed.first_errors, { 0: { code: 'TCARC' }, length: 1 });

    await call(client, 'restore_suite', { suite_id });
    const again = await callOne<Operation>(client, 'retry_operation', undoArgs(operation));
    t.like(await runToEnd(client, again), { state: 'succeeded', total: '3', changed: '3' });
    t.true(Object.values(await tagsByKey(client, suite_id)).every((tags) => tags === ''));
  });
});

/** What changes a suite, each in its way. */
const changing: Record<string, (client: pg.ClientBase, suiteId: string) => Promise<unknown>> = {
  append_cases: (client, suiteId) => append(client, suiteId, [{ input: 'new' }]),
  append_import: async (client, suite_id) => {
    await call(client, 'begin_import', { suite_id });
    await client.query(`insert into pg_temp.import_rows (line, input) values (1, '"new"')`);
    await call(client, 'append_import', { suite_id });
  },
  'an edit': (client, suite_id) =>
    client.query(
      `update bulkhead.test_cases set input = to_jsonb(version) where suite_id = $1 and external_key = 'a'`,
      [suite_id],
    ),
  bulk_tag: (client, suite_id) =>
    call(client, 'bulk_tag', { suite_id, all_cases: true, remove: ['rag'] }),
  define_tag: (client, suite_id) =>
    call(client, 'define_tag', { suite_id, name: 'rag', meaning: 'retrieval' }),
  drop_tag: (client, suite_id) => call(client, 'drop_tag', { suite_id, name: 'unused' }),
};

for (const [name, change] of Object.entries(changing))
  test(`archiving waits for what is under way, holds up nobody meanwhile, and refuses what comes after: ${name}`, async (t) => {
    const sessions = [1, 2, 3].map(() => openSession(t, database));
    const [one, owner, two] = (await Promise.all(sessions)) as [pg.Client, pg.Client, pg.Client];
    const [first, second, third] = [await pidOf(one), await pidOf(owner), await pidOf(two)];
    const suite_id = await makeSuite(database.pool);
    await appendTagged(database.pool, suite_id, { a: 'rag' });
    await call(database.pool, 'define_tag', { suite_id, name: 'unused' });

    await one.query('begin');
    await change(one, suite_id);
    await owner.query('begin');
    const archiving = call(owner, 'archive_suite', { suite_id });
    t.deepEqual(await waitsFor(database.pool, second), [first]);
    await withoutWaiting(two, () => append(two, suite_id, [{ input: 'meanwhile' }]));
    await one.query('commit');
    await archiving;

    const late = change(two, suite_id).catch((error) => error);
    t.deepEqual(await waitsFor(database.pool, third), [second]);
    await owner.query('commit');
    checkRefusal(t, await late, { code: 'TCARC' });
  });

test('archiving waits for the chunk that is under way, and it is the last one', async (t) => {
  const [worker, owner] = [await openSession(t, database), await openSession(t, database)];
  const suite_id = await makeSuite(database.pool);
  await appendTagged(database.pool, suite_id, { a: 'rag', b: 'rag' });
  await holdSuite(worker, suite_id);
  const operation = await callOne<Operation>(owner, 'bulk_tag', {
    suite_id,
    all_cases: true,
    remove: ['rag'],
  });
  await setChunkSize(worker, operation, 1);
  await worker.query('begin');
  await runChunk(worker, operation);
  const pid = await pidOf(owner);
  const archiving = call(owner, 'archive_suite', { suite_id });
  t.deepEqual(await waitsFor(database.pool, pid), [await pidOf(worker)]);
  await worker.query('commit');
  await archiving;
  await worker.query('begin');
  t.is((await refusedChunk(worker, operation)).first_errors[0]?.code, 'TCARC');
  await worker.query('rollback');
  t.deepEqual(await tagsByKey(database.pool, suite_id), { a: '', b: 'rag' });
});

test('a preview changes nothing, and so can be asked for where nothing may be written', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const [suite_id, into_suite_id] = [await makeSuite(client), await makeSuite(client)];
    await appendTagged(client, suite_id, { a: 'rag', b: 'flaky' });
    const done = await operate(client, 'bulk_tag', { suite_id, all_cases: true, remove: ['rag'] });
    await client.query('savepoint reading; set transaction read only');
    const every = { suite_id, all_cases: true };
    const previews: [string, Record<string, unknown>][] = [
      ['preview_bulk_tag', { ...every, remove: ['rag'] }],
      ['preview_bulk_set_status', { ...every, set_status: 'archived' }],
      ['preview_bulk_delete', every],
      ['preview_bulk_copy', { ...every, into_suite_id }],
      ['preview_bulk_rename_tag', { suite_id, tag: 'rag', new_name: 'rags' }],
      ['preview_bulk_merge_tags', { suite_id, tags: ['rag'], into_tag: 'flaky' }],
      ['preview_undo_operation', undoArgs(done)],
    ];
    for (const [name, args] of previews) t.truthy((await callOne(client, name, args)).total, name);
  });
});

test.serial(
  'an append that had found the suite open, and came to its cases when it was archived, is refused',
  async (t) => {
    const [holder, appender] = [await openSession(t, database), await openSession(t, database)];
    const suite_id = await makeSuite(database.pool);
    await holder.query('begin; lock table bulkhead.test_cases in share mode');
    const pid = await pidOf(appender);
    const appending = append(appender, suite_id, [{ external_key: 'late' }]).catch(
      (error) => error,
    );
    t.deepEqual(await waitsFor(database.pool, pid), [await pidOf(holder)]);
    await call(database.pool, 'archive_suite', { suite_id });
    await holder.query('rollback');
    checkRefusal(t, await appending, { code: 'TCARC' });
    t.deepEqual(await tagsByKey(database.pool, suite_id), {});
  },
);
