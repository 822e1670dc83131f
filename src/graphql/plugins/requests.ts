/** Refuses what is no request, or asks for too much, before any of it reaches the database. */
import { type GraphQLError, getOperationAST } from 'graphql';
import type {} from 'postgraphile';
import { SafeError } from 'postgraphile/grafast';
import type {} from 'postgraphile/grafserv';
import { BulkheadError } from '../../errors.ts';
import { extensionsOf, refusal } from '../errors.ts';
import { limits } from '../limits.ts';
import { measure, type Request } from '../measure.ts';
import { findRounded } from './exact-numbers.ts';

export const RequestsPlugin: GraphileConfig.Plugin = {
  name: 'RequestsPlugin',
  version: '1.0.0',
  grafserv: {
    middleware: {
      processGraphQLRequestBody(next, { body }) {
        const error = refuseBody(body);
        // Over HTTP grafserv takes what it says as it is, and over WebSocket has it masked.
        const extensions = error && { ...extensionsOf(error), statusCode: error.entry.httpStatus };
        if (extensions) throw new SafeError(error.message, extensions, { cause: error });
        return next();
      },

      // Documents that are not valid get the same extensions as every other error.
      setPreset(next, event) {
        const { getExecutionConfig, resolvedPreset } = event;
        const maskError = resolvedPreset.grafserv?.maskError ?? ((error: GraphQLError) => error);
        event.getExecutionConfig = async function (context) {
          const config = await getExecutionConfig.call(this, context);
          const parseAndValidate: typeof config.parseAndValidate = (query) => {
            const { errors, document } = config.parseAndValidate(query);
            const found = document ? findRounded(config.schema, document, query) : errors;
            if (document && found.length === 0) return { document };
            return { errors: found.map(maskError) as GraphQLError[] };
          };
          return { ...config, parseAndValidate };
        };
        return next();
      },
    },
  },
  grafast: {
    middleware: {
      execute: (next, { args }) => refuse(findSubscription(args) ?? measure(args)) ?? next(),
      subscribe: (next, { args }) => refuse(measure(args)) ?? next(),
    },
  },
};

const refuse = (error: BulkheadError | null) => error && { errors: [refusal(error)] };

/** Over WebSocket subscriptions are not executed, but subscribed to. Over HTTP one would be listened to when its client has long gone. */
function findSubscription({ document, operationName }: Request): BulkheadError | null {
  if (getOperationAST(document, operationName)?.operation !== 'subscription') return null;
  return new BulkheadError('BAD_REQUEST', 'subscriptions go over WebSocket', {
    detail: 'Over HTTP a request has one answer.',
    hint: 'Open a WebSocket at the same address, with the subprotocol graphql-transport-ws.',
  });
}

type Body = { query: unknown; operationName: unknown; variableValues: unknown };

function refuseBody({ query, operationName, variableValues }: Body): BulkheadError | null {
  if (typeof query !== 'string')
    return new BulkheadError('BAD_REQUEST', 'the request has no "query" with a GraphQL document');
  if (typeof (operationName ?? '') !== 'string')
    return new BulkheadError('BAD_REQUEST', '"operationName" is not a string');
  if (typeof (variableValues ?? {}) !== 'object' || Array.isArray(variableValues))
    return new BulkheadError('BAD_REQUEST', '"variables" is not an object');
  // Reading and validating a document takes time that grows with its length.
  if (query.length > limits.document)
    return new BulkheadError(
      'QUERY_TOO_COSTLY',
      `the document has ${query.length} characters, and ${limits.document} are allowed`,
      { hint: 'Send values as variables, which do not count.' },
    );
  // The driver would put a replacement character in its place.
  if (!isWellFormed(variableValues))
    return new BulkheadError('UNSTORABLE_TEXT', 'a variable has half of a surrogate pair');
  return null;
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormed);
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && isWellFormed(inner));
}
