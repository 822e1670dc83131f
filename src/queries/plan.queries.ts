/** Types generated for queries found in "sql/plan.sql" */
import { PreparedQuery } from '@pgtyped/runtime';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** 'LimitMeasuring' parameters type */
export type ILimitMeasuringParams = void;

/** 'LimitMeasuring' return type */
export interface ILimitMeasuringResult {
  idle_timeout: string;
  lock_timeout: string;
  statement_timeout: string;
}

/** 'LimitMeasuring' query type */
export interface ILimitMeasuringQuery {
  params: ILimitMeasuringParams;
  result: ILimitMeasuringResult;
}

const limitMeasuringIR: any = {"usedParamSet":{},"params":[],"statement":"select\n  set_config('lock_timeout', '200ms', false) as \"lock_timeout!\",\n  set_config('statement_timeout', '5s', false) as \"statement_timeout!\",\n  set_config('idle_in_transaction_session_timeout', '60s', false) as \"idle_timeout!\""};

/**
 * Query generated from SQL:
 * ```
 * select
 *   set_config('lock_timeout', '200ms', false) as "lock_timeout!",
 *   set_config('statement_timeout', '5s', false) as "statement_timeout!",
 *   set_config('idle_in_transaction_session_timeout', '60s', false) as "idle_timeout!"
 * ```
 */
export const limitMeasuring = new PreparedQuery<ILimitMeasuringParams,ILimitMeasuringResult>(limitMeasuringIR);


/** 'ReadServer' parameters type */
export type IReadServerParams = void;

/** 'ReadServer' return type */
export interface IReadServerResult {
  connections: number;
  read_only: boolean;
  version: string;
}

/** 'ReadServer' query type */
export interface IReadServerQuery {
  params: IReadServerParams;
  result: IReadServerResult;
}

const readServerIR: any = {"usedParamSet":{},"params":[],"statement":"select\n  current_setting('server_version') as \"version!\",\n  current_setting('max_connections')::integer as \"connections!\",\n  current_setting('transaction_read_only')::boolean as \"read_only!\""};

/**
 * Query generated from SQL:
 * ```
 * select
 *   current_setting('server_version') as "version!",
 *   current_setting('max_connections')::integer as "connections!",
 *   current_setting('transaction_read_only')::boolean as "read_only!"
 * ```
 */
export const readServer = new PreparedQuery<IReadServerParams,IReadServerResult>(readServerIR);


/** 'AddSuite' parameters type */
export interface IAddSuiteParams {
  slug: string;
}

/** 'AddSuite' return type */
export interface IAddSuiteResult {
  id: string;
}

/** 'AddSuite' query type */
export interface IAddSuiteQuery {
  params: IAddSuiteParams;
  result: IAddSuiteResult;
}

const addSuiteIR: any = {"usedParamSet":{"slug":true},"params":[{"name":"slug","required":true,"transform":{"type":"scalar"},"locs":[{"a":148,"b":153}]}],"statement":"-- not create_suite, which would make the caller a member and so hold a row that others write\ninsert into bulkhead.test_suites (slug, name) values (:slug!, 'bulkhead plan measures here') returning id as \"id!\""};

/**
 * Query generated from SQL:
 * ```
 * -- not create_suite, which would make the caller a member and so hold a row that others write
 * insert into bulkhead.test_suites (slug, name) values (:slug!, 'bulkhead plan measures here') returning id as "id!"
 * ```
 */
export const addSuite = new PreparedQuery<IAddSuiteParams,IAddSuiteResult>(addSuiteIR);


/** 'AppendMeasured' parameters type */
export interface IAppendMeasuredParams {
  cases: Json;
  suiteId: string;
}

/** 'AppendMeasured' return type */
export interface IAppendMeasuredResult {
  cases: number;
}

/** 'AppendMeasured' query type */
export interface IAppendMeasuredQuery {
  params: IAppendMeasuredParams;
  result: IAppendMeasuredResult;
}

