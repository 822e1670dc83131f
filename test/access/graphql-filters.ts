/** Filters on everything that can be filtered, by what is in a suite; and the rows of an answer. */
import {
  type GraphQLInputObjectType,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isListType,
} from 'graphql';
import type { Field } from '../helpers/access-api.ts';
import type { ApiPlace } from './graphql-world.ts';

/** A filter by a value of a suite, and the same by one that nothing has; null where that is not the same. */
export type Filter = { there: string; nowhere: string | null };

/** What the suite has in a column, and what nothing has there: just as much to sort by. */
const valuesOf = (place: ApiPlace): Record<string, [there: string, nowhere: string]> => ({
  'TestSuiteFilter.id': [place.id, '1'],
  'TestCaseFilter.id': [place.caseId, '1'],
  'BulkOperationFilter.id': [place.operations.done, '1'],
  id: [place.id, '1'],
  slug: [place.slug, `${place.slug}a`],
  name: [`secret ${place.slug}`, `secret ${place.slug}a`],
  externalKey: [place.key, `${place.key}a`],
  status: ['active', ''],
  archivedAt: ['2020-01-01T00:00:00Z', '2020-01-01T00:00:01Z'],
  createdAt: ['2020-01-01T00:00:00Z', '2020-01-01T00:00:01Z'],
  pulledAt: ['2020-01-01T00:00:00Z', '2020-01-01T00:00:01Z'],
  at: ['2020-01-01T00:00:00Z', '2020-01-01T00:00:01Z'],
  exclusiveGroup: ['secret-of-b', 'secret-of-c'],
  principal: ['person:secret-of-b', 'person:secret-of-c'],
  subjectId: [place.caseId, '1'],
  operationId: [place.operations.done, '1'],
});

/** One for each column that a list is filtered by, and each operator. */
export function filtersOf(field: Field, place: ApiPlace): Filter[] {
  const type = field.args.find(({ name }) => name === 'filter')?.type;
  const filter = type && getNamedType(type);
  if (!isInputObjectType(filter)) return [];
  return Object.values(filter.getFields()).flatMap((column) => {
    const operators = getNamedType(column.type);
    // Anything but operators on a value would be a way to another table.
    if (!isInputObjectType(operators))
      throw new Error(`${filter.name}.${column.name} is no filter`);
    const values = valuesOf(place);
    const given = values[`${filter.name}.${column.name}`] ?? values[column.name];
    return operatorsOf(column.name, operators, given ?? ['secret-of-b', 'secret-of-c']);
  });
}

function operatorsOf(
  column: string,
  operators: GraphQLInputObjectType,
  [there, nowhere]: [string, string],
): Filter[] {
  return Object.values(operators.getFields()).map(({ name, type }) => {
    if (!isLeafType(getNamedType(type)))
      throw new Error(`${operators.name}.${name} is no operator`);
    const write = (value: string) => {
      const text = name === 'isNull' ? 'false' : JSON.stringify(value);
      return `{ ${column}: { ${name}: ${isListType(type) ? `[${text}]` : text} } }`;
    };
    // Numbers and times have rows of one's own on both sides, and rows of one's own are active too.
    const isExact = /^(not)?(equalTo|in)$/i.test(name) || !/id$|at$/i.test(column);
    const isSame = isExact && name !== 'isNull' && column !== 'status';
    return { there: write(there), nowhere: isSame ? write(nowhere) : null };
  });
}

/** Every object in an answer. */
export function* rowsOf(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const inner of Object.values(value)) yield* rowsOf(inner);
}
