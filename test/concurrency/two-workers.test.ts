/** Two workers on the same suites: they share the work, and never one suite at one time. */
import test from 'ava';
import type { Operation } from '../helpers/cases.ts';
import { makeDatabase } from '../helpers/database.ts';
import { read } from '../helpers/operations.ts';
import { countLinks, makeLargeSuite, submitInChunks } from '../helpers/operations-watch.ts';
import { spawnWorker, useWorker } from '../helpers/processes.ts';
import { until } from '../helpers/waits.ts';

test('two workers never run two operations of one suite at once, and all end', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suites: string[] = [];
  for (let n = 0; n < 4; n++) suites.push(await makeLargeSuite(pool, 800, { rag: 1 }));
  // short slices, so that suites change hands
  await Promise.all([
    useWorker(t, db, { concurrency: 3, sliceMilliseconds: 30 }),
    useWorker(t, db, { concurrency: 3, sliceMilliseconds: 70 }),
    spawnWorker(t, db),
  ]);
  const operations: Operation[] = [];
  for (const tag of ['a', 'b', 'c', 'd', 'e'])
    for (const suite of suites)
      operations.push(
        await submitInChunks(pool, 'bulk_tag', suite, { where_tags: 'rag', add: [tag], pace: 0.5 }),
      );
  const workers = new Set<string>();
  await until('all operations end', async () => {
    const { rows } = await pool.query(
      `select
         (select count(*)::int from bulkhead.bulk_operations where finished_at is null) as unfinished,
         (select count(*)::int from (select from bulkhead.bulk_operations where state = 'running'
            group by suite_id having count(*) > 1) as twice) as twice,
         (select array_agg(locked_by) from graphile_worker.jobs where locked_by is not null) as workers`,
    );
    const [now] = rows;
    t.is(now.twice, 0);
    for (const worker of now.workers ?? []) workers.add(worker);
    return now.unfinished === 0;
  });
  t.true(workers.size >= 2, `${workers.size} workers took part`);

  for (const operation of operations) {
    const done = await read(pool, operation);
    t.like(done, { state: 'succeeded', changed: '800', failed: '0' });
    t.deepEqual(done.first_errors, []);
    const [tag] = done.parameters.add as string[];
    t.is(await countLinks(pool, done.suite_id, tag ?? '', done.id), 800);
  }
  // in each suite's log the chunks of one operation follow those of the one before, and nothing comes between
  const { rows } = await pool.query(
    `select suite_id, count(*)::int as runs from (
       select suite_id, operation_id is distinct from
         lag(operation_id) over (partition by suite_id order by id) as is_first
       from bulkhead_private.change_log
     ) as log where is_first group by suite_id`,
  );
  t.deepEqual(
    rows.map(({ runs }) => runs),
    suites.map(() => 5),
  );
  t.is(
    (await pool.query('select from graphile_worker.jobs where last_error is not null')).rowCount,
    0,
  );
});
