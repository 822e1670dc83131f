import test from 'ava';
import { useApi } from '../helpers/api.ts';

const api = useApi(test);

const define = `mutation ($suite: BigInt!, $name: String!, $meaning: String, $group: String) {
  defineTag(input: { suiteId: $suite, name: $name, meaning: $meaning, colour: "#AA0000", exclusiveGroup: $group }) {
    tag { name meaning colour exclusiveGroup aliasOf suite { slug } }
  }
}`;

test('a tag is defined, read and dropped', async (t) => {
  const suite = await api.suite('define');
  const { defineTag } = await api.run(define, {
    suite,
    name: 'tier_a_gold',
    meaning: 'Reviewed twice',
    group: 'tier',
  });
  t.deepEqual(defineTag.tag, {
    name: 'tier_a_gold',
    meaning: 'Reviewed twice',
    colour: '#aa0000',
    exclusiveGroup: 'tier',
    aliasOf: null,
    suite: { slug: 'define' },
  });
  const read = `query ($suite: BigInt!) { tag(suiteId: $suite, name: "tier_a_gold") { meaning } }`;
  t.deepEqual(await api.run(read, { suite }), { tag: { meaning: 'Reviewed twice' } });
  const { dropTag } = await api.run(
    'mutation ($suite: BigInt!) { dropTag(input: { suiteId: $suite, name: "tier_a_gold" }) { tag { name } } }',
    { suite },
  );
  t.deepEqual(dropTag, { tag: { name: 'tier_a_gold' } });
  t.deepEqual(await api.run(read, { suite }), { tag: null });
});

test('the same name means something else in another suite', async (t) => {
  const [one, other] = [await api.suite('one'), await api.suite('other')];
  await api.run(define, { suite: one, name: 'flaky', meaning: 'Fails now and then' });
  await api.run(define, { suite: other, name: 'flaky', meaning: 'About pastry' });
  const { suites } = await api.run(`{
    suites(filter: { slug: { in: ["one", "other"] } }, orderBy: [SLUG_ASC]) {
      nodes { tags(filter: { name: { equalTo: "flaky" } }) { nodes { meaning } } }
    }
  }`);
  t.deepEqual(suites.nodes, [
    { tags: { nodes: [{ meaning: 'Fails now and then' }] } },
    { tags: { nodes: [{ meaning: 'About pastry' }] } },
  ]);
});

test('the tag cloud counts the cases of each tag', async (t) => {
  const suite = await api.suite('cloud', [
    { input: '1', tags: ['rag', 'flaky'] },
    { input: '2', tags: ['rag'] },
    { input: '3', tags: ['agent'] },
  ]);
  const cloud = async (args: string) => {
    const { suite: read } = await api.run(
      `query ($suite: BigInt!) { suite(id: $suite) { tagCloud${args} { tag cases } } }`,
      { suite },
    );
    return read.tagCloud;
  };
  t.deepEqual(await cloud(''), [
    { tag: 'agent', cases: '1' },
    { tag: 'flaky', cases: '1' },
    { tag: 'rag', cases: '2' },
  ]);
  t.deepEqual(await cloud('(first: 1, orderBy: [CASES_DESC])'), [{ tag: 'rag', cases: '2' }]);
});

test('labels become tags, and expressions are explained', async (t) => {
  const suite = await api.suite('explain', [{ input: '1', tags: ['rag', 'flaky'] }]);
  t.deepEqual(
    await api.run(
      `query ($suite: BigInt!) {
        normalizeTag(label: "Logical Falsehood")
        nothing: normalizeTag(label: "…")
        parseTagExpression(suiteId: $suite, expression: "rag and not flaky")
      }`,
      { suite },
    ),
    {
      normalizeTag: 'logical_falsehood',
      nothing: null,
      parseTagExpression: { and: [{ any: ['rag'] }, { not: { any: ['flaky'] } }] },
    },
  );
});

test('a tag that is none, unknown or in use is refused', async (t) => {
  const suite = await api.suite('refused', [{ input: '1', tags: ['rag'] }]);
  t.like(await api.fail(define, { suite, name: 'Not a tag' }), {
    code: 'MALFORMED_TAG',
    sqlstate: 'TCTAG',
  });
  const drop = `mutation ($suite: BigInt!, $name: String!) {
    dropTag(input: { suiteId: $suite, name: $name }) { tag { name } }
  }`;
  t.like(await api.fail(drop, { suite, name: 'rag' }), { code: 'TAG_IN_USE' });
  t.like(await api.fail(drop, { suite, name: 'rog' }), { code: 'UNKNOWN_TAG' });
});
