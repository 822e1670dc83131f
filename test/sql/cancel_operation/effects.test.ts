/** Cancelling: at once where nobody runs the operation, otherwise after the current chunk. */
import test from 'ava';
import {
  appendMany,
  appendTagged,
  call,
  callOne,
  counts,
  makeSuite,
  type Operation,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import {
  holdSuite,
  operate,
  read,
  runChunk,
  runToEnd,
  setChunkSize,
  undo,
} from '../../helpers/operations.ts';
import { openSession, withoutWaiting } from '../../helpers/waits.ts';

const database = useDatabase(test);

const cancel = (client: Parameters<typeof call>[0], { suite_id, id }: Operation) =>
  callOne<Operation>(client, 'cancel_operation', { suite_id, operation_id: id });

test('a queued operation is cancelled at once, and the next one can run', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag' });
    const first = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['x'],
    });
    const second = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['y'],
    });
    const cancelled = await cancel(client, first);
    t.like(cancelled, { state: 'cancelled', total: '1', processed: '0' });
    t.like(await runToEnd(client, second), { state: 'succeeded', changed: '1' });
    t.like(counts(await undo(client, cancelled)), { total: 0, changed: 0 });
  });
});

test('what has ended cannot be cancelled', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag', b: '' });
    const done = await operate(client, 'bulk_tag', { suite_id, all_cases: true, add: ['x'] });
    await refuses(t, client, () => cancel(client, done), {
      code: 'TCFIN',
      message: `the operation ${done.id} has succeeded already`,
    });
    const queued = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['y'],
    });
    await cancel(client, queued);
    await refuses(t, client, () => cancel(client, queued), {
      code: 'TCFIN',
      message: /has been cancelled already/,
    });
  });
});

test('an archived suite can still have its operations cancelled', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag' });
    const queued = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['x'],
    });
    await call(client, 'archive_suite', { suite_id });
    t.is((await cancel(client, queued)).state, 'cancelled');
  });
});

test('a running operation is cancelled without waiting for its chunk, and ends before the next one', async (t) => {
  const [worker, person] = [await openSession(t, database), await openSession(t, database)];
  const suite_id = await makeSuite(worker);
  await appendMany(worker, suite_id, 10, ['rag']);
  await holdSuite(worker, suite_id);
  const operation = await callOne<Operation>(person, 'bulk_tag', {
    suite_id,
    all_cases: true,
    add: ['x'],
  });
  await setChunkSize(worker, operation, 4);
  await worker.query('begin');
  await runChunk(worker, operation);
  // the chunk is not committed; a second wish to cancel is the same wish
  for (let times = 0; times < 2; times++)
    t.is((await withoutWaiting(person, () => cancel(person, operation))).state, 'queued');
  await worker.query('commit');
  t.is((await read(person, operation)).state, 'running');
  const ended = await runChunk(worker, operation);
  t.like(ended, { state: 'cancelled', total: '10', processed: '4', changed: '4' });
  t.is((await call(person, 'find_cases', { suite_id, where_tags: 'x' })).length, 4);
});
