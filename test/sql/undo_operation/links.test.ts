/** Undo of links that others have changed since: exactly the operation's own go and come back, the rest is counted and listed. */
import test from 'ava';
import type pg from 'pg';
import { append, appendTagged, call, counts, makeSuite, tagsByKey } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { changes, operate, undo } from '../../helpers/operations.ts';

const database = useDatabase(test);

const takeOff = (client: pg.PoolClient, suite_id: string, id: string | undefined, tag: string) =>
  client.query(
    'delete from bulkhead.test_case_tags where suite_id = $1 and case_id = $2 and tag = $3',
    [suite_id, id, tag],
  );

const putOn = (client: pg.PoolClient, suite_id: string, id: string | undefined, tag: string) =>
  client.query(
    `insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key)
     select suite_id, $2, name, group_key from bulkhead.suite_tags where suite_id = $1 and name = $3`,
    [suite_id, id, tag],
  );

test('links that were there before stay, those that the operation put on go', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { had: 'rag new', plain: 'rag', other: 'flaky' });
    const tagged = await operate(client, 'bulk_tag', { suite_id, where_tags: 'rag', add: ['new'] });
    t.like(counts(tagged), { total: 2, changed: 1, unchanged: 1 });
    const undone = await undo(client, tagged);
    t.like(counts(undone), { total: 1, processed: 1, changed: 1, skipped: 0 });
    t.deepEqual(await tagsByKey(client, suite_id), {
      had: 'new rag',
      plain: 'rag',
      other: 'flaky',
    });
    t.deepEqual(await changes(client, undone), ['plain link_removed new']);
  });
});

test('a link that somebody took off, or took off and put on again, is left alone and listed', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const ids = await appendTagged(client, suite_id, { a: '', b: '', c: '', d: '', e: '' });
    const tagged = await operate(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['x', 'y'],
    });
    await takeOff(client, suite_id, ids.a, 'x');
    await takeOff(client, suite_id, ids.b, 'x');
    await putOn(client, suite_id, ids.b, 'x');
    await takeOff(client, suite_id, ids.c, 'x');
    await append(client, suite_id, [{ external_key: 'c', input: 'edited', tags: ['x'] }], 'update');
    await client.query('delete from bulkhead.test_cases where suite_id = $1 and id = $2', [
      suite_id,
      ids.d,
    ]);

    const undone = await undo(client, tagged);
    t.is(undone.state, 'succeeded');
    t.deepEqual(counts(undone), {
      total: 5,
      processed: 5,
      changed: 1,
      unchanged: 0,
      skipped: 4,
      failed: 0,
    });
    t.deepEqual(await tagsByKey(client, suite_id), { a: '', b: 'x', c: 'x', e: '' });
    t.deepEqual(await changes(client, undone), [
      'a left_alone x TCCHG',
      'a link_removed y',
      'b left_alone x TCCHG',
      'b link_removed y',
      'c left_alone x TCCHG',
      'c link_removed y',
      'd left_alone x TCCHG',
      'd left_alone y TCCHG',
      'e link_removed x',
      'e link_removed y',
    ]);
  });
});

