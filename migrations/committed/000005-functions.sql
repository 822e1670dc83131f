--! Previous: sha1:0eece197eb3a90864bed010a1cc149b8fb9188f1
--! Hash: sha1:f19a15eabe0eb980cb4c3a4e52c353a5317016db
--! Message: functions

--! split: 1-current.sql
-- Everything replaceable: one object a file under migrations/fixtures, in the order in which they need each other.

--! Included clock.sql
create or replace function bulkhead_private.clock()
returns timestamptz
language sql
stable
parallel safe
as $$
  select coalesce(nullif(current_setting('bulkhead.now', true), '')::timestamptz, clock_timestamp())
$$;

comment on function bulkhead_private.clock() is
  'The time, for logic that depends on it: the setting bulkhead.now where a test has set it, otherwise clock_timestamp().';
--! EndIncluded clock.sql
--! Included suites/known_suite.sql
create or replace function bulkhead_private.known_suite(suite_id bigint)
returns bulkhead.test_suites
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites;
begin
  select s.* into v_suite from bulkhead.test_suites s where s.id = known_suite.suite_id;
  if v_suite.id is null then
    raise exception using
      errcode = 'TCNSU',
      message = format('there is no suite with the id %s', coalesce(suite_id::text, 'null')),
      detail = 'The suite was asked for by its id.',
      hint = 'bulkhead.suite_id(''slug'') gives the id of a suite.';
  end if;
  return v_suite;
end
$$;

comment on function bulkhead_private.known_suite(bigint) is 'The suite with this id. Unknown: TCNSU.';
--! EndIncluded suites/known_suite.sql
--! Included suites/open_suite.sql
create or replace function bulkhead_private.open_suite(suite_id bigint)
returns bulkhead.test_suites
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
begin
  if v_suite.archived_at is not null then
    raise exception using
      errcode = 'TCARC',
      message = format('the suite "%s" is archived', v_suite.slug),
      detail = format('It was archived at %s and takes no changes.', v_suite.archived_at),
      hint = 'bulkhead.restore_suite(suite_id) opens it again.';
  end if;
  return v_suite;
end
$$;

comment on function bulkhead_private.open_suite(bigint) is
  'The suite with this id, for a function that is about to change it. Unknown: TCNSU; archived: TCARC.';
--! EndIncluded suites/open_suite.sql
--! Included suites/suite_id.sql
create or replace function bulkhead.suite_id(slug text)
returns bigint
language plpgsql
stable
strict
parallel safe
security invoker
set search_path = ''
as $$
declare
  v_id bigint;
begin
  select s.id into v_id from bulkhead.test_suites s where s.slug = suite_id.slug;
  if v_id is null then
    raise exception using
      errcode = 'TCNSU',
      message = format('there is no suite "%s"', left(slug, 100)),
      detail = 'Suites are known by their slug, in lower case.',
      hint = 'select slug from bulkhead.test_suites lists them; bulkhead.create_suite makes one.';
  end if;
  return v_id;
end
$$;

comment on function bulkhead.suite_id(text) is
  'The id of the suite with this slug, for the other functions: bulkhead.suite_id(''regression''). Unknown slug: TCNSU.';
grant execute on function bulkhead.suite_id(text) to bulkhead_user;
--! EndIncluded suites/suite_id.sql
--! Included suites/create_suite.sql
create or replace function bulkhead.create_suite(
  slug text,
  name text default null,
  description text default '',
  tag_policy text default 'open'
)
returns bulkhead.test_suites
language sql
volatile
security definer
set search_path = ''
begin atomic
  insert into bulkhead.test_suites (slug, name, description, tag_policy)
  values (
    create_suite.slug,
    coalesce(create_suite.name, create_suite.slug),
    coalesce(create_suite.description, ''),
    coalesce(create_suite.tag_policy, 'open')
  )
  returning *;
end;

comment on function bulkhead.create_suite(text, text, text, text) is
  'Creates a suite. It is one INSERT and takes no table lock: writers of other suites do not notice. A slug that is taken: 23505.';
grant execute on function bulkhead.create_suite(text, text, text, text) to bulkhead_user;
--! EndIncluded suites/create_suite.sql
--! Included suites/archive_suite.sql
create or replace function bulkhead.archive_suite(suite_id bigint)
returns bulkhead.test_suites
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
begin
  update bulkhead.test_suites s
  set archived_at = bulkhead_private.clock()
  where s.id = v_suite.id
  returning * into v_suite;
  return v_suite;
end
$$;

comment on function bulkhead.archive_suite(bigint) is
  'Closes a suite to appends and operations; it can still be read. restore_suite opens it again.';
grant execute on function bulkhead.archive_suite(bigint) to bulkhead_user;
--! EndIncluded suites/archive_suite.sql
--! Included suites/restore_suite.sql
create or replace function bulkhead.restore_suite(suite_id bigint)
returns bulkhead.test_suites
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
begin
  update bulkhead.test_suites s
  set archived_at = null
  where s.id = v_suite.id
  returning * into v_suite;
  return v_suite;
end
$$;

comment on function bulkhead.restore_suite(bigint) is 'Opens an archived suite to appends and operations again.';
grant execute on function bulkhead.restore_suite(bigint) to bulkhead_user;
--! EndIncluded suites/restore_suite.sql
--! Included suites/delete_suite.sql
create or replace function bulkhead.delete_suite(suite_id bigint)
returns bulkhead.test_suites
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
begin
  if exists (select from bulkhead.test_cases c where c.suite_id = v_suite.id) then
    raise exception using
      errcode = 'TCSUC',
      message = format('the suite "%s" still has cases', v_suite.slug),
      detail = 'Cases are deleted in chunks, which can be watched, cancelled and undone; deleting a suite cannot.',
      hint = format('select * from bulkhead.bulk_delete(suite_id => %s, all_cases => true), and then delete the suite.', v_suite.id);
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
  'Deletes a suite without cases, with its dictionary, operations and history, for good. With cases: TCSUC; bulk_delete them first.';
grant execute on function bulkhead.delete_suite(bigint) to bulkhead_user;
--! EndIncluded suites/delete_suite.sql

--! Included tags/normalize_tag.sql
create or replace function bulkhead.normalize_tag(label text)
returns text
language sql
immutable
strict
parallel safe
return nullif(
  rtrim(left(ltrim(regexp_replace(lower(label), '[^a-z0-9_.:/-]+', '_', 'g'), '_.:/-'), 63), '_.:/-'),
  ''
);

comment on function bulkhead.normalize_tag(text) is
  'A tag name made from any label: lower case, everything else an underscore, at most 63 characters. ''Logical Falsehood'' → logical_falsehood.';
grant execute on function bulkhead.normalize_tag(text) to bulkhead_user;
--! EndIncluded tags/normalize_tag.sql
--! Included tags/check_tag_names.sql
create or replace function bulkhead_private.check_tag_names(names text[])
returns void
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
declare
  v_bad text;
begin
  select n into v_bad
  from unnest(names) with ordinality as t (n, position)
  where n is null or n !~ '^[a-z0-9][a-z0-9_.:/-]{0,62}$'
  order by position
  limit 1;
  if found then
    raise exception using
      errcode = 'TCTAG',
      message = format('%s is not a tag name', coalesce(to_jsonb(left(v_bad, 100))::text, 'null')),
      detail = 'A tag is 1 to 63 of a-z, 0-9, "_", ".", ":", "/" and "-", and begins with a letter or a digit.',
      hint = coalesce(
        'bulkhead.normalize_tag makes one of any label: "' || bulkhead.normalize_tag(v_bad) || '".',
        'Leave it out.'
      );
  end if;
end
$$;

comment on function bulkhead_private.check_tag_names(text[]) is 'Raises TCTAG for the first name that cannot be a tag.';
--! EndIncluded tags/check_tag_names.sql
--! Included tags/nearest_tag.sql
create or replace function bulkhead_private.nearest_tag(suite_id bigint, name text)
returns text
language sql
stable
parallel safe
security invoker
set search_path = ''
begin atomic
  select t.name
  from bulkhead.suite_tags t
  where t.suite_id = nearest_tag.suite_id
    and bulkhead_private.levenshtein_less_equal(
      t.name, lower(left(nearest_tag.name, 63)), greatest(2, length(t.name) / 3)
    ) <= greatest(2, length(t.name) / 3)
  order by
    bulkhead_private.levenshtein_less_equal(t.name, lower(left(nearest_tag.name, 63)), greatest(2, length(t.name) / 3)),
    t.name
  limit 1;
end;

comment on function bulkhead_private.nearest_tag(bigint, text) is
  'The tag of this suite''s dictionary that differs least from the name, if at most a third of it differs; otherwise null.';
--! EndIncluded tags/nearest_tag.sql
--! Included tags/raise_unknown_tag.sql
create or replace function bulkhead_private.raise_unknown_tag(suite_id bigint, name text)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  raise exception using
    errcode = 'TCNTG',
    message = format('the dictionary of this suite has no tag %s', coalesce(to_jsonb(left(name, 100))::text, 'null')),
    detail = format('Looked for in the dictionary of suite %s.', suite_id),
    hint = coalesce(
      'Did you mean "' || bulkhead_private.nearest_tag(suite_id, name) || '"?',
      'select name from bulkhead.suite_tags lists a suite''s tags; bulkhead.define_tag adds one.'
    );
end
$$;

comment on function bulkhead_private.raise_unknown_tag(bigint, text) is
  'Raises TCNTG for a tag that the suite does not have, with the nearest one that it has.';
--! EndIncluded tags/raise_unknown_tag.sql
--! Included tags/check_new_tags.sql
create or replace function bulkhead_private.check_new_tags(suite bulkhead.test_suites, names text[])
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  perform bulkhead_private.check_tag_names(names);
  if cardinality(names) > 0 and suite.tag_policy = 'closed' then
    raise exception using
      errcode = 'TCCLO',
      message = format('the dictionary of the suite "%s" is closed and has no tag "%s"', suite.slug, names[1]),
      detail = format('Not in the dictionary: %s.', array_to_string(names[1:20], ', ')),
      hint = concat(
        'Did you mean "' || bulkhead_private.nearest_tag(suite.id, names[1]) || '"? ',
        'bulkhead.define_tag adds a tag to a closed dictionary.'
      );
  end if;
end
$$;

comment on function bulkhead_private.check_new_tags(bulkhead.test_suites, text[]) is
  'Whether names that the suite''s dictionary lacks may be added to it. Not a name: TCTAG; closed dictionary: TCCLO.';
--! EndIncluded tags/check_new_tags.sql
--! Included tags/define_missing_tags.sql
create or replace function bulkhead_private.define_missing_tags(suite bulkhead.test_suites, names text[])
returns text[]
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_missing text[];
begin
  -- in order, so that two appends that bring the same new tags wait for each other and do not deadlock
  select array_agg(n order by n) into v_missing
  from (select distinct n from unnest(names) as u (n)) as wanted
  where not exists (select from bulkhead.suite_tags t where t.suite_id = suite.id and t.name = n collate "C");
  if v_missing is null then
    return '{}';
  end if;
  perform bulkhead_private.check_new_tags(suite, v_missing);
  insert into bulkhead.suite_tags (suite_id, name)
  select suite.id, n from unnest(v_missing) as u (n) order by n
  on conflict do nothing;
  return v_missing;
end
$$;

comment on function bulkhead_private.define_missing_tags(bulkhead.test_suites, text[]) is
  'Adds to the suite''s dictionary those of the names that it lacks, and returns them. Closed dictionary: TCCLO; not a name: TCTAG.';
--! EndIncluded tags/define_missing_tags.sql
--! Included tags/define_tag.sql
create or replace function bulkhead.define_tag(
  suite_id bigint,
  name text,
  meaning text default null,
  colour text default null,
  exclusive_group text default null
)
returns bulkhead.suite_tags
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_tag bulkhead.suite_tags;
begin
  perform bulkhead_private.check_tag_names(array[define_tag.name]);
  loop
    insert into bulkhead.suite_tags (suite_id, name, meaning, colour, exclusive_group)
    values (v_suite.id, define_tag.name, coalesce(define_tag.meaning, ''), lower(define_tag.colour), define_tag.exclusive_group)
    on conflict do nothing
    returning * into v_tag;
    exit when found;
    -- "on conflict do update" would lock out whoever links the tag, even where its group stays
    update bulkhead.suite_tags t
    set
      meaning = coalesce(define_tag.meaning, t.meaning),
      colour = coalesce(lower(define_tag.colour), t.colour),
      exclusive_group = coalesce(define_tag.exclusive_group, t.exclusive_group),
      alias_of = null
    where t.suite_id = v_suite.id and t.name = define_tag.name collate "C"
    returning * into v_tag;
    exit when found;
  end loop;
  return v_tag;
exception
  when foreign_key_violation then
    raise exception using
      errcode = 'TCUSE',
      message = format('the tag "%s" is in use, so its group cannot change', define_tag.name),
      detail = 'Each link of an exclusive tag repeats its group, and a case carries at most one tag of a group.',
      hint = 'Define a new tag in the group, and merge this one into it with bulkhead.bulk_merge_tags.';
end
$$;

comment on function bulkhead.define_tag(bigint, text, text, text, text) is
  'Adds a tag to the suite''s dictionary, or changes its meaning, colour or group; an argument left out keeps what is there. '
  'Defining a name that was renamed away makes it a tag of its own again. The group of a tag in use: TCUSE.';
grant execute on function bulkhead.define_tag(bigint, text, text, text, text) to bulkhead_user;
--! EndIncluded tags/define_tag.sql
--! Included tags/drop_tag.sql
create or replace function bulkhead.drop_tag(suite_id bigint, name text)
returns bulkhead.suite_tags
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_tag bulkhead.suite_tags;
begin
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
  'Takes a tag that no case carries out of the suite''s dictionary. A tag in use: TCUSE; unknown: TCNTG.';
grant execute on function bulkhead.drop_tag(bigint, text) to bulkhead_user;
--! EndIncluded tags/drop_tag.sql
--! Included tags/tag_family.sql
create or replace function bulkhead_private.tag_family(suite_id bigint, name text)
returns text[]
language sql
stable
parallel safe
security invoker
set search_path = ''
begin atomic
  select array_agg(family.name order by (family.alias_of is null) desc, family.name)
  from bulkhead.suite_tags asked
  join bulkhead.suite_tags family
    on family.suite_id = asked.suite_id
    and coalesce(family.alias_of, family.name) = coalesce(asked.alias_of, asked.name)
  where asked.suite_id = tag_family.suite_id and asked.name = tag_family.name collate "C";
end;

comment on function bulkhead_private.tag_family(bigint, text) is
  'The tag that the name stands for in this suite, followed by its aliases; null for a name that the dictionary does not have.';
--! EndIncluded tags/tag_family.sql
--! Included tags/tag_cloud.sql
create or replace view bulkhead.tag_cloud
with (security_invoker = true)
as
select
  t.suite_id,
  t.name as tag,
  t.meaning,
  t.colour,
  t.exclusive_group,
  (
    select count(*)
    from bulkhead.test_case_tags l
    where l.suite_id = t.suite_id
      and l.tag = any (array(
        select a.name from bulkhead.suite_tags a where a.suite_id = t.suite_id and coalesce(a.alias_of, a.name) = t.name
      ))
  ) as cases
from bulkhead.suite_tags t
where t.alias_of is null;

comment on view bulkhead.tag_cloud is
  'Each tag of each suite with its meaning and the number of cases that carry it, counted as it is read; '
  'a tag that is being renamed or merged counts under its new name. Ask with a suite_id.';
grant select on bulkhead.tag_cloud to bulkhead_user;
--! EndIncluded tags/tag_cloud.sql

--! Included expressions/raise_malformed_expression.sql
create or replace function bulkhead_private.raise_malformed_expression(
  expression text,
  character_position integer,
  problem text,
  advice text
)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  v_from integer := greatest(1, character_position - 40);
  v_excerpt text := translate(substr(expression, v_from, 80), E'\n\r\t', '   ');
begin
  raise exception using
    errcode = 'TCEXP',
    message = format('malformed tag expression at character %s: %s', character_position, problem),
    detail = v_excerpt || E'\n' || repeat(' ', character_position - v_from) || '^',
    hint = advice;
end
$$;

comment on function bulkhead_private.raise_malformed_expression(text, integer, text, text) is
  'Raises TCEXP, with a caret under the character where reading stopped.';
--! EndIncluded expressions/raise_malformed_expression.sql
--! Included expressions/tag_tokens.sql
create or replace function bulkhead_private.tag_tokens(expression text)
returns table (kind text, name text, is_prefix boolean, character_position integer)
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
declare
  v_rest text;
  v_match text[];
  v_blank constant text := '^[\s]+';
begin
  if length(expression) > 4000 then
    perform bulkhead_private.raise_malformed_expression(
      expression, 4001, 'it is longer than 4,000 characters', 'Use a prefix such as tier_*, or tag the cases first and ask for that tag.'
    );
  end if;
  character_position := 1;
  loop
    v_rest := substr(expression, character_position);
    character_position := character_position + coalesce(length(substring(v_rest from v_blank)), 0);
    v_rest := substr(expression, character_position);
    exit when v_rest = '';
    -- symbol, quoted name, or word; a * directly behind a name makes it a prefix
    v_match := regexp_match(v_rest, '^(?:([()&|!])|"([^"]*)"(\*?)|([A-Za-z0-9_.:/-]+)(\*?))');
    if v_match is null then
      perform bulkhead_private.raise_malformed_expression(
        expression, character_position,
        case when v_rest like '"%' then 'the quoted name does not end' else format('%s cannot stand here', to_jsonb(left(v_rest, 1))) end,
        'Names are a-z, 0-9 and _.:/-; operators are and, or, not, &, |, ! and parentheses; a trailing * asks for a prefix.'
      );
    end if;
    name := coalesce(v_match[2], v_match[4]);
    is_prefix := coalesce(v_match[3], v_match[5]) = '*';
    kind := case
      when v_match[1] is not null then v_match[1]
      when v_match[4] is not null and not is_prefix and lower(name) in ('and', 'or', 'not')
        then translate(left(lower(name), 1), 'aon', '&|!')
      else 'name'
    end;
    return next;
    character_position := character_position + length(substring(v_rest from '^(?:[()&|!]|"[^"]*"\*?|[A-Za-z0-9_.:/-]+\*?)'));
  end loop;
end
$$;

comment on function bulkhead_private.tag_tokens(text) is
  'The tokens of a tag expression: ( ) & | ! and names, with the character at which each begins. The words and, or, not become & | !.';
