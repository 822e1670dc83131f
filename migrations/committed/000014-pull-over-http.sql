--! Previous: sha1:7db2018a6c5a2501fa2c73e5ecb630b1a2c441ad
--! Hash: sha1:5f53f83de13baaa842fa6cdb6b45c3ea52bb53c8
--! Message: pull over HTTP

--! split: 1-current.sql
-- The cases of a suite as lines, for whoever reads all of them at once.

--! Included cases/case_lines_query.sql
create or replace function bulkhead.case_lines_query(suite_id bigint, where_tags text default null, status text default 'active')
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
  -- a query for COPY has no parameters; in the source neither a tag nor a status, quoted, can look like one.
  -- the same bytes as case_line, which would be called for each row, and take a quarter longer
  return format(
    'select row_to_json(line)::text from (select c.external_key, c.input, c.expected_output, c.metadata, array('
    'select t.tag from bulkhead.test_case_tags t where t.suite_id = %1$s and t.case_id = c.id order by t.tag) as tags, c.status from (%2$s) as c) as line',
    v_suite.id, replace(replace(replace(v_source, '$1', v_suite.id::text), '$2', '0'), '$3', '9223372036854775807')
  );
end
$$;

comment on function bulkhead.case_lines_query(bigint, text, text) is
  'The query behind case_lines, as text: COPY of it sends each line as it is read, where a function first keeps all of them.';
grant execute on function bulkhead.case_lines_query(bigint, text, text) to bulkhead_user;
--! EndIncluded cases/case_lines_query.sql
--! Included cases/case_lines.sql
create or replace function bulkhead.case_lines(suite_id bigint, where_tags text default null, status text default 'active')
returns setof text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
  return query execute bulkhead.case_lines_query(suite_id, where_tags, status);
end
$$;

comment on function bulkhead.case_lines(bigint, text, text) is
  'The cases that a tag expression and a status select, each as a line of JSONL (case_line), in the order of their ids. status => null: '
  'archived cases too. In psql: \copy (select * from bulkhead.case_lines(1, ''rag'')) to cases.jsonl with (format csv, delimiter e''\x02'', quote e''\x01'')';
grant execute on function bulkhead.case_lines(bigint, text, text) to bulkhead_user;
--! EndIncluded cases/case_lines.sql
