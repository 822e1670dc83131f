/** A server to sign in to, and a look at who one is there. */
import { Writable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import { type Config, readConfig } from '../../src/config.ts';
import { startServer } from '../../src/http/server.ts';
import type { Database } from './database.ts';
import type { Visitor } from './visitor.ts';

/** A server, and everything that it has logged. */
export type SignInServer = { url: string; log(): string };

/** Starts one for a test, on a database that is there. */
export async function startSignIn(
  t: ExecutionContext,
  { ownerUrl, apiUrl }: Database,
  environment: Record<string, string> = {},
): Promise<SignInServer> {
  let log = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      log += chunk;
      done();
    },
  });
  const config: Config = { ...readConfig(environment), port: 0 };
  const logger = pino({ level: 'trace' }, destination);
  const { url, stop } = await startServer({ config, ownerUrl, apiUrl, logger });
  t.teardown(stop);
  return { url, log: () => log };
}

/** What the page at / says: who one is, and the role in each suite; null where one is sent to sign in. */
export async function whoAmI(visitor: Visitor, url: string) {
  const { status, text, headers } = await visitor.ask(`${url}/`);
  if (status === 303 && headers.get('location') === '/sign-in?to=/') return null;
  const cells = [...text.matchAll(/<td><code>(.*?)<\/code><\/td><td>(.*?)<\/td>/g)];
  return {
    principal: /\(<code>(.*?)<\/code>\)/.exec(text)?.[1],
    admin: /, an admin/.test(text),
    suites: Object.fromEntries(cells.map(([, slug, role]) => [slug, role])),
  };
}
