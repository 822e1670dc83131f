--! Previous: sha1:f24e1ab71431eb40247c4ecc0ef98b6afe4f53e8
--! Hash: sha1:0eece197eb3a90864bed010a1cc149b8fb9188f1
--! Message: operations and change log

--! split: 1-current.sql
-- An operation is one bulk change of one suite. Its row is written by its submission and then by its own worker alone, so that
-- nobody waits for it; a wish to cancel is a row of its own. What each chunk really changed is in the change log, which serves undo:
-- one row per chunk and kind of change with the ids in an array, a third of the cost of one row per link.

create sequence bulkhead.bulk_operations_id_seq as bigint;

create table bulkhead.bulk_operations (
  suite_id bigint not null,
  id bigint not null default nextval('bulkhead.bulk_operations_id_seq'),
  kind text collate "C" not null,
  state text collate "C" not null default 'queued',
  selection jsonb not null default '{}',
  parameters jsonb not null default '{}',
  total bigint not null default 0,
  processed bigint not null default 0,
  changed bigint not null default 0,
  unchanged bigint not null default 0,
  skipped bigint not null default 0,
  failed bigint not null default 0,
  first_errors jsonb not null default '[]',
  high_water_id bigint not null,
  cursor_id bigint not null default 0,
  chunks integer not null default 0,
  chunk_size integer not null default 500,
  pace real not null default 1,
  undoes_operation_id bigint,
  retries_operation_id bigint,
  submitted_by text not null default session_user,
  submitted_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  constraint bulk_operations_pkey primary key (suite_id, id),
  constraint operation_belongs_to_a_suite foreign key (suite_id) references bulkhead.test_suites (id) on delete cascade,
  constraint undo_is_of_an_operation_of_the_same_suite
    foreign key (suite_id, undoes_operation_id) references bulkhead.bulk_operations (suite_id, id),
  constraint retry_is_of_an_operation_of_the_same_suite
    foreign key (suite_id, retries_operation_id) references bulkhead.bulk_operations (suite_id, id),
  constraint operation_kind_is_known
    check (kind in ('tag', 'set_status', 'delete', 'rename_tag', 'merge_tags', 'copy', 'undo')),
  constraint operation_state_is_known check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  constraint processed_is_the_sum_of_the_outcomes check (processed = changed + unchanged + skipped + failed),
  constraint pace_is_a_share_of_the_time check (pace between 0.001::real and 1),
  constraint chunk_size_is_positive check (chunk_size > 0),
  constraint only_an_undo_undoes check ((kind = 'undo') = (undoes_operation_id is not null)),
  constraint finished_at_is_set_when_it_is_over
    check ((finished_at is not null) = (state in ('succeeded', 'failed', 'cancelled')))
);
alter sequence bulkhead.bulk_operations_id_seq owned by bulkhead.bulk_operations.id;

create unique index one_operation_at_a_time_in_a_suite on bulkhead.bulk_operations (suite_id) where state = 'running';
create unique index an_operation_is_undone_once on bulkhead.bulk_operations (suite_id, undoes_operation_id)
  where state in ('queued', 'running', 'succeeded');
create index bulk_operations_suite_id_undoes_idx on bulkhead.bulk_operations (suite_id, undoes_operation_id)
  where undoes_operation_id is not null;
create index bulk_operations_suite_id_retries_idx on bulkhead.bulk_operations (suite_id, retries_operation_id)
  where retries_operation_id is not null;
create index bulk_operations_suite_id_unfinished_idx on bulkhead.bulk_operations (suite_id, id)
  where state in ('queued', 'running');

comment on table bulkhead.bulk_operations is
  'An operation: one bulk change of one suite, with its progress, its outcome and its undo. Submitted by the bulk_… functions.';
comment on column bulkhead.bulk_operations.kind is 'tag, set_status, delete, rename_tag, merge_tags, copy or undo.';
comment on column bulkhead.bulk_operations.state is
  'queued → running → succeeded, failed (some cases could not be changed, see first_errors) or cancelled.';
