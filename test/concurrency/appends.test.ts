/** What appends and new suites wait for while operations and long transactions are under way: nothing of theirs. */
import test from 'ava';
import pg from 'pg';
import { append, callOne, makeSuite, type Operation } from '../helpers/cases.ts';
import { type Database, makeDatabase } from '../helpers/database.ts';
import { read, runChunk } from '../helpers/operations.ts';
import { countLinks, finished, makeLargeSuite, submit } from '../helpers/operations-watch.ts';
import { useWorker } from '../helpers/processes.ts';
import { openSession, strongTableLocks, withoutWaiting } from '../helpers/waits.ts';

/** Sessions of their own that append until they are told to stop; all appends have the tag that is current. */
function startAppenders({ ownerUrl }: Database, suite: string, count: number) {
  const current = { tag: '', isOver: false };
  let appends = 0;
  const work = async (appender: number) => {
    const client = new pg.Client({ connectionString: ownerUrl, application_name: 'appender' });
    await client.connect();
    for (let n = 0; !current.isOver; n++) {
      const tags = current.tag ? [current.tag] : [];
      await append(client, suite, [{ external_key: `a${appender}-${n}`, tags }]);
      appends++;
    }
    await client.end();
  };
  const all = Promise.all(Array.from({ length: count }, (_, index) => work(index)));
  return {
    current,
    appends: () => appends,
    async stop() {
      current.isOver = true;
      await all;
    },
  };
}

/** Looks, as often as it can, for the locks that appenders wait for, and for the sessions that hold them. */
function startSampler({ ownerUrl }: Database) {
  let isOver = false;
  const seen = { samples: 0, waits: new Map<string, number>() };
  const sampling = (async () => {
    const client = new pg.Client({ connectionString: ownerUrl, application_name: 'sampler' });
    await client.connect();
    for (; !isOver; seen.samples++) {
      const { rows } = await client.query(
        `with l as materialized (select * from pg_locks)
         select w.locktype || ' of ' || coalesce(holder.application_name, '?') as wait
         from pg_stat_activity appender
         join l w on w.pid = appender.pid and not w.granted
         left join l h on h.granted and h.locktype = w.locktype and h.pid <> w.pid
           and (h.transactionid, h.virtualxid, h.relation, h.page, h.tuple, h.classid, h.objid)
             is not distinct from (w.transactionid, w.virtualxid, w.relation, w.page, w.tuple, w.classid, w.objid)
         left join pg_stat_activity holder on holder.pid = h.pid
         where appender.application_name = 'appender' and appender.datname = current_database()`,
      );
      for (const { wait } of rows) seen.waits.set(wait, (seen.waits.get(wait) ?? 0) + 1);
    }
    await client.end();
  })();
  return {
    async stop() {
      isOver = true;
      await sampling;
      return seen;
    },
  };
}

test('appends with a tag that a running operation has introduced never wait for it', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suite = await makeLargeSuite(pool, 4000);
  await useWorker(t, db);
  const appenders = startAppenders(db, suite, 3);
  const sampler = startSampler(db);
  const operations: Operation[] = [];
  for (let round = 1; round <= 12; round++) {
    const tag = `new-${round}`;
    appenders.current.tag = tag;
    const queued = await submit(pool, 'bulk_tag', suite, { all_cases: true, add: [tag] });
    operations.push(await finished(pool, queued));
  }
  const { samples, waits } = await sampler.stop();
  await appenders.stop();
  t.log(
    `${appenders.appends()} appends, ${samples} samples; waits: ${[...waits].join('; ') || 'none'}`,
  );

  t.true(appenders.appends() > 200 && samples > 200, 'there was something to see');
  for (const wait of waits.keys())
    t.notRegex(wait, /(transactionid|tuple) of (bulkhead worker|\?)/);
  for (const operation of operations) {
    t.like(operation, { state: 'succeeded', failed: '0' });
    t.deepEqual(operation.first_errors, []);
  }
  const { rows } = await pool.query(
    `select count(*)::int as appended from bulkhead.test_cases
     where suite_id = $1 and external_key like 'a%'`,
    [suite],
  );
  t.is(rows[0].appended, appenders.appends(), 'no append is lost');
});

test('an append does not wait for a chunk that has not committed', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suite = await makeLargeSuite(pool, 1000, { rag: 1 });
  const [worker, appender] = [await openSession(t, db), await openSession(t, db)];
  for (const [name, args] of [
    ['bulk_tag', { all_cases: true, add: ['fresh'], remove: ['rag'] }],
    ['bulk_set_status', { all_cases: true, set_status: 'archived' }],
    ['bulk_rename_tag', { tag: 'fresh', new_name: 'fresher' }],
    ['bulk_delete', { external_keys: Array.from({ length: 600 }, (_, index) => `k${index + 1}`) }],
  ] as const) {
    const operation = await submit(pool, name, suite, args);
    await worker.query('begin');
    t.is((await runChunk(worker, operation)).state, 'running', name);
    const appended = await withoutWaiting(appender, () =>
      append(appender, suite, [{ external_key: `during-${name}`, tags: ['fresh', 'rag', name] }]),
    );
    t.is(appended[0]?.outcome, 'inserted', name);
    await worker.query('commit');
    while (!/succeeded/.test((await read(worker, operation)).state))
      await runChunk(worker, operation);
    t.is(await countLinks(pool, suite, name), 1);
  }
});

test('a suite is created, filled, changed and deleted during a long transaction on another one', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  await useWorker(t, db);
  const busy = await makeLargeSuite(pool, 900, { rag: 2 });
  const long = await openSession(t, db);
  await long.query('begin');
  await append(long, busy, [{ external_key: 'long', tags: ['brand-new', 'rag'] }]);
  await callOne(long, 'define_tag', { suite_id: busy, name: 'rag', meaning: 'retrieval' });
  const small = await submit(long, 'bulk_tag', busy, { where_tags: 'rag', remove: ['rag'] });
  t.is(small.state, 'succeeded');
  await submit(long, 'bulk_tag', busy, { all_cases: true, add: ['later'] });
  await callOne(long, 'archive_suite', { suite_id: busy });

  const other = await openSession(t, db);
  await other.query('begin');
  const suite = await withoutWaiting(other, async () => {
    const created = await makeSuite(other);
    await append(other, created, [{ external_key: 'a', tags: ['brand-new', 'rag'] }]);
    return created;
  });
  t.deepEqual(await strongTableLocks(other), [], 'creating a suite takes no table lock');
  await other.query('commit');

  // these tell subscribers, for which commits queue for a moment; for the other transaction they would time out
  const archive = { where_tags: 'rag', set_status: 'archived' };
  t.is((await submit(other, 'bulk_set_status', suite, archive)).changed, '1');
  await submit(other, 'bulk_delete', suite, { all_cases: true });
  const large = await makeLargeSuite(pool, 600);
  const queued = await submit(other, 'bulk_tag', large, { all_cases: true, add: ['later'] });
  t.is((await finished(pool, queued)).state, 'succeeded', 'the worker works on other suites');

  await other.query('begin');
  await withoutWaiting(other, async () => {
    await callOne(other, 'archive_suite', { suite_id: suite });
    await callOne(other, 'restore_suite', { suite_id: suite });
    await callOne(other, 'delete_suite', { suite_id: suite });
  });
  t.deepEqual(await strongTableLocks(other), [], 'deleting it takes none either');
  await other.query('commit');
  await long.query('rollback');
});
