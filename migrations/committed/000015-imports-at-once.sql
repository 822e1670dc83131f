--! Previous: sha1:d98d49e4e8228d92c49ef21ec54d2bd51abe2172
--! Hash: sha1:df8b772beca0d26e2df90712bfd448d89e550692
--! Message: imports at once

--! split: 1-current.sql
-- Most appends over HTTP are of a few cases. Staged and appended as a long file is, one took four transactions and twenty round trips.
--! Included import/import_at_once.sql
create or replace function bulkhead.import_at_once(
  suite_id bigint,
  on_conflict text default 'fail',
  import_rows jsonb default '[]',
  tag_meanings jsonb default '{}',
  request_key text default null,
  request_hash bytea default null
)
returns table (
  cases integer, inserted integer, unchanged integer, updated integer, skipped integer, new_tags text[], results text, is_replayed boolean
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform bulkhead.begin_import(suite_id, on_conflict);
  if request_key is not null then
    return query select a.*, true from bulkhead.append_answer(suite_id, request_key, request_hash) as a;
    if found then
      return;
    end if;
  end if;
  insert into pg_temp.import_rows (line, external_key, input, expected_output, metadata, tags, status)
  select
    (r ->> 'line')::integer, r ->> 'external_key', r -> 'input', r -> 'expected_output', r -> 'metadata',
    array(select jsonb_array_elements_text(r -> 'tags')), r ->> 'status'
  from jsonb_array_elements(import_rows) as r;
  new_tags := array(select t from bulkhead.define_import_tags(suite_id, tag_meanings) as t);
  return query
  select a.cases, a.inserted, a.unchanged, a.updated, a.skipped, new_tags, a.results, false
  from bulkhead.append_import(suite_id, on_conflict, false, request_key, request_hash) as a;
  perform bulkhead_private.clear_staging();
end
$$;

comment on function bulkhead.import_at_once(bigint, text, jsonb, jsonb, text, bytea) is
  'An import that is so small that its rows come as one value, [{"line", "external_key", "input", "expected_output", "metadata", "tags", "status"}], '
  'in one call and one transaction: begin_import, append_answer, define_import_tags, append_import. Its new tags are not committed before its '
  'cases, so whoever brings the same ones at that moment waits until both are: for more than some hundred cases take the functions one by one.';
grant execute on function bulkhead.import_at_once(bigint, text, jsonb, jsonb, text, bytea) to bulkhead_user;
--! EndIncluded import/import_at_once.sql
