/** Not even the owner in psql changes a snapshot, or what it holds. */
import test from 'ava';
import type pg from 'pg';
import { append, appendMany, appendTagged, call, makeSuite } from '../../helpers/cases.ts';
import { makeDatabase, rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { operate, undo } from '../../helpers/operations.ts';
import { lines, present, snap } from '../../helpers/snapshots.ts';

const database = useDatabase(test);

test('rows of a snapshot are neither changed, nor added, nor taken away one by one', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 1500, ['rag']);
    await snap(client, suite_id, 'v1');
    const before = await lines(client, suite_id, 'v1');
    const own = `suite_id = ${suite_id}`;
    const chunks = 'bulkhead_private.snapshot_chunks';
    const columns = 'suite_id, snapshot, chunk, case_ids, versions, statuses, tags, sha256';
    const copy = (chunk: string) =>
      `insert into ${chunks} (${columns}) select suite_id, snapshot, ${chunk}, case_ids, versions, statuses, tags, sha256
       from ${chunks} where ${own}`;
    for (const sql of [
      `update bulkhead.suite_snapshots set description = 'other' where ${own}`,
      `update bulkhead.suite_snapshots set name = 'v2' where ${own}`,
      `update ${chunks} set versions = versions where ${own}`,
      `delete from ${chunks} where ${own} and chunk = 1`,
      `delete from ${chunks} where ${own}`,
      copy('chunk + 2'),
      copy('chunk - 5'),
      `truncate ${chunks}`,
      'truncate bulkhead.suite_snapshots cascade',
      'truncate bulkhead.test_suites cascade',
      'truncate bulkhead.test_cases cascade',
      'truncate bulkhead.test_case_versions',
    ])
      await refuses(t, client, () => client.query(sql), { code: 'TCFRZ' });
    t.deepEqual(await lines(client, suite_id, 'v1'), before);
    await call(client, 'drop_snapshot', { suite_id, name: 'v1' });
    const { rows } = await client.query(`select from ${chunks} where ${own}`);
    t.is(rows.length, 0);
  });
});

test('versions are written by edits alone, never changed, and not deleted while a snapshot holds them', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const { a, b } = await appendTagged(client, suite_id, { a: 'rag', b: '', c: '' });
    const edit = (input: string) =>
      append(client, suite_id, [{ external_key: 'a', input }], 'update');
    await edit('two');
    await snap(client, suite_id, 'v1');
    const before = await lines(client, suite_id, 'v1');
    await edit('three');
    await edit('four');
    await client.query('delete from bulkhead.test_cases where suite_id = $1 and id = $2', [
      suite_id,
      b,
    ]);

    const versions = 'bulkhead.test_case_versions';
    const remove = (id: string | undefined, version: number) => () =>
      client.query(
        `delete from ${versions} where suite_id = $1 and case_id = $2 and version = $3`,
        [suite_id, id, version],
      );
    for (const sql of [
      `update ${versions} set input = '1' where suite_id = ${suite_id}`,
      `update ${versions} set replaced_by = 'somebody else' where false`,
      `insert into ${versions} select suite_id, case_id, version + 9, external_key, input, expected_output, metadata, status,
         status_operation_id, payload_hash, created_at, updated_at from ${versions} where suite_id = ${suite_id}`,
      `truncate ${versions}`,
      `truncate ${await leafOf(client, suite_id)} cascade`,
      `delete from ${versions} where suite_id = ${suite_id}`,
    ])
      await refuses(t, client, () => client.query(sql), { code: 'TCFRZ' });
    await refuses(t, client, remove(a, 2), { code: 'TCFRZ', detail: /Snapshots hold/ });
    await refuses(t, client, remove(b, 1), { code: 'TCFRZ' });
    // those that no snapshot holds may go
    t.is((await remove(a, 1)()).rowCount, 1);
    t.is((await remove(a, 3)()).rowCount, 1);
    t.deepEqual(await lines(client, suite_id, 'v1'), before);
    await call(client, 'drop_snapshot', { suite_id, name: 'v1' });
    t.is((await remove(a, 2)()).rowCount, 1);
  });
});

/** The partition that the suite's cases lie in. */
async function leafOf(client: pg.PoolClient, suite_id: string): Promise<string> {
  const { rows } = await client.query(
    'select tableoid::regclass::text as leaf from bulkhead.test_cases where suite_id = $1 limit 1',
    [suite_id],
  );
  return rows[0].leaf;
}

test('undo of a deletion takes versions out of history, and the snapshot finds them again', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 30, ['rag']);
    await snap(client, suite_id, 'v1');
    const before = await lines(client, suite_id, 'v1');
    const versions = async () =>
      (
        await client.query('select version from bulkhead.test_cases where suite_id = $1', [
          suite_id,
        ])
      ).rows.map((row) => row.version);
    for (const round of [1, 2]) {
      const deleted = await operate(client, 'bulk_delete', { suite_id, all_cases: true });
      t.deepEqual(await present(client, suite_id), []);
      t.deepEqual(await lines(client, suite_id, 'v1'), before, `round ${round}`);
      await undo(client, deleted);
      t.deepEqual(await present(client, suite_id), before);
      t.deepEqual(await versions(), Array(30).fill(1));
      t.deepEqual(await lines(client, suite_id, 'v1'), before, `round ${round}`);
    }
  });
});

test('a suite with snapshots is not deleted, by whatever way, and one without goes with its history', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag' });
    await snap(client, suite_id, 'v1');
    await operate(client, 'bulk_delete', { suite_id, all_cases: true });
    await refuses(t, client, () => call(client, 'delete_suite', { suite_id }), {
      code: 'TCSUC',
      message: /still has snapshots$/,
      detail: /: v1\.$/,
      hint: /drop_snapshot/,
    });
    await refuses(
      t,
      client,
      () => client.query('delete from bulkhead.test_suites where id = $1', [suite_id]),
      { code: '23503' },
    );
    t.is((await lines(client, suite_id, 'v1')).length, 1);
    await call(client, 'drop_snapshot', { suite_id, name: 'v1' });
    await call(client, 'delete_suite', { suite_id });
    const { rows } = await client.query(
      'select from bulkhead.test_case_versions where suite_id = $1',
      [suite_id],
    );
    t.is(rows.length, 0);
  });
});

test('what somebody changes past the triggers is not given out as the snapshot', async (t) => {
  const { pool } = await makeDatabase(t);
  const suite_id = await makeSuite(pool);
  await appendTagged(pool, suite_id, { a: 'rag', b: '' });
  await snap(pool, suite_id, 'v1');
  await append(pool, suite_id, [{ external_key: 'a', input: 'edited' }], 'update');
  await pool.query('alter table bulkhead.test_case_versions disable trigger user');
  await pool.query(
    `update bulkhead.test_case_versions set input = '"forged"' where suite_id = $1`,
    [suite_id],
  );
  const forged = { code: 'TCFRZ', message: /is not what was frozen$/ };
  await rolledBack(pool, async (client) => {
    await refuses(t, client, () => lines(client, suite_id, 'v1'), forged);
    await client.query('delete from bulkhead.test_case_versions where suite_id = $1', [suite_id]);
    await refuses(t, client, () => lines(client, suite_id, 'v1'), forged);
    await refuses(
      t,
      client,
      () => call(client, 'snapshot_cases', { suite_id, snapshot: 'v1' }),
      forged,
    );
  });
});
