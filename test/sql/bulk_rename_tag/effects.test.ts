/** A tag gets another name: in the dictionary at once, on the cases in chunks. */
import test from 'ava';
import {
  appendTagged,
  call,
  callOne,
  counts,
  dictionary,
  makeSuite,
  type Operation,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { changes, failChunk, operate, runChunk, runToEnd } from '../../helpers/operations.ts';

const database = useDatabase(test);

test('the new name takes over meaning, colour, group and links; the old one is its alias', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client, { tag_policy: 'closed' });
    await call(client, 'define_tag', {
      suite_id,
      name: 'tier_1',
      meaning: 'gold',
      colour: '#ffcc00',
      exclusive_group: 'tier',
    });
    await call(client, 'define_tag', { suite_id, name: 'rag' });
    await appendTagged(client, suite_id, { a: 'tier_1', b: 'rag tier_1', c: 'rag' });
    const submitted = await callOne<Operation>(client, 'bulk_rename_tag', {
      suite_id,
      tag: 'tier_1',
      new_name: 'gold',
    });
    t.like(submitted, { kind: 'rename_tag', state: 'queued', total: '2' });
    const cloud = async () =>
      (
        await client.query(
          'select tag, cases, meaning, colour, exclusive_group from bulkhead.tag_cloud where suite_id = $1 order by tag',
          [suite_id],
        )
      ).rows;
    const expected = [
      { tag: 'gold', cases: '2', meaning: 'gold', colour: '#ffcc00', exclusive_group: 'tier' },
      { tag: 'rag', cases: '2', meaning: '', colour: null, exclusive_group: null },
    ];
    t.deepEqual(await cloud(), expected, 'while the links still have the old name');
    const renamed = await runToEnd(client, submitted);
    t.deepEqual(counts(renamed), {
      total: 2,
      processed: 2,
      changed: 2,
      unchanged: 0,
      skipped: 0,
      failed: 0,
    });
    t.deepEqual(await cloud(), expected);
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'gold', b: 'gold rag', c: 'rag' });
    t.deepEqual(await changes(client, renamed), [
      'a link_added gold',
      'a link_removed tier_1',
      'b link_added gold',
      'b link_removed tier_1',
    ]);
  });
});

test('the same name in another suite is another tag', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const [one, other] = [await makeSuite(client), await makeSuite(client)];
    await appendTagged(client, one, { a: 'flaky' });
    await appendTagged(client, other, { a: 'flaky' });
    await operate(client, 'bulk_rename_tag', { suite_id: one, tag: 'flaky', new_name: 'unstable' });
    await call(client, 'define_tag', {
      suite_id: one,
      name: 'unstable',
      meaning: 'changed',
      colour: '#000000',
    });
    t.deepEqual(await dictionary(client, other), { flaky: null });
    t.deepEqual(await tagsByKey(client, other), { a: 'flaky' });
  });
});

test('a tag can be renamed by an old name, and back to it', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await call(client, 'define_tag', { suite_id, name: 'one', meaning: 'first' });
    await appendTagged(client, suite_id, { a: 'one' });
    await operate(client, 'bulk_rename_tag', { suite_id, tag: 'one', new_name: 'two' });
    await call(client, 'define_tag', { suite_id, name: 'two', meaning: 'second' });
    await operate(client, 'bulk_rename_tag', { suite_id, tag: 'one', new_name: 'three' });
    t.deepEqual(await dictionary(client, suite_id), { one: 'three', three: null, two: 'three' });
    await operate(client, 'bulk_rename_tag', { suite_id, tag: 'three', new_name: 'one' });
    t.deepEqual(await dictionary(client, suite_id), { one: null, three: 'one', two: 'one' });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'one' });
    const { rows } = await client.query(
      `select meaning from bulkhead.suite_tags where suite_id = $1 and name = 'one'`,
      [suite_id],
    );
    t.deepEqual(rows, [{ meaning: 'second' }]);
  });
});

test('a name is free again when it is dropped, or defined as a tag of its own', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'one' });
    await operate(client, 'bulk_rename_tag', { suite_id, tag: 'one', new_name: 'two' });
    await refuses(
      t,
      client,
      () => operate(client, 'bulk_rename_tag', { suite_id, tag: 'two', new_name: 'two' }),
      { code: 'TCARG' },
    );
    await call(client, 'define_tag', { suite_id, name: 'one', meaning: 'anew' });
    t.deepEqual(await dictionary(client, suite_id), { one: null, two: null });
    await appendTagged(client, suite_id, { b: 'one' });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'two', b: 'one' });
    await refuses(
      t,
      client,
      () => operate(client, 'bulk_rename_tag', { suite_id, tag: 'one', new_name: 'two' }),
      { code: 'TCHAS' },
    );
  });
});

test('a tag that is dropped while it is being put on, or renamed to, ends the operation and takes nothing off', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'one', b: 'one' });
    const tagging = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['new'],
      remove: ['one'],
    });
    const renaming = await callOne<Operation>(client, 'bulk_rename_tag', {
      suite_id,
      tag: 'one',
      new_name: 'two',
    });
    await call(client, 'drop_tag', { suite_id, name: 'new' });
    await call(client, 'define_tag', { suite_id, name: 'one' });
    await call(client, 'drop_tag', { suite_id, name: 'two' });
    for (const operation of [tagging, renaming]) {
      await client.query('savepoint chunk');
      const error = await runChunk(client, operation).catch((reason) => reason);
      await client.query('rollback to savepoint chunk');
      t.is(error.code, 'TCNTG');
      t.like(await failChunk(client, operation, error), { state: 'failed', processed: '0' });
    }
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'one', b: 'one' });
  });
});

test('a rename that is retried leads all old names to the new one', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'one', b: 'x' });
    const args = { suite_id, tag: 'one', new_name: 'two' };
    const renaming = await callOne<Operation>(client, 'bulk_rename_tag', args);
    await call(client, 'cancel_operation', { suite_id, operation_id: renaming.id });
    await call(client, 'define_tag', { suite_id, name: 'one' });
    await operate(client, 'bulk_merge_tags', { suite_id, tags: ['x'], into_tag: 'one' });
    const again = await callOne<Operation>(client, 'retry_operation', {
      suite_id,
      operation_id: renaming.id,
    });
    t.is((await runToEnd(client, again)).state, 'succeeded');
    t.deepEqual(await dictionary(client, suite_id), { one: 'two', two: null, x: 'two' });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'two', b: 'two' });
  });
});

test('back to an old name that is still on cases, in another group, is refused', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await call(client, 'define_tag', { suite_id, name: 'gold', exclusive_group: 'tier' });
    await appendTagged(client, suite_id, { a: 'gold', b: 'best' });
    // queued, because it is not the first one: the links keep the old name for a while
    const first = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['new'],
    });
    await call(client, 'bulk_merge_tags', { suite_id, tags: ['gold'], into_tag: 'best' });
    const back = () =>
      operate(client, 'bulk_rename_tag', { suite_id, tag: 'best', new_name: 'gold' });
    await refuses(t, client, back, {
      code: 'TCUSE',
      message: /is still on cases, in another group/,
    });
    const last = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      remove: ['new'],
    });
    await runToEnd(client, last);
    t.is((await back()).state, 'succeeded');
    t.is(first.state, 'queued');
    const { rows } = await client.query(
      `select exclusive_group from bulkhead.suite_tags where suite_id = $1 and name = 'gold'`,
      [suite_id],
    );
    t.deepEqual(rows, [{ exclusive_group: null }]);
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'gold', b: 'gold' });
  });
});
