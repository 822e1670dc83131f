/** Suites large enough for a worker, and what can be seen of operations while it runs them. */
import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import pg from 'pg';
import { callOne, type Operation, type Queryable } from './cases.ts';
import type { Database } from './database.ts';
import { read, setChunkSize } from './operations.ts';
import { until } from './waits.ts';

/** An operation once it has ended. */
export async function finished(db: Queryable, operation: Operation, limit = {}) {
  return until(
    `the operation ${operation.id} ends`,
    async () => {
      const now = await read(db, operation);
      return /succeeded|failed|cancelled/.test(now.state) && now;
    },
    limit,
  );
}

/** An operation once it has done so many chunks. */
export async function progressed(db: Queryable, operation: Operation, chunks: number) {
  return until(`the operation ${operation.id} does ${chunks} chunks`, async () => {
    const now = await read(db, operation);
    return now.chunks >= chunks && now;
  });
}

/**
 * A suite with so many cases, `k1` and on, by plain SQL. `tagged` puts a tag on every n-th case:
 * `{ rag: 1, flaky: 10 }`.
 */
export async function makeLargeSuite(
  db: Queryable,
  cases: number,
  tagged: Record<string, number> = {},
): Promise<string> {
  const slug = `large-${randomBytes(6).toString('hex')}`;
  const { id } = await callOne<{ id: string }>(db, 'create_suite', { slug });
  await db.query(
    `insert into bulkhead.test_cases (suite_id, external_key, input)
     select $1, 'k' || i, to_jsonb('question ' || i) from generate_series(1, $2::int) i order by i`,
    [id, cases],
  );
  for (const [tag, every] of Object.entries(tagged)) {
    await callOne(db, 'define_tag', { suite_id: id, name: tag });
    await db.query(
      `insert into bulkhead.test_case_tags (suite_id, case_id, tag)
       select suite_id, id, $2 from bulkhead.test_cases
       where suite_id = $1 and substr(external_key, 2)::int % $3 = 0`,
      [id, tag, every],
    );
  }
  await db.query('analyze bulkhead.test_cases, bulkhead.test_case_tags');
  return id;
}

/** Submits an operation; with a new tag, or on many cases, a worker has to run it. */
export async function submit(
  db: Queryable,
  name: string,
  suiteId: string,
  args: Record<string, unknown>,
): Promise<Operation> {
  return callOne<Operation>(db, name, { suite_id: suiteId, ...args });
}

/** The same with small chunks to begin with, before any worker can see the operation. */
export async function submitInChunks(
  pool: pg.Pool,
  name: string,
  suiteId: string,
  { chunkSize = 50, ...args }: Record<string, unknown> & { chunkSize?: number },
): Promise<Operation> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const operation = await submit(client, name, suiteId, args);
    await setChunkSize(client, operation, chunkSize);
    await client.query('commit');
    return operation;
  } finally {
    client.release();
  }
}

/** How many links with this tag a suite has; `ofOperation` counts only those that it made. */
export async function countLinks(
  db: Queryable,
  suiteId: string,
  tag: string,
  ofOperation: string | null = null,
): Promise<number> {
  const { rows } = await db.query(
    `select count(*)::int as links from bulkhead.test_case_tags
     where suite_id = $1 and tag = $2 and ($3::bigint is null or operation_id = $3)`,
    [suiteId, tag, ofOperation],
  );
  return rows[0].links;
}

/** Listens to a topic, whose channel only the owner can learn of any suite. */
export async function listen(client: pg.Client | pg.PoolClient, topic: string): Promise<void> {
  const { rows } = await client.query('select bulkhead_private.channel($1)', [topic]);
  await client.query(`listen ${pg.escapeIdentifier(rows[0].channel)}`);
}

/** A session of its own that hears what a suite's operations tell their subscribers. */
export async function listenTo(t: ExecutionContext, { ownerUrl }: Database, suiteId: string) {
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'listener' });
  client.on('error', () => {});
  await client.connect();
  t.teardown(() => client.end());
  const heard: { operation_id: string }[] = [];
  client.on('notification', ({ payload = '' }) => heard.push(JSON.parse(payload)));
  await listen(client, `suite/${suiteId}`);
  return heard;
}

/**
 * All that an operation left behind, in words that are the same in any suite: links by the case's
 * key, the change log case by case, and the counters.
 */
export async function outcomeOf(db: Queryable, operation: Operation) {
  const now = await read(db, operation);
  const { rows } = await db.query(
    `select
       (select array_agg(c.external_key || ' ' || l.tag || case when l.operation_id = $2 then ' by it' else '' end
          order by c.id, l.tag)
        from bulkhead.test_case_tags l join bulkhead.test_cases c on c.suite_id = l.suite_id and c.id = l.case_id
        where l.suite_id = $1) as links,
       (select array_agg(h.case_id - (select min(id) from bulkhead.test_cases where suite_id = $1)
          || concat_ws(' ', '', h.change, h.tag, h.code) order by h.case_id, h.change, h.tag)
        from bulkhead.operation_changes($1, $2, row_limit => null) h) as changes`,
    [operation.suite_id, operation.id],
  );
  const { state, total, processed, changed, unchanged, skipped, failed } = now;
  return { state, total, processed, changed, unchanged, skipped, failed, ...rows[0] } as {
    links: string[];
    changes: string[];
  } & Pick<Operation, 'state' | 'total' | 'processed' | 'changed'>;
}

/** The sessions that hold the lock under which the operations of a suite run: none, or one. */
export async function runnersOf(db: Queryable, suiteId: string): Promise<number[]> {
  const { rows } = await db.query(
    `select pid from pg_locks
     where locktype = 'advisory' and granted and objsubid = 1
       and database = (select oid from pg_database where datname = current_database())
       and (classid::bigint << 32 | objid::bigint) = bulkhead_private.suite_lock_key($1)`,
    [suiteId],
  );
  return rows.map(({ pid }) => pid);
}

/** The jobs of the queue, as a DBA sees them. */
export async function jobs(db: Queryable, task: string) {
  const { rows } = await db.query(
    `select id, attempts, max_attempts, last_error, locked_by from graphile_worker.jobs
     where task_identifier = $1 order by id`,
    [task],
  );
  return rows as {
    id: string;
    attempts: number;
    max_attempts: number;
    last_error: string | null;
    locked_by: string | null;
  }[];
}
