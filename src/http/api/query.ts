/** The query of a request: each parameter known by name, with the values that it can have. */
import type { Request } from 'express';
import { BulkheadError } from '../../errors.ts';

/** Reads the query of a request that takes these parameters; whatever cannot be taken is refused by name. */
export function readQuery({ url }: Request, parameters: readonly string[]) {
  const found = new URL(url, 'http://localhost').searchParams;
  const unknown = [...found.keys()].find((name) => !parameters.includes(name));
  if (unknown !== undefined)
    throw new BulkheadError('BAD_REQUEST', `there is no parameter "${unknown.slice(0, 100)}"`, {
      hint: `There are ${parameters.join(', ')}.`,
    });
  const all = (name: string) => (found.has(name) ? found.getAll(name) : undefined);
  const one = (name: string) => {
    const values = all(name);
    if (values === undefined) return undefined;
    if (values.length === 1 && values[0] !== '') return values[0];
    throw new BulkheadError(
      'BAD_REQUEST',
      `the parameter "${name}" has one value, and not an empty one`,
    );
  };
  const choice = <T extends string>(name: string, choices: readonly [T, ...T[]]): T => {
    const value = one(name) ?? choices[0];
    const chosen = choices.find((choice) => choice === value);
    if (chosen !== undefined) return chosen;
    throw new BulkheadError('BAD_REQUEST', `${name} cannot be "${value.slice(0, 100)}"`, {
      hint: `It is ${choices.join(' or ')}.`,
    });
  };
  return {
    all,
    one,
    choice,
    flag: (name: string) => choice(name, ['false', 'true']) === 'true',
    names(name: string) {
      const names = all(name)?.flatMap((list) => list.split(',').map((part) => part.trim()));
      if (!names?.includes('')) return names;
      throw new BulkheadError('BAD_REQUEST', `a name in the parameter "${name}" is empty`);
    },
  };
}
