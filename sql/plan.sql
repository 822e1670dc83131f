/* @name limitMeasuring */
select
  set_config('lock_timeout', '200ms', false) as "lock_timeout!",
  set_config('statement_timeout', '5s', false) as "statement_timeout!",
  set_config('idle_in_transaction_session_timeout', '60s', false) as "idle_timeout!";

/* @name readServer */
select
  current_setting('server_version') as "version!",
  current_setting('max_connections')::integer as "connections!",
  current_setting('transaction_read_only')::boolean as "read_only!";

/* @name addSuite */
-- not create_suite, which would make the caller a member and so hold a row that others write
insert into bulkhead.test_suites (slug, name) values (:slug!, 'bulkhead plan measures here') returning id as "id!";

/* @name appendMeasured */
select count(*)::integer as "cases!" from bulkhead.append_cases(:suiteId!, :cases!);

/* @name submitMeasured */
select id as "id!" from bulkhead.bulk_tag(:suiteId!, add => array[:tag!], all_cases => true);

/* @name sizeNextChunk */
update bulkhead.bulk_operations set chunk_size = :size! where suite_id = :suiteId! and id = :operationId!;

/* @name logByFunction */
select set_config('bulkhead.logged_by_function', :value!, true) as "value!";

/* @name defineMeasured */
insert into bulkhead.suite_tags (suite_id, name) values (:suiteId!, :tag!);

/* @name firstCases */
select id as "id!" from bulkhead.test_cases where suite_id = :suiteId! order by id limit :limit!;

/* @name linkOne */
insert into bulkhead.test_case_tags (suite_id, case_id, tag) values (:suiteId!, :caseId!, :tag!);

/* @name commitNothing */
-- a transaction of its own that leaves no row: its commit waits for the WAL as that of an append does
select pg_logical_emit_message(true, 'bulkhead plan', '')::text as "lsn!";
