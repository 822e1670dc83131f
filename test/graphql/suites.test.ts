import test from 'ava';
import { useApi } from '../helpers/api.ts';

const api = useApi(test);

test('a suite is created, changed, archived, restored and deleted', async (t) => {
  const { createSuite } = await api.run(`mutation {
    createSuite(input: { slug: "life", name: "Life", description: "of a suite", tagPolicy: "closed" }) {
      suite { id slug name description tagPolicy archivedAt }
    }
  }`);
  const { id, ...suite } = createSuite.suite;
  t.regex(id, /^\d+$/);
  t.deepEqual(suite, {
    slug: 'life',
    name: 'Life',
    description: 'of a suite',
    tagPolicy: 'closed',
    archivedAt: null,
  });

  const { updateSuite } = await api.run(
    `mutation ($id: BigInt!) {
      updateSuite(input: { id: $id, patch: { name: "A life", tagPolicy: "open" } }) {
        suite { name description tagPolicy }
      }
    }`,
    { id },
  );
  t.deepEqual(updateSuite, {
    suite: { name: 'A life', description: 'of a suite', tagPolicy: 'open' },
  });

  const { archiveSuite } = await api.run(
    'mutation ($id: BigInt!) { archiveSuite(input: { suiteId: $id }) { suite { archivedAt } } }',
    { id },
  );
  t.regex(archiveSuite.suite.archivedAt, /^20\d\d-/);

  const { restoreSuite } = await api.run(
    'mutation ($id: BigInt!) { restoreSuite(input: { suiteId: $id }) { suite { archivedAt } } }',
    { id },
  );
  t.is(restoreSuite.suite.archivedAt, null);

  const { deleteSuite } = await api.run(
    'mutation ($id: BigInt!) { deleteSuite(input: { suiteId: $id }) { suite { slug } query { suite(id: $id) { slug } } } }',
    { id },
  );
  t.deepEqual(deleteSuite, { suite: { slug: 'life' }, query: { suite: null } });
});

test('a suite is found by id and by slug', async (t) => {
  const id = await api.suite('found');
  t.deepEqual(
    await api.run(
      `query ($id: BigInt!) {
        suite(id: $id) { slug }
        suiteBySlug(slug: "found") { id }
        suiteId(slug: "found")
        none: suiteBySlug(slug: "nobody") { id }
      }`,
      { id },
    ),
    { suite: { slug: 'found' }, suiteBySlug: { id }, suiteId: id, none: null },
  );
  t.like(await api.fail('{ suiteId(slug: "nobody") }'), {
    code: 'UNKNOWN_SUITE',
    sqlstate: 'TCNSU',
  });
});

test('suites are listed, filtered and ordered', async (t) => {
  for (const slug of ['list-b', 'list-a', 'list-c']) await api.suite(slug);
  const id = await api.suite('list-archived');
  await api.run(
    'mutation ($id: BigInt!) { archiveSuite(input: { suiteId: $id }) { suite { id } } }',
    { id },
  );
  const { suites } = await api.run(`{
    suites(
      filter: { slug: { greaterThan: "list-", lessThan: "list." }, archivedAt: { isNull: true } }
      orderBy: [SLUG_DESC]
    ) { totalCount nodes { slug } }
  }`);
  t.deepEqual(suites, {
    totalCount: 3,
    nodes: [{ slug: 'list-c' }, { slug: 'list-b' }, { slug: 'list-a' }],
  });
});

test('a slug that is taken, or is none, is refused', async (t) => {
  await api.suite('taken');
  const create =
    'mutation ($slug: String!) { createSuite(input: { slug: $slug }) { suite { id } } }';
  t.like(await api.fail(create, { slug: 'taken' }), { code: 'ALREADY_EXISTS', sqlstate: '23505' });
  t.like(await api.fail(create, { slug: 'Not A Slug' }), { code: 'CHECK_FAILED' });
  t.like(await api.fail(create, { slug: 'nul\u0000' }), { code: 'INVALID_ENCODING' });
});

test('an update of what does not exist, or to what cannot be, is refused', async (t) => {
  const suite = await api.suite('update');
  const update = `mutation ($id: BigInt!, $patch: TestSuitePatch!) {
    updateSuite(input: { id: $id, patch: $patch }) { suite { name } }
  }`;
  const patch = { name: 'New' };
  t.like(await api.fail(update, { id: '0', patch }), { code: 'UNKNOWN_SUITE' });
  t.like(await api.fail(update, { id: suite, patch: {} }), { code: 'BAD_REQUEST' });
  t.like(await api.fail(update, { id: suite, patch: { name: null } }), { code: 'VALUE_MISSING' });
  t.like(await api.fail(update, { id: suite, patch: { tagPolicy: 'ajar' } }), {
    code: 'CHECK_FAILED',
  });
  t.like(
    await api.fail(
      `mutation ($suite: BigInt!) {
        updateCase(input: { suiteId: $suite, id: "0", patch: { input: "x" } }) { query { __typename } }
      }`,
      { suite },
    ),
    { code: 'NOT_FOUND', message: 'there is no such case' },
  );
  t.deepEqual(await api.run(update, { id: suite, patch }), {
    updateSuite: { suite: { name: 'New' } },
  });
});
