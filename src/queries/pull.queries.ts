/** Types generated for queries found in "sql/pull.sql" */
import { PreparedQuery } from '@pgtyped/runtime';

/** 'PullRoute' parameters type */
export interface IPullRouteParams {
  route: string;
  suiteId: string;
}

/** 'PullRoute' return type */
export interface IPullRouteResult {
  expression: string;
  status: string | null;
}

/** 'PullRoute' query type */
export interface IPullRouteQuery {
  params: IPullRouteParams;
  result: IPullRouteResult;
}

const pullRouteIR: any = {"usedParamSet":{"suiteId":true,"route":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":68,"b":76}]},{"name":"route","required":true,"transform":{"type":"scalar"},"locs":[{"a":79,"b":85}]}],"statement":"select expression as \"expression!\", status from bulkhead.pull_route(:suiteId!, :route!)"};

/**
 * Query generated from SQL:
 * ```
 * select expression as "expression!", status from bulkhead.pull_route(:suiteId!, :route!)
 * ```
 */
export const pullRoute = new PreparedQuery<IPullRouteParams,IPullRouteResult>(pullRouteIR);


/** 'FindSnapshot' parameters type */
export interface IFindSnapshotParams {
  name: string;
  suiteId: string;
}

/** 'FindSnapshot' return type */
export interface IFindSnapshotResult {
  /** SHA-256, in hex, of a list: the SHA-256, in hex, of each thousand of its lines, a line each. Of a pulled file: split -l 1000 --filter='sha256sum | cut -c-64' lines.jsonl | sha256sum */
  sha256: string;
}

/** 'FindSnapshot' query type */
export interface IFindSnapshotQuery {
  params: IFindSnapshotParams;
  result: IFindSnapshotResult;
}

const findSnapshotIR: any = {"usedParamSet":{"suiteId":true,"name":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":74,"b":82}]},{"name":"name","required":true,"transform":{"type":"scalar"},"locs":[{"a":95,"b":100}]}],"statement":"select sha256 as \"sha256!\" from bulkhead.suite_snapshots where suite_id = :suiteId! and name = :name!"};

/**
 * Query generated from SQL:
 * ```
 * select sha256 as "sha256!" from bulkhead.suite_snapshots where suite_id = :suiteId! and name = :name!
 * ```
 */
export const findSnapshot = new PreparedQuery<IFindSnapshotParams,IFindSnapshotResult>(findSnapshotIR);


/** 'FindPullQuery' parameters type */
export interface IFindPullQueryParams {
  status?: string | null | void;
  suiteId: string;
  where?: string | null | void;
}

/** 'FindPullQuery' return type */
export interface IFindPullQueryResult {
  query: string;
  sort: string;
}

/** 'FindPullQuery' query type */
export interface IFindPullQueryQuery {
  params: IFindPullQueryParams;
  result: IFindPullQueryResult;
}

const findPullQueryIR: any = {"usedParamSet":{"suiteId":true,"where":true,"status":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":29,"b":37}]},{"name":"where","required":false,"transform":{"type":"scalar"},"locs":[{"a":40,"b":45}]},{"name":"status","required":false,"transform":{"type":"scalar"},"locs":[{"a":48,"b":54}]}],"statement":"select\n  bulkhead.pull_query(:suiteId!, :where, :status) as \"query!\",\n  set_config('enable_sort', 'off', true) as \"sort!\""};

/**
 * Query generated from SQL:
 * ```
 * select
 *   bulkhead.pull_query(:suiteId!, :where, :status) as "query!",
 *   set_config('enable_sort', 'off', true) as "sort!"
 * ```
 */
export const findPullQuery = new PreparedQuery<IFindPullQueryParams,IFindPullQueryResult>(findPullQueryIR);


