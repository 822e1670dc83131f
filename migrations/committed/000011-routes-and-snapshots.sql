--! Previous: sha1:57d9b6efba42d5b372320e5ed4fff1cc5919896a
--! Hash: sha1:6f5f158a7f9969fed4ab3f8f05d6348ab45f74a9
--! Message: routes and snapshots

--! split: 1-current.sql
-- What CI asks for by name. A route is a tag expression with a name and a precedence; a snapshot is a list of case versions that nothing
-- changes any more. A snapshot holds ids, versions, statuses and tags in arrays, a thousand cases a row; the contents are where they are:
-- in test_cases while they are the latest, in test_case_versions ever after.
--
-- The trigger that keeps versions had to change for that: it compares bytes, since 1 and 1.0 are different inputs. Its condition was also one
-- that PostgreSQL writes into a dump without its casts and cannot read again: restoring stopped there, or went on without the trigger.

create table bulkhead.tag_routes (
  suite_id bigint not null,
  name text collate "C" not null,
  expression text not null,
  status text collate "C" default 'active',
  precedence integer not null,
  description text not null default '',
  created_at timestamptz not null default now(),
  constraint tag_routes_pkey primary key (suite_id, name),
  constraint tag_routes_suite_id_precedence_key unique (suite_id, precedence),
  constraint route_belongs_to_a_suite foreign key (suite_id) references bulkhead.test_suites (id) on delete cascade,
  constraint route_is_lower_case_and_at_most_63_long check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  constraint route_status_is_active_or_archived check (status in ('active', 'archived')),
  constraint precedence_is_positive check (precedence > 0)
);

comment on table bulkhead.tag_routes is
  'A route: a named selection of a suite that CI asks for (release-gate, nightly), by tag expression and status. define_route makes one.';
comment on column bulkhead.tag_routes.expression is 'The tag expression, resolved anew at each pull: rag and not flaky.';
comment on column bulkhead.tag_routes.status is 'Only cases with this status; null: with either.';
comment on column bulkhead.tag_routes.precedence is 'A case that several routes select goes to the one with the lowest precedence.';

create sequence bulkhead.route_pulls_id_seq as bigint;

create table bulkhead.route_pulls (
  suite_id bigint not null,
  id bigint not null default nextval('bulkhead.route_pulls_id_seq'),
  route text collate "C" not null,
  expression text not null,
  status text collate "C",
  cases bigint not null,
  pulled_by text not null default bulkhead.current_principal(),
  pulled_at timestamptz not null default clock_timestamp(),
  constraint route_pulls_pkey primary key (suite_id, id),
  constraint pull_is_of_a_suite foreign key (suite_id) references bulkhead.test_suites (id) on delete cascade
);
alter sequence bulkhead.route_pulls_id_seq owned by bulkhead.route_pulls.id;

comment on table bulkhead.route_pulls is
  'What each pull by route resolved to when it was made: the expression of that time, and how many cases it selected.';
comment on column bulkhead.route_pulls.route is 'The name that was asked for; the route may have changed, or be gone.';
comment on column bulkhead.route_pulls.expression is 'The expression that the route had.';
comment on column bulkhead.route_pulls.status is 'The status that the route asked for; null: either.';
comment on column bulkhead.route_pulls.cases is 'How many cases it selected.';
comment on column bulkhead.route_pulls.pulled_by is 'The principal that pulled.';
comment on column bulkhead.route_pulls.pulled_at is 'When it pulled.';

