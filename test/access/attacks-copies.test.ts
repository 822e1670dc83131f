/** A copy is an operation of two suites: who sees only one of them learns nothing of the other by it. */
import test from 'ava';
import { makeToken, outcomeOf } from '../helpers/access.ts';
import { appendTagged, call, callOne, makeSuite, type Operation } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { operate } from '../helpers/operations.ts';
import { asToken } from '../helpers/roles.ts';

const database = useDatabase(test);

test.before('ids that are found in no text by chance', async () => {
  await database.pool.query(
    "select setval('bulkhead.test_suites_id_seq', 500000), setval('bulkhead.bulk_operations_id_seq', 600000)",
  );
});

/** Two suites of which the second has one of the keys of the first, and a copy that met it. */
async function makeCopy() {
  const { pool } = database;
  const [suite_id, into_suite_id] = [await makeSuite(pool), await makeSuite(pool)];
  await appendTagged(pool, suite_id, { a: 'rag', b: 'rag', c: 'rag' });
  await appendTagged(pool, into_suite_id, { b: '' });
  const args = { suite_id, into_suite_id, all_cases: true };
  const copy = await operate(pool, 'bulk_copy', args);
  return { suite_id, into_suite_id, copy };
}

const calls = ['undo_operation', 'retry_operation', 'cancel_operation', 'operation_changes'];

test('who sees the one suite alone reads of a copy that there was one, and no more', async (t) => {
  const { suite_id, into_suite_id, copy } = await makeCopy();
  t.like(copy, { state: 'succeeded', changed: '2', skipped: '1' });
  const { token } = await makeToken(database.pool, 'owner', [suite_id]);
  await asToken(database, token, async (client) => {
    const own = 'select * from bulkhead.bulk_operations where suite_id = $1';
    t.deepEqual((await client.query(own, [suite_id])).rows, []);
    for (const name of calls) {
      const { code } = await outcomeOf(client, `select * from bulkhead.${name}($1, $2)`, [
        suite_id,
        copy.id,
      ]);
      t.is(code, 'TCNOP', name);
    }
    const { rows } = await client.query(
      `select action, after from bulkhead.audit_log where suite_id = $1 and subject = 'operation'`,
      [suite_id],
    );
    t.like(rows, { length: 1, 0: { action: 'finished', after: { kind: 'copy', total: 3 } } });
    t.deepEqual(Object.keys(rows[0].after).sort(), ['kind', 'selection', 'total']);
  });
  t.not(suite_id, into_suite_id);
});

test('a suite that is hidden and one that is gone are answered alike', async (t) => {
  const [hidden, gone] = [await makeCopy(), await makeCopy()];
  await operate(database.pool, 'bulk_delete', { suite_id: gone.into_suite_id, all_cases: true });
  await call(database.pool, 'delete_suite', { suite_id: gone.into_suite_id });
  const answers = [];
  for (const { suite_id, copy } of [hidden, gone]) {
    const { token } = await makeToken(database.pool, 'editor', [suite_id]);
    const { rows } = await database.pool.query(
      'select slug from bulkhead.test_suites where id = $1',
      [suite_id],
    );
    const plain = (text = '') =>
      text
        .replaceAll(rows[0].slug, 'the-suite')
        .replaceAll(copy.id, 'ID')
        .replaceAll(suite_id, 'SUITE');
    for (const name of calls) {
      const outcome = await asToken(database, token, (client) =>
        outcomeOf(client, `select * from bulkhead.${name}($1, $2)`, [suite_id, copy.id]),
      );
      answers.push(plain(JSON.stringify(outcome)));
    }
  }
  t.deepEqual(answers.slice(calls.length), answers.slice(0, calls.length));
});

test('who sees both suites reads the copy whole, and undoes it', async (t) => {
  const { suite_id, into_suite_id, copy } = await makeCopy();
  const { token } = await makeToken(database.pool, 'editor', [suite_id, into_suite_id]);
  await asToken(database, token, async (client) => {
    const changes = await call<{ change: string; copied_case_id: string | null }>(
      client,
      'operation_changes',
      { suite_id, operation_id: copy.id },
    );
    t.deepEqual(changes.map(({ change }) => change).sort(), [
      'case_copied',
      'case_copied',
      'left_alone',
    ]);
    const undone = await callOne<Operation>(client, 'undo_operation', {
      suite_id,
      operation_id: copy.id,
    });
    t.like(undone, { state: 'succeeded', changed: '2' });
  });
});
