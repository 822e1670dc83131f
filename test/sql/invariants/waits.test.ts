/** Invariants 2, 4, 5 and 9: who waits for whom, read from the server. */
import test from 'ava';
import {
  append,
  appendMany,
  appendTagged,
  call,
  callOne,
  dictionary,
  makeSuite,
  type Operation,
  tagsByKey,
} from '../../helpers/cases.ts';
import { useDatabase } from '../../helpers/database.ts';
import { holdSuite, read, runChunk, runToEnd, setChunkSize } from '../../helpers/operations.ts';
import {
  openSession,
  pidOf,
  strongTableLocks,
  waitsFor,
  withoutWaiting,
} from '../../helpers/waits.ts';

const database = useDatabase(test);

test.serial(
  'invariant 2: an append with a new tag does not wait for the operation that introduced the tag',
  async (t) => {
    const [worker, appender] = [await openSession(t, database), await openSession(t, database)];
    const suite_id = await makeSuite(worker);
    await appendMany(worker, suite_id, 50, ['rag']);
    const operation = await callOne<Operation>(worker, 'bulk_tag', {
      suite_id,
      where_tags: 'rag',
      add: ['tier_b_gold'],
    });
    t.is(operation.state, 'queued');
    t.deepEqual(
      await dictionary(appender, suite_id),
      { rag: null, tier_b_gold: null },
      'committed before the first link',
    );

    await worker.query('begin');
    await setChunkSize(worker, operation, 20);
    const running = await runChunk(worker, operation);
    t.like(running, { state: 'running', changed: '20' });
    await withoutWaiting(appender, async () => {
      const rows = await append(
        appender,
        suite_id,
        [
          { external_key: 'new', tags: ['tier_b_gold', 'rag', 'another_new_one'] },
          { external_key: 'c0001', input: 'edited', tags: ['tier_b_gold', 'rag'] },
        ],
        'update',
      ).catch((error) => error.code);
      // the second one has a link in the chunk: with it, it would wait for the chunk, which is short
      t.is(rows, '55P03');
      const [row] = await append(appender, suite_id, [
        { external_key: 'new', tags: ['tier_b_gold', 'rag', 'another_new_one'] },
      ]);
      t.is(row?.outcome, 'inserted');
    });
    await worker.query('commit');
    const ended = await runToEnd(worker, operation);
    t.like(ended, { state: 'succeeded', changed: '50' });
    t.is(
      (await call(worker, 'find_cases', { suite_id, where_tags: 'tier_b_gold', row_limit: null }))
        .length,
      51,
    );
  },
);

test.serial(
  'the old design did wait: a tag that another transaction has just inserted',
  async (t) => {
    const [bulk, appender] = [await openSession(t, database), await openSession(t, database)];
    const suite_id = await makeSuite(bulk);
    await bulk.query('begin');
    await bulk.query(
      `insert into bulkhead.suite_tags (suite_id, name) values ($1, 'tier_b_gold')`,
      [suite_id],
    );
    const pid = await pidOf(appender);
    const waiting = append(appender, suite_id, [{ tags: ['tier_b_gold'] }]);
    t.deepEqual(await waitsFor(database.pool, pid), [await pidOf(bulk)]);
    await bulk.query('commit');
    t.is((await waiting)[0]?.outcome, 'inserted');
  },
);

test.serial(
  'invariant 2: while chunks of every kind are open, appends to the suite do not wait',
  async (t) => {
    const [worker, appender] = [await openSession(t, database), await openSession(t, database)];
    const kinds: [name: string, args: Record<string, unknown>][] = [
      ['bulk_tag', { all_cases: true, add: ['tier_b'], remove: ['rag'] }],
      ['bulk_set_status', { all_cases: true, set_status: 'archived' }],
      ['bulk_delete', { all_cases: true }],
      ['bulk_copy', { all_cases: true }],
      ['bulk_rename_tag', { tag: 'rag', new_name: 'raag' }],
      ['bulk_merge_tags', { tags: ['tier_a'], into_tag: 'tier_b' }],
    ];
    for (const [name, args] of kinds) {
      const suite_id = await makeSuite(worker);
      const into_suite_id = await makeSuite(worker);
      for (const tag of ['tier_a', 'tier_b']) {
        for (const suite of [suite_id, into_suite_id])
          await call(worker, 'define_tag', { suite_id: suite, name: tag, exclusive_group: 'tier' });
      }
      await call(worker, 'define_tag', { suite_id: into_suite_id, name: 'rag' });
      await appendMany(worker, suite_id, 30, ['rag', 'tier_a']);
      await holdSuite(worker, suite_id);
      const own = name === 'bulk_copy' ? { into_suite_id } : {};
      const operation = await callOne<Operation>(appender, name, { suite_id, ...args, ...own });
      const tags = ['rag', 'raag', 'tier_b', 'new'].filter(
        (tag) => tag !== 'raag' || name === 'bulk_rename_tag',
      );
      await worker.query('begin');
      await runChunk(worker, operation);
      await withoutWaiting(appender, async () => {
        for (const suite of [suite_id, into_suite_id]) {
          const rows = await append(appender, suite, [
            { external_key: 'mine', tags },
            { input: 2, tags: ['tier_a'] },
          ]);
          t.true(
            rows.every((row) => row.outcome === 'inserted'),
            name,
          );
        }
        await call(appender, 'find_cases', { suite_id, where_tags: 'rag or tier_a' });
      });
      await worker.query('commit');
      t.is((await runToEnd(worker, operation)).state, 'succeeded', name);

      await worker.query('begin');
      const undoing = await callOne<Operation>(worker, 'undo_operation', {
        suite_id,
        operation_id: operation.id,
      });
      await runChunk(worker, undoing);
      await withoutWaiting(appender, async () => {
        const [row] = await append(appender, suite_id, [{ external_key: 'during the undo', tags }]);
        t.is(row?.outcome, 'inserted', `undo of ${name}`);
      });
      await worker.query('rollback');
      await worker.query('select pg_advisory_unlock_all()');
    }
  },
);