create table bulkhead.suite_snapshots (
  suite_id bigint not null,
  name text collate "C" not null,
  description text not null default '',
  selection jsonb not null,
  cases bigint not null,
  sha256 text collate "C" not null,
  created_by text not null default bulkhead.current_principal(),
  created_at timestamptz not null default clock_timestamp(),
  constraint suite_snapshots_pkey primary key (suite_id, name),
  constraint snapshot_belongs_to_a_suite foreign key (suite_id) references bulkhead.test_suites (id),
  constraint snapshot_is_lower_case_and_at_most_63_long check (name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$')
);

comment on table bulkhead.suite_snapshots is
  'A snapshot: an immutable, named list of case versions of a suite. Pulled, it gives the same bytes for ever. create_snapshot makes one.';
comment on column bulkhead.suite_snapshots.selection is 'Which cases: the arguments of the call, with the tags of its expression resolved.';
comment on column bulkhead.suite_snapshots.cases is 'How many cases it holds.';
comment on column bulkhead.suite_snapshots.sha256 is
  'SHA-256, in hex, of a list: the SHA-256, in hex, of each thousand of its lines, a line each. Of a pulled file: '
  'split -l 1000 --filter=''sha256sum | cut -c-64'' lines.jsonl | sha256sum';
comment on column bulkhead.suite_snapshots.created_by is 'The principal that created the snapshot.';

create table bulkhead_private.snapshot_chunks (
  suite_id bigint not null,
  snapshot text collate "C" not null,
  chunk integer not null,
  case_ids bigint[] not null,
  versions integer[] not null,
  statuses text[] not null,
  tags text[] not null,
  sha256 bytea not null,
  first_case_id bigint not null generated always as (case_ids[1]) stored,
  last_case_id bigint not null generated always as (case_ids[cardinality(case_ids)]) stored,
  constraint snapshot_chunks_pkey primary key (suite_id, snapshot, chunk),
  constraint chunk_is_of_a_snapshot foreign key (suite_id, snapshot) references bulkhead.suite_snapshots (suite_id, name) on delete cascade,
  constraint arrays_of_a_chunk_are_of_one_length check (
    cardinality(case_ids) = cardinality(versions) and cardinality(case_ids) = cardinality(statuses) and cardinality(case_ids) = cardinality(tags)
  )
);

comment on table bulkhead_private.snapshot_chunks is
  'A thousand cases of a snapshot, in the order of their ids: position by position the id, version, status and tags, joined by commas.';

create type bulkhead.snapshot_differences as (added bigint, removed bigint, changed bigint, retagged bigint, unchanged bigint);
comment on type bulkhead.snapshot_differences is
  'How many cases two snapshots differ in, and how: only in one of them, in content or status, only in tags; and how many are the same in both.';

comment on column bulkhead.audit_log.subject is
  'suite, tag, case, link, operation, route, snapshot; and member, token, principal, which only owners and admins read.';
comment on column bulkhead.audit_log.subject_id is
  'Which one: the id of the suite, case or operation, the name of the tag, route, snapshot or principal; of a link the id of its case. '
  'Null for an append.';

--! Included cases/keep_case_version.sql
create or replace function bulkhead_private.keep_case_version()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'UPDATE' then
    perform bulkhead_private.open_suite(old.suite_id);
  end if;
  insert into bulkhead.test_case_versions (
    suite_id, case_id, version, external_key, input, expected_output, metadata,
    status, status_operation_id, payload_hash, created_at, updated_at
  )
  values (
    old.suite_id, old.id, old.version, old.external_key, old.input, old.expected_output, old.metadata,
    old.status, old.status_operation_id, old.payload_hash, old.created_at, old.updated_at
  );
  if tg_op = 'DELETE' then
    return old;
  end if;
  if new.version > 0 then -- what is no number of a version is left to its constraint
    new.version := old.version + 1;
  end if;
  new.updated_at := bulkhead_private.clock();
  return new;
end
$$;

comment on function bulkhead_private.keep_case_version() is
  'Trigger: keeps the version of a case that an edit or a deletion replaces, and counts the edit. In an archived suite: TCARC.';

create or replace trigger keep_edited_version
  before update on bulkhead.test_cases
  for each row
  when (
    -- byte by byte: 1 and 1.0 are equal, and are not the same. By the function and not its operator *<>, which PostgreSQL writes into a
    -- dump in a form that it does not read back: the restored database would be without this trigger
    record_image_ne(
      row(old.version, old.external_key, old.input, old.expected_output, old.metadata),
      row(new.version, new.external_key, new.input, new.expected_output, new.metadata)
    )
  )
  execute function bulkhead_private.keep_case_version();

create or replace trigger keep_deleted_version
  before delete on bulkhead.test_cases
  for each row
  execute function bulkhead_private.keep_case_version();
--! EndIncluded cases/keep_case_version.sql
--! Included snapshots/case_line.sql
create or replace function bulkhead.case_line(
  external_key text,
  input jsonb,
  expected_output jsonb,
  metadata jsonb,
  tags text[],
  status text
)
returns text
language sql
stable
parallel safe
security invoker
begin atomic
  select row_to_json(line)::text
  from (
    select
      case_line.external_key as external_key,
      case_line.input as input,
      case_line.expected_output as expected_output,
      case_line.metadata as metadata,
      case_line.tags as tags,
      case_line.status as status
  ) as line;
end;

comment on function bulkhead.case_line(text, jsonb, jsonb, jsonb, text[], text) is
  'A case as a line of JSONL, the same bytes for the same case: what pulls and snapshots write and appends read. Numbers keep all their digits.';
grant execute on function bulkhead.case_line(text, jsonb, jsonb, jsonb, text[], text) to bulkhead_user;
--! EndIncluded snapshots/case_line.sql
--! Included snapshots/snapshots_lock_key.sql
create or replace function bulkhead_private.snapshots_lock_key(suite_id bigint)
returns bigint
language sql
immutable
strict
parallel safe
security invoker
return hashtextextended('bulkhead.snapshots_of_suite', suite_id);

comment on function bulkhead_private.snapshots_lock_key(bigint) is
  'The advisory lock that keeps versions from being deleted while a snapshot that may hold them is being made. Nothing else asks for it.';
--! EndIncluded snapshots/snapshots_lock_key.sql
--! Included snapshots/version_content.sql
create or replace function bulkhead_private.version_content(suite_id bigint, case_id bigint, version integer)
returns table (external_key text, input jsonb, expected_output jsonb, metadata jsonb)
language sql
stable
parallel safe
security invoker
begin atomic
  -- what was kept comes first: it is the original, whoever gives a new case an old id and version
  select o.external_key, o.input, o.expected_output, o.metadata
  from bulkhead.test_case_versions o
  where o.suite_id = version_content.suite_id and o.case_id = version_content.case_id and o.version = version_content.version
  union all
  select c.external_key, c.input, c.expected_output, c.metadata
  from bulkhead.test_cases c
  where c.suite_id = version_content.suite_id and c.id = version_content.case_id and c.version = version_content.version
  limit 1;
end;

comment on function bulkhead_private.version_content(bigint, bigint, integer) is
  'The content of a version of a case: of the latest from test_cases, of every other one, and the last of a deleted case, from test_case_versions.';
--! EndIncluded snapshots/version_content.sql
--! Included snapshots/lost_version.sql
create or replace function bulkhead_private.lost_version(suite_id bigint, case_id bigint, version integer)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'TCFRZ',
    message = format('the version %s of the case %s, which a snapshot holds, is not what was frozen', version, case_id),
    detail = format('Somebody has gone around the triggers of the suite %s; what is left is not given out as the snapshot.', suite_id),
    hint = 'Bring the rows of bulkhead.test_case_versions back from a backup.';
end
$$;

comment on function bulkhead_private.lost_version(bigint, bigint, integer) is
  'Raises TCFRZ: a snapshot that cannot be read as it was frozen is not read at all.';
--! EndIncluded snapshots/lost_version.sql
--! Included snapshots/keep_snapshot.sql
create or replace function bulkhead_private.keep_snapshot()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'TCFRZ',
    message = 'a snapshot does not change',
    detail = format('%s of %s.%s was tried.', tg_op, tg_table_schema, tg_table_name),
    hint = 'Create another snapshot; bulkhead.drop_snapshot takes a whole one away.';
end
$$;

comment on function bulkhead_private.keep_snapshot() is 'Trigger: refuses to change a snapshot with TCFRZ, to everybody.';

create or replace trigger keep_snapshot
  before update or truncate on bulkhead.suite_snapshots
  for each statement
  execute function bulkhead_private.keep_snapshot();

create or replace trigger keep_snapshot
  before update or truncate on bulkhead_private.snapshot_chunks
  for each statement
  execute function bulkhead_private.keep_snapshot();
--! EndIncluded snapshots/keep_snapshot.sql
--! Included snapshots/keep_snapshot_chunk.sql
create or replace function bulkhead_private.keep_snapshot_chunk()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_row bulkhead_private.snapshot_chunks := coalesce(new, old);
  v_snapshot bulkhead.suite_snapshots;
begin
  select s.* into v_snapshot from bulkhead.suite_snapshots s where s.suite_id = v_row.suite_id and s.name = v_row.snapshot;
  if tg_op = 'DELETE' and v_snapshot.name is null then
    return old; -- it goes with the whole snapshot
  elsif tg_op = 'INSERT' and cardinality(new.case_ids) = least(1000, v_snapshot.cases - 1000 * new.chunk) then
    return new; -- there is room for it, which there is once for each
  end if;
  raise exception using
    errcode = 'TCFRZ',
    message = 'a snapshot does not change',
    detail = format('%s of the chunk %s of the snapshot "%s" was tried.', tg_op, v_row.chunk, v_row.snapshot),
    hint = 'Create another snapshot; bulkhead.drop_snapshot takes a whole one away.';
end
$$;

comment on function bulkhead_private.keep_snapshot_chunk() is
  'Trigger: a chunk of a snapshot is written once, as large as the snapshot says, and goes with it only. TCFRZ.';

create or replace trigger keep_snapshot_chunk
  before insert or delete on bulkhead_private.snapshot_chunks
  for each row
  execute function bulkhead_private.keep_snapshot_chunk();
--! EndIncluded snapshots/keep_snapshot_chunk.sql
--! Included snapshots/keep_frozen_version.sql
create or replace function bulkhead_private.keep_frozen_version()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'DELETE' then
    if not exists (select from bulkhead.test_suites s where s.id = old.suite_id) or exists (
      -- an undo has made it the present version again
      select
      from bulkhead.test_cases c
      where c.suite_id = old.suite_id and c.id = old.case_id and c.version = old.version
        and row(c.external_key, c.input, c.expected_output, c.metadata)::record
          *= row(old.external_key, old.input, old.expected_output, old.metadata)::record
    ) then
      return old;
    end if;
    perform pg_advisory_xact_lock(bulkhead_private.snapshots_lock_key(old.suite_id));
    if not exists (
      select
      from bulkhead_private.snapshot_chunks k
      where k.suite_id = old.suite_id and old.case_id between k.first_case_id and k.last_case_id
        and k.versions[array_position(k.case_ids, old.case_id)] = old.version
    ) then
      return old;
    end if;
  elsif tg_op = 'TRUNCATE' and not exists (select from bulkhead.suite_snapshots) then
    return null;
  end if;
  raise exception using
    errcode = 'TCFRZ',
    message = 'the earlier versions of cases do not change',
    detail = format('%s of bulkhead.test_case_versions was tried.', tg_op)
      || case when tg_op in ('DELETE', 'TRUNCATE') then ' Snapshots hold versions that would go.' else ' Edits of cases write them.' end,
    hint = 'Take the snapshots that hold them away first, with bulkhead.drop_snapshot.';
end
$$;

comment on function bulkhead_private.keep_frozen_version() is
  'Trigger: history is written by edits and deletions of cases alone, is never changed, and what a snapshot holds of it is not deleted. TCFRZ.';

create or replace trigger keep_history
  before update or truncate on bulkhead.test_case_versions
  for each statement
  execute function bulkhead_private.keep_frozen_version();

create or replace trigger keep_frozen_version
  before delete on bulkhead.test_case_versions
  for each row
  execute function bulkhead_private.keep_frozen_version();

create or replace trigger refuse_forged_version
  before insert on bulkhead.test_case_versions
  for each row
  when (pg_trigger_depth() = 0)
  execute function bulkhead_private.keep_frozen_version();
--! EndIncluded snapshots/keep_frozen_version.sql
--! Included snapshots/keep_frozen_cases.sql
create or replace function bulkhead_private.keep_frozen_cases()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_frozen text;
begin
  execute format(
    'select s.name from bulkhead.suite_snapshots s where exists (select from %s c where c.suite_id = s.suite_id) limit 1',
    tg_relid::regclass
  )
  into v_frozen;
  if v_frozen is not null then
    raise exception using
      errcode = 'TCFRZ',
      message = 'a TRUNCATE would take cases that snapshots hold',
      detail = format('The snapshot "%s" is one of them; a TRUNCATE keeps no versions.', v_frozen),
      hint = 'Delete the cases instead, which keeps their last versions.';
  end if;
  return null;
end
$$;

comment on function bulkhead_private.keep_frozen_cases() is 'Trigger: cases of suites with snapshots are not truncated. TCFRZ.';

do $$
declare
  v_leaf regclass;
begin
  -- on the leaves, which a TRUNCATE of the table they belong to reaches as well
  for v_leaf in select i.inhrelid::regclass from pg_catalog.pg_inherits i where i.inhparent = 'bulkhead.test_cases'::regclass loop
    execute format(
      'create or replace trigger keep_frozen_cases before truncate on %s for each statement '
      'execute function bulkhead_private.keep_frozen_cases()',
      v_leaf
    );
  end loop;
end
$$;
--! EndIncluded snapshots/keep_frozen_cases.sql
--! Included tags/raise_unknown_tag.sql
create or replace function bulkhead_private.raise_unknown_tag(suite_id bigint, name text)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'TCNTG',
    message = format('the dictionary of this suite has no tag %s', coalesce(to_jsonb(left(name, 100))::text, 'null')),
    detail = format('Looked for in the dictionary of suite %s.', suite_id),
    hint = coalesce(
      case when name in ('active', 'archived') then 'That is a status, which is asked for beside the tags: status => ''active''.' end,
      'Did you mean "' || bulkhead_private.nearest_tag(suite_id, name) || '"?',
      'select name from bulkhead.suite_tags lists a suite''s tags; bulkhead.define_tag adds one.'
    );
end
$$;

comment on function bulkhead_private.raise_unknown_tag(bigint, text) is
  'Raises TCNTG for a tag that the suite does not have, with the nearest one that it has.';
--! EndIncluded tags/raise_unknown_tag.sql
--! Included operations/hold_dictionary.sql
create or replace function bulkhead_private.hold_dictionary(suite_id bigint)
returns void
language sql
volatile
strict
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select pg_advisory_xact_lock(hashtextextended('bulkhead.dictionary_of_suite', suite_id));
end;

comment on function bulkhead_private.hold_dictionary(bigint) is
  'Until the end of the transaction nobody else submits an operation that gives names another meaning (rename, merge, undo): '
  'each is planned on what the one before has made of the dictionary. Nor does anybody define a route or drop a tag, which one may name. '
  'Appends and other operations do not ask for it.';
--! EndIncluded operations/hold_dictionary.sql
--! Included tags/drop_tag.sql
create or replace function bulkhead.drop_tag(suite_id bigint, name text)
returns bulkhead.suite_tags
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_tag bulkhead.suite_tags;
begin
  perform bulkhead_private.hold_dictionary(v_suite.id);
  delete from bulkhead.suite_tags t
  where t.suite_id = v_suite.id and t.name = drop_tag.name
  returning * into v_tag;
  if v_tag.name is null then
    perform bulkhead_private.raise_unknown_tag(v_suite.id, name);
  end if;
  return v_tag;
exception
  when foreign_key_violation then
    raise exception using
      errcode = 'TCUSE',
      message = format('the tag "%s" is in use', drop_tag.name),
      detail = 'A case carries it, or an old name of it is kept as its alias.',
      hint = format(
        'Drop its aliases, and take it off: select * from bulkhead.bulk_tag(suite_id => %s, where_tags => %s, remove => array[%L]).',
        v_suite.id, quote_literal('"' || drop_tag.name || '"'), drop_tag.name
      );
end
$$;

comment on function bulkhead.drop_tag(bigint, text) is
  'Takes a tag that no case carries out of the suite''s dictionary. A tag in use, or named by a route: TCUSE; unknown: TCNTG.';
grant execute on function bulkhead.drop_tag(bigint, text) to bulkhead_user;
--! EndIncluded tags/drop_tag.sql
--! Included suites/delete_suite.sql
create or replace function bulkhead.delete_suite(suite_id bigint)
returns bulkhead.test_suites
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id, 'owner');
begin
  if exists (select from bulkhead.test_cases c where c.suite_id = v_suite.id) then
    raise exception using
      errcode = 'TCSUC',
      message = format('the suite "%s" still has cases', v_suite.slug),
      detail = 'Cases are deleted in chunks, which can be watched, cancelled and undone; deleting a suite cannot.',
      hint = format('select * from bulkhead.bulk_delete(suite_id => %s, all_cases => true), and then delete the suite.', v_suite.id);
  end if;
  if exists (select from bulkhead.suite_snapshots s where s.suite_id = v_suite.id) then
    raise exception using
      errcode = 'TCSUC',
      message = format('the suite "%s" still has snapshots', v_suite.slug),
      detail = format(
        'They are to give the same for ever: %s.',
        (select string_agg(l.name, ', ' order by l.name) from (
          select s.name from bulkhead.suite_snapshots s where s.suite_id = v_suite.id order by s.name limit 10
        ) as l)
      ),
      hint = format('select * from bulkhead.drop_snapshot(suite_id => %s, name => …) takes one away.', v_suite.id);
  end if;
  if exists (
    select from bulkhead.bulk_operations o where o.suite_id = v_suite.id and o.state in ('queued', 'running')
  ) then
    raise exception using
      errcode = 'TCRUN',
      message = format('the suite "%s" has operations that are not finished', v_suite.slug),
      detail = 'A suite is deleted together with its operations.',
      hint = 'Wait for them, or cancel them with bulkhead.cancel_operation.';
  end if;
  delete from bulkhead.test_suites s where s.id = v_suite.id;
  return v_suite;
