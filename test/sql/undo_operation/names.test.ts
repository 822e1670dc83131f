/** Undo of a rename and of a merge, also while appends use the new name. */
import test from 'ava';
import {
  append,
  appendTagged,
  call,
  counts,
  dictionary,
  makeSuite,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { changes, operate, undo } from '../../helpers/operations.ts';

const database = useDatabase(test);

test('a rename that is undone takes back its own links, and leaves the new name to those who used it since', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'flaky', b: 'flaky rag' });
    const renamed = await operate(client, 'bulk_rename_tag', {
      suite_id,
      tag: 'flaky',
      new_name: 'unstable',
    });
    await appendTagged(client, suite_id, { old: 'flaky', new: 'unstable' });
    await append(
      client,
      suite_id,
      [{ external_key: 'b', input: 'edited', tags: ['unstable'] }],
      'update',
    );
    t.deepEqual(await dictionary(client, suite_id), {
      flaky: 'unstable',
      rag: null,
      unstable: null,
    });

    const undone = await undo(client, renamed);
    t.like(counts(undone), { total: 2, changed: 2, skipped: 0 });
    t.deepEqual(await dictionary(client, suite_id), { flaky: null, rag: null, unstable: null });
    t.deepEqual(await tagsByKey(client, suite_id), {
      a: 'flaky',
      b: 'flaky rag',
      old: 'unstable',
      new: 'unstable',
    });
    await appendTagged(client, suite_id, { later: 'flaky' });
    t.is((await tagsByKey(client, suite_id)).later, 'flaky');
  });
});

test('names are old names again as they were before', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'one' });
    await operate(client, 'bulk_rename_tag', { suite_id, tag: 'one', new_name: 'two' });
    const back = await operate(client, 'bulk_rename_tag', {
      suite_id,
      tag: 'two',
      new_name: 'one',
    });
    t.deepEqual(await dictionary(client, suite_id), { one: null, two: 'one' });
    await undo(client, back);
    t.deepEqual(await dictionary(client, suite_id), { one: 'two', two: null });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'two' });
    const third = await operate(client, 'bulk_rename_tag', {
      suite_id,
      tag: 'two',
      new_name: 'three',
    });
    t.deepEqual(await dictionary(client, suite_id), { one: 'three', three: null, two: 'three' });
    await undo(client, third);
    t.deepEqual(await dictionary(client, suite_id), { one: 'two', three: null, two: null });
  });
});

test('an old name that was dropped is defined again, with its meaning, for its links to come back', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await call(client, 'define_tag', {
      suite_id,
      name: 'old',
      meaning: 'it matters',
      exclusive_group: 'kind',
    });
    await appendTagged(client, suite_id, { a: 'old' });
    const renamed = await operate(client, 'bulk_rename_tag', {
      suite_id,
      tag: 'old',
      new_name: 'new',
    });
    await call(client, 'drop_tag', { suite_id, name: 'old' });
    t.like(counts(await undo(client, renamed)), { changed: 1, skipped: 0 });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'old' });
    const { rows } = await client.query(
      `select meaning, exclusive_group from bulkhead.suite_tags where suite_id = $1 and name = 'old'`,
      [suite_id],
    );
    t.deepEqual(rows, [{ meaning: 'it matters', exclusive_group: 'kind' }]);
  });
});

test('a rename that is undone after a further rename leaves the tags to the later one', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'one' });
    const first = await operate(client, 'bulk_rename_tag', {
      suite_id,
      tag: 'one',
      new_name: 'two',
    });
    await operate(client, 'bulk_rename_tag', { suite_id, tag: 'two', new_name: 'three' });
    t.like(counts(await undo(client, first)), { total: 1, changed: 0, skipped: 1 });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'three' });
    t.deepEqual(await dictionary(client, suite_id), { one: 'three', three: null, two: 'three' });
  });
});

test('merged tags come apart again, case by case', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const cases = { x: 'x', y: 'y', both: 'x y', had: 'x z', only: 'z' };
    await appendTagged(client, suite_id, cases);
    const merged = await operate(client, 'bulk_merge_tags', {
      suite_id,
      tags: ['x', 'y'],
      into_tag: 'z',
    });
    t.like(counts(merged), { total: 4, changed: 4 });
    t.deepEqual(await tagsByKey(client, suite_id), {
      x: 'z',
      y: 'z',
      both: 'z',
      had: 'z',
      only: 'z',
    });
    await appendTagged(client, suite_id, { later: 'x y' });
    t.is((await tagsByKey(client, suite_id)).later, 'z');
    t.like(counts(await undo(client, merged)), { total: 4, changed: 4, skipped: 0 });
    t.deepEqual(await tagsByKey(client, suite_id), { ...cases, later: 'z' });
    t.deepEqual(await dictionary(client, suite_id), { x: null, y: null, z: null });
  });
});

test('a new name stays where the old one cannot come back, because a later rename has taken it off again', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const ids = await appendTagged(client, suite_id, { a: 'one', b: 'one' });
    const rename = { suite_id, tag: 'one', new_name: 'two' };
    const first = await operate(client, 'bulk_rename_tag', rename);
    // somebody puts the old name on a case that has the new one
    await client.query(
      `insert into bulkhead.test_case_tags (suite_id, case_id, tag) values ($1, $2, 'one')`,
      [suite_id, ids.a],
    );
    const again = await operate(client, 'bulk_rename_tag', rename);
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'two', b: 'two' });
    const undone = await undo(client, first);
    t.like(counts(undone), { total: 2, changed: 1, skipped: 1 });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'two', b: 'one' });
    t.deepEqual(await changes(client, undone), [
      'a left_alone one TCCHG',
      'a left_alone two TCCHG',
      'b link_added one',
      'b link_removed two',
    ]);
    await undo(client, again);
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'one two', b: 'one' });
  });
});