test.serial(
  'invariant 9: a suite is created, archived and deleted beside a long transaction on another one',
  async (t) => {
    const [long, other] = [await openSession(t, database), await openSession(t, database)];
    const busy = await makeSuite(long);
    await long.query('begin');
    await appendTagged(long, busy, { a: 'flaky' });
    await call(long, 'define_tag', { suite_id: busy, name: 'rag', exclusive_group: 'kind' });
    await callOne(long, 'bulk_set_status', {
      suite_id: busy,
      all_cases: true,
      set_status: 'archived',
    });
    await withoutWaiting(other, async () => {
      const suite_id = await makeSuite(other);
      await appendTagged(other, suite_id, { a: 'flaky' });
      await callOne(other, 'bulk_delete', { suite_id, all_cases: true });
      await call(other, 'archive_suite', { suite_id });
      await call(other, 'delete_suite', { suite_id });
    });
    t.deepEqual(await strongTableLocks(long), []);
    await long.query('rollback');
  },
);

test.serial(
  'invariant 4: neither an append nor a chunk updates a row that another one updates',
  async (t) => {
    const [one, two] = [await openSession(t, database), await openSession(t, database)];
    const suite_id = await makeSuite(one);
    await appendMany(one, suite_id, 20, ['rag', 'flaky']);
    const updated = async (client: typeof one) =>
      (
        await client.query(
          `select relname, n_tup_upd::integer as rows from pg_stat_xact_user_tables
       where n_tup_upd > 0 and schemaname like 'bulkhead%' order by relname`,
        )
      ).rows;
    await one.query('begin');
    await append(one, suite_id, [{ external_key: 'x', tags: ['rag', 'new'] }]);
    t.deepEqual(await updated(one), []);
    await withoutWaiting(two, () =>
      append(two, suite_id, [{ external_key: 'y', tags: ['rag', 'flaky'] }]),
    );
    await one.query('commit');

    await one.query('begin');
    const operation = await callOne<Operation>(one, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['flaky', 'new'],
      remove: ['rag'],
    });
    t.is(operation.state, 'succeeded');
    t.deepEqual(
      (await updated(one)).map((row) => row.relname),
      ['bulk_operations'],
      'its own row',
    );
    await one.query('rollback');
  },
);

test.serial(
  'invariant 5: one operation at a time in a suite, and any number of suites at once',
  async (t) => {
    const sessions = await Promise.all(Array.from({ length: 3 }, () => openSession(t, database)));
    const [first, second, observer] = sessions as [
      (typeof sessions)[0],
      (typeof sessions)[0],
      (typeof sessions)[0],
    ];
    const suites = [await makeSuite(first), await makeSuite(first)];
    for (const suite_id of suites) await appendMany(first, suite_id, 20, ['rag']);
    const operations = [];
    for (const suite_id of suites)
      operations.push(
        await callOne<Operation>(observer, 'bulk_tag', { suite_id, all_cases: true, add: ['new'] }),
      );
    const later = await callOne<Operation>(observer, 'bulk_tag', {
      suite_id: suites[0],
      all_cases: true,
      remove: ['rag'],
    });
    t.deepEqual(
      [...operations, later].map(({ state }) => state),
      ['queued', 'queued', 'queued'],
    );

    await first.query('begin');
    await second.query('begin');
    const [one, other] = operations as [Operation, Operation];
    await setChunkSize(first, one, 5);
    await setChunkSize(second, other, 5);
    t.is((await runChunk(first, one)).state, 'running');
    await withoutWaiting(second, async () =>
      t.is((await runChunk(second, other)).state, 'running'),
    );
    await first.query('commit');
    await second.query('commit');

    // whoever got past the lock of the suite is stopped by the unique index
    await setChunkSize(second, later, 5);
    const error = await runChunk(second, later).catch((reason) => reason);
    t.is(error.constraint, 'one_operation_at_a_time_in_a_suite');
    t.is((await read(first, later)).state, 'queued');
    // and whoever asks is given the one that is running, or else the one submitted first
    const { rows } = await first.query('select id from bulkhead_private.unfinished_operation($1)', [
      suites[0],
    ]);
    t.is(rows[0].id, one.id);
    t.is((await runToEnd(first, later)).state, 'succeeded');
    t.deepEqual(new Set(Object.values(await tagsByKey(first, suites[0] ?? ''))), new Set(['new']));
  },
);

test.serial('submissions to one suite do not wait for each other', async (t) => {
  const [one, two] = [await openSession(t, database), await openSession(t, database)];
  const suite_id = await makeSuite(one);
  await appendMany(one, suite_id, 3, ['rag']);
  await one.query('begin');
  const first = await callOne<Operation>(one, 'bulk_tag', {
    suite_id,
    all_cases: true,
    add: ['new'],
  });
  await withoutWaiting(two, async () => {
    const second = await callOne<Operation>(two, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['newer'],
    });
    t.is(second.state, 'queued');
  });
  await one.query('commit');
  t.is(first.state, 'queued');
});
