/** `bulkhead plan --measure` on a server that serves others: it keeps nobody waiting, and nothing stays. */
import test, { type ExecutionContext } from 'ava';
import type { BulkheadError } from '../../src/errors.ts';
import { readPlanInput } from '../../src/plan/input.ts';
import { measureSpeed } from '../../src/plan/measure.ts';
import { runSeparately, startBulkhead } from '../helpers/bulkhead.ts';
import type { Queryable } from '../helpers/cases.ts';
import { type Database, makeDatabase } from '../helpers/database.ts';
import { openSession, until, withoutWaiting } from '../helpers/waits.ts';

const sizes = { cases: 300, bytes: 1024 ** 2, window: 100 };

/** Rows that there are of anything that a measurement makes. */
async function countRows(db: Queryable): Promise<Record<string, number>> {
  const { rows } = await db.query(
    `select
       (select count(*)::int from bulkhead.test_suites) as suites,
       (select count(*)::int from bulkhead.suite_tags) as tags,
       (select count(*)::int from bulkhead.test_cases) as cases,
       (select count(*)::int from bulkhead.test_case_tags) as links,
       (select count(*)::int from bulkhead.suite_members) as members,
       (select count(*)::int from bulkhead.bulk_operations) as operations,
       (select count(*)::int from bulkhead.audit_log) as events,
       (select count(*)::int from graphile_worker._private_jobs) as jobs`,
  );
  return rows[0];
}

const countSessions = async (db: Queryable) => {
  const { rows } = await db.query(
    `select count(*)::int as sessions, count(backend_xid)::int as writing from pg_stat_activity
     where application_name = 'bulkhead plan' and datname = current_database()`,
  );
  return rows[0] as { sessions: number; writing: number };
};

test('every coefficient is measured, and nothing stays', async (t) => {
  const { ownerUrl, pool } = await makeDatabase(t);
  const before = await countRows(pool);
  const { speed, connections } = await measureSpeed(ownerUrl, readPlanInput({}), sizes);
  const { source, ...figures } = speed;
  t.regex(source, /^this server, now: PostgreSQL \d+/);
  for (const [name, value] of Object.entries(figures)) t.true(value > 0, `${name}: ${value}`);
  t.true(figures.appendP95 >= figures.append && figures.slowdown >= 1);
  t.true(connections >= 10);
  t.deepEqual(await countRows(pool), before);
  t.is((await countSessions(pool)).sessions, 0);
});

test('cases with many tags, long texts and long names are measured as well', async (t) => {
  const { ownerUrl } = await makeDatabase(t);
  for (const flags of [
    { tags: '0' },
    { tags: '60' },
    { caseBytes: '10MiB' },
    { perAppend: '500' },
  ]) {
    const { speed } = await measureSpeed(ownerUrl, readPlanInput(flags), sizes);
    t.true(speed.link > 0, JSON.stringify(flags));
  }
});

/** Starts the command, and resolves once it has written something that nobody else sees. */
async function startMeasuring(t: ExecutionContext, database: Database) {
  const run = startBulkhead(t, ['plan', '--measure'], { DATABASE_URL: database.ownerUrl });
  await until(
    'it has begun to write',
    async () => (await countSessions(database.pool)).writing >= 2,
  );
  return run;
}

test('nobody waits for it: suites are made, appended to and tagged meanwhile', async (t) => {
  const database = await makeDatabase(t);
  const run = await startMeasuring(t, database);
  const client = await openSession(t, database);
  await withoutWaiting(client, async () => {
    const { rows } = await client.query("select id from bulkhead.create_suite('meanwhile')");
    const cases = JSON.stringify([{ external_key: 'a', input: 'q', tags: ['tag_0', 'bulk_1'] }]);
    await client.query('select from bulkhead.append_cases($1, $2)', [rows[0].id, cases]);
    await client.query(
      "select from bulkhead.bulk_tag($1, add => '{row_by_row}', all_cases => true)",
      [rows[0].id],
    );
  });
  t.true((await countSessions(database.pool)).sessions > 0, 'it was still at it');
  t.is(await run.ended, 0, run.output());
  t.regex(run.output(), /this server, now/);
});

test('killed, it leaves nothing either', async (t) => {
  const database = await makeDatabase(t);
  const before = await countRows(database.pool);
  const run = await startMeasuring(t, database);
  run.child.kill('SIGKILL');
  await run.ended;
  await until(
    'its sessions have ended',
    async () => (await countSessions(database.pool)).sessions === 0,
  );
  t.deepEqual(await countRows(database.pool), before);
});

test('cut off while it says nothing, it tells by what, and what to do', async (t) => {
  const { ownerUrl, pool } = await makeDatabase(t);
  const measuring = t.throwsAsync(measureSpeed(ownerUrl, readPlanInput({})));
  await until('the one waits for the other', async () => {
    const { rowCount } = await pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'bulkhead plan' and datname = current_database()
         and backend_xid is not null and state = 'idle in transaction'`,
    );
    return rowCount;
  });
  const error = (await measuring) as BulkheadError;
  t.is(error.entry.name, 'DATABASE_STOPPING', error.message);
  t.regex(error.message, /administrator/);
  t.regex(String(error.hint), /without --measure/);
});

test('a server that cannot be measured is said to be so, with what to do', async (t) => {
  const { ownerUrl, pool, name } = await makeDatabase(t);
  const measure = () =>
    runSeparately(t, ['plan', '--measure'], {
      DATABASE_URL: ownerUrl,
      BULKHEAD_LOG_LEVEL: 'error',
    });

  await pool.query(`alter database ${name} set default_transaction_read_only = on`);
  const readOnly = await measure();
  t.deepEqual([readOnly.code, readOnly.stdout], [6, '']);
  t.regex(readOnly.stderr, /takes no writes.*\n.*primary.*without --measure/);

  await pool.query(`set default_transaction_read_only = off`);
  await pool.query(
    `begin read write; alter database ${name} reset default_transaction_read_only; commit`,
  );
  await pool.query(`alter database ${name} connection limit 3`);
  const full = await measure();
  t.deepEqual([full.code, full.stdout], [5, '']);
  t.regex(full.stderr, /too many connections.*\n.*four connections.*\n.*without --measure/);
});
