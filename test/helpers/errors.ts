/** What the database refuses, and how it says so. */
import type { ExecutionContext } from 'ava';
import { DatabaseError } from 'pg';
import { describeError } from '../../src/errors.ts';
import type { Queryable } from './cases.ts';

/** What is expected of a refusal; texts are compared whole, patterns matched. */
export type Refusal = {
  code: string;
  message?: string | RegExp;
  detail?: string | RegExp;
  hint?: string | RegExp;
  constraint?: string;
};

/**
 * Asserts that the work is refused with an error of the registry. Inside a transaction, which goes
 * on as if the work had not been tried. Our own errors must explain themselves.
 */
export async function refuses(
  t: ExecutionContext,
  client: Queryable,
  work: () => Promise<unknown>,
  expected: Refusal,
): Promise<DatabaseError> {
  await client.query('savepoint refusal');
  const error = await work().then(
    () => t.fail(`nothing was refused; expected ${expected.code}`),
    (reason) => reason,
  );
  await client.query('rollback to savepoint refusal; release savepoint refusal');
  return checkRefusal(t, error, expected);
}

/** The same for an error that was caught elsewhere. */
export function checkRefusal(
  t: ExecutionContext,
  error: unknown,
  expected: Refusal,
): DatabaseError {
  if (!(error instanceof DatabaseError)) throw error;
  t.is(error.code, expected.code, error.message);
  t.truthy(describeError(error), `${error.code} is not in the registry`);
  if (error.code?.startsWith('TC')) {
    t.truthy(error.detail, `${error.message}: has no detail`);
    t.truthy(error.hint, `${error.message}: has no hint`);
  }
  for (const part of ['message', 'detail', 'hint', 'constraint'] as const) {
    const wanted = expected[part];
    if (wanted instanceof RegExp) t.regex(error[part] ?? '', wanted);
    else if (wanted !== undefined) t.is(error[part], wanted);
  }
  return error;
}
