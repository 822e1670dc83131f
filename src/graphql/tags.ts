/**
 * What the API calls and shows of each table, column, key and function. Comments in SQL stay prose,
 * because they become the documentation of the schema; the tags that PostGraphile reads are here.
 */
import { jsonPgSmartTags } from 'postgraphile/utils';

/** `word` is ours: what plugins/names.ts makes fields, arguments and payloads from. */
const word = (name: string) => ({ word: name });

/** In the table and its rows, but of no use to a caller. */
const internal = { tags: { behavior: '-attribute:select -attribute:filterBy -attribute:orderBy' } };

const sortable = { tags: { behavior: '+attribute:orderBy' } };
const filterable = { tags: { behavior: '+attribute:filterBy' } };
const both = { tags: { behavior: '+attribute:orderBy +attribute:filterBy' } };

/** A key seen from its table, and from the one that it refers to (null: not shown there). */
const relation = (here: string, there: string | null): { tags: Record<string, string | true> } => ({
  tags: {
    fieldName: here,
    ...(there === null
      ? { backwardBehavior: '-connection -list -single' }
      : { foreignFieldName: there, backwardBehavior: '+connection', isIndexed: true }),
  },
});

/** A key that only the partitions have, or that has no constraint because one side is pruned. */
const virtualRelation = (keys: string, here: string, there: string | null) =>
  [
    keys,
    `@fieldName ${here}`,
    ...(there === null
      ? ['@backwardBehavior -connection -list -single']
      : [`@foreignFieldName ${there}`]),
  ].join('|');

/** A key that only the database needs. */
const hiddenRelation = {
  tags: { behavior: '-single', backwardBehavior: '-connection -list -single' },
};

const neverNull = { notNull: true } as const;
const plain = { tags: neverNull };
const neverNullColumn = plain;

/** For psql, policies and the server: a request's identity is settled before GraphQL is asked. */
const notForGraphql = { tags: { behavior: '-queryField -mutationField' } };
const ofTheDatabase = [
  'current_principal',
  'has_suite',
  'is_admin',
  'my_suites',
  'payload_hash',
  'suite_channel',
  'use_credential',
  'use_token',
];

/** An import is what one session does, and its cases are copied: POST /api/suites/:slug/cases. */
const ofAnImport = [
  'append_answer',
  'append_import',
  'begin_import',
  'define_import_tags',
  'end_import',
  'import_at_once',
  'import_problems',
];

/** Files are pulled: GET /api/suites/:slug/cases. */
const ofAPull = ['case_line', 'pull_query', 'snapshot_lines'];
const previews = ['tag', 'set_status', 'delete', 'copy', 'rename_tag', 'merge_tags'];

/** Not a way to look a row up, or to name the one to update. */
const notAKey = { tags: { behavior: '-single -update' } };

