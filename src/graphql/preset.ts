/** The GraphQL API on one screen: what it is made from, what it shows, and how it behaves. */

import type { IncomingMessage } from 'node:http';
import { PgSimplifyInflectionPreset } from '@graphile/simplify-inflection';
import type pg from 'pg';
import { makePgService } from 'postgraphile/adaptors/pg';
import type {} from 'postgraphile/grafserv';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { PostGraphileConnectionFilterPreset } from 'postgraphile-plugin-connection-filter';
import { BulkheadError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { makeMaskError } from './errors.ts';
import { limits } from './limits.ts';
import type { Listener } from './listener.ts';
import { CaseTagsPlugin } from './plugins/case-tags.ts';
import { ExactNumbersPlugin } from './plugins/exact-numbers.ts';
import { IdsPlugin } from './plugins/ids.ts';
import { NamesPlugin } from './plugins/names.ts';
import { NotNullPlugin } from './plugins/not-null.ts';
import { PagesPlugin } from './plugins/pages.ts';
import { PayloadsPlugin } from './plugins/payloads.ts';
import { RequestsPlugin } from './plugins/requests.ts';
import { RuruPlugin } from './plugins/ruru.ts';
import { SubscriptionsPlugin } from './plugins/subscriptions.ts';
import { UpdatesPlugin } from './plugins/updates.ts';
import { makeWithRequestClient } from './request-client.ts';
import { tags } from './tags.ts';

/** The pool's connections have the role of requests (request-role.ts), whose grants shape the schema. */
export type PresetOptions = {
  pool: pg.Pool;
  listener: Listener;
  logger: Logger;
  /** The credential that a request, or the one that opened a socket, has been let in with. */
  credentialOf?(request: IncomingMessage): string | undefined;
  /** The database has refused a credential. */
  onRefused?(credential: string): void;
};

/** Makes the preset of PostGraphile. */
export function makePreset(options: PresetOptions): GraphileConfig.Preset {
  const { logger, credentialOf } = options;
  return {
    extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset, filters],
    plugins: [
      tags,
      NamesPlugin,
      ExactNumbersPlugin,
      IdsPlugin,
      NotNullPlugin,
      PagesPlugin,
      PayloadsPlugin,
      UpdatesPlugin,
      CaseTagsPlugin,
      SubscriptionsPlugin,
      RequestsPlugin,
      RuruPlugin,
    ],
    disablePlugins: [...swallowing, ...globalIds, ...otherWays],
    pgServices: [makeService(options)],
    gather: { pgStrictFunctions: true },
    schema: {
      // Tables are written by functions, and read through their suite; tags.ts shows what is more.
      defaultBehavior: [
        '-insert -delete',
        '-query:resource:connection -query:resource:list',
        '-queryField:resource:connection +queryField:resource:list',
        '-attribute:orderBy -attribute:filterBy -filter',
      ].join(' '),
      pgForbidSetofFunctionsToReturnNull: true,
    },
    grafast: {
      timeouts: { planning: 2_000, execution: 60_000 },
      context({ expressv4, ws }) {
        const request = expressv4?.req ?? ws?.request;
        const credential = request && credentialOf?.(request);
        // No request comes so far; if one did, it would not even be told the schema.
        if (!credential) throw new BulkheadError('UNAUTHENTICATED', 'nobody asks');
        return { pgSettings: { credential } };
      },
    },
    grafserv: {
      graphqlPath: '/graphql',
      graphiqlPath: '/ruru',
      graphiqlStaticPath: '/ruru-static/',
      graphiqlOnGraphQLGET: false,
      // Nothing that a form on another site could send.
      allowedRequestContentTypes: ['application/json'],
      maxRequestLength: limits.body,
      websockets: false,
      watch: false,
      maskError: makeMaskError(logger),
    },
  };
}

/** The catalogue is read without a credential, and nothing else is. */
function makeService({ pool, listener, onRefused }: PresetOptions) {
  const service = makePgService({
    schemas: ['bulkhead'],
    pool,
    pgSubscriber: listener as never,
    pgSettingsForIntrospection: { catalogue: 'read' },
  });
  const withPgClient = makeWithRequestClient({ pool, onRefused: onRefused ?? (() => {}) }) as never;
  const adaptor = { ...service.adaptor, createWithPgClient: () => withPgClient };
  return { ...service, adaptor } as typeof service;
}

const filters: GraphileConfig.Preset = {
  extends: [PostGraphileConnectionFilterPreset],
  // Within a suite only: relations, and words such as "or", could make a query search everything.
  disablePlugins: [
    'PgConnectionArgFilterBackwardRelationsPlugin',
    'PgConnectionArgFilterForwardRelationsPlugin',
    'PgConnectionArgFilterLogicalOperatorsPlugin',
    'PgConnectionArgFilterComputedAttributesPlugin',
    'PgConnectionArgFilterCompositeTypeAttributesPlugin',
    'PgConnectionArgFilterRecordFunctionsPlugin',
  ],
  schema: {
    connectionFilterAllowedOperators: [
      'isNull',
      'equalTo',
      'notEqualTo',
      'in',
      'notIn',
      'lessThan',
      'lessThanOrEqualTo',
      'greaterThan',
      'greaterThanOrEqualTo',
    ],
    connectionFilterAllowEmptyObjectInput: true,
    connectionFilterAllowNullInput: true,
    connectionFilterSetofFunctions: false,
  },
};

/** A plugin that fails is a bug to see, not to go on without. */
const swallowing = ['SwallowErrorsPlugin'] as const;

/** Rows are known by their keys, which `id` is a part of; there is no Node interface. */
const globalIds = [
  'NodePlugin',
  'AddNodeInterfaceToSuitableTypesPlugin',
  'RegisterQueryNodePlugin',
  'NodeIdCodecBase64JSONPlugin',
  'NodeIdCodecPipeStringPlugin',
  'PgTableNodePlugin',
  'PgNodeIdAttributesPlugin',
  'QueryQueryPlugin',
] as const;

/** One way to filter, and one way to a changed row. */
const otherWays = [
  'PgConditionArgumentPlugin',
  'PgConditionCustomFieldsPlugin',
  'PgMutationPayloadEdgePlugin',
] as const;
