/** An update of what does not exist is an error, as it is for the functions. */
import type {} from 'postgraphile';
import type { PgUpdateSingleStep } from 'postgraphile/@dataplan/pg';
import { type ObjectStep, sideEffect } from 'postgraphile/grafast';
import { wrapPlans } from 'postgraphile/utils';
import { BulkheadError } from '../../errors.ts';

type Payload = ObjectStep<{ result: PgUpdateSingleStep }>;

export const UpdatesPlugin = wrapPlans(
  {
    Mutation: {
      updateSuite: (plan) => requireUpdated(plan() as Payload, 'UNKNOWN_SUITE', 'no such suite'),
      updateCase: (plan) => requireUpdated(plan() as Payload, 'NOT_FOUND', 'no such case'),
    },
  },
  { name: 'UpdatesPlugin' },
);

function requireUpdated($payload: Payload, name: string, message: string): Payload {
  sideEffect($payload.getStepForKey('result').get('id'), (id) => {
    if (id == null) throw new BulkheadError(name, `there is ${message}`);
  });
  return $payload;
}
