/** Earlier versions are kept, whoever edits, and by whatever way. */
import test from 'ava';
import { append, appendTagged, call, makeSuite, type Queryable } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { operate } from '../../helpers/operations.ts';
import { asUser, everybody } from '../../helpers/roles.ts';
import { lines, present, snap } from '../../helpers/snapshots.ts';
import { openSession } from '../../helpers/waits.ts';

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

/** Puts a case that was deleted back by hand; what is not said is as it is in a new case. */
const putBack = (client: Queryable, suite_id: string, id: string | undefined, version?: number) =>
  client.query(
    `insert into bulkhead.test_cases (suite_id, id, external_key, input${version === undefined ? '' : ', version'})
     values ($1, $2, 'a', '"back"'${version === undefined ? '' : `, ${version}`})`,
    [suite_id, id],
  );

for (const [version, number] of [
  [undefined, 3],
  [1, 3],
  [2, 3],
  [7, 7],
] as const)
  test(`a case put back under its old id, as version ${version ?? 'of a new case'}, goes on with version ${number}`, async (t) => {
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      const { a } = await appendTagged(client, suite_id, { a: '' });
      await snap(client, suite_id, 'first');
      await append(client, suite_id, [{ external_key: 'a', input: 'second' }], 'update');
      const before = await lines(client, suite_id, 'first');
      await operate(client, 'bulk_delete', { suite_id, all_cases: true });
      await putBack(client, suite_id, a, version);
      await snap(client, suite_id, 'back');
      const back = await lines(client, suite_id, 'back');
      t.deepEqual(back, await present(client, suite_id));
      await append(client, suite_id, [{ external_key: 'a', input: 'edited' }], 'update');
      await operate(client, 'bulk_delete', { suite_id, all_cases: true });
      t.deepEqual(
        (await history(client, suite_id)).map((line) => line.split(' ').slice(0, 3).join(' ')),
        ['1 a "a"', '2 a "second"', `${number} a "back"`, `${number + 1} a "edited"`],
      );
      t.deepEqual(await lines(client, suite_id, 'first'), before);
      t.deepEqual(await lines(client, suite_id, 'back'), back);
    });
  });

test('a case put back where its history was not seen can be edited and deleted', async (t) => {
  const [late, session] = [await openSession(t, database), await openSession(t, database)];
  const suite_id = await makeSuite(session);
  const { a } = await appendTagged(session, suite_id, { a: '' });
  await late.query('begin isolation level repeatable read; select from bulkhead.test_suites');
  await append(session, suite_id, [{ external_key: 'a', input: 'second' }], 'update');
  await operate(session, 'bulk_delete', { suite_id, all_cases: true });
  await putBack(late, suite_id, a);
  await late.query('commit');
  await append(session, suite_id, [{ external_key: 'a', input: 'edited' }], 'update');
  t.like(await operate(session, 'bulk_delete', { suite_id, all_cases: true }), {
    state: 'succeeded',
    changed: '1',
  });
  t.is((await history(session, suite_id)).length, 4);
});
