/** Appends beside other sessions: who waits for whom, and that nothing is lost. */
import test from 'ava';
import { append, appendTagged, call, makeSuite, tagsByKey } from '../../helpers/cases.ts';
import { useDatabase } from '../../helpers/database.ts';
import { checkRefusal } from '../../helpers/errors.ts';
import { openSession, pidOf, until, waitsFor, withoutWaiting } from '../../helpers/waits.ts';

const database = useDatabase(test);

test.serial(
  'two appends of the same keys in opposite order wait for each other and do not deadlock',
  async (t) => {
    const suite_id = await makeSuite(database.pool);
    const [one, two] = [await openSession(t, database), await openSession(t, database)];
    const between = await openSession(t, database);
    const pids = [await pidOf(one), await pidOf(two)] as const;
    const keys = ['a', 'B', 'm', 'y', 'Z'].map((external_key) => ({ external_key }));
    // a third session has both of them stop in the middle
    await between.query('begin');
    await append(between, suite_id, [{ external_key: 'm' }]);
    const first = append(one, suite_id, keys);
    await waitsFor(database.pool, pids[0]);
    const second = append(two, suite_id, [...keys].reverse());
    await waitsFor(database.pool, pids[1]);
    await between.query('rollback');
    const rows = (await Promise.all([first, second])).flat();
    const outcomes = rows.map((row) => row.outcome).sort();
    t.deepEqual(outcomes, [...Array(5).fill('inserted'), ...Array(5).fill('unchanged')]);
  },
);

test.serial(
  '20 rounds of overlapping appends at once neither deadlock nor lose or double a case',
  async (t) => {
    const suite_id = await makeSuite(database.pool);
    const sessions = await Promise.all(Array.from({ length: 4 }, () => openSession(t, database)));
    for (let round = 0; round < 20; round++) {
      const keys = Array.from({ length: 30 }, (_, index) => ({
        external_key: `r${round}k${index}`,
        input: 1,
        tags: [`t${round}_${index % 4}`],
      }));
      const results = await Promise.all(
        sessions.map((session, index) =>
          append(
            session,
            suite_id,
            index % 2 ? keys : [...keys].reverse(),
            index < 2 ? 'update' : 'fail',
          ),
        ),
      );
      const inserted = results.flat().filter((row) => row.outcome === 'inserted');
      t.is(inserted.length, 30);
      t.true(results.every((rows) => rows.length === 30));
    }
    const { rows } = await database.pool.query(
      `select count(*) as cases, (select count(*) from bulkhead.test_case_tags where suite_id = $1) as links
     from bulkhead.test_cases where suite_id = $1`,
      [suite_id],
    );
    t.deepEqual(rows, [{ cases: '600', links: '600' }]);
  },
);

