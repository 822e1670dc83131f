/** Invariants 3, 6, 7 and 8: what a chunk is. */
import test from 'ava';
import {
  append,
  appendMany,
  appendTagged,
  call,
  callOne,
  counts,
  makeSuite,
  type Operation,
  wholeState,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import {
  holdSuite,
  operate,
  read,
  runChunk,
  runToEnd,
  setChunkSize,
  undo,
} from '../../helpers/operations.ts';
import { openSession, pidOf, until } from '../../helpers/waits.ts';

const database = useDatabase(test);

test.serial(
  'invariant 3: a chunk writes no more cases than its size, and the size aims at 35 ms',
  async (t) => {
    const [worker, holder] = [await openSession(t, database), await openSession(t, database)];
    const suite_id = await makeSuite(worker);
    await appendMany(worker, suite_id, 60, ['rag']);
    await holdSuite(holder, suite_id);
    let operation = await callOne<Operation>(worker, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['new'],
    });
    const written = async () =>
      (
        await worker.query(
          `select count(*)::integer as rows from bulkhead.test_case_tags
       where suite_id = $1 and xmin::text::bigint = pg_current_xact_id()::xid::text::bigint`,
          [suite_id],
        )
      ).rows[0].rows;
    for (const size of [1, 7, 20, 100]) {
      await worker.query('begin');
      await setChunkSize(worker, operation, size);
      const before = operation.processed;
      operation = await runChunk(worker, operation);
      t.true((await written()) <= size);
      t.is(Number(operation.processed) - Number(before), await written());
      await worker.query('commit');
    }
    t.is(operation.state, 'succeeded');
    const undoing = await callOne<Operation>(worker, 'undo_operation', {
      suite_id,
      operation_id: operation.id,
    });
    await setChunkSize(worker, undoing, 9);
    t.is(
      (await runChunk(worker, undoing)).processed,
      '1',
      'no more than one chunk of what is undone',
    );
    await setChunkSize(worker, undoing, 4);
    t.is((await runChunk(worker, undoing)).processed, '5');

    const sizes = await database.pool.query(
      `select array_agg(bulkhead_private.next_chunk_size(size, ms) order by place) as next
     from unnest($1::integer[], $2::float[]) with ordinality as u (size, ms, place)`,
      [
        [500, 500, 500, 500, 500, 5000, 20, 1, 1],
        [35, 17.5, 1, 70, 10000, 1, 1000, 1, 0],
      ],
    );
    t.deepEqual(sizes.rows[0].next, [500, 1000, 1000, 250, 250, 5000, 20, 20, 20]);
  },
);

test.serial(
  'invariant 3: a call that runs its own operation waits no longer than 250 ms for a lock',
  async (t) => {
    const { rows } = await database.pool.query(
      `select proconfig from pg_proc where oid = 'bulkhead_private.run_in_call'::regproc`,
    );
    t.true(rows[0].proconfig.includes('lock_timeout=250ms'));
  },
);

test.serial(
  'invariant 3: a call does not wait for one locked case after the other; a worker goes on',
  async (t) => {
    const suite_id = await makeSuite(database.pool);
    await appendMany(database.pool, suite_id, 40, []);
    const holder = await openSession(t, database);
    await holder.query('begin');
    await holder.query('select from bulkhead.test_cases where suite_id = $1 for update', [
      suite_id,
    ]);
    const args = { suite_id, all_cases: true, set_status: 'archived' };
    const operation = await callOne<Operation>(database.pool, 'bulk_set_status', args);
    t.true(Number(operation.processed) < 40);
    t.notRegex(operation.state, /failed|succeeded/);
    await holder.query('commit');
    t.is(Number((await runToEnd(database.pool, operation)).processed), 40);
  },
);

test.serial(
  'invariant 6: effect and progress commit together, and nothing is done twice',
  async (t) => {
    const suite_id = await makeSuite(database.pool);
    const undisturbed = await makeSuite(database.pool);
    for (const id of [suite_id, undisturbed])
      await appendMany(database.pool, id, 23, ['rag', 'old']);
    const args = { where_tags: 'rag', add: ['new'], remove: ['old'] };
    const operation = await callOne<Operation>(database.pool, 'bulk_tag', { suite_id, ...args });
    for (let killed = 0; killed < 5; killed++) {
      const worker = await openSession(t, database);
      const pid = await pidOf(worker);
      await holdSuite(worker, suite_id);
      await setChunkSize(worker, operation, 3);
      await runChunk(worker, operation); // committed
      await worker.query('begin');
      await runChunk(worker, operation); // lost with the session
      const before = await read(database.pool, operation);
      const log =
        'select count(*) as rows from bulkhead_private.change_log where suite_id = $1 and operation_id = $2';
      const logged = (await database.pool.query(log, [suite_id, operation.id])).rows;
      await database.pool.query('select pg_terminate_backend($1)', [pid]);
      await until(
        'the session is gone',
        async () =>
          (await database.pool.query('select from pg_stat_activity where pid = $1', [pid]))
            .rowCount === 0,
      );
      t.deepEqual(await read(database.pool, operation), before);
      t.deepEqual((await database.pool.query(log, [suite_id, operation.id])).rows, logged);
      t.is(Number(before.processed), 3 * (killed + 1));
      t.is(
        (await call(database.pool, 'find_cases', { suite_id, where_tags: 'new' })).length,
        3 * (killed + 1),
      );
      t.true(
        (
          await database.pool.query(
            'select pg_try_advisory_xact_lock(bulkhead_private.suite_lock_key($1)) as free',
            [suite_id],
          )
        ).rows[0].free,
      );
    }
    const ended = await runToEnd(database.pool, operation);
    const other = await operate(database.pool, 'bulk_tag', { suite_id: undisturbed, ...args });
    t.deepEqual(counts(ended), counts(other));
    const links = async (id: string) =>
      (
        await database.pool.query(
          `select c.external_key, l.tag from bulkhead.test_case_tags l join bulkhead.test_cases c on c.suite_id = l.suite_id and c.id = l.case_id
       where l.suite_id = $1 order by 1, 2`,
          [id],
        )
      ).rows;
    t.deepEqual(await links(suite_id), await links(undisturbed));
    const changes = async (done: Operation) =>
      (
        await database.pool.query(
          `select change, tag, count(*) from bulkhead.operation_changes($1, $2, row_limit => null) group by change, tag order by 1, 2`,
          [done.suite_id, done.id],
        )
      ).rows;
    t.deepEqual(await changes(ended), await changes(other));
  },
);