--! EndIncluded expressions/tag_tokens.sql
--! Included expressions/join_terms.sql
create or replace function bulkhead_private.join_terms(operator text, terms jsonb[])
returns jsonb[]
language sql
immutable
parallel safe
security invoker
set search_path = ''
begin atomic
  -- the operator takes its operands off the end of the list and puts their union there; chains become one flat list
  select case
    when operator = '!' then terms[:n - 1] || jsonb_build_object('not', terms[n])
    when operator = '|' and terms[n - 1] ? 'any' and terms[n] ? 'any' then
      terms[:n - 2] || jsonb_build_object('any', (terms[n - 1] -> 'any') || (terms[n] -> 'any'))
    else
      terms[:n - 2] || jsonb_build_object(
        word,
        coalesce(terms[n - 1] -> word, jsonb_build_array(terms[n - 1])) || coalesce(terms[n] -> word, jsonb_build_array(terms[n]))
      )
  end
  from (
    select cardinality(terms) as n, case operator when '&' then 'and' else 'or' end as word
  ) as stack;
end;

comment on function bulkhead_private.join_terms(text, jsonb[]) is
  'One step of parse_tag_expression: applies &, | or ! to the last one or two terms of the list.';
--! EndIncluded expressions/join_terms.sql
--! Included expressions/tag_term.sql
create or replace function bulkhead_private.tag_term(suite_id bigint, name text, is_prefix boolean)
returns jsonb
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $$
declare
  v_names text[];
begin
  if is_prefix then
    select array_agg(distinct family.n order by family.n) into v_names
    from bulkhead.suite_tags t
    cross join unnest(bulkhead_private.tag_family(t.suite_id, t.name)) as family (n)
    where t.suite_id = tag_term.suite_id and starts_with(t.name, tag_term.name);
  else
    v_names := bulkhead_private.tag_family(suite_id, name);
  end if;
  if v_names is null then
    perform bulkhead_private.raise_unknown_tag(suite_id, name || case when is_prefix then '*' else '' end);
  end if;
  return jsonb_build_object('any', to_jsonb(v_names));
end
$$;

comment on function bulkhead_private.tag_term(bigint, text, boolean) is
  'A name or prefix of a tag expression, resolved in the suite''s dictionary: {"any": [names]}. Unknown: TCNTG.';
--! EndIncluded expressions/tag_term.sql
--! Included expressions/parse_tag_expression.sql
create or replace function bulkhead.parse_tag_expression(suite_id bigint, expression text)
returns jsonb
language plpgsql
stable
strict
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
  v_terms jsonb[] := '{}';
  v_operators text[] := '{}';
  v_open integer[] := '{}'; -- where each open parenthesis stands
  v_wants_term boolean := true;
  v_token record;
begin
  for v_token in select * from bulkhead_private.tag_tokens(expression) loop
    if v_wants_term <> (v_token.kind in ('name', '(', '!')) then
      perform bulkhead_private.raise_malformed_expression(
        expression, v_token.character_position,
        case when v_wants_term then 'a tag was expected' else 'an operator was expected' end,
        case when v_wants_term then 'Name a tag, for example: rag and not flaky.' else 'Join tags by and, or, & or |; quote a name that is a word: "not".' end
      );
    end if;
    case v_token.kind
      when 'name' then
        v_terms := v_terms || bulkhead_private.tag_term(v_suite.id, v_token.name, v_token.is_prefix);
        v_wants_term := false;
      when '(' then
        v_open := v_open || v_token.character_position;
        v_operators := v_operators || '('::text;
      when '!' then
        v_operators := v_operators || '!'::text;
      else
        -- what binds as tightly or more tightly is done first: ! before & before |
        while v_operators[cardinality(v_operators)] <> '('
          and not (v_token.kind = '&' and v_operators[cardinality(v_operators)] = '|')
        loop
          v_terms := bulkhead_private.join_terms(v_operators[cardinality(v_operators)], v_terms);
          v_operators := trim_array(v_operators, 1);
        end loop;
        if v_token.kind <> ')' then
          v_operators := v_operators || v_token.kind;
          v_wants_term := true;
        elsif cardinality(v_open) = 0 then
          perform bulkhead_private.raise_malformed_expression(
            expression, v_token.character_position, 'nothing is open that this could close', 'Take it out, or add the "(" that it closes.'
          );
        else
          v_operators := trim_array(v_operators, 1);
          v_open := trim_array(v_open, 1);
        end if;
    end case;
    if cardinality(v_operators) > 100 or cardinality(v_terms) > 500 then
      perform bulkhead_private.raise_malformed_expression(
        expression, v_token.character_position, 'it nests too deep', 'Take parentheses out, or use a prefix such as tier_*.'
      );
    end if;
  end loop;
  if v_wants_term or cardinality(v_open) > 0 then
    perform bulkhead_private.raise_malformed_expression(
      expression,
      case when v_wants_term then length(expression) + 1 else v_open[cardinality(v_open)] end,
      case when v_wants_term then 'a tag was expected at the end' else 'this is not closed' end,
      case when v_wants_term then 'Name a tag, for example: rag and not flaky.' else 'Add the ")" that closes it.' end
    );
  end if;
  while cardinality(v_operators) > 0 loop
    v_terms := bulkhead_private.join_terms(v_operators[cardinality(v_operators)], v_terms);
    v_operators := trim_array(v_operators, 1);
  end loop;
  return v_terms[1];
end
$$;

comment on function bulkhead.parse_tag_expression(bigint, text) is
  'What a tag expression means in this suite: {"any": [names]}, {"not": …}, {"and": […]}, {"or": […]}. '
  'Operators: not (!), and (&), or (|), parentheses; names may be quoted, and a trailing * asks for a prefix. '
  'A name stands for its aliases too. Malformed: TCEXP with the position; unknown tag: TCNTG with the nearest one.';
grant execute on function bulkhead.parse_tag_expression(bigint, text) to bulkhead_user;
--! EndIncluded expressions/parse_tag_expression.sql
--! Included expressions/tag_tree_sql.sql
create or replace function bulkhead_private.tag_tree_sql(tree jsonb)
returns text
language plpgsql
immutable
strict
security invoker
set search_path = ''
as $$
declare
  v_names text[];
  v_word text;
begin
  if tree ? 'any' then
    select array_agg(n) into v_names from jsonb_array_elements_text(tree -> 'any') as u (n);
    -- "offset 0" keeps this a look-up for each case. As a join it would be planned by statistics, which a suite that was just
    -- filled does not have yet, and then the planner compares each case with each link.
    return format(
      'exists (select from bulkhead.test_case_tags l where l.suite_id = $1 and l.case_id = c.id and l.tag %s offset 0)',
      case when cardinality(v_names) = 1 then format('= %L', v_names[1]) else format('= any (%L::text[])', v_names) end
    );
  elsif tree ? 'not' then
    return format('not (%s)', bulkhead_private.tag_tree_sql(tree -> 'not'));
  end if;
  v_word := case when tree ? 'and' then 'and' else 'or' end;
  return (
    select '(' || string_agg(bulkhead_private.tag_tree_sql(part), ' ' || v_word || ' ' order by position) || ')'
    from jsonb_array_elements(tree -> v_word) with ordinality as t (part, position)
  );
end
$$;

comment on function bulkhead_private.tag_tree_sql(jsonb) is
  'A parsed tag expression as an SQL condition on a case c of the suite $1.';
--! EndIncluded expressions/tag_tree_sql.sql

--! Included cases/keep_case_version.sql
create or replace function bulkhead_private.keep_case_version()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
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
  new.version := old.version + 1;
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
    old.external_key is distinct from new.external_key
    or old.input is distinct from new.input
    or old.expected_output is distinct from new.expected_output
    or old.metadata is distinct from new.metadata
  )
  execute function bulkhead_private.keep_case_version();

create or replace trigger keep_deleted_version
  before delete on bulkhead.test_cases
  for each row
  execute function bulkhead_private.keep_case_version();
--! EndIncluded cases/keep_case_version.sql
--! Included cases/disown_status.sql
create or replace function bulkhead_private.disown_status()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  new.status_operation_id := null;
  return new;
end
$$;

comment on function bulkhead_private.disown_status() is
  'Trigger: a status that is set outside an operation belongs to no operation, so that no undo takes it back.';

create or replace trigger disown_status
  before update of status on bulkhead.test_cases
  for each row
  when (old.status <> new.status and old.status_operation_id is not distinct from new.status_operation_id)
  execute function bulkhead_private.disown_status();
--! EndIncluded cases/disown_status.sql
--! Included cases/refuse_move.sql
create or replace function bulkhead_private.refuse_move()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  raise exception using
    errcode = 'TCMOV',
    message = format('the case %s cannot move to another suite or take another id', old.id),
    detail = 'A case belongs to its suite for good: its links, versions and operations are filed under both.',
    hint = 'bulkhead.bulk_copy copies cases to another suite.';
end
$$;

comment on function bulkhead_private.refuse_move() is 'Trigger: refuses to change the suite or the id of a case with TCMOV.';

create or replace trigger refuse_move
  before update of suite_id, id on bulkhead.test_cases
  for each row
  when (old.suite_id <> new.suite_id or old.id <> new.id)
  execute function bulkhead_private.refuse_move();
--! EndIncluded cases/refuse_move.sql
--! Included cases/test_cases_tags.sql
create or replace function bulkhead.test_cases_tags(test_case bulkhead.test_cases)
returns text[]
language sql
stable
strict
parallel safe
as $$
  select coalesce(array_agg(l.tag order by l.tag), '{}')
  from bulkhead.test_case_tags l
  where l.suite_id = test_case.suite_id and l.case_id = test_case.id
$$;

comment on function bulkhead.test_cases_tags(bulkhead.test_cases) is
  'The tags of a case, in order. In psql: select c.external_key, bulkhead.test_cases_tags(c) from bulkhead.test_cases c …';
