/** Deleting cases: their links go, their last versions are kept. */
import test from 'ava';
import { append, appendTagged, counts, makeSuite, tagsByKey } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { changes, operate } from '../../helpers/operations.ts';

const database = useDatabase(test);

test('the selected cases go with their links; the dictionary and other cases stay', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag flaky', b: 'rag', c: 'flaky' });
    await append(client, suite_id, [{ external_key: 'a', input: 'edited' }], 'update');
    const deleted = await operate(client, 'bulk_delete', { suite_id, where_tags: 'rag' });
    t.like(deleted, { kind: 'delete', state: 'succeeded' });
    t.deepEqual(counts(deleted), {
      total: 2,
      processed: 2,
      changed: 2,
      unchanged: 0,
      skipped: 0,
      failed: 0,
    });
    t.deepEqual(await tagsByKey(client, suite_id), { c: 'flaky' });
    t.deepEqual(await changes(client, deleted), [
      'a case_deleted',
      'a link_removed flaky',
      'a link_removed rag',
      'b case_deleted',
      'b link_removed rag',
    ]);
    const { rows } = await client.query(
      'select external_key, version, input from bulkhead.test_case_versions where suite_id = $1 order by external_key, version',
      [suite_id],
    );
    t.deepEqual(rows, [
      { external_key: 'a', version: 1, input: 'a' },
      { external_key: 'a', version: 2, input: 'edited' },
      { external_key: 'b', version: 1, input: 'b' },
    ]);
    const links = await client.query('select from bulkhead.test_case_tags where suite_id = $1', [
      suite_id,
    ]);
    t.is(links.rowCount, 1);
  });
});
