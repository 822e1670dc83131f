/** `bulkhead serve`: the API server alone. */
import { findMigrated } from '../database/open.ts';
import { BulkheadError } from '../errors.ts';
import { freePort } from '../ports.ts';
import { runUntilStopped } from '../shutdown.ts';
import type { Context } from './context.ts';
import { signInCommand } from './sign-in-link.ts';

/** Serves the API until asked to stop. */
export async function serve(context: Context): Promise<number> {
  return runUntilStopped(context.print, async function* (onStop) {
    const database = await findMigrated(context.config);
    const apiUrl = await database.apiUrl();
    yield;
    const server = await listen(context, { ...database, apiUrl }, { otherPort: false });
    onStop(server.stop);
    const signIn = signInCommand('bulkhead', context.config, server.port);
    context.print(`Bulkhead's API is at ${server.url} (to sign in there: ${signIn})`);
    return { died: database.died };
  });
}

/** Starts the API server on the port of the configuration or, if told so, on the next free one. */
export async function listen(
  { config, logger, print }: Context,
  { ownerUrl, apiUrl }: { ownerUrl: string; apiUrl: string },
  { otherPort }: { otherPort: boolean },
) {
  const { startServer } = await import('../http/server.ts');
  const port = await freePort(config.port, config.host);
  if (config.port !== 0 && port !== config.port) {
    if (!otherPort) throw portInUse(config.port);
    print(
      `Port ${config.port} is in use by another program; using ${port}. BULKHEAD_PORT sets it.`,
    );
  }
  return startServer({ config: { ...config, port }, ownerUrl, apiUrl, logger }).catch((error) => {
    throw error.code === 'EADDRINUSE' ? portInUse(port) : error;
  });
}

const portInUse = (port: number) =>
  new BulkheadError('PORT_IN_USE', `Port ${port} is in use by another program`, {
    hint: 'Stop it, or set BULKHEAD_PORT to another port',
  });