grant execute on function bulkhead.test_cases_tags(bulkhead.test_cases) to bulkhead_user;
--! EndIncluded cases/test_cases_tags.sql
--! Included cases/case_selection.sql
create or replace function bulkhead_private.case_selection(
  suite_id bigint,
  where_tags text default null,
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if status not in ('active', 'archived') then
    raise exception using
      errcode = 'TCARG',
      message = format('there is no status %s', to_jsonb(left(status, 100))),
      detail = 'A case is "active" or "archived".',
      hint = 'Leave status out to select cases of either.';
  end if;
  if jsonb_typeof(metadata) <> 'object' then
    raise exception using
      errcode = 'TCARG',
      message = format('metadata is selected by an object, not by %s', jsonb_typeof(metadata)),
      detail = 'A case is selected when its metadata contains the object.',
      hint = 'For example: metadata => ''{"language": "de"}''.';
  end if;
  return jsonb_strip_nulls(jsonb_build_object(
    'where_tags', where_tags,
    'tags', bulkhead.parse_tag_expression(suite_id, where_tags),
    'status', status,
    'case_ids', to_jsonb(case_ids),
    'external_keys', to_jsonb(external_keys),
    'created_after', created_after,
    'created_before', created_before,
    'search', nullif(search, '')
  )) || case when nullif(metadata, '{}') is null then '{}' else jsonb_build_object('metadata', metadata) end;
end
$$;

comment on function bulkhead_private.case_selection(
  bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text
) is
  'The arguments by which a call selects cases, checked, with the tag expression resolved; what every other function takes as selection. '
  'A case is selected when it meets all that are given; an empty search, or an empty object, asks for nothing.';
--! EndIncluded cases/case_selection.sql
--! Included cases/selection_sql.sql
create or replace function bulkhead_private.selection_sql(selection jsonb)
returns text
language sql
stable
strict
security invoker
set search_path = ''
begin atomic
  select coalesce(string_agg(condition, ' and '), 'true')
  from (
    values
      (bulkhead_private.tag_tree_sql(selection -> 'tags')),
      (case when selection ? 'status' then format('c.status = %L', selection ->> 'status') end),
      (case when selection ? 'case_ids' then
        format('c.id = any (array(select v::bigint from jsonb_array_elements_text(%L) as u (v)))', selection -> 'case_ids')
      end),
      (case when selection ? 'external_keys' then
        format('c.external_key = any (array(select v collate "C" from jsonb_array_elements_text(%L) as u (v)))', selection -> 'external_keys')
      end),
      (case when selection ? 'created_after' then format('c.created_at >= %L', selection ->> 'created_after') end),
      (case when selection ? 'created_before' then format('c.created_at < %L', selection ->> 'created_before') end),
      (case when selection ? 'metadata' then format('c.metadata @> %L', selection -> 'metadata') end),
      (case when selection ? 'search' then
        format(
          'concat_ws(chr(10), c.external_key collate "default", c.input #>> ''{}'', c.expected_output #>> ''{}'') ilike %L',
          '%' || regexp_replace(selection ->> 'search', '([\\%_])', '\\\1', 'g') || '%'
        )
      end),
      ((
        select string_agg(
          format(
            '(c.id > %L and c.id <= %L or c.id = any (array(select v::bigint from jsonb_array_elements_text(%L) as u (v))))',
            part ->> 'after_id', part ->> 'up_to_id', part -> 'case_ids'
          ),
          ' and '
        )
        from jsonb_array_elements(selection -> 'unfinished') as t (part)
      ))
  ) as conditions (condition);
end;

comment on function bulkhead_private.selection_sql(jsonb) is
  'A selection as an SQL condition on a case c of the suite $1; values are quoted with %L.';
--! EndIncluded cases/selection_sql.sql
--! Included cases/required_tag.sql
create or replace function bulkhead_private.required_tag(selection jsonb)
returns text
language sql
immutable
strict
parallel safe
security invoker
set search_path = ''
begin atomic
  select part #>> '{any,0}'
  from jsonb_array_elements(
    coalesce(selection #> '{tags,and}', jsonb_build_array(selection -> 'tags'))
  ) with ordinality as u (part, position)
  where jsonb_typeof(part) = 'object' and jsonb_array_length(part -> 'any') = 1
  order by position
  limit 1;
end;

comment on function bulkhead_private.required_tag(jsonb) is
  'A tag that every case of the selection has, whose links can be followed instead of all cases; null where there is none.';
--! EndIncluded cases/required_tag.sql
--! Included cases/selection_source.sql
create or replace function bulkhead_private.selection_source(selection jsonb)
returns text
language plpgsql
stable
strict
security invoker
set search_path = ''
as $$
declare
  v_required text := bulkhead_private.required_tag(selection);
begin
  if v_required is null or selection ?| array['case_ids', 'external_keys'] then
    return 'select c.* from bulkhead.test_cases c where c.suite_id = $1 and c.id > $2 and c.id <= $3 and '
      || bulkhead_private.selection_sql(selection) || ' order by c.id';
  end if;
  -- the links of the tag in the order of the cases, each case looked up: stops as soon as a limit is reached
  return format(
    'select c.* from ('
    'select l.case_id from bulkhead.test_case_tags l '
    'where l.suite_id = $1 and l.tag = %L and l.case_id > $2 and l.case_id <= $3 order by l.case_id offset 0) as k '
    'cross join lateral (select r.* from bulkhead.test_cases r where r.suite_id = $1 and r.id = k.case_id offset 0) as c '
    'where %s order by k.case_id',
    v_required, bulkhead_private.selection_sql(selection)
  );
end
$$;

comment on function bulkhead_private.selection_source(jsonb) is
  'A selection as a query for its cases in the order of their ids, of the suite $1, after the id $2 and up to the id $3.';
--! EndIncluded cases/selection_source.sql
--! Included cases/count_selected.sql
create or replace function bulkhead_private.count_selected(suite_id bigint, selection jsonb)
returns bigint
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_tag text := bulkhead_private.required_tag(selection);
  v_count bigint;
begin
  if v_tag is not null and selection - 'tags' = '{}' and selection -> 'tags' ? 'any' then
    -- a single tag is the whole selection: its links are the cases
    return (select count(*) from bulkhead.test_case_tags l where l.suite_id = count_selected.suite_id and l.tag = v_tag);
  end if;
  execute 'select count(*) from (' || bulkhead_private.selection_source(selection) || ') as selected'
  into v_count
  using suite_id, 0, 9223372036854775807;
  return v_count;
end
$$;

comment on function bulkhead_private.count_selected(bigint, jsonb) is 'How many cases of the suite a selection matches.';
--! EndIncluded cases/count_selected.sql
--! Included cases/find_cases.sql
create or replace function bulkhead.find_cases(
  suite_id bigint,
  where_tags text default null,
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  after_id bigint default 0,
  row_limit integer default 50
)
returns setof bulkhead.test_cases
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
  v_selection jsonb := bulkhead_private.case_selection(
    suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
  );
begin
  if row_limit < 0 then
    raise exception using
      errcode = 'TCARG',
      message = format('row_limit cannot be %s', row_limit),
      detail = 'It is how many cases the page has at most.',
      hint = 'Say a number from 0 on, or null for all cases.';
  end if;
  return query execute
    bulkhead_private.selection_source(v_selection) || ' limit $4'
    using v_suite.id, coalesce(after_id, 0), 9223372036854775807, row_limit;
end
$$;

comment on function bulkhead.find_cases(
  bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, bigint, integer
) is
  'The cases of a suite that meet all that is asked, in the order of their ids: a tag expression, status, ids, external keys, '
  'time of creation, metadata contained, text in input, expected output or key. For the next page pass the last id as after_id; '
  'row_limit => null gives all.';
grant execute on function bulkhead.find_cases(
  bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, bigint, integer
) to bulkhead_user;
--! EndIncluded cases/find_cases.sql
--! Included cases/count_cases.sql
create or replace function bulkhead.count_cases(
  suite_id bigint,
  where_tags text default null,
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null
)
returns bigint
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform bulkhead_private.known_suite(suite_id);
  return bulkhead_private.count_selected(
    suite_id,
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    )
  );
end
$$;

comment on function bulkhead.count_cases(bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text) is
  'How many cases find_cases would give without a limit.';
grant execute on function bulkhead.count_cases(
  bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text
) to bulkhead_user;
--! EndIncluded cases/count_cases.sql
--! Included cases/check_on_conflict.sql
create or replace function bulkhead_private.check_on_conflict(on_conflict text)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if on_conflict is null or on_conflict not in ('fail', 'skip', 'update') then
    raise exception using
      errcode = 'TCARG',
      message = format('on_conflict cannot be %s', coalesce(to_jsonb(left(on_conflict, 100))::text, 'null')),
      detail = 'It says what happens to an external key that the suite already has, with another content.',
      hint = 'Say ''fail'', ''skip'' or ''update''.';
  end if;
end
$$;

comment on function bulkhead_private.check_on_conflict(text) is 'Raises TCARG unless it is fail, skip or update.';
--! EndIncluded cases/check_on_conflict.sql
--! Included cases/payload_problem.sql
create or replace function bulkhead_private.payload_problem(item jsonb)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = ''
begin atomic
  select case
    when jsonb_typeof(item) <> 'object' then format('it is not an object but %s', jsonb_typeof(item))
    when coalesce(jsonb_typeof(item -> 'input'), 'null') = 'null' then 'it has no input'
    when jsonb_typeof(item -> 'external_key') not in ('string', 'null') then 'external_key is not a string'
    when length(item ->> 'external_key') not between 1 and 512 then 'external_key is not 1 to 512 characters long'
    when jsonb_typeof(item -> 'metadata') not in ('object', 'null') then 'metadata is not an object'
    when jsonb_typeof(item -> 'tags') not in ('array', 'null') then 'tags is not an array'
    when jsonb_path_exists(item, 'strict $.tags[*] ? (@.type() != "string")', silent => true) then 'a tag is not a string'
    when item ->> 'status' not in ('active', 'archived') then 'status is neither "active" nor "archived"'
    else (
      select format('there is no field %s', to_jsonb(left(min(k), 100)))
      from jsonb_object_keys(case when jsonb_typeof(item) = 'object' then item else '{}' end) as f (k)
      where k not in ('external_key', 'input', 'expected_output', 'metadata', 'tags', 'status')
      having count(*) > 0
    )
  end;
end;

comment on function bulkhead_private.payload_problem(jsonb) is 'What is wrong with one case of an append, in words; null when nothing is.';
--! EndIncluded cases/payload_problem.sql
--! Included cases/make_payload.sql
create or replace function bulkhead_private.make_payload(
  ordinal integer,
  external_key text,
  input jsonb,
  expected_output jsonb,
  metadata jsonb,
  tags text[],
  status text
)
returns bulkhead_private.case_payload
language sql
immutable
parallel safe
security invoker
set search_path = ''
begin atomic
  select row(
    ordinal, external_key, input, nullif(expected_output, 'null'), p.metadata, p.tags, status,
    sha256(convert_to(jsonb_build_array(input, nullif(expected_output, 'null'), p.metadata, p.tags, status)::text, 'UTF8'))
  )::bulkhead_private.case_payload
  from (
    select
      coalesce(nullif(make_payload.metadata, 'null'), '{}') as metadata,
      array(select distinct t from unnest(make_payload.tags) as u (t) order by t) as tags
  ) as p;
end;

comment on function bulkhead_private.make_payload(integer, text, jsonb, jsonb, jsonb, text[], text) is
  'A case as it was sent, with its hash: equal payloads have equal hashes, whatever the order of keys and tags.';
--! EndIncluded cases/make_payload.sql
--! Included cases/read_payloads.sql
create or replace function bulkhead_private.read_payloads(cases jsonb)
returns bulkhead_private.case_payload[]
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  v_payloads bulkhead_private.case_payload[];
  v_problem record;
begin
  if coalesce(jsonb_typeof(cases), 'null') <> 'array' then
    raise exception using
      errcode = 'TCBAD',
      message = format('cases is a JSON array of objects, not %s', coalesce(jsonb_typeof(cases), 'null')),
      detail = 'Each object is a case: {"input": …, "expected_output": …, "external_key": "…", "tags": […], "metadata": {…}}.',
      hint = 'A single case goes into an array of one.';
  elsif jsonb_array_length(cases) = 0 then
    raise exception using
      errcode = 'TCEMP',
      message = 'there is no case to append',
      detail = 'The array is empty.',
      hint = 'Leave the call out when there is nothing to append.';
  elsif jsonb_array_length(cases) > 10000 then
    raise exception using
      errcode = 'TCBIG',
      message = format('%s cases are more than one append takes', jsonb_array_length(cases)),
      detail = 'An append is one short transaction of at most 10,000 cases.',
      hint = 'Send them in several appends, or load a file with: bulkhead import <suite> <file>.';
  end if;

  select e.ordinal, bulkhead_private.payload_problem(e.item) as problem into v_problem
  from jsonb_array_elements(cases) with ordinality as e (item, ordinal)
  where bulkhead_private.payload_problem(e.item) is not null
  limit 1;
  if v_problem is not null then
    raise exception using
      errcode = 'TCBAD',
      message = format('case %s: %s', v_problem.ordinal, v_problem.problem),
      detail = 'A case is {"input": any JSON, "expected_output"?: any JSON, "external_key"?: "…", "tags"?: ["…"], '
        '"metadata"?: {…}, "status"?: "active" or "archived"}.',
      hint = 'Nothing of this append was stored; mend the case and send all of them again.';
  end if;

  select array_agg(
    bulkhead_private.make_payload(
      e.ordinal::integer, e.item ->> 'external_key', e.item -> 'input', e.item -> 'expected_output', e.item -> 'metadata',
      (select array_agg(t) from jsonb_array_elements_text(nullif(e.item -> 'tags', 'null')) as u (t)),
      e.item ->> 'status'
    )
    order by e.ordinal
  ) into v_payloads
  from jsonb_array_elements(cases) with ordinality as e (item, ordinal);
  return v_payloads;
end
$$;

comment on function bulkhead_private.read_payloads(jsonb) is
  'The cases of an append, checked one by one. Not an array or a bad case: TCBAD with its position; none: TCEMP; over 10,000: TCBIG.';
--! EndIncluded cases/read_payloads.sql
--! Included cases/payload_links.sql
create or replace function bulkhead_private.payload_links(
  suite bulkhead.test_suites,
  payloads bulkhead_private.case_payload[]
)
returns bulkhead_private.payload_link[]
language plpgsql
volatile
security invoker
set search_path = ''
set enable_nestloop = off -- the planner cannot know how long the arrays are
set jit = off -- before PostgreSQL 18 a plan that is switched off looks dear enough to be compiled, at a second each
as $$
declare
  v_names text[];
  v_asked text[];
  v_found text[];
  v_groups text[];
  v_links bulkhead_private.payload_link[];
  v_clash record;
begin
  select array_agg(distinct n) into v_names from unnest(payloads) as p, unnest(p.tags) as n;
  if v_names is null then
    return '{}';
  end if;
  loop
    perform bulkhead_private.define_missing_tags(suite, v_names);
    -- an old name leads to the tag that it became; held, so that nobody can drop it, or change its group, before it is linked
    select array_agg(h.asked), array_agg(h.name), array_agg(h.group_key) into v_asked, v_found, v_groups
    from (
      select asked.name as asked, t.name, t.group_key
      from bulkhead.suite_tags asked
      join bulkhead.suite_tags t on t.suite_id = suite.id and t.name = coalesce(asked.alias_of, asked.name)
      where asked.suite_id = suite.id and asked.name = any (v_names)
      order by t.name
      for key share of t
    ) as h;
    exit when cardinality(v_asked) = cardinality(v_names);
  end loop;
  select array_agg(distinct row(p.ordinal, t.name, t.group_key)::bulkhead_private.payload_link) into v_links
  from unnest(payloads) as p
  cross join unnest(p.tags) as n
  join unnest(v_asked, v_found, v_groups) as t (asked, name, group_key) on t.asked = n;

  select l.ordinal, l.group_key, array_agg(l.tag order by l.tag) as tags into v_clash
  from unnest(v_links) as l
  where l.group_key <> ''
  group by l.ordinal, l.group_key
  having count(*) > 1
  order by l.ordinal
  limit 1;
  if v_clash is not null then
    raise exception using
      errcode = 'TCGRP',
      message = format('case %s has two tags of the exclusive group "%s"', v_clash.ordinal, v_clash.group_key),
      detail = format('They are %s.', array_to_string(v_clash.tags, ', ')),
      hint = 'A case carries at most one tag of a group: leave the others out.';
  end if;
  return v_links;
end
$$;

comment on function bulkhead_private.payload_links(bulkhead.test_suites, bulkhead_private.case_payload[]) is
  'The links that the payloads ask for, with missing tags defined and aliases followed. Two tags of one group: TCGRP.';
--! EndIncluded cases/payload_links.sql
--! Included cases/append_known.sql
create or replace function bulkhead_private.append_known(
  suite bulkhead.test_suites,
  payloads bulkhead_private.case_payload[],
  outcomes bulkhead_private.append_outcome[],
  on_conflict text
)
returns bulkhead_private.append_outcome[]
language plpgsql
volatile
security invoker
set search_path = ''
set enable_nestloop = off -- the planner cannot know how long the arrays are
set jit = off -- before PostgreSQL 18 a plan that is switched off looks dear enough to be compiled, at a second each
as $$
declare
  v_ids bigint[];
  v_known bulkhead_private.append_outcome[];
  v_different text[];
begin
  -- a statement of its own, because it has to see what a concurrent append has just committed
  v_ids := array(
    select c.id
    from bulkhead.test_cases c
    where c.suite_id = suite.id
      and c.external_key = any (array(select o.external_key collate "C" from unnest(outcomes) as o where o.case_id is null))
  );
  if on_conflict = 'update' then
    perform from bulkhead.test_cases c where c.suite_id = suite.id and c.id = any (v_ids) order by c.id for no key update;
  end if;
  with known as (
    select c.id, p.ordinal, p.external_key, coalesce(
      c.payload_hash = p.hash,
      c.input = p.input and c.metadata = p.metadata and c.expected_output is not distinct from p.expected_output
    ) as is_same
    from unnest(payloads) as p
    join bulkhead.test_cases c on c.external_key = p.external_key collate "C"
    where c.suite_id = suite.id and c.id = any (v_ids)
  )
  select
    array_agg(
      row(
        k.ordinal, k.external_key, k.id,
        case when k.is_same then 'unchanged' when on_conflict = 'update' then 'updated' else 'skipped' end
      )::bulkhead_private.append_outcome
    ),
    array_agg(format('case %s: "%s"', k.ordinal, k.external_key) order by k.ordinal) filter (where not k.is_same)
  into v_known, v_different
  from known k;

  if v_different is not null and on_conflict = 'fail' then
    raise exception using
      errcode = 'TCKEY',
      message = format('%s of these external keys belong to cases with another content', cardinality(v_different)),
      detail = array_to_string(v_different[1:20], ', '),
      hint = 'on_conflict => ''update'' replaces their content, on_conflict => ''skip'' leaves them; or give the cases other keys.';
  end if;
  if v_different is not null and on_conflict = 'update' then
    update bulkhead.test_cases c
    set
      input = p.input,
      expected_output = p.expected_output,
      metadata = p.metadata,
      status = coalesce(p.status, c.status),
      payload_hash = p.hash
    from unnest(v_known) as k
    join unnest(payloads) as p on p.ordinal = k.ordinal
    where k.outcome = 'updated' and c.suite_id = suite.id and c.id = any (v_ids) and c.id = k.case_id;
  end if;
  return v_known;
end
$$;

comment on function bulkhead_private.append_known(
  bulkhead.test_suites, bulkhead_private.case_payload[], bulkhead_private.append_outcome[], text
) is
  'What becomes of payloads whose external key the suite already has: unchanged, skipped, updated, or TCKEY for all of them.';
--! EndIncluded cases/append_known.sql
--! Included cases/append_payloads.sql
create or replace function bulkhead_private.append_payloads(
  suite bulkhead.test_suites,
  payloads bulkhead_private.case_payload[],
  on_conflict text
)
returns setof bulkhead_private.append_outcome
language plpgsql
volatile
security invoker
set search_path = ''
set enable_nestloop = off -- the planner cannot know how long the arrays are
set jit = off -- before PostgreSQL 18 a plan that is switched off looks dear enough to be compiled, at a second each
as $$
declare
  v_now constant timestamptz := bulkhead_private.clock();
  v_open bulkhead_private.case_payload[] := payloads;
  v_links bulkhead_private.payload_link[];
  v_round bulkhead_private.append_outcome[];
  v_outcomes bulkhead_private.append_outcome[];
begin
  -- a payload that was appended before needs nothing: no lock, and no tag, should the dictionary have lost it since
  v_outcomes := array(
    select row(p.ordinal, c.external_key, c.id, 'unchanged')::bulkhead_private.append_outcome
    from unnest(payloads) as p
    join bulkhead.test_cases c on c.external_key = p.external_key collate "C" and c.payload_hash = p.hash
    where c.suite_id = suite.id
      and c.external_key = any (array(select k.external_key collate "C" from unnest(payloads) as k))
  );
  if cardinality(v_outcomes) > 0 then
    v_open := array(
      select p from unnest(payloads) as p
      where not exists (select from unnest(v_outcomes) as o where o.ordinal = p.ordinal)
    );
  end if;
  v_links := bulkhead_private.payload_links(suite, v_open);

  while cardinality(v_open) > 0 loop
    -- ids follow the payloads; rows go in by external key, so that two appends of the same keys queue instead of deadlocking
    with numbered as materialized (
      select p.*, nextval('bulkhead.test_cases_id_seq') as case_id
      from (select * from unnest(v_open) order by ordinal) as p
    ),
    inserted as (
      insert into bulkhead.test_cases as c (
        suite_id, id, external_key, input, expected_output, metadata, status, payload_hash, created_at, updated_at
      )
      select
        suite.id, n.case_id, n.external_key, n.input, n.expected_output, n.metadata, coalesce(n.status, 'active'), n.hash,
        v_now, v_now
      from numbered n
      order by n.external_key collate "C"
      on conflict (suite_id, external_key) do nothing
      returning c.id
    )
    select array_agg(
      row(n.ordinal, n.external_key, i.id, case when i.id is not null then 'inserted' end)::bulkhead_private.append_outcome
    ) into v_round
    from numbered n
    left join inserted i on i.id = n.case_id;
    v_outcomes := v_outcomes || array(select o from unnest(v_round) as o where o.case_id is not null);
    exit when cardinality(v_outcomes) = cardinality(payloads);

    -- keys that the suite has; one that was deleted while we waited for it is free now, and its case tries again
    v_round := bulkhead_private.append_known(suite, v_open, v_round, on_conflict);
    v_outcomes := v_outcomes || v_round;
    v_open := array(
      select p from unnest(v_open) as p
      where not exists (select from unnest(v_outcomes) as o where o.ordinal = p.ordinal)
    );
  end loop;

  if exists (select from unnest(v_outcomes) as o where o.outcome = 'updated') then
    -- a tag that an update brings takes the place of another one of its group
    delete from bulkhead.test_case_tags l
    using unnest(v_outcomes) as o
    join unnest(v_links) as w on w.ordinal = o.ordinal and w.group_key <> ''
    where o.outcome = 'updated'
      and l.suite_id = suite.id and l.case_id = o.case_id and l.group_key = w.group_key and l.tag <> w.tag collate "C";
  end if;
  insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key)
  select suite.id, o.case_id, w.tag, w.group_key
  from unnest(v_outcomes) as o
  join unnest(v_links) as w on w.ordinal = o.ordinal
  where o.outcome in ('inserted', 'updated')
  order by o.case_id, w.tag collate "C"
  on conflict (suite_id, case_id, tag) do nothing;

  return query select * from unnest(v_outcomes) as o order by o.ordinal;
end
$$;

comment on function bulkhead_private.append_payloads(bulkhead.test_suites, bulkhead_private.case_payload[], text) is
  'Appends checked payloads to a suite, whole or not at all: what append_cases and the import share.';
--! EndIncluded cases/append_payloads.sql
--! Included cases/append_cases.sql
create or replace function bulkhead.append_cases(suite_id bigint, cases jsonb, on_conflict text default 'fail')
returns table (ordinal integer, external_key text, case_id bigint, outcome text)
language plpgsql
volatile
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_payloads bulkhead_private.case_payload[] := bulkhead_private.read_payloads(cases);
  v_twice record;
begin
  perform bulkhead_private.check_on_conflict(on_conflict);
  select p.external_key, array_agg(p.ordinal order by p.ordinal) as ordinals into v_twice
  from unnest(v_payloads) as p
  where p.external_key is not null
  group by p.external_key
  having count(*) > 1
  limit 1;
  if v_twice is not null then
    raise exception using
      errcode = 'TCDUP',
      message = format('the external key "%s" stands twice in one append', v_twice.external_key),
      detail = format('It stands at the cases %s.', array_to_string(v_twice.ordinals[1:10], ', ')),
      hint = 'An external key names one case of its suite: leave one of them out, or give it another key.';
  end if;
  return query select * from bulkhead_private.append_payloads(v_suite, v_payloads, append_cases.on_conflict);
end
$$;

comment on function bulkhead.append_cases(bigint, jsonb, text) is
  'Appends 1 to 10,000 cases to a suite, all or none, and says what became of each: inserted, unchanged, skipped or updated. '
  'cases: [{"external_key"?, "input", "expected_output"?, "metadata"?, "tags"?, "status"?}]. An external key that the suite has: '
  'the same payload again is unchanged, whoever edited the case since; another one is refused (TCKEY), skipped or updated, '
  'as on_conflict asks: fail, skip, update. An update keeps the earlier version and only adds tags.';
grant execute on function bulkhead.append_cases(bigint, jsonb, text) to bulkhead_user;
--! EndIncluded cases/append_cases.sql

--! Included import/begin_import.sql
create or replace function bulkhead_private.begin_import()
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  create temporary table if not exists pg_temp.import_rows (
    line integer primary key,
    external_key text,
    input jsonb,
    expected_output jsonb,
    metadata jsonb,
    tags text[],
    status text
  ) on commit preserve rows;
  truncate pg_temp.import_rows;
end
$$;

comment on function bulkhead_private.begin_import() is
  'Makes the session''s table pg_temp.import_rows, empty, for a COPY of the rows of a file.';
--! EndIncluded import/begin_import.sql
--! Included import/define_imported_tags.sql
create or replace function bulkhead_private.define_imported_tags(suite_id bigint, tag_meanings jsonb)
returns setof text
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_defined text[];
begin
  v_defined := bulkhead_private.define_missing_tags(v_suite, array(select jsonb_object_keys(tag_meanings)));
  update bulkhead.suite_tags t
  set meaning = coalesce(tag_meanings ->> t.name, '')
  where t.suite_id = v_suite.id and t.name = any (v_defined) and t.meaning = '';
  return query select unnest(v_defined);
end
$$;

comment on function bulkhead_private.define_imported_tags(bigint, jsonb) is
  'Defines the tags of a file, {"name": "meaning"}, before its cases, and returns the new ones: committed on its own, so that no append waits for the import.';
--! EndIncluded import/define_imported_tags.sql
--! Included import/append_import.sql
create or replace function bulkhead_private.append_import(suite_id bigint, on_conflict text)
returns table (outcome text, cases bigint)
language plpgsql
volatile
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_batch constant integer := 2000;
  v_last integer := 0;
  v_payloads bulkhead_private.case_payload[];
  v_counts jsonb := '{}';
