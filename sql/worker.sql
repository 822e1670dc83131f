/* @name tryLockSuite */
select pg_try_advisory_lock(bulkhead_private.suite_lock_key(:suiteId!)) as "locked!";

/* @name unlockSuite */
select pg_advisory_unlock(bulkhead_private.suite_lock_key(:suiteId!)) as "unlocked!";

/* @name findUnfinishedOperation */
select id as "id!", pace as "pace!"
from bulkhead_private.unfinished_operation(:suiteId!)
where id is not null;

/* @name runChunk */
select state as "state!", chunk_size as "chunk_size!", finished_at
from bulkhead_private.run_chunk(:suiteId!, :operationId!);

/* @name failChunk */
select state as "state!", chunk_size as "chunk_size!", finished_at
from bulkhead_private.fail_chunk(:suiteId!, :operationId!, :code!, :message!);

/* @name queueOperations */
select bulkhead_private.queue_operations(:suiteId!, now() + make_interval(secs => :delaySeconds!));

/* @name submitPayload */
select suite_id as "suite_id!", id as "id!", state as "state!"
from bulkhead_private.submit_payload(:task!, :payload!);

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

/* @name giveUpJob */
update graphile_worker._private_jobs set max_attempts = attempts where id = :jobId!;
