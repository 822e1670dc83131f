/** Chunks that others are in the way of: fewer cases next time, and a single one counts as failed. */
import test from 'ava';
import {
  appendMany,
  appendTagged,
  call,
  callOne,
  counts,
  makeSuite,
  type Operation,
  statusByKey,
  tagsByKey,
} from '../../helpers/cases.ts';
import { useDatabase } from '../../helpers/database.ts';
import { failChunk, holdSuite, runChunk, setChunkSize } from '../../helpers/operations.ts';
import { openSession, pidOf, waitsFor } from '../../helpers/waits.ts';

const database = useDatabase(test);

test.serial(
  'the chunk shrinks to the case that somebody holds, which fails; all others are done',
  async (t) => {
    const [worker, person] = [await openSession(t, database), await openSession(t, database)];
    const suite_id = await makeSuite(worker);
    await appendMany(worker, suite_id, 40, ['rag']);
    await holdSuite(worker, suite_id);
    const operation = await callOne<Operation>(person, 'bulk_set_status', {
      suite_id,
      all_cases: true,
      set_status: 'archived',
    });
    t.is(operation.state, 'queued');
    await person.query('begin');
    await person.query(
      `select from bulkhead.test_cases where suite_id = $1 and external_key = 'c0021' for update`,
      [suite_id],
    );
    await worker.query("set lock_timeout = '50ms'");
    const sizes: number[] = [];
    let ended = operation;
    while (ended.state === 'queued' || ended.state === 'running') {
      ended = await runChunk(worker, operation).catch((error) => {
        t.is(error.code, '55P03');
        return failChunk(worker, operation, error);
      });
      sizes.push(ended.chunk_size);
    }
    t.is(sizes[0], 10, 'a quarter of those that are left');
    t.deepEqual(counts(ended), {
      total: 40,
      processed: 40,
      changed: 39,
      unchanged: 0,
      skipped: 0,
      failed: 1,
    });
    t.is(ended.state, 'failed');
    t.is(ended.first_errors[0]?.code, '55P03');
    await person.query('rollback');
    const statuses = await statusByKey(worker, suite_id);
    t.deepEqual(
      Object.keys(statuses).filter((key) => statuses[key] === 'active'),
      ['c0021'],
    );
    const retried = await callOne<Operation>(worker, 'retry_operation', {
      suite_id,
      operation_id: operation.id,
    });
    t.like(retried, { state: 'succeeded', total: '1', changed: '1' });
  },
);

test.serial(
  'a small operation in a call does not wait long for a case that somebody holds',
  async (t) => {
    const person = await openSession(t, database);
    const suite_id = await makeSuite(database.pool);
    await appendTagged(database.pool, suite_id, { a: 'x', b: 'x' });
    await person.query('begin');
    await person.query(
      `select from bulkhead.test_cases where suite_id = $1 and external_key = 'b' for update`,
      [suite_id],
    );
    const deleted = await callOne<Operation>(database.pool, 'bulk_delete', {
      suite_id,
      all_cases: true,
    });
    t.like(deleted, { state: 'failed', changed: '1', failed: '1' });
    t.is(deleted.first_errors[0]?.code, '55P03');
    await person.query('rollback');
    t.deepEqual(await tagsByKey(database.pool, suite_id), { b: 'x' });
  },
);

test.serial(
  'a case that is edited while the chunk waits for it is covered, and so is its undo',
  async (t) => {
    const [worker, person] = [await openSession(t, database), await openSession(t, database)];
    const suite_id = await makeSuite(person);
    await appendTagged(person, suite_id, { a: '', b: '', c: '' });
    const edit = async (submit: () => Promise<Operation>) => {
      await person.query('begin');
      await person.query(
        `update bulkhead.test_cases set input = to_jsonb(version) where suite_id = $1 and external_key = 'b'`,
        [suite_id],
      );
      const pid = await pidOf(worker);
      const running = submit();
      await waitsFor(database.pool, pid);
      await person.query('commit');
      return running;
    };
    const archived = await edit(() =>
      callOne(worker, 'bulk_set_status', { suite_id, all_cases: true, set_status: 'archived' }),
    );
    t.deepEqual(counts(archived), {
      total: 3,
      processed: 3,
      changed: 3,
      unchanged: 0,
      skipped: 0,
      failed: 0,
    });
    t.deepEqual(await statusByKey(person, suite_id), {
      a: 'archived',
      b: 'archived',
      c: 'archived',
    });
    const undone = await edit(() =>
      callOne(worker, 'undo_operation', { suite_id, operation_id: archived.id }),
    );
    t.deepEqual(counts(undone), {
      total: 3,
      processed: 3,
      changed: 3,
      unchanged: 0,
      skipped: 0,
      failed: 0,
    });
    t.deepEqual(await statusByKey(person, suite_id), { a: 'active', b: 'active', c: 'active' });
    t.is(
      (await call(person, 'operation_changes', { suite_id, operation_id: undone.id })).length,
      3,
    );
  },
);

