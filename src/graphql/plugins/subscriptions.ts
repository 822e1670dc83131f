/** Operations as they move, over WebSocket: the listener says that one has, and it is read again. */
import type {} from 'postgraphile';
import { TYPES } from 'postgraphile/@dataplan/pg';
import {
  constant,
  context,
  type FieldArgs,
  get,
  lambda,
  listen,
  type Step,
  sideEffect,
} from 'postgraphile/grafast';
import { extendSchema, gql } from 'postgraphile/utils';
import { BulkheadError } from '../../errors.ts';
import { limits } from '../limits.ts';
import type { OperationEvent } from '../listener.ts';

type Event = Step<OperationEvent>;

const idsOf = (args: FieldArgs): { $suiteId: Step<string>; $id: Step<string> } => ({
  $suiteId: args.getRaw('suiteId'),
  $id: args.getRaw('id'),
});

export const SubscriptionsPlugin = extendSchema(({ pgResources, sql }) => {
  const { test_suites: suites, bulk_operations: operations } = pgResources;
  if (!suites || !operations) throw new Error('there are no suites or no operations');

  return {
    typeDefs: gql`
      extend type Subscription {
        """
        An operation as it is now, and again each time it has moved. Ends when the operation has ended.
        """
        operationProgress(suiteId: BigInt!, id: BigInt!): BulkOperation!

        """
        The operations of a suite that have not ended, and then each operation of the suite when it has moved.
        """
        suiteOperations(suiteId: BigInt!): [BulkOperation!]!
      }
    `,
    objects: {
      Subscription: {
        plans: {
          operationProgress: {
            subscribePlan(_root: Step, args: FieldArgs) {
              const { $suiteId, $id } = idsOf(args);
              return listenTo(lambda([$suiteId, $id], ([suiteId, id]) => `${suiteId}/${id}`));
            },
            plan($event: Event, args: FieldArgs) {
              const { $suiteId, $id } = idsOf(args);
              const $operation = operations.get({ suite_id: $suiteId, id: $id });
              const $found = $operation.get('id');
              sideEffect([$event, $id, $found, $operation.get('finished_at')], endWithOperation);
              return $operation;
            },
          },
          suiteOperations: {
            subscribePlan: (_root: Step, args: FieldArgs) => listenTo(args.getRaw('suiteId')),
            plan($event: Event, args: FieldArgs) {
              const $suiteId = args.getRaw('suiteId');
              const $suite = suites.get({ id: $suiteId });
              sideEffect([$event, $suiteId, $suite.get('id')], endWithoutSuite);
              const $operations = operations.find({ suite_id: $suiteId });
              const { alias } = $operations;
              const moved = $operations.placeholder(get($event, 'operationId'), TYPES.bigint);
              $operations.where(sql`
                case
                  when ${moved} is null then ${alias}.state in ('queued', 'running')
                  else ${alias}.id = ${moved}
                end
              `);
              $operations.orderBy({ attribute: 'id', direction: 'ASC' });
              $operations.setFirst(constant(limits.maxPage));
              return $operations;
            },
          },
        },
      },
    },
  };
}, 'SubscriptionsPlugin');

function listenTo($topic: Step<string>) {
  return listen(context().get('pgSubscriber'), $topic, ($event) => $event);
}

type Seen = readonly [event: OperationEvent, asked: string, found: string | null];

function endWithOperation([event, asked, found, finishedAt]: readonly [...Seen, string | null]) {
  if (found === null || finishedAt !== null) event.end();
  if (found === null)
    throw new BulkheadError('UNKNOWN_OPERATION', `the suite has no operation with the id ${asked}`);
}

function endWithoutSuite([event, asked, found]: Seen) {
  if (found !== null) return;
  event.end();
  throw new BulkheadError('UNKNOWN_SUITE', `there is no suite with the id ${asked}`);
}
