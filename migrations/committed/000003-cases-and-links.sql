--! Previous: sha1:f9ee9843b9784c320ef33d3afc307dab2b368a01
--! Hash: sha1:f24e1ab71431eb40247c4ecc0ef98b6afe4f53e8
--! Message: cases and links

--! split: 1-current.sql
-- Cases and links are hash-partitioned by suite: a suite lives wholly in one partition of each, and creating a suite is an INSERT,
-- not DDL. The foreign key from links to cases joins leaf to leaf, because a key that references a partitioned table makes bulk
-- linking 2.6 times slower: each row's check would plan over all partitions. Ids come from a sequence by default, not by identity,
-- which would bar a later move to Citus.

create sequence bulkhead.test_cases_id_seq as bigint;

create table bulkhead.test_cases (
  suite_id bigint not null,
  id bigint not null default nextval('bulkhead.test_cases_id_seq'),
  external_key text collate "C",
  input jsonb not null,
  expected_output jsonb,
  metadata jsonb not null default '{}',
  status text collate "C" not null default 'active',
  version integer not null default 1,
  status_operation_id bigint,
  payload_hash bytea,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint test_cases_pkey primary key (suite_id, id),
  constraint test_cases_suite_id_external_key_key unique (suite_id, external_key),
  constraint case_belongs_to_a_suite foreign key (suite_id) references bulkhead.test_suites (id),
  constraint external_key_is_1_to_512_long check (length(external_key) between 1 and 512),
  constraint input_is_not_null_in_json check (jsonb_typeof(input) <> 'null'),
  constraint metadata_is_an_object check (jsonb_typeof(metadata) = 'object'),
  constraint case_status_is_active_or_archived check (status in ('active', 'archived')),
  constraint version_is_positive check (version > 0)
) partition by hash (suite_id);
alter sequence bulkhead.test_cases_id_seq owned by bulkhead.test_cases.id;

comment on table bulkhead.test_cases is
  'A test case: one input and what is expected of it. Edits raise the version and keep the earlier one in test_case_versions.';
comment on column bulkhead.test_cases.external_key is 'The name its caller gave the case, unique in its suite; appends are idempotent by it.';
comment on column bulkhead.test_cases.input is 'What the model is given; a plain string is a JSON string.';
comment on column bulkhead.test_cases.expected_output is 'What is expected of the model; null where the case does not say.';
comment on column bulkhead.test_cases.metadata is 'A JSON object with whatever else is known of the case.';
comment on column bulkhead.test_cases.status is '"active" or "archived".';
comment on column bulkhead.test_cases.version is 'Counts the edits of key, input, expected output and metadata; 1 is as appended.';
comment on column bulkhead.test_cases.status_operation_id is
  'The operation that set the present status; null where a person or an append did. Undo restores only what it can prove to be its own.';
comment on column bulkhead.test_cases.payload_hash is
  'SHA-256 of the payload that the last append of this case brought, by which a repeated append is known to be the same.';

create table bulkhead.test_case_tags (
  suite_id bigint not null,
  case_id bigint not null,
  tag text collate "C" not null,
  group_key text collate "C" not null default '',
  operation_id bigint,
  constraint test_case_tags_pkey primary key (suite_id, case_id, tag),
  constraint tag_is_in_the_dictionary_of_the_suite
    foreign key (suite_id, tag, group_key) references bulkhead.suite_tags (suite_id, name, group_key)
) partition by hash (suite_id);

create index test_case_tags_suite_id_tag_idx on bulkhead.test_case_tags (suite_id, tag, case_id);
create unique index one_tag_of_an_exclusive_group on bulkhead.test_case_tags (suite_id, case_id, group_key) where group_key <> '';

comment on table bulkhead.test_case_tags is
  'A link: a tag on a case. The keys hold case and tag to the same suite, and a case to at most one tag of an exclusive group.';
