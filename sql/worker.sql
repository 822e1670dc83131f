/* @name tryLockSuite */
select pg_try_advisory_lock(bulkhead_private.suite_lock_key(:suiteId!)) as "locked!";

/* @name unlockSuite */
select pg_advisory_unlock(bulkhead_private.suite_lock_key(:suiteId!)) as "unlocked!";

/* @name findUnfinishedOperation */
select id as "id!", pace as "pace!", chunk_size as "chunk_size!", cursor_id as "cursor_id!"
from bulkhead_private.unfinished_operation(:suiteId!)
where id is not null;

/* @name runChunk */
select state as "state!", chunk_size as "chunk_size!", cursor_id as "cursor_id!", finished_at
from bulkhead_private.run_chunk(:suiteId!, :operationId!);

/* @name failChunk */
select state as "state!", chunk_size as "chunk_size!", finished_at
from bulkhead_private.fail_chunk(:suiteId!, :operationId!, :code!, :message!);

/* @name queueOperations */
select bulkhead_private.queue_operations(:suiteId!, now() + make_interval(secs => :delaySeconds!));

/* @name queueOperationsUnlessQueued */
select bulkhead_private.queue_operations(:suiteId!, now() + make_interval(secs => :delaySeconds!))
where not exists (
  select from graphile_worker._private_jobs j
  join graphile_worker._private_tasks t on t.id = j.task_id and t.identifier = 'run_operations'
  where j.payload ->> 'suite_id' = :suiteId!::bigint::text and j.is_available and j.run_at < now() + interval '1 second'
);

/* @name submitJob */
-- the payload becomes the receipt: who runs the job again, because its worker died before it could say so, submits nothing
with job as materialized (
  select j.id, j.payload::jsonb as payload
  from graphile_worker._private_jobs j
  where j.id = :jobId! and not j.payload::jsonb ? 'submitted_operation'
  for update
),
submitted as materialized (
  select job.id as job_id, o.suite_id, o.id
  from job
  cross join lateral bulkhead_private.submit_payload(:task!, job.payload) as o
)
update graphile_worker._private_jobs j
set payload = json_build_object('suite_id', s.suite_id::text, 'submitted_operation', s.id::text)
from submitted s
where j.id = s.job_id;

/* @name limitChunkTime */
select
  set_config('lock_timeout', '200ms', false) as "lock_timeout!",
  set_config('statement_timeout', '250ms', false) as "statement_timeout!";

/* @name unlimitChunkTime */
select
  set_config('lock_timeout', '0', false) as "lock_timeout!",
  set_config('statement_timeout', '0', false) as "statement_timeout!";

/* @name holdWorkerLock */
select pg_advisory_lock(bulkhead_private.worker_lock_key(:workerId!));

/* @name recoverOperations */
select suite_id as "suite_id!" from bulkhead_private.recover_operations() as queued (suite_id);

/* @name pruneChangeLog */
select bulkhead_private.prune_change_log() as "pruned!";

/* @name pruneAppendAnswers */
select bulkhead_private.prune_append_answers() as "pruned!";

/* @name pruneRoutePulls */
select bulkhead_private.prune_route_pulls() as "pruned!";

/* @name giveUpJob */
update graphile_worker._private_jobs set max_attempts = attempts where id = :jobId!;