begin
  perform bulkhead_private.check_on_conflict(on_conflict);
  loop
    select
      array_agg(
        bulkhead_private.make_payload(r.line, r.external_key, r.input, r.expected_output, r.metadata, r.tags, r.status)
        order by r.line
      ),
      max(r.line)
    into v_payloads, v_last
    from (
      select * from pg_temp.import_rows i where i.line > v_last order by i.line limit v_batch
    ) as r;
    exit when v_payloads is null;
    select v_counts || jsonb_object_agg(o.outcome, coalesce((v_counts ->> o.outcome)::bigint, 0) + o.cases) into v_counts
    from (
      select a.outcome, count(*) as cases
      from bulkhead_private.append_payloads(v_suite, v_payloads, append_import.on_conflict) as a
      group by a.outcome
    ) as o;
  end loop;
  return query select key, value::bigint from jsonb_each_text(v_counts);
end
$$;

comment on function bulkhead_private.append_import(bigint, text) is
  'Appends all rows of pg_temp.import_rows in one transaction, in batches that fit in memory, and counts the outcomes. '
  'Errors name the case by its line.';
--! EndIncluded import/append_import.sql
--! Included import/drop_unused_tags.sql
create or replace function bulkhead_private.drop_unused_tags(suite_id bigint, names text[])
returns setof text
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_name text;
begin
  foreach v_name in array names loop
    begin
      delete from bulkhead.suite_tags t where t.suite_id = drop_unused_tags.suite_id and t.name = v_name;
      return next v_name;
    exception
      when foreign_key_violation then
        null; -- an append has begun to use it meanwhile: it stays
    end;
  end loop;
end
$$;

comment on function bulkhead_private.drop_unused_tags(bigint, text[]) is
  'Takes back the tags that a failed import had defined, except those in use by now.';
--! EndIncluded import/drop_unused_tags.sql

--! Included operations/suite_lock_key.sql
create or replace function bulkhead_private.suite_lock_key(suite_id bigint)
returns bigint
language sql
immutable
strict
parallel safe
return hashtextextended('bulkhead.operations_of_suite', suite_id);

comment on function bulkhead_private.suite_lock_key(bigint) is
  'The advisory lock that whoever runs an operation of this suite holds: one at a time in a suite.';
--! EndIncluded operations/suite_lock_key.sql
--! Included operations/worker_lock_key.sql
create or replace function bulkhead_private.worker_lock_key(worker_id text)
returns bigint
language sql
immutable
strict
parallel safe
return hashtextextended(worker_id, 7453);

comment on function bulkhead_private.worker_lock_key(text) is
  'The advisory lock by which a worker proves that it is alive: held by a connection of its own, and gone with it.';
--! EndIncluded operations/worker_lock_key.sql
--! Included operations/notify_operation.sql
create or replace function bulkhead_private.notify_operation(suite_id bigint, operation_id bigint)
returns void
language sql
volatile
strict
security invoker
set search_path = ''
begin atomic
  select pg_notify('bulkhead:suite:' || suite_id, json_build_object('operation_id', operation_id::text)::text);
end;

comment on function bulkhead_private.notify_operation(bigint, bigint) is
  'Tells the subscribers of a suite that an operation of it has moved; channel bulkhead:suite:<suite_id>.';
--! EndIncluded operations/notify_operation.sql
--! Included operations/queue_operations.sql
create or replace function bulkhead_private.queue_operations(suite_id bigint, run_at timestamptz default null)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform graphile_worker.add_job('run_operations', json_build_object('suite_id', suite_id::text), run_at => queue_operations.run_at);
end
$$;

comment on function bulkhead_private.queue_operations(bigint, timestamptz) is
  'Asks a worker to run what operations the suite has. Without a job key: two callers never wait for each other.';

-- known from the start: the first job of a kind would insert it, and a second submission would wait for the first one's transaction
insert into graphile_worker._private_tasks (identifier) values ('run_operations') on conflict do nothing;
--! EndIncluded operations/queue_operations.sql
--! Included operations/log_outcome.sql
create or replace function bulkhead_private.log_outcome(
  operation bulkhead.bulk_operations,
  change text,
  code text,
  message text,
  case_ids bigint[],
  tag text default null
)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
begin atomic
  insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, code, message, case_ids, tag)
  select (operation).suite_id, (operation).id, (operation).chunks + 1, change, code, message, case_ids, tag
  where cardinality(case_ids) > 0;
  select coalesce(jsonb_agg(jsonb_build_object('case_id', id::text, 'code', code, 'message', message) order by id), '[]')
  from unnest(case_ids[1:10]) as u (id)
  where change = 'failed';
end;

comment on function bulkhead_private.log_outcome(bulkhead.bulk_operations, text, text, text, bigint[], text) is
  'Logs cases that a chunk left alone or failed on, and returns the first failures for the operation''s row.';
--! EndIncluded operations/log_outcome.sql
--! Included operations/known_operation.sql
create or replace function bulkhead_private.known_operation(suite_id bigint, operation_id bigint)
returns bulkhead.bulk_operations
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
  v_operation bulkhead.bulk_operations;
begin
  select o.* into v_operation
  from bulkhead.bulk_operations o
  where o.suite_id = v_suite.id and o.id = operation_id;
  if v_operation.id is null then
    raise exception using
      errcode = 'TCNOP',
      message = format('the suite "%s" has no operation %s', v_suite.slug, coalesce(operation_id::text, 'null')),
      detail = 'An operation is known by its suite and its id.',
      hint = format('select id, kind, state from bulkhead.bulk_operations where suite_id = %s lists them.', v_suite.id);
  end if;
  return v_operation;
end
$$;

comment on function bulkhead_private.known_operation(bigint, bigint) is 'The operation of this suite with this id. Unknown: TCNSU or TCNOP.';
--! EndIncluded operations/known_operation.sql
--! Included operations/unfinished_operation.sql
create or replace function bulkhead_private.unfinished_operation(suite_id bigint)
returns bulkhead.bulk_operations
language sql
stable
security invoker
set search_path = ''
begin atomic
  select o.*
  from bulkhead.bulk_operations o
  where o.suite_id = unfinished_operation.suite_id and o.state in ('queued', 'running')
  order by o.state = 'running' desc, o.id
  limit 1;
end;

comment on function bulkhead_private.unfinished_operation(bigint) is
  'The operation of a suite that is to be run now: the one that is running, otherwise the one submitted first. '
  'An operation can appear behind a younger one, because it was submitted in a transaction that took its time.';
--! EndIncluded operations/unfinished_operation.sql
--! Included operations/finish_operation.sql
create or replace function bulkhead_private.finish_operation(operation bulkhead.bulk_operations, state text)
returns bulkhead.bulk_operations
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_operation bulkhead.bulk_operations;
begin
  update bulkhead.bulk_operations o
  set
    state = finish_operation.state,
    started_at = coalesce(o.started_at, bulkhead_private.clock()),
    finished_at = bulkhead_private.clock(),
    total = greatest(o.total, o.processed)
  where o.suite_id = operation.suite_id and o.id = operation.id
  returning * into v_operation;
  perform bulkhead_private.notify_operation(v_operation.suite_id, v_operation.id);
  return v_operation;
end
$$;

comment on function bulkhead_private.finish_operation(bulkhead.bulk_operations, text) is
  'Ends an operation as succeeded, failed or cancelled.';
--! EndIncluded operations/finish_operation.sql
--! Included operations/next_chunk_size.sql
create or replace function bulkhead_private.next_chunk_size(chunk_size integer, milliseconds double precision)
returns integer
language sql
immutable
strict
parallel safe
-- aims at 35 ms, in the middle of 25 to 50; at most doubles or halves at a time
return least(5000, greatest(20, chunk_size * least(2, greatest(0.5, 35 / greatest(milliseconds, 1)))))::integer;

comment on function bulkhead_private.next_chunk_size(integer, double precision) is
  'How many cases the next chunk takes, when one of this size took so long.';
--! EndIncluded operations/next_chunk_size.sql
--! Included operations/selected_targets.sql
create or replace function bulkhead_private.selected_targets(operation bulkhead.bulk_operations)
returns bulkhead_private.chunk_targets
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_selection jsonb := operation.selection;
  v_required text := bulkhead_private.required_tag(v_selection);
  v_scan text := 'select c.id from bulkhead.test_cases c where c.suite_id = $1 and c.id > $2 and c.id <= $3';
  v_condition text;
  v_targets bulkhead_private.chunk_targets;
begin
  if v_selection ?| array['case_ids', 'external_keys'] then
    v_scan := v_scan || ' and ' || bulkhead_private.selection_sql(v_selection);
    v_selection := '{}';
  elsif v_required is not null then
    v_scan := format(
      'select l.case_id as id from bulkhead.test_case_tags l '
      'where l.suite_id = $1 and l.tag = %L and l.case_id > $2 and l.case_id <= $3',
      v_required
    );
    if v_selection -> 'tags' ? 'any' then
      v_selection := v_selection - 'tags'; -- the scan is the whole expression
    end if;
  end if;
  v_condition := bulkhead_private.selection_sql(v_selection);
  -- the scan is bounded too, so that a rare match does not make a long chunk
  execute format(
    'with scanned as materialized (%s order by 1 limit $4), matched as materialized (%s order by 1 limit $5) '
    'select coalesce((select array_agg(id order by id) from matched), ''{}''), '
    'case when (select count(*) from matched) = $5 then (select max(id) from matched) else (select max(id) from scanned) end, '
    '(select count(*) from scanned) < $4 and (select count(*) from matched) < $5',
    v_scan,
    case
      when v_condition = 'true' then 'select id from scanned'
      else 'select c.id from scanned s cross join lateral (select r.* from bulkhead.test_cases r '
        'where r.suite_id = $1 and r.id = s.id offset 0) as c where ' || v_condition
    end
  )
  into v_targets
  using
    operation.suite_id, operation.cursor_id, operation.high_water_id,
    operation.chunk_size * case when v_condition = 'true' then 1 else 10 end, operation.chunk_size;
  return v_targets;
end
$$;

comment on function bulkhead_private.selected_targets(bulkhead.bulk_operations) is
  'The next chunk of the cases that the operation''s selection matches, after its cursor and up to its high-water id.';
--! EndIncluded operations/selected_targets.sql
--! Included operations/undo_targets.sql
create or replace function bulkhead_private.undo_targets(operation bulkhead.bulk_operations)
returns bulkhead_private.chunk_targets
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_chunk integer;
  v_targets bulkhead_private.chunk_targets;
begin
  -- the chunks that are undone had ascending ids: what comes next is in the first one that goes beyond the cursor
  select l.chunk into v_chunk
  from bulkhead_private.change_log l
  where l.suite_id = operation.suite_id and l.operation_id = operation.undoes_operation_id
    and l.change not in ('left_alone', 'failed')
    and l.last_case_id > operation.cursor_id
  order by l.chunk
  limit 1;

  select coalesce(array_agg(next.id order by next.id), '{}'), coalesce(max(next.id), operation.high_water_id), v_chunk is null
  into v_targets
  from (
    select distinct u.id
    from bulkhead_private.change_log l
    cross join unnest(l.case_ids) as u (id)
    where l.suite_id = operation.suite_id and l.operation_id = operation.undoes_operation_id
      and l.chunk = v_chunk
      and l.change not in ('left_alone', 'failed')
      and u.id > operation.cursor_id
    order by u.id
    limit operation.chunk_size
  ) as next;
  return v_targets;
end
$$;

comment on function bulkhead_private.undo_targets(bulkhead.bulk_operations) is
  'The next chunk of the cases that the operation to be undone changed; never more than one chunk of that operation.';
--! EndIncluded operations/undo_targets.sql
--! Included operations/hold_cases.sql
create or replace function bulkhead_private.hold_cases(operation bulkhead.bulk_operations, case_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_tags text[] := array(
    select jsonb_array_elements_text((operation.parameters -> 'add') || (operation.parameters -> 'remove'))
  );
begin
  if exists (
    select from bulkhead.suite_tags t
    where t.suite_id = operation.suite_id and t.name = any (v_tags) and t.group_key <> ''
  ) then
    perform
    from bulkhead.test_cases c
    where c.suite_id = operation.suite_id and c.id = any (case_ids)
    order by c.id
    for no key update;
  end if;
end
$$;

comment on function bulkhead_private.hold_cases(bulkhead.bulk_operations, bigint[]) is
  'Locks the cases of a chunk that deals with exclusive groups, as an append locks the cases that it updates: neither finds, when it puts '
  'its tag on a case, that the other has just put another one of the group there.';
--! EndIncluded operations/hold_cases.sql
--! Included operations/tag_chunk.sql
create or replace function bulkhead_private.tag_chunk(operation bulkhead.bulk_operations, case_ids bigint[])
returns bulkhead_private.chunk_result
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_add text[] := array(select jsonb_array_elements_text(operation.parameters -> 'add'));
  v_remove text[] := array(
    select n from jsonb_array_elements_text(operation.parameters -> 'remove') as u (n) where n <> all (v_add)
  );
  v_on_exclusive text := operation.parameters ->> 'on_exclusive';
  v_groups text[] := array(
    select t.group_key
    from bulkhead.suite_tags t
    where t.suite_id = operation.suite_id and t.name = any (v_add) and t.group_key <> ''
    order by t.group_key
  );
  v_met bigint[] := '{}';
  v_ids bigint[] := case_ids;
  v_removed bigint[];
  v_added bigint[];
  v_errors jsonb;
begin
  -- a tag that was dropped since the submission is not quietly left out
  perform bulkhead_private.raise_unknown_tag(operation.suite_id, n)
  from unnest(v_add) as u (n)
  where not exists (select from bulkhead.suite_tags t where t.suite_id = operation.suite_id and t.name = n);

  perform bulkhead_private.hold_cases(operation, case_ids);
  if cardinality(v_groups) > 0 and v_on_exclusive <> 'replace' then
    v_met := array(
      select distinct l.case_id
      from bulkhead.test_case_tags l
      where l.suite_id = operation.suite_id and l.case_id = any (v_ids)
        and l.group_key = any (v_groups) and l.tag <> all (v_add || v_remove)
      order by l.case_id
    );
    v_errors := bulkhead_private.log_outcome(
      operation, case v_on_exclusive when 'fail' then 'failed' else 'left_alone' end, 'TCGRP',
      'the case has another tag of the exclusive group ' || array_to_string(v_groups, ', '), v_met
    );
    v_ids := array(select i from unnest(v_ids) as u (i) where i <> all (v_met) order by i);
  end if;

  if cardinality(v_remove) > 0 or cardinality(v_groups) > 0 then
    with held as materialized (
      select l.ctid
      from bulkhead.test_case_tags l
      where l.suite_id = operation.suite_id and l.case_id = any (v_ids)
        and (l.tag = any (v_remove) or l.group_key = any (v_groups) and l.tag <> all (v_add))
      order by l.case_id, l.tag
      for update
    ),
    removed as (
      delete from bulkhead.test_case_tags l
      where l.suite_id = operation.suite_id and l.ctid = any (array(select h.ctid from held h))
      returning l.case_id, l.tag, l.group_key, l.operation_id
    ),
    logged as (
      insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, group_key, link_operation_id, case_ids)
      select operation.suite_id, operation.id, operation.chunks + 1, 'link_removed', r.tag, r.group_key, r.operation_id,
        array_agg(r.case_id order by r.case_id)
      from removed r
      group by r.tag, r.group_key, r.operation_id
    )
    select array_agg(distinct r.case_id) into v_removed from removed r;
  end if;

  if cardinality(v_add) > 0 then
    -- links that are there are left out, and not met by "on conflict", which writes and takes a tenth more for each link; one that
    -- somebody else is just putting on makes the chunk fail and be tried again. "not in" is hashed whatever the statistics say
    with added as (
      insert into bulkhead.test_case_tags as l (suite_id, case_id, tag, group_key, operation_id)
      select operation.suite_id, i, t.name, t.group_key, operation.id
      from unnest(v_ids) as u (i)
      cross join bulkhead.suite_tags t
      where t.suite_id = operation.suite_id and t.name = any (v_add)
        and (i, t.name) not in (
          select l.case_id, l.tag
          from bulkhead.test_case_tags l
          where l.suite_id = operation.suite_id and l.tag = any (v_add)
            and l.case_id between v_ids[1] and v_ids[cardinality(v_ids)]
        )
      order by i, t.name
      returning l.case_id, l.tag, l.group_key
    ),
    logged as (
      insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, group_key, link_operation_id, case_ids)
      select operation.suite_id, operation.id, operation.chunks + 1, 'link_added', a.tag, a.group_key, operation.id,
        array_agg(a.case_id order by a.case_id)
      from added a
      group by a.tag, a.group_key
    )
    select array_agg(distinct a.case_id) into v_added from added a;
  end if;

  return row(
    (select count(*) from (select unnest(v_removed) union select unnest(v_added)) as touched),
    case when v_on_exclusive = 'fail' then 0 else cardinality(v_met) end,
    case when v_on_exclusive = 'fail' then cardinality(v_met) else 0 end,
    v_errors
  )::bulkhead_private.chunk_result;
end
$$;

comment on function bulkhead_private.tag_chunk(bulkhead.bulk_operations, bigint[]) is
  'One chunk of tag, rename_tag and merge_tags: takes the links of "remove" off the cases and puts those of "add" on. '
  'A case that has another tag of an exclusive group is served by on_exclusive: replace, skip or fail.';
--! EndIncluded operations/tag_chunk.sql
--! Included operations/set_status_chunk.sql
create or replace function bulkhead_private.set_status_chunk(operation bulkhead.bulk_operations, case_ids bigint[])
returns bulkhead_private.chunk_result
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_status text := operation.parameters ->> 'set_status';
  v_changed bigint;
begin
  -- locked by a statement of its own: an edit that it waits for gives the row a new ctid, which only the next statement sees
  perform
  from bulkhead.test_cases c
  where c.suite_id = operation.suite_id and c.id = any (case_ids) and c.status <> v_status
  order by c.id
  for no key update;

  with held as materialized (
    select c.ctid, c.status, c.status_operation_id
    from bulkhead.test_cases c
    where c.suite_id = operation.suite_id and c.id = any (case_ids) and c.status <> v_status
  ),
  changed as (
    update bulkhead.test_cases c
    set status = v_status, status_operation_id = operation.id
    from held h
    where c.suite_id = operation.suite_id and c.ctid = h.ctid
    returning c.id, h.status, h.status_operation_id
  ),
  logged as (
    insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, status, status_operation_id, case_ids)
    select operation.suite_id, operation.id, operation.chunks + 1, 'status_set', c.status, c.status_operation_id,
      array_agg(c.id order by c.id)
    from changed c
    group by c.status, c.status_operation_id
  )
  select count(*) into v_changed from changed;
  return row(v_changed, 0, 0, null)::bulkhead_private.chunk_result;
end
$$;

