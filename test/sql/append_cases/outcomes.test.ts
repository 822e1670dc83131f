/** What becomes of each case of an append: inserted, unchanged, skipped or updated. */
import test from 'ava';
import {
  append,
  appendTagged,
  call,
  callOne,
  makeSuite,
  type Operation,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';

const database = useDatabase(test);

const outcomes = (rows: { ordinal: number; outcome: string }[]) =>
  rows.map((row) => `${row.ordinal} ${row.outcome}`).join(', ');

test('cases are inserted as they were sent, and told of in their order', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const rows = await append(client, suite_id, [
      { external_key: 'z', input: 'last first', tags: ['rag'] },
      { input: { deep: [1, 2.5, null] }, expected_output: false },
      { external_key: 'a', input: [], metadata: { b: 1, a: null }, status: 'archived' },
    ]);
    t.is(outcomes(rows), '1 inserted, 2 inserted, 3 inserted');
    t.deepEqual(
      rows.map((row) => row.external_key),
      ['z', null, 'a'],
    );
    const ids = rows.map((row) => Number(row.case_id));
    t.deepEqual(
      ids,
      [...ids].sort((a, b) => a - b),
    );

    const { rows: cases } = await client.query(
      `select external_key, input::text, expected_output::text, metadata::text, status, version, status_operation_id,
         created_at = updated_at as is_new
       from bulkhead.test_cases where suite_id = $1 order by id`,
      [suite_id],
    );
    const common = { status: 'active', version: 1, status_operation_id: null, is_new: true };
    t.deepEqual(cases, [
      {
        external_key: 'z',
        input: '"last first"',
        expected_output: null,
        metadata: '{}',
        ...common,
      },
      {
        external_key: null,
        input: '{"deep": [1, 2.5, null]}',
        expected_output: 'false',
        metadata: '{}',
        ...common,
      },
      {
        external_key: 'a',
        input: '[]',
        expected_output: null,
        metadata: '{"a": null, "b": 1}',
        ...common,
        status: 'archived',
      },
    ]);
    t.deepEqual(await tagsByKey(client, suite_id), { z: 'rag', null: '', a: '' });
  });
});

test('a case without a key is a new case each time', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const rows = await append(client, suite_id, [{ input: 1 }, { input: 1 }]);
    t.is(outcomes(rows), '1 inserted, 2 inserted');
    t.is(outcomes(await append(client, suite_id, [{ input: 1 }])), '1 inserted');
  });
});

const payload = {
  external_key: 'k',
  input: 'question',
  expected_output: 'answer',
  metadata: { a: 1, b: [2] },
  tags: ['rag', 'flaky'],
  status: 'active',
};

test('the same payload again is unchanged, however it is written', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await append(client, suite_id, [payload]);
    const { tags, metadata, ...rest } = payload;
    const same = [
      payload,
      { tags, ...rest, metadata: { b: [2], a: 1 } },
      { ...payload, tags: ['flaky', 'rag', 'rag'] },
    ];
    for (const item of same) {
      for (const on_conflict of ['fail', 'skip', 'update'])
        t.is(outcomes(await append(client, suite_id, [item], on_conflict)), '1 unchanged');
    }
    const { rows } = await client.query(
      'select version from bulkhead.test_cases where suite_id = $1',
      [suite_id],
    );
    t.deepEqual(rows, [{ version: 1 }]);
  });
});

test('null stands for what is left out', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const bare = { external_key: 'k', input: 'question' };
    const nulls = { ...bare, expected_output: null, metadata: null, tags: null, status: null };
    const cases = (item: unknown) => ({ suite_id, cases: JSON.stringify([item]) });
    await call(client, 'append_cases', cases(bare));
    t.like(await callOne(client, 'append_cases', cases(nulls)), { outcome: 'unchanged' });
    t.like(await callOne(client, 'append_cases', cases({ ...bare, external_key: null })), {
      outcome: 'inserted',
      external_key: null,
    });
  });
});

test('another payload is refused, skipped or updated, as asked; each part of it counts', async (t) => {
  const others = [
    { ...payload, input: 'another' },
    { ...payload, expected_output: undefined },
    { ...payload, metadata: { a: 1 } },
    { ...payload, tags: ['rag'] },
    { ...payload, status: 'archived' },
    { external_key: 'k', input: 'question' },
  ];
  for (const other of others) {
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      await append(client, suite_id, [payload]);
      await refuses(t, client, () => append(client, suite_id, [other]), {
        code: 'TCKEY',
        message: '1 of these external keys belong to cases with another content',
        detail: 'case 1: "k"',
      });
      t.is(outcomes(await append(client, suite_id, [other], 'skip')), '1 skipped');
      t.is(outcomes(await append(client, suite_id, [payload])), '1 unchanged');
      t.is(outcomes(await append(client, suite_id, [other], 'update')), '1 updated');
      t.is(outcomes(await append(client, suite_id, [other], 'update')), '1 unchanged');
      t.is(outcomes(await append(client, suite_id, [payload], 'update')), '1 updated');
    });
  }
});