export const tags = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      'bulkhead.test_suites': {
        tags: { ...word('suite'), behavior: '+query:resource:connection +filter' },
        attribute: { id: both, slug: both, name: sortable, archived_at: filterable },
        constraint: {
          test_suites_slug_key: { tags: { fieldName: 'suiteBySlug', behavior: '-update' } },
        },
      },
      'bulkhead.suite_tags': {
        tags: { ...word('tag'), behavior: '+filter' },
        attribute: { name: both, exclusive_group: filterable, group_key: internal },
        constraint: {
          suite_tags_suite_id_name_group_key_key: notAKey,
          tag_belongs_to_a_suite: relation('suite', 'tags'),
          alias_is_of_a_tag_of_the_same_suite: relation('aliasOfTag', 'aliases'),
        },
      },
      'bulkhead.test_cases': {
        tags: {
          ...word('case'),
          behavior: '+filter',
          foreignKey: virtualRelation(
            '(suite_id, status_operation_id) references bulkhead.bulk_operations (suite_id, id)',
            'statusOperation',
            null,
          ),
        },
        attribute: {
          id: both,
          external_key: both,
          status: filterable,
          created_at: both,
          status_operation_id: internal,
          payload_hash: internal,
        },
        constraint: {
          test_cases_suite_id_external_key_key: {
            tags: { fieldName: 'caseByExternalKey', behavior: '-update' },
          },
          case_belongs_to_a_suite: relation('suite', 'cases'),
        },
      },
      'bulkhead.test_case_tags': {
        tags: {
          ...word('link'),
          foreignKey: [
            virtualRelation(
              '(suite_id, case_id) references bulkhead.test_cases (suite_id, id)',
              'case',
              'links',
            ),
            virtualRelation(
              '(suite_id, operation_id) references bulkhead.bulk_operations (suite_id, id)',
              'operation',
              null,
            ),
          ],
        },
        attribute: { case_id: sortable, tag: sortable, group_key: internal },
        constraint: {
          test_case_tags_pkey: notAKey,
          tag_is_in_the_dictionary_of_the_suite: relation('suiteTag', 'links'),
        },
      },
      'bulkhead.test_case_versions': {
        tags: {
          ...word('version'),
          foreignKey: virtualRelation(
            '(suite_id, case_id) references bulkhead.test_cases (suite_id, id)',
            'case',
            'versions',
          ),
        },
        attribute: { version: sortable, status_operation_id: internal, payload_hash: internal },
        constraint: {
          test_case_versions_pkey: notAKey,
          version_is_of_a_suite: relation('suite', null),
        },
      },
      'bulkhead.bulk_operations': {
        tags: { ...word('operation'), behavior: '+filter' },
        attribute: {
          id: both,
          kind: filterable,
          state: filterable,
          high_water_id: internal,
          cursor_id: internal,
          chunk_size: internal,
        },
        constraint: {
          operation_belongs_to_a_suite: relation('suite', 'operations'),
          undo_is_of_an_operation_of_the_same_suite: relation('undoes', 'undoneBy'),
          retry_is_of_an_operation_of_the_same_suite: relation('retries', 'retriedBy'),
        },
      },
      'bulkhead.tag_routes': {
        tags: { ...word('route'), name: 'routes' },
        attribute: { name: sortable, precedence: sortable },
        constraint: {
          tag_routes_suite_id_precedence_key: notAKey,
          route_belongs_to_a_suite: relation('suite', 'routes'),
        },
      },
      'bulkhead.route_pulls': {
        tags: { ...word('pull'), name: 'route_pulls', behavior: '+filter' },
        attribute: { id: both, route: filterable, pulled_by: filterable, pulled_at: filterable },
        constraint: { route_pulls_pkey: notAKey, pull_is_of_a_suite: relation('suite', 'pulls') },
      },
      'bulkhead.suite_snapshots': {
        tags: { ...word('snapshot'), name: 'snapshots' },
        attribute: { name: sortable, created_at: sortable },
        constraint: { snapshot_belongs_to_a_suite: relation('suite', 'snapshots') },
      },
      'bulkhead.suite_members': {
        tags: { ...word('member') },
        attribute: { principal: sortable, role: sortable },
        constraint: {
          suite_members_pkey: notAKey,
          member_is_of_a_suite: relation('suite', 'members'),
          member_is_a_principal: hiddenRelation,
        },
      },
      'bulkhead.suite_tokens': {
        tags: {
          ...word('token'),
          primaryKey: 'suite_id,principal|@behavior -single',
          foreignKey: virtualRelation(
            '(suite_id) references bulkhead.test_suites (id)',
            'suite',
            'tokens',
          ).concat('|@backwardBehavior -connection +list'),
        },
        attribute: {
          name: neverNullColumn,
          hint: neverNullColumn,
          role: neverNullColumn,
          created_at: neverNullColumn,
          created_by: neverNullColumn,
        },
      },
      'bulkhead.principals': {
        tags: { ...word('principal'), behavior: '+query:resource:connection' },
        attribute: { name: sortable },
      },
      'bulkhead.audit_log': {
        tags: {
          ...word('event'),
          name: 'audit_events',
          behavior: '+filter',
          foreignKey: [
            virtualRelation('(suite_id) references bulkhead.test_suites (id)', 'suite', 'auditLog'),
            virtualRelation(
              '(suite_id, operation_id) references bulkhead.bulk_operations (suite_id, id)',
              'operation',
              null,
            ),
          ],
        },
        attribute: {
          id: both,
          at: both,
          principal: filterable,
          action: filterable,
          subject: filterable,
          subject_id: filterable,
          operation_id: filterable,
        },
        constraint: { audit_log_pkey: notAKey },
      },
      'bulkhead.tag_cloud': {
        tags: {
          name: 'tag_cloud_entries',
          primaryKey: 'suite_id,tag|@behavior -single',
          foreignKey: virtualRelation(
            '(suite_id) references bulkhead.test_suites (id)',
            'suite',
            'tagCloud',
          ).concat('|@backwardBehavior -connection +list'),
        },
        attribute: {
          tag: sortable,
          meaning: { tags: { notNull: true } },
          cases: { tags: { notNull: true, behavior: '+attribute:orderBy' } },
        },
      },
    },
    procedure: {
      'bulkhead.append_cases': { tags: { ...neverNull, recordType: 'AppendedCase' } },
      'bulkhead.find_cases': {
        ...plain,
        description:
          'The cases of a suite that meet all that is asked, in the order of their ids: a tag expression, status, ids, external keys, ' +
          'time of creation, metadata contained, text in input, expected output or key. For the next page pass the last id as afterId.',
      },
      'bulkhead.operation_changes': {
        tags: { ...neverNull, recordType: 'OperationChange' },
        description:
          'What an operation did, case by case: link_added, link_removed, status_set, case_deleted, case_restored, case_copied, ' +
          'copy_deleted, and left_alone or failed with the reason. For the next page pass the last caseId as afterCaseId.',
      },
      'bulkhead.read_audit_log': {
        ...plain,
        description:
          'The audit log of a suite, also of one that was deleted, the newest event first; without a suite that of the instance: ' +
          'principals, tokens, suites created and deleted. For the next page pass the last id as beforeId.',
      },
      'bulkhead.suite_id': plain,
      'bulkhead.count_cases': {
        ...plain,
        description: 'How many cases findCases would give on all its pages together.',
      },
      'bulkhead.parse_tag_expression': plain,
      'bulkhead.test_cases_tags': {
        ...plain,
        description: 'The tags of the case, in alphabetical order.',
      },
      'bulkhead.routes_of_cases': { tags: { ...neverNull, recordType: 'CaseRoute' } },
      'bulkhead.count_routes': { tags: { ...neverNull, recordType: 'RouteCount' } },
      'bulkhead.snapshot_cases': {
        tags: { ...neverNull, recordType: 'SnapshotCase' },
        description:
          'The cases of a snapshot as they were frozen, in the order of their ids. For the next page pass the last caseId as afterId.',
      },
      'bulkhead.compare_snapshots': {
        tags: { ...neverNull, recordType: 'SnapshotChange' },
        description:
          'What became of the cases from one snapshot to another: added, removed, changed (content or status, and perhaps tags too), ' +
          'or only retagged. For the next page pass the last caseId as afterId; countSnapshotChanges gives the totals.',
      },
      'bulkhead.count_snapshot_changes': plain,
      'bulkhead.preview_undo_operation': plain,
      'bulkhead.me': { tags: { ...neverNull, recordType: 'Identity' } },
      'bulkhead.test_suites_my_role': plain,
      'bulkhead.create_token': { tags: { ...neverNull, recordType: 'CreatedToken' } },
      ...Object.fromEntries(
        [...ofTheDatabase, ...ofAnImport, ...ofAPull].map((name) => [
          `bulkhead.${name}`,
          notForGraphql,
        ]),
      ),
      ...Object.fromEntries(previews.map((name) => [`bulkhead.preview_bulk_${name}`, plain])),
    },
  },
});
