--! Previous: sha1:9221b2bbb6ac65a739b49d4cd04ab6cad7f3b09a
--! Hash: sha1:f9ee9843b9784c320ef33d3afc307dab2b368a01
--! Message: suites and dictionaries

--! split: 1-current.sql
-- A suite is a compartment, and its dictionary belongs to it alone: the same name in two suites is two tags. A tag is known by its
-- name, so that a link can be read and a pull by tag needs no join.

create sequence bulkhead.test_suites_id_seq as bigint;

create table bulkhead.test_suites (
  id bigint not null default nextval('bulkhead.test_suites_id_seq'),
  slug text collate "C" not null,
  name text not null,
  description text not null default '',
  tag_policy text not null default 'open',
  archived_at timestamptz,
  created_at timestamptz not null default now(),
  constraint test_suites_pkey primary key (id),
  constraint test_suites_slug_key unique (slug),
  constraint slug_is_lower_case_and_at_most_63_long check (slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  constraint suite_name_is_1_to_200_long check (length(name) between 1 and 200),
  constraint tag_policy_is_open_or_closed check (tag_policy in ('open', 'closed'))
);
alter sequence bulkhead.test_suites_id_seq owned by bulkhead.test_suites.id;

comment on table bulkhead.test_suites is
  'A suite: a compartment of test cases with a dictionary, operations and history of its own. Nothing in one suite can refer to another.';
comment on column bulkhead.test_suites.slug is
  'What people and pipelines call the suite: lower-case letters, digits, "-" and "_", at most 63 characters.';
comment on column bulkhead.test_suites.tag_policy is
  '"open": an append or an operation may bring a tag that the dictionary does not have yet. "closed": only define_tag adds tags.';
comment on column bulkhead.test_suites.archived_at is 'When the suite was archived; an archived suite takes no appends and no operations.';

create table bulkhead.suite_tags (
  suite_id bigint not null,
  name text collate "C" not null,
  meaning text not null default '',
  colour text,
  exclusive_group text collate "C",
  group_key text collate "C" not null generated always as (coalesce(exclusive_group, '')) stored,
  alias_of text collate "C",
  created_at timestamptz not null default now(),
  constraint suite_tags_pkey primary key (suite_id, name),
  constraint suite_tags_suite_id_name_group_key_key unique (suite_id, name, group_key),
  constraint tag_belongs_to_a_suite foreign key (suite_id) references bulkhead.test_suites (id) on delete cascade,
  constraint alias_is_of_a_tag_of_the_same_suite foreign key (suite_id, alias_of) references bulkhead.suite_tags (suite_id, name),
  constraint alias_is_of_another_tag check (alias_of <> name),
  constraint tag_is_lower_case_and_at_most_63_long check (name ~ '^[a-z0-9][a-z0-9_.:/-]{0,62}$'),
  constraint group_is_lower_case_and_at_most_63_long check (exclusive_group ~ '^[a-z0-9][a-z0-9_.:/-]{0,62}$'),
  constraint colour_is_a_hex_triplet check (colour ~ '^#[0-9a-f]{6}$')
);

create index suite_tags_suite_id_alias_of_idx on bulkhead.suite_tags (suite_id, alias_of) where alias_of is not null;

comment on table bulkhead.suite_tags is
  'The dictionary of a suite: each tag with what it means in this suite. A link can only carry a tag of its own suite''s dictionary.';
comment on column bulkhead.suite_tags.name is
  'Lower-case letters, digits and "_.:/-", beginning with a letter or digit, at most 63 characters. A tag is renamed by bulk_rename_tag.';
comment on column bulkhead.suite_tags.meaning is 'What the tag says about a case of this suite, in words.';
comment on column bulkhead.suite_tags.colour is 'How dashboards draw the tag: "#rrggbb" in lower case.';
comment on column bulkhead.suite_tags.exclusive_group is
  'Of the tags of one group a case carries at most one. The group of a tag that is in use cannot change: merge the tag into another.';
comment on column bulkhead.suite_tags.group_key is
  'The group, or an empty string: what a link repeats, so that a unique index can hold the group exclusive.';
comment on column bulkhead.suite_tags.alias_of is
  'The tag that this name became when it was renamed or merged. An append that still sends the old name gets the new tag.';