comment on function bulkhead_private.set_status_chunk(bulkhead.bulk_operations, bigint[]) is 'One chunk of set_status.';
--! EndIncluded operations/set_status_chunk.sql
--! Included operations/delete_chunk.sql
create or replace function bulkhead_private.delete_chunk(operation bulkhead.bulk_operations, case_ids bigint[])
returns bulkhead_private.chunk_result
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_held bigint[];
begin
  -- held first: no link can be added to these cases between its logging and its deletion
  select array_agg(h.id order by h.id) into v_held
  from (
    select c.id
    from bulkhead.test_cases c
    where c.suite_id = operation.suite_id and c.id = any (case_ids)
    order by c.id
    for update
  ) as h;
  insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, group_key, link_operation_id, case_ids)
  select operation.suite_id, operation.id, operation.chunks + 1, 'link_removed', l.tag, l.group_key, l.operation_id,
    array_agg(l.case_id order by l.case_id)
  from bulkhead.test_case_tags l
  where l.suite_id = operation.suite_id and l.case_id = any (v_held)
  group by l.tag, l.group_key, l.operation_id;
  delete from bulkhead.test_cases c where c.suite_id = operation.suite_id and c.id = any (v_held);
  insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, case_ids)
  select operation.suite_id, operation.id, operation.chunks + 1, 'case_deleted', v_held
  where v_held is not null;
  return row(coalesce(cardinality(v_held), 0), 0, 0, null)::bulkhead_private.chunk_result;
end
$$;

comment on function bulkhead_private.delete_chunk(bulkhead.bulk_operations, bigint[]) is
  'One chunk of delete. The last version of each case goes to test_case_versions, by the trigger on test_cases.';
--! EndIncluded operations/delete_chunk.sql
--! Included operations/copy_chunk.sql
create or replace function bulkhead_private.copy_chunk(operation bulkhead.bulk_operations, case_ids bigint[])
returns bulkhead_private.chunk_result
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_into bigint := (operation.parameters ->> 'into_suite_id')::bigint;
  v_sources bigint[];
  v_copies bigint[];
  v_met bigint[];
begin
  perform bulkhead_private.open_suite(v_into);
  -- in the order of the keys, as an append inserts, so that neither can deadlock the other
  with numbered as materialized (
    select c.*, nextval('bulkhead.test_cases_id_seq') as copy_id
    from (
      select * from bulkhead.test_cases s where s.suite_id = operation.suite_id and s.id = any (case_ids) order by s.id
    ) as c
  ),
  copied as (
    insert into bulkhead.test_cases as c (
      suite_id, id, external_key, input, expected_output, metadata, status, status_operation_id, payload_hash
    )
    select v_into, n.copy_id, n.external_key, n.input, n.expected_output, n.metadata, n.status, operation.id, n.payload_hash
    from numbered n
    order by n.external_key
    on conflict (suite_id, external_key) do nothing
    returning c.id
  )
  select
    array_agg(n.id order by n.id) filter (where c.id is not null),
    array_agg(c.id order by n.id) filter (where c.id is not null),
    array_agg(n.id order by n.id) filter (where c.id is null)
  into v_sources, v_copies, v_met
  from numbered n
  left join copied c on c.id = n.copy_id;

  insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key, operation_id)
  select distinct on (pair.copy_id, t.name) v_into, pair.copy_id, t.name, t.group_key, operation.id
  from unnest(v_sources, v_copies) as pair (source_id, copy_id)
  cross join lateral (
    select k.tag from bulkhead.test_case_tags k where k.suite_id = operation.suite_id and k.case_id = pair.source_id offset 0
  ) as l
  join bulkhead.suite_tags asked on asked.suite_id = v_into and asked.name = l.tag
  join bulkhead.suite_tags t on t.suite_id = v_into and t.name = coalesce(asked.alias_of, asked.name)
  order by pair.copy_id, t.name
  on conflict do nothing; -- where two tags meet in one group of the other suite, the first one stays

  insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, case_ids, copied_ids)
  select operation.suite_id, operation.id, operation.chunks + 1, 'case_copied', v_sources, v_copies
  where v_sources is not null;
  perform bulkhead_private.log_outcome(
    operation, 'left_alone', 'TCKEY', 'the other suite has a case with this external key', v_met
  );
  return row(coalesce(cardinality(v_copies), 0), coalesce(cardinality(v_met), 0), 0, null)::bulkhead_private.chunk_result;
end
$$;

comment on function bulkhead_private.copy_chunk(bulkhead.bulk_operations, bigint[]) is
  'One chunk of copy: the cases with those of their tags that the other suite''s dictionary has. A taken external key: skipped.';
--! EndIncluded operations/copy_chunk.sql
--! Included operations/changes_of.sql
create or replace function bulkhead_private.changes_of(operation bulkhead.bulk_operations, change text, case_ids bigint[])
returns table (
  case_id bigint,
  tag text,
  group_key text,
  link_operation_id bigint,
  status text,
  status_operation_id bigint,
  copied_id bigint
)
language sql
stable
as $$
  select u.case_id, l.tag, l.group_key, l.link_operation_id, l.status, l.status_operation_id, u.copied_id
  from bulkhead_private.change_log l
  cross join unnest(l.case_ids, l.copied_ids) as u (case_id, copied_id)
  where l.suite_id = operation.suite_id
    and l.operation_id = operation.undoes_operation_id
    and l.change = changes_of.change
    and l.first_case_id <= changes_of.case_ids[cardinality(changes_of.case_ids)]
    and l.last_case_id >= changes_of.case_ids[1]
    and u.case_id between changes_of.case_ids[1] and changes_of.case_ids[cardinality(changes_of.case_ids)]
$$;

comment on function bulkhead_private.changes_of(bulkhead.bulk_operations, text, bigint[]) is
  'What the operation that this undo reverses did to the cases of a chunk, row by row.';
--! EndIncluded operations/changes_of.sql
--! Included operations/undo_added_links.sql
create or replace function bulkhead_private.undo_added_links(operation bulkhead.bulk_operations, case_ids bigint[])
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_left bigint[];
begin
  -- a link is still the operation's own when it carries what the operation wrote
  with added as materialized (
    select * from bulkhead_private.changes_of(operation, 'link_added', case_ids)
  ),
  held as materialized (
    select a.case_id, a.tag, l.ctid
    from (select * from added order by case_id, tag) as a
    cross join lateral (
      select k.ctid
      from bulkhead.test_case_tags k
      where k.suite_id = operation.suite_id and k.case_id = a.case_id and k.tag = a.tag
        and k.operation_id is not distinct from a.link_operation_id
      offset 0
      for update
    ) as l
  ),
  removed as (
    delete from bulkhead.test_case_tags l
    where l.suite_id = operation.suite_id and l.ctid = any (array(select h.ctid from held h))
    returning l.case_id, l.tag, l.group_key, l.operation_id
  ),
  logged as (
    insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, group_key, link_operation_id, case_ids)
    select operation.suite_id, operation.id, operation.chunks + 1, 'link_removed', r.tag, r.group_key, r.operation_id,
      array_agg(r.case_id order by r.case_id)
    from removed r
    group by r.tag, r.group_key, r.operation_id
  ),
  left_alone as (
    insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, code, message, case_ids)
    select operation.suite_id, operation.id, operation.chunks + 1, 'left_alone', a.tag, 'TCCHG',
      'the tag was taken off, or put on again, since', array_agg(a.case_id order by a.case_id)
    from added a
    where not exists (select from held h where h.case_id = a.case_id and h.tag = a.tag)
    group by a.tag
    returning change_log.case_ids
  )
  select array_agg(distinct id) into v_left from left_alone l, unnest(l.case_ids) as u (id);
  return coalesce(v_left, '{}');
end
$$;

comment on function bulkhead_private.undo_added_links(bulkhead.bulk_operations, bigint[]) is
  'Takes off the links that the operation put on and nobody has touched since; returns the cases where that was not so.';
--! EndIncluded operations/undo_added_links.sql
--! Included operations/undo_removed_links.sql
create or replace function bulkhead_private.undo_removed_links(operation bulkhead.bulk_operations, case_ids bigint[])
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_left bigint[];
  -- the tags that were renamed or merged since: their links come back under the name that they have now
  v_renamed text[] := array(
    select jsonb_array_elements_text(m.parameters -> 'remove')
    from bulkhead.bulk_operations m
    where m.suite_id = operation.suite_id and m.id > operation.undoes_operation_id and m.kind in ('rename_tag', 'merge_tags')
      and not exists (
        select from bulkhead.bulk_operations u
        where u.suite_id = m.suite_id and u.undoes_operation_id = m.id and u.state = 'succeeded'
      )
  );
begin
  with removed as materialized (
    select r.*, now.name as tag_now, now.group_key as group_now, (
      -- has another operation put this tag on or taken it off since, and was it not undone itself?
      select true
      from bulkhead_private.change_log l
      join bulkhead.bulk_operations o on o.suite_id = l.suite_id and o.id = l.operation_id and o.kind <> 'undo'
      where l.suite_id = operation.suite_id and l.operation_id > operation.undoes_operation_id
        and l.change in ('link_added', 'link_removed') and l.tag in (r.tag, now.name)
        and r.case_id between l.first_case_id and l.last_case_id and r.case_id = any (l.case_ids)
        and not exists (
          select from bulkhead.bulk_operations u
          where u.suite_id = o.suite_id and u.undoes_operation_id = o.id and u.state = 'succeeded'
        )
      limit 1
    ) as touched
    from bulkhead_private.changes_of(operation, 'link_removed', case_ids) r
    left join lateral (
      select n.name, n.group_key
      from bulkhead.suite_tags o
      join bulkhead.suite_tags n
        on n.suite_id = operation.suite_id
        and n.name = case when o.name = any (v_renamed) then coalesce(o.alias_of, o.name) else o.name end
      where o.suite_id = operation.suite_id and o.name = r.tag
      offset 0
    ) as now on true
  ),
  restored as (
    insert into bulkhead.test_case_tags as l (suite_id, case_id, tag, group_key, operation_id)
    select operation.suite_id, r.case_id, r.tag_now, r.group_now, r.link_operation_id
    from removed r
    where r.touched is null
      and r.group_now = r.group_key
      and exists (select from bulkhead.test_cases c where c.suite_id = operation.suite_id and c.id = r.case_id offset 0)
    order by r.case_id, r.tag_now
    on conflict do nothing
    returning l.case_id, l.tag, l.group_key, l.operation_id
  ),
  logged as (
    insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, group_key, link_operation_id, case_ids)
    select operation.suite_id, operation.id, operation.chunks + 1, 'link_added', r.tag, r.group_key, r.operation_id,
      array_agg(r.case_id order by r.case_id)
    from restored r
    group by r.tag, r.group_key, r.operation_id
  ),
  left_alone as (
    insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, tag, code, message, case_ids)
    select operation.suite_id, operation.id, operation.chunks + 1, 'left_alone', r.tag, 'TCCHG',
      'the tags of the case, or the dictionary, were changed since', array_agg(r.case_id order by r.case_id)
    from removed r
    where not exists (select from restored d where d.case_id = r.case_id and d.tag = r.tag_now)
    group by r.tag
    returning change_log.case_ids
  )
  select array_agg(distinct id) into v_left from left_alone l, unnest(l.case_ids) as u (id);
  return coalesce(v_left, '{}');
end
$$;

comment on function bulkhead_private.undo_removed_links(bulkhead.bulk_operations, bigint[]) is
  'Puts back the links that the operation took off, as they were, where nobody has changed them since and no other tag of the group '
  'has come; returns the cases where that was not so.';
--! EndIncluded operations/undo_removed_links.sql
--! Included operations/undo_statuses.sql
create or replace function bulkhead_private.undo_statuses(operation bulkhead.bulk_operations, case_ids bigint[])
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_left bigint[];
begin
  -- locked by a statement of its own: an edit that it waits for gives the row a new ctid, which only the next statement sees
  perform
  from bulkhead.test_cases c
  where c.suite_id = operation.suite_id and c.id = any (case_ids) and c.status_operation_id = operation.undoes_operation_id
  order by c.id
  for no key update;

  with changed as materialized (
    select * from bulkhead_private.changes_of(operation, 'status_set', case_ids)
  ),
  held as materialized (
    select s.case_id, c.ctid, c.status as status_now, c.status_operation_id as operation_now, s.status, s.status_operation_id
    from changed s
    cross join lateral (
      select k.ctid, k.status, k.status_operation_id
      from bulkhead.test_cases k
      where k.suite_id = operation.suite_id and k.id = s.case_id and k.status_operation_id = operation.undoes_operation_id
      offset 0
    ) as c
  ),
  restored as (
    update bulkhead.test_cases c
    set status = h.status, status_operation_id = h.status_operation_id
    from held h
    where c.suite_id = operation.suite_id and c.ctid = h.ctid
    returning c.id, h.status_now, h.operation_now
  ),
  logged as (
    insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, status, status_operation_id, case_ids)
    select operation.suite_id, operation.id, operation.chunks + 1, 'status_set', r.status_now, r.operation_now,
      array_agg(r.id order by r.id)
    from restored r
    group by r.status_now, r.operation_now
  )
  select array_agg(s.case_id order by s.case_id) into v_left
  from changed s
  where s.case_id <> all (array(select h.case_id from held h));
  perform bulkhead_private.log_outcome(operation, 'left_alone', 'TCCHG', 'the status was set again, or the case deleted, since', v_left);
  return coalesce(v_left, '{}');
end
$$;

comment on function bulkhead_private.undo_statuses(bulkhead.bulk_operations, bigint[]) is
  'Gives the cases the status back that they had, where the operation''s is still the last; returns the cases where it is not.';
--! EndIncluded operations/undo_statuses.sql
--! Included operations/undo_deletions.sql
create or replace function bulkhead_private.undo_deletions(operation bulkhead.bulk_operations, case_ids bigint[])
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_restored bigint[];
  v_left bigint[];
begin
  with deleted as materialized (
    select v.*
    from bulkhead_private.changes_of(operation, 'case_deleted', case_ids) d
    join lateral (
      select * from bulkhead.test_case_versions e
      where e.suite_id = operation.suite_id and e.case_id = d.case_id
      order by e.version desc
      limit 1
    ) as v on true
  ),
  restored as (
    insert into bulkhead.test_cases as c (
      suite_id, id, external_key, input, expected_output, metadata, status, version, status_operation_id, payload_hash,
      created_at, updated_at
    )
    select
      d.suite_id, d.case_id, d.external_key, d.input, d.expected_output, d.metadata, d.status, d.version,
      d.status_operation_id, d.payload_hash, d.created_at, d.updated_at
    from deleted d
    order by d.external_key
    on conflict do nothing
    returning c.id, c.version
  ),
  current_again as (
    delete from bulkhead.test_case_versions v
    using restored r
    where v.suite_id = operation.suite_id and v.case_id = r.id and v.version = r.version
  )
  select array_agg(r.id order by r.id) into v_restored from restored r;

  insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, case_ids)
  select operation.suite_id, operation.id, operation.chunks + 1, 'case_restored', v_restored
  where v_restored is not null;
  v_left := array(
    select d.case_id
    from bulkhead_private.changes_of(operation, 'case_deleted', case_ids) d
    where d.case_id <> all (coalesce(v_restored, '{}'))
    order by d.case_id
  );
  perform bulkhead_private.log_outcome(operation, 'left_alone', 'TCCHG', 'its external key belongs to another case by now', v_left);
  return v_left;
end
$$;

comment on function bulkhead_private.undo_deletions(bulkhead.bulk_operations, bigint[]) is
  'Brings deleted cases back with their ids and versions; returns those whose external key was taken since.';
--! EndIncluded operations/undo_deletions.sql
--! Included operations/undo_copies.sql
create or replace function bulkhead_private.undo_copies(operation bulkhead.bulk_operations, case_ids bigint[])
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_into bigint := (operation.parameters ->> 'into_suite_id')::bigint;
  v_held bigint[];
  v_left bigint[];
begin
  -- a copy is untouched while it has its first version, its status and only the links that came with it
  select array_agg(h.id order by h.id) into v_held
  from (
    select c.id
    from bulkhead.test_cases c
    where c.suite_id = v_into
      and c.id = any (array(select p.copied_id from bulkhead_private.changes_of(operation, 'case_copied', case_ids) p))
      and c.version = 1 and c.status_operation_id = operation.undoes_operation_id
      and not exists (
        select from bulkhead.test_case_tags l
        where l.suite_id = v_into and l.case_id = c.id and l.operation_id is distinct from operation.undoes_operation_id
        offset 0
      )
    order by c.id
    for update
  ) as h;
  delete from bulkhead.test_cases c where c.suite_id = v_into and c.id = any (v_held);

  insert into bulkhead_private.change_log (suite_id, operation_id, chunk, change, case_ids, copied_ids)
  select operation.suite_id, operation.id, operation.chunks + 1, 'copy_deleted',
    array_agg(p.case_id order by p.case_id), array_agg(p.copied_id order by p.case_id)
  from bulkhead_private.changes_of(operation, 'case_copied', case_ids) p
  where p.copied_id = any (v_held)
  having count(*) > 0;
  v_left := array(
    select p.case_id
    from bulkhead_private.changes_of(operation, 'case_copied', case_ids) p
    where p.copied_id <> all (coalesce(v_held, '{}'))
    order by p.case_id
  );
  perform bulkhead_private.log_outcome(operation, 'left_alone', 'TCCHG', 'the copy was changed or deleted since', v_left);
  return v_left;
end
$$;

comment on function bulkhead_private.undo_copies(bulkhead.bulk_operations, bigint[]) is
  'Deletes copies that nobody has touched since; returns the source cases of the others.';
--! EndIncluded operations/undo_copies.sql
--! Included operations/undo_chunk.sql
create or replace function bulkhead_private.undo_chunk(operation bulkhead.bulk_operations, case_ids bigint[])
returns bulkhead_private.chunk_result
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_left bigint[];
  v_skipped bigint;
begin
  perform bulkhead_private.hold_cases(operation, case_ids);
  -- cases come back before their links; a tag goes before the one that it replaced comes back
  v_left := bulkhead_private.undo_copies(operation, case_ids)
    || bulkhead_private.undo_deletions(operation, case_ids);
  v_left := v_left || bulkhead_private.undo_added_links(operation, case_ids);
  v_left := v_left || bulkhead_private.undo_removed_links(operation, case_ids);
  v_left := v_left || bulkhead_private.undo_statuses(operation, case_ids);
  select count(distinct id) into v_skipped from unnest(v_left) as u (id);
  return row(cardinality(case_ids) - v_skipped, v_skipped, 0, null)::bulkhead_private.chunk_result;
end
$$;

comment on function bulkhead_private.undo_chunk(bulkhead.bulk_operations, bigint[]) is
  'One chunk of undo. A case counts as skipped when anything of it was left alone because somebody has changed it since.';
