/** What a server refused, as an error of the registry: the same exit code as on the server's side. */
import { howToGetToken } from '../config.ts';
import { BulkheadError, registry } from '../errors.ts';
import type { Unit } from '../import/records.ts';

/** One error of an answer: GraphQL's form, which every address of the server has. */
export type AnsweredError = {
  message?: string;
  extensions?: { code?: string; detail?: string; hint?: string; retryable?: boolean };
};

/** What is wrong with one line of a file; null: with the file. */
export type LineError = { line: number | null; message: string };

/** An error that came from a server. */
export type ServerError = BulkheadError & {
  retryable: boolean;
  /** Seconds that the server asks to wait. */
  retryAfter?: number;
  /** Of an append: the first lines that are to blame, and how many there are. */
  lines?: { first: LineError[]; total: number; unit: Unit };
};

/** The error of the registry for one that a server gave. */
export function refusalOf(
  { message = 'the server gave no reason', extensions = {} }: AnsweredError,
  status: number,
): ServerError {
  const { code = '', detail, hint } = extensions;
  const known = registry.some(({ name }) => name === code);
  const name = known ? code : nameOfStatus(status);
  const error = new BulkheadError(name, message, {
    ...(detail !== undefined && { detail }),
    ...withHint(name, hint),
  });
  return Object.assign(error, { retryable: extensions.retryable ?? error.entry.retryable });
}

/** A server of another version may know errors that this one does not; a proxy has none at all. */
function nameOfStatus(status: number): string {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'NOT_ALLOWED';
  if (status === 404) return 'NOT_FOUND';
  if (status === 413) return 'REQUEST_TOO_LARGE';
  if (status === 429) return 'RATE_LIMITED';
  if (status === 502 || status === 503 || status === 504) return 'SERVER_UNREACHABLE';
  return status >= 400 && status < 500 ? 'BAD_REQUEST' : 'INTERNAL';
}

/** What the database advises is SQL, for whoever is in psql. Here the same is done by these. */
const verbs: Record<string, string> = {
  UNKNOWN_SUITE: 'bulkhead suites shows those that the token reaches.',
  UNKNOWN_TAG: 'bulkhead tags list <suite> shows the dictionary, bulkhead tags define adds to it.',
  CLOSED_DICTIONARY: 'An editor adds to the dictionary: bulkhead tags define <suite> <tag>.',
  UNKNOWN_OPERATION: 'bulkhead ops list <suite> shows them.',
  OPERATION_FINISHED: 'bulkhead ops undo <suite> <operation> reverses what it did.',
  OPERATION_RUNNING:
    'Wait for it with bulkhead ops watch <suite> <operation>, or stop it with bulkhead ops cancel.',
  UNKNOWN_ROUTE:
    "bulkhead routes list <suite> shows them; one is made by bulkhead routes define <suite> <route> --where 'gold'.",
  UNKNOWN_SNAPSHOT:
    'bulkhead snapshot list <suite> shows them; one is made by bulkhead snapshot create <suite> <snapshot>.',
  UNKNOWN_TOKEN: 'bulkhead token list shows them.',
  NOT_ALLOWED:
    'Ask an owner of the suite for a token with that role: bulkhead token create --suite <suite> --role <role>.',
};

const isSql = (hint: string) => /\b(bulkhead|graphile_worker)\.\w|^select /.test(hint);

function withHint(name: string, hint: string | undefined): { hint?: string } {
  if (name === 'UNAUTHENTICATED')
    return {
      hint: `Set BULKHEAD_TOKEN to a token of the server of BULKHEAD_URL. ${howToGetToken}`,
    };
  if (hint === undefined) return {};
  const own = isSql(hint) ? verbs[name] : undefined;
  // which name was meant, the database knows best
  const [meant = ''] = /^Did you mean .*?\? /.exec(hint) ?? [];
  return { hint: own ? meant + own : hint };
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up now',
  ETIMEDOUT: 'it took too long',
  ERR_PROXY_TUNNEL: 'the proxy makes no connection to it',
};

/** A connection that could not be made, or broke before the answer. */
export function unreachable(url: string, cause: unknown): ServerError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const reason = reasons[code] ?? (code || String((cause as Error).message ?? cause));
  const error = new BulkheadError('SERVER_UNREACHABLE', `${url} does not answer: ${reason}`, {
    hint: 'Is the server up, and BULKHEAD_URL its address?',
    cause,
  });
  return Object.assign(error, { retryable: !/^(ENOTFOUND|ERR_TLS|CERT|DEPTH)/.test(code) });
}

/** An answer that began and has no end. */
export function cutOff(url: string, cause: unknown): ServerError {
  const error = new BulkheadError('ANSWER_CUT_OFF', `the answer of ${url} broke off`, {
    detail: 'Whether a change that was asked for has been made is not known here.',
    cause,
  });
  return Object.assign(error, { retryable: error.entry.retryable });
}

/** An answer that is not of Bulkhead: some other program listens there, or a proxy speaks for it. */
export function notBulkhead(url: string, status: number): ServerError {
  const name = nameOfStatus(status);
  const error = new BulkheadError(
    name,
    `${url} answers with status ${status}, and not as Bulkhead`,
    {
      hint: 'Is BULKHEAD_URL the address of a Bulkhead server of this version?',
    },
  );
  return Object.assign(error, { retryable: error.entry.retryable });
}
