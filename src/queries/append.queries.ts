/** Types generated for queries found in "sql/append.sql" */
import { PreparedQuery } from '@pgtyped/runtime';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type stringArray = (string)[];

/** 'ClearStaging' parameters type */
export type IClearStagingParams = void;

/** 'ClearStaging' return type */
export interface IClearStagingResult {
  clear_staging: undefined | null;
}

/** 'ClearStaging' query type */
export interface IClearStagingQuery {
  params: IClearStagingParams;
  result: IClearStagingResult;
}

const clearStagingIR: any = {"usedParamSet":{},"params":[],"statement":"select bulkhead_private.clear_staging()"};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.clear_staging()
 * ```
 */
export const clearStaging = new PreparedQuery<IClearStagingParams,IClearStagingResult>(clearStagingIR);


/** 'BeginImport' parameters type */
export interface IBeginImportParams {
  onConflict: string;
  slug: string;
}

/** 'BeginImport' return type */
export interface IBeginImportResult {
  begin_import: undefined | null;
  id: string;
}

/** 'BeginImport' query type */
export interface IBeginImportQuery {
  params: IBeginImportParams;
  result: IBeginImportResult;
}

const beginImportIR: any = {"usedParamSet":{"onConflict":true,"slug":true},"params":[{"name":"onConflict","required":true,"transform":{"type":"scalar"},"locs":[{"a":50,"b":61}]},{"name":"slug","required":true,"transform":{"type":"scalar"},"locs":[{"a":87,"b":92}]}],"statement":"select s.id as \"id!\", bulkhead.begin_import(s.id, :onConflict!)\nfrom bulkhead.suite_id(:slug!) as s (id)"};

/**
 * Query generated from SQL:
 * ```
 * select s.id as "id!", bulkhead.begin_import(s.id, :onConflict!)
 * from bulkhead.suite_id(:slug!) as s (id)
 * ```
 */
export const beginImport = new PreparedQuery<IBeginImportParams,IBeginImportResult>(beginImportIR);


/** 'ImportAtOnce' parameters type */
export interface IImportAtOnceParams {
  importRows: string;
  onConflict: string;
  requestHash?: Buffer | null | void;
  requestKey?: string | null | void;
  slug: string;
  tagMeanings: Json;
}

/** 'ImportAtOnce' return type */
export interface IImportAtOnceResult {
  cases: number;
  inserted: number;
  is_replayed: boolean;
  new_tags: stringArray;
  results: string;
  skipped: number;
  unchanged: number;
  updated: number;
}

/** 'ImportAtOnce' query type */
export interface IImportAtOnceQuery {
  params: IImportAtOnceParams;
  result: IImportAtOnceResult;
}

const importAtOnceIR: any = {"usedParamSet":{"slug":true,"onConflict":true,"importRows":true,"tagMeanings":true,"requestKey":true,"requestHash":true},"params":[{"name":"slug","required":true,"transform":{"type":"scalar"},"locs":[{"a":229,"b":234}]},{"name":"onConflict","required":true,"transform":{"type":"scalar"},"locs":[{"a":296,"b":307}]},{"name":"importRows","required":true,"transform":{"type":"scalar"},"locs":[{"a":310,"b":321}]},{"name":"tagMeanings","required":true,"transform":{"type":"scalar"},"locs":[{"a":337,"b":349}]},{"name":"requestKey","required":false,"transform":{"type":"scalar"},"locs":[{"a":352,"b":362}]},{"name":"requestHash","required":false,"transform":{"type":"scalar"},"locs":[{"a":365,"b":376}]}],"statement":"select\n  cases as \"cases!\", inserted as \"inserted!\", unchanged as \"unchanged!\", updated as \"updated!\", skipped as \"skipped!\",\n  new_tags as \"new_tags!\", results as \"results!\", is_replayed as \"is_replayed!\"\nfrom bulkhead.suite_id(:slug!) as s (id)\ncross join lateral bulkhead.import_at_once(s.id, :onConflict!, :importRows!::text::jsonb, :tagMeanings!, :requestKey, :requestHash)"};

/**
 * Query generated from SQL:
 * ```
 * select
 *   cases as "cases!", inserted as "inserted!", unchanged as "unchanged!", updated as "updated!", skipped as "skipped!",
 *   new_tags as "new_tags!", results as "results!", is_replayed as "is_replayed!"
 * from bulkhead.suite_id(:slug!) as s (id)
 * cross join lateral bulkhead.import_at_once(s.id, :onConflict!, :importRows!::text::jsonb, :tagMeanings!, :requestKey, :requestHash)
 * ```
 */
export const importAtOnce = new PreparedQuery<IImportAtOnceParams,IImportAtOnceResult>(importAtOnceIR);


/** 'DefineImportTags' parameters type */
export interface IDefineImportTagsParams {
  dryRun: boolean;
  suiteId: string;
  tagMeanings: Json;
}

/** 'DefineImportTags' return type */
export interface IDefineImportTagsResult {
  name: string;
}

/** 'DefineImportTags' query type */
export interface IDefineImportTagsQuery {
  params: IDefineImportTagsParams;
  result: IDefineImportTagsResult;
}

const defineImportTagsIR: any = {"usedParamSet":{"suiteId":true,"tagMeanings":true,"dryRun":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":56,"b":64}]},{"name":"tagMeanings","required":true,"transform":{"type":"scalar"},"locs":[{"a":67,"b":79}]},{"name":"dryRun","required":true,"transform":{"type":"scalar"},"locs":[{"a":82,"b":89}]}],"statement":"select name as \"name!\"\nfrom bulkhead.define_import_tags(:suiteId!, :tagMeanings!, :dryRun!) as defined (name)"};

/**
 * Query generated from SQL:
 * ```
 * select name as "name!"
 * from bulkhead.define_import_tags(:suiteId!, :tagMeanings!, :dryRun!) as defined (name)
 * ```
 */
export const defineImportTags = new PreparedQuery<IDefineImportTagsParams,IDefineImportTagsResult>(defineImportTagsIR);


/** 'AppendImport' parameters type */
export interface IAppendImportParams {
  dryRun: boolean;
  onConflict: string;
  requestHash?: Buffer | null | void;
  requestKey?: string | null | void;
  suiteId: string;
}

/** 'AppendImport' return type */
export interface IAppendImportResult {
  cases: number;
  inserted: number;
  results: string;
  skipped: number;
  unchanged: number;
  updated: number;
}

/** 'AppendImport' query type */
export interface IAppendImportQuery {
  params: IAppendImportParams;
  result: IAppendImportResult;
}

const appendImportIR: any = {"usedParamSet":{"suiteId":true,"onConflict":true,"dryRun":true,"requestKey":true,"requestHash":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":176,"b":184}]},{"name":"onConflict","required":true,"transform":{"type":"scalar"},"locs":[{"a":187,"b":198}]},{"name":"dryRun","required":true,"transform":{"type":"scalar"},"locs":[{"a":201,"b":208}]},{"name":"requestKey","required":false,"transform":{"type":"scalar"},"locs":[{"a":211,"b":221}]},{"name":"requestHash","required":false,"transform":{"type":"scalar"},"locs":[{"a":224,"b":235}]}],"statement":"select\n  cases as \"cases!\", inserted as \"inserted!\", unchanged as \"unchanged!\", updated as \"updated!\", skipped as \"skipped!\", results as \"results!\"\nfrom bulkhead.append_import(:suiteId!, :onConflict!, :dryRun!, :requestKey, :requestHash)"};

/**
 * Query generated from SQL:
 * ```
 * select
 *   cases as "cases!", inserted as "inserted!", unchanged as "unchanged!", updated as "updated!", skipped as "skipped!", results as "results!"
 * from bulkhead.append_import(:suiteId!, :onConflict!, :dryRun!, :requestKey, :requestHash)
 * ```
 */
export const appendImport = new PreparedQuery<IAppendImportParams,IAppendImportResult>(appendImportIR);


/** 'FindAnswer' parameters type */
export interface IFindAnswerParams {
  requestHash: Buffer;
  requestKey: string;
  suiteId: string;
}

/** 'FindAnswer' return type */
export interface IFindAnswerResult {
  cases: number;
  inserted: number;
  new_tags: stringArray;
  results: string;
  skipped: number;
  unchanged: number;
  updated: number;
}

/** 'FindAnswer' query type */
export interface IFindAnswerQuery {
  params: IFindAnswerParams;
  result: IFindAnswerResult;
}

const findAnswerIR: any = {"usedParamSet":{"suiteId":true,"requestKey":true,"requestHash":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":203,"b":211}]},{"name":"requestKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":214,"b":225}]},{"name":"requestHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":228,"b":240}]}],"statement":"select\n  cases as \"cases!\", inserted as \"inserted!\", unchanged as \"unchanged!\", updated as \"updated!\", skipped as \"skipped!\",\n  new_tags as \"new_tags!\", results as \"results!\"\nfrom bulkhead.append_answer(:suiteId!, :requestKey!, :requestHash!)"};

/**
 * Query generated from SQL:
 * ```
 * select
 *   cases as "cases!", inserted as "inserted!", unchanged as "unchanged!", updated as "updated!", skipped as "skipped!",
 *   new_tags as "new_tags!", results as "results!"
 * from bulkhead.append_answer(:suiteId!, :requestKey!, :requestHash!)
 * ```
 */
export const findAnswer = new PreparedQuery<IFindAnswerParams,IFindAnswerResult>(findAnswerIR);


/** 'FindImportProblems' parameters type */
export interface IFindImportProblemsParams {
  onConflict: string;
  suiteId: string;
}

/** 'FindImportProblems' return type */
export interface IFindImportProblemsResult {
  line: number;
  message: string;
  problems: string;
}

/** 'FindImportProblems' query type */
export interface IFindImportProblemsQuery {
  params: IFindImportProblemsParams;
  result: IFindImportProblemsResult;
}

const findImportProblemsIR: any = {"usedParamSet":{"suiteId":true,"onConflict":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":101,"b":109}]},{"name":"onConflict","required":true,"transform":{"type":"scalar"},"locs":[{"a":112,"b":123}]}],"statement":"select line as \"line!\", message as \"message!\", problems as \"problems!\"\nfrom bulkhead.import_problems(:suiteId!, :onConflict!)"};

/**
 * Query generated from SQL:
 * ```
 * select line as "line!", message as "message!", problems as "problems!"
 * from bulkhead.import_problems(:suiteId!, :onConflict!)
 * ```
 */
export const findImportProblems = new PreparedQuery<IFindImportProblemsParams,IFindImportProblemsResult>(findImportProblemsIR);


/** 'EndImport' parameters type */
export interface IEndImportParams {
  failed: boolean;
}

/** 'EndImport' return type */
export interface IEndImportResult {
  end_import: undefined | null;
}

/** 'EndImport' query type */
export interface IEndImportQuery {
  params: IEndImportParams;
  result: IEndImportResult;
}

const endImportIR: any = {"usedParamSet":{"failed":true},"params":[{"name":"failed","required":true,"transform":{"type":"scalar"},"locs":[{"a":27,"b":34}]}],"statement":"select bulkhead.end_import(:failed!)"};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead.end_import(:failed!)
 * ```
 */
export const endImport = new PreparedQuery<IEndImportParams,IEndImportResult>(endImportIR);


/** 'SetStatementTimeout' parameters type */
export interface ISetStatementTimeoutParams {
  milliseconds: string;
}

/** 'SetStatementTimeout' return type */
export interface ISetStatementTimeoutResult {
  statement_timeout: string;
}

/** 'SetStatementTimeout' query type */
export interface ISetStatementTimeoutQuery {
  params: ISetStatementTimeoutParams;
  result: ISetStatementTimeoutResult;
}

const setStatementTimeoutIR: any = {"usedParamSet":{"milliseconds":true},"params":[{"name":"milliseconds","required":true,"transform":{"type":"scalar"},"locs":[{"a":39,"b":52}]}],"statement":"select set_config('statement_timeout', :milliseconds!, true) as \"statement_timeout!\""};

/**
 * Query generated from SQL:
 * ```
 * select set_config('statement_timeout', :milliseconds!, true) as "statement_timeout!"
 * ```
 */
export const setStatementTimeout = new PreparedQuery<ISetStatementTimeoutParams,ISetStatementTimeoutResult>(setStatementTimeoutIR);


