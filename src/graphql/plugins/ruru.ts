/**
 * The page of Ruru runs the scripts that it came with, and no others: those within it bear a number
 * used once. Its editor writes styles at run time, which cannot be numbered.
 */
import { randomBytes } from 'node:crypto';
import type {} from 'postgraphile/grafserv';
import type {} from 'postgraphile/grafserv/express/v4';

const policy = (nonce: string) =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

export const RuruPlugin: GraphileConfig.Plugin = {
  name: 'RuruPlugin',
  version: '1.0.0',
  grafserv: {
    middleware: {
      ruruHTML(next, { htmlParts, request }) {
        const nonce = randomBytes(16).toString('base64');
        for (const [name, part] of Object.entries(htmlParts))
          Object.assign(htmlParts, {
            [name]: part.replaceAll('<script', `<script nonce="${nonce}"`),
          });
        const { expressv4 } = request.requestContext as Partial<Grafast.RequestContext>;
        expressv4?.res.set({
          'Content-Security-Policy': policy(nonce),
          'Cache-Control': 'no-store',
        });
        return next();
      },
    },
  },
};
