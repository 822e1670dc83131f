/** Appends that wait behind a transaction which somebody left open, behind DDL, and dead rows. */
import { randomBytes } from 'node:crypto';
import test from 'ava';
import { appendMany, callOne, makeSuite } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { useRunbook } from '../helpers/runbooks.ts';
import { openSession, pidOf, until, waitsFor } from '../helpers/waits.ts';

const db = useDatabase(test);
const runbook = useRunbook('appends-are-slow');

test.serial('an operation submitted in an open transaction: found, ended, over', async (t) => {
  const suite = await makeSuite(db.pool, { slug: 'regression' });
  await appendMany(db.pool, suite, 20, ['rag']);
  const [somebody, ci, other] = [
    await openSession(t, db),
    await openSession(t, db),
    await openSession(t, db),
  ];
  await somebody.query('begin');
  await callOne(somebody, 'bulk_tag', { suite_id: suite, where_tags: 'rag', add: ['tier_b_gold'] });
  const root = await pidOf(somebody);
  const waiters = [await pidOf(ci), await pidOf(other)];
  const appends = [ci, other].map((session, index) =>
    callOne(session, 'append_cases', {
      suite_id: suite,
      cases: JSON.stringify([{ input: `new ${index}`, tags: ['tier_b_gold'] }]),
    }),
  );
  for (const pid of waiters) await waitsFor(db.pool, pid);

  const waiting = await runbook.sql(db.pool, 'who-waits');
  t.is(waiting.length, 2);
  for (const row of waiting) t.like(row, { root, state: 'idle in transaction' });
  t.regex(String(waiting[0]?.waits_with), /append_cases/);
  const old = await until('the transaction is five seconds old', async () => {
    const rows = await runbook.sql(db.pool, 'old-transactions');
    return rows.find(({ pid }) => pid === root);
  });
  t.is(old?.state, 'idle in transaction');
  const connections = await runbook.sql(db.pool, 'connections');
  t.true(connections.some(({ idle_in_transaction: count }) => Number(count) > 0));

  await runbook.sql(db.pool, 'end-the-root', { root });
  t.like((await Promise.all(appends))[0], { outcome: 'inserted' });
  t.deepEqual(await runbook.sql(db.pool, 'who-waits'), []);
  await runbook.sql(db.pool, 'try-append', { suite: 'regression' });
  const { rows } = await db.pool.query('select count(*)::int as cases from bulkhead.test_cases');
  t.is(rows[0].cases, 22, 'the append that was tried has been taken back');
});

test.serial('a table that somebody holds, and what sessions are busy with', async (t) => {
  const [dba, busy] = [await openSession(t, db), await openSession(t, db)];
  await dba.query('begin; lock table bulkhead.test_cases in share mode');
  const sleeping = busy.query('select pg_sleep(15)').catch(() => {});
  const held = await runbook.sql(db.pool, 'table-locks');
  t.true(held.some((row) => row.table === 'bulkhead.test_cases' && row.mode === 'ShareLock'));
  await until('the session is seen', async () => {
    const doing = await runbook.sql(db.pool, 'what-they-do');
    return doing.some((row) => row.doing === 'Timeout: PgSleep');
  });
  await dba.query('rollback');
  t.deepEqual(await runbook.sql(db.pool, 'table-locks'), []);
  await db.pool.query('select pg_cancel_backend($1)', [await pidOfSleeper()]);
  await sleeping;

  async function pidOfSleeper() {
    const { rows } = await db.pool.query(
      "select pid from pg_stat_activity where query = 'select pg_sleep(15)' and datname = current_database()",
    );
    return rows[0].pid;
  }
});

test.serial('dead rows are counted for the partition of the suite, and vacuumed', async (t) => {
  const dead = async () => {
    const rows = await runbook.sql(db.pool, 'dead-rows', { suite: 'regression' });
    return rows.map((row) => Number(row.dead)).reduce((sum, some) => sum + some, 0);
  };
  await db.pool.query(`update bulkhead.test_cases set metadata = '{"edited": true}'`);
  await until('the statistics have arrived', async () => (await dead()) >= 20);
  await runbook.sql(db.pool, 'vacuum');
  await until('they are gone', async () => (await dead()) === 0);
  t.pass();
});

test.serial('a login whose forgotten transactions end by themselves', async (t) => {
  const login = `alice_${randomBytes(5).toString('hex')}`;
  await db.pool.query(`create role ${login} login`);
  t.teardown(() => db.pool.query(`drop role ${login}`).then(() => {}));
  await runbook.sql(db.pool, 'limit-idle', { login });
  const { rows } = await db.pool.query('select rolconfig from pg_roles where rolname = $1', [
    login,
  ]);
  t.deepEqual(rows[0].rolconfig, ['idle_in_transaction_session_timeout=60s']);
});

test.serial('every block of the runbook was run', (t) => {
  t.deepEqual(runbook.left(), []);
});
