--! Previous: sha1:f38d2a85ca1fc77bcafb97479f4d6db8ebf81f0b
--! Hash: sha1:159bfd18489125db568b6f13b57a8392466d2d83
--! Message: pull without casts

--! split: 1-current.sql
-- COPY writes NULL as null by itself: a twelfth of the time of a pull was spent on casts to text that did it.
--! Included cases/pull_query.sql
create or replace function bulkhead.pull_query(suite_id bigint, where_tags text default null, status text default 'active')
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
  v_source text := bulkhead_private.selection_source(bulkhead_private.case_selection(suite_id, where_tags, status));
begin
  -- a query for COPY has no parameters; in the source neither a tag nor a status, which are quoted, can look like one
  return format(
    'select to_json(c.external_key) as external_key, c.input, c.expected_output, c.metadata, %1$s as tags, c.status from (%2$s) as c',
    case
      when exists (select from bulkhead.suite_tags t where t.suite_id = v_suite.id) then format(
        'to_json(array(select t.tag from bulkhead.test_case_tags t where t.suite_id = %s and t.case_id = c.id order by t.tag))', v_suite.id
      )
      else quote_literal('[]')
    end,
    replace(replace(replace(v_source, '$1', v_suite.id::text), '$2', '0'), '$3', '9223372036854775807')
  );
end
$$;

comment on function bulkhead.pull_query(bigint, text, text) is
  'A query for the cases that a tag expression and a status select, in the order of their ids, as JSON: what case_line puts together. '
  'Text, because COPY of a query sends each row as it is read, where a function first keeps all of them. status => null: archived cases too. '
  'COPY is to write NULL as null.';
grant execute on function bulkhead.pull_query(bigint, text, text) to bulkhead_user;
--! EndIncluded cases/pull_query.sql