--! EndIncluded operations/undo_chunk.sql
--! Included operations/record_progress.sql
create or replace function bulkhead_private.record_progress(
  operation bulkhead.bulk_operations,
  targets bulkhead_private.chunk_targets,
  result bulkhead_private.chunk_result,
  milliseconds double precision
)
returns bulkhead.bulk_operations
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_count bigint := cardinality(targets.case_ids);
  v_operation bulkhead.bulk_operations;
begin
  update bulkhead.bulk_operations o
  set
    state = 'running',
    started_at = coalesce(o.started_at, bulkhead_private.clock()),
    cursor_id = coalesce(targets.cursor_id, o.cursor_id),
    chunks = o.chunks + 1,
    chunk_size = bulkhead_private.next_chunk_size(o.chunk_size, milliseconds),
    processed = o.processed + v_count,
    changed = o.changed + result.changed,
    unchanged = o.unchanged + v_count - result.changed - result.skipped - result.failed,
    skipped = o.skipped + result.skipped,
    failed = o.failed + result.failed,
    first_errors = jsonb_path_query_array(o.first_errors || coalesce(result.errors, '[]'), '$[0 to 9]')
  where o.suite_id = operation.suite_id and o.id = operation.id
  returning * into v_operation;
  if targets.is_last then
    return bulkhead_private.finish_operation(
      v_operation, case when v_operation.failed > 0 then 'failed' else 'succeeded' end
    );
  end if;
  perform bulkhead_private.notify_operation(v_operation.suite_id, v_operation.id);
  return v_operation;
end
$$;

comment on function bulkhead_private.record_progress(
  bulkhead.bulk_operations, bulkhead_private.chunk_targets, bulkhead_private.chunk_result, double precision
) is 'Adds what a chunk did to the operation''s row, and ends the operation with its last chunk.';
--! EndIncluded operations/record_progress.sql
--! Included operations/run_chunk.sql
create or replace function bulkhead_private.run_chunk(suite_id bigint, operation_id bigint)
returns bulkhead.bulk_operations
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_began constant timestamptz := clock_timestamp();
  v_operation bulkhead.bulk_operations;
  v_targets bulkhead_private.chunk_targets;
  v_result bulkhead_private.chunk_result := row(0, 0, 0, null);
begin
  select o.* into strict v_operation
  from bulkhead.bulk_operations o
  where o.suite_id = run_chunk.suite_id and o.id = operation_id
  for no key update;
  if v_operation.finished_at is not null then
    return v_operation;
  end if;
  if exists (
    select from bulkhead_private.operation_cancellations c
    where c.suite_id = v_operation.suite_id and c.operation_id = v_operation.id
  ) then
    return bulkhead_private.finish_operation(v_operation, 'cancelled');
  end if;

  v_targets := case
    when v_operation.kind = 'undo' then bulkhead_private.undo_targets(v_operation)
    else bulkhead_private.selected_targets(v_operation)
  end;
  if cardinality(v_targets.case_ids) > 0 then
    v_result := case v_operation.kind
      when 'set_status' then bulkhead_private.set_status_chunk(v_operation, v_targets.case_ids)
      when 'delete' then bulkhead_private.delete_chunk(v_operation, v_targets.case_ids)
      when 'copy' then bulkhead_private.copy_chunk(v_operation, v_targets.case_ids)
      when 'undo' then bulkhead_private.undo_chunk(v_operation, v_targets.case_ids)
      else bulkhead_private.tag_chunk(v_operation, v_targets.case_ids)
    end;
  end if;

  return bulkhead_private.record_progress(
    v_operation, v_targets, v_result, extract(epoch from clock_timestamp() - v_began) * 1000
  );
end
$$;

comment on function bulkhead_private.run_chunk(bigint, bigint) is
  'Does the next chunk of an operation, with its change log and the new cursor, in the caller''s transaction, and returns the operation. '
  'The caller holds the suite''s lock (suite_lock_key).';
--! EndIncluded operations/run_chunk.sql
--! Included operations/fail_operation.sql
create or replace function bulkhead_private.fail_operation(suite_id bigint, operation_id bigint, code text, message text)
returns bulkhead.bulk_operations
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_operation bulkhead.bulk_operations;
begin
  update bulkhead.bulk_operations o
  set first_errors = o.first_errors || jsonb_build_object('code', code, 'message', message)
  where o.suite_id = fail_operation.suite_id and o.id = operation_id and o.finished_at is null
  returning * into v_operation;
  return bulkhead_private.finish_operation(v_operation, 'failed');
end
$$;

comment on function bulkhead_private.fail_operation(bigint, bigint, text, text) is
  'Ends an operation that no chunk of any size can carry on. What was done stays, is counted and can be undone.';
--! EndIncluded operations/fail_operation.sql
--! Included operations/is_of_the_cases.sql
create or replace function bulkhead_private.is_of_the_cases(code text)
returns boolean
language sql
immutable
strict
parallel safe
-- bad data, broken constraints, conflicts with other transactions, locks and time-outs, our own errors; but without its suite or
-- its tag an operation has nothing to do
return (code ~ '^(22|23|40|55|TC)' or code = '57014') and code not in ('TCNSU', 'TCARC', 'TCNTG');

comment on function bulkhead_private.is_of_the_cases(text) is
  'Whether an error comes of the cases of a chunk, so that fewer of them may succeed; otherwise it would meet any chunk.';
--! EndIncluded operations/is_of_the_cases.sql
--! Included operations/fail_chunk.sql
create or replace function bulkhead_private.fail_chunk(suite_id bigint, operation_id bigint, code text, message text)
returns bulkhead.bulk_operations
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_operation bulkhead.bulk_operations;
  v_targets bulkhead_private.chunk_targets;
  v_result bulkhead_private.chunk_result;
begin
  select o.* into strict v_operation
  from bulkhead.bulk_operations o
  where o.suite_id = fail_chunk.suite_id and o.id = operation_id and o.finished_at is null
  for no key update;
  if not bulkhead_private.is_of_the_cases(code) then
    return bulkhead_private.fail_operation(v_operation.suite_id, v_operation.id, code, message);
  elsif v_operation.chunk_size > 1 then
    update bulkhead.bulk_operations o
    set chunk_size = greatest(1, o.chunk_size / 4)
    where o.suite_id = v_operation.suite_id and o.id = v_operation.id
    returning * into v_operation;
    return v_operation;
  end if;
  v_targets := case
    when v_operation.kind = 'undo' then bulkhead_private.undo_targets(v_operation)
    else bulkhead_private.selected_targets(v_operation)
  end;
  v_result := row(
    0, 0, cardinality(v_targets.case_ids),
    bulkhead_private.log_outcome(v_operation, 'failed', code, message, v_targets.case_ids)
  );
  return bulkhead_private.record_progress(v_operation, v_targets, v_result, 35);
end
$$;

comment on function bulkhead_private.fail_chunk(bigint, bigint, text, text) is
  'What follows a chunk that could not be done: the next one takes a quarter of the cases, a single case counts as failed, '
  'and an error that would meet any chunk (is_of_the_cases) ends the operation.';
--! EndIncluded operations/fail_chunk.sql
--! Included operations/run_in_call.sql
create or replace function bulkhead_private.run_in_call(operation bulkhead.bulk_operations)
returns bulkhead.bulk_operations
language plpgsql
volatile
security invoker
set search_path = ''
set lock_timeout = '250ms'
as $$
declare
  v_operation bulkhead.bulk_operations := operation;
begin
  if (bulkhead_private.unfinished_operation(operation.suite_id)).id <> operation.id
    or not pg_try_advisory_xact_lock(bulkhead_private.suite_lock_key(operation.suite_id))
  then
    return v_operation;
  end if;
  while v_operation.finished_at is null loop
    begin
      v_operation := bulkhead_private.run_chunk(operation.suite_id, operation.id);
    exception
      when others then
        if not bulkhead_private.is_of_the_cases(sqlstate) then
          raise;
        end if;
        v_operation := bulkhead_private.fail_chunk(operation.suite_id, operation.id, sqlstate, sqlerrm);
    end;
  end loop;
  return v_operation;
end
$$;

comment on function bulkhead_private.run_in_call(bulkhead.bulk_operations) is
  'Runs a small operation within the call that submits it, unless the suite has another one to run first.';
--! EndIncluded operations/run_in_call.sql
--! Included operations/check_on_exclusive.sql
create or replace function bulkhead_private.check_on_exclusive(on_exclusive text)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if on_exclusive is null or on_exclusive not in ('replace', 'skip', 'fail') then
    raise exception using
      errcode = 'TCARG',
      message = format('on_exclusive cannot be %s', coalesce(to_jsonb(left(on_exclusive, 100))::text, 'null')),
      detail = 'It says what happens to a case that has another tag of the exclusive group.',
      hint = 'Say ''replace'', ''skip'' or ''fail''.';
  end if;
end
$$;

comment on function bulkhead_private.check_on_exclusive(text) is 'Raises TCARG unless it is replace, skip or fail.';
--! EndIncluded operations/check_on_exclusive.sql
--! Included operations/known_tags.sql
create or replace function bulkhead_private.known_tags(suite_id bigint, names text[])
returns text[]
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_name text;
  v_known text[] := '{}';
begin
  foreach v_name in array coalesce(names, '{}') loop
    if bulkhead_private.tag_family(suite_id, v_name) is null then
      perform bulkhead_private.raise_unknown_tag(suite_id, v_name);
    end if;
    v_known := v_known || bulkhead_private.tag_family(suite_id, v_name);
  end loop;
  return v_known;
end
$$;

comment on function bulkhead_private.known_tags(bigint, text[]) is
  'The names with their aliases, as the suite''s links may carry them. A name that the dictionary lacks: TCNTG.';
--! EndIncluded operations/known_tags.sql
--! Included operations/choose_cases.sql
create or replace function bulkhead_private.choose_cases(selection jsonb, all_cases boolean)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if selection = '{}' and all_cases is not true then
    raise exception using
      errcode = 'TCSEL',
      message = 'no cases were selected',
      detail = 'An operation without a selection would change every case of the suite.',
      hint = 'Select cases by where_tags, status, case_ids, external_keys, created_after, created_before, metadata or search; or say all_cases => true.';
  elsif selection <> '{}' and all_cases then
    raise exception using
      errcode = 'TCSEL',
      message = 'all_cases was said together with a selection',
      detail = format('The selection is %s.', selection - 'tags'),
      hint = 'Leave out either of them.';
  end if;
  return selection;
end
$$;

comment on function bulkhead_private.choose_cases(jsonb, boolean) is
  'The selection of an operation: it says which cases, or all of them in so many words. Otherwise: TCSEL.';
--! EndIncluded operations/choose_cases.sql
--! Included operations/plan_tag.sql
create or replace function bulkhead_private.plan_tag(
  suite bulkhead.test_suites,
  selection jsonb,
  add text[],
  remove text[],
  on_exclusive text
)
returns bulkhead_private.operation_plan
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_add text[];
  v_new text[];
  v_clash record;
begin
  perform bulkhead_private.check_on_exclusive(on_exclusive);
  if coalesce(cardinality(add), 0) + coalesce(cardinality(remove), 0) = 0 then
    raise exception using
      errcode = 'TCARG',
      message = 'there is no tag to add or to remove',
      detail = 'Both add and remove are empty.',
      hint = 'For example: add => ''{tier_b_gold}'', remove => ''{needs_review}''.';
  end if;
  select array_agg(distinct coalesce(t.alias_of, n)), array_agg(distinct n) filter (where t.name is null)
  into v_add, v_new
  from unnest(add) as u (n)
  left join bulkhead.suite_tags t on t.suite_id = suite.id and t.name = n collate "C";

  perform bulkhead_private.check_new_tags(suite, v_new);

  select t.group_key, array_agg(t.name order by t.name) as tags into v_clash
  from bulkhead.suite_tags t
  where t.suite_id = suite.id and t.name = any (v_add) and t.group_key <> ''
  group by t.group_key
  having count(*) > 1
  limit 1;
  if v_clash is not null then
    raise exception using
      errcode = 'TCGRP',
      message = format('two of the tags to add are of the exclusive group "%s"', v_clash.group_key),
      detail = format('They are %s.', array_to_string(v_clash.tags, ', ')),
      hint = 'A case carries at most one tag of a group: add only one of them.';
  end if;
  return row(
    suite.id, 'tag', selection,
    jsonb_build_object(
      'add', to_jsonb(coalesce(v_add, '{}')),
      'remove', to_jsonb(bulkhead_private.known_tags(suite.id, remove)),
      'on_exclusive', on_exclusive
    ),
    coalesce(v_new, '{}'), 1, null, null
  )::bulkhead_private.operation_plan;
end
$$;

comment on function bulkhead_private.plan_tag(bulkhead.test_suites, jsonb, text[], text[], text) is
  'The plan of bulk_tag. Two tags of a group: TCGRP; a new tag that cannot be: TCTAG, TCCLO; '
  'a tag to remove that the dictionary lacks: TCNTG; nothing to do: TCARG.';
--! EndIncluded operations/plan_tag.sql
--! Included operations/plan_set_status.sql
create or replace function bulkhead_private.plan_set_status(suite bulkhead.test_suites, selection jsonb, set_status text)
returns bulkhead_private.operation_plan
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if set_status is null or set_status not in ('active', 'archived') then
    raise exception using
      errcode = 'TCARG',
      message = format('set_status cannot be %s', coalesce(to_jsonb(left(set_status, 100))::text, 'null')),
      detail = 'It is the status that the cases shall have.',
      hint = 'Say ''archived'' to archive cases, ''active'' to restore them.';
  end if;
  return row(
    suite.id, 'set_status', selection, jsonb_build_object('set_status', set_status), '{}', 1, null, null
  )::bulkhead_private.operation_plan;
end
$$;

comment on function bulkhead_private.plan_set_status(bulkhead.test_suites, jsonb, text) is 'The plan of bulk_set_status.';
--! EndIncluded operations/plan_set_status.sql
--! Included operations/plan_merge.sql
create or replace function bulkhead_private.plan_merge(
  suite bulkhead.test_suites,
  tags text[],
  into_tag text,
  on_exclusive text,
  is_rename boolean
)
returns bulkhead_private.operation_plan
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_sources text[] := bulkhead_private.known_tags(suite.id, tags);
  v_is_new boolean := not exists (select from bulkhead.suite_tags t where t.suite_id = suite.id and t.name = into_tag);
  v_into text := into_tag;
  v_aliases jsonb;
begin
  perform bulkhead_private.check_on_exclusive(on_exclusive);
  perform bulkhead_private.check_tag_names(array[into_tag]);
  if cardinality(v_sources) = 0 then
    raise exception using
      errcode = 'TCARG',
      message = 'there is no tag to merge',
      detail = 'tags is empty.',
      hint = 'For example: tags => ''{rag_support,support_rag}'', into_tag => ''rag''.';
  elsif into_tag = any (tags) then
    raise exception using
      errcode = 'TCARG',
      message = format('the tag "%s" cannot become itself', into_tag),
      detail = 'The old and the new name are the same.',
      hint = 'Take it out of the tags, or choose another name.';
  elsif is_rename and not v_is_new and not into_tag = any (v_sources) then
    raise exception using
      errcode = 'TCHAS',
      message = format('the suite has a tag "%s" already', into_tag),
      detail = 'A rename needs a name that is free.',
      hint = format(
        'If both mean the same, merge them: select * from bulkhead.bulk_merge_tags(suite_id => %s, tags => array[%L], into_tag => %L).',
        suite.id, tags[1], into_tag
      );
  elsif is_rename and not v_is_new and exists (
    select from bulkhead.test_case_tags l
    join bulkhead.suite_tags s on s.suite_id = suite.id and s.name = v_sources[1] and s.group_key <> l.group_key
    where l.suite_id = suite.id and l.tag = into_tag
  ) then
    raise exception using
      errcode = 'TCUSE',
      message = format('the old name "%s" is still on cases, in another group than "%s"', into_tag, v_sources[1]),
      detail = 'An operation that is to take it off has not finished, or has left it there.',
      hint = format('Wait for the operation, or take it off: bulkhead.bulk_tag(%s, %L, remove => array[%L]).', suite.id, into_tag, into_tag);
  elsif not is_rename and v_is_new then
    perform bulkhead_private.raise_unknown_tag(suite.id, into_tag);
  end if;
  if not is_rename then
    -- an old name stands for the tag that it became, unless that very tag is to go back to it
    select coalesce(max(t.alias_of), into_tag) into v_into
    from bulkhead.suite_tags t
    where t.suite_id = suite.id and t.name = into_tag and t.alias_of <> all (v_sources);
  end if;
  v_sources := array_remove(v_sources, v_into);
  select jsonb_object_agg(t.name, t.alias_of) into v_aliases
  from bulkhead.suite_tags t
  where t.suite_id = suite.id and t.name = any (v_sources || v_into) and t.alias_of is not null;
  return row(
    suite.id, case when is_rename then 'rename_tag' else 'merge_tags' end,
    jsonb_build_object('tags', jsonb_build_object('any', to_jsonb(v_sources))),
    jsonb_build_object(
      'add', jsonb_build_array(v_into), 'remove', to_jsonb(v_sources), 'on_exclusive', on_exclusive,
      'aliases', coalesce(v_aliases, '{}') -- what stood for what before, for an undo
    ),
    case when v_is_new then array[into_tag] else '{}' end, 1, null, null
  )::bulkhead_private.operation_plan;
end
$$;

comment on function bulkhead_private.plan_merge(bulkhead.test_suites, text[], text, text, boolean) is
  'The plan of bulk_merge_tags and bulk_rename_tag. Unknown tag: TCNTG; new name taken: TCHAS.';
--! EndIncluded operations/plan_merge.sql
--! Included operations/plan_copy.sql
create or replace function bulkhead_private.plan_copy(
  suite bulkhead.test_suites,
  selection jsonb,
  into_suite_id bigint
)
returns bulkhead_private.operation_plan
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_into bulkhead.test_suites := bulkhead_private.open_suite(into_suite_id);
  v_missing text[];
begin
  if v_into.id = suite.id then
    raise exception using
      errcode = 'TCARG',
      message = format('the suite "%s" cannot be copied into itself', suite.slug),
      detail = 'suite_id and into_suite_id are the same.',
      hint = 'Name another suite; bulkhead.create_suite makes one.';
  end if;
  -- which tags the copies will need: those of the selected cases, canonical names only
  execute
    'select array_agg(distinct coalesce(t.alias_of, t.name)) from bulkhead.test_cases c '
    'join bulkhead.test_case_tags k on k.suite_id = $1 and k.case_id = c.id '
    'join bulkhead.suite_tags t on t.suite_id = $1 and t.name = k.tag '
    'where c.suite_id = $1 and not exists ('
    'select from bulkhead.suite_tags known where known.suite_id = $2 and known.name = coalesce(t.alias_of, t.name)) and '
    || bulkhead_private.selection_sql(selection)
  into v_missing
  using suite.id, v_into.id;
  perform bulkhead_private.check_new_tags(v_into, v_missing);
  return row(
    suite.id, 'copy', selection, jsonb_build_object('into_suite_id', v_into.id), coalesce(v_missing, '{}'), 1, null, null
  )::bulkhead_private.operation_plan;
