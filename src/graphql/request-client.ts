/**
 * How requests reach the database: each statement in a transaction of its own that acts for the
 * caller's credential, all of it sent at once; in one message where the connection has done it before
 * (request-query.ts). One by one, as PostGraphile's own adaptor does it, it takes four round trips.
 */
import type pg from 'pg';
import type { PgClient, PgClientQuery, PgClientResult } from 'postgraphile/@dataplan/pg';
import { BulkheadError } from '../errors.ts';
import { forgetPrepared, notePrepared } from './prepared.ts';
import { canActFor, credentialStatement, queryFor } from './request-query.ts';

/** `pgSettings`: { credential } of a request, { catalogue: 'read' } where the schema is made from it. */
type Settings = Record<string, string | undefined> | null;
export type WithRequestClient = <T>(
  settings: Settings,
  work: (client: PgClient) => T | Promise<T>,
) => Promise<T>;
type Answer = pg.QueryResult | pg.QueryArrayResult;

/** Refused as it is by the database: the credential was good a moment ago. */
type Options = { pool: pg.Pool; onRefused(hash: string): void };

/** The pool's connections have to be in the role of requests, and in pipeline mode. */
export function makeWithRequestClient({ pool, onRefused }: Options): WithRequestClient {
  return async (settings, work) => {
    const caller = callerOf(settings);
    const client = await pool.connect();
    const request = makeRequestClient(client, caller);
    try {
      return await work(request);
    } catch (error) {
      if ((error as { code?: string }).code === 'TCAUT') onRefused(settings?.credential ?? '');
      throw error;
    } finally {
      // Neither statements nor settings nor locks of this request are there for the next one.
      await request.end();
      client.release(client.getTransactionStatus() !== 'I');
    }
  };
}

/** Makes the transaction act for the token or session that has this SHA-256, and says who it is. */
export function useCredential(hash: Buffer): pg.QueryConfig {
  return { ...credentialStatement, values: [hash] };
}

/** A client as the generated queries take one; `name`: under which the statement is to be prepared. */
export function forQueries(client: PgClient, name?: string) {
  return {
    query: async (text: string, values: unknown[]) => {
      const { rows } = await client.query<never>({ text, values, ...(name && { name }) });
      return { rows: [...rows], rowCount: rows.length };
    },
  };
}

/** For whom, and how a transaction for them begins. */
type Caller = { hash?: Buffer; opening: pg.QueryConfig[] };

function callerOf(settings: Settings): Caller {
  if (settings?.credential) {
    const hash = Buffer.from(settings.credential, 'hex');
    return { hash, opening: [{ text: 'begin' }, useCredential(hash)] };
  }
  if (settings?.catalogue === 'read') return { opening: [{ text: 'begin read only' }] };
  throw new BulkheadError('UNAUTHENTICATED', 'the request shows neither a token nor a session');
}

function makeRequestClient(client: pg.PoolClient, caller: Caller) {
  // Transactions of one connection come one after the other.
  let last: Promise<unknown> = Promise.resolve();
  const guard = makeGuard();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    guard.check();
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  const self: PgClient & { end(): Promise<unknown> } = {
    query: (query) => inTurn(() => runAlone(client, caller, query)),
    withTransaction: (work) => inTurn(() => runTogether(client, caller, work as never)),
    end() {
      guard.end();
      return last;
    },
  };
  return self;
}

/** Whoever keeps a client for longer than it was given must not disturb who has it next. */
function makeGuard() {
  let ended = false;
  return {
    check() {
      if (ended) throw new Error('this transaction is over');
    },
    end() {
      ended = true;
    },
  };
}

/** One statement: the commit is on its way before the answer is, and becomes a rollback if that is an error. */
async function runAlone<T>(
  client: pg.PoolClient,
  { hash, opening }: Caller,
  query: PgClientQuery,
): Promise<PgClientResult<T>> {
  forgetPrepared(client);
  if (hash && canActFor(client))
    return toResult(await queryFor(client, hash, toQuery(client, query)));
  const sent = [...opening, toQuery(client, query), { text: 'commit' }].map((one) =>
    client.query(one),
  );
  try {
    const answers = await all(sent);
    requireCommit(answers.at(-1));
    return toResult(answers.at(-2));
  } catch (error) {
    // The commit has ended it, unless it is what failed.
    if (client.getTransactionStatus() !== 'I') await rollback(client);
    throw error;
  }
}

/** Several statements, as they come. */
async function runTogether<T>(
  client: pg.PoolClient,
  { opening }: Caller,
  work: (inner: PgClient) => Promise<T>,
): Promise<T> {
  forgetPrepared(client);
  const opened = all(opening.map((one) => client.query(one)));
  const guard = makeGuard();
  const worked = work(makeInner(client, guard.check));
  try {
    // In this order: once the opening has failed, so does everything after it.
    const [, result] = await all([opened, worked] as const).finally(guard.end);
    requireCommit(await client.query({ text: 'commit' }));
    return result as T;
  } catch (error) {
    await rollback(client);
    throw error;
  }
}

/** A connection that cannot do even this is not in the state in which the pool takes it back. */
async function rollback(client: pg.PoolClient): Promise<void> {
  await client.query({ text: 'rollback' }).catch(() => {});
}

function makeInner(client: pg.PoolClient, check: () => void): PgClient {
  return {
    async query(query) {
      check();
      return toResult(await client.query(toQuery(client, query)));
    },
    withTransaction() {
      throw new Error('a transaction within a transaction: nothing here needs one');
    },
  };
}

/** Waits for all, and then for the first that failed: what follows an error is an error of its own. */
async function all<T extends readonly Promise<unknown>[]>(promises: T) {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** A transaction in which a statement has failed answers a commit with a rollback, and no error. */
function requireCommit(answer: unknown): void {
  const { command } = answer as Answer;
  if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`);
}

function toResult<T>(answer: unknown): PgClientResult<T> {
  const { rows, rowCount } = answer as Answer;
  return { rows: rows as T[], rowCount };
}

/** The driver knows this form, and its types know it elsewhere. */
const rows = { rowMode: 'array' } as object;

function toQuery(
  client: pg.PoolClient,
  { text, name, values = [], arrayMode }: PgClientQuery,
): pg.QueryConfig {
  if (name) notePrepared(client, name);
  return { text, values, ...(name && { name }), ...(arrayMode && rows) };
}
