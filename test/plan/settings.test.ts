/** What a plan takes as set is what is set. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectDir } from '../../src/config.ts';
import { settings } from '../../src/plan/coefficients.ts';
import { limitChunkTime } from '../../src/queries/worker.queries.ts';
import { rolledBack, useDatabase } from '../helpers/database.ts';

const database = useDatabase(test);

test('the settings of the database', async (t) => {
  const { rows } = await database.pool.query(
    `select
       (select count(*)::int from pg_inherits where inhparent = 'bulkhead.test_cases'::regclass) as "partitions",
       (select pg_get_expr(d.adbin, d.adrelid)::int
        from pg_attrdef d join pg_attribute a on (a.attrelid, a.attnum) = (d.adrelid, d.adnum)
        where a.attrelid = 'bulkhead.bulk_operations'::regclass and a.attname = 'chunk_size') as "firstChunk",
       bulkhead_private.next_chunk_size(1, 1000) as "leastChunk",
       bulkhead_private.next_chunk_size(100000, 1) as "mostChunk",
       (select substring(pg_get_function_arguments(oid) from $$'(\\d+) days'$$)::int
        from pg_proc where oid = 'bulkhead_private.prune_change_log'::regproc) as "changeLogDays",
       (select rolconnlimit from pg_roles where rolname = 'bulkhead_api') as "apiConnections"`,
  );
  t.like(settings, rows[0]);
  for (const milliseconds of [20, 35, 60]) {
    const next = await database.pool.query('select bulkhead_private.next_chunk_size(1000, $1)', [
      milliseconds,
    ]);
    t.is(
      next.rows[0].next_chunk_size,
      Math.round((1000 * settings.chunkTarget) / milliseconds),
      'a chunk of that size would take what chunks aim at',
    );
  }
});

test('the settings of a worker and of an API server', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const [limited] = await limitChunkTime.run(undefined, client);
    t.is(limited?.statement_timeout, `${settings.chunkCeiling}ms`);
    await client.query('reset statement_timeout; reset lock_timeout');
  });
  const found = (file: string, pattern: RegExp) =>
    Number(pattern.exec(readFileSync(join(projectDir, file), 'utf8'))?.[1]);
  const suites = found('src/worker/worker.ts', /concurrency = (\d+)/);
  t.is(suites, settings.workerSuites);
  t.is(
    suites + found('src/worker/worker.ts', /max: concurrency \+ (\d+)/),
    settings.workerConnections,
  );
  const signIn = found('src/http/server.ts', /'bulkhead sign-in', logger, \{ max: (\d+) \}/);
  t.is(signIn + 1, settings.ownerConnections, 'and the listener');
});
