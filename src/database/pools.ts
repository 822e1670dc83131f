/** Pools of connections: of requests, and of whoever else needs one. */
import pg from 'pg';
import { limits } from '../graphql/limits.ts';
import { withRequestRole } from '../graphql/request-role.ts';
import type { Logger } from '../logger.ts';

/** Connections for requests, which send what belongs together at once (request-client.ts). */
export function makeRequestPool(apiUrl: string, logger?: Logger): pg.Pool {
  const max = limits.connections;
  return makePool(withRequestRole(apiUrl), 'bulkhead api', logger, { pipeline: true, max });
}

/** Connections for appends and pulls of any length: few, so that they leave the others to GraphQL. */
export function makeTransferPool(apiUrl: string, logger?: Logger): pg.Pool {
  const { transfers: max, transferWait: connectionTimeoutMillis } = limits;
  const more = { max, connectionTimeoutMillis };
  return makePool(withRequestRole(apiUrl), 'bulkhead transfer', logger, more);
}

/** A pool that survives a restart of the server: without a handler an idle client's error ends the process. */
export function makePool(
  connectionString: string,
  name: string,
  logger?: Logger,
  more: pg.PoolConfig = {},
): pg.Pool {
  const pool = new pg.Pool({ connectionString, application_name: name, ...more });
  const warn = (error: Error & { client?: unknown }) => {
    // The pool hangs the connection on it, with the key that cancels its statements.
    delete error.client;
    logger?.warn({ err: error, pool: name }, 'connection lost');
  };
  pool.on('error', warn);
  pool.on('connect', (client) => client.on('error', warn));
  return pool;
}