test.serial(
  'invariant 7: a case that is appended after the submission is not covered, in no kind of operation',
  async (t) => {
    const holder = await openSession(t, database);
    const kinds: [name: string, args: Record<string, unknown>][] = [
      ['bulk_tag', { add: ['x'] }],
      ['bulk_set_status', { set_status: 'archived' }],
      ['bulk_copy', {}],
      ['bulk_delete', {}],
    ];
    for (const [name, args] of kinds) {
      for (const selection of [{ where_tags: 'rag' }, { all_cases: true }, { search: 'c' }]) {
        await rolledBack(database.pool, async (client) => {
          const suite_id = await makeSuite(client);
          const into_suite_id = await makeSuite(client);
          await appendMany(client, suite_id, 10, ['rag']);
          await holdSuite(holder, suite_id);
          const own = name === 'bulk_copy' ? { into_suite_id } : {};
          const operation = await callOne<Operation>(client, name, {
            suite_id,
            ...selection,
            ...args,
            ...own,
          });
          await append(client, suite_id, [{ external_key: 'c later', tags: ['rag'] }]);
          await setChunkSize(client, operation, 4);
          await runChunk(client, operation);
          await append(client, suite_id, [{ external_key: 'c even later', tags: ['rag'] }]);
          const ended = await runToEnd(client, operation);
          t.deepEqual(
            counts(ended),
            { total: 10, processed: 10, changed: 10, unchanged: 0, skipped: 0, failed: 0 },
            name,
          );
          const later = await call(client, 'find_cases', {
            suite_id,
            external_keys: ['c later', 'c even later'],
            status: 'active',
          });
          t.is(later.length, 2, name);
          const tagged = await client.query(
            `select from bulkhead.test_case_tags where suite_id = $1 and case_id > $2 and tag <> 'rag'`,
            [suite_id, ended.high_water_id],
          );
          t.is(tagged.rowCount, 0, name);
        });
      }
    }
  },
);

test.serial(
  'invariant 7: an edited case is covered by what it is when its chunk comes',
  async (t) => {
    const holder = await openSession(t, database);
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      const ids = await appendTagged(client, suite_id, { a: 'rag', b: 'rag', c: 'other' });
      await holdSuite(holder, suite_id);
      const operation = await callOne<Operation>(client, 'bulk_tag', {
        suite_id,
        where_tags: 'rag',
        add: ['x'],
      });
      await client.query(
        `delete from bulkhead.test_case_tags where suite_id = $1 and case_id = $2`,
        [suite_id, ids.b],
      );
      await client.query(
        `insert into bulkhead.test_case_tags (suite_id, case_id, tag) values ($1, $2, 'rag')`,
        [suite_id, ids.c],
      );
      const ended = await runToEnd(client, operation);
      t.like(counts(ended), { total: 2, processed: 2, changed: 2 });
      t.deepEqual(
        (await call(client, 'find_cases', { suite_id, where_tags: 'x' })).map(
          (row) => row.external_key,
        ),
        ['a', 'c'],
      );
    });
  },
);

test.serial(
  'invariant 8: undo is exact: what was changed comes back as it was, and nothing else',
  async (t) => {
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      for (const name of ['tier_a', 'tier_b'])
        await call(client, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
      await appendTagged(client, suite_id, { a: 'rag tier_a', b: 'rag', c: 'tier_b', d: '' });
      await call(client, 'define_tag', { suite_id, name: 'new' });
      const before = await wholeState(client, suite_id);
      const operations: [name: string, args: Record<string, unknown>][] = [
        ['bulk_tag', { all_cases: true, add: ['tier_b', 'new'], remove: ['rag'] }],
        ['bulk_set_status', { where_tags: 'rag', set_status: 'archived' }],
        ['bulk_merge_tags', { tags: ['rag'], into_tag: 'new' }],
        ['bulk_delete', { all_cases: true }],
      ];
      for (const [name, args] of operations) {
        const done = await operate(client, name, { suite_id, ...args });
        t.notDeepEqual(await wholeState(client, suite_id), before, name);
        t.like(
          counts(await undo(client, done)),
          { changed: Number(done.changed), skipped: 0, failed: 0 },
          name,
        );
        t.deepEqual(await wholeState(client, suite_id), before, name);
      }
    });
  },
);
