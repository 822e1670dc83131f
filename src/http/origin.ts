/**
 * Who may talk to a server that has no tokens yet: programs of this machine, and its own pages. A
 * page of another site could reach it through the browser, directly or with a host name of its own
 * that leads to 127.0.0.1; it cannot hide its origin, nor the host name.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../config.ts';
import { BulkheadError } from '../errors.ts';

/** Says why a request is refused; null if it is not. */
export function refuseForeign({ host, origin }: IncomingHttpHeaders): BulkheadError | null {
  if (!host || !isLoopback(nameOf(`http://${host}`)))
    return foreign(`the host "${host ?? ''}" is not this machine`);
  if (origin !== undefined && origin !== `http://${host}`)
    return foreign(`the request comes from a page of ${origin}`);
  return null;
}

function nameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : '';
}

function foreign(message: string): BulkheadError {
  return new BulkheadError('FOREIGN_ORIGIN', message, {
    hint: 'Ask 127.0.0.1 or localhost, from a program or from a page of this server.',
  });
}
