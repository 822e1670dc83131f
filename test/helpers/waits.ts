/** Proofs, read from the server's own views, that a session waits for another one, or does not. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import pg from 'pg';
import type { Queryable } from './cases.ts';
import type { Database } from './database.ts';

/** A session of the owner for one test, closed at its end whatever it is doing. */
export async function openSession(t: ExecutionContext, database: Database): Promise<pg.Client> {
  // A test that goes wrong must not hang: what takes longer than this fails.
  const client = new pg.Client({
    connectionString: database.ownerUrl,
    statement_timeout: 20_000,
    application_name: 'bulkhead test session',
  });
  client.on('error', () => {});
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

/** The process that serves a session. */
export async function pidOf(client: Queryable): Promise<number> {
  const { rows } = await client.query('select pg_backend_pid() as pid');
  return rows[0].pid;
}

/**
 * Resolves to what the probe finds, once it finds anything; after so many seconds it is an error. They are many, because a
 * busy machine is no reason to fail.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false>,
  { seconds = 60 } = {},
): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await sleep(5)) {
    const found = await probe();
    if (found) return found;
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

/** Resolves to the processes that a session waits for, once it waits for a lock. */
export async function waitsFor(observer: Queryable, pid: number): Promise<number[]> {
  return until(`process ${pid} waits for a lock`, async () => {
    const { rows } = await observer.query(
      `select pg_blocking_pids(pid) as blockers from pg_stat_activity
       where pid = $1 and wait_event_type = 'Lock' and state = 'active'`,
      [pid],
    );
    return rows[0]?.blockers.length > 0 ? rows[0].blockers : null;
  });
}

/**
 * Runs something in a session that refuses to wait: any lock that it does not get at once, from
 * whomever, is an error. That it succeeds proves that it waited for nobody.
 */
export async function withoutWaiting<T>(client: Queryable, work: () => Promise<T>): Promise<T> {
  await client.query("set lock_timeout = '2s'");
  try {
    return await work();
  } finally {
    await client.query('reset lock_timeout');
  }
}

/** The locks on tables that the transaction of a session holds beyond those of plain reads and writes. */
export async function strongTableLocks(client: Queryable): Promise<string[]> {
  const { rows } = await client.query(
    `select format('%s on %s', l.mode, l.relation::regclass) as held
     from pg_locks l
     where l.pid = pg_backend_pid() and l.locktype = 'relation'
       and l.mode not in ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
     order by held`,
  );
  return rows.map((row) => row.held);
}
