/** An operation is one event, when it ends; what it did case by case is in the change log. */
import test from 'ava';
import { eventsOf, lines } from '../../helpers/audit.ts';
import {
  appendMany,
  appendTagged,
  callOne,
  makeSuite,
  type Operation,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { operate, runChunk, runToEnd, setChunkSize, undo } from '../../helpers/operations.ts';

const database = useDatabase(test);

test('operations of each kind, and their undo, are one event each', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const into_suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 20, ['rag', 'flaky']);
    await callOne(client, 'define_tag', { suite_id: into_suite_id, name: 'rag' });
    await callOne(client, 'define_tag', { suite_id: into_suite_id, name: 'flaky' });
    await callOne(client, 'define_tag', { suite_id, name: 'gold' });
    const run: [string, Record<string, unknown>][] = [
      ['bulk_tag', { all_cases: true, add: ['gold'], remove: ['flaky'] }],
      ['bulk_set_status', { all_cases: true, set_status: 'archived' }],
      ['bulk_copy', { all_cases: true, into_suite_id }],
      ['bulk_merge_tags', { tags: ['flaky'], into_tag: 'rag' }],
      ['bulk_rename_tag', { tag: 'gold', new_name: 'golden' }],
      ['bulk_delete', { all_cases: true }],
    ];
    for (const [name, args] of run) {
      let done = {} as Operation;
      const list = await eventsOf(client, suite_id, async () => {
        done = await operate(client, name, { suite_id, ...args });
      });
      const own = list.filter(({ subject }) => subject !== 'tag');
      const isCopy = name === 'bulk_copy';
      const action = isCopy ? 'finished' : 'succeeded';
      t.deepEqual(lines(own), [`${action} operation ${done.id}`], name);
      t.like(own[0], { operation_id: done.id, before: null });
      const { kind, selection } = done;
      t.like(own[0]?.after, { kind, total: Number(done.total), selection });
      const { changed, parameters } = (own[0]?.after ?? {}) as Record<string, unknown>;
      // What it did in another suite is not for everybody who sees this one.
      t.deepEqual(
        { changed, parameters },
        isCopy
          ? { changed: undefined, parameters: undefined }
          : { changed: Number(done.changed), parameters: done.parameters },
      );
      let undone = {} as Operation;
      const undoing = await eventsOf(client, suite_id, async () => {
        undone = await undo(client, done);
      });
      const [event, ...others] = undoing.filter(({ subject }) => subject !== 'tag');
      t.deepEqual(others, [], `undo of ${name}`);
      t.like(event?.after, { kind: 'undo', undoes_operation_id: Number(done.id) });
      t.is(event?.operation_id, undone.id);
    }
  });
});

test('the suite that cases are copied to reads so, and not where they come from', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const into_suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 3, []);
    let copied = {} as Operation;
    const copy = { suite_id, into_suite_id, all_cases: true };
    const list = await eventsOf(client, into_suite_id, async () => {
      copied = await operate(client, 'bulk_copy', copy);
      await undo(client, copied);
      await operate(client, 'bulk_copy', { ...copy, all_cases: false, external_keys: ['c0009'] });
    });
    t.deepEqual(
      list.map(({ action, subject, after }) => [action, subject, after]),
      [
        ['succeeded', 'operation', { kind: 'copy', copied_here: 3 }],
        ['succeeded', 'operation', { kind: 'undo', copies_deleted: 3 }],
      ],
    );
    t.is(list[0]?.operation_id, copied.id);
  });
});

test('chunks have no events, and leave nothing behind that hides the next change', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 6, ['rag']);
    const queued = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['new'],
    });
    await setChunkSize(client, queued, 2);
    const chunk = await eventsOf(client, suite_id, () => runChunk(client, queued));
    t.deepEqual(chunk, []);
    const between = await eventsOf(client, suite_id, () =>
      client.query("delete from bulkhead.test_case_tags where suite_id = $1 and tag = 'rag'", [
        suite_id,
      ]),
    );
    t.is(between.length, 6);
    const rest = await eventsOf(client, suite_id, () => runToEnd(client, queued));
    t.deepEqual(lines(rest), [`succeeded operation ${queued.id}`]);
    t.like(rest[0]?.after, { changed: 6 });
  });
});

test('a chunk that failed leaves nothing behind either, and the operation has one event', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag', b: 'rag' });
    await client.query(`
      create function pg_temp.refuse() returns trigger language plpgsql as
        $$ begin raise exception using errcode = '23514', message = 'no'; end $$;
      create trigger refuse before insert on bulkhead.test_case_tags for each row
        when (new.tag = 'bad') execute function pg_temp.refuse()`);
    await callOne(client, 'define_tag', { suite_id, name: 'bad' });
    const failed = await eventsOf(client, suite_id, () =>
      callOne(client, 'bulk_tag', { suite_id, all_cases: true, add: ['bad'] }),
    );
    t.is(failed.length, 1);
    t.like(failed[0], { action: 'failed', subject: 'operation' });
    t.like(failed[0]?.after, { failed: 2, changed: 0 });
    t.like(failed[0]?.after?.first_errors, [{ code: '23514' }, { code: '23514' }]);
    const after = await eventsOf(client, suite_id, () =>
      client.query('delete from bulkhead.test_cases where suite_id = $1', [suite_id]),
    );
    t.is(after.length, 2);
  });
});

test('who asked to cancel, and that the operation was cancelled', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag' });
    const queued = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['new'],
    });
    const args = { suite_id, operation_id: queued.id };
    const list = await eventsOf(client, suite_id, () => callOne(client, 'cancel_operation', args));
    t.deepEqual(lines(list), [
      `cancel_requested operation ${queued.id}`,
      `cancelled operation ${queued.id}`,
    ]);
    t.true(list.every(({ operation_id }) => operation_id === queued.id));
  });
});