end
$$;

comment on function bulkhead.delete_suite(bigint) is
  'Deletes a suite without cases and snapshots, with its dictionary, routes, operations and history, for good. With cases or snapshots: '
  'TCSUC; bulk_delete the ones, drop_snapshot the others first.';
grant execute on function bulkhead.delete_suite(bigint) to bulkhead_user;
--! EndIncluded suites/delete_suite.sql
--! Included routes/define_route.sql
create or replace function bulkhead.define_route(
  suite_id bigint,
  name text,
  expression text,
  precedence integer default null,
  status text default 'active',
  description text default null
)
returns bulkhead.tag_routes
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_other text;
  v_route bulkhead.tag_routes;
begin
  -- one at a time, and no tag goes meanwhile: a tag that an expression names cannot be dropped
  perform bulkhead_private.hold_dictionary(v_suite.id);
  if expression is null or bulkhead_private.case_selection(v_suite.id, expression, status) is null then
    raise exception using
      errcode = 'TCARG',
      message = 'a route has a tag expression',
      detail = 'The expression is null.',
      hint = 'For example: expression => ''tier_a_gold or tier_b_gold''.';
  end if;
  select r.name into v_other
  from bulkhead.tag_routes r
  where r.suite_id = v_suite.id and r.precedence = define_route.precedence and r.name <> define_route.name;
  if v_other is not null then
    raise exception using
      errcode = '23505',
      message = format('the route "%s" has the precedence %s already', v_other, precedence),
      detail = 'A case goes to one route, so no two of a suite have the same precedence.',
      hint = format('select name, precedence from bulkhead.tag_routes where suite_id = %s order by precedence shows those taken.', v_suite.id);
  end if;
  insert into bulkhead.tag_routes as r (suite_id, name, expression, status, precedence, description)
  values (
    v_suite.id, define_route.name, define_route.expression, define_route.status,
    coalesce(
      define_route.precedence,
      (select max(o.precedence) / 10 * 10 + 10 from bulkhead.tag_routes o where o.suite_id = v_suite.id),
      10
    ),
    coalesce(define_route.description, '')
  )
  on conflict on constraint tag_routes_pkey do update
  set
    expression = excluded.expression,
    status = excluded.status,
    precedence = coalesce(define_route.precedence, r.precedence),
    description = coalesce(define_route.description, r.description)
  returning r.* into v_route;
  return v_route;
end
$$;

comment on function bulkhead.define_route(bigint, text, text, integer, text, text) is
  'Defines a route of the suite, or defines it anew. Without a precedence it comes after the others, or keeps its own. status => null: '
  'archived cases too. A precedence that is taken: 23505; an expression that cannot be read: TCEXP, TCNTG.';
