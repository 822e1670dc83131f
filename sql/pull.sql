/* @name pullRoute */
select expression as "expression!", status from bulkhead.pull_route(:suiteId!, :route!);

/* @name findSnapshot */
select sha256 as "sha256!" from bulkhead.suite_snapshots where suite_id = :suiteId! and name = :name!;

/* @name findPullQuery */
select
  bulkhead.pull_query(:suiteId!, :where, :status) as "query!",
  set_config('enable_sort', 'off', true) as "sort!";
