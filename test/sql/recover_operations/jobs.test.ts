/** Operations that nobody runs get a job again, and the jobs of dead workers are freed. */
import test from 'ava';
import { appendTagged, callOne, makeSuite, type Operation } from '../../helpers/cases.ts';
import { useDatabase } from '../../helpers/database.ts';
import { holdSuite, runToEnd } from '../../helpers/operations.ts';
import { openSession } from '../../helpers/waits.ts';

const database = useDatabase(test);

test.serial(
  'a suite whose operations have no job is queued, unless somebody is at it',
  async (t) => {
    const [client, worker] = [await openSession(t, database), await openSession(t, database)];
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: '' });
    const operation = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['x'],
    });
    const recover = async () =>
      (
        await client.query(
          'select recovered::text from bulkhead_private.recover_operations() as recovered',
        )
      ).rows.map((row) => row.recovered);
    const jobs = async () =>
      (
        await client.query(
          `select count(*)::integer as jobs from graphile_worker._private_jobs where payload ->> 'suite_id' = $1`,
          [suite_id],
        )
      ).rows[0].jobs;
    await client.query("set bulkhead.now = '2100-01-01'");
    t.deepEqual(await recover(), [], 'it has a job');
    await client.query('delete from graphile_worker._private_jobs');
    await holdSuite(worker, suite_id);
    t.deepEqual(await recover(), [], 'somebody is at it');
    await worker.query('select pg_advisory_unlock_all()');
    t.deepEqual(await recover(), [suite_id]);
    t.is(await jobs(), 1);
    t.deepEqual(await recover(), []);
    t.is((await runToEnd(client, operation)).state, 'succeeded');
    await client.query('delete from graphile_worker._private_jobs');
    t.deepEqual(await recover(), [], 'it is over');
  },
);

test.serial(
  'the jobs of a worker that holds no lock are freed, those of one that does are not',
  async (t) => {
    const [client, worker] = [await openSession(t, database), await openSession(t, database)];
    await client.query('delete from graphile_worker._private_jobs');
    for (const name of ['dead', 'alive'])
      await client.query(
        `select graphile_worker.add_job('bulk_tag', json_build_object('name', $1::text))`,
        [name],
      );
    await client.query(
      `update graphile_worker._private_jobs set locked_by = payload ->> 'name', locked_at = now() - interval '1 minute'`,
    );
    await worker.query(`select pg_advisory_lock(bulkhead_private.worker_lock_key('alive'))`);
    await client.query('select bulkhead_private.recover_operations()');
    const { rows } = await client.query(
      'select locked_by from graphile_worker._private_jobs order by locked_by',
    );
    t.deepEqual(rows, [{ locked_by: 'alive' }, { locked_by: null }]);
  },
);
