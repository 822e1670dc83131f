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


/** 'FindLinesQuery' parameters type */
export interface IFindLinesQueryParams {
  status?: string | null | void;
  suiteId: string;
  where?: string | null | void;
}

/** 'FindLinesQuery' return type */
export interface IFindLinesQueryResult {
  query: string;
}

/** 'FindLinesQuery' query type */
export interface IFindLinesQueryQuery {
  params: IFindLinesQueryParams;
  result: IFindLinesQueryResult;
}

const findLinesQueryIR: any = {"usedParamSet":{"suiteId":true,"where":true,"status":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":33,"b":41}]},{"name":"where","required":false,"transform":{"type":"scalar"},"locs":[{"a":44,"b":49}]},{"name":"status","required":false,"transform":{"type":"scalar"},"locs":[{"a":52,"b":58}]}],"statement":"select bulkhead.case_lines_query(:suiteId!, :where, :status) as \"query!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead.case_lines_query(:suiteId!, :where, :status) as "query!"
 * ```
 */
export const findLinesQuery = new PreparedQuery<IFindLinesQueryParams,IFindLinesQueryResult>(findLinesQueryIR);


