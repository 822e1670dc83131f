/** `bulkhead sign-in-link`: a link to sign in with once, for whoever may use this machine's database. */
import { type Config, defaultPort, httpUrl } from '../config.ts';
import { withClient } from '../database/admin.ts';
import { findMigrated } from '../database/open.ts';
import { BulkheadError } from '../errors.ts';
import { createSignInLink } from '../queries/sign-in.queries.ts';
import type { Context } from './context.ts';

/** Prints a link and nothing else, so that it can be handed on. */
export async function signInLink({ config, print }: Context): Promise<number> {
  const url = serverUrl(config);
  const { ownerUrl } = await findMigrated(config);
  print(await makeSignInLink(ownerUrl, url));
  return 0;
}

/** Makes a link for the server at this address; it works once, and for an hour. */
export async function makeSignInLink(ownerUrl: string, url: string): Promise<string> {
  const [made] = await withClient(ownerUrl, (client) => createSignInLink.run(undefined, client));
  const link = new URL(`/sign-in/link?key=${made?.link}`, url);
  // a server that listens everywhere is asked for by a name that it answers to
  if (['0.0.0.0', '[::]'].includes(link.hostname)) link.hostname = '127.0.0.1';
  return link.href;
}

/**
 * The command that makes a link to a server that is running. Another shell does not know where it is found: neither
 * what was set for it, nor the port that was free.
 */
export function signInCommand(program: string, { publicUrl }: Config, port: number): string {
  const where = publicUrl
    ? `BULKHEAD_PUBLIC_URL=${publicUrl} `
    : port === defaultPort
      ? ''
      : `BULKHEAD_PORT=${port} `;
  return `${where}${program} sign-in-link`;
}

/** Where a browser finds the server, as far as the configuration says. */
function serverUrl({ publicUrl, host, port }: Config): string {
  if (publicUrl) return publicUrl;
  if (port !== 0) return httpUrl(host, port);
  throw new BulkheadError('BAD_CONFIG', 'BULKHEAD_PORT=0 does not say where the server is', {
    hint: 'Set BULKHEAD_PORT to the port that the server has printed',
  });
}
