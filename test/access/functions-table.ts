/** Which role each function of the API takes, and what it is called with. */
import type { Place, Takes } from './world.ts';

export type Entry = {
  takes: Takes;
  /** What a lesser role is answered. */
  below?: string;
  /** How a suite is answered that cannot be seen: as rows where a function refuses nobody. */
  hidden?: 'TCNSU' | 'TCNTK' | 'rows';
  /** Arguments beside those that have no default. */
  also?: string[];
  /** What somebody who may is answered, where that is a refusal for another reason. */
  answers?: string;
};

const selects = { also: ['all_cases'] };

/** A function of bulkhead that a request may execute and that is not here is a mistake. */
export const functions: Record<string, Entry> = {
  append_answer: { takes: 'appender' },
  append_cases: { takes: 'appender' },
  // Nobody has staged anything.
  append_import: { takes: 'appender', answers: 'TCEMP' },
  archive_suite: { takes: 'owner' },
  begin_import: { takes: 'appender' },
  bulk_copy: { takes: 'editor', ...selects },
  bulk_delete: { takes: 'owner', ...selects },
  bulk_merge_tags: { takes: 'editor' },
  bulk_rename_tag: { takes: 'editor' },
  bulk_set_status: { takes: 'editor', ...selects },
  bulk_tag: { takes: 'editor', also: ['all_cases', 'add'] },
  cancel_operation: { takes: 'editor' },
  case_line: { takes: 'anyone' },
  compare_snapshots: { takes: 'viewer' },
  count_cases: { takes: 'viewer' },
  count_routes: { takes: 'viewer' },
  count_snapshot_changes: { takes: 'viewer' },
  create_snapshot: { takes: 'editor' },
  create_suite: { takes: 'admin' },
  create_token: { takes: 'owner or admin' },
  current_principal: { takes: 'anyone' },
  define_import_tags: { takes: 'appender' },
  define_route: { takes: 'editor' },
  define_tag: { takes: 'editor' },
  delete_suite: { takes: 'owner', answers: 'TCSUC' },
  drop_route: { takes: 'editor' },
  drop_snapshot: { takes: 'owner' },
  drop_tag: { takes: 'editor' },
  end_import: { takes: 'anyone' },
  find_cases: { takes: 'viewer' },
  has_suite: { takes: 'anyone' },
  // Of no rows.
  import_at_once: { takes: 'appender', answers: 'TCEMP' },
  import_problems: { takes: 'appender' },
  is_admin: { takes: 'anyone' },
  me: { takes: 'anyone' },
  my_suites: { takes: 'anyone' },
  normalize_tag: { takes: 'anyone' },
  operation_changes: { takes: 'viewer' },
  parse_tag_expression: { takes: 'viewer' },
  payload_hash: { takes: 'anyone' },
  preview_bulk_copy: { takes: 'editor', ...selects },
  preview_bulk_delete: { takes: 'owner', ...selects },
  preview_bulk_merge_tags: { takes: 'editor' },
  preview_bulk_rename_tag: { takes: 'editor' },
  preview_bulk_set_status: { takes: 'editor', ...selects },
  preview_bulk_tag: { takes: 'editor', also: ['all_cases', 'add'] },
  preview_undo_operation: { takes: 'editor' },
  pull_query: { takes: 'viewer' },
  pull_route: { takes: 'viewer' },
  read_audit_log: { takes: 'viewer', hidden: 'rows', also: ['suite_id'] },
  remove_member: { takes: 'owner or admin' },
  restore_suite: { takes: 'owner' },
  restore_version: { takes: 'editor' },
  retry_operation: { takes: 'editor' },
  revoke_token: { takes: 'owner or admin', below: 'TCNTK', hidden: 'TCNTK', also: ['suite_id'] },
  routes_of_cases: { takes: 'viewer' },
  set_member: { takes: 'owner or admin' },
  set_principal: { takes: 'admin' },
  snapshot_cases: { takes: 'viewer' },
  snapshot_lines: { takes: 'viewer' },
  suite_channel: { takes: 'viewer' },
  suite_id: { takes: 'viewer' },
  test_cases_tags: { takes: 'viewer', hidden: 'rows' },
  test_suites_my_role: { takes: 'viewer', hidden: 'rows' },
  undo_operation: { takes: 'editor' },
  use_credential: { takes: 'anyone' },
  use_token: { takes: 'anyone' },
};

/** Arguments that name a suite, or something in it: by each of them another suite could be reached. */
export const pointers = ['suite_id', 'suite_ids', 'into_suite_id', 'slug', 'suite', 'test_case'];

type Value = unknown | ((place: Place) => unknown);

/** What an argument is given, by its name, or by function and name where that says more. */
export const values: Record<string, Value> = {
  suite_id: (place: Place) => place.id,
  into_suite_id: (place: Place) => place.id,
  suite_ids: (place: Place) => [place.id],
  slug: (place: Place) => place.slug,
  suite: (place: Place) => place.row,
  test_case: (place: Place) => place.caseRow,
  operation_id: (place: Place) => place.operations.done,
  'cancel_operation.operation_id': (place: Place) => place.operations.queued,
  'retry_operation.operation_id': (place: Place) => place.operations.cancelled,
  'create_suite.slug': 'made-by-the-matrix',
  'define_tag.name': 'fresh',
  'drop_tag.name': 'unused',
  'define_route.name': 'release-gate',
  'drop_route.name': 'nightly',
  route: 'nightly',
  'create_snapshot.name': 'v3',
  'drop_snapshot.name': 'v1',
  snapshot: 'v1',
  before: 'v1',
  after: 'v2',
  'restore_version.case_id': (place: Place) => place.caseId,
  version: 1,
  case_ids: (place: Place) => [place.caseId],
  external_key: 'key',
  input: '"in"',
  expected_output: '"out"',
  metadata: '{}',
  status: 'active',
  'set_principal.name': 'person:somebody@example.com',
  'set_member.principal': 'person:somebody@example.com',
  'remove_member.principal': (place: Place) => place.member,
  'revoke_token.principal': (place: Place) => place.spare.principal,
  'use_token.token': (place: Place) => place.spare.token,
  hash: (place: Place) => place.spare.token,
  suites: ['1', '2'],
  'has_suite.suite_id': '1',
  cases: '[{"external_key": "appended", "input": 1, "tags": ["rag"]}]',
  role: 'viewer',
  all_cases: true,
  add: ['rag'],
  tag: 'unused',
  new_name: 'unneeded',
  tags: ['flaky'],
  into_tag: 'rag',
  set_status: 'archived',
  label: 'A Label',
  expression: 'rag and not flaky',
  tag_meanings: '{"fresh": ""}',
  request_key: 'a key',
  request_hash: Buffer.alloc(32),
};
