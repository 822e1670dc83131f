/** Trying again: what failed, and what an operation that was stopped had not come to. */
import test from 'ava';
import type pg from 'pg';
import {
  appendMany,
  appendTagged,
  call,
  callOne,
  counts,
  makeSuite,
  type Operation,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { holdSuite, operate, runChunk, runToEnd, setChunkSize } from '../../helpers/operations.ts';
import { openSession } from '../../helpers/waits.ts';

const database = useDatabase(test);

const retry = async (client: pg.ClientBase, { suite_id, id }: Operation) =>
  runToEnd(
    client,
    await callOne<Operation>(client, 'retry_operation', { suite_id, operation_id: id }),
  );

test('the cases that failed are tried again, and no others', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    for (const name of ['tier_a', 'tier_b'])
      await call(client, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
    await appendTagged(client, suite_id, { a: 'tier_a', b: '', c: 'tier_a' });
    const failed = await operate(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['tier_b'],
      on_exclusive: 'fail',
    });
    t.like(failed, { state: 'failed', changed: '1', failed: '2' });
    await operate(client, 'bulk_tag', { suite_id, external_keys: ['a'], remove: ['tier_a'] });
    await appendTagged(client, suite_id, { later: '' });
    const again = await retry(client, failed);
    t.like(again, { kind: 'tag', state: 'failed', retries_operation_id: failed.id });
    t.deepEqual(counts(again), {
      total: 2,
      processed: 2,
      changed: 1,
      unchanged: 0,
      skipped: 0,
      failed: 1,
    });
    t.deepEqual(await tagsByKey(client, suite_id), {
      a: 'tier_b',
      b: 'tier_b',
      c: 'tier_a',
      later: '',
    });
    await operate(client, 'bulk_tag', { suite_id, external_keys: ['c'], remove: ['tier_a'] });
    t.like(await retry(client, again), { state: 'succeeded', total: '1', changed: '1' });
  });
});

test('what has not ended, or has nothing to retry, is refused', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: '' });
    const queued = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['x'],
    });
    await refuses(t, client, () => retry(client, queued), { code: 'TCRUN' });
    const done = await runToEnd(client, queued);
    await refuses(t, client, () => retry(client, done), {
      code: 'TCFIN',
      message: /has nothing to retry/,
    });
    await call(client, 'archive_suite', { suite_id });
    await refuses(t, client, () => retry(client, done), { code: 'TCARC' });
  });
});

/** Runs one chunk of four of ten cases, cancels, retries one more chunk, cancels, and retries to the end. */
async function interruptTwice(
  client: pg.ClientBase,
  holder: pg.ClientBase,
  name: string,
  args: Record<string, unknown>,
) {
  const suite_id = await makeSuite(client);
  await client.query(
    `select bulkhead.append_cases($1, (select jsonb_agg(jsonb_build_object('input', n, 'tags', '["rag"]'::jsonb)) from generate_series(1, 10) n))`,
    [suite_id],
  );
  await holdSuite(holder, suite_id);
  let operation = await callOne<Operation>(client, name, { suite_id, where_tags: 'rag', ...args });
  const seen: Operation[] = [];
  for (const size of [4, 2]) {
    await setChunkSize(client, operation, size);
    await runChunk(client, operation);
    await call(client, 'cancel_operation', { suite_id, operation_id: operation.id });
    seen.push(await runChunk(client, operation));
    await client.query(
      `select bulkhead.append_cases($1, '[{"input": "later", "tags": ["rag"]}]')`,
      [suite_id],
    );
    operation = await callOne<Operation>(client, 'retry_operation', {
      suite_id,
      operation_id: operation.id,
    });
  }
  seen.push(await runToEnd(client, operation));
  return { suite_id, seen };
}

test('an operation that was cancelled goes on where it stopped: no case is copied twice, later ones are not covered', async (t) => {
  const holder = await openSession(t, database);
  await rolledBack(database.pool, async (client) => {
    const into_suite_id = await makeSuite(client);
    const { seen } = await interruptTwice(client, holder, 'bulk_copy', { into_suite_id });
    t.deepEqual(
      seen.map(({ state, total, changed }) => [state, total, changed]),
      [
        ['cancelled', '10', '4'],
        ['cancelled', '6', '2'],
        ['succeeded', '4', '4'],
      ],
    );
    const { rows } = await client.query(
      'select array_agg(input order by id) as inputs from bulkhead.test_cases where suite_id = $1',
      [into_suite_id],
    );
    t.deepEqual(rows[0].inputs, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

test('what somebody changed of the part that was done is not done again', async (t) => {
  const holder = await openSession(t, database);
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 6, ['rag']);
    await holdSuite(holder, suite_id);
    const operation = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      where_tags: 'rag',
      add: ['x'],
    });
    await setChunkSize(client, operation, 3);
    await runChunk(client, operation);
    await call(client, 'cancel_operation', { suite_id, operation_id: operation.id });
    await runChunk(client, operation);
    await client.query(`delete from bulkhead.test_case_tags where suite_id = $1 and tag = 'x'`, [
      suite_id,
    ]);
    await retry(client, operation);
    t.deepEqual(Object.values(await tagsByKey(client, suite_id)), [
      'rag',
      'rag',
      'rag',
      'rag x',
      'rag x',
      'rag x',
    ]);
  });
});

test('a rename that was cancelled goes on to the last link with the old name', async (t) => {
  const holder = await openSession(t, database);
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 6, ['rag']);
    await holdSuite(holder, suite_id);
    const operation = await callOne<Operation>(client, 'bulk_rename_tag', {
      suite_id,
      tag: 'rag',
      new_name: 'raag',
    });
    await setChunkSize(client, operation, 3);
    await runChunk(client, operation);
    await call(client, 'cancel_operation', { suite_id, operation_id: operation.id });
    await runChunk(client, operation);
    t.like(await retry(client, operation), { state: 'succeeded', total: '3', changed: '3' });
    t.true(Object.values(await tagsByKey(client, suite_id)).every((tags) => tags === 'raag'));
  });
});
