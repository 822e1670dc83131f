/** Documents that are made from the schema of a running server, and whole answers to compare. */
import {
  buildClientSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { type Answer, type Api, ask } from './api.ts';

/** A field of a schema, of whatever type. */
export type Field = GraphQLField<unknown, unknown>;
export type OperationType = 'query' | 'mutation' | 'subscription';

/** All of an answer that a caller gets to see, apart from the clock. */
export type Seen = { status: number; head: string; text: string; body: Answer };

/** The schema as the server describes it. */
export async function readSchema(api: Api): Promise<GraphQLSchema> {
  return buildClientSchema(await api.run(getIntrospectionQuery()));
}

/** The fields by which a request begins. */
export function rootFields(schema: GraphQLSchema, type: OperationType): Field[] {
  return Object.values(schema.getRootType(type as never)?.getFields() ?? {});
}

/** The object type that a field gives, alone, as a list or as a connection. */
export function objectOf(field: Field): GraphQLObjectType | null {
  const type = getNamedType(field.type);
  if (!isObjectType(type)) return null;
  const nodes = type.getFields().nodes;
  return nodes ? objectOf(nodes) : type;
}

/** The fields of an object type that lead to other objects. */
export function relationsOf(type: GraphQLObjectType): Field[] {
  return Object.values(type.getFields()).filter(
    (field) => objectOf(field) && field.name !== 'query',
  );
}

/** The arguments of a field, those within `input` without it. */
export function argumentsOf(field: Field): (GraphQLArgument | GraphQLInputField)[] {
  const input = field.args.find(({ name }) => name === 'input');
  const type = input && getNamedType(input.type);
  return isInputObjectType(type) ? Object.values(type.getFields()) : [...field.args];
}

/** Whether there is no request without it. */
export const isRequired = (one: GraphQLArgument | GraphQLInputField) =>
  isRequiredArgument(one as GraphQLArgument);

const page = 10;

/**
 * What is selected of a field: all that is no object, and the relations that are named, with what
 * they lead to. A connection is taken by its rows, its cursors and, at the first levels, its count.
 */
export function select(
  field: Field,
  relations: (of: GraphQLObjectType) => Field[],
  levels: number,
) {
  const type = getNamedType(field.type);
  if (!isObjectType(type)) return '';
  const fields = type.getFields();
  if (!fields.pageInfo) return ` { ${selectObject(type, relations, levels)} }`;
  const rows = selectObject(objectOf(field) as GraphQLObjectType, relations, levels);
  const more = levels > 0 ? 'totalCount pageInfo { startCursor endCursor }' : '';
  return ` { ${more} edges { cursor } nodes { ${rows} } }`;
}

function selectObject(
  type: GraphQLObjectType,
  relations: (of: GraphQLObjectType) => Field[],
  levels: number,
): string {
  const leaves = Object.values(type.getFields())
    .filter((field) => isLeafType(getNamedType(field.type)) && !field.args.some(isRequiredArgument))
    .map(({ name }) => name);
  const inner = levels > 0 ? relations(type) : [];
  const further = inner.map((field): string => {
    const size = field.args.some(({ name }) => name === 'first') ? `(first: ${page})` : '';
    return `${field.name}${size}${select(field, relationsOf, levels - 1)}`;
  });
  return ['__typename', ...leaves, ...further].join(' ');
}

/** A request for one field with values for its arguments. */
export function documentFor(
  operation: OperationType,
  field: Field,
  values: Record<string, unknown>,
  selection: string,
) {
  const types = new Map(argumentsOf(field).map((one) => [one.name, String(one.type)]));
  const names = Object.keys(values);
  const declared = names.map((name) => `$${name}: ${types.get(name)}`).join(', ');
  const list = names.map((name) => `${name}: $${name}`).join(', ');
  const isInput = field.args.some(({ name }) => name === 'input');
  const given = isInput ? `(input: { ${list} })` : list && `(${list})`;
  const query = `${operation}${declared && ` (${declared})`} { ${field.name}${given}${selection} }`;
  return { query, variables: values };
}

/** Sends a request and keeps all of what comes back. */
export async function see(api: Pick<Api, 'url' | 'headers'>, request: object): Promise<Seen> {
  const answer = await ask(api.url, request, api.headers);
  const text = await answer.text();
  return { status: answer.status, head: headOf(answer), text, body: JSON.parse(text) };
}

/** The headers of an answer, without the clock and what a stranger may have to wait. */
export function headOf({ headers }: Response): string {
  const lines = [...headers].filter(([name]) => !['date', 'retry-after'].includes(name));
  return lines.map(([name, value]) => `${name}: ${value}`).join('\n');
}

/** The code of the one error of an answer, `nothing` for null or no rows, and otherwise `ok`. */
export function codeOf({ body }: Pick<Seen, 'body'>, field: string): string {
  if (body.errors) return body.errors.map(({ extensions }) => extensions.code).join();
  const value = body.data?.[field];
  const isEmpty = value === null || (Array.isArray(value) && value.length === 0);
  return isEmpty ? 'nothing' : 'ok';
}
