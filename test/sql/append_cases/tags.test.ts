/** The tags that an append brings: new ones, old names, exclusive groups, closed dictionaries. */
import test from 'ava';
import { append, call, dictionary, makeSuite, tagsByKey } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';

const database = useDatabase(test);

test('an open dictionary takes the tags that it lacks', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await append(client, suite_id, [{ tags: ['b', 'a', 'b'] }, { tags: ['c'] }, { tags: [] }]);
    t.deepEqual(await dictionary(client, suite_id), { a: null, b: null, c: null });
  });
});

test('a closed dictionary takes none, names those that it lacks, and suggests the nearest', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client, { tag_policy: 'closed' });
    await call(client, 'define_tag', { suite_id, name: 'flaky' });
    const cases = [{ external_key: 'k', tags: ['flaky'] }, { tags: ['flakey', 'rag'] }];
    await refuses(t, client, () => append(client, suite_id, cases), {
      code: 'TCCLO',
      message: /is closed and has no tag "flakey"/,
      detail: 'Not in the dictionary: flakey, rag.',
      hint: 'Did you mean "flaky"? bulkhead.define_tag adds a tag to a closed dictionary.',
    });
    t.deepEqual(await dictionary(client, suite_id), { flaky: null });
    t.is((await append(client, suite_id, [{ tags: ['flaky'] }])).length, 1);
  });
});

const notNames: [tag: string, shown: string][] = [
  ['', '""'],
  [' ', '" "'],
  ['two words', '"two words"'],
  ['Flaky', '"Flaky"'],
  ['_flaky', '"_flaky"'],
  ['-flaky', '"-flaky"'],
  ['flaky\n', '"flaky\\n"'],
  ['fla\u0007ky', '"fla\\u0007ky"'],
  ['größe', '"größe"'],
  ['ﬂaky', '"ﬂaky"'],
  ['flaky\u200b', '"flaky\u200b"'],
  ['١', '"١"'],
  ["'; drop table x; --", '"\'; drop table x; --"'],
  ['x'.repeat(64), `"${'x'.repeat(64)}"`],
  ['x'.repeat(5000), `"${'x'.repeat(100)}"`],
];

test('what cannot be a tag is refused, and a name is made of it', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    for (const [tag, shown] of notNames) {
      const error = await refuses(
        t,
        client,
        () => append(client, suite_id, [{ tags: ['ok', tag] }]),
        {
          code: 'TCTAG',
          message: `${shown} is not a tag name`,
        },
      );
      const suggested = /"([^"]*)"\.$/.exec(error.hint ?? '')?.[1];
      if (suggested !== undefined) {
        await append(client, suite_id, [{ tags: [suggested] }]);
        t.pass();
      } else t.is(error.hint, 'Leave it out.');
      await refuses(t, client, () => call(client, 'define_tag', { suite_id, name: tag }), {
        code: 'TCTAG',
      });
      await refuses(
        t,
        client,
        () =>
          client.query('insert into bulkhead.suite_tags (suite_id, name) values ($1, $2)', [
            suite_id,
            tag,
          ]),
        { code: '23514', constraint: 'tag_is_lower_case_and_at_most_63_long' },
      );
    }
    await append(client, suite_id, [{ tags: ['x'.repeat(63), '0', 'a_.:/-'] }]);
  });
});

test('two tags of one exclusive group are refused, with the case and the tags', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    for (const name of ['tier_a', 'tier_b'])
      await call(client, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
    await refuses(
      t,
      client,
      () => append(client, suite_id, [{ tags: ['tier_a'] }, { tags: ['tier_b', 'x', 'tier_a'] }]),
      {
        code: 'TCGRP',
        message: 'case 2 has two tags of the exclusive group "tier"',
        detail: 'They are tier_a, tier_b.',
      },
    );
    t.deepEqual(Object.keys(await dictionary(client, suite_id)), ['tier_a', 'tier_b']);
  });
});

test('an update with another tag of the group takes the place of the one that was there', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    for (const name of ['tier_a', 'tier_b'])
      await call(client, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
    const keys = ['k1', 'k2', 'k3'];
    const tagged = (tag: string) =>
      keys.map((external_key) => ({ external_key, tags: [tag, 'rag'] }));
    await append(client, suite_id, tagged('tier_a'));
    await append(client, suite_id, tagged('tier_b').slice(0, 2), 'update');
    t.deepEqual(await tagsByKey(client, suite_id), {
      k1: 'rag tier_b',
      k2: 'rag tier_b',
      k3: 'rag tier_a',
    });
    await append(client, suite_id, tagged('tier_b'), 'skip');
    t.is((await tagsByKey(client, suite_id)).k3, 'rag tier_a');
  });
});

test('an old name leads to the tag that it became, even where both are sent', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await append(client, suite_id, [{ external_key: 'before', tags: ['flaky'] }]);
    await call(client, 'bulk_rename_tag', { suite_id, tag: 'flaky', new_name: 'unstable' });
    await append(client, suite_id, [
      { external_key: 'old', tags: ['flaky'] },
      { external_key: 'both', tags: ['flaky', 'unstable'] },
    ]);
    t.deepEqual(await tagsByKey(client, suite_id), {
      before: 'flaky',
      old: 'unstable',
      both: 'unstable',
    });
  });
});

test('an old name works in a closed dictionary too', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await append(client, suite_id, [{ external_key: 'before', tags: ['flaky'] }]);
    await client.query(`update bulkhead.test_suites set tag_policy = 'closed' where id = $1`, [
      suite_id,
    ]);
    await call(client, 'bulk_rename_tag', { suite_id, tag: 'flaky', new_name: 'unstable' });
    await append(client, suite_id, [{ external_key: 'old', tags: ['flaky'] }]);
    t.is((await tagsByKey(client, suite_id)).old, 'unstable');
  });
});
