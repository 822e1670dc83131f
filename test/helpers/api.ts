/** The API server as a client sees it. */
import type { TestFn } from 'ava';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { startServer } from '../../src/http/server.ts';
import { makeLogger } from '../../src/logger.ts';
import { type Database, useDatabase } from './database.ts';

/** What GraphQL answers; tests look into it without types, as a client may. */
export type Answer = {
  // biome-ignore lint/suspicious/noExplicitAny: its form is that of the query
  data?: any;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
};

/** A server for all tests of a file, on a database of its own. */
export type Api = {
  db: Database;
  url: string;
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
export async function openApi(db: Database): Promise<Api> {
  const { ownerUrl, apiUrl } = db;
  const logger = makeLogger(process.env.L ?? 'silent');
  const config = { host: '127.0.0.1', port: 0 };
  const { url, stop } = await startServer({ config, ownerUrl, apiUrl, logger });
  const clients: Client[] = [];
  const send = (query: string, variables?: object) => post(url, { query, variables });

  async function run(query: string, variables?: object) {
    const { data, errors } = await send(query, variables);
    if (errors) throw new Error(JSON.stringify(errors, null, 2));
    return data;
  }

  return {
    db,
    url,
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
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
      });
      clients.push(client);
      return client;
    },
    async stop() {
      for (const client of clients) await client.dispose();
      await stop();
    },
  };
}

/** Posts a request to /graphql, whatever it is. */
export async function post(url: string, body: unknown): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Answer;
}
