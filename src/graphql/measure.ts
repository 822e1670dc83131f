/**
 * What a query asks for, known from its text and its variables: how deep it nests, how many fields
 * it has, and how many objects it could return. A page counts as if it were full.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { BulkheadError } from '../errors.ts';
import { limits } from './limits.ts';

/** The part of a request that is measured. */
export type Request = {
  schema: GraphQLSchema;
  document: DocumentNode;
  operationName?: string | null | undefined;
  variableValues?: unknown;
};

type Walk = {
  fragments: Map<string, FragmentDefinitionNode>;
  variables: Record<string, unknown>;
  fields: number;
  topFields: number;
  cost: number;
};

/** Where in the query a selection stands; the type is absent within introspection. */
type Place = {
  type: GraphQLObjectType | null;
  depth: number;
  /** How many objects there could be of which this is selected. */
  count: number;
  /** Of a connection: how many rows its page has. */
  rows: number;
};

/** Says why a request is refused; null if it is not. */
export function measure(request: Request): BulkheadError | null {
  const operation = getOperationAST(request.document, request.operationName);
  const type = operation && request.schema.getRootType(operation.operation);
  // Nothing that could run; whoever runs it says why.
  if (!operation || !type) return null;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of request.document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      fragments.set(definition.name.value, definition);
  const variables = variablesOf(operation, request);
  const walk: Walk = { fragments, variables, fields: 0, topFields: 0, cost: 0 };
  try {
    visit(operation.selectionSet, { type, depth: 1, count: 1, rows: 1 }, walk);
    return null;
  } catch (error) {
    if (error instanceof BulkheadError) return error;
    throw error;
  }
}

function visit(selections: SelectionSetNode, place: Place, walk: Walk): void {
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FIELD) {
      visitField(selection, place, walk);
      continue;
    }
    // There are no interfaces and no unions: a fragment is of the type that it stands in.
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD
        ? walk.fragments.get(selection.name.value)
        : selection;
    if (fragment) visit(fragment.selectionSet, place, walk);
  }
}

function visitField(field: FieldNode, place: Place, walk: Walk): void {
  count(place, walk);
  const definition = place.type?.getFields()[field.name.value];
  const inner = definition ? step(field, definition, place, walk) : { ...place, type: null };
  if (!field.selectionSet) return;
  // What describes the schema is bounded by the schema, and by the number of fields.
  const depth = inner.type ? place.depth + 1 : 2;
  if (depth > limits.depth) throw tooDeep(field);
  visit(field.selectionSet, { ...inner, depth }, walk);
}

/** From a field to the objects that it gives. */
function step(
  field: FieldNode,
  definition: GraphQLField<unknown, unknown>,
  place: Place,
  walk: Walk,
): Place {
  const type = getNamedType(definition.type);
  if (!isObjectType(type)) {
    // Counting the rows of a list takes about as long as reading a page of it.
    if (definition.name === 'totalCount') spend(place.count * limits.page, walk);
    return place;
  }
  const size = pageSize(field, definition, walk);
  if (isConnection(type)) return { ...place, type, rows: size };
  if (definition.name === 'pageInfo' || isEdge(place.type)) return { ...place, type };
  const rows = isConnection(place.type) ? place.rows : size;
  const objects = place.count * rows;
  spend(objects, walk);
  return { ...place, type, count: objects };
}

function isConnection(type: GraphQLObjectType | null): boolean {
  return type !== null && 'pageInfo' in type.getFields();
}

function isEdge(type: GraphQLObjectType | null): boolean {
  return type !== null && 'cursor' in type.getFields();
}

/** How many rows a field asks for; 1 for a field that is no list. */
function pageSize(
  field: FieldNode,
  definition: GraphQLField<unknown, unknown>,
  walk: Walk,
): number {
  const names = ['first', 'last', 'rowLimit'].filter((name) =>
    definition.args.some((arg) => arg.name === name),
  );
  if (names.length === 0) return 1;
  let size: number | undefined;
  for (const name of names) {
    const value = field.arguments?.find((arg) => arg.name.value === name)?.value;
    const asked = value && intOf(value, walk);
    if (asked === undefined) continue;
    if (asked < 0 || asked > limits.maxPage) throw badPage(field, name, asked);
    size = Math.min(size ?? asked, asked);
  }
  const isWhole = names.length === 1 && names[0] === 'first';
  return size ?? (isWhole ? limits.maxPage : limits.page);
}

/** A number that is written down or sent as a variable; anything else, GraphQL refuses by itself. */
function intOf(value: ValueNode, walk: Walk): number | undefined {
  const given = value.kind === Kind.VARIABLE ? walk.variables[value.name.value] : value;
  if (typeof given === 'number') return given;
  const isLiteral = given !== null && typeof given === 'object' && 'kind' in given;
  return isLiteral && given.kind === Kind.INT
    ? Number((given as ValueNode & { value: string }).value)
    : undefined;
}

/** Variables, or the literals that are their defaults. */
function variablesOf(operation: OperationDefinitionNode, request: Request) {
  const defaults = (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [
    variable.name.value,
    defaultValue,
  ]);
  return { ...Object.fromEntries(defaults), ...(request.variableValues as object) };
}

function count({ depth }: Place, walk: Walk): void {
  walk.fields += 1;
  if (depth === 1) walk.topFields += 1;
  if (walk.topFields > limits.topFields)
    throw tooCostly(`the operation has more than ${limits.topFields} fields at its top`);
  if (walk.fields > limits.fields)
    throw tooCostly(
      `the query has more than ${limits.fields} fields`,
      'Each alias counts, and so does each use of a fragment.',
    );
}

function spend(objects: number, walk: Walk): void {
  walk.cost += objects;
  if (walk.cost > limits.cost)
    throw tooCostly(
      `the query could return ${walk.cost} objects or more, and ${limits.cost} are allowed`,
      `The sizes of its pages are multiplied along their nesting; a totalCount counts ${limits.page}.`,
    );
}

function tooCostly(message: string, detail?: string): BulkheadError {
  const hint = 'Ask for smaller pages with "first", nest fewer lists, or send several requests.';
  return new BulkheadError('QUERY_TOO_COSTLY', message, { hint, ...(detail && { detail }) });
}

function tooDeep(field: FieldNode): BulkheadError {
  return new BulkheadError(
    'QUERY_TOO_DEEP',
    `the fields of "${field.name.value}" are at level ${limits.depth + 1}, and ${limits.depth} are allowed`,
    { hint: 'Ask for it in two requests.' },
  );
}

function badPage(field: FieldNode, argument: string, asked: number): BulkheadError {
  if (asked < 0)
    return new BulkheadError('BAD_ARGUMENT', `"${argument}" of "${field.name.value}" is ${asked}`, {
      hint: `Say a number from 0 to ${limits.maxPage}.`,
    });
  return new BulkheadError(
    'PAGE_TOO_LARGE',
    `"${field.name.value}" is asked for ${asked} rows, and a page has ${limits.maxPage} at most`,
    { hint: 'Ask for the next page with "after", or with "afterId" where rows have ids.' },
  );
}
