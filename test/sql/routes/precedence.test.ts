/** Where a case goes, and what a pull by route leaves on record. */
import test from 'ava';
import { append, appendTagged, call, callOne, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';

const database = useDatabase(test);

const routes = {
  'release-gate': 'tier_a_gold',
  nightly: 'tier_a_gold or tier_b_gold',
  'human-review': 'needs_review',
};

test('a case goes to the first route that selects it, by precedence and not by name', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const ids = await appendTagged(client, suite_id, {
      a: 'tier_a_gold needs_review',
      b: 'tier_b_gold',
      c: 'needs_review',
      d: '',
      "e'); --": 'needs_review',
    });
    await append(client, suite_id, [
      { external_key: 'f', tags: ['tier_a_gold'], status: 'archived' },
    ]);
    const routesOf = async () => {
      const { rows } = await client.query(
        `select c.external_key, r.route
         from bulkhead.routes_of_cases($1, array(select id from bulkhead.test_cases where suite_id = $1)) r
         join bulkhead.test_cases c on c.suite_id = $1 and c.id = r.case_id order by c.id`,
        [suite_id],
      );
      return rows.map((row) => row.route);
    };
    const counts = async () =>
      (await call(client, 'count_routes', { suite_id })).map((row) => Object.values(row).join(' '));
    t.deepEqual(await routesOf(), [null, null, null, null, null, null]);
    t.deepEqual(await counts(), ['  6']);

    for (const [name, expression] of Object.entries(routes))
      await call(client, 'define_route', { suite_id, name, expression });
    const expected = ['release-gate', 'nightly', 'human-review', null, 'human-review', null];
    t.deepEqual(await routesOf(), expected);
    t.deepEqual(await counts(), ['release-gate 10 1', 'nightly 20 1', 'human-review 30 2', '  2']);

    await call(client, 'define_route', {
      suite_id,
      name: 'human-review',
      expression: 'needs_review',
      precedence: 1,
    });
    t.is((await routesOf())[0], 'human-review');
    // one case, and ids of no case or of another suite's
    const other = await makeSuite(client);
    const [foreign] = await append(client, other, [{ external_key: 'x' }]);
    t.deepEqual(
      await call(client, 'routes_of_cases', {
        suite_id,
        case_ids: [ids.b, '999999', foreign?.case_id],
      }),
      [{ case_id: ids.b, route: 'nightly' }],
    );
  });
});

test('a pull records expression, status, number of cases and who asked, and stays when the route goes', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag', b: 'rag flaky', c: '' });
    await append(client, suite_id, [{ external_key: 'd', tags: ['rag'], status: 'archived' }]);
    const define = (expression: string, status: string | null = 'active') =>
      call(client, 'define_route', { suite_id, name: 'gate', expression, status });
    const pull = () => callOne(client, 'pull_route', { suite_id, route: 'gate' });
    await define('rag');
    t.like(await pull(), { route: 'gate', expression: 'rag', status: 'active', cases: '2' });
    await define('rag and not flaky', null);
    t.like(await pull(), { expression: 'rag and not flaky', status: null, cases: '2' });
    await call(client, 'drop_route', { suite_id, name: 'gate' });
    const { rows } = await client.query(
      `select expression, pulled_by = bulkhead.current_principal() as mine
       from bulkhead.route_pulls where suite_id = $1 order by id`,
      [suite_id],
    );
    t.deepEqual(rows, [
      { expression: 'rag', mine: true },
      { expression: 'rag and not flaky', mine: true },
    ]);
  });
});
