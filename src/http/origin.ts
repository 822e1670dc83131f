/**
 * Requests that a browser sends on behalf of somebody's page. A session's cookie goes along with
 * each, also with one from a page of another server on this host (cookies know no ports), so what a
 * cookie alone authenticates has to come from a page of this server. A token does not go along by
 * itself: whoever has it may send it from wherever they are.
 *
 * The name by which this server is asked (`Host`) is not compared with anything. A page that leads
 * a name of its own to this machine (DNS rebinding) does reach it, but a browser gives it neither
 * the cookie, which belongs to another name, nor the token; and without either there is nothing
 * here but health and the form to sign in.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { BulkheadError } from '../errors.ts';

/** The origin of this server as a browser has it, from the configuration or from the request. */
export function originOf({ host }: IncomingHttpHeaders, publicUrl: string | undefined): string {
  return publicUrl ?? `http://${host ?? ''}`;
}

export function isHttps(publicUrl: string | undefined): boolean {
  return publicUrl?.startsWith('https:') ?? false;
}

/** Says why a request that a cookie authenticates is refused; null if it is not. */
export function refuseForeign(
  headers: IncomingHttpHeaders,
  publicUrl: string | undefined,
): BulkheadError | null {
  const { origin } = headers;
  const own = originOf(headers, publicUrl);
  // TLS may end in front of a server that was not told of it.
  if (origin === own || (!publicUrl && origin === own.replace(/^http:/, 'https:'))) return null;
  const from =
    origin === undefined
      ? 'does not say from which page it comes'
      : `comes from a page of ${origin}`;
  return new BulkheadError('FOREIGN_ORIGIN', `the request ${from}, and shows a session`, {
    hint: `A page of ${own} may send it; a program sends a token: Authorization: Bearer bhd_….`,
  });
}
