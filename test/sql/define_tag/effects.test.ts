/** Defining a tag, re-purposing it, and what cannot be. */
import test from 'ava';
import { appendTagged, call, callOne, dictionary, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { type Refusal, refuses } from '../../helpers/errors.ts';
import { openSession, withoutWaiting } from '../../helpers/waits.ts';

const database = useDatabase(test);

test('a tag is defined, and what is left out later stays', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const define = (args: Record<string, unknown>) =>
      callOne(client, 'define_tag', { suite_id, name: 'flaky', ...args });
    t.like(await define({}), {
      name: 'flaky',
      meaning: '',
      colour: null,
      exclusive_group: null,
      group_key: '',
    });
    const said = { meaning: 'fails now and then', colour: '#aabbcc', exclusive_group: 'kind' };
    const full = { ...said, group_key: 'kind' };
    t.like(await define({ ...said, colour: '#AABBCC' }), full);
    t.like(await define({}), full);
    t.like(await define({ meaning: '' }), { ...full, meaning: '' });
    t.like(await define({ colour: '#000000' }), { ...full, meaning: '', colour: '#000000' });
  });
});

test('what a tag cannot be is refused', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const bad: [Record<string, unknown>, Refusal][] = [
      [{ name: null }, { code: 'TCTAG', message: 'null is not a tag name', hint: 'Leave it out.' }],
      [{ name: '' }, { code: 'TCTAG' }],
      [{ name: 'Two Words' }, { code: 'TCTAG', hint: /"two_words"/ }],
      [
        { name: 'ok', colour: 'red' },
        { code: '23514', constraint: 'colour_is_a_hex_triplet' },
      ],
      [{ name: 'ok', colour: '#12345' }, { code: '23514' }],
      [{ name: 'ok', colour: '#123456\n' }, { code: '23514' }],
      [
        { name: 'ok', exclusive_group: '' },
        { code: '23514', constraint: 'group_is_lower_case_and_at_most_63_long' },
      ],
      [{ name: 'ok', exclusive_group: 'Tier' }, { code: '23514' }],
      [{ name: 'ok', suite_id: null }, { code: 'TCNSU' }],
      [{ name: 'ok', suite_id: '0' }, { code: 'TCNSU' }],
    ];
    for (const [args, refusal] of bad)
      await refuses(t, client, () => call(client, 'define_tag', { suite_id, ...args }), refusal);
    await call(client, 'archive_suite', { suite_id });
    await refuses(t, client, () => call(client, 'define_tag', { suite_id, name: 'ok' }), {
      code: 'TCARC',
    });
    t.deepEqual(await dictionary(client, suite_id), {});
  });
});

test('the group of a tag changes while no case carries it, and not after', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await call(client, 'define_tag', { suite_id, name: 'gold', exclusive_group: 'tier' });
    await call(client, 'define_tag', { suite_id, name: 'gold', exclusive_group: 'metal' });
    await appendTagged(client, suite_id, { a: 'gold', b: 'plain' });
    for (const [name, exclusive_group] of [
      ['gold', 'tier'],
      ['plain', 'tier'],
    ])
      await refuses(
        t,
        client,
        () => call(client, 'define_tag', { suite_id, name, exclusive_group }),
        {
          code: 'TCUSE',
          message: `the tag "${name}" is in use, so its group cannot change`,
          hint: /bulk_merge_tags/,
        },
      );
    t.like(
      await callOne(client, 'define_tag', {
        suite_id,
        name: 'gold',
        exclusive_group: 'metal',
        meaning: 'Au',
      }),
      { meaning: 'Au' },
    );
  });
});

test('the second incident: re-purposing a tag in one suite changes nothing in another', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const [one, other] = [await makeSuite(client), await makeSuite(client)];
    for (const suite_id of [one, other]) {
      await call(client, 'define_tag', {
        suite_id,
        name: 'flaky',
        meaning: 'fails now and then',
        colour: '#ffaa00',
      });
      await appendTagged(client, suite_id, { a: 'flaky', b: 'flaky' });
    }
    const cloud = async () =>
      (await client.query('select * from bulkhead.tag_cloud where suite_id = $1', [other])).rows;
    const before = await cloud();
    await call(client, 'define_tag', {
      suite_id: one,
      name: 'flaky',
      meaning: 'do not run',
      colour: '#000000',
    });
    await call(client, 'bulk_tag', { suite_id: one, where_tags: 'flaky', remove: ['flaky'] });
    await call(client, 'drop_tag', { suite_id: one, name: 'flaky' });
    t.deepEqual(await cloud(), before);
  });
});

test('two sessions that define the same tag at once both succeed', async (t) => {
  const suite_id = await makeSuite(database.pool);
  const sessions = await Promise.all(Array.from({ length: 6 }, () => openSession(t, database)));
  for (let round = 0; round < 10; round++) {
    await Promise.all(
      sessions.map((session, index) =>
        index === 0
          ? call(session, 'drop_tag', { suite_id, name: 'x' }).catch((error) =>
              t.is(error.code, 'TCNTG'),
            )
          : call(session, 'define_tag', { suite_id, name: 'x', meaning: `${index}` }),
      ),
    );
  }
  t.pass();
});

test('tags of one suite are defined while those of another are being defined', async (t) => {
  const [one, other] = [await openSession(t, database), await openSession(t, database)];
  const suite_id = await makeSuite(one);
  const another = await makeSuite(one);
  await one.query('begin');
  await call(one, 'define_tag', { suite_id, name: 'flaky' });
  await withoutWaiting(other, () =>
    call(other, 'define_tag', { suite_id: another, name: 'flaky' }),
  );
  await one.query('rollback');
  t.deepEqual(await dictionary(one, another), { flaky: null });
});
