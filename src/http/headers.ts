/** What browsers are told of every answer: nothing of it runs, is framed, or is guessed at. */
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { isHttps } from './origin.ts';

/** Nothing at all: for answers that are no pages. Pages of signing in say their own. */
const nothing = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};

/** Security headers of all answers. */
export function securityHeaders(publicUrl: string | undefined): RequestHandler {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: nothing },
    // Only where TLS is known to be in front; on plain loopback it would lock out every other port.
    strictTransportSecurity: isHttps(publicUrl) && {
      maxAge: 365 * 24 * 3600,
      includeSubDomains: false,
    },
  });
}
