/** Types generated for queries found in "sql/sign-in.sql" */
import { PreparedQuery } from '@pgtyped/runtime';

export type stringArray = (string)[];

/** 'StartTokenSession' parameters type */
export interface IStartTokenSessionParams {
  hash: Buffer;
}

/** 'StartTokenSession' return type */
export interface IStartTokenSessionResult {
  session: string;
}

/** 'StartTokenSession' query type */
export interface IStartTokenSessionQuery {
  params: IStartTokenSessionParams;
  result: IStartTokenSessionResult;
}

const startTokenSessionIR: any = {"usedParamSet":{"hash":true},"params":[{"name":"hash","required":true,"transform":{"type":"scalar"},"locs":[{"a":44,"b":49}]}],"statement":"select bulkhead_private.start_token_session(:hash!) as \"session!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.start_token_session(:hash!) as "session!"
 * ```
 */
export const startTokenSession = new PreparedQuery<IStartTokenSessionParams,IStartTokenSessionResult>(startTokenSessionIR);


/** 'StartLinkSession' parameters type */
export interface IStartLinkSessionParams {
  hash: Buffer;
}

/** 'StartLinkSession' return type */
export interface IStartLinkSessionResult {
  session: string;
}

/** 'StartLinkSession' query type */
export interface IStartLinkSessionQuery {
  params: IStartLinkSessionParams;
  result: IStartLinkSessionResult;
}

const startLinkSessionIR: any = {"usedParamSet":{"hash":true},"params":[{"name":"hash","required":true,"transform":{"type":"scalar"},"locs":[{"a":41,"b":46}]}],"statement":"select bulkhead_private.use_sign_in_link(:hash!) as \"session!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.use_sign_in_link(:hash!) as "session!"
 * ```
 */
export const startLinkSession = new PreparedQuery<IStartLinkSessionParams,IStartLinkSessionResult>(startLinkSessionIR);


/** 'StartPersonSession' parameters type */
export interface IStartPersonSessionParams {
  displayName: string;
  groups: stringArray;
  principal: string;
}

/** 'StartPersonSession' return type */
export interface IStartPersonSessionResult {
  session: string;
}

/** 'StartPersonSession' query type */
export interface IStartPersonSessionQuery {
  params: IStartPersonSessionParams;
  result: IStartPersonSessionResult;
}

const startPersonSessionIR: any = {"usedParamSet":{"principal":true,"displayName":true,"groups":true},"params":[{"name":"principal","required":true,"transform":{"type":"scalar"},"locs":[{"a":54,"b":64},{"a":221,"b":231}]},{"name":"displayName","required":true,"transform":{"type":"scalar"},"locs":[{"a":83,"b":95}]},{"name":"groups","required":true,"transform":{"type":"scalar"},"locs":[{"a":108,"b":115}]}],"statement":"select bulkhead_private.start_session(\n  principal => :principal!, display_name => :displayName!, groups => :groups!, valid_for => '12 hours'\n) as \"session!\"\nwhere not exists (select from bulkhead.principals where name = :principal! and disabled_at is not null)"};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.start_session(
 *   principal => :principal!, display_name => :displayName!, groups => :groups!, valid_for => '12 hours'
 * ) as "session!"
 * where not exists (select from bulkhead.principals where name = :principal! and disabled_at is not null)
 * ```
 */
export const startPersonSession = new PreparedQuery<IStartPersonSessionParams,IStartPersonSessionResult>(startPersonSessionIR);


/** 'EndSession' parameters type */
export interface IEndSessionParams {
  hash: Buffer;
}

/** 'EndSession' return type */
export interface IEndSessionResult {
  end_session: undefined | null;
}

/** 'EndSession' query type */
export interface IEndSessionQuery {
  params: IEndSessionParams;
  result: IEndSessionResult;
}

const endSessionIR: any = {"usedParamSet":{"hash":true},"params":[{"name":"hash","required":true,"transform":{"type":"scalar"},"locs":[{"a":36,"b":41}]}],"statement":"select bulkhead_private.end_session(:hash!)"};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.end_session(:hash!)
 * ```
 */
export const endSession = new PreparedQuery<IEndSessionParams,IEndSessionResult>(endSessionIR);


/** 'CreateSignInLink' parameters type */
export type ICreateSignInLinkParams = void;

/** 'CreateSignInLink' return type */
export interface ICreateSignInLinkResult {
  link: string;
}

/** 'CreateSignInLink' query type */
export interface ICreateSignInLinkQuery {
  params: ICreateSignInLinkParams;
  result: ICreateSignInLinkResult;
}

const createSignInLinkIR: any = {"usedParamSet":{},"params":[],"statement":"select bulkhead_private.create_sign_in_link('person:local', 'This machine', '1 hour') as \"link!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.create_sign_in_link('person:local', 'This machine', '1 hour') as "link!"
 * ```
 */
export const createSignInLink = new PreparedQuery<ICreateSignInLinkParams,ICreateSignInLinkResult>(createSignInLinkIR);


/** 'DescribeMe' parameters type */
export type IDescribeMeParams = void;

/** 'DescribeMe' return type */
export interface IDescribeMeResult {
  displayName: string;
  isAdmin: boolean;
  principal: string;
}

/** 'DescribeMe' query type */
export interface IDescribeMeQuery {
  params: IDescribeMeParams;
  result: IDescribeMeResult;
}

const describeMeIR: any = {"usedParamSet":{},"params":[],"statement":"select principal as \"principal!\", display_name as \"displayName!\", is_admin as \"isAdmin!\" from bulkhead.me()"};

/**
 * Query generated from SQL:
 * ```
 * select principal as "principal!", display_name as "displayName!", is_admin as "isAdmin!" from bulkhead.me()
 * ```
 */
export const describeMe = new PreparedQuery<IDescribeMeParams,IDescribeMeResult>(describeMeIR);


/** 'ListMySuites' parameters type */
export type IListMySuitesParams = void;

/** 'ListMySuites' return type */
export interface IListMySuitesResult {
  archived: boolean;
  name: string;
  role: string | null;
  /** What people and pipelines call the suite: lower-case letters, digits, "-" and "_", at most 63 characters. */
  slug: string;
  total: number;
}

/** 'ListMySuites' query type */
export interface IListMySuitesQuery {
  params: IListMySuitesParams;
  result: IListMySuitesResult;
}

const listMySuitesIR: any = {"usedParamSet":{},"params":[],"statement":"select\n  s.slug as \"slug!\", s.name as \"name!\", s.archived_at is not null as \"archived!\",\n  bulkhead.test_suites_my_role(s) as role, (count(*) over ())::int as \"total!\"\nfrom bulkhead.test_suites s\norder by s.slug\nlimit 100"};

/**
 * Query generated from SQL:
 * ```
 * select
 *   s.slug as "slug!", s.name as "name!", s.archived_at is not null as "archived!",
 *   bulkhead.test_suites_my_role(s) as role, (count(*) over ())::int as "total!"
 * from bulkhead.test_suites s
 * order by s.slug
 * limit 100
 * ```
 */
export const listMySuites = new PreparedQuery<IListMySuitesParams,IListMySuitesResult>(listMySuitesIR);


