/** The API server: GraphQL over HTTP and WebSocket, Ruru, and health. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { postgraphile } from 'postgraphile';
import { grafserv } from 'postgraphile/grafserv/express/v4';
import type { Config } from '../config.ts';
import { makePool } from '../database/pools.ts';
import { makeListener } from '../graphql/listener.ts';
import { makePreset } from '../graphql/preset.ts';
import { withRequestRole } from '../graphql/request-role.ts';
import type { Logger } from '../logger.ts';
import { makeApp } from './app.ts';
import { makeCheckReady } from './health.ts';
import { startSockets } from './sockets.ts';

export type ServerOptions = {
  config: Pick<Config, 'host' | 'port'>;
  /** Only for /readyz, which compares migrations; requests never use it. */
  ownerUrl: string;
  apiUrl: string;
  logger: Logger;
};

export type RunningServer = { url: string; port: number; stop(): Promise<void> };

/** How long requests that are running at a stop may take to end. */
const patience = 5000;

/** Builds the schema, then listens. A port that is taken rejects with EADDRINUSE. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, ownerUrl, apiUrl, logger } = options;
  const pool = makePool(withRequestRole(apiUrl), 'bulkhead api', logger);
  const listener = makeListener({ connectionString: apiUrl, logger });
  const graphql = postgraphile(makePreset({ pool, listener, logger }));
  const release = async () => {
    await listener.release();
    await graphql.release();
    await pool.end();
  };
  try {
    await graphql.getSchema();
    const handler = graphql.createServ(grafserv);
    const app = await makeApp({
      checkReady: makeCheckReady({ pool, ownerUrl }),
      addGraphql: (to) => handler.addTo(to, null, false),
      logger,
    });
    await handler.ready();
    const server = createServer(app);
    const sockets = startSockets(server, handler);
    await listen(server, config);
    const { port } = server.address() as AddressInfo;
    let stopped: Promise<void> | undefined;
    const stop = async () => {
      const closed = close(server);
      await sockets.stop();
      await closed;
      await release();
    };
    return { url: urlOf(config.host, port), port, stop: () => (stopped ??= stop()) };
  } catch (error) {
    await release();
    throw error;
  }
}

function listen(server: Server, { host, port }: ServerOptions['config']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Takes no more requests, and waits for those that run, but not for ever. */
async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const cut = setTimeout(() => server.closeAllConnections(), patience);
  server.closeIdleConnections();
  await closed;
  clearTimeout(cut);
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
