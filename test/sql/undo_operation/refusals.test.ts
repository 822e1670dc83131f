/** What cannot be undone, and what is left of it when it is tried twice, in part, or too late. */
import test from 'ava';
import {
  appendMany,
  appendTagged,
  call,
  callOne,
  counts,
  makeSuite,
  type Operation,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { checkRefusal, refuses } from '../../helpers/errors.ts';
import {
  holdSuite,
  operate,
  read,
  runChunk,
  runToEnd,
  setChunkSize,
  undo,
} from '../../helpers/operations.ts';
import { openSession, waitsFor } from '../../helpers/waits.ts';

const database = useDatabase(test);

test.serial('an operation is undone once, and an undo not at all', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: '' });
    const tagged = await operate(client, 'bulk_tag', { suite_id, all_cases: true, add: ['x'] });
    const undone = await undo(client, tagged);
    t.is(undone.undoes_operation_id, tagged.id);
    await refuses(t, client, () => undo(client, tagged), {
      code: 'TCUND',
      message: /has been undone already/,
    });
    await refuses(t, client, () => undo(client, undone), { code: 'TCUND', message: /is an undo/ });
  });
});

test.serial(
  'what is not finished cannot be undone; what is unknown is said to be unknown',
  async (t) => {
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      const other = await makeSuite(client);
      await appendTagged(client, suite_id, { a: '' });
      const queued = await callOne<Operation>(client, 'bulk_tag', {
        suite_id,
        all_cases: true,
        add: ['x'],
      });
      t.is(queued.state, 'queued');
      await refuses(t, client, () => undo(client, queued), {
        code: 'TCRUN',
        detail: 'It is queued.',
      });
      const unknown = [
        [suite_id, '0'],
        [suite_id, '-1'],
        [suite_id, null],
        [suite_id, '9223372036854775807'],
        [other, queued.id],
      ];
      for (const name of [
        'undo_operation',
        'cancel_operation',
        'retry_operation',
        'operation_changes',
      ]) {
        for (const [suite, operation_id] of unknown)
          await refuses(t, client, () => call(client, name, { suite_id: suite, operation_id }), {
            code: 'TCNOP',
          });
        for (const suite of [null, '0'])
          await refuses(
            t,
            client,
            () => call(client, name, { suite_id: suite, operation_id: queued.id }),
            { code: 'TCNSU' },
          );
      }
    });
  },
);

test.serial('an archived suite takes no undo until it is restored', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'x' });
    const removed = await operate(client, 'bulk_tag', { suite_id, all_cases: true, remove: ['x'] });
    await call(client, 'archive_suite', { suite_id });
    await refuses(t, client, () => undo(client, removed), { code: 'TCARC' });
    await call(client, 'restore_suite', { suite_id });
    t.like(counts(await undo(client, removed)), { changed: 1 });
  });
});

test.serial(
  'an operation whose change log was pruned, wholly or in part, cannot be undone',
  async (t) => {
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      await appendTagged(client, suite_id, { a: 'tier_a', b: '' });
      for (const name of ['tier_b', 'tier_c'])
        await call(client, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
      await operate(client, 'bulk_tag', { suite_id, external_keys: ['b'], add: ['tier_b'] });
      const skipping = await operate(client, 'bulk_tag', {
        suite_id,
        all_cases: true,
        add: ['tier_c'],
        on_exclusive: 'skip',
      });
      t.like(counts(skipping), { changed: 1, skipped: 1 });
      const nothing = await operate(client, 'bulk_tag', {
        suite_id,
        external_keys: ['a'],
        remove: ['tier_b'],
      });
      t.like(counts(nothing), { changed: 0, unchanged: 1 });
      const prune = async () =>
        Number(
          (await client.query(`select bulkhead_private.prune_change_log() as pruned`)).rows[0]
            .pruned,
        );
      t.is(await prune(), 0);
      await client.query("set local bulkhead.now = '2100-01-01'");
      t.true((await prune()) > 0);
      t.is(await prune(), 0);
      await refuses(t, client, () => undo(client, skipping), {
        code: 'TCOLD',
        message: /has been pruned/,
      });
      // what it left alone is still listed, and an operation that changed nothing is undone as ever
      t.is(
        (await call(client, 'operation_changes', { suite_id, operation_id: skipping.id })).length,
        1,
      );
      t.like(counts(await undo(client, nothing)), { total: 0, changed: 0 });
    });
  },
);

