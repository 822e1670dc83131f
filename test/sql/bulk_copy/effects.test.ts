/** Copying cases to another suite: content, status, tags with what they mean, and what stands in the way. */
import test from 'ava';
import {
  append,
  appendTagged,
  call,
  callOne,
  counts,
  dictionary,
  makeSuite,
  type Operation,
  statusByKey,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { changes, failChunk, operate, runChunk, runToEnd } from '../../helpers/operations.ts';

const database = useDatabase(test);

test('cases are copied with content, status and tags; the tags that are lacking come with their meaning', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const [suite_id, into] = [await makeSuite(client), await makeSuite(client)];
    await call(client, 'define_tag', {
      suite_id,
      name: 'tier_a',
      meaning: 'the best',
      colour: '#aabbcc',
      exclusive_group: 'tier',
    });
    await call(client, 'define_tag', { suite_id: into, name: 'rag', meaning: 'theirs' });
    await append(client, suite_id, [
      {
        external_key: 'a',
        input: { q: 1 },
        expected_output: [2],
        metadata: { m: 3 },
        tags: ['rag', 'tier_a'],
        status: 'archived',
      },
      { external_key: 'b', input: 'b', tags: ['flaky'] },
      { input: 'keyless', tags: ['rag'] },
    ]);
    const operation = await callOne<Operation>(client, 'bulk_copy', {
      suite_id,
      into_suite_id: into,
      where_tags: 'rag',
    });
    t.is(operation.state, 'queued', 'the new tag is committed first');
    t.deepEqual(await dictionary(client, into), { rag: null, tier_a: null });
    const copied = await runToEnd(client, operation);
    t.like(counts(copied), { total: 2, processed: 2, changed: 2 });
    t.deepEqual(await tagsByKey(client, into), { a: 'rag tier_a', null: 'rag' });
    t.deepEqual(await statusByKey(client, into), { a: 'archived', null: 'active' });
    const [copy] = await call(client, 'find_cases', { suite_id: into, external_keys: ['a'] });
    t.like(copy, { input: { q: 1 }, expected_output: [2], metadata: { m: 3 }, version: 1 });
    const { rows } = await client.query(
      `select meaning, colour, exclusive_group from bulkhead.suite_tags where suite_id = $1 order by name`,
      [into],
    );
    t.deepEqual(rows, [
      { meaning: 'theirs', colour: null, exclusive_group: null },
      { meaning: 'the best', colour: '#aabbcc', exclusive_group: 'tier' },
    ]);
    const listed = await call<{ case_id: string; copied_case_id: string; change: string }>(
      client,
      'operation_changes',
      { suite_id, operation_id: copied.id },
    );
    t.deepEqual(
      listed.map((row) => row.change),
      ['case_copied', 'case_copied'],
    );
    t.true(listed.some((row) => row.copied_case_id === copy?.id));
  });
});

test('a case whose key the other suite has is left alone and listed', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const [suite_id, into] = [await makeSuite(client), await makeSuite(client)];
    await appendTagged(client, suite_id, { a: '', b: '' });
    await append(client, into, [{ external_key: 'b', input: 'theirs' }]);
    const copied = await operate(client, 'bulk_copy', {
      suite_id,
      into_suite_id: into,
      all_cases: true,
    });
    t.like(counts(copied), { total: 2, changed: 1, skipped: 1 });
    t.is(copied.state, 'succeeded');
    t.deepEqual(
      (await call(client, 'find_cases', { suite_id: into })).map((row) => row.input),
      ['theirs', 'a'],
    );
    t.deepEqual(await changes(client, copied), ['a case_copied', 'b left_alone TCKEY']);
    const again = await operate(client, 'bulk_copy', {
      suite_id,
      into_suite_id: into,
      all_cases: true,
    });
    t.like(counts(again), { total: 2, changed: 0, skipped: 2 });
  });
});

test('old names are followed in both suites, and one tag of a group is kept', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const [suite_id, into] = [await makeSuite(client), await makeSuite(client)];
    await appendTagged(client, suite_id, { a: 'one x y' });
    await call(client, 'bulk_rename_tag', { suite_id, tag: 'one', new_name: 'two' });
    await appendTagged(client, into, { z: 'two' });
    await operate(client, 'bulk_rename_tag', { suite_id: into, tag: 'two', new_name: 'three' });
    for (const name of ['x', 'y'])
      await call(client, 'define_tag', { suite_id: into, name, exclusive_group: 'letter' });
    await operate(client, 'bulk_copy', { suite_id, into_suite_id: into, all_cases: true });
    t.deepEqual(await tagsByKey(client, into), { z: 'three', a: 'three x' });
  });
});

test('a copy into a suite that was archived or deleted meanwhile ends, and says why', async (t) => {
  await rolledBack(database.pool, async (client) => {
    for (const [name, code] of [
      ['archive_suite', 'TCARC'],
      ['delete_suite', 'TCNSU'],
    ] as const) {
      const [suite_id, into] = [await makeSuite(client), await makeSuite(client)];
      await appendTagged(client, suite_id, { a: 'new', b: '' });
      const operation = await callOne<Operation>(client, 'bulk_copy', {
        suite_id,
        into_suite_id: into,
        all_cases: true,
      });
      await call(client, name, { suite_id: into });
      await client.query('savepoint chunk');
      const error = await runChunk(client, operation).catch((reason) => reason);
      await client.query('rollback to savepoint chunk');
      t.is(error.code, code);
      const failed = await failChunk(client, operation, error);
      t.like(failed, { state: 'failed', processed: '0' });
      t.is(failed.first_errors[0]?.code, code);
    }
  });
});
