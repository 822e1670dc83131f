/** `bulkhead adopt inspect`: what somebody has to decide before a suite comes. */
import test from 'ava';
import { makeFile } from '../helpers/import.ts';
import { makeMove, seedRows, seedTables } from './source.ts';

const inspect = ['inspect', '--preset', 'seed'];

test('suites, cases, links, and every tag that more than one suite uses, with counts and samples', async (t) => {
  const move = await makeMove(t, seedTables + seedRows(12));
  const found = await move.json(inspect);
  t.like(found, { cases: 12, links: 16, mayMakeTriggers: true });
  t.deepEqual(
    found.suites.map(({ id, slug, cases }: Record<string, unknown>) => [id, slug, cases]),
    [
      ['1', 'suite-a', 6],
      ['2', 'grosse-co', 6],
    ],
  );
  const flaky = found.sharedTags.find(({ tag }: { tag: string }) => tag === 'flaky');
  t.deepEqual(flaky, {
    tag: 'flaky',
    suites: [
      { slug: 'suite-a', cases: 2, sample: ['6', '12'] },
      { slug: 'grosse-co', cases: 2, sample: ['3', '9'] },
    ],
  });
  t.deepEqual(found.renamedTags, [
    { tag: 'Flaky!', name: 'flaky' },
    { tag: '日本', name: 'tag_4dbed2e6' },
  ]);
  t.deepEqual(found.mergedTags[0], { slug: 'suite-a', name: 'flaky', tags: ['Flaky!', 'flaky'] });
  t.deepEqual(found.troubles, []);
  const { stdout } = await move.step(inspect);
  t.regex(stdout, /"flaky"\n {4}suite-a: 2 cases, such as 6, 12\n {4}grosse-co: 2 cases/);
  t.regex(stdout, /nothing was changed\n$/);
});

test('rows that cannot come: orphans, duplicates, cases without an input', async (t) => {
  const loose = `
    create table test_suites (id integer, name text);
    create table test_cases (id integer, suite_id integer, input text, name text);
    create table tags (id integer, name text);
    create table test_case_tags (case_id integer, tag_id integer);
    insert into test_suites values (1, 'one');
    insert into test_cases values (1, 1, 'x', 'k'), (2, 1, null, 'k'), (3, 9, 'no suite', 'z'), (4, null, 'none', 'y');
    insert into tags values (1, 'a'), (2, null);
    insert into test_case_tags values (1, 1), (1, 1), (1, 7), (8, 1), (null, 1), (2, 2);`;
  const move = await makeMove(t, loose);
  const names = makeFile(t, 'names.json', JSON.stringify({ cases: { key: 'name' } }));
  const { troubles } = await move.json([...inspect, '--mapping', names]);
  t.deepEqual(
    troubles.map(({ what, total, sample }: Record<string, unknown>) => [
      String(what).replace(/:.*/, ''),
      ...[total, sample],
    ]),
    [
      ['cases without a suite', 2, ['3', '4']],
      [
        'links without a case, or without a tag that has a name',
        4,
        ['1 / 7', '8 / 1', '1', '2 / 2'],
      ],
      ['links that are there more than once', 1, ['1 / 1']],
      ['cases without an input', 1, ['2']],
      ['keys that two cases of a suite have', 1, ['1 / k']],
    ],
  );
  await move.step(['copy', '--preset', 'seed', '--install-triggers']);
  t.regex((await move.step(['verify'])).stdout, /one: 2 cases and 1 links.*identical/);
});

test('a mapping that does not fit says what the source lacks', async (t) => {
  const move = await makeMove(t, 'create table test_suites (id integer, title text)');
  const { stderr } = await move.step(['inspect', '--preset', 'kiwi'], 2);
  t.regex(stderr, /no table management_product \(suites\)/);
  t.regex((await move.step(inspect, 2)).stderr, /no table tags \(tags\)/);
  t.regex((await move.step(['inspect'], 2)).stderr, /nothing says what the source looks like/);
  const file = makeFile(t, 'bad.json', '{"tabels": {}}');
  t.regex((await move.step(['inspect', '--mapping', file], 2)).stderr, /no section "tabels"/);
});
