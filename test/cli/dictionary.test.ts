/** `bulkhead suites` and `tags` over HTTP. */
import test from 'ava';
import { useApi } from '../helpers/api.ts';
import { useWorker } from '../helpers/processes.ts';
import { makeCli } from './remote.ts';

const api = useApi(test);
const cases = [
  { external_key: 'a', input: '1', tags: ['rag', 'fresh'] },
  { external_key: 'b', input: '2', tags: ['rag'] },
];

test('suites lists what the token reaches, as a table and as JSON', async (t) => {
  const seen = await api.suite('seen');
  await api.suite('unseen');
  const cli = await makeCli(t, api, 'viewer', [seen]);
  const table = await cli.out(['suites']);
  t.regex(table, /│ seen +│ seen +│ viewer +│ open +│/);
  t.notRegex(table, /unseen/);
  const rows = await cli.json(['suites']);
  t.is(rows.length, 1);
  t.deepEqual(Object.keys(rows[0]).sort(), [
    ...['archivedAt', 'createdAt', 'description', 'id', 'myRole', 'name', 'slug', 'tagPolicy'],
  ]);
});

test('a tag is defined, listed, renamed, merged and dropped', async (t) => {
  const cli = await makeCli(t, api, 'editor', [await api.suite('dictionary', cases)]);
  const defined = await cli.json([
    ...['tags', 'define', 'dictionary', 'gold', '--meaning', 'checked twice'],
    ...['--group', 'tier', '--colour', '#aa3377'],
  ]);
  t.deepEqual(defined, {
    name: 'gold',
    meaning: 'checked twice',
    colour: '#aa3377',
    exclusiveGroup: 'tier',
    aliasOf: null,
  });
  const listed = await cli.json(['tags', 'list', 'dictionary']);
  t.deepEqual(
    listed.map((tag: { name: string; cases: string }) => [tag.name, tag.cases]),
    [
      ['fresh', '1'],
      ['gold', '0'],
      ['rag', '2'],
    ],
  );

  await useWorker(t, api.db);
  const preview = await cli.json(['tags', 'rename', 'dictionary', 'rag', 'retrieval', '--dry-run']);
  t.is(preview.total, '2');
  t.regex(
    await cli.out(['tags', 'rename', 'dictionary', 'rag', 'retrieval']),
    /^operation \d+ \(rename_tag\) succeeded: 2 cases, 2 changed\n$/,
  );
  const merge = ['tags', 'merge', 'dictionary', 'fresh', '--into', 'retrieval'];
  t.regex(await cli.out([...merge, '--dry-run']), /^would cover 1 case: .*nothing was changed\n$/s);
  t.like(await cli.json(merge), { kind: 'merge_tags', state: 'succeeded', total: '1' });
  const table = await cli.out(['tags', 'list', 'dictionary']);
  t.regex(table, /│ rag +│ +│ now retrieval +│/);
  t.regex(table, /│ retrieval +│ 2 +│/);

  t.is(
    await cli.out(['tags', 'drop', 'dictionary', 'gold']),
    'gold is no tag of dictionary any more\n',
  );
  await cli.refused(['tags', 'drop', 'dictionary', 'retrieval'], 4, /retrieval.*use/s);
  await cli.refused(['tags', 'define', 'dictionary', 'No Tag'], 2, /bulkhead: .*\n/);
});

test('what the role does not allow, and a suite that nobody has', async (t) => {
  const cli = await makeCli(t, api, 'viewer', [await api.suite('looked-at', cases)]);
  await cli.refused(['tags', 'define', 'looked-at', 'gold'], 4, /editor[\s\S]*\nAsk an owner /);
  await cli.refused(['tags', 'list', 'no-such'], 3, /there is no suite "no-such"/);
});

test('no address, no token, a wrong token, nobody there', async (t) => {
  const cli = await makeCli(t, api, 'viewer', [await api.suite('refusals')]);
  await cli.refused(['suites'], 6, /BULKHEAD_URL is not set/, { env: { BULKHEAD_URL: '' } });
  await cli.refused(['suites'], 6, /BULKHEAD_TOKEN is not set\n.*\n.*token create/, {
    env: { BULKHEAD_TOKEN: '' },
  });
  await cli.refused(['suites'], 6, /BULKHEAD_TOKEN is not a token/, {
    env: { BULKHEAD_TOKEN: `${cli.token}0` },
  });
  await cli.refused(['suites'], 6, /other machines|without TLS/, {
    env: { BULKHEAD_URL: 'http://bulkhead.example.org' },
  });
  const wrong = `${cli.token.slice(0, -1)}${cli.token.endsWith('0') ? '1' : '0'}`;
  const refused = await cli.refused(['suites'], 2, /not valid[\s\S]*Set BULKHEAD_TOKEN/, {
    env: { BULKHEAD_TOKEN: ` ${wrong}\n` },
  });
  t.false(refused.stderr.includes(wrong));
  t.is(refused.stdout, '');
});
