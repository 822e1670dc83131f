/** What two snapshots differ in. */
import test from 'ava';
import { append, appendMany, appendTagged, call, callOne, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { operate } from '../../helpers/operations.ts';
import { differences, snap } from '../../helpers/snapshots.ts';

const database = useDatabase(test);

test('added, removed, changed and retagged, with the tags that came and went', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const ids = await appendTagged(client, suite_id, {
      same: 'rag',
      edited: 'rag',
      both: 'rag flaky',
      retagged: 'flaky',
      archived: '',
      removed: 'rag',
      back: '',
      renamed: '',
    });
    const edit = (external_key: string, input: string) =>
      append(client, suite_id, [{ external_key, input }], 'update');
    const tag = (external_keys: string[], add: string[], remove: string[]) =>
      operate(client, 'bulk_tag', { suite_id, external_keys, add, remove });
    await snap(client, suite_id, 'v1');
    t.deepEqual(await differences(client, suite_id, 'v1', 'v1'), []);
    await snap(client, suite_id, 'v1-again');
    t.deepEqual(await differences(client, suite_id, 'v1', 'v1-again'), []);

    await edit('edited', 'other');
    await edit('both', 'other');
    await tag(['both'], ['new'], ['flaky']);
    await tag(['retagged'], ['new', 'rag'], []);
    await operate(client, 'bulk_set_status', {
      suite_id,
      external_keys: ['archived'],
      set_status: 'archived',
    });
    await operate(client, 'bulk_delete', { suite_id, external_keys: ['removed'] });
    await edit('back', 'other');
    await call(client, 'restore_version', { suite_id, case_id: ids.back, version: 1 });
    await client.query(
      `update bulkhead.test_cases set external_key = 'new-name' where suite_id = $1 and external_key = 'renamed'`,
      [suite_id],
    );
    await append(client, suite_id, [{ external_key: 'added', tags: ['rag'] }, { input: 'no key' }]);
    await snap(client, suite_id, 'v2');

    const forth = [
      'edited changed',
      'both changed +new -flaky',
      'retagged retagged +new +rag',
      'archived changed',
      'removed removed -rag',
      'new-name changed',
      'added added +rag',
      ' added',
    ];
    t.deepEqual(await differences(client, suite_id, 'v1', 'v2'), forth);
    t.deepEqual(await differences(client, suite_id, 'v2', 'v1'), [
      'edited changed',
      'both changed +flaky -new',
      'retagged retagged -new -rag',
      'archived changed',
      'removed added +rag',
      'renamed changed',
      'added removed -rag',
      ' removed',
    ]);
    t.deepEqual(
      await callOne(client, 'count_snapshot_changes', { suite_id, before: 'v1', after: 'v2' }),
      { added: '2', removed: '1', changed: '4', retagged: '1', unchanged: '2' },
    );
    // what became of the cases since changes nothing of it
    await operate(client, 'bulk_delete', { suite_id, all_cases: true });
    t.deepEqual(await differences(client, suite_id, 'v1', 'v2'), forth);
  });
});

test('differences come in pages', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 1200, ['rag']);
    await snap(client, suite_id, 'v1');
    await operate(client, 'bulk_tag', { suite_id, all_cases: true, add: ['new'] });
    await snap(client, suite_id, 'v2');
    await snap(client, suite_id, 'none', { external_keys: ['nope'] });
    const page = (args: object) =>
      call<{ case_id: string; change: string }>(client, 'compare_snapshots', {
        suite_id,
        before: 'v1',
        after: 'v2',
        ...args,
      });
    const first = await page({ row_limit: 1000 });
    t.is(first.length, 1000);
    const rest = await page({ row_limit: 1000, after_id: first.at(-1)?.case_id });
    t.is(rest.length, 200);
    t.deepEqual([...first, ...rest], await page({}));
    t.true(rest.every((row) => row.change === 'retagged'));
    t.like(
      await callOne(client, 'count_snapshot_changes', { suite_id, before: 'v1', after: 'none' }),
      { removed: '1200', unchanged: '0' },
    );
    await refuses(t, client, () => page({ row_limit: -1 }), { code: 'TCARG' });
  });
});
