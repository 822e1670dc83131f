/** Dropping a tag that no case carries. */
import test from 'ava';
import { appendTagged, call, callOne, dictionary, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { operate } from '../../helpers/operations.ts';

const database = useDatabase(test);

test('a tag goes when no case carries it, and no old name leads to it', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'one' });
    const drop = (name: string) => callOne(client, 'drop_tag', { suite_id, name });
    const error = await refuses(t, client, () => drop('one'), {
      code: 'TCUSE',
      message: 'the tag "one" is in use',
    });
    await operate(client, 'bulk_rename_tag', { suite_id, tag: 'one', new_name: 'two' });
    await operate(client, 'bulk_tag', { suite_id, where_tags: 'two', remove: ['two'] });
    await refuses(t, client, () => drop('two'), { code: 'TCUSE', hint: /^Drop its aliases/ });
    t.like(await drop('one'), { name: 'one', alias_of: 'two' });
    t.like(await drop('two'), { name: 'two' });
    t.deepEqual(await dictionary(client, suite_id), {});

    // the hint is a statement that helps
    await appendTagged(client, suite_id, { b: 'one' });
    const { rows } = await client.query(/select .*\)/.exec(error.hint ?? '')?.[0] ?? '');
    t.like(rows[0], { state: 'succeeded', changed: '1' });
    t.like(await drop('one'), { name: 'one' });
  });
});

test('a tag that the suite lacks is named, with the nearest; that of another suite is not touched', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const [suite_id, other] = [await makeSuite(client), await makeSuite(client)];
    await call(client, 'define_tag', { suite_id, name: 'flaky' });
    await call(client, 'define_tag', { suite_id: other, name: 'rag' });
    await refuses(t, client, () => call(client, 'drop_tag', { suite_id, name: 'flakey' }), {
      code: 'TCNTG',
      hint: 'Did you mean "flaky"?',
    });
    for (const name of ['rag', '', null, 'x'.repeat(10_000)])
      await refuses(t, client, () => call(client, 'drop_tag', { suite_id, name }), {
        code: 'TCNTG',
      });
    t.deepEqual(await dictionary(client, other), { rag: null });
    for (const unknown of [null, '0'])
      await refuses(
        t,
        client,
        () => call(client, 'drop_tag', { suite_id: unknown, name: 'flaky' }),
        { code: 'TCNSU' },
      );
    await call(client, 'archive_suite', { suite_id });
    await refuses(t, client, () => call(client, 'drop_tag', { suite_id, name: 'flaky' }), {
      code: 'TCARC',
    });
  });
});
