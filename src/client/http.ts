/**
 * One way to the server, for GraphQL, appends and pulls. Node's own client and not `fetch`, because a
 * refusal has to be read while the file is still on its way.
 */
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request } from 'node:http';
import { Agent as HttpsAgent, request as secureRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Remote } from '../config.ts';
import { BulkheadError } from '../errors.ts';
import {
  type AnsweredError,
  type LineError,
  notBulkhead,
  refusalOf,
  unreachable,
} from './refusals.ts';

/** How long nothing may come or go, in milliseconds: longer than the server takes for anything. */
const patience = 300_000;

/** Of a refusal so much is read. */
const longestRefusal = 4 * 1024 * 1024;

/** A request; the path begins with a slash. */
export type HttpRequest = {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string | AsyncIterable<Buffer>;
  signal?: AbortSignal | undefined;
};

/** Sends requests to one server, with its token. */
export type Http = {
  url: string;
  /** Resolves to an answer with a status below 400; everything else is thrown. */
  send(request: HttpRequest): Promise<IncomingMessage>;
};

/** Makes the way to a server. The token goes nowhere else: redirects are not followed. */
export function makeHttp({ url, token, proxyEnv }: Remote): Http {
  const isSecure = url.startsWith('https:');
  const options = { keepAlive: true, ...(proxyEnv && { proxyEnv }) };
  const agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options);
  const start = isSecure ? secureRequest : request;
  return {
    url,
    async send({ method, path, headers, body, signal }) {
      const outgoing = start(new URL(path, url), {
        method,
        agent,
        headers: { authorization: `Bearer ${token}`, 'user-agent': 'bulkhead', ...headers },
        ...(signal && { signal }),
      });
      const answer = await converse(outgoing, body).catch((error) => {
        if (signal?.aborted || error instanceof BulkheadError) throw error;
        throw unreachable(url, error);
      });
      if ((answer.statusCode ?? 0) < 300 || answer.statusCode === 304) return answer;
      throw await readRefusal(url, answer).finally(() => outgoing.destroy());
    },
  };
}

/** Resolves with the head of the answer, which may come before the body has been sent. */
function converse(outgoing: ClientRequest, body: HttpRequest['body']): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    outgoing.setTimeout(patience, () =>
      outgoing.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
    );
    if (body === undefined || typeof body === 'string') outgoing.end(body);
    // once the answer is there, nobody needs the rest
    else pipeline(Readable.from(body), outgoing).catch(reject);
  });
}

async function readRefusal(url: string, answer: IncomingMessage): Promise<Error> {
  const status = answer.statusCode ?? 0;
  const { location } = answer.headers;
  if (status < 400)
    return new BulkheadError('BAD_CONFIG', `${url} sends its callers elsewhere`, {
      detail: `Status ${status}, location ${location}`,
      hint: 'Set BULKHEAD_URL to the address of the server itself',
    });
  const body = parseRefusal(await readText(answer, longestRefusal).catch(() => ''));
  const [first, ...lines] = body.errors ?? [];
  const error = first ? refusalOf(first, status) : notBulkhead(url, status);
  const seconds = Number(answer.headers['retry-after']);
  if (seconds > 0) error.retryAfter = seconds;
  if (body.error_count)
    error.lines = {
      first: lines as unknown as LineError[],
      total: body.error_count,
      unit: body.line_is === 'element' ? 'element' : 'line',
    };
  return error;
}

type Refusal = { errors?: AnsweredError[]; error_count?: number; line_is?: string };

function parseRefusal(text: string): Refusal {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** The text of an answer, up to so many bytes. */
export async function readText(answer: IncomingMessage, most = Infinity): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of answer) {
    pieces.push(piece);
    size += piece.length;
    if (size > most) break;
  }
  return Buffer.concat(pieces).toString('utf8');
}
