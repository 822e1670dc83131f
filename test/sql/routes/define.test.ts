/** Routes are defined, defined anew, dropped; what cannot be one is refused. */
import test from 'ava';
import { appendTagged, call, callOne, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { openSession } from '../../helpers/waits.ts';

const database = useDatabase(test);

type Route = { name: string; expression: string; status: string | null; precedence: number };

test('a route comes after the others, and keeps its place when it is defined anew', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'gold silver' });
    const define = (name: string, expression: string, more = {}) =>
      callOne<Route>(client, 'define_route', { suite_id, name, expression, ...more });
    t.like(await define('release-gate', 'gold'), { precedence: 10, status: 'active' });
    t.like(await define('nightly', 'gold or silver', { description: 'each night' }), {
      precedence: 20,
      description: 'each night',
    });
    t.like(await define('first', 'silver', { precedence: 5 }), { precedence: 5 });
    t.like(await define('nightly', 'silver', { status: null }), {
      precedence: 20,
      status: null,
      expression: 'silver',
      description: 'each night',
    });
    t.like(await define('release-gate', 'gold', { precedence: 33 }), { precedence: 33 });
    t.like(await define('last', 'gold'), { precedence: 40 });

    t.like(await callOne(client, 'drop_route', { suite_id, name: 'last' }), { name: 'last' });
    await refuses(t, client, () => call(client, 'drop_route', { suite_id, name: 'last' }), {
      code: 'TCNRT',
      message: /has no route "last"$/,
      detail: 'Its routes are: first, nightly, release-gate',
    });
  });
});

test('what cannot be a route is refused, with what to do', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'flaky tier_a_gold' });
    const define =
      (args = {}) =>
      () =>
        call(client, 'define_route', { suite_id, name: 'gate', expression: 'flaky', ...args });
    await refuses(t, client, () => call(client, 'pull_route', { suite_id, route: 'gate' }), {
      code: 'TCNRT',
      detail: 'It has no routes.',
    });
    await define({ precedence: 7 })();
    await refuses(t, client, define({ name: 'other', precedence: 7 }), {
      code: '23505',
      message: 'the route "gate" has the precedence 7 already',
    });
    await refuses(t, client, define({ expression: 'flakey' }), {
      code: 'TCNTG',
      hint: 'Did you mean "flaky"?',
    });
    await refuses(t, client, define({ expression: 'flaky and not archived' }), {
      code: 'TCNTG',
      hint: /^That is a status/,
    });
    await refuses(t, client, define({ expression: 'flaky and' }), { code: 'TCEXP' });
    await refuses(t, client, define({ expression: 'tier_b*' }), { code: 'TCNTG' });
    await refuses(t, client, define({ expression: null }), { code: 'TCARG' });
    await refuses(t, client, define({ status: 'gone' }), { code: 'TCARG' });
    await refuses(t, client, define({ precedence: 0 }), {
      code: '23514',
      constraint: 'precedence_is_positive',
    });
    for (const name of ['', 'Gate', 'a b', '-a', 'a'.repeat(64), 'ü'])
      await refuses(t, client, define({ name }), {
        code: '23514',
        constraint: 'route_is_lower_case_and_at_most_63_long',
      });
    await refuses(t, client, define({ name: null }), { code: '23502' });
    await call(client, 'archive_suite', { suite_id });
    await refuses(t, client, define(), { code: 'TCARC' });
    // an archived suite can still be read
    t.like(await callOne(client, 'pull_route', { suite_id, route: 'gate' }), { cases: '1' });
  });
});

test('what cannot be a route is none by a plain INSERT or UPDATE either', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await call(client, 'define_tag', { suite_id, name: 'gold' });
    await call(client, 'define_route', { suite_id, name: 'gate', expression: 'gold' });
    const insert =
      'insert into bulkhead.tag_routes (suite_id, name, precedence, expression) values ($1, $2, 7, $3)';
    for (const [expression, code] of [
      ['nosuch', 'TCNTG'],
      ['gold and (', 'TCEXP'],
    ]) {
      await refuses(t, client, () => client.query(insert, [suite_id, 'more', expression]), {
        code: String(code),
      });
      await refuses(
        t,
        client,
        () => client.query('update bulkhead.tag_routes set expression = $1', [expression]),
        { code: String(code) },
      );
    }
    await client.query(insert, [suite_id, 'more', 'not gold']);
  });
});

test('a route is not defined where it would not be seen that its tag is gone', async (t) => {
  const definer = await openSession(t, database);
  const suite_id = await makeSuite(database.pool);
  await call(database.pool, 'define_tag', { suite_id, name: 'gold' });
  await definer.query('begin isolation level repeatable read; select from bulkhead.tag_routes');
  await call(database.pool, 'drop_tag', { suite_id, name: 'gold' });
  const define = () =>
    call(definer, 'define_route', { suite_id, name: 'gate', expression: 'gold' });
  await refuses(t, definer, define, { code: 'TCNTG', hint: /READ COMMITTED/ });
});
