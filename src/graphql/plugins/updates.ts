/**
 * An update that finds no row is an error, as it is for the functions: of what is not there, or of
 * what the caller sees and may not change, which policies leave out of what an update finds.
 */
import type {} from 'postgraphile';
import type { PgClient, PgUpdateSingleStep, WithPgClient } from 'postgraphile/@dataplan/pg';
import { context, type FieldArgs, type ObjectStep, sideEffect } from 'postgraphile/grafast';
import { wrapPlans } from 'postgraphile/utils';
import { BulkheadError } from '../../errors.ts';
import { findMyRole } from '../../queries/requests.queries.ts';
import { forQueries } from '../request-client.ts';

type Payload = ObjectStep<{ result: PgUpdateSingleStep }>;
type Plan = () => unknown;

/** What the functions and policies ask for the same. */
const needed = { suite: 'owner', case: 'editor' } as const;

export const UpdatesPlugin = wrapPlans(
  {
    Mutation: {
      updateSuite: (plan: Plan, _parent: unknown, args: FieldArgs) =>
        requireUpdated(plan() as Payload, args, ['input', 'id'], null),
      updateCase: (plan: Plan, _parent: unknown, args: FieldArgs) =>
        requireUpdated(plan() as Payload, args, ['input', 'suiteId'], ['input', 'id']),
    },
  },
  { name: 'UpdatesPlugin' },
);

function requireUpdated(
  $payload: Payload,
  args: FieldArgs,
  suitePath: string[],
  casePath: string[] | null,
): Payload {
  const $updated = $payload.getStepForKey('result').get('id');
  const $suiteId = args.getRaw(suitePath);
  const $caseId = casePath ? args.getRaw(casePath) : $suiteId;
  const $withPgClient = context().get('withPgClient');
  sideEffect(
    [$updated, $suiteId, $caseId, $withPgClient, context().get('pgSettings')],
    ([updated, suiteId, caseId, withPgClient, settings]) => {
      if (updated != null) return;
      const missed = { suiteId, caseId: casePath ? caseId : null };
      return (withPgClient as WithPgClient)(settings as never, (client) => explain(client, missed));
    },
  );
  return $payload;
}

type Missed = { suiteId: string; caseId: string | null };

/** Asks as the caller: nothing is said of what the caller does not see. */
async function explain(client: PgClient, { suiteId, caseId }: Missed): Promise<never> {
  const [suite] = await findMyRole.run({ suiteId, caseId }, forQueries(client));
  if (caseId !== null && !suite?.seesCase)
    throw new BulkheadError('NOT_FOUND', 'there is no such case');
  if (!suite) throw new BulkheadError('UNKNOWN_SUITE', 'there is no such suite');
  const role = needed[caseId === null ? 'suite' : 'case'];
  throw new BulkheadError(
    'NOT_ALLOWED',
    `this takes the role "${role}" in the suite "${suite.slug}"`,
    {
      detail: `${suite.principal} has the role "${suite.role}" there.`,
      hint: 'Ask an owner of the suite.',
    },
  );
}
