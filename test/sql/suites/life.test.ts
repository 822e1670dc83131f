/** Suites are created, found, archived, restored and deleted. */
import test from 'ava';
import { appendTagged, call, callOne, makeSuite, type Operation } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { type Refusal, refuses } from '../../helpers/errors.ts';
import { operate, undo } from '../../helpers/operations.ts';
import { openSession, pidOf, waitsFor } from '../../helpers/waits.ts';

const database = useDatabase(test);

test('a suite is created with what is said, and found by its slug', async (t) => {
  await rolledBack(database.pool, async (client) => {
    t.like(await callOne(client, 'create_suite', { slug: 'bare' }), {
      slug: 'bare',
      name: 'bare',
      description: '',
      tag_policy: 'open',
      archived_at: null,
    });
    const full = { slug: 'a-b_9', name: 'Größe', description: 'd', tag_policy: 'closed' };
    const suite = await callOne<{ id: string }>(client, 'create_suite', full);
    t.like(suite, full);
    t.like(await callOne(client, 'suite_id', { slug: 'a-b_9' }), { suite_id: suite.id });
    t.like(
      await callOne(client, 'create_suite', {
        slug: 'nulls',
        name: null,
        description: null,
        tag_policy: null,
      }),
      { name: 'nulls', tag_policy: 'open' },
    );
  });
});

test('what a suite cannot be is refused', async (t) => {
  await rolledBack(database.pool, async (client) => {
    await call(client, 'create_suite', { slug: 'taken' });
    const slug = { code: '23514', constraint: 'slug_is_lower_case_and_at_most_63_long' };
    const bad: [Record<string, unknown>, Refusal][] = [
      [{ slug: 'taken' }, { code: '23505', constraint: 'test_suites_slug_key' }],
      [{ slug: null }, { code: '23502' }],
      ...['', 'Upper', 'two words', '-a', '_a', 'ä', 'a\n', 'x'.repeat(64), 'a.b'].map(
        (text): [Record<string, unknown>, Refusal] => [{ slug: text }, slug],
      ),
      [
        { slug: 'ok', name: '' },
        { code: '23514', constraint: 'suite_name_is_1_to_200_long' },
      ],
      [{ slug: 'ok', name: 'x'.repeat(201) }, { code: '23514' }],
      [
        { slug: 'ok', tag_policy: 'ajar' },
        { code: '23514', constraint: 'tag_policy_is_open_or_closed' },
      ],
    ];
    for (const [args, refusal] of bad)
      await refuses(t, client, () => call(client, 'create_suite', args), refusal);
  });
});

test('an unknown slug is named', async (t) => {
  await rolledBack(database.pool, async (client) => {
    for (const slug of ['nobody', '', 'NOBODY', "x' or true --", 'x'.repeat(10_000)])
      await refuses(t, client, () => call(client, 'suite_id', { slug }), { code: 'TCNSU' });
    t.like(await callOne(client, 'suite_id', { slug: null }), { suite_id: null });
    for (const name of ['archive_suite', 'restore_suite', 'delete_suite']) {
      for (const suite_id of [null, '0', '-1', '9223372036854775807'])
        await refuses(t, client, () => call(client, name, { suite_id }), { code: 'TCNSU' });
    }
  });
});

test('an archived suite can be read and not changed; restored, it can', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag' });
    const archived = await callOne<{ archived_at: Date | null }>(client, 'archive_suite', {
      suite_id,
    });
    t.truthy(archived.archived_at);
    await refuses(t, client, () => call(client, 'archive_suite', { suite_id }), { code: 'TCARC' });
    t.is((await call(client, 'find_cases', { suite_id, where_tags: 'rag' })).length, 1);
    await refuses(t, client, () => appendTagged(client, suite_id, { b: '' }), {
      code: 'TCARC',
      hint: /restore_suite/,
    });
    for (let times = 0; times < 2; times++)
      t.like(await callOne(client, 'restore_suite', { suite_id }), { archived_at: null });
    await appendTagged(client, suite_id, { b: '' });
    t.is((await call(client, 'find_cases', { suite_id })).length, 2);
  });
});

test('a suite is deleted when it has no cases, with all that belongs to it', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const other = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'one flaky', b: 'flaky' });
    await appendTagged(client, other, { a: 'flaky' });
    const error = await refuses(t, client, () => call(client, 'delete_suite', { suite_id }), {
      code: 'TCSUC',
    });
    await operate(client, 'bulk_rename_tag', { suite_id, tag: 'one', new_name: 'two' });
    await undo(
      client,
      await operate(client, 'bulk_copy', { suite_id, into_suite_id: other, external_keys: ['b'] }),
    );
    const queued = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['new'],
    });
    // the hint is a statement that helps
    const { rows } = await client.query(/^.*?\)/.exec(error.hint ?? '')?.[0] ?? '');
    t.is(rows[0].state, 'queued');
    await refuses(t, client, () => call(client, 'delete_suite', { suite_id }), { code: 'TCSUC' });
    await operate(client, 'bulk_delete', { suite_id, all_cases: true });
    const last = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['newer'],
    });
    await refuses(t, client, () => call(client, 'delete_suite', { suite_id }), { code: 'TCRUN' });
    await call(client, 'cancel_operation', { suite_id, operation_id: last.id });
    t.is(queued.suite_id, suite_id);
    t.like(await callOne(client, 'delete_suite', { suite_id }), { id: suite_id });
    for (const table of [
      'bulkhead.suite_tags',
      'bulkhead.bulk_operations',
      'bulkhead.test_case_versions',
      'bulkhead_private.change_log',
      'bulkhead_private.operation_cancellations',
    ]) {
      const left = await client.query(`select from ${table} where suite_id = $1`, [suite_id]);
      t.is(left.rowCount, 0, table);
    }
    t.is((await call(client, 'find_cases', { suite_id: other, where_tags: 'flaky' })).length, 1);
  });
});

test('two suites with the same members, added in another order, are deleted at once', async (t) => {
  const sessions = [await openSession(t, database), await openSession(t, database)] as const;
  const [holder, observer] = [await openSession(t, database), database.pool];
  const members = ['person:a@example.com', 'person:b@example.com'];
  const suites = [await makeSuite(observer), await makeSuite(observer)];
  for (const [index, order] of [members, members.toReversed()].entries())
    for (const principal of order)
      await call(observer, 'set_member', { suite_id: suites[index], principal, role: 'viewer' });
  await holder.query('begin');
  await holder.query(
    'select from bulkhead_private.principal_suites where principal = $1 for update',
    [members[0]],
  );
  const pids = [await pidOf(sessions[0]), await pidOf(sessions[1])];
  const deleting = sessions.map((session, index) =>
    call(session, 'delete_suite', { suite_id: suites[index] }),
  );
  for (const pid of pids) t.true((await waitsFor(observer, pid)).length > 0);
  await holder.query('commit');
  await t.notThrowsAsync(Promise.all(deleting));
});