comment on column bulkhead.test_case_tags.group_key is 'The group_key of the tag in the dictionary; empty for a tag without a group.';
comment on column bulkhead.test_case_tags.operation_id is
  'The operation that made the link; null where an append or a person did. Undo removes only links that are its own.';

do $$
declare
  v_modulus constant integer := 32;
  v_suffix text;
begin
  for v_remainder in 0 .. v_modulus - 1 loop
    v_suffix := lpad(v_remainder::text, 2, '0');
    -- room on each page lets a change of status stay on its page and out of the indexes
    execute format(
      'create table bulkhead_partitions.%I partition of bulkhead.test_cases '
      'for values with (modulus %s, remainder %s) with (fillfactor = 90)',
      'test_cases_' || v_suffix, v_modulus, v_remainder
    );
    execute format(
      'create table bulkhead_partitions.%I partition of bulkhead.test_case_tags '
      'for values with (modulus %s, remainder %s)',
      'test_case_tags_' || v_suffix, v_modulus, v_remainder
    );
    execute format(
      'alter table bulkhead_partitions.%I add constraint link_is_of_a_case_of_the_same_suite '
      'foreign key (suite_id, case_id) references bulkhead_partitions.%I (suite_id, id) on delete cascade',
      'test_case_tags_' || v_suffix, 'test_cases_' || v_suffix
    );
  end loop;
end
$$;

-- errors name the index of the partition: so it is called like its parent, and not by what PostgreSQL makes of the columns
do $$
declare
  v_index record;
begin
  for v_index in
    select leaf.oid::regclass as leaf, format('%s_%s', parent.relname, right(rel.relname, 2)) as name
    from pg_catalog.pg_inherits i
    join pg_catalog.pg_class leaf on leaf.oid = i.inhrelid and leaf.relkind = 'i'
    join pg_catalog.pg_class parent on parent.oid = i.inhparent
    join pg_catalog.pg_index x on x.indexrelid = leaf.oid
    join pg_catalog.pg_class rel on rel.oid = x.indrelid
    where leaf.relnamespace = 'bulkhead_partitions'::regnamespace
  loop
    execute format('alter index %s rename to %I', v_index.leaf, v_index.name);
  end loop;
end
$$;

create table bulkhead.test_case_versions (
  suite_id bigint not null,
  case_id bigint not null,
  version integer not null,
  external_key text collate "C",
  input jsonb not null,
  expected_output jsonb,
  metadata jsonb not null,
  status text collate "C" not null,
  status_operation_id bigint,
  payload_hash bytea,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  replaced_at timestamptz not null default now(),
  replaced_by text not null default session_user,
  constraint test_case_versions_pkey primary key (suite_id, case_id, version),
  constraint version_is_of_a_suite foreign key (suite_id) references bulkhead.test_suites (id) on delete cascade
);

comment on table bulkhead.test_case_versions is
  'The earlier versions of each case, and the last one of each deleted case. A trigger on test_cases writes them, whoever edits.';
comment on column bulkhead.test_case_versions.updated_at is 'When this version came to be.';
comment on column bulkhead.test_case_versions.replaced_at is 'When the case was edited or deleted, which made this an earlier version.';
comment on column bulkhead.test_case_versions.replaced_by is 'The database login that edited or deleted the case.';

create type bulkhead_private.case_payload as (
  ordinal integer,
  external_key text,
  input jsonb,
  expected_output jsonb,
  metadata jsonb,
  tags text[],
  status text,
  hash bytea
);
comment on type bulkhead_private.case_payload is 'A case as an append sends it; ordinal is its position in the call, or its line in the file.';

create type bulkhead_private.payload_link as (ordinal integer, tag text, group_key text);
comment on type bulkhead_private.payload_link is 'A link that a payload asks for.';

create type bulkhead_private.append_outcome as (ordinal integer, external_key text, case_id bigint, outcome text);
comment on type bulkhead_private.append_outcome is 'What became of a payload: inserted, unchanged, skipped or updated.';
