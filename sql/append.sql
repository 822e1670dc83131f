/* @name clearStaging */
select bulkhead_private.clear_staging();

/* @name beginImport */
select s.id as "id!", bulkhead.begin_import(s.id, :onConflict!)
from bulkhead.suite_id(:slug!) as s (id);

/* @name importAtOnce */
select
  cases as "cases!", inserted as "inserted!", unchanged as "unchanged!", updated as "updated!", skipped as "skipped!",
  new_tags as "new_tags!", results as "results!", is_replayed as "is_replayed!"
from bulkhead.suite_id(:slug!) as s (id)
cross join lateral bulkhead.import_at_once(s.id, :onConflict!, :importRows!::text::jsonb, :tagMeanings!, :requestKey, :requestHash);

/* @name defineImportTags */
select name as "name!"
from bulkhead.define_import_tags(:suiteId!, :tagMeanings!, :dryRun!) as defined (name);

/* @name appendImport */
select
  cases as "cases!", inserted as "inserted!", unchanged as "unchanged!", updated as "updated!", skipped as "skipped!", results as "results!"
from bulkhead.append_import(:suiteId!, :onConflict!, :dryRun!, :requestKey, :requestHash);

/* @name findAnswer */
select
  cases as "cases!", inserted as "inserted!", unchanged as "unchanged!", updated as "updated!", skipped as "skipped!",
  new_tags as "new_tags!", results as "results!"
from bulkhead.append_answer(:suiteId!, :requestKey!, :requestHash!);

/* @name findImportProblems */
select line as "line!", message as "message!", problems as "problems!"
from bulkhead.import_problems(:suiteId!, :onConflict!);

/* @name endImport */
select bulkhead.end_import(:failed!);

/* @name setStatementTimeout */
select set_config('statement_timeout', :milliseconds!, true) as "statement_timeout!";
