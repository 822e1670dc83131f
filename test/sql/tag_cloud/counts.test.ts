/** The tag cloud of a suite, and the tags of a case. */
import test from 'ava';
import { appendTagged, call, makeSuite } from '../../helpers/cases.ts';
import { useDatabase } from '../../helpers/database.ts';
import { asUser } from '../../helpers/roles.ts';

const database = useDatabase(test);

test('each tag is counted in its suite, unused ones with none, old names with the new one', async (t) => {
  await asUser(database, async (client) => {
    const [one, other] = [await makeSuite(client), await makeSuite(client)];
    await call(client, 'define_tag', { suite_id: one, name: 'unused', meaning: 'none yet' });
    await appendTagged(client, one, { a: 'flaky rag', b: 'flaky', c: 'wobbly' });
    await appendTagged(client, other, { a: 'flaky' });
    await call(client, 'bulk_merge_tags', { suite_id: one, tags: ['wobbly'], into_tag: 'flaky' });
    const cloud = async (suite_id: string) =>
      (
        await client.query(
          'select tag, cases from bulkhead.tag_cloud where suite_id = $1 order by tag',
          [suite_id],
        )
      ).rows;
    t.deepEqual(await cloud(one), [
      { tag: 'flaky', cases: '3' },
      { tag: 'rag', cases: '1' },
      { tag: 'unused', cases: '0' },
    ]);
    t.deepEqual(await cloud(other), [{ tag: 'flaky', cases: '1' }]);
    await call(client, 'bulk_rename_tag', { suite_id: one, tag: 'flaky', new_name: 'unstable' });
    t.deepEqual(
      (await cloud(one)).find((row) => row.tag === 'unstable'),
      { tag: 'unstable', cases: '3' },
    );
  });
});

test('the tags of a case are given in order, and none as an empty list', async (t) => {
  await asUser(database, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'z b a_1 a', b: '' });
    const { rows } = await client.query(
      'select bulkhead.test_cases_tags(c) as tags from bulkhead.test_cases c where suite_id = $1 order by id',
      [suite_id],
    );
    t.deepEqual(rows, [{ tags: ['a', 'a_1', 'b', 'z'] }, { tags: [] }]);
  });
});
