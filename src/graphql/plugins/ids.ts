/** Ids are strings, because JavaScript's numbers are too short for them; they may come as numbers. */
import { GraphQLError, Kind } from 'graphql';
import type {} from 'postgraphile';
import { scalarText } from '../../json.ts';

export const IdsPlugin: GraphileConfig.Plugin = {
  name: 'IdsPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLScalarType(config) {
        if (config.name !== 'BigInt') return config;
        return {
          ...config,
          description:
            'A whole number of up to 19 digits, as a string. It may be sent as a number.',
          parseValue: readInteger,
          parseLiteral: (node) =>
            readInteger(node.kind === Kind.INT || node.kind === Kind.STRING ? node.value : null),
        };
      },
    },
  },
};

function readInteger(value: unknown): string {
  const text = typeof value === 'boolean' ? null : scalarText(value);
  if (text !== null && /^-?\d{1,19}$/.test(text)) return text;
  throw new GraphQLError('This is not a whole number of up to 19 digits.');
}