test('an update keeps the earlier version, the status that it does not name, and all tags', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await append(client, suite_id, [{ ...payload, status: 'archived' }]);
    const changed = { external_key: 'k', input: 'another', tags: ['new'] };
    t.is(outcomes(await append(client, suite_id, [changed], 'update')), '1 updated');
    const { rows } = await client.query(
      `select c.input, c.expected_output, c.metadata, c.status, c.version, v.input as was, v.version as was_version
       from bulkhead.test_cases c join bulkhead.test_case_versions v on v.suite_id = c.suite_id and v.case_id = c.id
       where c.suite_id = $1`,
      [suite_id],
    );
    t.deepEqual(rows, [
      {
        input: 'another',
        expected_output: null,
        metadata: {},
        status: 'archived',
        version: 2,
        was: 'question',
        was_version: 1,
      },
    ]);
    t.deepEqual(await tagsByKey(client, suite_id), { k: 'flaky new rag' });
  });
});

test('a case that somebody edited since is unchanged by the payload that it came from', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await append(client, suite_id, [payload]);
    await client.query(`update bulkhead.test_cases set input = '"edited"' where suite_id = $1`, [
      suite_id,
    ]);
    for (const on_conflict of ['fail', 'skip', 'update'])
      t.is(outcomes(await append(client, suite_id, [payload], on_conflict)), '1 unchanged');
    const [found] = await call(client, 'find_cases', { suite_id });
    t.like(found, { input: 'edited', version: 2 });
  });
});

test('a repeated append needs neither its tags nor an open dictionary any more', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await append(client, suite_id, [payload]);
    await call(client, 'bulk_tag', { suite_id, all_cases: true, remove: ['flaky'] });
    await call(client, 'drop_tag', { suite_id, name: 'flaky' });
    await client.query(`update bulkhead.test_suites set tag_policy = 'closed' where id = $1`, [
      suite_id,
    ]);
    t.is(outcomes(await append(client, suite_id, [payload])), '1 unchanged');
    const { rowCount } = await client.query(
      `select from bulkhead.suite_tags where suite_id = $1 and name = 'flaky'`,
      [suite_id],
    );
    t.is(rowCount, 0);
  });
});

test('a case that SQL wrote has no hash, and is compared by its content', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await client.query(
      `insert into bulkhead.test_cases (suite_id, external_key, input, expected_output, metadata)
       values ($1, 'k', '"question"', '"answer"', '{"b": [2], "a": 1}')`,
      [suite_id],
    );
    t.is(
      outcomes(await append(client, suite_id, [{ ...payload, tags: ['other'] }])),
      '1 unchanged',
    );
    await refuses(t, client, () => append(client, suite_id, [{ ...payload, input: 'other' }]), {
      code: 'TCKEY',
    });
    t.is(
      outcomes(await append(client, suite_id, [{ ...payload, input: 'other' }], 'update')),
      '1 updated',
    );
  });
});

test('an append of new, repeated and changed cases is told of one by one', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const ids = await appendTagged(client, suite_id, { b: 'rag', d: '', f: 'rag' });
    const again = [
      { external_key: 'f', input: 'changed' },
      { external_key: 'e', input: 1 },
      { external_key: 'd', tags: [] },
      { input: 'no key' },
      { external_key: 'a', input: 1 },
      { external_key: 'b', tags: ['rag'] },
    ];
    const skipping = await append(client, suite_id, again, 'skip');
    t.is(
      outcomes(skipping),
      '1 skipped, 2 inserted, 3 unchanged, 4 inserted, 5 inserted, 6 unchanged',
    );
    t.is(skipping[0]?.case_id, ids.f);
    t.is(skipping[5]?.case_id, ids.b);
    const updating = await append(client, suite_id, again, 'update');
    t.is(
      outcomes(updating),
      '1 updated, 2 unchanged, 3 unchanged, 4 inserted, 5 unchanged, 6 unchanged',
    );
    await refuses(
      t,
      client,
      () => append(client, suite_id, [{ external_key: 'f' }, { external_key: 'g' }]),
      {
        code: 'TCKEY',
        detail: 'case 1: "f"',
      },
    );
    t.is((await call(client, 'find_cases', { suite_id, external_keys: ['g'] })).length, 0);
  });
});

test('a deleted case is appended anew, and a copied one is known by its payload', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const into_suite_id = await makeSuite(client);
    const [first] = await append(client, suite_id, [payload]);
    for (const tag of payload.tags)
      await call(client, 'define_tag', { suite_id: into_suite_id, name: tag });
    const copy = await callOne<Operation>(client, 'bulk_copy', {
      suite_id,
      into_suite_id,
      all_cases: true,
    });
    t.is(copy.state, 'succeeded');
    t.is(outcomes(await append(client, into_suite_id, [payload])), '1 unchanged');
    await call(client, 'bulk_delete', { suite_id, all_cases: true });
    const [again] = await append(client, suite_id, [payload]);
    t.is(again?.outcome, 'inserted');
    t.not(again?.case_id, first?.case_id);
  });
});