test.serial('the change log of what is being undone is not pruned', async (t) => {
  const [client, holder] = [await openSession(t, database), await openSession(t, database)];
  const suite_id = await makeSuite(client);
  await appendTagged(client, suite_id, { a: 'x' });
  const removed = await operate(client, 'bulk_tag', { suite_id, all_cases: true, remove: ['x'] });
  await client.query(
    `update bulkhead.bulk_operations set finished_at = finished_at - interval '31 days' where suite_id = $1`,
    [suite_id],
  );
  await holdSuite(holder, suite_id);
  const undoing = await callOne<Operation>(client, 'undo_operation', {
    suite_id,
    operation_id: removed.id,
  });
  t.is(undoing.state, 'queued');
  const prune = async () =>
    (await client.query('select bulkhead_private.prune_change_log() as pruned')).rows[0].pruned;
  t.is(await prune(), '0');
  t.like(await runToEnd(client, undoing), { state: 'succeeded', changed: '1' });
  t.is(await prune(), '1');
});

test.serial('a cancelled operation is undone as far as it came', async (t) => {
  const holder = await openSession(t, database);
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 10, ['rag']);
    await holdSuite(holder, suite_id);
    const tagged = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['x'],
    });
    await setChunkSize(client, tagged, 4);
    await runChunk(client, tagged);
    await call(client, 'cancel_operation', { suite_id, operation_id: tagged.id });
    const cancelled = await runChunk(client, tagged);
    t.like(cancelled, { state: 'cancelled', processed: '4', changed: '4', total: '10' });
    const undone = await undo(client, cancelled);
    t.like(counts(undone), { total: 4, changed: 4, skipped: 0 });
    t.true(Object.values(await tagsByKey(client, suite_id)).every((tags) => tags === 'rag'));
  });
});

test.serial('an undo that was cancelled on its way can be asked for again', async (t) => {
  const holder = await openSession(t, database);
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 10, ['rag']);
    const tagged = await operate(client, 'bulk_tag', { suite_id, all_cases: true, add: ['x'] });
    await holdSuite(holder, suite_id);
    const undoing = await callOne<Operation>(client, 'undo_operation', {
      suite_id,
      operation_id: tagged.id,
    });
    await setChunkSize(client, undoing, 4);
    await runChunk(client, undoing);
    await call(client, 'cancel_operation', { suite_id, operation_id: undoing.id });
    t.like(await runChunk(client, undoing), { state: 'cancelled', changed: '4' });
    const again = await callOne<Operation>(client, 'retry_operation', {
      suite_id,
      operation_id: undoing.id,
    });
    t.is(again.undoes_operation_id, tagged.id);
    t.like(await runToEnd(client, again), { state: 'succeeded', changed: '6' });
    t.true(Object.values(await tagsByKey(client, suite_id)).every((tags) => tags === 'rag'));
    await refuses(t, client, () => undo(client, tagged), { code: 'TCUND' });
  });
});

test.serial('two sessions that undo the same operation at once: one does', async (t) => {
  const suite_id = await makeSuite(database.pool);
  await appendTagged(database.pool, suite_id, { a: '' });
  await call(database.pool, 'define_tag', { suite_id, name: 'x' });
  const tagged = await callOne<Operation>(database.pool, 'bulk_tag', {
    suite_id,
    all_cases: true,
    add: ['x'],
  });
  t.is(tagged.state, 'succeeded');
  const [one, two] = [await openSession(t, database), await openSession(t, database)];
  await one.query('begin');
  const first = await callOne<Operation>(one, 'undo_operation', {
    suite_id,
    operation_id: tagged.id,
  });
  const { rows } = await two.query('select pg_backend_pid() as pid');
  const second = call(two, 'undo_operation', { suite_id, operation_id: tagged.id }).catch(
    (error) => error,
  );
  await waitsFor(database.pool, rows[0].pid);
  await one.query('commit');
  checkRefusal(t, await second, { code: 'TCUND' });
  t.is((await read(database.pool, first)).state, 'succeeded');
});
