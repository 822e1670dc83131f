/** Transactions in the name of a caller, on a connection that is in the role of requests. */
import type pg from 'pg';
import { BulkheadError } from '../../errors.ts';
import { useCredential } from '../../graphql/request-client.ts';
import type { Caller } from '../gate.ts';

export type Ending = 'commit' | 'rollback';

/** `one moment`: all statements see the database as it was at the first one. */
export type View = 'each statement' | 'one moment';

const beginnings = {
  'each statement': 'begin',
  'one moment': 'begin isolation level repeatable read',
};

/** Takes a connection for as long as a transfer needs it, if one comes free in time. */
export async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  return pool.connect().catch((error) => {
    throw isTimeout(error) ? tooMany(error) : error;
  });
}

/** Does something in a transaction of the caller's, which is rolled back where that is asked for. */
export async function actFor<T>(
  client: pg.PoolClient,
  { hash }: Caller,
  work: () => Promise<T>,
  ending: Ending = 'commit',
  view: View = 'each statement',
): Promise<T> {
  await client.query({ text: beginnings[view] });
  try {
    await client.query(useCredential(Buffer.from(hash, 'hex')));
    const result = await work();
    await client.query({ text: ending });
    return result;
  } catch (error) {
    await client.query({ text: 'rollback' }).catch(() => {});
    throw error;
  }
}

/** The pool's own error, which has no code. */
const isTimeout = (error: Error) => error.message.startsWith('timeout exceeded');

function tooMany(cause: Error): BulkheadError {
  const message = 'as many appends and pulls are under way as this server does at once';
  return new BulkheadError('TOO_MANY_TRANSFERS', message, {
    hint: 'Try again in a moment.',
    cause,
  });
}
