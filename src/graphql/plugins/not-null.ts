/**
 * What is never null says so. PostgreSQL does not tell of elements of arrays, nor of columns of the
 * records that functions return: no array of ours has a null in it, and of records those columns
 * are named here that may be null.
 */
import type { GraphQLType } from 'graphql';
import type {} from 'postgraphile';

const nullableColumns: Record<string, string[]> = {
  AppendedCase: ['externalKey'],
  CaseRoute: ['route'],
  CreatedToken: ['expiresAt'],
  Identity: [],
  OperationChange: ['tag', 'statusBefore', 'copiedCaseId', 'code', 'message'],
  OperationPreview: [],
  RouteCount: ['route', 'precedence'],
  SnapshotCase: ['externalKey', 'expectedOutput'],
  SnapshotChange: ['externalKey'],
  SnapshotDifference: [],
};

export const NotNullPlugin: GraphileConfig.Plugin = {
  name: 'NotNullPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLObjectType_fields_field(field, build, { Self, scope }) {
        const type = withoutNullItems(build, field.type);
        return { ...field, type: isNeverNull(Self.name, scope) ? notNull(build, type) : type };
      },
      GraphQLObjectType_fields_field_args_arg: (arg, build) => ({
        ...arg,
        type: withoutNullItems(build, arg.type),
      }),
      GraphQLInputObjectType_fields_field: (field, build) => ({
        ...field,
        type: withoutNullItems(build, field.type),
      }),
    },
  },
};

/** A mutation that fails has no payload at all; a page without rows is a page. */
function isNeverNull(type: string, scope: GraphileBuild.ScopeObjectFieldsField): boolean {
  const nullable = nullableColumns[type];
  if (nullable) return !nullable.includes(scope.fieldName);
  return Boolean(scope.isMutationPayload || scope.isPgFieldConnection);
}

function notNull<T extends GraphQLType>({ graphql }: GraphileBuild.Build, type: T): T {
  return (graphql.isNonNullType(type) ? type : new graphql.GraphQLNonNull(type)) as T;
}

function withoutNullItems<T extends GraphQLType>(build: GraphileBuild.Build, type: T): T {
  const { graphql } = build;
  if (graphql.isNonNullType(type))
    return new graphql.GraphQLNonNull(withoutNullItems(build, type.ofType)) as GraphQLType as T;
  if (!graphql.isListType(type)) return type;
  return new graphql.GraphQLList(notNull(build, type.ofType)) as GraphQLType as T;
}
