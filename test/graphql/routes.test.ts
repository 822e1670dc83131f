import test from 'ava';
import { useApi } from '../helpers/api.ts';

const api = useApi(test);

const some = [
  { external_key: 'a', input: '1', tags: ['gold', 'needs_review'] },
  { external_key: 'b', input: '2', tags: ['needs_review'] },
  { external_key: 'c', input: '3' },
];

const define = `mutation ($suite: BigInt!, $name: String!, $expression: String!, $precedence: Int) {
  defineRoute(input: { suiteId: $suite, name: $name, expression: $expression, precedence: $precedence }) {
    route { name expression status precedence suite { slug } }
  }
}`;

test('routes are defined, listed by precedence, asked where cases go, pulled and dropped', async (t) => {
  const suite = await api.suite('routes', some);
  const { defineRoute } = await api.run(define, {
    suite,
    name: 'review',
    expression: 'needs_review',
  });
  t.deepEqual(defineRoute.route, {
    name: 'review',
    expression: 'needs_review',
    status: 'active',
    precedence: 10,
    suite: { slug: 'routes' },
  });
  await api.run(define, { suite, name: 'gate', expression: 'gold', precedence: 1 });
  const { pullRoute } = await api.run(
    'mutation ($suite: BigInt!) { pullRoute(input: { suiteId: $suite, route: "review" }) { pull { id expression cases pulledBy } } }',
    { suite },
  );
  t.like(pullRoute.pull, { expression: 'needs_review', cases: '2' });

  const read = `query ($suite: BigInt!) {
    suite(id: $suite) {
      cases { nodes { id } }
      routes(orderBy: [PRECEDENCE_ASC]) { totalCount nodes { name } }
      pulls(filter: { route: { equalTo: "review" } }, orderBy: [ID_DESC]) { nodes { route cases pulledAt } }
    }
    countRoutes(suiteId: $suite) { route precedence cases }
    route(suiteId: $suite, name: "gate") { expression }
  }`;
  const found = await api.run(read, { suite });
  t.deepEqual(found.suite.routes, { totalCount: 2, nodes: [{ name: 'gate' }, { name: 'review' }] });
  t.like(found.suite.pulls.nodes, [{ route: 'review', cases: '2' }]);
  t.deepEqual(found.countRoutes, [
    { route: 'gate', precedence: 1, cases: '1' },
    { route: 'review', precedence: 10, cases: '1' },
    { route: null, precedence: null, cases: '1' },
  ]);
  t.deepEqual(found.route, { expression: 'gold' });

  const caseIds = found.suite.cases.nodes.map((node: { id: string }) => node.id);
  const { routesOfCases } = await api.run(
    'query ($suite: BigInt!, $caseIds: [BigInt!]!) { routesOfCases(suiteId: $suite, caseIds: $caseIds) { caseId route } }',
    { suite, caseIds },
  );
  t.deepEqual(
    routesOfCases,
    ['gate', 'review', null].map((route, index) => ({ caseId: caseIds[index], route })),
  );
  t.like(await api.fail(define, { suite, name: 'x', expression: 'golt' }), { code: 'UNKNOWN_TAG' });
  const drop =
    'mutation ($suite: BigInt!) { dropRoute(input: { suiteId: $suite, name: "gate" }) { route { name } } }';
  t.deepEqual(await api.run(drop, { suite }), { dropRoute: { route: { name: 'gate' } } });
  t.like(await api.fail(drop, { suite }), { code: 'UNKNOWN_ROUTE', sqlstate: 'TCNRT' });
});
