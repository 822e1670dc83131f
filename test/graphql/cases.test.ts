import test from 'ava';
import { useApi } from '../helpers/api.ts';

const api = useApi(test);

const append = `mutation ($suite: BigInt!, $cases: JSON!, $onConflict: String) {
  appendCases(input: { suiteId: $suite, cases: $cases, onConflict: $onConflict }) {
    results { ordinal externalKey caseId outcome }
  }
}`;

const some = [
  { external_key: 'a', input: 'Where is my parcel?', tags: ['rag', 'orders'] },
  { external_key: 'b', input: { turns: ['Hello', 'Hi'] }, tags: ['agent'], metadata: { n: 2 } },
  { external_key: 'c', input: '17 + 4', expected_output: '21', tags: ['rag'], status: 'archived' },
];

test('an append says what became of each case', async (t) => {
  const suite = await api.suite('append');
  const first = await api.run(append, { suite, cases: some });
  t.like(first.appendCases.results, [
    { ordinal: 1, externalKey: 'a', outcome: 'inserted' },
    { ordinal: 2, externalKey: 'b', outcome: 'inserted' },
    { ordinal: 3, externalKey: 'c', outcome: 'inserted' },
  ]);
  const again = await api.run(append, { suite, cases: [some[0], { input: 'one without a key' }] });
  t.like(again.appendCases.results, [
    { outcome: 'unchanged', caseId: first.appendCases.results[0].caseId },
    { outcome: 'inserted', externalKey: null },
  ]);
  const other = [{ external_key: 'a', input: 'changed' }];
  t.like(await api.fail(append, { suite, cases: other }), {
    code: 'KEY_CONFLICT',
    sqlstate: 'TCKEY',
  });
  const updated = await api.run(append, { suite, cases: other, onConflict: 'update' });
  t.like(updated.appendCases.results, [{ outcome: 'updated' }]);
});

test('a case comes with its tags, links, suite and JSON as it went in', async (t) => {
  const suite = await api.suite('whole', some);
  const { caseByExternalKey: found } = await api.run(
    `query ($suite: BigInt!) {
      caseByExternalKey(suiteId: $suite, externalKey: "b") {
        id input expectedOutput metadata status version tags
        suite { slug }
        links { totalCount nodes { tag operation { id } suiteTag { name } case { externalKey } } }
        versions { totalCount }
      }
    }`,
    { suite },
  );
  const { id, ...rest } = found;
  t.deepEqual(rest, {
    input: { turns: ['Hello', 'Hi'] },
    expectedOutput: null,
    metadata: { n: 2 },
    status: 'active',
    version: 1,
    tags: ['agent'],
    suite: { slug: 'whole' },
    links: {
      totalCount: 1,
      nodes: [
        { tag: 'agent', operation: null, suiteTag: { name: 'agent' }, case: { externalKey: 'b' } },
      ],
    },
    versions: { totalCount: 0 },
  });
  const byId = 'query ($suite: BigInt!, $id: BigInt!) { case(suiteId: $suite, id: $id) { tags } }';
  t.deepEqual(await api.run(byId, { suite, id }), { case: { tags: ['agent'] } });
  const elsewhere = await api.suite('elsewhere');
  t.deepEqual(await api.run(byId, { suite: elsewhere, id }), { case: null });
});

test('an edit raises the version, keeps the earlier one, and answers with the tags', async (t) => {
  const suite = await api.suite('edit', some);
  const { updateCase } = await api.run(
    `mutation ($suite: BigInt!, $id: BigInt!) {
      updateCase(input: { suiteId: $suite, id: $id, patch: { input: "18 + 4", expectedOutput: "22" } }) {
        case {
          input version tags
          versions { nodes { version input replacedBy case { version } } }
        }
      }
    }`,
    { suite, id: await idOf(suite, 'c') },
  );
  t.deepEqual(updateCase.case, {
    input: '18 + 4',
    version: 2,
    tags: ['rag'],
    versions: {
      nodes: [{ version: 1, input: '17 + 4', replacedBy: 'person:tester', case: { version: 2 } }],
    },
  });
});

