/** The API server as a client sees it. */
import type { TestFn } from 'ava';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { type ServerOptions, startServer } from '../../src/http/server.ts';
import { type Logger, makeLogger } from '../../src/logger.ts';
import { makeSession, makeToken, type Role, type Token } from './access.ts';
import { type Database, useDatabase } from './database.ts';

/** What GraphQL answers; tests look into it without types, as a client may. */
export type Answer = {
  // biome-ignore lint/suspicious/noExplicitAny: its form is that of the query
  data?: any;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
};

/** A server for all tests of a file, on a database of its own, and whom its requests act for. */
export type Api = {
  db: Database;
  url: string;
  /** The session of an admin who is an owner of every suite; of `as`, whatever that was given. */
  secret: string;
  /** The headers by which a program shows the secret; for a session also where a page would be from. */
  headers: Record<string, string>;
  /** The same server for another token (bhd_…) or session (bhs_…); null: for nobody. */
  as(secret: string | null): Api;
  /** Makes a token with one role in these suites. */
  token(role: Role, suites: string[], args?: { expires_in_days?: number | null }): Promise<Token>;
  /** Sends a document; the answer may have errors. */
  send(query: string, variables?: object): Promise<Answer>;
  /** Sends a document that has to succeed; returns its data. */
  run(query: string, variables?: object): Promise<Answer['data']>;
  /** Sends a document that has to fail; returns the extensions of its one error, and its message. */
  fail(query: string, variables?: object): Promise<Record<string, unknown>>;
  /** Creates a suite with cases; returns the id. */
  suite(slug: string, cases?: object[]): Promise<string>;
  /** A client for subscriptions, gone at the end of the file. */
  sockets(): Client;
  stop(): Promise<void>;
};

/** `const api = useApi(test)`: it is there when the first test runs, and not before. */
export function useApi<Context>(test: TestFn<Context>): Api {
  const api = {} as Api;
  // Hooks run at the same time unless they are serial: the database is dropped after this one.
  test.serial.after.always('stop the server', () => api.stop?.());
  const db = useDatabase(test);
  test.serial.before('start the server', async () => {
    Object.assign(api, await openApi(db));
  });
  return api;
}

/** Starts a server on a database. */
export async function openApi(
  db: Database,
  more: Partial<ServerOptions['config']> & { logger?: Logger } = {},
): Promise<Api> {
  const { ownerUrl, apiUrl } = db;
  const { logger = makeLogger(process.env.L ?? 'silent'), ...rest } = more;
  const config = { host: '127.0.0.1', port: 0, ...rest };
  const server = await startServer({ config, ownerUrl, apiUrl, logger });
  const clients: Client[] = [];
  const stop = async () => {
    for (const client of clients) await client.dispose();
    await server.stop();
  };
  return makeApi({ db, url: server.url, clients, stop }, await signIn(db));
}

/** A session of somebody who may do everything that a request may. */
async function signIn({ pool }: Database): Promise<string> {
  const principal = 'person:tester';
  await pool.query(
    `insert into bulkhead.principals (name, is_admin, everywhere) values ($1, true, 'owner')
     on conflict do nothing`,
    [principal],
  );
  return makeSession(pool, principal);
}

type Server = Pick<Api, 'db' | 'url' | 'stop'> & { clients: Client[] };

function makeApi(server: Server, secret: string): Api {
  const { db, url, clients, stop } = server;
  const headers = headersOf(url, secret);
  const send = (query: string, variables?: object) => post(url, { query, variables }, headers);

  async function run(query: string, variables?: object) {
    const { data, errors } = await send(query, variables);
    if (errors) throw new Error(JSON.stringify(errors, null, 2));
    return data;
  }

  return {
    db,
    url,
    secret,
    headers,
    stop,
    as: (other) => makeApi(server, other ?? ''),
    token: (role, suites, args) => makeToken(db.pool, role, suites, args),
    send,
    run,
    async fail(query, variables) {
      const { errors } = await send(query, variables);
      if (errors?.length !== 1) throw new Error(`it did not fail once: ${JSON.stringify(errors)}`);
      return { message: errors[0]?.message, ...errors[0]?.extensions };
    },
    async suite(slug, cases = []) {
      const { createSuite } = await run(
        'mutation ($slug: String!) { createSuite(input: { slug: $slug }) { suite { id } } }',
        { slug },
      );
      const { id } = createSuite.suite;
      if (cases.length > 0)
        await run(
          'mutation ($id: BigInt!, $cases: JSON!) { appendCases(input: { suiteId: $id, cases: $cases }) { results { caseId } } }',
          { id, cases },
        );
      return id;
    },
    sockets() {
      const client = connectSocket(url, secret);
      clients.push(client);
      return client;
    },
  };
}

/** A client for subscriptions: a token goes along in the first message, and a session as a cookie. */
export function connectSocket(url: string, secret: string): Client {
  const isToken = secret.startsWith('bhd_');
  const headers = isToken ? {} : headersOf(url, secret);
  class WebSocketWithHeaders extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, { headers });
    }
  }
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocketWithHeaders,
    retryAttempts: 0,
    ...(isToken && { connectionParams: { authorization: `Bearer ${secret}` } }),
  });
}

/** How a request shows a token or a session. */
export function headersOf(url: string, secret: string): Record<string, string> {
  if (secret.startsWith('bhd_')) return { authorization: `Bearer ${secret}` };
  return secret ? { cookie: `bulkhead_session=${secret}`, origin: url } : {};
}

/** Posts a request to /graphql, whatever it is. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  return (await (await ask(url, body, headers)).json()) as Answer;
}

/** The same, with the answer's head. */
export function ask(
  url: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Response> {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}