grant execute on function bulkhead.define_route(bigint, text, text, integer, text, text) to bulkhead_user;
--! EndIncluded routes/define_route.sql
--! Included routes/known_route.sql
create or replace function bulkhead_private.known_route(suite bulkhead.test_suites, name text)
returns bulkhead.tag_routes
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_route bulkhead.tag_routes;
begin
  select r.* into v_route from bulkhead.tag_routes r where r.suite_id = suite.id and r.name = known_route.name;
  if v_route.name is null then
    raise exception using
      errcode = 'TCNRT',
      message = format('the suite "%s" has no route %s', suite.slug, coalesce(to_jsonb(left(name, 100))::text, 'null')),
      detail = coalesce(
        'Its routes are: ' || (select string_agg(r.name, ', ' order by r.precedence) from bulkhead.tag_routes r where r.suite_id = suite.id),
        'It has no routes.'
      ),
      hint = format('select * from bulkhead.define_route(suite_id => %s, name => ''release-gate'', expression => ''tier_a_gold'');', suite.id);
  end if;
  return v_route;
end
$$;

comment on function bulkhead_private.known_route(bulkhead.test_suites, text) is
  'The route of this suite with this name. Unknown: TCNRT, with the routes that there are.';
--! EndIncluded routes/known_route.sql
--! Included routes/drop_route.sql
create or replace function bulkhead.drop_route(suite_id bigint, name text)
returns bulkhead.tag_routes
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_route bulkhead.tag_routes := bulkhead_private.known_route(v_suite, name);
begin
  delete from bulkhead.tag_routes r where r.suite_id = v_suite.id and r.name = v_route.name;
  return v_route;
end
$$;

comment on function bulkhead.drop_route(bigint, text) is 'Takes a route away; what was pulled by it stays on record. Unknown: TCNRT.';
grant execute on function bulkhead.drop_route(bigint, text) to bulkhead_user;
--! EndIncluded routes/drop_route.sql
--! Included routes/keep_route_tags.sql
create or replace function bulkhead_private.keep_route_tags()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_route bulkhead.tag_routes;
  v_routes text[] := '{}';
begin
  if not exists (select from bulkhead.test_suites s where s.id = old.suite_id) then
    return null; -- its routes go as well
  end if;
  for v_route in select r.* from bulkhead.tag_routes r where r.suite_id = old.suite_id order by r.precedence loop
    begin
      perform bulkhead.parse_tag_expression(v_route.suite_id, v_route.expression);
    exception
      when sqlstate 'TCNTG' then
        v_routes := v_routes || v_route.name;
    end;
  end loop;
  if v_routes <> '{}' then
    raise exception using
      errcode = 'TCUSE',
      message = format('the tag "%s" is in use', old.name),
      detail = format('The expression of a route names it: %s.', array_to_string(v_routes, ', ')),
      hint = format('Define the route anew with bulkhead.define_route(%s, %L, ''…''), or drop it.', old.suite_id, v_routes[1]);
  end if;
  return null;
end
$$;

comment on function bulkhead_private.keep_route_tags() is
  'Trigger: a tag does not leave the dictionary while the expression of a route names it. TCUSE.';

create or replace trigger keep_route_tags
  after delete or update of name on bulkhead.suite_tags
  for each row
  execute function bulkhead_private.keep_route_tags();
--! EndIncluded routes/keep_route_tags.sql
--! Included routes/route_sql.sql
create or replace function bulkhead_private.route_sql(suite bulkhead.test_suites)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select coalesce('case ' || string_agg(
    format(
      'when %s then %L',
      bulkhead_private.selection_sql(bulkhead_private.case_selection((suite).id, r.expression, r.status)), r.name
    ),
    ' ' order by r.precedence
  ) || ' end', 'null::text')
  from bulkhead.tag_routes r
  where r.suite_id = (suite).id;
end;

comment on function bulkhead_private.route_sql(bulkhead.test_suites) is
  'The name of the route of a case c of the suite $1 as an SQL expression: of those that select it, the one with the lowest precedence.';
--! EndIncluded routes/route_sql.sql
--! Included routes/routes_of_cases.sql
create or replace function bulkhead.routes_of_cases(suite_id bigint, case_ids bigint[])
returns table (case_id bigint, route text)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
begin
  return query execute
    'select c.id, ' || bulkhead_private.route_sql(v_suite)
    || ' from bulkhead.test_cases c where c.suite_id = $1 and c.id = any ($2) order by c.id'
    using v_suite.id, case_ids;
end
$$;

comment on function bulkhead.routes_of_cases(bigint, bigint[]) is
  'Where cases go: of the routes that select a case, the one with the lowest precedence; null where none does.';
grant execute on function bulkhead.routes_of_cases(bigint, bigint[]) to bulkhead_user;
--! EndIncluded routes/routes_of_cases.sql
--! Included routes/count_routes.sql
create or replace function bulkhead.count_routes(suite_id bigint)
returns table (route text, precedence integer, cases bigint)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
begin
  return query execute
    'select coalesce(r.name, k.route), r.precedence, coalesce(k.cases, 0) from ('
    'select g.route, count(*) as cases from (select ' || bulkhead_private.route_sql(v_suite) || ' as route '
    'from bulkhead.test_cases c where c.suite_id = $1) as g group by g.route) as k '
    'full join (select t.name, t.precedence from bulkhead.tag_routes t where t.suite_id = $1) as r on r.name = k.route '
    'order by r.precedence nulls last'
    using v_suite.id;
end
$$;

comment on function bulkhead.count_routes(bigint) is
  'How many cases of the suite go to each route, by precedence, and at the end, under no name, how many go nowhere. A case counts once.';
grant execute on function bulkhead.count_routes(bigint) to bulkhead_user;
--! EndIncluded routes/count_routes.sql
--! Included routes/pull_route.sql
create or replace function bulkhead.pull_route(suite_id bigint, route text)
returns bulkhead.route_pulls
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
  v_route bulkhead.tag_routes := bulkhead_private.known_route(v_suite, route);
  v_pull bulkhead.route_pulls;
begin
  insert into bulkhead.route_pulls (suite_id, route, expression, status, cases)
  values (
    v_suite.id, v_route.name, v_route.expression, v_route.status,
    bulkhead_private.count_selected(
      v_suite.id, bulkhead_private.case_selection(v_suite.id, v_route.expression, v_route.status)
    )
  )
  returning * into v_pull;
  return v_pull;
end
$$;

comment on function bulkhead.pull_route(bigint, text) is
  'Records a pull by route, and says which expression and status to ask find_cases for, and how many cases that selects. Unknown: TCNRT.';
grant execute on function bulkhead.pull_route(bigint, text) to bulkhead_user;
--! EndIncluded routes/pull_route.sql
--! Included snapshots/known_snapshot.sql
create or replace function bulkhead_private.known_snapshot(suite bulkhead.test_suites, name text)
returns bulkhead.suite_snapshots
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_snapshot bulkhead.suite_snapshots;
begin
  select s.* into v_snapshot from bulkhead.suite_snapshots s where s.suite_id = suite.id and s.name = known_snapshot.name;
  if v_snapshot.name is null then
    raise exception using
      errcode = 'TCNSN',
      message = format('the suite "%s" has no snapshot %s', suite.slug, coalesce(to_jsonb(left(name, 100))::text, 'null')),
      detail = coalesce(
        'The latest ones are: ' || (
          select string_agg(l.name, ', ')
          from (
            select s.name from bulkhead.suite_snapshots s where s.suite_id = suite.id order by s.created_at desc limit 10
          ) as l
        ),
        'It has no snapshots.'
      ),
      hint = format('select * from bulkhead.create_snapshot(suite_id => %s, name => ''v1'') makes one.', suite.id);
  end if;
  return v_snapshot;
end
$$;

comment on function bulkhead_private.known_snapshot(bulkhead.test_suites, text) is
  'The snapshot of this suite with this name. Unknown: TCNSN, with the latest ones.';
--! EndIncluded snapshots/known_snapshot.sql
--! Included snapshots/raise_snapshot_exists.sql
create or replace function bulkhead_private.raise_snapshot_exists(suite bulkhead.test_suites, name text)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'TCSNT',
    message = format('the suite "%s" has a snapshot "%s" already', suite.slug, name),
    detail = 'A snapshot does not change, so a name is given once.',
    hint = 'Give it another name.';
