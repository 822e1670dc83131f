/** The API server: GraphQL over HTTP and WebSocket, Ruru, and health. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { postgraphile } from 'postgraphile';
import { grafserv } from 'postgraphile/grafserv/express/v4';
import { type Config, httpUrl } from '../config.ts';
import { makePool, makeRequestPool, makeTransferPool } from '../database/pools.ts';
import { makeListener } from '../graphql/listener.ts';
import { makePreset } from '../graphql/preset.ts';
import { makeWithRequestClient } from '../graphql/request-client.ts';
import type { Logger } from '../logger.ts';
import { makeApi } from './api/router.ts';
import { makeApp } from './app.ts';
import { callers } from './callers.ts';
import { makeGate } from './gate.ts';
import { makeCheckReady } from './health.ts';
import { makeSignIn } from './sign-in/router.ts';
import { isWebSocket, startSockets } from './sockets.ts';

export type ServerOptions = {
  config: Pick<Config, 'host' | 'port'> & Partial<Pick<Config, 'publicUrl' | 'oidc' | 'rateLimit'>>;
  /** For signing in, for listening, and for /readyz, which compares migrations; other requests never use it. */
  ownerUrl: string;
  apiUrl: string;
  logger: Logger;
};

export type RunningServer = { url: string; port: number; stop(): Promise<void> };

/** How long requests that are running at a stop may take to end. */
const patience = 5000;

/** How long the body of a request may take to come: Node's five minutes are too few for a large append. */
const longestRequest = 3_600_000;

/** Milliseconds that an idle connection stays open: longer than proxies keep theirs (60 s), or one could send on a connection that we close. */
const longestIdle = 75_000;

/** Builds the schema, then listens. A port that is taken rejects with EADDRINUSE. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, ownerUrl, apiUrl, logger } = options;
  const { publicUrl, oidc, rateLimit = 6000 } = config;
  const pool = makeRequestPool(apiUrl, logger);
  const ownerPool = makePool(ownerUrl, 'bulkhead sign-in', logger, { max: 2 });
  const transferPool = makeTransferPool(apiUrl, logger);
  const gate = makeGate({ pool, rateLimit });
  const withClient = makeWithRequestClient({ pool, onRefused: gate.forget });
  let sockets: ReturnType<typeof startSockets> | undefined;
  const onAccess = (principal: string | null) => {
    gate.doubt(principal);
    sockets?.recheck(principal);
  };
  const listener = makeListener({ connectionString: ownerUrl, logger, onAccess });
  const graphql = postgraphile(
    makePreset({
      pool,
      listener,
      logger,
      credentialOf: (request) => callers.get(request)?.hash,
      onRefused: gate.forget,
    }),
  );
  const release = async () => {
    await listener.release();
    await graphql.release();
    await Promise.all([pool.end(), transferPool.end(), ownerPool.end()]);
  };
  try {
    await graphql.getSchema();
    const handler = graphql.createServ(grafserv);
    const app = await makeApp({
      publicUrl,
      gate,
      signIn: makeSignIn({ config: { publicUrl, oidc }, ownerPool, withClient, gate, logger }),
      api: makeApi({ pool: transferPool, withClient, logger }),
      checkReady: makeCheckReady({ pool, ownerUrl }),
      addGraphql: (to) => handler.addTo(to, null, false),
      logger,
    });
    await handler.ready();
    const server = createServer(
      {
        requestTimeout: longestRequest,
        keepAliveTimeout: longestIdle,
        shouldUpgradeCallback: isWebSocket,
      },
      app,
    );
    sockets = startSockets({ server, handler, gate, publicUrl, logger });
    await listen(server, config);
    const { port } = server.address() as AddressInfo;
    let stopped: Promise<void> | undefined;
    const stop = async () => {
      const closed = close(server);
      await sockets?.stop();
      await closed;
      await release();
    };
    return { url: httpUrl(config.host, port), port, stop: () => (stopped ??= stop()) };
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
