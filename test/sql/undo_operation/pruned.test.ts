/** An operation is pruned or can be undone: never undone from a part of what it changed. */
import test, { type ExecutionContext } from 'ava';
import { appendTagged, call, makeSuite, type Operation, tagsByKey } from '../../helpers/cases.ts';
import { makeDatabase } from '../../helpers/database.ts';
import { checkRefusal, refuses } from '../../helpers/errors.ts';
import { holdSuite, operate, runToEnd, undo } from '../../helpers/operations.ts';
import { openSession, pidOf, waitsFor, withoutWaiting } from '../../helpers/waits.ts';

/** Two cases whose tag another one of its group has replaced, which makes two rows of the change log; and two sessions. */
async function retag(t: ExecutionContext) {
  const database = await makeDatabase(t);
  const [one, two] = [await openSession(t, database), await openSession(t, database)];
  const suite_id = await makeSuite(one);
  for (const name of ['gold', 'silver'])
    await call(one, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
  await appendTagged(one, suite_id, { k1: 'gold', k2: 'gold', k3: '' });
  const older = await operate(one, 'bulk_tag', { suite_id, external_keys: ['k3'], add: ['gold'] });
  const operation = await operate(one, 'bulk_tag', {
    suite_id,
    external_keys: ['k1', 'k2'],
    add: ['silver'],
  });
  const rowsLeft = async () => {
    const { rows } = await database.pool.query(
      `select array_agg(change || ' ' || tag order by id) as left
       from bulkhead_private.change_log where suite_id = $1 and operation_id = $2`,
      [suite_id, operation.id],
    );
    return rows[0].left;
  };
  t.deepEqual(await rowsLeft(), ['link_removed gold', 'link_added silver']);
  const prune = async (db = two): Promise<string> =>
    (await db.query(`select bulkhead_private.prune_change_log('0 s') as pruned`)).rows[0].pruned;
  return { database, one, two, suite_id, older, operation, rowsLeft, prune };
}

const tooOld = { code: 'TCOLD', message: /has been pruned/ };

test('of what was pruned in part nothing is undone', async (t) => {
  const { one, suite_id, older, operation, rowsLeft, prune } = await retag(t);
  // as many older rows as a round takes, but for one
  await one.query(
    `insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, case_ids)
     select $1, $2, i, 'link_added', 'gold', array[1] from generate_series(2, 199) i`,
    [suite_id, older.id],
  );
  t.is(await prune(), '200');
  t.deepEqual(await rowsLeft(), ['link_added silver']);
  await one.query('begin');
  for (const name of ['preview_undo_operation', 'undo_operation'])
    await refuses(t, one, () => call(one, name, { suite_id, operation_id: operation.id }), tooOld);
  await one.query('commit');
  t.deepEqual(await tagsByKey(one, suite_id), { k1: 'silver', k2: 'silver', k3: 'gold' });
  t.is(await prune(), '1');
  t.is(await prune(), '0');
});

test('what is being undone by a transaction that is not committed is not pruned, and nobody waits', async (t) => {
  const { one, two, suite_id, operation, rowsLeft, prune } = await retag(t);
  await holdSuite(two, suite_id); // a worker will run it
  await one.query('begin');
  const [undoing] = await call<Operation>(one, 'undo_operation', {
    suite_id,
    operation_id: operation.id,
  });
  if (!undoing) throw new Error('no operation');
  t.is(await withoutWaiting(two, prune), '1', 'only the other operation');
  await one.query('commit');
  t.is(await prune(), '0');
  t.is((await rowsLeft()).length, 2);
  t.like(await runToEnd(two, undoing), { state: 'succeeded', changed: '2' });
  t.deepEqual(await tagsByKey(one, suite_id), { k1: 'gold', k2: 'gold', k3: 'gold' });
  t.is(await prune(), '4', 'of the operation and of its undo');
});

for (const [level, expected] of [
  ['read committed', tooOld],
  ['repeatable read', { code: '40001' }],
] as const)
  test(`an undo at ${level} that meets a prune waits for it, and is refused`, async (t) => {
    const { database, one, two, suite_id, operation, prune } = await retag(t);
    await one.query(`begin isolation level ${level}; select from bulkhead.test_suites`);
    await two.query('begin');
    await prune(two);
    const [holder, pid] = [await pidOf(two), await pidOf(one)];
    const undoing = undo(one, operation).catch((error) => error);
    t.deepEqual(await waitsFor(database.pool, pid), [holder]);
    await two.query('commit');
    checkRefusal(t, await undoing, expected);
    await one.query('rollback');
    t.deepEqual(await tagsByKey(two, suite_id), { k1: 'silver', k2: 'silver', k3: 'gold' });
  });

for (const level of ['repeatable read', 'serializable'])
  test(`at ${level}, which does not see an undo submitted meanwhile, nothing is pruned`, async (t) => {
    const { one, two, suite_id, operation, rowsLeft, prune } = await retag(t);
    await holdSuite(one, suite_id);
    await two.query(`begin isolation level ${level}; select from bulkhead.test_suites`);
    await call(one, 'undo_operation', { suite_id, operation_id: operation.id });
    await refuses(t, two, () => prune(), {
      code: 'TCRUN',
      message: /not known/,
      hint: /READ COMMITTED/,
    });
    await two.query('rollback');
    t.is((await rowsLeft()).length, 2);
  });

test('what is not over is not marked as pruned', async (t) => {
  const { one, two, suite_id, operation } = await retag(t);
  await holdSuite(two, suite_id);
  const undoing = await call<Operation>(one, 'undo_operation', {
    suite_id,
    operation_id: operation.id,
  });
  await one.query('begin');
  await refuses(
    t,
    one,
    () =>
      one.query(
        'update bulkhead.bulk_operations set pruned_at = now() where suite_id = $1 and id = $2',
        [suite_id, undoing[0]?.id],
      ),
    { code: '23514', constraint: 'only_what_is_over_is_pruned' },
  );
  await one.query('rollback');
});
