/**
 * Numbers in the JSON of a case come and go with all of their digits. PostgreSQL stores them as they are; a double, which JavaScript
 * makes of them, would round 12345678901234567890. Variables are read like that by readJson. Of what is written into a document,
 * grafast makes doubles, so there such a number is refused.
 */
import {
  type DocumentNode,
  type FloatValueNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  type IntValueNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type {} from 'postgraphile';
import { TYPES } from 'postgraphile/@dataplan/pg';
import { BulkheadError } from '../../errors.ts';
import { mayLoseDigits, parseJson, parseJsonValues } from '../../json.ts';

const codecs = Object.fromEntries(
  [TYPES.json, TYPES.jsonb].map((codec) => [codec.name, { ...codec, fromPg: parseJson }]),
);

export const ExactNumbersPlugin: GraphileConfig.Plugin = {
  name: 'ExactNumbersPlugin',
  version: '1.0.0',
  gather: {
    hooks: {
      pgCodecs_findPgCodec: {
        provides: ['exactNumbers'],
        before: ['PgCodecsPlugin'],
        callback(_info, event) {
          const { pgType } = event;
          if (pgType.getNamespace()?.nspname === 'pg_catalog')
            event.pgCodec ??= codecs[pgType.typname] ?? null;
        },
      },
    },
  },
  schema: {
    hooks: {
      init(_, build) {
        const json = build.inflection.builtin('JSON');
        for (const codec of Object.values(codecs))
          build.setGraphQLTypeForPgCodec(codec, ['input', 'output'], json);
        return _;
      },
    },
  },
};

/** The numbers of a document that would be stored as other ones. */
export function findRounded(
  schema: GraphQLSchema,
  document: DocumentNode,
  text: string,
): GraphQLError[] {
  const errors: GraphQLError[] = [];
  if (!mayLoseDigits(text)) return errors;
  const typeInfo = new TypeInfo(schema);
  const check = (node: IntValueNode | FloatValueNode) => {
    // within JSON there are no types
    const { name } = getNamedType(typeInfo.getInputType()) ?? {};
    if ((name ?? 'JSON') !== 'JSON' || typeof parseJsonValues(node.value) === 'number') return;
    const originalError = new BulkheadError(
      'BAD_REQUEST',
      `the number ${node.value} would lose digits`,
      { hint: 'Send it in a variable.' },
    );
    errors.push(new GraphQLError(originalError.message, { nodes: node, originalError }));
  };
  visit(document, visitWithTypeInfo(typeInfo, { IntValue: check, FloatValue: check }));
  return errors;
}
