/** The two pools of a process: the owner's for the worker, the API's for requests. */
import pg from 'pg';
import { limits } from '../graphql/limits.ts';
import { withRequestRole } from '../graphql/request-role.ts';
import type { Logger } from '../logger.ts';

/** What `makePools` returns. */
export type Pools = { owner: pg.Pool; api: pg.Pool; release(): Promise<void> };

/** Opens both pools; nothing connects before it is asked to. */
export function makePools(options: { ownerUrl: string; apiUrl: string; logger?: Logger }): Pools {
  const { ownerUrl, apiUrl, logger } = options;
  const owner = makePool(ownerUrl, 'bulkhead owner', logger);
  const api = makePool(apiUrl, 'bulkhead api', logger);
  return {
    owner,
    api,
    async release() {
      await Promise.all([owner.end(), api.end()]);
    },
  };
}

/** Connections for requests, which send what belongs together at once (request-client.ts). */
export function makeRequestPool(apiUrl: string, logger?: Logger): pg.Pool {
  const max = limits.connections;
  return makePool(withRequestRole(apiUrl), 'bulkhead api', logger, { pipeline: true, max });
}

/** A pool that survives a restart of the server: without a handler an idle client's error ends the process. */
export function makePool(
  connectionString: string,
  name: string,
  logger?: Logger,
  more: pg.PoolConfig = {},
): pg.Pool {
  const pool = new pg.Pool({ connectionString, application_name: name, ...more });
  const warn = (error: Error) => logger?.warn({ err: error, pool: name }, 'connection lost');
  pool.on('error', warn);
  pool.on('connect', (client) => client.on('error', warn));
  return pool;
}
