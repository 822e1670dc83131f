/** What the verbs over HTTP have in their hands: the server, and where their lines go. */
import type { Readable, Writable } from 'node:stream';
import { howToGetToken, type Remote } from '../config.ts';
import { BulkheadError } from '../errors.ts';
import type { Id } from './documents/shared.ts';
import { suiteId } from './documents/suites.ts';
import { type Ask, makeAsk } from './graphql.ts';
import { type Http, makeHttp } from './http.ts';

/** What these verbs need from the program. */
export type ClientDeps = {
  /** Where the environment says that the server is; undefined: nowhere. */
  remote(): Remote | undefined;
  print(line: string): void;
  /** For people, beside the output proper: stderr. */
  note(line: string): void;
  input: Readable;
  output: Writable;
  /** Standard error, and whether somebody looks at it as it is written. */
  screen: NodeJS.WriteStream;
};

/** A server, and how it is asked. */
export type Client = {
  http: Http;
  ask: Ask;
  /** The id of the suite with this slug; a slug that nobody has is refused. */
  suite(slug: string): Promise<Id>;
};

/** The server of BULKHEAD_URL; without one there is nobody to ask. */
export function makeClient({ remote, note }: Pick<ClientDeps, 'remote' | 'note'>): Client {
  const found = remote();
  if (!found)
    throw new BulkheadError(
      'BAD_CONFIG',
      'BULKHEAD_URL is not set, and this command needs a server',
      {
        hint: `For example: BULKHEAD_URL=http://127.0.0.1:5480, and BULKHEAD_TOKEN=bhd_…, a token of that server. ${howToGetToken}`,
      },
    );
  const http = makeHttp(found);
  const ask = makeAsk(http, note);
  return { http, ask, suite: async (slug) => (await ask(suiteId, { slug })).suiteId };
}

/** The part of an answer that is absent only if the suite has gone since it was looked up. */
export function present<T>(part: T | null | undefined, slug: string): T {
  if (part !== null && part !== undefined) return part;
  throw new BulkheadError('UNKNOWN_SUITE', `there is no suite "${slug}" any more`);
}