test.serial('updates of overlapping cases in opposite order do not deadlock', async (t) => {
  const suite_id = await makeSuite(database.pool);
  for (const name of ['tier_a', 'tier_b'])
    await call(database.pool, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
  const sessions = await Promise.all(Array.from({ length: 4 }, () => openSession(t, database)));
  const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
  for (let round = 0; round < 15; round++) {
    const results = await Promise.all(
      sessions.map((session, index) => {
        const order = index % 2 ? keys : [...keys].reverse();
        const tags = [index < 2 ? 'tier_a' : 'tier_b'];
        const cases = order.map((external_key) => ({ external_key, input: [round, index], tags }));
        return append(session, suite_id, cases, 'update');
      }),
    );
    t.true(results.every((rows) => rows.length === 40));
  }
  for (const tags of Object.values(await tagsByKey(database.pool, suite_id)))
    t.regex(tags, /^tier_[ab]$/);
});

test.serial(
  'a case whose key is deleted while the append waits for it is inserted, and not lost',
  async (t) => {
    for (const on_conflict of ['update', 'fail', 'skip']) {
      const suite_id = await makeSuite(database.pool);
      await appendTagged(database.pool, suite_id, { k: 'rag', other: '' });
      const [deleter, appender] = [await openSession(t, database), await openSession(t, database)];
      const pid = await pidOf(appender);
      await deleter.query('begin');
      await deleter.query(
        `delete from bulkhead.test_cases where suite_id = $1 and external_key = 'k'`,
        [suite_id],
      );
      const appended = append(
        appender,
        suite_id,
        [{ external_key: 'k', input: 'new', tags: ['new'] }],
        on_conflict,
      );
      await waitsFor(database.pool, pid);
      await deleter.query('commit');
      t.like((await appended)[0], { external_key: 'k', outcome: 'inserted' });
      t.deepEqual(await tagsByKey(database.pool, suite_id), { other: '', k: 'new' });
    }
  },
);

test.serial('neither is one whose row was only locked when the append met it', async (t) => {
  const suite_id = await makeSuite(database.pool);
  await appendTagged(database.pool, suite_id, { k: 'rag' });
  const [deleter, appender] = [await openSession(t, database), await openSession(t, database)];
  const pid = await pidOf(appender);
  await deleter.query('begin');
  await deleter.query('select from bulkhead.test_cases where suite_id = $1 for update', [suite_id]);
  const appended = append(appender, suite_id, [{ external_key: 'k', input: 'new' }], 'update');
  await waitsFor(database.pool, pid);
  await deleter.query('delete from bulkhead.test_cases where suite_id = $1', [suite_id]);
  await deleter.query('commit');
  t.like((await appended)[0], { external_key: 'k', outcome: 'inserted' });
});

test.serial('a tag that is dropped while the append brings it is defined anew', async (t) => {
  const suite_id = await makeSuite(database.pool);
  await call(database.pool, 'define_tag', { suite_id, name: 'rag', meaning: 'old' });
  const [dropper, appender] = [await openSession(t, database), await openSession(t, database)];
  const pid = await pidOf(appender);
  await dropper.query('begin');
  await call(dropper, 'drop_tag', { suite_id, name: 'rag' });
  const appended = append(appender, suite_id, [{ external_key: 'k', tags: ['rag'] }]);
  await waitsFor(database.pool, pid);
  await dropper.query('commit');
  t.like((await appended)[0], { outcome: 'inserted' });
  t.deepEqual(await tagsByKey(database.pool, suite_id), { k: 'rag' });
});

test.serial(
  'a tag that moves to a group while the append brings it is linked with the group',
  async (t) => {
    const suite_id = await makeSuite(database.pool);
    await call(database.pool, 'define_tag', { suite_id, name: 'rag' });
    const [definer, appender] = [await openSession(t, database), await openSession(t, database)];
    const pid = await pidOf(appender);
    await definer.query('begin');
    await call(definer, 'define_tag', { suite_id, name: 'rag', exclusive_group: 'kind' });
    const appended = append(appender, suite_id, [{ external_key: 'k', tags: ['rag'] }]);
    await waitsFor(database.pool, pid);
    await definer.query('commit');
    t.like((await appended)[0], { outcome: 'inserted' });
    const { rows } = await database.pool.query(
      'select group_key from bulkhead.test_case_tags where suite_id = $1',
      [suite_id],
    );
    t.deepEqual(rows, [{ group_key: 'kind' }]);
  },
);

test.serial(
  'a tag that is about to be linked can be re-purposed, but neither dropped nor moved to a group',
  async (t) => {
    const suite_id = await makeSuite(database.pool);
    await call(database.pool, 'define_tag', { suite_id, name: 'rag' });
    const [appender, definer] = [await openSession(t, database), await openSession(t, database)];
    await appender.query('begin');
    await append(appender, suite_id, [{ tags: ['rag'] }]);
    await withoutWaiting(definer, async () => {
      await call(definer, 'define_tag', {
        suite_id,
        name: 'rag',
        meaning: 'new',
        colour: '#aabbcc',
      });
      for (const refused of [
        () => call(definer, 'drop_tag', { suite_id, name: 'rag' }),
        () => call(definer, 'define_tag', { suite_id, name: 'rag', exclusive_group: 'kind' }),
      ])
        checkRefusal(t, await refused().catch((error) => error), { code: '55P03' });
    });
    await appender.query('commit');
    checkRefusal(
      t,
      await call(definer, 'drop_tag', { suite_id, name: 'rag' }).catch((error) => error),
      {
        code: 'TCUSE',
      },
    );
  },
);

test.serial(
  'a long transaction that re-purposes a tag does not hold up appends with it',
  async (t) => {
    const suite_id = await makeSuite(database.pool);
    await call(database.pool, 'define_tag', { suite_id, name: 'flaky', exclusive_group: 'kind' });
    const [definer, appender] = [await openSession(t, database), await openSession(t, database)];
    await definer.query('begin');
    await call(definer, 'define_tag', {
      suite_id,
      name: 'flaky',
      meaning: 'changed',
      colour: '#ff0000',
    });
    await withoutWaiting(appender, () =>
      append(appender, suite_id, [{ external_key: 'k', tags: ['flaky'] }]),
    );
    await definer.query('rollback');
    t.deepEqual(await tagsByKey(database.pool, suite_id), { k: 'flaky' });
  },
);

test.serial(
  'in a transaction that repeats its reads, what another one did meanwhile is a serialization failure',
  async (t) => {
    const suite_id = await makeSuite(database.pool);
    await appendTagged(database.pool, suite_id, { seen: 'rag' });
    const snapshot = await openSession(t, database);
    const attempts = {
      key: { external_key: 'k', input: 'mine' },
      tag: { external_key: 'mine', tags: ['brand_new'] },
      edit: { external_key: 'seen', input: 'mine' },
    };
    for (const [what, item] of Object.entries(attempts)) {
      await snapshot.query('begin isolation level repeatable read');
      await snapshot.query('select count(*) from bulkhead.test_cases');
      if (what === 'edit')
        await database.pool.query(
          `update bulkhead.test_cases set input = '5' where suite_id = $1 and external_key = 'seen'`,
          [suite_id],
        );
      else
        await append(
          database.pool,
          suite_id,
          [{ input: 'theirs', external_key: 'k', tags: ['brand_new'] }],
          'skip',
        );
      const refused = await append(snapshot, suite_id, [item], 'update').catch((error) => error);
      checkRefusal(t, refused, { code: '40001' });
      await snapshot.query('rollback');
      await database.pool.query(
        `delete from bulkhead.test_cases where suite_id = $1 and external_key = 'k'`,
        [suite_id],
      );
      await call(database.pool, 'drop_tag', { suite_id, name: 'brand_new' }).catch(() => {});
    }
  },
);

test.serial(
  'an append to a suite that is deleted meanwhile is refused, and so is the deletion of one that gets a case',
  async (t) => {
    const [one, two] = [await openSession(t, database), await openSession(t, database)];
    const pid = await pidOf(two);
    const gone = await makeSuite(database.pool);
    await one.query('begin');
    await call(one, 'delete_suite', { suite_id: gone });
    const appended = append(two, gone, [{ input: 1 }]).catch((error) => error);
    await waitsFor(database.pool, pid);
    await one.query('commit');
    checkRefusal(t, await appended, { code: '23503' });

    const filled = await makeSuite(database.pool);
    await one.query('begin');
    await append(one, filled, [{ input: 1 }]);
    const deleted = call(two, 'delete_suite', { suite_id: filled }).catch((error) => error);
    await waitsFor(database.pool, pid);
    await one.query('commit');
    checkRefusal(t, await deleted, { code: '23503', constraint: 'case_belongs_to_a_suite' });
  },
);

test.serial('what waits is seen to wait', async (t) => {
  const suite_id = await makeSuite(database.pool);
  const [one, two] = [await openSession(t, database), await openSession(t, database)];
  await one.query('begin');
  await append(one, suite_id, [{ external_key: 'k', input: 1 }]);
  await t.throwsAsync(
    withoutWaiting(two, () => append(two, suite_id, [{ external_key: 'k', input: 1 }])),
    { code: '55P03' },
  );
  const pid = await pidOf(two);
  const waiting = append(two, suite_id, [{ external_key: 'k', input: 1 }]);
  t.deepEqual(await waitsFor(database.pool, pid), [await pidOf(one)]);
  await one.query('rollback');
  t.like((await waiting)[0], { outcome: 'inserted' });
  await until('nobody waits', async () => {
    const { rows } = await database.pool.query(
      'select from pg_stat_activity where pid = $1 and wait_event_type = $2',
      [pid, 'Lock'],
    );
    return rows.length === 0;
  });
});
