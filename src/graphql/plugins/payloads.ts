/** Mutations without `clientMutationId`, which only clients of another decade send. */
import type {} from 'postgraphile';

const relic = 'clientMutationId';

function without<T extends object>(fields: T, isMutation: boolean | undefined): T {
  if (!isMutation || !(relic in fields)) return fields;
  const { [relic]: _, ...others } = fields as T & Record<typeof relic, unknown>;
  return others as T;
}

export const PayloadsPlugin: GraphileConfig.Plugin = {
  name: 'PayloadsPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLInputObjectType_fields: (fields, _build, { scope }) =>
        without(fields, scope.isMutationInput),
      GraphQLObjectType_fields: (fields, _build, { scope }) =>
        without(fields, scope.isMutationPayload),
    },
  },
};
