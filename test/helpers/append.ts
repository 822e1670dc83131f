/** Appends over HTTP, as a client makes them: whole, in pieces, or cut off. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Api } from './api.ts';

/** What became of a request. Tests look into the body without types, as a client may. */
export type Reply = {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: its form is what is tested
  body: any;
};

export type AppendOptions = {
  query?: string;
  type?: string;
  headers?: Record<string, string>;
};

/** Appends a body; lines are objects that become NDJSON. */
export async function appendOver(
  api: Pick<Api, 'url' | 'headers'>,
  slug: string,
  body: string | Buffer | object[],
  options: AppendOptions = {},
): Promise<Reply> {
  const started = startAppend(api, slug, options);
  started.request.end(Array.isArray(body) ? ndjson(body) : body);
  return started.reply;
}

/** Begins a request whose body the test sends itself. */
export function startAppend(
  api: Pick<Api, 'url' | 'headers'>,
  slug: string,
  { query = '', type = 'application/x-ndjson', headers = {} }: AppendOptions = {},
): { request: ClientRequest; reply: Promise<Reply> } {
  const url = `${api.url}/api/suites/${slug}/cases${query && `?${query}`}`;
  const outgoing = request(url, {
    method: 'POST',
    headers: { ...api.headers, ...(type && { 'content-type': type }), ...headers },
  });
  const reply = new Promise<Reply>((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', async (answer) => {
      const text = Buffer.concat(await answer.toArray().catch(() => [])).toString();
      const { statusCode: status = 0, headers: answered } = answer;
      resolve({ status, headers: answered, text, body: parse(text) });
    });
  });
  reply.catch(() => {});
  return { request: outgoing, reply };
}

/** A line of JSON for each. */
export function ndjson(lines: readonly object[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** So many cases, `k0` and on. */
export function makeCases(count: number, more: object = {}): object[] {
  return Array.from({ length: count }, (_, number) => ({
    external_key: `k${number}`,
    input: `question ${number}`,
    ...more,
  }));
}

/** The code of a refusal. */
export const codeOf = ({ body }: Reply): string => body.errors?.[0]?.extensions?.code;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