test('a link that came off comes back as it was, unless it is there or has been touched again', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const ids = await appendTagged(client, suite_id, { a: 'x y', b: 'x', c: 'x', d: 'x', e: 'x' });
    const first = await operate(client, 'bulk_tag', { suite_id, external_keys: ['a'], add: ['z'] });
    const removed = await operate(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      remove: ['x', 'z'],
    });
    await putOn(client, suite_id, ids.b, 'x');
    await operate(client, 'bulk_tag', { suite_id, external_keys: ['c'], add: ['x'] });
    await operate(client, 'bulk_tag', { suite_id, external_keys: ['c'], remove: ['x'] });
    const another = await operate(client, 'bulk_tag', {
      suite_id,
      external_keys: ['d'],
      add: ['x'],
    });
    await undo(client, another);
    await client.query('delete from bulkhead.test_cases where suite_id = $1 and id = $2', [
      suite_id,
      ids.e,
    ]);

    const undone = await undo(client, removed);
    t.deepEqual(counts(undone), {
      total: 5,
      processed: 5,
      changed: 2,
      unchanged: 0,
      skipped: 3,
      failed: 0,
    });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'x y z', b: 'x', c: '', d: 'x' });
    t.deepEqual(await changes(client, undone), [
      'a link_added x',
      'a link_added z',
      'b left_alone x TCCHG',
      'c left_alone x TCCHG',
      'd link_added x',
      'e left_alone x TCCHG',
    ]);
    // z came back as the first operation's own, which can still be undone
    t.like(counts(await undo(client, first)), { changed: 1, skipped: 0 });
    t.is((await tagsByKey(client, suite_id)).a, 'x y');
  });
});

test('what another operation did since is left to it', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: '', b: '' });
    const first = await operate(client, 'bulk_tag', { suite_id, all_cases: true, add: ['x'] });
    await operate(client, 'bulk_tag', { suite_id, external_keys: ['a'], remove: ['x'] });
    await operate(client, 'bulk_tag', { suite_id, external_keys: ['a'], add: ['x'] });
    const undone = await undo(client, first);
    t.like(counts(undone), { total: 2, changed: 1, skipped: 1 });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'x', b: '' });
  });
});

test('a tag of an exclusive group that was replaced comes back, unless another one has come', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    for (const name of ['tier_a', 'tier_b', 'tier_c'])
      await call(client, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
    const ids = await appendTagged(client, suite_id, {
      a: 'tier_a',
      b: 'tier_a',
      c: 'tier_a',
      d: 'rag',
    });
    const raised = await operate(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['tier_b'],
    });
    t.deepEqual(await tagsByKey(client, suite_id), {
      a: 'tier_b',
      b: 'tier_b',
      c: 'tier_b',
      d: 'rag tier_b',
    });
    await append(client, suite_id, [{ external_key: 'b', input: 'b', tags: ['tier_c'] }], 'update');
    await takeOff(client, suite_id, ids.c, 'tier_b');

    const undone = await undo(client, raised);
    t.deepEqual(await tagsByKey(client, suite_id), {
      a: 'tier_a',
      b: 'tier_c',
      c: 'tier_a',
      d: 'rag',
    });
    t.like(counts(undone), { total: 4, changed: 2, skipped: 2 });
    t.deepEqual(await changes(client, undone), [
      'a link_added tier_a',
      'a link_removed tier_b',
      'b left_alone tier_a TCCHG',
      'b left_alone tier_b TCCHG',
      'c left_alone tier_b TCCHG',
      'c link_added tier_a',
      'd link_removed tier_b',
    ]);
  });
});

test('a tag that was dropped, or moved to a group, since it came off does not come back', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'x y z' });
    const removed = await operate(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      remove: ['x', 'y', 'z'],
    });
    await call(client, 'drop_tag', { suite_id, name: 'x' });
    await call(client, 'define_tag', { suite_id, name: 'y', exclusive_group: 'kind' });
    const undone = await undo(client, removed);
    t.like(counts(undone), { total: 1, changed: 0, skipped: 1 });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'z' });
    t.deepEqual(await changes(client, undone), [
      'a left_alone x TCCHG',
      'a left_alone y TCCHG',
      'a link_added z',
    ]);
  });
});

test('a tag that was renamed since it came off comes back under its new name', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'x', b: 'x' });
    const removed = await operate(client, 'bulk_tag', {
      suite_id,
      external_keys: ['a'],
      remove: ['x'],
    });
    await operate(client, 'bulk_rename_tag', { suite_id, tag: 'x', new_name: 'y' });
    t.like(counts(await undo(client, removed)), { total: 1, changed: 1, skipped: 0 });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'y', b: 'y' });
  });
});
