/** Every list is a page: 50 rows unless the query says otherwise, and 500 at most. No offsets. */
import type {} from 'postgraphile';
import { type FieldArgs, lambda, type Step } from 'postgraphile/grafast';
import { limits } from '../limits.ts';

type Rows = Step & { setFirst(first: Step): void };
type Pages = Rows & { setLast(last: Step): void };
type Plan<Result> = (parent: Step, args: FieldArgs, info: never) => Result;

const { page, maxPage } = limits;

const descriptions: Record<string, string> = {
  first: `Only the first rows: ${page} unless it or \`last\` is given, and ${maxPage} at most.`,
  last: `Only the last rows, ${maxPage} at most.`,
  before: 'Only rows before this cursor.',
  after: 'Only rows after this cursor.',
  orderBy: 'The order of the rows; of their keys, unless it is given.',
  filter: 'Only rows that meet all of this.',
  rowLimit: `Only so many rows, ${maxPage} at most.`,
};

export const PagesPlugin: GraphileConfig.Plugin = {
  name: 'PagesPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLObjectType_fields_field(field, _build, { scope }) {
        const { isPgFieldConnection, isPgFieldSimpleCollection, pgFieldResource } = scope;
        if (pgFieldResource?.parameters) return field;
        if (!isPgFieldConnection && !isPgFieldSimpleCollection) return field;
        const plan = isPgFieldConnection
          ? pages(field.plan as Plan<Pages>)
          : rows(field.plan as Plan<Rows>);
        return { ...field, plan: plan as NonNullable<typeof field.plan> };
      },

      GraphQLObjectType_fields_field_args(args, build, { scope }) {
        const { isPgFieldConnection, isPgFieldSimpleCollection, pgFieldResource } = scope;
        if (!isPgFieldConnection && !isPgFieldSimpleCollection) return args;
        const { first, last, offset: _, ...others } = args;
        // A function that returns rows has arguments of its own for what page it is.
        if (pgFieldResource?.parameters) return others;
        const { GraphQLInt } = build.graphql;
        return {
          ...(first && { first: { type: GraphQLInt } }),
          ...(last && { last: { type: GraphQLInt } }),
          ...others,
        };
      },

      GraphQLObjectType_fields_field_args_arg(arg, build, { scope }) {
        const { argName, isPgFieldConnection, isPgFieldSimpleCollection, pgFieldResource } = scope;
        if (!isPgFieldConnection && !isPgFieldSimpleCollection) return arg;
        if (argName === 'rowLimit') {
          const type = new build.graphql.GraphQLNonNull(build.graphql.GraphQLInt);
          return { ...arg, type, defaultValue: page, description: descriptions.rowLimit };
        }
        // The other arguments of a function are not about pages, whatever they are called.
        if (pgFieldResource?.parameters) return arg;
        if (isPgFieldSimpleCollection && argName === 'first')
          return { ...arg, description: descriptions.rowLimit };
        const description = descriptions[argName] ?? arg.description;
        return { ...arg, ...(description && { description }) };
      },

      GraphQLEnumType_values(values, _build, { scope }) {
        if (!scope.isPgRowSortEnum) return values;
        // Without an order, the pages of a list would overlap.
        const { NATURAL: _, ...others } = values;
        return others;
      },
    },
  },
};

/** The plan takes the arguments itself, because what is not given depends on the other. */
function pages(plan: Plan<Pages>): Plan<Pages> {
  return (parent, args, info) => {
    const $pages = plan(parent, args, info);
    const [$first, $last] = [args.getRaw('first'), args.getRaw('last')];
    $pages.setFirst(lambda([$first, $last], ([f, l]) => f ?? (l == null ? page : null), true));
    $pages.setLast($last);
    return $pages;
  };
}

function rows(plan: Plan<Rows>): Plan<Rows> {
  return (parent, args, info) => {
    const $rows = plan(parent, args, info);
    $rows.setFirst(lambda(args.getRaw('first'), (first) => first ?? maxPage, true));
    return $rows;
  };
}