const appendMeasuredIR: any = {"usedParamSet":{"suiteId":true,"cases":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":64,"b":72}]},{"name":"cases","required":true,"transform":{"type":"scalar"},"locs":[{"a":75,"b":81}]}],"statement":"select count(*)::integer as \"cases!\" from bulkhead.append_cases(:suiteId!, :cases!)"};

/**
 * Query generated from SQL:
 * ```
 * select count(*)::integer as "cases!" from bulkhead.append_cases(:suiteId!, :cases!)
 * ```
 */
export const appendMeasured = new PreparedQuery<IAppendMeasuredParams,IAppendMeasuredResult>(appendMeasuredIR);


/** 'SubmitMeasured' parameters type */
export interface ISubmitMeasuredParams {
  suiteId: string;
  tag: string;
}

/** 'SubmitMeasured' return type */
export interface ISubmitMeasuredResult {
  id: string;
}

/** 'SubmitMeasured' query type */
export interface ISubmitMeasuredQuery {
  params: ISubmitMeasuredParams;
  result: ISubmitMeasuredResult;
}

const submitMeasuredIR: any = {"usedParamSet":{"suiteId":true,"tag":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":42,"b":50}]},{"name":"tag","required":true,"transform":{"type":"scalar"},"locs":[{"a":66,"b":70}]}],"statement":"select id as \"id!\" from bulkhead.bulk_tag(:suiteId!, add => array[:tag!], all_cases => true)"};

/**
 * Query generated from SQL:
 * ```
 * select id as "id!" from bulkhead.bulk_tag(:suiteId!, add => array[:tag!], all_cases => true)
 * ```
 */
export const submitMeasured = new PreparedQuery<ISubmitMeasuredParams,ISubmitMeasuredResult>(submitMeasuredIR);


/** 'SizeNextChunk' parameters type */
export interface ISizeNextChunkParams {
  operationId: string;
  size: number;
  suiteId: string;
}

/** 'SizeNextChunk' return type */
export type ISizeNextChunkResult = void;

/** 'SizeNextChunk' query type */
export interface ISizeNextChunkQuery {
  params: ISizeNextChunkParams;
  result: ISizeNextChunkResult;
}

const sizeNextChunkIR: any = {"usedParamSet":{"size":true,"suiteId":true,"operationId":true},"params":[{"name":"size","required":true,"transform":{"type":"scalar"},"locs":[{"a":49,"b":54}]},{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":73,"b":81}]},{"name":"operationId","required":true,"transform":{"type":"scalar"},"locs":[{"a":92,"b":104}]}],"statement":"update bulkhead.bulk_operations set chunk_size = :size! where suite_id = :suiteId! and id = :operationId!"};

/**
 * Query generated from SQL:
 * ```
 * update bulkhead.bulk_operations set chunk_size = :size! where suite_id = :suiteId! and id = :operationId!
 * ```
 */
export const sizeNextChunk = new PreparedQuery<ISizeNextChunkParams,ISizeNextChunkResult>(sizeNextChunkIR);


/** 'LogByFunction' parameters type */
export interface ILogByFunctionParams {
  value: string;
}

/** 'LogByFunction' return type */
export interface ILogByFunctionResult {
  value: string;
}

/** 'LogByFunction' query type */
export interface ILogByFunctionQuery {
  params: ILogByFunctionParams;
  result: ILogByFunctionResult;
}

const logByFunctionIR: any = {"usedParamSet":{"value":true},"params":[{"name":"value","required":true,"transform":{"type":"scalar"},"locs":[{"a":49,"b":55}]}],"statement":"select set_config('bulkhead.logged_by_function', :value!, true) as \"value!\""};

/**
 * Query generated from SQL:
 * ```
 * select set_config('bulkhead.logged_by_function', :value!, true) as "value!"
 * ```
 */
export const logByFunction = new PreparedQuery<ILogByFunctionParams,ILogByFunctionResult>(logByFunctionIR);


/** 'DefineMeasured' parameters type */
export interface IDefineMeasuredParams {
  suiteId: string;
  tag: string;
}

/** 'DefineMeasured' return type */
export type IDefineMeasuredResult = void;

/** 'DefineMeasured' query type */
export interface IDefineMeasuredQuery {
  params: IDefineMeasuredParams;
  result: IDefineMeasuredResult;
}

const defineMeasuredIR: any = {"usedParamSet":{"suiteId":true,"tag":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":57,"b":65}]},{"name":"tag","required":true,"transform":{"type":"scalar"},"locs":[{"a":68,"b":72}]}],"statement":"insert into bulkhead.suite_tags (suite_id, name) values (:suiteId!, :tag!)"};

/**
 * Query generated from SQL:
 * ```
 * insert into bulkhead.suite_tags (suite_id, name) values (:suiteId!, :tag!)
 * ```
 */
export const defineMeasured = new PreparedQuery<IDefineMeasuredParams,IDefineMeasuredResult>(defineMeasuredIR);


/** 'FirstCases' parameters type */
export interface IFirstCasesParams {
  limit: string;
  suiteId: string;
}

/** 'FirstCases' return type */
export interface IFirstCasesResult {
  id: string;
}

/** 'FirstCases' query type */
export interface IFirstCasesQuery {
  params: IFirstCasesParams;
  result: IFirstCasesResult;
}

const firstCasesIR: any = {"usedParamSet":{"suiteId":true,"limit":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":61,"b":69}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":89,"b":95}]}],"statement":"select id as \"id!\" from bulkhead.test_cases where suite_id = :suiteId! order by id limit :limit!"};

/**
 * Query generated from SQL:
 * ```
 * select id as "id!" from bulkhead.test_cases where suite_id = :suiteId! order by id limit :limit!
 * ```
 */
export const firstCases = new PreparedQuery<IFirstCasesParams,IFirstCasesResult>(firstCasesIR);


/** 'LinkOne' parameters type */
export interface ILinkOneParams {
  caseId: string;
  suiteId: string;
  tag: string;
}

/** 'LinkOne' return type */
export type ILinkOneResult = void;

/** 'LinkOne' query type */
export interface ILinkOneQuery {
  params: ILinkOneParams;
  result: ILinkOneResult;
}

const linkOneIR: any = {"usedParamSet":{"suiteId":true,"caseId":true,"tag":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":69,"b":77}]},{"name":"caseId","required":true,"transform":{"type":"scalar"},"locs":[{"a":80,"b":87}]},{"name":"tag","required":true,"transform":{"type":"scalar"},"locs":[{"a":90,"b":94}]}],"statement":"insert into bulkhead.test_case_tags (suite_id, case_id, tag) values (:suiteId!, :caseId!, :tag!)"};

/**
 * Query generated from SQL:
 * ```
 * insert into bulkhead.test_case_tags (suite_id, case_id, tag) values (:suiteId!, :caseId!, :tag!)
 * ```
 */
export const linkOne = new PreparedQuery<ILinkOneParams,ILinkOneResult>(linkOneIR);


/** 'CommitNothing' parameters type */
export type ICommitNothingParams = void;

/** 'CommitNothing' return type */
export interface ICommitNothingResult {
  lsn: string;
}

/** 'CommitNothing' query type */
export interface ICommitNothingQuery {
  params: ICommitNothingParams;
  result: ICommitNothingResult;
}

const commitNothingIR: any = {"usedParamSet":{},"params":[],"statement":"-- a transaction of its own that leaves no row: its commit waits for the WAL as that of an append does\nselect pg_logical_emit_message(true, 'bulkhead plan', '')::text as \"lsn!\""};

/**
 * Query generated from SQL:
 * ```
 * -- a transaction of its own that leaves no row: its commit waits for the WAL as that of an append does
 * select pg_logical_emit_message(true, 'bulkhead plan', '')::text as "lsn!"
 * ```
 */
export const commitNothing = new PreparedQuery<ICommitNothingParams,ICommitNothingResult>(commitNothingIR);


