/** Invariant 9: no DDL at run time. What is done with suites takes no table lock that a writer would notice. */
import test from 'ava';
import { append, appendMany, callOne, makeSuite, type Operation } from '../helpers/cases.ts';
import { rolledBack, useDatabase } from '../helpers/database.ts';
import { runToEnd } from '../helpers/operations.ts';
import { strongTableLocks } from '../helpers/waits.ts';

const database = useDatabase(test);

test('invariant 9: creating, archiving, restoring and deleting a suite takes no table lock', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await callOne(client, 'define_tag', { suite_id, name: 'rag', exclusive_group: 'kind' });
    await callOne(client, 'archive_suite', { suite_id });
    await callOne(client, 'restore_suite', { suite_id });
    await callOne(client, 'delete_suite', { suite_id });
    t.deepEqual(await strongTableLocks(client), []);
  });
});

test('invariant 9: neither do appends, operations of each kind and their undo', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const into_suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 10, ['rag', 'flaky']);
    await append(client, suite_id, [{ external_key: 'c0001', input: 'edited' }], 'update');
    const submitted = [
      await callOne<Operation>(client, 'bulk_tag', { suite_id, where_tags: 'rag', add: ['new'] }),
      await callOne<Operation>(client, 'bulk_set_status', {
        suite_id,
        all_cases: true,
        set_status: 'archived',
      }),
      await callOne<Operation>(client, 'bulk_copy', { suite_id, into_suite_id, all_cases: true }),
      await callOne<Operation>(client, 'bulk_rename_tag', {
        suite_id,
        tag: 'rag',
        new_name: 'rags',
      }),
      await callOne<Operation>(client, 'bulk_merge_tags', {
        suite_id,
        tags: ['flaky'],
        into_tag: 'rags',
      }),
      await callOne<Operation>(client, 'bulk_delete', { suite_id, all_cases: true }),
    ];
    for (const operation of submitted) t.is((await runToEnd(client, operation)).state, 'succeeded');
    for (const { id } of submitted.reverse()) {
      const undo = await callOne<Operation>(client, 'undo_operation', {
        suite_id,
        operation_id: id,
      });
      t.is((await runToEnd(client, undo)).state, 'succeeded');
    }
    t.deepEqual(await strongTableLocks(client), []);
  });
});

test('strong locks would be seen', async (t) => {
  await rolledBack(database.pool, async (client) => {
    await client
      .query('create table bulkhead.another partition of bulkhead.test_cases default')
      .catch(() => {});
    await client.query('rollback; begin; create index on bulkhead.suite_tags (suite_id, colour)');
    t.true((await strongTableLocks(client)).some((lock) => lock.includes('bulkhead.suite_tags')));
  });
});
