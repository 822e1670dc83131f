--! Previous: sha1:88729be342cb196367466c36ae2e630741589257
--! Hash: sha1:8a1d186a9b75a4a91f9ddb3d729b996cd226047b
--! Message: pull over HTTP

--! split: 1-current.sql
-- The cases of a suite as lines, for whoever reads all of them at once.

--! Included cases/case_lines.sql
create or replace function bulkhead.case_lines(suite_id bigint, where_tags text default null, status text default 'active')
returns setof text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_suite bulkhead.test_suites := bulkhead_private.known_suite(suite_id);
  v_selection jsonb := bulkhead_private.case_selection(suite_id, where_tags, status);
begin
  -- the same bytes as case_line, which would be called for each row, and take a quarter longer
  return query execute
    'select row_to_json(line)::text from (select c.external_key, c.input, c.expected_output, c.metadata, array('
    'select t.tag from bulkhead.test_case_tags t where t.suite_id = $1 and t.case_id = c.id order by t.tag) as tags, c.status from ('
    || bulkhead_private.selection_source(v_selection) || ') as c) as line'
    using v_suite.id, 0, 9223372036854775807;
end
$$;

comment on function bulkhead.case_lines(bigint, text, text) is
  'The cases that a tag expression and a status select, each as a line of JSONL (case_line), in the order of their ids. status => null: '
  'archived cases too. In psql: \copy (select * from bulkhead.case_lines(1, ''rag'')) to cases.jsonl with (format csv, delimiter e''\x02'', quote e''\x01'')';
grant execute on function bulkhead.case_lines(bigint, text, text) to bulkhead_user;
--! EndIncluded cases/case_lines.sql