comment on column bulkhead.bulk_operations.selection is 'Which cases: the arguments of the call, with the tags of its expression resolved.';
comment on column bulkhead.bulk_operations.parameters is 'What is done with them: the other arguments of the call.';
comment on column bulkhead.bulk_operations.total is 'The cases that the selection matched when the operation was submitted.';
comment on column bulkhead.bulk_operations.processed is 'The cases dealt with so far: changed + unchanged + skipped + failed.';
comment on column bulkhead.bulk_operations.skipped is 'Cases left as they are on purpose: by on_exclusive => ''skip'', or by an undo.';
comment on column bulkhead.bulk_operations.failed is 'Cases that could not be changed; retry_operation tries them again.';
comment on column bulkhead.bulk_operations.first_errors is 'The first ten failures: [{"case_id", "code", "message"}].';
comment on column bulkhead.bulk_operations.high_water_id is 'The last case id at submission: a case appended later is not covered.';
comment on column bulkhead.bulk_operations.cursor_id is 'The last case id dealt with; committed together with the changes.';
comment on column bulkhead.bulk_operations.chunk_size is 'Cases in the next chunk; adapts so that a chunk takes 25 to 50 ms.';
comment on column bulkhead.bulk_operations.pace is 'The share of the time that the operation may use: 1 is all, 0.5 rests as long as it works.';
comment on column bulkhead.bulk_operations.undoes_operation_id is 'Of an undo: the operation that it reverses.';
comment on column bulkhead.bulk_operations.retries_operation_id is 'Of a retry: the operation whose failed or missing cases it takes up.';
comment on column bulkhead.bulk_operations.submitted_by is 'The database login that submitted the operation.';

create table bulkhead_private.operation_cancellations (
  suite_id bigint not null,
  operation_id bigint not null,
  requested_at timestamptz not null default now(),
  requested_by text not null default session_user,
  constraint operation_cancellations_pkey primary key (suite_id, operation_id),
  constraint cancellation_is_of_an_operation foreign key (suite_id, operation_id)
    references bulkhead.bulk_operations (suite_id, id) on delete cascade
);

comment on table bulkhead_private.operation_cancellations is
  'Wishes to cancel. The worker looks here before each chunk, so that nobody but the worker writes the operation''s row.';

create sequence bulkhead_private.change_log_id_seq as bigint;

create table bulkhead_private.change_log (
  suite_id bigint not null,
  operation_id bigint not null,
  id bigint not null default nextval('bulkhead_private.change_log_id_seq'),
  chunk integer not null,
  change text collate "C" not null,
  tag text collate "C",
  group_key text collate "C",
  link_operation_id bigint,
  status text collate "C",
  status_operation_id bigint,
  code text collate "C",
  message text,
  case_ids bigint[] not null,
  copied_ids bigint[],
  first_case_id bigint not null generated always as (case_ids[1]) stored,
  last_case_id bigint not null generated always as (case_ids[cardinality(case_ids)]) stored,
  constraint change_log_pkey primary key (suite_id, operation_id, id),
  constraint change_is_of_an_operation foreign key (suite_id, operation_id)
    references bulkhead.bulk_operations (suite_id, id) on delete cascade,
  constraint change_is_known check (
    change in ('link_added', 'link_removed', 'status_set', 'case_deleted', 'case_restored', 'case_copied', 'copy_deleted', 'left_alone', 'failed')
  ),
  constraint a_change_of_a_link_names_the_tag check (change not in ('link_added', 'link_removed') or tag is not null),
  constraint a_copy_names_each_new_case check (change <> 'case_copied' or cardinality(copied_ids) = cardinality(case_ids))
);

alter sequence bulkhead_private.change_log_id_seq owned by bulkhead_private.change_log.id;

comment on table bulkhead_private.change_log is
  'What each chunk really changed, one row per chunk and kind of change, ids ascending in an array. Pruned after 30 days; then there is no undo.';
comment on column bulkhead_private.change_log.link_operation_id is 'Of a link: the operation_id that it carries or carried.';
comment on column bulkhead_private.change_log.status is 'Of status_set: the status before.';
comment on column bulkhead_private.change_log.status_operation_id is 'Of status_set: the operation that had set the status before.';
comment on column bulkhead_private.change_log.copied_ids is 'Of case_copied: the ids in the other suite, position by position.';

create type bulkhead_private.operation_plan as (
  suite_id bigint,
  kind text,
  selection jsonb,
  parameters jsonb,
  new_tags text[],
  pace real,
  undoes_operation_id bigint,
  retries_operation_id bigint
);
comment on type bulkhead_private.operation_plan is 'An operation that was asked for, checked but not submitted: what preview and submit share.';

create type bulkhead_private.chunk_targets as (case_ids bigint[], cursor_id bigint, is_last boolean);
comment on type bulkhead_private.chunk_targets is 'The cases of the next chunk in ascending order, the cursor after it, and whether none follow.';

create type bulkhead_private.chunk_result as (changed bigint, skipped bigint, failed bigint, errors jsonb);
comment on type bulkhead_private.chunk_result is 'What a chunk did, in cases; the rest of its targets was unchanged.';

create type bulkhead.operation_preview as (
  total bigint,
  changed bigint,
  unchanged bigint,
  skipped bigint,
  failed bigint,
  new_tags text[],
  first_case_ids bigint[]
);
comment on type bulkhead.operation_preview is
  'What an operation would do now: how many cases it would cover, change, leave unchanged, skip or fail; the tags that it would add to the dictionary; its first ten cases.';
