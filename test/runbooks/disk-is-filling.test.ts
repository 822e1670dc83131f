/** Dead rows that an old transaction holds, a change log that nobody prunes, an audit log that grows. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import pg from 'pg';
import { appendMany, callOne, makeSuite } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { startNewest } from '../helpers/dumps.ts';
import { readBlocks } from '../helpers/markdown.ts';
import { operate, undo } from '../helpers/operations.ts';
import { runScript } from '../helpers/psql.ts';
import { useRunbook } from '../helpers/runbooks.ts';
import { openSession, pidOf, until } from '../helpers/waits.ts';

const db = useDatabase(test);
const runbook = useRunbook('disk-is-filling');
let suite = '';

test.serial.before('a suite with cases', async () => {
  suite = await makeSuite(db.pool, { slug: 'regression' });
  await appendMany(db.pool, suite, 200, ['rag']);
});

test.serial('dead rows stay as long as an old snapshot lives, and go with it', async (t) => {
  const somebody = await openSession(t, db);
  await somebody.query('begin isolation level repeatable read');
  await somebody.query('select count(*) from bulkhead.test_cases');
  const holder = await pidOf(somebody);
  await db.pool.query(`update bulkhead.test_cases set metadata = '{"edited": true}'`);
  const dead = async () => {
    const rows = await runbook.sql(db.pool, 'sizes');
    return Number(rows.find((row) => row.table === 'bulkhead.test_cases')?.dead);
  };
  await until('the statistics have arrived', async () => (await dead()) >= 200);
  await runbook.sql(db.pool, 'vacuum');
  t.true((await dead()) >= 200, 'vacuum can remove nothing');

  const held = await runbook.sql(db.pool, 'held-back');
  t.like(
    held.find((row) => row.who === String(holder)),
    { what: 'transaction' },
  );
  await runbook.sql(db.pool, 'end-the-holder', { holder });
  await until('vacuum removes them', async () => {
    await runbook.sql(db.pool, 'vacuum');
    return (await dead()) === 0;
  });
});

test.serial('the change log is shown by day, and pruned; what is pruned has no undo', async (t) => {
  const tagged = await operate(db.pool, 'bulk_tag', {
    suite_id: suite,
    all_cases: true,
    add: ['gold'],
  });
  await db.pool.query(
    `update bulkhead.bulk_operations
     set submitted_at = now() - interval '9 days', finished_at = now() - interval '8 days' where id = $1`,
    [tagged.id],
  );
  const recent = await operate(db.pool, 'bulk_tag', {
    suite_id: suite,
    all_cases: true,
    add: ['silver'],
  });
  t.is((await runbook.sql(db.pool, 'change-log')).length, 2);
  let pruned = 0;
  for (let more = 1; more > 0; pruned += more)
    more = Number((await runbook.sql(db.pool, 'prune', { keep: '7 days' }))[0]?.pruned);
  t.true(pruned > 0);
  t.is((await runbook.sql(db.pool, 'change-log')).length, 1);
  await t.throwsAsync(
    callOne(db.pool, 'undo_operation', { suite_id: suite, operation_id: tagged.id }),
  );
  t.is((await undo(db.pool, recent)).changed, '200');
});

test.serial('the audit log is archived by its owner alone, and says so', async (t) => {
  await db.pool.query(`update bulkhead.test_cases set metadata = '{"edited": "again"}'`);
  const events = await runbook.sql(db.pool, 'audit-log');
  t.true(Number(events.find((row) => row.subject === 'case')?.events) >= 200);
  await t.throwsAsync(db.pool.query('delete from bulkhead.audit_log'), { code: 'TCAUD' });
  const folder = await fs.mkdtemp(join(tmpdir(), 'bulkhead-audit-'));
  t.teardown(() => fs.rm(folder, { recursive: true }));
  const [kept] = readBlocks('docs/runbooks/disk-is-filling.md').filter(
    ({ language }) => language === 'psql',
  );
  const owner = await openSession(t, db);
  // everything is newer than the date on the page
  await runScript(owner, (kept?.text ?? '').replace('2026-01-01', 'infinity'), folder);
  const csv = await fs.readFile(join(folder, 'audit-until-2026.csv'), 'utf8');
  t.true(csv.split('\n').length > 200 && csv.startsWith('suite_id,id,at,principal,action'));
  const { rows } = await db.pool.query('select clock_timestamp()::text as now');
  await runbook.sql(db.pool, 'archive-audit-log', { keep_from: rows[0].now });
  const left = await db.pool.query(
    "select suite_id, action, (after ->> 'events')::int > 200 as many from bulkhead.audit_log",
  );
  t.deepEqual(left.rows, [{ suite_id: '0', action: 'truncated', many: true }]);
  await t.throwsAsync(db.pool.query('delete from bulkhead.audit_log'), { code: 'TCAUD' });
});

test.serial(
  'a replication slot that nobody reads keeps the write-ahead log, and is named',
  async (t) => {
    t.deepEqual(await runbook.sql(db.pool, 'wal'), []);
    // a server of its own: a slot is made by a superuser, and holds the whole server's log
    const { url } = await startNewest(t);
    const superuser = new pg.Pool({ connectionString: url });
    superuser.on('error', () => {});
    t.teardown(() => superuser.end());
    await superuser.query("select pg_create_physical_replication_slot('gone', true)");
    await superuser.query('create table filler as select generate_series(1, 50000) as i');
    const [slot] = await runbook.sql(superuser, 'wal');
    t.like(slot, { slot_name: 'gone', active: false });
    t.regex(String(slot?.kept), /^\d+ (kB|MB)$/);
    const held = await runbook.sql(superuser, 'held-back');
    t.true(held.some(({ what, who }) => what === 'replication slot' && who === 'gone'));
    await superuser.query("select pg_drop_replication_slot('gone')");
    t.deepEqual(await runbook.sql(superuser, 'wal'), []);
  },
);

test.serial('every block of the runbook was run', (t) => {
  t.deepEqual(runbook.left(), []);
});
