/** Earlier versions are kept, whoever edits, and by whatever way. */
import test from 'ava';
import { append, appendTagged, call, makeSuite, type Queryable } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { asUser, everybody } from '../../helpers/roles.ts';

const database = useDatabase(test);

async function history(client: Queryable, suite_id: string): Promise<string[]> {
  const { rows } = await client.query(
    `select concat_ws(' ', version, external_key, input, replaced_by) as line from (
       select version, external_key, input, replaced_by from bulkhead.test_case_versions where suite_id = $1
       union all
       select version, external_key, input, 'now' from bulkhead.test_cases where suite_id = $1
     ) as v order by version`,
    [suite_id],
  );
  return rows.map((row) => row.line);
}

test('each edit of key, input, expected output or metadata keeps the version before', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag' });
    const edits = [
      `external_key = 'b'`,
      `input = '"2"'`,
      `expected_output = '3'`,
      `expected_output = null`,
      `metadata = '{"four": 4}'`,
      `input = '"5"', metadata = '{}'`,
    ];
    for (const edit of edits)
      await client.query(`update bulkhead.test_cases set ${edit} where suite_id = $1`, [suite_id]);
    await client.query(
      `update bulkhead.test_cases set input = input, status = 'archived', payload_hash = null where suite_id = $1`,
      [suite_id],
    );
    const { rows } = await client.query('select bulkhead.current_principal() as me');
    const me = rows[0].me;
    t.deepEqual(await history(client, suite_id), [
      `1 a "a" ${me}`,
      `2 b "a" ${me}`,
      `3 b "2" ${me}`,
      `4 b "2" ${me}`,
      `5 b "2" ${me}`,
      `6 b "2" ${me}`,
      '7 b "5" now',
    ]);
    await client.query('delete from bulkhead.test_cases where suite_id = $1', [suite_id]);
    t.is((await history(client, suite_id)).at(-1), `7 b "5" ${me}`);
  });
});

test('who edits cannot say which version it is', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: '' });
    await client.query(
      `update bulkhead.test_cases set input = '1', version = 99, updated_at = '2000-01-01' where suite_id = $1`,
      [suite_id],
    );
    const [found] = await call<{ version: number; updated_at: Date; created_at: Date }>(
      client,
      'find_cases',
      { suite_id },
    );
    t.is(found?.version, 2);
    t.true((found?.updated_at ?? 0) >= (found?.created_at ?? 0));
  });
});

test("a request's edit is kept too, under its principal, though it may not write versions", async (t) => {
  await asUser(database, async (client) => {
    const suite_id = await makeSuite(client);
    await append(client, suite_id, [{ external_key: 'a', input: 'first' }]);
    await client.query(`update bulkhead.test_cases set input = '"edited"' where suite_id = $1`, [
      suite_id,
    ]);
    t.deepEqual(await history(client, suite_id), [`1 a "first" ${everybody}`, '2 a "edited" now']);
    await refuses(t, client, () => client.query('delete from bulkhead.test_case_versions'), {
      code: '42501',
    });
    await refuses(t, client, () => client.query('delete from bulkhead.test_cases'), {
      code: '42501',
    });
  });
});
