import test from 'ava';
import { limits } from '../../src/graphql/limits.ts';
import { post, useApi } from '../helpers/api.ts';

const api = useApi(test);

test('a page has 50 rows unless the query says otherwise', async (t) => {
  const cases = Array.from({ length: 60 }, (_, i) => ({ external_key: `k${i}`, input: `${i}` }));
  const suite = await api.suite('sixty', cases);
  const size = async (args: string) => {
    const data = await api.run(
      `query ($suite: BigInt!) { suite(id: $suite) { cases${args} { nodes { id } } } }`,
      { suite },
    );
    return data.suite.cases.nodes.length;
  };
  t.is(await size(''), 50);
  t.is(await size('(first: null)'), 50);
  t.is(await size('(last: 55)'), 55);
  t.is(await size('(first: 60)'), 60);
  t.is(await size('(first: 0)'), 0);
  const { findCases } = await api.run(
    'query ($suite: BigInt!) { findCases(suiteId: $suite) { id } }',
    { suite },
  );
  t.is(findCases.length, 50);
});

test('a page of more than 500 rows is refused, written down or sent', async (t) => {
  const tooLarge = {
    code: 'PAGE_TOO_LARGE',
    message: '"cases" is asked for 501 rows, and a page has 500 at most',
  };
  t.like(await api.fail('{ suite(id: "1") { cases(first: 501) { totalCount } } }'), tooLarge);
  t.like(await api.fail('{ suite(id: "1") { cases(last: 501) { totalCount } } }'), tooLarge);
  const sent = 'query ($n: Int) { suite(id: "1") { cases(first: $n) { totalCount } } }';
  t.like(await api.fail(sent, { n: 501 }), tooLarge);
  t.falsy((await api.send(sent, { n: 500 })).errors);
  const defaulted = 'query ($n: Int = 501) { suite(id: "1") { cases(first: $n) { totalCount } } }';
  t.like(await api.fail(defaulted), tooLarge);
  t.like(await api.fail('{ suite(id: "1") { tagCloud(first: 501) { tag } } }'), {
    code: 'PAGE_TOO_LARGE',
  });
  t.like(await api.fail('{ findCases(suiteId: "1", rowLimit: 100000) { id } }'), {
    code: 'PAGE_TOO_LARGE',
  });
  t.like(await api.fail('{ findCases(suiteId: "1", rowLimit: null) { id } }'), {
    code: 'BAD_REQUEST',
  });
  t.like(await api.fail('{ suite(id: "1") { cases(first: -1) { totalCount } } }'), {
    code: 'BAD_ARGUMENT',
  });
});

test('nesting is limited, fragments or not', async (t) => {
  const nested = (times: number) =>
    `{ suite(id: "1") { ${'tags(first: 1) { nodes { suite { '.repeat(times)} id ${'} } }'.repeat(times)} } }`;
  t.falsy((await api.send(nested(3))).errors);
  t.like(await api.fail(nested(4)), {
    code: 'QUERY_TOO_DEEP',
    message: 'the fields of "nodes" are at level 13, and 12 are allowed',
  });
  const spread = `
    query { suite(id: "1") { ...A } }
    fragment A on TestSuite { tags(first: 1) { nodes { suite { tags(first: 1) { nodes { suite { ...B } } } } } } }
    fragment B on TestSuite { tags(first: 1) { nodes { suite { tags(first: 1) { nodes { suite { id } } } } } } }`;
  t.like(await api.fail(spread), { code: 'QUERY_TOO_DEEP' });
});

test('the sizes of nested pages are multiplied', async (t) => {
  const query = (suites: number, cases: number, links: number) =>
    `{ suites(first: ${suites}) { nodes { cases(first: ${cases}) { nodes { links(first: ${links}) { nodes { tag } } } } } } }`;
  t.falsy((await api.send(query(10, 50, 30))).errors);
  t.like(await api.fail(query(10, 50, 40)), {
    code: 'QUERY_TOO_COSTLY',
    message: 'the query could return 20510 objects or more, and 20000 are allowed',
  });
  t.like(await api.fail('{ suites { nodes { cases { nodes { links { totalCount } } } } } }'), {
    code: 'QUERY_TOO_COSTLY',
  });
  t.like(await api.fail('{ suites(first: 100) { nodes { tagCloud { tag } } } }'), {
    code: 'QUERY_TOO_COSTLY',
  });
});

test('fields, aliases and mutations in one request are limited', async (t) => {
  const many = (count: number, field: string) =>
    Array.from({ length: count }, (_, i) => `f${i}: ${field}`).join(' ');
  t.falsy((await api.send(`{ ${many(20, '__typename')} }`)).errors);
  t.like(await api.fail(`{ ${many(21, '__typename')} }`), {
    code: 'QUERY_TOO_COSTLY',
    message: 'the operation has more than 20 fields at its top',
  });
  t.like(
    await api.fail(
      `mutation { ${many(21, 'archiveSuite(input: { suiteId: "1" }) { suite { id } }')} }`,
    ),
    { code: 'QUERY_TOO_COSTLY' },
  );
  t.like(await api.fail(`{ suite(id: "1") { ${many(500, 'slug')} } }`), {
    code: 'QUERY_TOO_COSTLY',
    message: 'the query has more than 500 fields',
  });
  t.like(await api.fail(`{ __schema { ${many(500, '__typename')} } }`), {
    code: 'QUERY_TOO_COSTLY',
  });
});

test('a document is limited in length, its variables are not', async (t) => {
  t.like(await api.fail(`{ __typename #${' '.repeat(limits.document)}\n }`), {
    code: 'QUERY_TOO_COSTLY',
    hint: 'Send values as variables, which do not count.',
  });
  const suite = await api.suite('long', [{ input: 'x'.repeat(limits.document * 10) }]);
  t.regex(suite, /^\d+$/);
});

test('an append of 100,000 cases is refused, and one of 10,000 fits', async (t) => {
  const suite = await api.suite('large');
  const append = `mutation ($suite: BigInt!, $cases: JSON!) {
    appendCases(input: { suiteId: $suite, cases: $cases }) { results { outcome } }
  }`;
  const cases = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ input: `case ${i}` }));
  t.like(await api.fail(append, { suite, cases: cases(100_000) }), {
    code: 'APPEND_TOO_LARGE',
    sqlstate: 'TCBIG',
  });
  const { appendCases } = await api.run(append, { suite, cases: cases(10_000) });
  t.is(appendCases.results.length, 10_000);

  const tooLarge = await post(
    api.url,
    { query: append, variables: 'x'.repeat(limits.body) },
    api.headers,
  );
  t.like(tooLarge.errors?.[0], {
    message: 'the request is larger than 16 MiB',
    extensions: { code: 'REQUEST_TOO_LARGE' },
  });
});