test('cases are found by tags, status, keys, metadata and text, page by page', async (t) => {
  const suite = await api.suite('find', some);
  const find = async (selection: string) => {
    const { findCases, countCases } = await api.run(
      `query ($suite: BigInt!) {
        findCases(suiteId: $suite, ${selection}) { externalKey }
        countCases(suiteId: $suite, ${selection})
      }`,
      { suite },
    );
    t.is(countCases, String(findCases.length));
    return findCases.map((found: { externalKey: string }) => found.externalKey);
  };
  t.deepEqual(await find('whereTags: "rag and not orders"'), ['c']);
  t.deepEqual(await find('whereTags: "o* or agent"'), ['a', 'b']);
  t.deepEqual(await find('status: "active"'), ['a', 'b']);
  t.deepEqual(await find('externalKeys: ["b", "c", "z"]'), ['b', 'c']);
  t.deepEqual(await find('metadata: { n: 2 }'), ['b']);
  t.deepEqual(await find('search: "parcel"'), ['a']);
  t.deepEqual(await find('createdBefore: "2000-01-01"'), []);
  t.deepEqual(await find(`caseIds: ["${await idOf(suite, 'b')}"]`), ['b']);

  const page = await api.run(
    `query ($suite: BigInt!, $after: BigInt!) {
      findCases(suiteId: $suite, afterId: $after, rowLimit: 1) { externalKey }
    }`,
    { suite, after: await idOf(suite, 'a') },
  );
  t.deepEqual(page, { findCases: [{ externalKey: 'b' }] });
});

test('the cases of a suite are filtered, ordered, and read forwards and backwards', async (t) => {
  const suite = await api.suite('pages', some);
  const cases = async (args: string) => {
    const { suite: read } = await api.run(
      `query ($suite: BigInt!) {
        suite(id: $suite) {
          cases(${args}) { nodes { externalKey } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
        }
      }`,
      { suite },
    );
    const { nodes, ...rest } = read.cases;
    return { keys: nodes.map((node: { externalKey: string }) => node.externalKey), ...rest };
  };
  t.deepEqual((await cases('filter: { status: { equalTo: "active" } }')).keys, ['a', 'b']);
  t.deepEqual((await cases('filter: { externalKey: { in: ["a", "c"] } }')).keys, ['a', 'c']);
  t.deepEqual((await cases('orderBy: [EXTERNAL_KEY_DESC]')).keys, ['c', 'b', 'a']);
  t.deepEqual((await cases('orderBy: [CREATED_AT_DESC, ID_DESC]')).keys, ['c', 'b', 'a']);

  const first = await cases('first: 2');
  t.like(first, { keys: ['a', 'b'], totalCount: 3, pageInfo: { hasNextPage: true } });
  const next = await cases(`first: 2, after: "${first.pageInfo.endCursor}"`);
  t.like(next, { keys: ['c'], totalCount: 3, pageInfo: { hasNextPage: false } });
  const back = await cases(`last: 1, before: "${next.pageInfo.startCursor}"`);
  t.like(back, { keys: ['b'], pageInfo: { hasPreviousPage: true } });
  t.deepEqual((await cases('last: 1')).keys, ['c']);
});

test('what the database says of a bad case or selection reaches the caller', async (t) => {
  const suite = await api.suite('bad', some);
  t.like(await api.fail(append, { suite, cases: [] }), { code: 'EMPTY_APPEND' });
  t.like(await api.fail(append, { suite, cases: [{ input: null }] }), { code: 'MALFORMED_CASE' });
  t.like(await api.fail(append, { suite, cases: [{ input: 'x', tags: ['Not a tag'] }] }), {
    code: 'MALFORMED_TAG',
  });
  t.like(await api.fail(append, { suite, cases: [{ input: 'a\u0000b' }] }), {
    code: 'UNSTORABLE_TEXT',
  });
  t.like(await api.fail(append, { suite, cases: [{ input: 'half \ud800' }] }), {
    code: 'UNSTORABLE_TEXT',
  });
  t.like(await api.fail(append, { suite: '0', cases: some }), { code: 'UNKNOWN_SUITE' });
  const find = `query ($suite: BigInt!, $where: String) {
    findCases(suiteId: $suite, whereTags: $where) { id }
  }`;
  const malformed = await api.fail(find, { suite, where: 'rag and' });
  t.like(malformed, { code: 'MALFORMED_EXPRESSION', sqlstate: 'TCEXP' });
  t.truthy(malformed.hint);
  const unknown = await api.fail(find, { suite, where: 'ordrs' });
  t.like(unknown, { code: 'UNKNOWN_TAG', hint: 'Did you mean "orders"?' });
});

async function idOf(suite: string, key: string): Promise<string> {
  const found = await api.run(
    'query ($suite: BigInt!, $key: String!) { caseByExternalKey(suiteId: $suite, externalKey: $key) { id } }',
    { suite, key },
  );
  return found.caseByExternalKey.id;
}
