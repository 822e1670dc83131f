/** The functions that a request may execute, read from the catalogue, and calls of them. */
import { outcomeOf } from '../helpers/access.ts';
import type { Queryable } from '../helpers/cases.ts';
import { hashSecret } from '../helpers/roles.ts';
import { type Entry, functions, pointers, values } from './functions-table.ts';
import type { Place, World } from './world.ts';

type Argument = { name: string; type: string; required: boolean };
/** A function with the arguments that go in. */
export type Callable = { name: string; arguments: Argument[] };

/** All of them. */
export async function readCallable(db: Queryable): Promise<Callable[]> {
  const { rows } = await db.query(`
    select p.proname as name, coalesce((
      select jsonb_agg(jsonb_build_object(
        'name', p.proargnames[a.n], 'type', format_type(a.type, null), 'required', a.n <= p.pronargs - p.pronargdefaults
      ) order by a.n)
      from unnest(p.proargtypes::oid[]) with ordinality as a (type, n)
    ), '[]') as arguments
    from pg_proc p
    where p.pronamespace = 'bulkhead'::regnamespace and has_function_privilege('bulkhead_user', p.oid, 'execute')
    order by p.proname`);
  return rows;
}

/** Its entry in the table; a function without one is a mistake. */
export const entryOf = (name: string): Entry => {
  const entry = functions[name];
  if (!entry) throw new Error(`the function ${name} has no entry in functions-table.ts`);
  return entry;
};

/** The arguments that it is called with. */
export const argumentsOf = ({ name, arguments: all }: Callable) =>
  all.filter((argument) => argument.required || entryOf(name).also?.includes(argument.name));

/** Those of them by which a suite could be reached. */
export const pointersOf = (callable: Callable) =>
  argumentsOf(callable)
    .map(({ name }) => name)
    .filter((name) => pointers.includes(name) && !(`${callable.name}.${name}` in values));

/**
 * Calls a function and takes back what it did. What one of its arguments points to is the target;
 * the others point to the suite that is shared by everybody.
 */
export function callWith(
  client: Queryable,
  world: World,
  callable: Callable,
  pointer: string | null,
  target: Place,
) {
  const { name } = callable;
  const given = argumentsOf(callable).map((argument) => {
    const value = values[`${name}.${argument.name}`] ?? values[argument.name];
    if (value === undefined) throw new Error(`${name}: no value for the argument ${argument.name}`);
    const isOther = pointers.includes(argument.name) && argument.name !== pointer;
    const made = typeof value === 'function' ? value(isOther ? world.shared : target) : value;
    return { ...argument, value: argument.type === 'bytea' ? hashSecret(String(made)) : made };
  });
  const list = given.map(({ name, type }, index) => `${name} => $${index + 1}::${type}`).join(', ');
  const sql = `select * from bulkhead.${name}(${list}) as result`;
  return outcomeOf(
    client,
    sql,
    given.map(({ value }) => value),
  );
}
