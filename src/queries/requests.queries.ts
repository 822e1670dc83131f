/** Types generated for queries found in "sql/requests.sql" */
import { PreparedQuery } from '@pgtyped/runtime';

/** 'FindMyRole' parameters type */
export interface IFindMyRoleParams {
  caseId?: string | null | void;
  suiteId: string;
}

/** 'FindMyRole' return type */
export interface IFindMyRoleResult {
  principal: string;
  role: string;
  seesCase: boolean;
  /** What people and pipelines call the suite: lower-case letters, digits, "-" and "_", at most 63 characters. */
  slug: string;
}

/** 'FindMyRole' query type */
export interface IFindMyRoleQuery {
  params: IFindMyRoleParams;
  result: IFindMyRoleResult;
}

const findMyRoleIR: any = {"usedParamSet":{"caseId":true,"suiteId":true},"params":[{"name":"caseId","required":false,"transform":{"type":"scalar"},"locs":[{"a":201,"b":207}]},{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":266,"b":274}]}],"statement":"select\n  s.slug as \"slug!\",\n  bulkhead.test_suites_my_role(s) as \"role!\",\n  bulkhead.current_principal() as \"principal!\",\n  exists (select from bulkhead.test_cases c where c.suite_id = s.id and c.id = :caseId) as \"seesCase!\"\nfrom bulkhead.test_suites s\nwhere s.id = :suiteId!"};

/**
 * Query generated from SQL:
 * ```
 * select
 *   s.slug as "slug!",
 *   bulkhead.test_suites_my_role(s) as "role!",
 *   bulkhead.current_principal() as "principal!",
 *   exists (select from bulkhead.test_cases c where c.suite_id = s.id and c.id = :caseId) as "seesCase!"
 * from bulkhead.test_suites s
 * where s.id = :suiteId!
 * ```
 */
export const findMyRole = new PreparedQuery<IFindMyRoleParams,IFindMyRoleResult>(findMyRoleIR);


