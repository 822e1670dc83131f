/** How errors look to a caller: those of the registry as they are, any other as an id for the log. */
import { randomUUID } from 'node:crypto';
import { GraphQLError, Kind } from 'graphql';
import { isSafeError } from 'postgraphile/grafast';
import { BulkheadError, describeError, findByName, type KnownError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { limits } from './limits.ts';

type Described = Pick<KnownError, 'entry'> & Pick<BulkheadError, 'detail' | 'hint'>;

/** What `extensions` of an error holds. */
export function extensionsOf({ entry, detail, hint }: Described | KnownError) {
  return {
    code: entry.name,
    ...(entry.sqlstate && { sqlstate: entry.sqlstate }),
    ...(detail && { detail }),
    ...(hint && { hint }),
    retryable: entry.retryable,
  };
}

/** The body of an answer that is nothing but an error: of GraphQL's form, at every address. */
export function errorBody(known: KnownError) {
  return { errors: [{ message: known.message, extensions: extensionsOf(known) }] };
}

/** Describes anything thrown; what the registry does not know is logged, and gets an id. */
export function explain(error: unknown, logger: Logger): KnownError {
  const known = describeError(error);
  if (known) return withLimit(known);
  const errorId = randomUUID();
  logger.error({ err: error, errorId }, 'unknown error');
  return { entry: findByName('INTERNAL'), message: `something went wrong; its id is ${errorId}` };
}

/** The same, with the limit that was met, where PostgreSQL does not say it. */
function withLimit(known: KnownError): KnownError {
  const { entry, message } = known;
  if (entry.name === 'STATEMENT_TIMEOUT' && /statement timeout/.test(message))
    return {
      ...known,
      message: `the database took longer than ${limits.statementSeconds} s, which is the limit of one statement of a request`,
      hint: 'Ask for less at once: smaller pages, or a bulk operation, which has no such limit.',
    };
  if (entry.name === 'TOO_MANY_CONNECTIONS')
    return {
      ...known,
      message: `the database takes no more connections (${message})`,
      hint: `Each server opens ${limits.connections} at most; see max_connections, and the connection limit of the role bulkhead_api.`,
    };
  return known;
}

/** A refusal as an error of GraphQL, for what is refused before it runs. */
export function refusal(error: BulkheadError): GraphQLError {
  return new GraphQLError(error.message, { originalError: error, extensions: extensionsOf(error) });
}

/** Makes grafserv's `maskError`. */
export function makeMaskError(logger: Logger) {
  return (error: GraphQLError): GraphQLError => {
    const known = describeOwn(error) ?? explain(findOrigin(error), logger);
    return new GraphQLError(known.message, {
      nodes: error.nodes ?? null,
      source: error.source,
      positions: error.positions,
      path: error.path,
      extensions: extensionsOf(known),
    });
  };
}

/** GraphQL's own errors: a document or a variable that does not fit, which its message explains. */
function describeOwn(error: GraphQLError): KnownError | null {
  const origin = findOrigin(error);
  const isVariable = error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
  if (isVariable || (origin === error && !error.path))
    return { entry: findByName('BAD_REQUEST'), message: error.message };
  // Thrown for the caller to read: by plugins/requests.ts, or by the libraries below.
  if (!(origin instanceof BulkheadError) && isSafeError(origin)) {
    if (origin.cause) return describeError(origin.cause);
    const tooLarge = origin.extensions?.statusCode === 413;
    const entry = findByName(tooLarge ? 'REQUEST_TOO_LARGE' : 'BAD_REQUEST');
    return { entry, message: origin.message };
  }
  return null;
}

function findOrigin(error: GraphQLError): Error {
  let origin: Error = error;
  while (origin instanceof GraphQLError && origin.originalError) origin = origin.originalError;
  return origin;
}
