/**
 * Where a request has its token or session, and what of it goes on: its SHA-256, and nothing else.
 * A secret ends with a checksum of itself, so that one which is cut off or mistyped is known to be
 * wrong without the database; the caller gets the same answer as for any other.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { parseCookie } from 'cookie';
import { isHttps } from './origin.ts';

/** What kinds of secrets there are, by how they begin: token, session, sign-in link. */
export type Prefix = 'bhd_' | 'bhs_' | 'bhl_';

/** What a request shows; the hash is absent if it cannot be a secret of Bulkhead. */
export type Shown = { by: 'bearer' | 'cookie'; hash: Buffer | undefined };

/** The SHA-256 of a secret; undefined if the text is none of this kind, or not whole. */
export function hashSecret(text: unknown, prefix: Prefix): Buffer | undefined {
  if (typeof text !== 'string' || !text.startsWith(prefix)) return undefined;
  if (!/^bh[dsl]_[0-9a-f]{48}$/.test(text)) return undefined;
  const sum = sha256(text.slice(0, -8)).subarray(0, 4);
  return timingSafeEqual(sum, Buffer.from(text.slice(-8), 'hex')) ? sha256(text) : undefined;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Of an https server the cookie is bound to its host: no other name of the domain can set it. */
export function cookieName(publicUrl: string | undefined): string {
  return isHttps(publicUrl) ? '__Host-bulkhead_session' : 'bulkhead_session';
}

/** The token if there is one, and otherwise the cookie; what else `Authorization` has is for a proxy. */
export function readShown(
  { authorization, cookie }: Pick<IncomingHttpHeaders, 'authorization' | 'cookie'>,
  publicUrl: string | undefined,
): Shown | undefined {
  if (authorization && /^bearer\b/i.test(authorization)) {
    const [, token] = /^bearer +(\S+) *$/i.exec(authorization) ?? [];
    return { by: 'bearer', hash: hashSecret(token, 'bhd_') };
  }
  const session = cookie && parseCookie(cookie)[cookieName(publicUrl)];
  return session ? { by: 'cookie', hash: hashSecret(session, 'bhs_') } : undefined;
}

/** The SHA-256 of the session of a browser, if it has a cookie that can be one. */
export function sessionHash(
  { headers }: { headers: IncomingHttpHeaders },
  publicUrl: string | undefined,
): Buffer | undefined {
  const shown = readShown({ cookie: headers.cookie }, publicUrl);
  return shown?.hash;
}

/** Where a request comes from; if TLS ends in front, as the proxy there says. */
export function addressOf(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  publicUrl: string | undefined,
): string {
  const forwarded = publicUrl ? String(headers['x-forwarded-for'] ?? '').split(',') : [];
  return forwarded.at(-1)?.trim() || (socket.remoteAddress ?? '');
}