test.serial(
  'a case that is deleted while the chunk waits for it is no longer there, and nothing fails',
  async (t) => {
    const [worker, person] = [await openSession(t, database), await openSession(t, database)];
    const suite_id = await makeSuite(person);
    await call(person, 'define_tag', { suite_id, name: 'x' });
    await appendTagged(person, suite_id, { a: '', b: '', c: '' });
    const pid = await pidOf(worker);
    await person.query('begin');
    await person.query(
      `delete from bulkhead.test_cases where suite_id = $1 and external_key = 'b'`,
      [suite_id],
    );
    const running = callOne<Operation>(worker, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['x'],
    });
    await waitsFor(database.pool, pid);
    await person.query('commit');
    const tagged = await running;
    t.like(tagged, { state: 'succeeded', changed: '2', failed: '0' });
    t.deepEqual(await tagsByKey(person, suite_id), { a: 'x', c: 'x' });
  },
);

test.serial(
  'a tag of the group that comes while the chunk waits is replaced all the same',
  async (t) => {
    const [worker, person] = [await openSession(t, database), await openSession(t, database)];
    const suite_id = await makeSuite(person);
    for (const name of ['tier_a', 'tier_b'])
      await call(person, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
    const ids = await appendTagged(person, suite_id, { a: '', b: '' });
    const pid = await pidOf(worker);
    await person.query('begin');
    await person.query(
      `insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key) values ($1, $2, 'tier_a', 'tier')`,
      [suite_id, ids.b],
    );
    const running = callOne<Operation>(worker, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['tier_b'],
    });
    await waitsFor(database.pool, pid);
    await person.query('commit');
    t.like(await running, { state: 'succeeded', changed: '2' });
    t.deepEqual(await tagsByKey(person, suite_id), { a: 'tier_b', b: 'tier_b' });
  },
);

test.serial(
  'an error that would meet any chunk ends the operation and keeps what was done',
  async (t) => {
    const worker = await openSession(t, database);
    const suite_id = await makeSuite(worker);
    await appendMany(worker, suite_id, 6, ['rag']);
    await worker.query('begin');
    const operation = await callOne<Operation>(worker, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['x'],
    });
    await setChunkSize(worker, operation, 4);
    await runChunk(worker, operation);
    const failed = await failChunk(worker, operation, {
      code: '42501',
      message: 'permission denied',
    });
    t.like(failed, { state: 'failed', processed: '4', changed: '4', total: '6' });
    t.deepEqual(failed.first_errors, [{ code: '42501', message: 'permission denied' }]);
    await worker.query('rollback');
  },
);

test.serial(
  'in a transaction that repeats its reads, the cases that others changed fail, and can be retried',
  async (t) => {
    const [client, person] = [await openSession(t, database), await openSession(t, database)];
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: '', b: '', c: '' });
    await client.query('begin isolation level repeatable read');
    await call(client, 'find_cases', { suite_id });
    await person.query(
      `update bulkhead.test_cases set input = '1' where suite_id = $1 and external_key = 'b'`,
      [suite_id],
    );
    const archived = await callOne<Operation>(client, 'bulk_set_status', {
      suite_id,
      all_cases: true,
      set_status: 'archived',
    });
    t.like(archived, { state: 'failed', changed: '2', failed: '1' });
    t.is(archived.first_errors[0]?.code, '40001');
    await client.query('commit');
    t.like(await callOne(client, 'retry_operation', { suite_id, operation_id: archived.id }), {
      state: 'succeeded',
      changed: '1',
    });
    t.deepEqual(await statusByKey(client, suite_id), {
      a: 'archived',
      b: 'archived',
      c: 'archived',
    });
  },
);
