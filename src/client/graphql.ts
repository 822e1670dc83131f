/** GraphQL over the client's one way to the server. */
import { parseJson } from '../json.ts';
import { type Http, readText } from './http.ts';
import { type AnsweredError, cutOff, notBulkhead, refusalOf } from './refusals.ts';
import { withRetries } from './retry.ts';

/** A document, with the types of what it gives and takes; the folder documents has them all. */
export type Document<Data, Variables> = string & { readonly of?: [Data, Variables] };

/** `retries`: how often a query is tried again, if that is worth it. */
export type AskOptions = { signal?: AbortSignal; retries?: number };

/** Sends a document; errors of the answer are thrown as those of the registry. */
export type Ask = <Data, Variables extends object>(
  document: Document<Data, Variables>,
  variables: Variables,
  options?: AskOptions,
) => Promise<Data>;

/** Makes the function that asks. Queries are tried again; a mutation only if it was not begun. */
export function makeAsk(http: Http, note: (line: string) => void): Ask {
  return (document, variables, { signal, retries } = {}) =>
    withRetries(() => post(http, document, variables, signal), {
      isSafe: document.startsWith('query'),
      retries,
      signal,
      note,
    });
}

async function post<Data>(
  http: Http,
  query: string,
  variables: object,
  signal: AbortSignal | undefined,
): Promise<Data> {
  const answer = await http.send({
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query, variables }),
    signal,
  });
  const text = await readText(answer).catch((cause) => {
    throw signal?.aborted ? cause : cutOff(http.url, cause);
  });
  const { data, errors } = parse(text);
  const [first] = errors ?? [];
  if (first) throw refusalOf(first, answer.statusCode ?? 0);
  if (!data) throw notBulkhead(http.url, answer.statusCode ?? 0);
  return data as Data;
}

function parse(text: string): { data?: unknown; errors?: AnsweredError[] } {
  try {
    return (parseJson(text) as object | null) ?? {};
  } catch {
    return {};
  }
}

/** A page of a connection. */
export type Page<Node> = {
  nodes: Node[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
};

/** All rows of a connection; `read` gets the page after a cursor. */
export async function allPages<Node>(
  read: (after: string | null) => Promise<Page<Node>>,
): Promise<Node[]> {
  const rows: Node[] = [];
  let after: string | null = null;
  do {
    const { nodes, pageInfo }: Page<Node> = await read(after);
    rows.push(...nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return rows;
}
