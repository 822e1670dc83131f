/** A client of appends and pulls: reads answers to their end, and keeps nothing of them. */
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** One connection that is kept. */
export type TransferClient = {
  /** Appends a body; how many cases were inserted. */
  append(slug: string, body: Readable | string): Promise<number>;
  /** Pulls all cases of a suite; how many lines, and bytes, there were. */
  pull(slug: string): Promise<{ lines: number; bytes: number }>;
  stop(): void;
};

/** Makes a client with a token. */
export function makeTransferClient(port: number, token: string): TransferClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const authorization = `Bearer ${token}`;
  const options = (slug: string, more: RequestOptions): RequestOptions => ({
    ...{ agent, host: '127.0.0.1', port, path: `/api/suites/${slug}/cases` },
    ...more,
  });
  return {
    async append(slug, body) {
      const headers = {
        authorization,
        'content-type': 'application/x-ndjson',
        accept: 'application/x-ndjson',
      };
      const sent = request(options(slug, { method: 'POST', headers }));
      const answered = answerTo(sent);
      if (typeof body === 'string') sent.end(body);
      else await pipeline(body, sent);
      let tail = '';
      await readAll(await answered, (piece) => {
        tail = (tail + piece.subarray(-500).toString()).slice(-500);
      });
      return JSON.parse(tail.trimEnd().split('\n').at(-1) ?? '').inserted;
    },
    async pull(slug) {
      const headers = { authorization, accept: 'application/x-ndjson' };
      const sent = request(options(slug, { method: 'GET', headers }));
      const answered = answerTo(sent);
      sent.end();
      let [lines, bytes] = [0, 0];
      await readAll(await answered, (piece) => {
        bytes += piece.length;
        for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) lines += 1;
      });
      return { lines, bytes };
    },
    stop: () => agent.destroy(),
  };
}

async function answerTo(sent: ReturnType<typeof request>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.on('response', resolve).on('error', reject);
  });
}

async function readAll(answer: IncomingMessage, see: (piece: Buffer) => void): Promise<void> {
  if ((answer.statusCode ?? 500) >= 300)
    throw new Error(`${answer.statusCode}: ${Buffer.concat(await answer.toArray()).toString()}`);
  for await (const piece of answer) see(piece);
}