end
$$;

comment on function bulkhead_private.plan_copy(bulkhead.test_suites, jsonb, bigint) is
  'The plan of bulk_copy: new_tags are those that the other suite''s dictionary lacks.';
--! EndIncluded operations/plan_copy.sql
--! Included operations/plan_undo.sql
create or replace function bulkhead_private.plan_undo(operation bulkhead.bulk_operations)
returns bulkhead_private.operation_plan
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if operation.kind = 'undo' then
    raise exception using
      errcode = 'TCUND',
      message = format('the operation %s is an undo, which cannot be undone', operation.id),
      detail = format('It reversed the operation %s.', operation.undoes_operation_id),
      hint = 'Submit the original operation again.';
  elsif operation.finished_at is null then
    raise exception using
      errcode = 'TCRUN',
      message = format('the operation %s is not finished', operation.id),
      detail = format('It is %s.', operation.state),
      hint = 'Wait for it, or stop it with bulkhead.cancel_operation, and undo it then.';
  elsif exists (
    select from bulkhead.bulk_operations u
    where u.suite_id = operation.suite_id and u.undoes_operation_id = operation.id
      and u.state in ('queued', 'running', 'succeeded')
  ) then
    raise exception using
      errcode = 'TCUND',
      message = format('the operation %s has been undone already', operation.id),
      detail = 'An operation is undone once.',
      hint = format(
        'select * from bulkhead.bulk_operations where suite_id = %s and undoes_operation_id = %s shows by what.',
        operation.suite_id, operation.id
      );
  elsif operation.changed > (
    select count(distinct u.id)
    from bulkhead_private.change_log l
    cross join unnest(l.case_ids) as u (id)
    where l.suite_id = operation.suite_id and l.operation_id = operation.id and l.change not in ('left_alone', 'failed')
  ) then
    raise exception using
      errcode = 'TCOLD',
      message = format('the change log of the operation %s has been pruned', operation.id),
      detail = 'What an operation changed is kept for 30 days.',
      hint = 'Select the cases by hand and submit an operation that changes them back.';
  end if;
  return row(
    operation.suite_id, 'undo', '{}', operation.parameters || jsonb_build_object('undoes_kind', operation.kind), '{}', 1,
    operation.id, null
  )::bulkhead_private.operation_plan;
end
$$;

comment on function bulkhead_private.plan_undo(bulkhead.bulk_operations) is
  'The plan of undo_operation. Not finished: TCRUN; undone already, or an undo: TCUND; too old: TCOLD.';
--! EndIncluded operations/plan_undo.sql
--! Included operations/hold_dictionary.sql
create or replace function bulkhead_private.hold_dictionary(suite_id bigint)
returns void
language sql
volatile
strict
security invoker
set search_path = ''
begin atomic
  select pg_advisory_xact_lock(hashtextextended('bulkhead.dictionary_of_suite', suite_id));
end;

comment on function bulkhead_private.hold_dictionary(bigint) is
  'Until the end of the transaction nobody else submits an operation that gives names another meaning (rename, merge, undo): '
  'each is planned on what the one before has made of the dictionary. Appends and other operations do not ask for it.';
--! EndIncluded operations/hold_dictionary.sql
--! Included operations/prepare_dictionary.sql
create or replace function bulkhead_private.prepare_dictionary(plan bulkhead_private.operation_plan)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_into text := plan.parameters #>> '{add,0}';
  v_sources text[] := array(select jsonb_array_elements_text(plan.parameters -> 'remove'));
begin
  case plan.kind
    when 'tag' then
      perform bulkhead_private.define_missing_tags(bulkhead_private.open_suite(plan.suite_id), plan.new_tags);
    when 'copy' then
      perform bulkhead_private.define_missing_tags(
        bulkhead_private.open_suite((plan.parameters ->> 'into_suite_id')::bigint), plan.new_tags
      );
      update bulkhead.suite_tags t
      set meaning = s.meaning, colour = s.colour, exclusive_group = s.exclusive_group
      from bulkhead.suite_tags s
      where t.suite_id = (plan.parameters ->> 'into_suite_id')::bigint and t.name = any (plan.new_tags)
        and s.suite_id = plan.suite_id and s.name = t.name;
    when 'rename_tag', 'merge_tags' then
      insert into bulkhead.suite_tags (suite_id, name, meaning, colour, exclusive_group)
      select t.suite_id, v_into, t.meaning, t.colour, t.exclusive_group
      from bulkhead.suite_tags t
      where t.suite_id = plan.suite_id and t.name = v_sources[1] and plan.kind = 'rename_tag'
      on conflict do nothing;
      -- back to a name that it had before
      update bulkhead.suite_tags t
      set meaning = s.meaning, colour = s.colour, exclusive_group = s.exclusive_group
      from bulkhead.suite_tags s
      where t.suite_id = plan.suite_id and t.name = v_into and t.alias_of is not null
        and s.suite_id = plan.suite_id and s.name = v_sources[1] and plan.kind = 'rename_tag';
      -- from here on the old names stand for the new one: in appends, in expressions, in the cloud
      update bulkhead.suite_tags t set alias_of = null where t.suite_id = plan.suite_id and t.name = v_into and t.alias_of is not null;
      update bulkhead.suite_tags t
      set alias_of = v_into
      where t.suite_id = plan.suite_id and (t.name = any (v_sources) or t.alias_of = any (v_sources)) and t.name <> v_into;
    when 'undo' then
      if plan.parameters ->> 'undoes_kind' in ('rename_tag', 'merge_tags') then
        -- an old name that was dropped since has to be there again, or its links could not come back
        insert into bulkhead.suite_tags (suite_id, name, meaning, colour, exclusive_group)
        select distinct on (l.tag) plan.suite_id, l.tag, coalesce(t.meaning, ''), t.colour, nullif(l.group_key, '')
        from bulkhead_private.change_log l
        left join bulkhead.suite_tags t
          on t.suite_id = plan.suite_id and t.name = v_into and plan.parameters ->> 'undoes_kind' = 'rename_tag'
        where l.suite_id = plan.suite_id and l.operation_id = plan.undoes_operation_id
          and l.change = 'link_removed' and l.tag = any (v_sources)
        order by l.tag
        on conflict do nothing;
        update bulkhead.suite_tags t
        set alias_of = (
          select k.name
          from bulkhead.suite_tags k
          where k.suite_id = plan.suite_id and k.name = plan.parameters #>> array['aliases', t.name]
            and (k.alias_of is null or k.alias_of = v_into)
        )
        where t.suite_id = plan.suite_id
          and (
            t.name = any (v_sources) and t.alias_of = v_into
            or t.name = v_into and t.alias_of is null and not exists (
              select from bulkhead.suite_tags o
              where o.suite_id = plan.suite_id and o.alias_of = v_into and o.name <> all (v_sources)
            )
          );
      end if;
    else
      null;
  end case;
end
$$;

comment on function bulkhead_private.prepare_dictionary(bulkhead_private.operation_plan) is
  'Dictionary first: what an operation needs in the dictionary is written when it is submitted, and so is committed before its first link.';
--! EndIncluded operations/prepare_dictionary.sql
--! Included operations/submit.sql
create or replace function bulkhead_private.submit(plan bulkhead_private.operation_plan, pace real default 1)
returns bulkhead.bulk_operations
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_small constant bigint := 500;
  v_operation bulkhead.bulk_operations;
  v_high_water_id bigint;
  v_total bigint;
begin
  if pace is null or pace not between 0.001::real and 1 then
    raise exception using
      errcode = 'TCARG',
      message = format('pace cannot be %s', coalesce(pace::text, 'null')),
      detail = 'It is the share of the time that the operation may use.',
      hint = 'Say a number from 0.001 to 1; 0.5 rests as long as it works.';
  end if;
  if plan.kind = 'undo' then
    select coalesce(max(l.last_case_id), 0) into v_high_water_id
    from bulkhead_private.change_log l
    where l.suite_id = plan.suite_id and l.operation_id = plan.undoes_operation_id;
    select count(distinct u.id) into v_total
    from bulkhead_private.change_log l cross join unnest(l.case_ids) as u (id)
    where l.suite_id = plan.suite_id and l.operation_id = plan.undoes_operation_id and l.change not in ('left_alone', 'failed');
  else
    select coalesce(max(c.id), 0) into v_high_water_id from bulkhead.test_cases c where c.suite_id = plan.suite_id;
    v_total := bulkhead_private.count_selected(plan.suite_id, plan.selection);
  end if;
  perform bulkhead_private.prepare_dictionary(plan);
  insert into bulkhead.bulk_operations (
    suite_id, kind, selection, parameters, total, high_water_id, pace, undoes_operation_id, retries_operation_id, submitted_at
  )
  values (
    plan.suite_id, plan.kind, plan.selection, plan.parameters, v_total, v_high_water_id, submit.pace,
    plan.undoes_operation_id, plan.retries_operation_id, bulkhead_private.clock()
  )
  returning * into v_operation;
  -- with a new tag it waits for the commit of the dictionary row, so that no append with that tag waits for its links
  if v_total <= v_small and cardinality(plan.new_tags) = 0 then
    v_operation := bulkhead_private.run_in_call(v_operation);
  end if;
  if v_operation.finished_at is null then
    perform bulkhead_private.queue_operations(v_operation.suite_id);
    perform bulkhead_private.notify_operation(v_operation.suite_id, v_operation.id);
  end if;
  return v_operation;
end
$$;

comment on function bulkhead_private.submit(bulkhead_private.operation_plan, real) is
  'Writes an operation, fixes which cases it covers, and runs it in the call when it is small (up to 500 cases, no new tag); otherwise a worker runs it.';
--! EndIncluded operations/submit.sql
--! Included operations/preview.sql
create or replace function bulkhead_private.preview(plan bulkhead_private.operation_plan)
returns bulkhead.operation_preview
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_condition text := bulkhead_private.selection_sql(plan.selection);
  v_add text[] := array(select jsonb_array_elements_text(plan.parameters -> 'add'));
  v_remove text[] := array(
    select n from jsonb_array_elements_text(plan.parameters -> 'remove') as u (n) where n <> all (v_add)
  );
  v_on_exclusive text := plan.parameters ->> 'on_exclusive';
  v_groups text[];
  v_preview bulkhead.operation_preview;
begin
  if plan.kind in ('tag', 'rename_tag', 'merge_tags') then
    -- the new name of a renamed tag will have the group of the old one
    v_groups := array(
      select t.group_key
      from bulkhead.suite_tags t
      where t.suite_id = plan.suite_id and t.group_key <> ''
        and (t.name = any (v_add) or plan.kind = 'rename_tag' and t.name = v_remove[1])
    );
    execute
      'select count(*), count(*) filter (where not is_met and (has < $4 or loses > 0)), null, count(*) filter (where is_met) '
      'from (select c.id, count(k.tag) filter (where k.tag = any ($2)) as has, '
      'count(k.tag) filter (where k.tag = any ($3) or k.group_key = any ($5) and k.tag <> all ($2)) as loses, '
      'count(k.tag) filter (where k.group_key = any ($5) and k.tag <> all ($2 || $3)) > 0 and $6 <> ''replace'' as is_met '
      'from bulkhead.test_cases c left join bulkhead.test_case_tags k on k.suite_id = $1 and k.case_id = c.id '
      'where c.suite_id = $1 and ' || v_condition || ' group by c.id) as touched'
    into v_preview.total, v_preview.changed, v_preview.unchanged, v_preview.skipped
    using plan.suite_id, v_add, v_remove, cardinality(v_add), v_groups, v_on_exclusive;
  else
    execute
      'select count(*), count(*) filter (where case $2 '
      'when ''set_status'' then c.status <> $3 '
      'when ''copy'' then not exists (select from bulkhead.test_cases k where k.suite_id = $4 and k.external_key = c.external_key) '
      'else true end) from bulkhead.test_cases c where c.suite_id = $1 and ' || v_condition
    into v_preview.total, v_preview.changed
    using plan.suite_id, plan.kind, plan.parameters ->> 'set_status', (plan.parameters ->> 'into_suite_id')::bigint;
    v_preview.skipped := case when plan.kind = 'copy' then v_preview.total - v_preview.changed else 0 end;
  end if;
  v_preview.failed := 0;
  if v_on_exclusive = 'fail' then
    v_preview.failed := v_preview.skipped;
    v_preview.skipped := 0;
  end if;
  v_preview.unchanged := v_preview.total - v_preview.changed - v_preview.skipped - v_preview.failed;
  v_preview.new_tags := plan.new_tags;
  execute 'select array(select c.id from bulkhead.test_cases c where c.suite_id = $1 and ' || v_condition || ' order by c.id limit 10)'
  into v_preview.first_case_ids
  using plan.suite_id;
  return v_preview;
end
$$;

comment on function bulkhead_private.preview(bulkhead_private.operation_plan) is
  'What a plan would do to the cases as they are now. Reads only.';
--! EndIncluded operations/preview.sql
--! Included operations/bulk_tag.sql
create or replace function bulkhead.bulk_tag(
  suite_id bigint,
  where_tags text default null,
  add text[] default '{}',
  remove text[] default '{}',
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  all_cases boolean default false,
  on_exclusive text default 'replace',
  pace real default 1
)
returns bulkhead.bulk_operations
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_selection jsonb := bulkhead_private.choose_cases(
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    ),
    all_cases
  );
begin
  return bulkhead_private.submit(
    bulkhead_private.plan_tag(v_suite, v_selection, add, remove, on_exclusive),
    pace
  );
end
$$;

comment on function bulkhead.bulk_tag(
  bigint, text, text[], text[], text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, text, real
) is
  'Puts tags on the selected cases of a suite and takes others off, in chunks that never hold up an append. '
  'A new tag is added to an open dictionary first. A case that has another tag of an exclusive group: on_exclusive replace, skip or fail. '
  'Up to 500 cases are done when the call returns; more are queued, and the row returned tells the state.';
grant execute on function bulkhead.bulk_tag(
  bigint, text, text[], text[], text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, text, real
) to bulkhead_user;
--! EndIncluded operations/bulk_tag.sql
--! Included operations/preview_bulk_tag.sql
create or replace function bulkhead.preview_bulk_tag(
  suite_id bigint,
  where_tags text default null,
  add text[] default '{}',
  remove text[] default '{}',
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  all_cases boolean default false,
  on_exclusive text default 'replace'
)
returns bulkhead.operation_preview
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_selection jsonb := bulkhead_private.choose_cases(
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    ),
    all_cases
  );
begin
  return bulkhead_private.preview(
    bulkhead_private.plan_tag(v_suite, v_selection, add, remove, on_exclusive)
  );
end
$$;

comment on function bulkhead.preview_bulk_tag(
  bigint, text, text[], text[], text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, text
) is
  'What bulk_tag would do with these arguments: cases in all, changed, unchanged, skipped, failed, and new tags. Changes nothing.';
grant execute on function bulkhead.preview_bulk_tag(
  bigint, text, text[], text[], text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, text
) to bulkhead_user;
--! EndIncluded operations/preview_bulk_tag.sql
--! Included operations/bulk_set_status.sql
create or replace function bulkhead.bulk_set_status(
  suite_id bigint,
  set_status text,
  where_tags text default null,
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  all_cases boolean default false,
  pace real default 1
)
returns bulkhead.bulk_operations
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_selection jsonb := bulkhead_private.choose_cases(
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    ),
    all_cases
  );
begin
  return bulkhead_private.submit(
    bulkhead_private.plan_set_status(v_suite, v_selection, set_status),
    pace
  );
end
$$;

comment on function bulkhead.bulk_set_status(
  bigint, text, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, real
) is
  'Sets the status of the selected cases: set_status => ''archived'' archives them, ''active'' restores them. '
  'Up to 500 cases are done when the call returns; more are queued.';
grant execute on function bulkhead.bulk_set_status(
  bigint, text, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, real
) to bulkhead_user;
--! EndIncluded operations/bulk_set_status.sql
--! Included operations/preview_bulk_set_status.sql
create or replace function bulkhead.preview_bulk_set_status(
  suite_id bigint,
  set_status text,
  where_tags text default null,
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  all_cases boolean default false
)
returns bulkhead.operation_preview
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_selection jsonb := bulkhead_private.choose_cases(
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    ),
    all_cases
  );
begin
  return bulkhead_private.preview(
    bulkhead_private.plan_set_status(v_suite, v_selection, set_status)
  );
end
$$;

comment on function bulkhead.preview_bulk_set_status(
  bigint, text, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean
) is
  'What bulk_set_status would do with these arguments. Changes nothing.';
grant execute on function bulkhead.preview_bulk_set_status(
  bigint, text, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean
) to bulkhead_user;
--! EndIncluded operations/preview_bulk_set_status.sql
--! Included operations/bulk_delete.sql
create or replace function bulkhead.bulk_delete(
  suite_id bigint,
  where_tags text default null,
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  all_cases boolean default false,
  pace real default 1
)
returns bulkhead.bulk_operations
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_selection jsonb := bulkhead_private.choose_cases(
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    ),
    all_cases
  );
begin
  return bulkhead_private.submit(
    row(v_suite.id, 'delete', v_selection, '{}', '{}', 1, null, null)::bulkhead_private.operation_plan,
    pace
  );
end
$$;

comment on function bulkhead.bulk_delete(
  bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, real
) is
  'Deletes the selected cases with their links. Their last versions are kept in test_case_versions, and undo_operation brings them back '
  'with their ids while the change log lasts (30 days).';
grant execute on function bulkhead.bulk_delete(
  bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, real
) to bulkhead_user;
--! EndIncluded operations/bulk_delete.sql
--! Included operations/preview_bulk_delete.sql
create or replace function bulkhead.preview_bulk_delete(
  suite_id bigint,
  where_tags text default null,
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  all_cases boolean default false
)
returns bulkhead.operation_preview
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_selection jsonb := bulkhead_private.choose_cases(
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    ),
    all_cases
  );
begin
  return bulkhead_private.preview(
    row(v_suite.id, 'delete', v_selection, '{}', '{}', 1, null, null)::bulkhead_private.operation_plan
  );
end
$$;

comment on function bulkhead.preview_bulk_delete(
  bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean
) is
  'What bulk_delete would do with these arguments. Changes nothing.';
