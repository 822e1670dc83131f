/** A tag that the expression of a route names stays in the dictionary, under its name or as an alias. */
import test from 'ava';
import type pg from 'pg';
import { appendTagged, call, callOne, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { operate, undo } from '../../helpers/operations.ts';
import { openSession, pidOf, waitsFor } from '../../helpers/waits.ts';

const database = useDatabase(test);

test('a tag that a route names cannot be dropped, by whatever way', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    for (const name of ['gold', 'tier_a', 'tier_b', 'free'])
      await call(client, 'define_tag', { suite_id, name });
    const define = (name: string, expression: string) =>
      call(client, 'define_route', { suite_id, name, expression });
    await define('gate', 'gold and not (tier_*)');
    await define('nightly', '"gold" or tier_a');
    const drop = (name: string) => call(client, 'drop_tag', { suite_id, name });
    await refuses(t, client, () => drop('gold'), {
      code: 'TCUSE',
      message: 'the tag "gold" is in use',
      detail: 'The expression of a route names it: gate, nightly.',
      hint: /define_route/,
    });
    await refuses(t, client, () => drop('tier_a'), { code: 'TCUSE', detail: /: nightly\.$/ });
    for (const sql of [
      `delete from bulkhead.suite_tags where suite_id = $1 and name = 'gold'`,
      `update bulkhead.suite_tags set name = 'other' where suite_id = $1 and name = 'gold'`,
    ])
      await refuses(t, client, () => client.query(sql, [suite_id]), { code: 'TCUSE' });
    await drop('free');
    await drop('tier_b');
    await define('nightly', 'gold');
    // the last one that a prefix stands for
    await refuses(t, client, () => drop('tier_a'), { code: 'TCUSE', detail: /: gate\.$/ });
    for (const name of ['gate', 'nightly']) await call(client, 'drop_route', { suite_id, name });
    await drop('tier_a');
    await drop('gold');
  });
});

test('a suite goes with its routes and the tags that they name', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await call(client, 'define_tag', { suite_id, name: 'gold' });
    await call(client, 'define_route', { suite_id, name: 'gate', expression: 'gold' });
    await call(client, 'pull_route', { suite_id, route: 'gate' });
    await call(client, 'delete_suite', { suite_id });
    const { rows } = await client.query(
      'select from bulkhead.tag_routes where suite_id = $1 union all select from bulkhead.route_pulls where suite_id = $1',
      [suite_id],
    );
    t.is(rows.length, 0);
  });
});

test('a rename, a merge and their undo leave an expression selecting the same cases', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'gold', b: 'gold flaky', c: 'flaky' });
    await call(client, 'define_route', { suite_id, name: 'gate', expression: 'gold' });
    const pulled = async () =>
      (await callOne<{ cases: string }>(client, 'pull_route', { suite_id, route: 'gate' })).cases;
    const renamed = await operate(client, 'bulk_rename_tag', {
      suite_id,
      tag: 'gold',
      new_name: 'golden',
    });
    t.is(await pulled(), '2');
    // the old name, which the expression has, is an alias by now
    await refuses(t, client, () => call(client, 'drop_tag', { suite_id, name: 'gold' }), {
      code: 'TCUSE',
      detail: /gate/,
    });
    const merged = await operate(client, 'bulk_merge_tags', {
      suite_id,
      tags: ['golden'],
      into_tag: 'flaky',
    });
    t.is(await pulled(), '3');
    await undo(client, merged);
    t.is(await pulled(), '2');
    await undo(client, renamed);
    t.is(await pulled(), '2');
  });
});

const ways = {
  drop_tag: (client: pg.Client, suite_id: string) =>
    call(client, 'drop_tag', { suite_id, name: 'gold' }),
  DELETE: (client: pg.Client, suite_id: string) =>
    client.query('delete from bulkhead.suite_tags where suite_id = $1', [suite_id]),
};

for (const [way, drop] of Object.entries(ways)) {
  test(`a tag is not dropped by ${way} between the reading of an expression and the making of its route`, async (t) => {
    const [definer, dropper] = [await openSession(t, database), await openSession(t, database)];
    const suite_id = await makeSuite(database.pool);
    await call(database.pool, 'define_tag', { suite_id, name: 'gold' });
    await definer.query('begin');
    await call(definer, 'define_route', { suite_id, name: 'gate', expression: 'gold' });
    const [holder, pid] = [await pidOf(definer), await pidOf(dropper)];
    const dropping = drop(dropper, suite_id).catch((error) => error);
    t.deepEqual(await waitsFor(database.pool, pid), [holder]);
    await definer.query('commit');
    t.is((await dropping).code, 'TCUSE');
  });

  test(`a tag is not dropped by ${way} where a route that names it would not be seen`, async (t) => {
    const dropper = await openSession(t, database);
    const suite_id = await makeSuite(database.pool);
    await call(database.pool, 'define_tag', { suite_id, name: 'gold' });
    await dropper.query('begin isolation level repeatable read; select from bulkhead.tag_routes');
    await call(database.pool, 'define_route', { suite_id, name: 'gate', expression: 'gold' });
    await refuses(t, dropper, () => drop(dropper, suite_id), {
      code: 'TCUSE',
      message: 'it is not known whether a route names the tag "gold"',
      hint: /READ COMMITTED/,
    });
  });
}

test('an import that has failed leaves the tag that a route names by now, and takes the others along', async (t) => {
  const importer = await openSession(t, database);
  const suite_id = await makeSuite(database.pool);
  await importer.query('select bulkhead.begin_import($1)', [suite_id]);
  await importer.query('select bulkhead.define_import_tags($1, $2)', [
    ...[suite_id, { gold: '', silver: '' }],
  ]);
  await call(database.pool, 'define_route', { suite_id, name: 'gate', expression: 'gold' });
  await importer.query('select bulkhead.end_import(true)');
  const { rows } = await database.pool.query(
    'select array_agg(name) as tags from bulkhead.suite_tags where suite_id = $1',
    [suite_id],
  );
  t.deepEqual(rows, [{ tags: ['gold'] }]);
});
