/** What bulk_tag does: to links, counts, change log and dictionary; in the call or by a worker. */
import test from 'ava';
import {
  appendMany,
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
import {
  changes,
  holdSuite,
  operate,
  read,
  runChunk,
  runToEnd,
  setChunkSize,
} from '../../helpers/operations.ts';
import { openSession } from '../../helpers/waits.ts';

const database = useDatabase(test);

test('tags are put on and taken off, and each case counts once', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, {
      a: 'rag',
      b: 'rag old',
      c: 'rag new',
      d: 'old',
      e: 'rag new old',
    });
    const operation = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      where_tags: 'rag',
      add: ['new'],
      remove: ['old'],
    });
    t.like(operation, { kind: 'tag', state: 'succeeded', cursor_id: operation.high_water_id });
    t.deepEqual(counts(operation), {
      total: 4,
      processed: 4,
      changed: 3,
      unchanged: 1,
      skipped: 0,
      failed: 0,
    });
    t.deepEqual(await tagsByKey(client, suite_id), {
      a: 'new rag',
      b: 'new rag',
      c: 'new rag',
      d: 'old',
      e: 'new rag',
    });
    t.deepEqual(await changes(client, operation), [
      'a link_added new',
      'b link_added new',
      'b link_removed old',
      'e link_removed old',
    ]);
    const { rows } = await client.query(
      'select count(*) filter (where operation_id = $2) as own, count(*) as links from bulkhead.test_case_tags where suite_id = $1',
      [suite_id, operation.id],
    );
    t.deepEqual(rows, [{ own: '2', links: '9' }]);
  });
});

test('a tag to be put on and taken off is put on', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'x', b: '' });
    const operation = await operate(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['x', 'x'],
      remove: ['x'],
    });
    t.like(counts(operation), { changed: 1, unchanged: 1 });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'x', b: 'x' });
  });
});

test('old names are followed, in what is added, removed and selected', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'one', b: 'two', c: '' });
    await call(client, 'bulk_rename_tag', { suite_id, tag: 'one', new_name: 'uno' });
    await operate(client, 'bulk_tag', { suite_id, where_tags: 'not (one or uno)', add: ['one'] });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'uno', b: 'two uno', c: 'uno' });
    await operate(client, 'bulk_tag', { suite_id, where_tags: 'one', remove: ['one'] });
    t.deepEqual(await tagsByKey(client, suite_id), { a: '', b: 'two', c: '' });
  });
});

test('up to 500 cases are done in the call, more are queued, and so is a tag that is new', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 500, ['rag']);
    const small = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      where_tags: 'rag',
      remove: ['rag'],
    });
    t.like(small, { state: 'succeeded', changed: '500' });
    t.truthy(small.chunks >= 1);

    const fresh = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['new'],
    });
    t.like(fresh, { state: 'queued', total: '500', processed: '0' });
    t.deepEqual(await dictionary(client, suite_id), { new: null, rag: null });
    const behind = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['rag'],
    });
    t.is(behind.state, 'queued', 'operations of a suite run in the order of their submission');

    const { rows } = await client.query(
      `select t.identifier, j.payload, j.max_attempts from graphile_worker._private_jobs j
       join graphile_worker._private_tasks t on t.id = j.task_id where j.payload ->> 'suite_id' = $1`,
      [suite_id],
    );
    t.true(rows.length >= 2);
    t.true(rows.every((job) => job.identifier === 'run_operations'));
    t.like(await runToEnd(client, behind), { state: 'succeeded', changed: '500' });
    t.like(await read(client, fresh), { state: 'succeeded', changed: '500' });

    await appendMany(client, await makeSuite(client), 1, []);
    const more = await makeSuite(client);
    await appendMany(client, more, 501, ['rag']);
    t.is(
      (
        await callOne<Operation>(client, 'bulk_tag', {
          suite_id: more,
          all_cases: true,
          remove: ['rag'],
        })
      ).state,
      'queued',
    );
  });
});

test('chunks of any size give the same result, and the cursor goes on', async (t) => {
  const holder = await openSession(t, database);
  for (const [size, where_tags] of [
    [1, 'odd'],
    [3, 'not even'],
    [7, 'odd or even'],
    [500, 'odd and not even'],
    [2, 'rare'],
  ] as const) {
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      await holdSuite(holder, suite_id);
      const tags = (index: number) => (index === 19 ? 'odd rare' : index % 2 ? 'odd' : 'even');
      await appendTagged(
        client,
        suite_id,
        Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, tags(index)])),
      );
      const matches = await call(client, 'find_cases', { suite_id, where_tags });
      let operation = await callOne<Operation>(client, 'bulk_tag', {
        suite_id,
        where_tags,
        add: ['new'],
        remove: ['odd', 'even'],
      });
      let last = operation;
      for (let chunk = 1; operation.state !== 'succeeded'; chunk++) {
        await setChunkSize(client, operation, size);
        operation = await runChunk(client, operation);
        t.is(operation.chunks, chunk);
        t.true(BigInt(operation.cursor_id) >= BigInt(last.cursor_id));
        t.true(Number(operation.processed) - Number(last.processed) <= size);
        last = operation;
      }
      t.deepEqual(counts(operation), {
        total: matches.length,
        processed: matches.length,
        changed: matches.length,
        unchanged: 0,
        skipped: 0,
        failed: 0,
      });
      t.is(
        (await call(client, 'find_cases', { suite_id, where_tags: 'new' })).length,
        matches.length,
      );
    });
  }
});

test('a chunk of a finished operation does nothing', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: '' });
    const operation = await operate(client, 'bulk_tag', { suite_id, all_cases: true, add: ['x'] });
    t.deepEqual(await runChunk(client, operation), operation);
  });
});

test('nothing selected is an operation that has succeeded', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await call(client, 'define_tag', { suite_id, name: 'x' });
    const operation = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['x'],
    });
    t.like(operation, { state: 'succeeded', total: '0', high_water_id: '0' });
  });
});