grant execute on function bulkhead.preview_bulk_delete(
  bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean
) to bulkhead_user;
--! EndIncluded operations/preview_bulk_delete.sql
--! Included operations/bulk_copy.sql
create or replace function bulkhead.bulk_copy(
  suite_id bigint,
  into_suite_id bigint,
  where_tags text default null,
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  all_cases boolean default false,
  pace real default 1
)
returns bulkhead.bulk_operations
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_selection jsonb := bulkhead_private.choose_cases(
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    ),
    all_cases
  );
begin
  return bulkhead_private.submit(
    bulkhead_private.plan_copy(v_suite, v_selection, into_suite_id),
    pace
  );
end
$$;

comment on function bulkhead.bulk_copy(
  bigint, bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, real
) is
  'Copies the selected cases into another suite, with their tags; tags that its open dictionary lacks come with their meaning. '
  'A case whose external key the other suite has is skipped. A closed dictionary that lacks a tag: TCCLO.';
grant execute on function bulkhead.bulk_copy(
  bigint, bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean, real
) to bulkhead_user;
--! EndIncluded operations/bulk_copy.sql
--! Included operations/preview_bulk_copy.sql
create or replace function bulkhead.preview_bulk_copy(
  suite_id bigint,
  into_suite_id bigint,
  where_tags text default null,
  status text default null,
  case_ids bigint[] default null,
  external_keys text[] default null,
  created_after timestamptz default null,
  created_before timestamptz default null,
  metadata jsonb default null,
  search text default null,
  all_cases boolean default false
)
returns bulkhead.operation_preview
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_selection jsonb := bulkhead_private.choose_cases(
    bulkhead_private.case_selection(
      suite_id, where_tags, status, case_ids, external_keys, created_after, created_before, metadata, search
    ),
    all_cases
  );
begin
  return bulkhead_private.preview(
    bulkhead_private.plan_copy(v_suite, v_selection, into_suite_id)
  );
end
$$;

comment on function bulkhead.preview_bulk_copy(
  bigint, bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean
) is
  'What bulk_copy would do with these arguments; new_tags are those that the other suite lacks. Changes nothing.';
grant execute on function bulkhead.preview_bulk_copy(
  bigint, bigint, text, text, bigint[], text[], timestamptz, timestamptz, jsonb, text, boolean
) to bulkhead_user;
--! EndIncluded operations/preview_bulk_copy.sql
--! Included operations/bulk_rename_tag.sql
create or replace function bulkhead.bulk_rename_tag(
  suite_id bigint,
  tag text,
  new_name text,
  pace real default 1
)
returns bulkhead.bulk_operations
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
begin
  perform bulkhead_private.hold_dictionary(v_suite.id);
  return bulkhead_private.submit(
    bulkhead_private.plan_merge(v_suite, array[tag], new_name, 'replace', true),
    pace
  );
end
$$;

comment on function bulkhead.bulk_rename_tag(bigint, text, text, real) is
  'Renames a tag in one suite. The old name stays as an alias: expressions and appends that use it mean the new name at once, '
  'while the links follow in chunks. A name that is taken: TCHAS.';
grant execute on function bulkhead.bulk_rename_tag(bigint, text, text, real) to bulkhead_user;
--! EndIncluded operations/bulk_rename_tag.sql
--! Included operations/preview_bulk_rename_tag.sql
create or replace function bulkhead.preview_bulk_rename_tag(
  suite_id bigint,
  tag text,
  new_name text
)
returns bulkhead.operation_preview
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
begin
  return bulkhead_private.preview(
    bulkhead_private.plan_merge(v_suite, array[tag], new_name, 'replace', true)
  );
end
$$;

comment on function bulkhead.preview_bulk_rename_tag(bigint, text, text) is
  'What bulk_rename_tag would do with these arguments. Changes nothing.';
grant execute on function bulkhead.preview_bulk_rename_tag(bigint, text, text) to bulkhead_user;
--! EndIncluded operations/preview_bulk_rename_tag.sql
--! Included operations/bulk_merge_tags.sql
create or replace function bulkhead.bulk_merge_tags(
  suite_id bigint,
  tags text[],
  into_tag text,
  on_exclusive text default 'replace',
  pace real default 1
)
returns bulkhead.bulk_operations
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
begin
  perform bulkhead_private.hold_dictionary(v_suite.id);
  return bulkhead_private.submit(
    bulkhead_private.plan_merge(v_suite, tags, into_tag, on_exclusive, false),
    pace
  );
end
$$;

comment on function bulkhead.bulk_merge_tags(bigint, text[], text, text, real) is
  'Merges tags of one suite into another tag of it: each case that has one of them gets into_tag instead. '
  'The merged names stay as aliases. It is also the way to move a tag that is in use into an exclusive group.';
grant execute on function bulkhead.bulk_merge_tags(bigint, text[], text, text, real) to bulkhead_user;
--! EndIncluded operations/bulk_merge_tags.sql
--! Included operations/preview_bulk_merge_tags.sql
create or replace function bulkhead.preview_bulk_merge_tags(
  suite_id bigint,
  tags text[],
  into_tag text,
  on_exclusive text default 'replace'
)
returns bulkhead.operation_preview
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
begin
  return bulkhead_private.preview(
    bulkhead_private.plan_merge(v_suite, tags, into_tag, on_exclusive, false)
  );
end
$$;

comment on function bulkhead.preview_bulk_merge_tags(bigint, text[], text, text) is
  'What bulk_merge_tags would do with these arguments. Changes nothing.';
grant execute on function bulkhead.preview_bulk_merge_tags(bigint, text[], text, text) to bulkhead_user;
--! EndIncluded operations/preview_bulk_merge_tags.sql
--! Included operations/undo_operation.sql
create or replace function bulkhead.undo_operation(suite_id bigint, operation_id bigint)
returns bulkhead.bulk_operations
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
begin
  perform bulkhead_private.hold_dictionary(v_suite.id);
  return bulkhead_private.submit(bulkhead_private.plan_undo(bulkhead_private.known_operation(v_suite.id, operation_id)));
end
$$;

comment on function bulkhead.undo_operation(bigint, bigint) is
  'Reverses exactly what a finished operation changed and nobody has changed since, as an operation of its own. What it leaves alone '
  'is counted as skipped and listed by operation_changes. Running: TCRUN; undone before: TCUND.';
grant execute on function bulkhead.undo_operation(bigint, bigint) to bulkhead_user;
--! EndIncluded operations/undo_operation.sql
--! Included operations/cancel_operation.sql
create or replace function bulkhead.cancel_operation(suite_id bigint, operation_id bigint)
returns bulkhead.bulk_operations
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_operation bulkhead.bulk_operations := bulkhead_private.known_operation(suite_id, operation_id);
begin
  if v_operation.finished_at is not null then
    raise exception using
      errcode = 'TCFIN',
      message = format(
        'the operation %s has %s already',
        v_operation.id, case v_operation.state when 'cancelled' then 'been cancelled' else v_operation.state end
      ),
      detail = format('It ended at %s; what it did stays until it is undone.', v_operation.finished_at),
      hint = 'bulkhead.undo_operation reverses what it did.';
  end if;
  insert into bulkhead_private.operation_cancellations (suite_id, operation_id)
  values (v_operation.suite_id, v_operation.id)
  on conflict do nothing;
  -- one that nobody is running ends here; otherwise its worker ends it before the next chunk
  if pg_try_advisory_xact_lock(bulkhead_private.suite_lock_key(v_operation.suite_id)) then
    v_operation := bulkhead_private.run_chunk(v_operation.suite_id, v_operation.id);
    perform bulkhead_private.queue_operations(v_operation.suite_id);
  end if;
  return v_operation;
end
$$;

comment on function bulkhead.cancel_operation(bigint, bigint) is
  'Stops an operation after its current chunk. What was done stays and is counted; undo_operation reverses it. Ended already: TCFIN.';
grant execute on function bulkhead.cancel_operation(bigint, bigint) to bulkhead_user;
--! EndIncluded operations/cancel_operation.sql
--! Included operations/retry_operation.sql
create or replace function bulkhead.retry_operation(suite_id bigint, operation_id bigint)
returns bulkhead.bulk_operations
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.open_suite(suite_id);
  v_operation bulkhead.bulk_operations := bulkhead_private.known_operation(v_suite.id, operation_id);
  v_selection jsonb := v_operation.selection;
  v_failed bigint[];
begin
  if v_operation.finished_at is null then
    raise exception using
      errcode = 'TCRUN',
      message = format('the operation %s is not finished', v_operation.id),
      detail = format('It is %s.', v_operation.state),
      hint = 'Wait for it: cases that fail are listed when it is over.';
  elsif v_operation.state = 'succeeded' then
    raise exception using
      errcode = 'TCFIN',
      message = format('the operation %s has nothing to retry', v_operation.id),
      detail = 'It succeeded: no case failed.',
      hint = 'Submit a new operation for other cases.';
  elsif v_operation.kind = 'undo' then
    return bulkhead.undo_operation(v_suite.id, v_operation.undoes_operation_id);
  end if;
  v_failed := array(
    select distinct u.id
    from bulkhead_private.change_log l
    cross join unnest(l.case_ids) as u (id)
    where l.suite_id = v_suite.id and l.operation_id = v_operation.id and l.change = 'failed'
  );
  if v_operation.state = 'failed' and not jsonb_path_exists(v_operation.first_errors, '$[*] ? (!exists (@.case_id))') then
    v_selection := jsonb_build_object('case_ids', v_failed);
  elsif v_operation.kind not in ('rename_tag', 'merge_tags') then
    -- it stopped on its way: what it failed on, and what lies beyond its cursor; copies are not made twice
    v_selection := v_selection || jsonb_build_object(
      'unfinished',
      coalesce(v_selection -> 'unfinished', '[]') || jsonb_build_object(
        'after_id', v_operation.cursor_id, 'up_to_id', v_operation.high_water_id, 'case_ids', v_failed
      )
    );
  end if;
  perform bulkhead_private.hold_dictionary(v_suite.id);
  return bulkhead_private.submit(
    row(
      v_suite.id, v_operation.kind, v_selection, v_operation.parameters, '{}', v_operation.pace, null, v_operation.id
    )::bulkhead_private.operation_plan,
    v_operation.pace
  );
end
$$;

comment on function bulkhead.retry_operation(bigint, bigint) is
  'Submits an operation again for the cases on which it failed and, where it was stopped on its way, for those that it had not come to. '
  'Nothing to retry: TCFIN.';
grant execute on function bulkhead.retry_operation(bigint, bigint) to bulkhead_user;
--! EndIncluded operations/retry_operation.sql
--! Included operations/operation_changes.sql
create or replace function bulkhead.operation_changes(
  suite_id bigint,
  operation_id bigint,
  only_change text default null,
  after_case_id bigint default 0,
  row_limit integer default 100
)
returns table (
  case_id bigint,
  change text,
  tag text,
  status_before text,
  copied_case_id bigint,
  code text,
  message text
)
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_operation bulkhead.bulk_operations := bulkhead_private.known_operation(suite_id, operation_id);
begin
  if row_limit < 0 then
    raise exception using
      errcode = 'TCARG',
      message = format('row_limit cannot be %s', row_limit),
      detail = 'It is how many changes the page has, beside further ones of its last case.',
      hint = 'Say a number from 0 on, or null for all changes.';
  end if;
  return query
    select page.case_id, page.change, page.tag, page.status, page.copied_id, page.code, page.message
    from (
      select u.case_id, u.copied_id, l.*
      from bulkhead_private.change_log l
      cross join unnest(l.case_ids, l.copied_ids) as u (case_id, copied_id)
      where l.suite_id = v_operation.suite_id and l.operation_id = v_operation.id
        and l.change = coalesce(only_change, l.change)
        and l.last_case_id > coalesce(after_case_id, 0) and u.case_id > coalesce(after_case_id, 0)
      order by u.case_id
      -- a page ends between two cases, because the next one begins after the last case
      fetch first coalesce(row_limit, 9223372036854775807) rows with ties
    ) as page
    order by page.case_id, page.id;
end
$$;

comment on function bulkhead.operation_changes(bigint, bigint, text, bigint, integer) is
  'What an operation did, case by case: link_added, link_removed, status_set, case_deleted, case_restored, case_copied, copy_deleted, '
  'and left_alone or failed with the reason. For the next page pass the last case_id, all of whose changes are given even beyond '
  'row_limit; null gives all.';
grant execute on function bulkhead.operation_changes(bigint, bigint, text, bigint, integer) to bulkhead_user;
--! EndIncluded operations/operation_changes.sql
--! Included operations/submit_payload.sql
create or replace function bulkhead_private.submit_payload(task text, payload jsonb)
returns bulkhead.bulk_operations
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_arguments text;
  v_unknown text;
  v_known text;
  v_missing text;
  v_scalar text;
  v_problem text;
  v_operation bulkhead.bulk_operations;
begin
  -- the payload's keys are the arguments of the function that has the task's name
  select
    string_agg(
      format(
        case
          when a.type = 'jsonb'::regtype then '%I => $1 -> %L'
          when a.type::regtype::text like '%[]' then '%I => array(select jsonb_array_elements_text($1 -> %L))::%s'
          else '%I => ($1 ->> %L)::%s'
        end,
        a.name, a.name, a.type::regtype
      ),
      ', '
    ) filter (where payload ? a.name and payload -> a.name <> 'null'),
    string_agg(a.name, ', '),
    string_agg(a.name, ', ') filter (
      where a.position <= p.pronargs - p.pronargdefaults and coalesce(payload -> a.name, 'null') = 'null'
    ),
    min(a.name) filter (where a.type::regtype::text like '%[]' and jsonb_typeof(payload -> a.name) not in ('array', 'null'))
  into v_arguments, v_known, v_missing, v_scalar
  from pg_catalog.pg_proc p
  cross join unnest(p.proargnames, p.proargtypes::oid[]) with ordinality as a (name, type, position)
  where p.pronamespace = 'bulkhead'::regnamespace and p.proname = task;

  select min(k) into v_unknown
  from jsonb_object_keys(case when jsonb_typeof(payload) = 'object' then payload else '{}' end) as u (k)
  where k <> all (string_to_array(v_known, ', '));
  v_problem := case
    when jsonb_typeof(payload) = 'object' is not true then 'is not an object'
    when v_unknown is not null then 'has an unknown key ' || to_jsonb(left(v_unknown, 100))::text
    when v_missing is not null then 'names no ' || v_missing
    when v_scalar is not null then format('has a %s that is not an array', v_scalar)
  end;
  if v_problem is not null then
    raise exception using
      errcode = 'TCARG',
      message = format('the payload of the job %s %s', task, v_problem),
      detail = format('Its keys are those of bulkhead.%s: %s.', task, v_known),
      hint = format('select graphile_worker.add_job(%L, json_build_object(''suite_id'', bulkhead.suite_id(''regression''), …));', task);
  end if;
  execute format('select * from bulkhead.%I(%s)', task, v_arguments) into v_operation using payload;
  return v_operation;
end
$$;

comment on function bulkhead_private.submit_payload(text, jsonb) is
  'Calls the bulkhead function that a job of the same name asks for, with the payload''s keys as named arguments: '
  'graphile_worker.add_job(''bulk_tag'', …) is bulkhead.bulk_tag(…). A key that is unknown, missing or not an array: TCARG.';
--! EndIncluded operations/submit_payload.sql
--! Included operations/recover_operations.sql
create or replace function bulkhead_private.recover_operations()
returns setof bigint
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_dead text[];
  v_suite_id bigint;
begin
  -- a worker holds an advisory lock for as long as its connection lives: who holds none is dead
  select array_agg(distinct j.locked_by) into v_dead
  from graphile_worker._private_jobs j
  where j.locked_by is not null
    and j.locked_at < now() - interval '2 seconds'
    and not exists (
      select from pg_catalog.pg_locks l
      where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
        and (l.classid::bigint << 32) | l.objid::bigint = bulkhead_private.worker_lock_key(j.locked_by)
    );
  if v_dead is not null then
    perform graphile_worker.force_unlock_workers(v_dead);
  end if;

  for v_suite_id in
    select distinct o.suite_id
    from bulkhead.bulk_operations o
    where o.state in ('queued', 'running')
      and o.submitted_at < bulkhead_private.clock() - interval '2 seconds'
      and not exists (
        -- one that failed is tried again by the queue too, but after hours if it failed often
        select from graphile_worker._private_jobs j
        join graphile_worker._private_tasks t on t.id = j.task_id and t.identifier = 'run_operations'
        where j.payload ->> 'suite_id' = o.suite_id::text
          and (j.is_available and j.run_at < now() + interval '5 seconds' or j.locked_at > now() - interval '2 seconds')
      )
      and pg_try_advisory_xact_lock(bulkhead_private.suite_lock_key(o.suite_id))
  loop
    update graphile_worker._private_jobs j
    set run_at = now()
    from graphile_worker._private_tasks t
    where t.id = j.task_id and t.identifier = 'run_operations'
      and j.payload ->> 'suite_id' = v_suite_id::text and j.is_available;
    if not found then
      perform bulkhead_private.queue_operations(v_suite_id);
    end if;
    return next v_suite_id;
  end loop;
end
$$;

comment on function bulkhead_private.recover_operations() is
  'Frees the jobs of dead workers, and queues what operations nobody runs and no job will run soon. Every worker calls it every few '
  'seconds; returns the suites queued.';
--! EndIncluded operations/recover_operations.sql
--! Included operations/prune_change_log.sql
create or replace function bulkhead_private.prune_change_log(keep interval default '30 days')
returns bigint
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_pruned bigint;
begin
  with old as (
    select l.suite_id, l.operation_id, l.id
    from bulkhead.bulk_operations o
    join bulkhead_private.change_log l on l.suite_id = o.suite_id and l.operation_id = o.id
    where o.finished_at < bulkhead_private.clock() - keep
      and l.change not in ('left_alone', 'failed')
      and not exists (
        select from bulkhead.bulk_operations u
        where u.suite_id = o.suite_id and u.undoes_operation_id = o.id and u.state in ('queued', 'running')
      )
    order by l.suite_id, l.operation_id, l.id
    limit 200
    for update of l skip locked
  )
  delete from bulkhead_private.change_log l
  using old
  where l.suite_id = old.suite_id and l.operation_id = old.operation_id and l.id = old.id;
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$$;

comment on function bulkhead_private.prune_change_log(interval) is
  'Deletes up to 200 rows of the change log of operations that ended so long ago, and says how many; call it until it says 0.';
--! EndIncluded operations/prune_change_log.sql

--! Included access.sql
grant select on
  bulkhead.test_suites,
  bulkhead.suite_tags,
  bulkhead.test_cases,
  bulkhead.test_case_tags,
  bulkhead.test_case_versions,
  bulkhead.bulk_operations
to bulkhead_user;
grant update (name, description, tag_policy) on bulkhead.test_suites to bulkhead_user;
grant update (external_key, input, expected_output, metadata) on bulkhead.test_cases to bulkhead_user;
--! EndIncluded access.sql
