/** Archiving and restoring cases, and who is said to have set a status. */
import test from 'ava';
import type { Queryable } from '../../helpers/cases.ts';
import { append, appendTagged, counts, makeSuite, statusByKey } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { changes, operate } from '../../helpers/operations.ts';

const database = useDatabase(test);

async function setBy(client: Queryable, suite_id: string): Promise<(string | null)[]> {
  const { rows } = await client.query(
    'select status_operation_id from bulkhead.test_cases where suite_id = $1 order by id',
    [suite_id],
  );
  return rows.map((row) => row.status_operation_id);
}

test('the selected cases get the status, those that have it are unchanged', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag', b: 'rag', c: '' });
    await append(client, suite_id, [{ external_key: 'd', tags: ['rag'], status: 'archived' }]);
    const archived = await operate(client, 'bulk_set_status', {
      suite_id,
      where_tags: 'rag',
      set_status: 'archived',
    });
    t.like(archived, { kind: 'set_status', state: 'succeeded' });
    t.deepEqual(counts(archived), {
      total: 3,
      processed: 3,
      changed: 2,
      unchanged: 1,
      skipped: 0,
      failed: 0,
    });
    t.deepEqual(await statusByKey(client, suite_id), {
      a: 'archived',
      b: 'archived',
      c: 'active',
      d: 'archived',
    });
    t.deepEqual(await setBy(client, suite_id), [archived.id, archived.id, null, null]);
    t.deepEqual(await changes(client, archived), ['a status_set', 'b status_set']);

    const restored = await operate(client, 'bulk_set_status', {
      suite_id,
      status: 'archived',
      set_status: 'active',
    });
    t.like(counts(restored), { total: 3, changed: 3 });
    t.deepEqual(await setBy(client, suite_id), [restored.id, restored.id, null, restored.id]);
  });
});

test('a change of status is no edit: version, time and earlier versions stay', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: '' });
    const look = async () =>
      (
        await client.query(
          `select version, updated_at, (select count(*) from bulkhead.test_case_versions where suite_id = $1) as kept
         from bulkhead.test_cases where suite_id = $1`,
          [suite_id],
        )
      ).rows;
    const before = await look();
    await operate(client, 'bulk_set_status', { suite_id, all_cases: true, set_status: 'archived' });
    t.deepEqual(await look(), before);
  });
});

test('a status that a person or an append sets belongs to no operation', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: '', b: '', c: '' });
    const archived = await operate(client, 'bulk_set_status', {
      suite_id,
      all_cases: true,
      set_status: 'archived',
    });
    await client.query(
      `update bulkhead.test_cases set status = 'active' where suite_id = $1 and external_key = 'a'`,
      [suite_id],
    );
    await append(client, suite_id, [{ external_key: 'b', input: 1, status: 'active' }], 'update');
    await append(client, suite_id, [{ external_key: 'c', input: 1 }], 'update');
    t.deepEqual(await statusByKey(client, suite_id), { a: 'active', b: 'active', c: 'archived' });
    t.deepEqual(await setBy(client, suite_id), [null, null, archived.id]);
    // an update that names the status that it has takes nothing over
    await client.query(
      `update bulkhead.test_cases set status = status, input = '2' where suite_id = $1`,
      [suite_id],
    );
    t.deepEqual(await setBy(client, suite_id), [null, null, archived.id]);
  });
});
