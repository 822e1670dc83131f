/** Types generated for queries found in "sql/worker.sql" */
import { PreparedQuery } from '@pgtyped/runtime';

/** 'TryLockSuite' parameters type */
export interface ITryLockSuiteParams {
  suiteId: string;
}

/** 'TryLockSuite' return type */
export interface ITryLockSuiteResult {
  locked: boolean;
}

/** 'TryLockSuite' query type */
export interface ITryLockSuiteQuery {
  params: ITryLockSuiteParams;
  result: ITryLockSuiteResult;
}

const tryLockSuiteIR: any = {"usedParamSet":{"suiteId":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":60,"b":68}]}],"statement":"select pg_try_advisory_lock(bulkhead_private.suite_lock_key(:suiteId!)) as \"locked!\""};

/**
 * Query generated from SQL:
 * ```
 * select pg_try_advisory_lock(bulkhead_private.suite_lock_key(:suiteId!)) as "locked!"
 * ```
 */
export const tryLockSuite = new PreparedQuery<ITryLockSuiteParams,ITryLockSuiteResult>(tryLockSuiteIR);


/** 'UnlockSuite' parameters type */
export interface IUnlockSuiteParams {
  suiteId: string;
}

/** 'UnlockSuite' return type */
export interface IUnlockSuiteResult {
  unlocked: boolean;
}

/** 'UnlockSuite' query type */
export interface IUnlockSuiteQuery {
  params: IUnlockSuiteParams;
  result: IUnlockSuiteResult;
}

const unlockSuiteIR: any = {"usedParamSet":{"suiteId":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":58,"b":66}]}],"statement":"select pg_advisory_unlock(bulkhead_private.suite_lock_key(:suiteId!)) as \"unlocked!\""};

/**
 * Query generated from SQL:
 * ```
 * select pg_advisory_unlock(bulkhead_private.suite_lock_key(:suiteId!)) as "unlocked!"
 * ```
 */
export const unlockSuite = new PreparedQuery<IUnlockSuiteParams,IUnlockSuiteResult>(unlockSuiteIR);


/** 'FindUnfinishedOperation' parameters type */
export interface IFindUnfinishedOperationParams {
  suiteId: string;
}

/** 'FindUnfinishedOperation' return type */
export interface IFindUnfinishedOperationResult {
  chunk_size: number;
  cursor_id: string;
  id: string;
  pace: number;
}

/** 'FindUnfinishedOperation' query type */
export interface IFindUnfinishedOperationQuery {
  params: IFindUnfinishedOperationParams;
  result: IFindUnfinishedOperationResult;
}

const findUnfinishedOperationIR: any = {"usedParamSet":{"suiteId":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":135,"b":143}]}],"statement":"select id as \"id!\", pace as \"pace!\", chunk_size as \"chunk_size!\", cursor_id as \"cursor_id!\"\nfrom bulkhead_private.unfinished_operation(:suiteId!)\nwhere id is not null"};

/**
 * Query generated from SQL:
 * ```
 * select id as "id!", pace as "pace!", chunk_size as "chunk_size!", cursor_id as "cursor_id!"
 * from bulkhead_private.unfinished_operation(:suiteId!)
 * where id is not null
 * ```
 */
export const findUnfinishedOperation = new PreparedQuery<IFindUnfinishedOperationParams,IFindUnfinishedOperationResult>(findUnfinishedOperationIR);


/** 'RunChunk' parameters type */
export interface IRunChunkParams {
  operationId: string;
  suiteId: string;
}

/** 'RunChunk' return type */
export interface IRunChunkResult {
  chunk_size: number;
  cursor_id: string;
  finished_at: Date | null;
  state: string;
}

/** 'RunChunk' query type */
export interface IRunChunkQuery {
  params: IRunChunkParams;
  result: IRunChunkResult;
}

const runChunkIR: any = {"usedParamSet":{"suiteId":true,"operationId":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":126,"b":134}]},{"name":"operationId","required":true,"transform":{"type":"scalar"},"locs":[{"a":137,"b":149}]}],"statement":"select state as \"state!\", chunk_size as \"chunk_size!\", cursor_id as \"cursor_id!\", finished_at\nfrom bulkhead_private.run_chunk(:suiteId!, :operationId!)"};

/**
 * Query generated from SQL:
 * ```
 * select state as "state!", chunk_size as "chunk_size!", cursor_id as "cursor_id!", finished_at
 * from bulkhead_private.run_chunk(:suiteId!, :operationId!)
 * ```
 */
export const runChunk = new PreparedQuery<IRunChunkParams,IRunChunkResult>(runChunkIR);


/** 'FailChunk' parameters type */
export interface IFailChunkParams {
  code: string;
  message: string;
  operationId: string;
  suiteId: string;
}

/** 'FailChunk' return type */
export interface IFailChunkResult {
  chunk_size: number;
  finished_at: Date | null;
  state: string;
}

/** 'FailChunk' query type */
export interface IFailChunkQuery {
  params: IFailChunkParams;
  result: IFailChunkResult;
}

const failChunkIR: any = {"usedParamSet":{"suiteId":true,"operationId":true,"code":true,"message":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":100,"b":108}]},{"name":"operationId","required":true,"transform":{"type":"scalar"},"locs":[{"a":111,"b":123}]},{"name":"code","required":true,"transform":{"type":"scalar"},"locs":[{"a":126,"b":131}]},{"name":"message","required":true,"transform":{"type":"scalar"},"locs":[{"a":134,"b":142}]}],"statement":"select state as \"state!\", chunk_size as \"chunk_size!\", finished_at\nfrom bulkhead_private.fail_chunk(:suiteId!, :operationId!, :code!, :message!)"};

/**
 * Query generated from SQL:
 * ```
 * select state as "state!", chunk_size as "chunk_size!", finished_at
 * from bulkhead_private.fail_chunk(:suiteId!, :operationId!, :code!, :message!)
 * ```
 */
export const failChunk = new PreparedQuery<IFailChunkParams,IFailChunkResult>(failChunkIR);


/** 'QueueOperations' parameters type */
export interface IQueueOperationsParams {
  delaySeconds: number;
  suiteId: string;
}

/** 'QueueOperations' return type */
export interface IQueueOperationsResult {
  queue_operations: undefined | null;
}

/** 'QueueOperations' query type */
export interface IQueueOperationsQuery {
  params: IQueueOperationsParams;
  result: IQueueOperationsResult;
}

const queueOperationsIR: any = {"usedParamSet":{"suiteId":true,"delaySeconds":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":41,"b":49}]},{"name":"delaySeconds","required":true,"transform":{"type":"scalar"},"locs":[{"a":82,"b":95}]}],"statement":"select bulkhead_private.queue_operations(:suiteId!, now() + make_interval(secs => :delaySeconds!))"};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.queue_operations(:suiteId!, now() + make_interval(secs => :delaySeconds!))
 * ```
 */
export const queueOperations = new PreparedQuery<IQueueOperationsParams,IQueueOperationsResult>(queueOperationsIR);


/** 'QueueOperationsUnlessQueued' parameters type */
export interface IQueueOperationsUnlessQueuedParams {
  delaySeconds: number;
  suiteId: string;
}

/** 'QueueOperationsUnlessQueued' return type */
export interface IQueueOperationsUnlessQueuedResult {
  queue_operations: undefined | null;
}

/** 'QueueOperationsUnlessQueued' query type */
export interface IQueueOperationsUnlessQueuedQuery {
  params: IQueueOperationsUnlessQueuedParams;
  result: IQueueOperationsUnlessQueuedResult;
}

const queueOperationsUnlessQueuedIR: any = {"usedParamSet":{"suiteId":true,"delaySeconds":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":41,"b":49},{"a":295,"b":303}]},{"name":"delaySeconds","required":true,"transform":{"type":"scalar"},"locs":[{"a":82,"b":95}]}],"statement":"select bulkhead_private.queue_operations(:suiteId!, now() + make_interval(secs => :delaySeconds!))\nwhere not exists (\n  select from graphile_worker._private_jobs j\n  join graphile_worker._private_tasks t on t.id = j.task_id and t.identifier = 'run_operations'\n  where j.payload ->> 'suite_id' = :suiteId!::bigint::text and j.is_available and j.run_at < now() + interval '1 second'\n)"};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.queue_operations(:suiteId!, now() + make_interval(secs => :delaySeconds!))
 * where not exists (
 *   select from graphile_worker._private_jobs j
 *   join graphile_worker._private_tasks t on t.id = j.task_id and t.identifier = 'run_operations'
 *   where j.payload ->> 'suite_id' = :suiteId!::bigint::text and j.is_available and j.run_at < now() + interval '1 second'
 * )
 * ```
 */
export const queueOperationsUnlessQueued = new PreparedQuery<IQueueOperationsUnlessQueuedParams,IQueueOperationsUnlessQueuedResult>(queueOperationsUnlessQueuedIR);


/** 'SubmitJob' parameters type */
export interface ISubmitJobParams {
  jobId: string;
  task: string;
}

/** 'SubmitJob' return type */
export type ISubmitJobResult = void;

/** 'SubmitJob' query type */
export interface ISubmitJobQuery {
  params: ISubmitJobParams;
  result: ISubmitJobResult;
}

const submitJobIR: any = {"usedParamSet":{"jobId":true,"task":true},"params":[{"name":"jobId","required":true,"transform":{"type":"scalar"},"locs":[{"a":248,"b":254}]},{"name":"task","required":true,"transform":{"type":"scalar"},"locs":[{"a":457,"b":462}]}],"statement":"-- the payload becomes the receipt: who runs the job again, because its worker died before it could say so, submits nothing\nwith job as materialized (\n  select j.id, j.payload::jsonb as payload\n  from graphile_worker._private_jobs j\n  where j.id = :jobId! and not j.payload::jsonb ? 'submitted_operation'\n  for update\n),\nsubmitted as materialized (\n  select job.id as job_id, o.suite_id, o.id\n  from job\n  cross join lateral bulkhead_private.submit_payload(:task!, job.payload) as o\n)\nupdate graphile_worker._private_jobs j\nset payload = json_build_object('suite_id', s.suite_id::text, 'submitted_operation', s.id::text)\nfrom submitted s\nwhere j.id = s.job_id"};

/**
 * Query generated from SQL:
 * ```
 * -- the payload becomes the receipt: who runs the job again, because its worker died before it could say so, submits nothing
 * with job as materialized (
 *   select j.id, j.payload::jsonb as payload
 *   from graphile_worker._private_jobs j
 *   where j.id = :jobId! and not j.payload::jsonb ? 'submitted_operation'
 *   for update
 * ),
 * submitted as materialized (
 *   select job.id as job_id, o.suite_id, o.id
 *   from job
 *   cross join lateral bulkhead_private.submit_payload(:task!, job.payload) as o
 * )
 * update graphile_worker._private_jobs j
 * set payload = json_build_object('suite_id', s.suite_id::text, 'submitted_operation', s.id::text)
 * from submitted s
 * where j.id = s.job_id
 * ```
 */
export const submitJob = new PreparedQuery<ISubmitJobParams,ISubmitJobResult>(submitJobIR);


/** 'LimitChunkTime' parameters type */
export type ILimitChunkTimeParams = void;

/** 'LimitChunkTime' return type */
export interface ILimitChunkTimeResult {
  lock_timeout: string;
  statement_timeout: string;
}

/** 'LimitChunkTime' query type */
export interface ILimitChunkTimeQuery {
  params: ILimitChunkTimeParams;
  result: ILimitChunkTimeResult;
}

const limitChunkTimeIR: any = {"usedParamSet":{},"params":[],"statement":"select\n  set_config('lock_timeout', '200ms', false) as \"lock_timeout!\",\n  set_config('statement_timeout', '250ms', false) as \"statement_timeout!\""};

/**
 * Query generated from SQL:
 * ```
 * select
 *   set_config('lock_timeout', '200ms', false) as "lock_timeout!",
 *   set_config('statement_timeout', '250ms', false) as "statement_timeout!"
 * ```
 */
export const limitChunkTime = new PreparedQuery<ILimitChunkTimeParams,ILimitChunkTimeResult>(limitChunkTimeIR);


/** 'UnlimitChunkTime' parameters type */
export type IUnlimitChunkTimeParams = void;

/** 'UnlimitChunkTime' return type */
export interface IUnlimitChunkTimeResult {
  lock_timeout: string;
  statement_timeout: string;
}

/** 'UnlimitChunkTime' query type */
export interface IUnlimitChunkTimeQuery {
  params: IUnlimitChunkTimeParams;
  result: IUnlimitChunkTimeResult;
}

const unlimitChunkTimeIR: any = {"usedParamSet":{},"params":[],"statement":"select\n  set_config('lock_timeout', '0', false) as \"lock_timeout!\",\n  set_config('statement_timeout', '0', false) as \"statement_timeout!\""};

/**
 * Query generated from SQL:
 * ```
 * select
 *   set_config('lock_timeout', '0', false) as "lock_timeout!",
 *   set_config('statement_timeout', '0', false) as "statement_timeout!"
 * ```
 */
export const unlimitChunkTime = new PreparedQuery<IUnlimitChunkTimeParams,IUnlimitChunkTimeResult>(unlimitChunkTimeIR);


/** 'HoldWorkerLock' parameters type */
export interface IHoldWorkerLockParams {
  workerId: string;
}

/** 'HoldWorkerLock' return type */
export interface IHoldWorkerLockResult {
  pg_advisory_lock: undefined | null;
}

/** 'HoldWorkerLock' query type */
export interface IHoldWorkerLockQuery {
  params: IHoldWorkerLockParams;
  result: IHoldWorkerLockResult;
}

const holdWorkerLockIR: any = {"usedParamSet":{"workerId":true},"params":[{"name":"workerId","required":true,"transform":{"type":"scalar"},"locs":[{"a":57,"b":66}]}],"statement":"select pg_advisory_lock(bulkhead_private.worker_lock_key(:workerId!))"};

/**
 * Query generated from SQL:
 * ```
 * select pg_advisory_lock(bulkhead_private.worker_lock_key(:workerId!))
 * ```
 */
export const holdWorkerLock = new PreparedQuery<IHoldWorkerLockParams,IHoldWorkerLockResult>(holdWorkerLockIR);


/** 'RecoverOperations' parameters type */
export type IRecoverOperationsParams = void;

/** 'RecoverOperations' return type */
export interface IRecoverOperationsResult {
  suite_id: string;
}

/** 'RecoverOperations' query type */
export interface IRecoverOperationsQuery {
  params: IRecoverOperationsParams;
  result: IRecoverOperationsResult;
}

const recoverOperationsIR: any = {"usedParamSet":{},"params":[],"statement":"select suite_id as \"suite_id!\" from bulkhead_private.recover_operations() as queued (suite_id)"};

/**
 * Query generated from SQL:
 * ```
 * select suite_id as "suite_id!" from bulkhead_private.recover_operations() as queued (suite_id)
 * ```
 */
export const recoverOperations = new PreparedQuery<IRecoverOperationsParams,IRecoverOperationsResult>(recoverOperationsIR);


/** 'PruneChangeLog' parameters type */
export type IPruneChangeLogParams = void;

/** 'PruneChangeLog' return type */
export interface IPruneChangeLogResult {
  pruned: string;
}

/** 'PruneChangeLog' query type */
export interface IPruneChangeLogQuery {
  params: IPruneChangeLogParams;
  result: IPruneChangeLogResult;
}

const pruneChangeLogIR: any = {"usedParamSet":{},"params":[],"statement":"select bulkhead_private.prune_change_log() as \"pruned!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.prune_change_log() as "pruned!"
 * ```
 */
export const pruneChangeLog = new PreparedQuery<IPruneChangeLogParams,IPruneChangeLogResult>(pruneChangeLogIR);


/** 'PruneAppendAnswers' parameters type */
export type IPruneAppendAnswersParams = void;

/** 'PruneAppendAnswers' return type */
export interface IPruneAppendAnswersResult {
  pruned: string;
}

/** 'PruneAppendAnswers' query type */
export interface IPruneAppendAnswersQuery {
  params: IPruneAppendAnswersParams;
  result: IPruneAppendAnswersResult;
}

const pruneAppendAnswersIR: any = {"usedParamSet":{},"params":[],"statement":"select bulkhead_private.prune_append_answers() as \"pruned!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.prune_append_answers() as "pruned!"
 * ```
 */
export const pruneAppendAnswers = new PreparedQuery<IPruneAppendAnswersParams,IPruneAppendAnswersResult>(pruneAppendAnswersIR);


/** 'PruneRoutePulls' parameters type */
export type IPruneRoutePullsParams = void;

/** 'PruneRoutePulls' return type */
export interface IPruneRoutePullsResult {
  pruned: string;
}

/** 'PruneRoutePulls' query type */
export interface IPruneRoutePullsQuery {
  params: IPruneRoutePullsParams;
  result: IPruneRoutePullsResult;
}

const pruneRoutePullsIR: any = {"usedParamSet":{},"params":[],"statement":"select bulkhead_private.prune_route_pulls() as \"pruned!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.prune_route_pulls() as "pruned!"
 * ```
 */
export const pruneRoutePulls = new PreparedQuery<IPruneRoutePullsParams,IPruneRoutePullsResult>(pruneRoutePullsIR);


/** 'GiveUpJob' parameters type */
export interface IGiveUpJobParams {
  jobId: string;
}

/** 'GiveUpJob' return type */
export type IGiveUpJobResult = void;

/** 'GiveUpJob' query type */
export interface IGiveUpJobQuery {
  params: IGiveUpJobParams;
  result: IGiveUpJobResult;
}

const giveUpJobIR: any = {"usedParamSet":{"jobId":true},"params":[{"name":"jobId","required":true,"transform":{"type":"scalar"},"locs":[{"a":76,"b":82}]}],"statement":"update graphile_worker._private_jobs set max_attempts = attempts where id = :jobId!"};

/**
 * Query generated from SQL:
 * ```
 * update graphile_worker._private_jobs set max_attempts = attempts where id = :jobId!
 * ```
 */
export const giveUpJob = new PreparedQuery<IGiveUpJobParams,IGiveUpJobResult>(giveUpJobIR);