end
$$;

comment on function bulkhead_private.raise_snapshot_exists(bulkhead.test_suites, text) is 'Raises TCSNT for the name of a snapshot that is taken.';
--! EndIncluded snapshots/raise_snapshot_exists.sql
--! Included snapshots/create_snapshot.sql
create or replace function bulkhead.create_snapshot(
  suite_id bigint,
  name text,
  where_tags text default null,
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  description text default ''
)
returns bulkhead.suite_snapshots
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_selection jsonb := bulkhead_private.case_selection(
    suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
  );
  v_snapshot bulkhead.suite_snapshots;
  v_chunks bulkhead_private.snapshot_chunks[];
begin
  perform pg_advisory_xact_lock_shared(bulkhead_private.snapshots_lock_key(v_suite.id));
  if exists (select from bulkhead.suite_snapshots s where s.suite_id = v_suite.id and s.name = create_snapshot.name) then
    perform bulkhead_private.raise_snapshot_exists(v_suite, name);
  end if;
  -- one statement, and so one consistent view, which locks no row
  execute
    'select array_agg(k.chunk order by (k.chunk).chunk) from ('
    'select row($1, $4, l.chunk, array_agg(l.id order by l.id), array_agg(l.version order by l.id), array_agg(l.status order by l.id), '
    'array_agg(array_to_string(l.tags, '','') order by l.id), '
    'sha256(convert_to(string_agg('
    'bulkhead.case_line(l.external_key, l.input, l.expected_output, l.metadata, l.tags, l.status) || chr(10), '''' order by l.id'
    '), ''UTF8'')), min(l.id), max(l.id))::bulkhead_private.snapshot_chunks as chunk from ('
    'select c.*, (row_number() over (order by c.id) - 1)::integer / 1000 as chunk, array('
    'select t.tag from bulkhead.test_case_tags t where t.suite_id = $1 and t.case_id = c.id order by t.tag) as tags from ('
    || bulkhead_private.selection_source(v_selection) || ') as c) as l group by l.chunk) as k'
  into v_chunks
  using v_suite.id, 0, 9223372036854775807, create_snapshot.name;

  insert into bulkhead.suite_snapshots (suite_id, name, description, selection, cases, sha256)
  select
    v_suite.id, create_snapshot.name, coalesce(create_snapshot.description, ''), v_selection,
    coalesce(sum(cardinality(k.case_ids)), 0),
    encode(sha256(convert_to(coalesce(string_agg(encode(k.sha256, 'hex') || chr(10), '' order by k.chunk), ''), 'UTF8')), 'hex')
  from unnest(v_chunks) as k
  on conflict do nothing
  returning * into v_snapshot;
  if v_snapshot.name is null then
    perform bulkhead_private.raise_snapshot_exists(v_suite, name);
  end if;
  insert into bulkhead_private.snapshot_chunks (suite_id, snapshot, chunk, case_ids, versions, statuses, tags, sha256)
  select k.suite_id, k.snapshot, k.chunk, k.case_ids, k.versions, k.statuses, k.tags, k.sha256 from unnest(v_chunks) as k;
  return v_snapshot;
end
$$;

comment on function bulkhead.create_snapshot(
  bigint, text, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, text
) is
  'Freezes the selected cases, or all of the suite, as they are now under a name: contents, tags and status, in one consistent view. '
  'Holds up nothing. A name that is taken: TCSNT.';
grant execute on function bulkhead.create_snapshot(
  bigint, text, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, text
) to bulkhead_user;
--! EndIncluded snapshots/create_snapshot.sql
--! Included snapshots/drop_snapshot.sql
create or replace function bulkhead.drop_snapshot(suite_id bigint, name text)
returns bulkhead.suite_snapshots
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id, 'owner');
  v_snapshot bulkhead.suite_snapshots := bulkhead_private.known_snapshot(v_suite, name);
begin
  delete from bulkhead.suite_snapshots s where s.suite_id = v_suite.id and s.name = v_snapshot.name;
  return v_snapshot;
end
$$;

comment on function bulkhead.drop_snapshot(bigint, text) is 'Takes a snapshot away, for good. Takes an owner of the suite. Unknown: TCNSN.';
grant execute on function bulkhead.drop_snapshot(bigint, text) to bulkhead_user;
--! EndIncluded snapshots/drop_snapshot.sql
--! Included snapshots/snapshot_cases.sql
create or replace function bulkhead.snapshot_cases(
  suite_id bigint,
  snapshot text,
  after_id bigint default 0,
  row_limit integer default 50
)
returns table (
  case_id bigint,
  version integer,
  external_key text,
  input jsonb,
  expected_output jsonb,
  metadata jsonb,
  status text,
  tags text[]
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
#variable_conflict use_column
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
  v_snapshot bulkhead.suite_snapshots := bulkhead_private.known_snapshot(v_suite, snapshot);
begin
  if row_limit < 0 then
    raise exception using
      errcode = 'TCARG',
      message = format('row_limit cannot be %s', row_limit),
      detail = 'It is how many cases the page has.',
      hint = 'Say a number from 0 on, or null for all cases.';
  end if;
  return query
    select
      f.case_id, f.version, v.external_key, coalesce(v.input, bulkhead_private.lost_version(v_suite.id, f.case_id, f.version)),
      v.expected_output, v.metadata, f.status, string_to_array(f.tags, ',')
    from (
      select u.*
      from bulkhead_private.snapshot_chunks k
      cross join unnest(k.case_ids, k.versions, k.statuses, k.tags) as u (case_id, version, status, tags)
      where k.suite_id = v_suite.id and k.snapshot = v_snapshot.name
        and k.last_case_id > coalesce(after_id, 0) and u.case_id > coalesce(after_id, 0)
      order by k.chunk, u.case_id
      limit row_limit
    ) as f
    left join lateral bulkhead_private.version_content(v_suite.id, f.case_id, f.version) as v on true
    order by f.case_id;
end
$$;

comment on function bulkhead.snapshot_cases(bigint, text, bigint, integer) is
  'The cases of a snapshot as they were frozen, in the order of their ids. For the next page pass the last case_id as after_id; '
  'row_limit => null gives all.';
grant execute on function bulkhead.snapshot_cases(bigint, text, bigint, integer) to bulkhead_user;
--! EndIncluded snapshots/snapshot_cases.sql
--! Included snapshots/snapshot_lines.sql
create or replace function bulkhead.snapshot_lines(suite_id bigint, snapshot text)
returns setof text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
  v_snapshot bulkhead.suite_snapshots := bulkhead_private.known_snapshot(v_suite, snapshot);
  v_chunk bulkhead_private.snapshot_chunks;
  v_lines text[];
begin
  for v_chunk in
    select k.* from bulkhead_private.snapshot_chunks k where k.suite_id = v_suite.id and k.snapshot = v_snapshot.name order by k.chunk
  loop
    v_lines := array(
      select bulkhead.case_line(v.external_key, v.input, v.expected_output, v.metadata, string_to_array(u.tags, ','), u.status)
      from unnest(v_chunk.case_ids, v_chunk.versions, v_chunk.statuses, v_chunk.tags) as u (case_id, version, status, tags)
      left join lateral bulkhead_private.version_content(v_suite.id, u.case_id, u.version) as v on true
      order by u.case_id
    );
    if v_chunk.sha256 <> sha256(convert_to(array_to_string(v_lines, chr(10)) || chr(10), 'UTF8')) then
      perform bulkhead_private.lost_version(v_suite.id, v_chunk.case_ids[1], v_chunk.versions[1]);
    end if;
    return query select * from unnest(v_lines);
  end loop;
end
$$;

comment on function bulkhead.snapshot_lines(bigint, text) is
  'A snapshot as lines of JSONL: the same bytes for ever, whatever happens to the cases. They are checked against its SHA-256: TCFRZ.';
grant execute on function bulkhead.snapshot_lines(bigint, text) to bulkhead_user;
--! EndIncluded snapshots/snapshot_lines.sql
--! Included snapshots/compare_snapshots.sql
create or replace function bulkhead.compare_snapshots(
  suite_id bigint,
  before text,
  after text,
  after_id bigint default 0,
  row_limit integer default null
)
returns table (case_id bigint, change text, external_key text, tags_added text[], tags_removed text[])
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
#variable_conflict use_column
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
  v_before bulkhead.suite_snapshots := bulkhead_private.known_snapshot(v_suite, before);
  v_after bulkhead.suite_snapshots := bulkhead_private.known_snapshot(v_suite, after);
begin
  if row_limit < 0 then
    raise exception using
      errcode = 'TCARG',
      message = format('row_limit cannot be %s', row_limit),
      detail = 'It is how many cases the page has.',
      hint = 'Say a number from 0 on, or null for all cases.';
  end if;
  return query
    with frozen as materialized (
      select s.is_after, u.*
      from (values (false, v_before.name), (true, v_after.name)) as s (is_after, name)
      join bulkhead_private.snapshot_chunks k
        on k.suite_id = v_suite.id and k.snapshot = s.name and k.last_case_id > coalesce(after_id, 0)
      cross join unnest(k.case_ids, k.versions, k.statuses, k.tags) as u (case_id, version, status, tags)
      where v_before.name <> v_after.name and u.case_id > coalesce(after_id, 0)
    ),
    compared as materialized (
      select
        coalesce(b.case_id, a.case_id) as case_id, b.version as version_before, a.version as version_after,
        b.status <> a.status as has_new_status, b.tags <> a.tags as has_new_tags,
        string_to_array(b.tags, ',') as tags_before, string_to_array(a.tags, ',') as tags_after
      from (select * from frozen where not is_after) as b
      full join (select * from frozen where is_after) as a on a.case_id = b.case_id
      where b.case_id is null or a.case_id is null or b.version <> a.version or b.status <> a.status or b.tags <> a.tags
    ),
    named as (
      select p.*, case when p.version_after is null then b.external_key else a.external_key end as external_key,
        case
          when p.version_before is null then 'added'
          when p.version_after is null then 'removed'
          when p.has_new_status then 'changed'
          -- a version that was restored is another one with the same content
          when p.version_before <> p.version_after and (
            bulkhead.case_line(b.external_key, b.input, b.expected_output, b.metadata, null, null)
            <> bulkhead.case_line(a.external_key, a.input, a.expected_output, a.metadata, null, null)
          ) then 'changed'
          when p.has_new_tags then 'retagged'
        end as change
      from compared p
      left join lateral bulkhead_private.version_content(v_suite.id, p.case_id, p.version_before) as b on true
      left join lateral bulkhead_private.version_content(v_suite.id, p.case_id, p.version_after) as a on true
    )
    select
      n.case_id, n.change, n.external_key,
      array(select unnest(n.tags_after) except select unnest(n.tags_before) order by 1),
      array(select unnest(n.tags_before) except select unnest(n.tags_after) order by 1)
    from named n
    where n.change is not null
    order by n.case_id
    limit row_limit;
end
$$;

comment on function bulkhead.compare_snapshots(bigint, text, text, bigint, integer) is
  'What became of the cases from one snapshot to another: added, removed, changed (content or status, and perhaps tags too), or only '
  'retagged. For the next page pass the last case_id as after_id.';
grant execute on function bulkhead.compare_snapshots(bigint, text, text, bigint, integer) to bulkhead_user;
--! EndIncluded snapshots/compare_snapshots.sql
--! Included snapshots/count_snapshot_changes.sql
create or replace function bulkhead.count_snapshot_changes(suite_id bigint, before text, after text)
returns bulkhead.snapshot_differences
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
  v_after bulkhead.suite_snapshots := bulkhead_private.known_snapshot(v_suite, after);
  v_differences bulkhead.snapshot_differences;
begin
  select
    count(*) filter (where d.change = 'added'), count(*) filter (where d.change = 'removed'),
    count(*) filter (where d.change = 'changed'), count(*) filter (where d.change = 'retagged'),
    v_after.cases - count(*) filter (where d.change <> 'removed')
  into v_differences
  from bulkhead.compare_snapshots(v_suite.id, before, after) as d;
  return v_differences;
end
$$;

comment on function bulkhead.count_snapshot_changes(bigint, text, text) is
  'How many cases are added, removed, changed and retagged from one snapshot to another, and how many are the same in both.';
grant execute on function bulkhead.count_snapshot_changes(bigint, text, text) to bulkhead_user;
--! EndIncluded snapshots/count_snapshot_changes.sql
--! Included cases/restore_version.sql
create or replace function bulkhead.restore_version(suite_id bigint, case_id bigint, version integer)
returns bulkhead.test_cases
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_version bulkhead.test_case_versions;
  v_case bulkhead.test_cases;
begin
  select o.* into v_version
  from bulkhead.test_case_versions o
  where o.suite_id = v_suite.id and o.case_id = restore_version.case_id and o.version = restore_version.version;
  update bulkhead.test_cases c
  set
    external_key = v_version.external_key, input = v_version.input,
    expected_output = v_version.expected_output, metadata = v_version.metadata
  where c.suite_id = v_suite.id and c.id = v_version.case_id
  returning c.* into v_case;
  if v_case.id is null then
    raise exception using
      errcode = 'TCNVR',
      message = format('the case %s has no earlier version %s', coalesce(case_id::text, 'null'), coalesce(version::text, 'null')),
      detail = coalesce(
        (
          select format('Its present version is %s.', c.version)
          from bulkhead.test_cases c
          where c.suite_id = v_suite.id and c.id = restore_version.case_id
        ),
        format('The suite "%s" does not have the case; one that was deleted comes back when its deletion is undone.', v_suite.slug)
      ),
      hint = format(
        'select version, replaced_at, replaced_by from bulkhead.test_case_versions where suite_id = %s and case_id = %s lists them.',
        v_suite.id, coalesce(case_id::text, 'null')
      );
  end if;
  return v_case;
exception
  when unique_violation then
    raise exception using
      errcode = 'TCKEY',
      message = format('the external key of the version %s belongs to another case by now', version),
      detail = format(
        'The case %s has the key "%s".',
        (select c.id from bulkhead.test_cases c where c.suite_id = v_suite.id and c.external_key = v_version.external_key),
        v_version.external_key
      ),
      hint = 'Give that case another key first, or edit this one by hand.';
end
$$;

comment on function bulkhead.restore_version(bigint, bigint, integer) is
  'Gives a case the content of one of its earlier versions, key included, as a new version. Tags and status stay. '
  'No such version: TCNVR; a key that another case has by now: TCKEY.';
grant execute on function bulkhead.restore_version(bigint, bigint, integer) to bulkhead_user;
--! EndIncluded cases/restore_version.sql
--! Included operations/renamed_since.sql
create or replace function bulkhead_private.renamed_since(undo bulkhead.bulk_operations)
returns text[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select jsonb_array_elements_text(m.parameters -> 'remove')
    from bulkhead.bulk_operations m
    where m.suite_id = undo.suite_id and m.id > undo.undoes_operation_id and m.kind in ('rename_tag', 'merge_tags')
      and not exists (
        select from bulkhead.bulk_operations u
        where u.suite_id = m.suite_id and u.undoes_operation_id = m.id and u.state = 'succeeded'
      )
  );
end
$$;

comment on function bulkhead_private.renamed_since(bulkhead.bulk_operations) is
  'The tags that were renamed or merged since the operation that this undo reverses: their links come back under the name that they have now.';
--! EndIncluded operations/renamed_since.sql
--! Included operations/is_touched_since.sql
create or replace function bulkhead_private.is_touched_since(undo bulkhead.bulk_operations, case_id bigint, tags text[])
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select
    from bulkhead_private.change_log l
    join bulkhead.bulk_operations o on o.suite_id = l.suite_id and o.id = l.operation_id and o.kind <> 'undo'
    where l.suite_id = undo.suite_id and l.operation_id > undo.undoes_operation_id
      and l.change in ('link_added', 'link_removed') and l.tag = any (is_touched_since.tags)
      and is_touched_since.case_id between l.first_case_id and l.last_case_id and is_touched_since.case_id = any (l.case_ids)
      and not exists (
        select from bulkhead.bulk_operations u
        where u.suite_id = o.suite_id and u.undoes_operation_id = o.id and u.state = 'succeeded'
      )
  );
end
$$;

comment on function bulkhead_private.is_touched_since(bulkhead.bulk_operations, bigint, text[]) is
  'Whether another operation, not undone itself, has put one of these tags on the case, or taken it off, since the operation that this undo reverses.';
--! EndIncluded operations/is_touched_since.sql
--! Included operations/left_by_undo.sql
create or replace function bulkhead_private.left_by_undo(undo bulkhead.bulk_operations)
returns bigint[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_all constant bigint[] := '{0,9223372036854775807}';
  v_into_suite_id constant bigint := undo.parameters ->> 'into_suite_id';
  v_into_tag constant text := undo.parameters #>> '{add,0}';
  -- a name that a rename or merge took away comes back with its undo
  v_returning constant text[] := array(
    select jsonb_array_elements_text(undo.parameters -> 'remove') where undo.parameters ->> 'undoes_kind' in ('rename_tag', 'merge_tags')
  );
  v_renamed constant text[] := bulkhead_private.renamed_since(undo);
begin
  return array(
    with deleted as materialized (
      select d.case_id, v.external_key, v.case_id is not null and not exists (
        select from bulkhead.test_cases c
        where c.suite_id = undo.suite_id and (c.id = d.case_id or c.external_key = v.external_key)
      ) as comes_back
      from bulkhead_private.changes_of(undo, 'case_deleted', v_all) as d
      left join lateral (
        select o.case_id, o.external_key
        from bulkhead.test_case_versions o
        where o.suite_id = undo.suite_id and o.case_id = d.case_id
        order by o.version desc
        limit 1
      ) as v on true
    ),
    added as materialized (
      select a.case_id, a.tag, exists (
        select from bulkhead.test_case_tags l
        where l.suite_id = undo.suite_id and l.case_id = a.case_id and l.tag = a.tag
          and l.operation_id is not distinct from a.link_operation_id
      ) as goes
      from bulkhead_private.changes_of(undo, 'link_added', v_all) as a
    ),
    removed as materialized (
      select r.case_id, r.tag, r.group_key, coalesce(n.name, r.tag) as tag_now, coalesce(n.group_key, r.group_key) as group_now,
        n.name is not null or r.tag = any (v_returning) as has_name
      from bulkhead_private.changes_of(undo, 'link_removed', v_all) as r
      left join bulkhead.suite_tags o on o.suite_id = undo.suite_id and o.name = r.tag
      left join bulkhead.suite_tags n
        on n.suite_id = undo.suite_id
        and n.name = case
          when o.name <> all (v_renamed) then o.name
          when o.name = any (v_returning) and o.alias_of = v_into_tag then coalesce(undo.parameters #>> array['aliases', o.name], o.name)
          else coalesce(o.alias_of, o.name)
        end
    ),
    returned as materialized (
      select r.case_id, r.tag_now, r.has_name
        and r.group_now = r.group_key
        and not bulkhead_private.is_touched_since(undo, r.case_id, array[r.tag, r.tag_now])
        and (
          exists (select from bulkhead.test_cases c where c.suite_id = undo.suite_id and c.id = r.case_id)
          or exists (select from deleted d where d.case_id = r.case_id and d.comes_back)
        )
        and not exists (
          select from bulkhead.test_case_tags l
          where l.suite_id = undo.suite_id and l.case_id = r.case_id
            and (l.tag = r.tag_now or l.group_key = r.group_now and r.group_now <> '')
            and not exists (select from added a where a.case_id = l.case_id and a.tag = l.tag and a.goes)
        ) as comes_back
      from removed r
    )
    select d.case_id from deleted d where not d.comes_back
    union
    select a.case_id from added a where not a.goes
    union
    -- of two tags that have become one since, it is enough when one comes back
    select r.case_id
    from returned r
    group by r.case_id, r.tag_now
    having not bool_or(r.comes_back)
    union
    select s.case_id
    from bulkhead_private.changes_of(undo, 'status_set', v_all) as s
    where not exists (
      select from bulkhead.test_cases c
      where c.suite_id = undo.suite_id and c.id = s.case_id and c.status_operation_id = undo.undoes_operation_id
    )
    union
    select p.case_id
    from bulkhead_private.changes_of(undo, 'case_copied', v_all) as p
    where not exists (
      select from bulkhead.test_cases c
      where c.suite_id = v_into_suite_id and c.id = p.copied_id and c.version = 1 and c.status_operation_id = undo.undoes_operation_id
        and not exists (
          select from bulkhead.test_case_tags l
          where l.suite_id = v_into_suite_id and l.case_id = c.id and l.operation_id is distinct from undo.undoes_operation_id
        )
    )
  );
end
$$;

comment on function bulkhead_private.left_by_undo(bulkhead.bulk_operations) is
  'The cases that an undo would leave alone, wholly or in part, if it ran now: what undo_chunk finds, read without a lock.';
--! EndIncluded operations/left_by_undo.sql
--! Included operations/preview_undo_operation.sql
create or replace function bulkhead.preview_undo_operation(suite_id bigint, operation_id bigint)
returns bulkhead.operation_preview
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_operation bulkhead.bulk_operations := bulkhead_private.known_operation(v_suite.id, operation_id);
  v_plan bulkhead_private.operation_plan := bulkhead_private.plan_undo(v_operation);
  v_undo bulkhead.bulk_operations := v_operation;
  v_case_ids bigint[];
  v_preview bulkhead.operation_preview;
begin
  v_undo.undoes_operation_id := v_operation.id;
  v_undo.parameters := v_plan.parameters;
  v_case_ids := array(
    select distinct u.id
    from bulkhead_private.change_log l
    cross join unnest(l.case_ids) as u (id)
    where l.suite_id = v_suite.id and l.operation_id = v_operation.id and l.change not in ('left_alone', 'failed')
    order by u.id
  );
  v_preview.total := cardinality(v_case_ids);
  v_preview.skipped := cardinality(bulkhead_private.left_by_undo(v_undo));
  v_preview.changed := v_preview.total - v_preview.skipped;
  v_preview.unchanged := 0;
  v_preview.failed := 0;
  v_preview.new_tags := array(
    select distinct l.tag
    from bulkhead_private.change_log l
    where v_operation.kind in ('rename_tag', 'merge_tags')
      and l.suite_id = v_suite.id and l.operation_id = v_operation.id and l.change = 'link_removed'
      and v_operation.parameters -> 'remove' ? l.tag
      and not exists (select from bulkhead.suite_tags t where t.suite_id = v_suite.id and t.name = l.tag)
    order by l.tag
  );
  v_preview.first_case_ids := v_case_ids[1:10];
  return v_preview;
end
$$;

comment on function bulkhead.preview_undo_operation(bigint, bigint) is
  'What undo_operation would do now: skipped are the cases of which it would leave something alone, because somebody has changed it since. '
  'Changes nothing.';
grant execute on function bulkhead.preview_undo_operation(bigint, bigint) to bulkhead_user;
--! EndIncluded operations/preview_undo_operation.sql
--! Included audit/log_change.sql
create or replace function bulkhead_private.log_change()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_subject constant text := tg_argv[0];
  v_key constant text := tg_argv[1];
  v_old jsonb := to_jsonb(old);
  v_new jsonb := to_jsonb(new);
  v_suite_id bigint := v_old ->> 'suite_id';
begin
  if v_old = v_new then
    return null;
  elsif tg_op = 'DELETE' and v_subject = 'case' then
    -- its links go with it, and have no events of their own
    v_old := v_old || jsonb_build_object('tags', array(
      select l.tag from bulkhead.test_case_tags l where l.suite_id = v_suite_id and l.case_id = (v_old ->> 'id')::bigint order by l.tag
    ));
  elsif tg_op = 'DELETE' and v_subject = 'link' and not exists (
    select from bulkhead.test_cases c where c.suite_id = v_suite_id and c.id = (v_old ->> 'case_id')::bigint
  ) then
    return null;
  end if;
  if tg_op = 'UPDATE' and (v_old -> 'suite_id' is distinct from v_new -> 'suite_id' or v_old -> v_key <> v_new -> v_key) then
    -- who reads the log of either has to find it
    perform bulkhead_private.log_row(v_subject, v_key, v_old, null);
    perform bulkhead_private.log_row(v_subject, v_key, null, v_new);
  else
    perform bulkhead_private.log_row(v_subject, v_key, v_old, v_new);
  end if;
  return coalesce(new, old);
end
$$;

comment on function bulkhead_private.log_change() is
  'Trigger: writes the event of a changed row, whoever changes it and by whichever way; its arguments are the subject and the column that '
  'names the row. What bulkhead.logged_by_function = on leaves out, a function logs as a whole.';

create or replace trigger log_change
  after insert or update or delete on bulkhead.test_suites
  for each row
  execute function bulkhead_private.log_change('suite', 'id');

create or replace trigger log_change
  after insert or update or delete on bulkhead.suite_tags
  for each row
  execute function bulkhead_private.log_change('tag', 'name');

create or replace trigger log_change
  after insert or update or delete on bulkhead.tag_routes
  for each row
  execute function bulkhead_private.log_change('route', 'name');

create or replace trigger log_change
  after insert or update or delete on bulkhead.suite_snapshots
  for each row
  execute function bulkhead_private.log_change('snapshot', 'name');

create or replace trigger log_change
  after insert or update or delete on bulkhead.principals
  for each row
  execute function bulkhead_private.log_change('principal', 'name');

create or replace trigger log_change
  after insert on bulkhead.test_cases
  for each row
  when (current_setting('bulkhead.logged_by_function', true) is distinct from 'on')
  execute function bulkhead_private.log_change('case', 'id');

-- an edit of the content raises the version, and is logged whatever anybody has set
create or replace trigger log_update
  after update on bulkhead.test_cases
  for each row
  when (old.version <> new.version or current_setting('bulkhead.logged_by_function', true) is distinct from 'on')
  execute function bulkhead_private.log_change('case', 'id');

-- before, while it has its links
create or replace trigger log_deletion
  before delete on bulkhead.test_cases
  for each row
  when (current_setting('bulkhead.logged_by_function', true) is distinct from 'on')
  execute function bulkhead_private.log_change('case', 'id');

create or replace trigger log_change
  after insert or update or delete on bulkhead.test_case_tags
  for each row
  when (current_setting('bulkhead.logged_by_function', true) is distinct from 'on')
  execute function bulkhead_private.log_change('link', 'case_id');
--! EndIncluded audit/log_change.sql
--! Included audit/log_truncation.sql
create or replace function bulkhead_private.log_truncation()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format(
    'insert into bulkhead.audit_log (suite_id, action, subject, before) '
    'select t.%2$I, ''truncated'', $1, jsonb_build_object(''rows'', count(*)) from %1$s t group by t.%2$I',
    tg_relid::regclass, tg_argv[1]
  )
  using tg_argv[0];
  return null;
end
$$;

comment on function bulkhead_private.log_truncation() is
  'Trigger: writes for each suite how many rows a TRUNCATE takes from it; its arguments are the subject and the column with the suite''s id.';

do $$
declare
  v_table record;
begin
  -- on the leaves, which a TRUNCATE of the table they belong to reaches as well
  for v_table in
    select t.name, t.subject, t.suite_id
    from (values
      ('bulkhead.test_suites'::regclass, 'suite', 'id'), ('bulkhead.suite_tags'::regclass, 'tag', 'suite_id'),
      ('bulkhead.suite_members'::regclass, 'member', 'suite_id'), ('bulkhead.tag_routes'::regclass, 'route', 'suite_id')
    ) as t (name, subject, suite_id)
    union all
    select i.inhrelid::regclass, case i.inhparent when 'bulkhead.test_cases'::regclass then 'case' else 'link' end, 'suite_id'
    from pg_catalog.pg_inherits i
    where i.inhparent in ('bulkhead.test_cases'::regclass, 'bulkhead.test_case_tags'::regclass)
  loop
    execute format(
      'create or replace trigger log_truncation before truncate on %s for each statement '
      'execute function bulkhead_private.log_truncation(%L, %L)',
      v_table.name, v_table.subject, v_table.suite_id
    );
  end loop;
end
$$;
--! EndIncluded audit/log_truncation.sql
--! Included audit/policies.sql
-- Events are read like what they are about: those of members, tokens and principals by owners and admins, the others by viewers. The suite 0
-- stands for the instance, and only what an admin sees includes it.
alter table bulkhead.audit_log enable row level security;
alter table bulkhead.audit_log force row level security;

drop policy if exists functions_and_dbas on bulkhead.audit_log;
create policy functions_and_dbas on bulkhead.audit_log to current_user using (true) with check (true);

drop policy if exists viewers_read on bulkhead.audit_log;
create policy viewers_read on bulkhead.audit_log for select to bulkhead_user
  using (
    bulkhead.has_suite((select bulkhead.my_suites('viewer')), suite_id)
    and (
      subject in ('suite', 'tag', 'case', 'link', 'operation', 'route', 'snapshot')
      or bulkhead.has_suite((select bulkhead.my_suites(case when bulkhead.is_admin() then 'viewer' else 'owner' end)), suite_id)
    )
  );

grant select on bulkhead.audit_log to bulkhead_user;
--! EndIncluded audit/policies.sql
--! Included access/policies.sql
-- One rule for all suite data: a row is there for whoever has the role in its suite. The rule reads settings and, if there are none, the
-- login; the sub-select makes it an init plan, so that it is asked once for each statement and not for each row.
do $$
declare
  v_table regclass;
begin
  foreach v_table in array array[
    'bulkhead.test_suites', 'bulkhead.suite_tags', 'bulkhead.test_cases', 'bulkhead.test_case_tags', 'bulkhead.test_case_versions',
    'bulkhead.bulk_operations', 'bulkhead.suite_members', 'bulkhead.principals', 'bulkhead.tag_routes', 'bulkhead.route_pulls',
    'bulkhead.suite_snapshots'
  ]::regclass[] loop
    execute format('alter table %s enable row level security', v_table);
    execute format('alter table %s force row level security', v_table);
    -- what the owner does is decided by the functions, each of which asks for a role first; without this policy it could do nothing
    execute format('drop policy if exists functions_and_dbas on %s', v_table);
    execute format('create policy functions_and_dbas on %s to current_user using (true) with check (true)', v_table);
  end loop;
  foreach v_table in array array[
    'bulkhead.suite_tags', 'bulkhead.test_cases', 'bulkhead.test_case_tags', 'bulkhead.test_case_versions',
    'bulkhead.suite_members', 'bulkhead.tag_routes', 'bulkhead.route_pulls', 'bulkhead.suite_snapshots'
  ]::regclass[] loop
    execute format('drop policy if exists viewers_read on %s', v_table);
    execute format(
      'create policy viewers_read on %s for select to bulkhead_user using (bulkhead.has_suite((select bulkhead.my_suites(''viewer'')), suite_id))', v_table
    );
  end loop;
end
$$;

drop policy if exists viewers_read on bulkhead.test_suites;
create policy viewers_read on bulkhead.test_suites for select to bulkhead_user
  using (bulkhead.has_suite((select bulkhead.my_suites('viewer')), id));

-- a copy, or its undo, tells of two suites: of the other one where it is, what keys it has, whether it still exists
drop policy if exists viewers_read on bulkhead.bulk_operations;
create policy viewers_read on bulkhead.bulk_operations for select to bulkhead_user
  using (
    bulkhead.has_suite((select bulkhead.my_suites('viewer')), suite_id)
    and bulkhead.has_suite((select bulkhead.my_suites('viewer')), coalesce((parameters ->> 'into_suite_id')::bigint, suite_id))
  );

drop policy if exists owners_edit on bulkhead.test_suites;
create policy owners_edit on bulkhead.test_suites for update to bulkhead_user
  using (bulkhead.has_suite((select bulkhead.my_suites('owner')), id));

drop policy if exists editors_edit on bulkhead.test_cases;
create policy editors_edit on bulkhead.test_cases for update to bulkhead_user
  using (bulkhead.has_suite((select bulkhead.my_suites('editor')), suite_id));

drop policy if exists admins_and_oneself on bulkhead.principals;
create policy admins_and_oneself on bulkhead.principals for select to bulkhead_user
  using ((select bulkhead.is_admin()) or name = (select bulkhead.current_principal()));

grant select on
  bulkhead.suite_members,
  bulkhead.principals,
  bulkhead.tag_routes,
  bulkhead.route_pulls,
  bulkhead.suite_snapshots
to bulkhead_user;
--! EndIncluded access/policies.sql
