/** Undo of statuses, deletions and copies that others have changed since. */
import test from 'ava';
import {
  append,
  appendTagged,
  call,
  counts,
  makeSuite,
  statusByKey,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { changes, operate, undo } from '../../helpers/operations.ts';

const database = useDatabase(test);

test('a status that somebody set again is left alone, though it is the same', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: '', b: '', c: '', d: '', e: '', f: '' });
    const setStatus = (key: string, status: string) =>
      client.query(
        'update bulkhead.test_cases set status = $3 where suite_id = $1 and external_key = $2',
        [suite_id, key, status],
      );
    await setStatus('f', 'archived');
    const archived = await operate(client, 'bulk_set_status', {
      suite_id,
      all_cases: true,
      set_status: 'archived',
    });
    t.like(counts(archived), { total: 6, changed: 5, unchanged: 1 });
    await setStatus('b', 'active');
    await setStatus('c', 'active');
    await setStatus('c', 'archived');
    await operate(client, 'bulk_set_status', {
      suite_id,
      external_keys: ['d'],
      set_status: 'active',
    });
    await client.query(
      `delete from bulkhead.test_cases where suite_id = $1 and external_key = 'e'`,
      [suite_id],
    );

    const undone = await undo(client, archived);
    t.deepEqual(counts(undone), {
      total: 5,
      processed: 5,
      changed: 1,
      unchanged: 0,
      skipped: 4,
      failed: 0,
    });
    t.deepEqual(await statusByKey(client, suite_id), {
      a: 'active',
      b: 'active',
      c: 'archived',
      d: 'active',
      f: 'archived',
    });
    t.deepEqual(await changes(client, undone), [
      'a status_set',
      'b left_alone TCCHG',
      'c left_alone TCCHG',
      'd left_alone TCCHG',
      'e left_alone TCCHG',
    ]);
  });
});

test('an edit of the content does not keep the status from coming back', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: '' });
    const archived = await operate(client, 'bulk_set_status', {
      suite_id,
      all_cases: true,
      set_status: 'archived',
    });
    await append(client, suite_id, [{ external_key: 'a', input: 'edited' }], 'update');
    t.like(counts(await undo(client, archived)), { changed: 1, skipped: 0 });
    t.deepEqual(await statusByKey(client, suite_id), { a: 'active' });
  });
});

test('operations that set the status one after the other are undone one after the other', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: '' });
    const set = (set_status: string) =>
      operate(client, 'bulk_set_status', { suite_id, all_cases: true, set_status });
    const [first, second, third] = [
      await set('archived'),
      await set('active'),
      await set('archived'),
    ];
    for (const [operation, status] of [
      [third, 'active'],
      [second, 'archived'],
      [first, 'active'],
    ] as const) {
      t.like(counts(await undo(client, operation)), { changed: 1, skipped: 0 });
      t.deepEqual(await statusByKey(client, suite_id), { a: status });
    }
  });
});

test('deleted cases come back with ids, links, versions and times; not those whose key was taken', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag', b: 'rag flaky', c: '' });
    await append(client, suite_id, [{ input: 'no key', tags: ['rag'] }]);
    await append(client, suite_id, [{ external_key: 'a', input: 'edited' }], 'update');
    const all = async () =>
      (
        await client.query(
          `select c.*, v.versions from bulkhead.test_cases c,
           lateral (select count(*) as versions from bulkhead.test_case_versions v where v.suite_id = c.suite_id and v.case_id = c.id) v
         where c.suite_id = $1 order by c.id`,
          [suite_id],
        )
      ).rows;
    const before = await all();
    const deleted = await operate(client, 'bulk_delete', { suite_id, all_cases: true });
    t.deepEqual(counts(deleted), {
      total: 4,
      processed: 4,
      changed: 4,
      unchanged: 0,
      skipped: 0,
      failed: 0,
    });
    t.deepEqual(await all(), []);
    await append(client, suite_id, [{ external_key: 'b', input: 'another', tags: ['new'] }]);

    const undone = await undo(client, deleted);
    t.like(counts(undone), { total: 4, changed: 3, skipped: 1 });
    const after = await all();
    t.deepEqual(
      after.filter((row) => row.external_key !== 'b'),
      before.filter((row) => row.external_key !== 'b'),
    );
    t.is(after.find((row) => row.external_key === 'b').input, 'another');
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'rag', c: '', null: 'rag', b: 'new' });
    t.deepEqual(
      (await changes(client, undone)).filter((line) => line.startsWith('b')),
      ['b left_alone TCCHG', 'b left_alone flaky TCCHG', 'b left_alone rag TCCHG'],
    );
    // the version that was kept of the case that cannot come back is still there
    const { rows } = await client.query(
      `select input from bulkhead.test_case_versions where suite_id = $1 and external_key = 'b'`,
      [suite_id],
    );
    t.deepEqual(rows, [{ input: 'b' }]);
  });
});

test('a case can be deleted and brought back again and again', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag' });
    for (let round = 0; round < 3; round++) {
      const deleted = await operate(client, 'bulk_delete', { suite_id, all_cases: true });
      t.like(counts(await undo(client, deleted)), { changed: 1, skipped: 0 });
      await append(client, suite_id, [{ external_key: 'a', input: round }], 'update');
    }
    const { rows } = await client.query(
      'select version from bulkhead.test_case_versions where suite_id = $1 order by version',
      [suite_id],
    );
    t.deepEqual(rows, [{ version: 1 }, { version: 2 }, { version: 3 }]);
    t.like((await call(client, 'find_cases', { suite_id }))[0], { version: 4 });
  });
});

test('copies go, except those that somebody has edited, tagged, archived or deleted', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const into = await makeSuite(client);
    for (const name of ['rag', 'new']) await call(client, 'define_tag', { suite_id: into, name });
    await appendTagged(client, suite_id, {
      a: 'rag',
      edited: 'rag',
      tagged: '',
      archived: '',
      deleted: '',
      operated: '',
    });
    const copied = await operate(client, 'bulk_copy', {
      suite_id,
      into_suite_id: into,
      all_cases: true,
    });
    t.like(counts(copied), { total: 6, changed: 6 });
    const sql = (text: string) => client.query(text.replaceAll('$1', into));
    await sql(
      `update bulkhead.test_cases set input = '1' where suite_id = $1 and external_key = 'edited'`,
    );
    await sql(`insert into bulkhead.test_case_tags (suite_id, case_id, tag) select suite_id, id, 'new' from bulkhead.test_cases
      where suite_id = $1 and external_key = 'tagged'`);
    await sql(
      `update bulkhead.test_cases set status = 'archived' where suite_id = $1 and external_key = 'archived'`,
    );
    await sql(`delete from bulkhead.test_cases where suite_id = $1 and external_key = 'deleted'`);
    await operate(client, 'bulk_tag', {
      suite_id: into,
      external_keys: ['operated'],
      add: ['rag'],
    });

    const undone = await undo(client, copied);
    t.is(undone.suite_id, suite_id);
    t.like(counts(undone), { total: 6, changed: 1, skipped: 5 });
    t.deepEqual(Object.keys(await tagsByKey(client, into)), [
      'edited',
      'tagged',
      'archived',
      'operated',
    ]);
    t.is(Object.keys(await tagsByKey(client, suite_id)).length, 6);
    t.deepEqual(await changes(client, undone), [
      'a copy_deleted',
      'archived left_alone TCCHG',
      'deleted left_alone TCCHG',
      'edited left_alone TCCHG',
      'operated left_alone TCCHG',
      'tagged left_alone TCCHG',
    ]);
  });
});
