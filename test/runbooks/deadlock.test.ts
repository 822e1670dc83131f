/** Two scripts that update the same cases in different orders; the server's log; and the same in order, which does not deadlock. */
import test from 'ava';
import pg from 'pg';
import { startEmbedded } from '../../src/database/embedded.ts';
import { migrate } from '../../src/database/migrate.ts';
import { makeDataDir } from '../helpers/bulkhead.ts';
import { appendMany, makeSuite } from '../helpers/cases.ts';
import { quietLogger as logger } from '../helpers/processes.ts';
import { useRunbook } from '../helpers/runbooks.ts';
import { openSession, pidOf, until, waitsFor } from '../helpers/waits.ts';

const runbook = useRunbook('deadlock');
const update = `update bulkhead.test_cases set metadata = '{"by": "script"}' where suite_id = $1 and external_key = $2`;

test.serial('provoked, counted, found in the log, and avoided', async (t) => {
  // a server of its own, whose log this test may read
  const dataDir = await makeDataDir(t);
  const settings = { fsync: 'off', shared_buffers: '64MB' };
  const server = await startEmbedded({ dataDir, logger, port: 0, settings });
  const pool = new pg.Pool({ connectionString: server.ownerUrl });
  pool.on('error', () => {});
  t.teardown(async () => {
    await pool.end();
    await server.stop();
  });
  await migrate({ ownerUrl: server.ownerUrl, logger, current: true });
  const suite = await makeSuite(pool, { slug: 'regression' });
  await appendMany(pool, suite, 10, []);
  const database = { ownerUrl: server.ownerUrl } as Parameters<typeof openSession>[1];
  const [one, two] = [await openSession(t, database), await openSession(t, database)];
  const pids = [await pidOf(one), await pidOf(two)];
  const count = async () => Number((await runbook.sql(pool, 'count'))[0]?.deadlocks);
  const before = await count();

  await one.query('begin');
  await two.query('begin');
  await one.query(update, [suite, 'c0001']);
  await two.query(update, [suite, 'c0002']);
  const first = one.query(update, [suite, 'c0002']).then(
    () => 'done',
    (error) => error.code,
  );
  await waitsFor(pool, pids[0] ?? 0);
  const waiting = await runbook.sql(pool, 'waits');
  t.like(waiting[0], { pid: pids[0], waits_for: [pids[1]] });
  const second = two.query(update, [suite, 'c0001']).then(
    () => 'done',
    (error) => error.code,
  );
  // one of the two is ended, and the other goes on: whichever the server takes
  t.deepEqual((await Promise.all([first, second])).sort(), ['40P01', 'done']);
  await one.query('rollback');
  await two.query('rollback');
  await until('the counter has counted it', async () => (await count()) > before);

  const log = await runbook.sh(t, 'log', { BULKHEAD_DATA_DIR: dataDir });
  t.regex(log.stdout, /deadlock detected/);
  t.is(log.stdout.split('"by": "script"').length - 1 >= 2, true, 'both statements are there');
  t.regex(log.stdout, /bulkhead test session/);

  const counted = await count();
  await one.query('begin');
  await runbook.sql(one, 'in-order', { suite: 'regression', keys: 'c0001,c0002' });
  await two.query('begin');
  const other = runbook.sql(two, 'in-order', { suite: 'regression', keys: 'c0002,c0001' });
  t.deepEqual(await waitsFor(pool, pids[1] ?? 0), [pids[0]]);
  await one.query('commit');
  await other;
  await two.query('commit');
  t.is(await count(), counted);
});

test.serial('every block of the runbook was run', (t) => {
  t.deepEqual(runbook.left(), []);
});
