/** Types generated for queries found in "sql/import.sql" */
import { PreparedQuery } from '@pgtyped/runtime';

/** 'FindSuiteId' parameters type */
export interface IFindSuiteIdParams {
  slug: string;
}

/** 'FindSuiteId' return type */
export interface IFindSuiteIdResult {
  id: string;
}

/** 'FindSuiteId' query type */
export interface IFindSuiteIdQuery {
  params: IFindSuiteIdParams;
  result: IFindSuiteIdResult;
}

const findSuiteIdIR: any = {"usedParamSet":{"slug":true},"params":[{"name":"slug","required":true,"transform":{"type":"scalar"},"locs":[{"a":58,"b":63}]}],"statement":"select id as \"id!\" from bulkhead.test_suites where slug = :slug!"};

/**
 * Query generated from SQL:
 * ```
 * select id as "id!" from bulkhead.test_suites where slug = :slug!
 * ```
 */
export const findSuiteId = new PreparedQuery<IFindSuiteIdParams,IFindSuiteIdResult>(findSuiteIdIR);


/** 'RequireSuiteId' parameters type */
export interface IRequireSuiteIdParams {
  slug: string;
}

/** 'RequireSuiteId' return type */
export interface IRequireSuiteIdResult {
  id: string;
}

/** 'RequireSuiteId' query type */
export interface IRequireSuiteIdQuery {
  params: IRequireSuiteIdParams;
  result: IRequireSuiteIdResult;
}

const requireSuiteIdIR: any = {"usedParamSet":{"slug":true},"params":[{"name":"slug","required":true,"transform":{"type":"scalar"},"locs":[{"a":25,"b":30}]}],"statement":"select bulkhead.suite_id(:slug!) as \"id!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead.suite_id(:slug!) as "id!"
 * ```
 */
export const requireSuiteId = new PreparedQuery<IRequireSuiteIdParams,IRequireSuiteIdResult>(requireSuiteIdIR);


/** 'CreateSuite' parameters type */
export interface ICreateSuiteParams {
  description?: string | null | void;
  name?: string | null | void;
  slug: string;
  tagPolicy?: string | null | void;
}

/** 'CreateSuite' return type */
export interface ICreateSuiteResult {
  id: string;
}

/** 'CreateSuite' query type */
export interface ICreateSuiteQuery {
  params: ICreateSuiteParams;
  result: ICreateSuiteResult;
}

const createSuiteIR: any = {"usedParamSet":{"slug":true,"name":true,"description":true,"tagPolicy":true},"params":[{"name":"slug","required":true,"transform":{"type":"scalar"},"locs":[{"a":57,"b":62}]},{"name":"name","required":false,"transform":{"type":"scalar"},"locs":[{"a":73,"b":77}]},{"name":"description","required":false,"transform":{"type":"scalar"},"locs":[{"a":95,"b":106}]},{"name":"tagPolicy","required":false,"transform":{"type":"scalar"},"locs":[{"a":123,"b":132}]}],"statement":"select id as \"id!\"\nfrom bulkhead.create_suite(\n  slug => :slug!, name => :name, description => :description, tag_policy => :tagPolicy\n)"};

/**
 * Query generated from SQL:
 * ```
 * select id as "id!"
 * from bulkhead.create_suite(
 *   slug => :slug!, name => :name, description => :description, tag_policy => :tagPolicy
 * )
 * ```
 */
export const createSuite = new PreparedQuery<ICreateSuiteParams,ICreateSuiteResult>(createSuiteIR);


/** 'DeleteSuite' parameters type */
export interface IDeleteSuiteParams {
  suiteId: string;
}

/** 'DeleteSuite' return type */
export interface IDeleteSuiteResult {
  id: string;
}

/** 'DeleteSuite' query type */
export interface IDeleteSuiteQuery {
  params: IDeleteSuiteParams;
  result: IDeleteSuiteResult;
}

const deleteSuiteIR: any = {"usedParamSet":{"suiteId":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":46,"b":54}]}],"statement":"select id as \"id!\" from bulkhead.delete_suite(:suiteId!)"};

/**
 * Query generated from SQL:
 * ```
 * select id as "id!" from bulkhead.delete_suite(:suiteId!)
 * ```
 */
export const deleteSuite = new PreparedQuery<IDeleteSuiteParams,IDeleteSuiteResult>(deleteSuiteIR);


/** 'DefineTag' parameters type */
export interface IDefineTagParams {
  colour?: string | null | void;
  exclusiveGroup?: string | null | void;
  meaning?: string | null | void;
  name: string;
  suiteId: string;
}

/** 'DefineTag' return type */
export interface IDefineTagResult {
  name: string;
}

/** 'DefineTag' query type */
export interface IDefineTagQuery {
  params: IDefineTagParams;
  result: IDefineTagResult;
}

const defineTagIR: any = {"usedParamSet":{"suiteId":true,"name":true,"meaning":true,"colour":true,"exclusiveGroup":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":63,"b":71}]},{"name":"name","required":true,"transform":{"type":"scalar"},"locs":[{"a":84,"b":89}]},{"name":"meaning","required":false,"transform":{"type":"scalar"},"locs":[{"a":105,"b":112}]},{"name":"colour","required":false,"transform":{"type":"scalar"},"locs":[{"a":127,"b":133}]},{"name":"exclusiveGroup","required":false,"transform":{"type":"scalar"},"locs":[{"a":157,"b":171}]}],"statement":"select name as \"name!\"\nfrom bulkhead.define_tag(\n  suite_id => :suiteId!,\n  name => :name!,\n  meaning => :meaning,\n  colour => :colour,\n  exclusive_group => :exclusiveGroup\n)"};

/**
 * Query generated from SQL:
 * ```
 * select name as "name!"
 * from bulkhead.define_tag(
 *   suite_id => :suiteId!,
 *   name => :name!,
 *   meaning => :meaning,
 *   colour => :colour,
 *   exclusive_group => :exclusiveGroup
 * )
 * ```
 */
export const defineTag = new PreparedQuery<IDefineTagParams,IDefineTagResult>(defineTagIR);


/** 'SuiteHasCases' parameters type */
export interface ISuiteHasCasesParams {
  suiteId: string;
}

/** 'SuiteHasCases' return type */
export interface ISuiteHasCasesResult {
  some: boolean;
}

/** 'SuiteHasCases' query type */
export interface ISuiteHasCasesQuery {
  params: ISuiteHasCasesParams;
  result: ISuiteHasCasesResult;
}

const suiteHasCasesIR: any = {"usedParamSet":{"suiteId":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":64,"b":72}]}],"statement":"select exists (select from bulkhead.test_cases where suite_id = :suiteId!) as \"some!\""};

/**
 * Query generated from SQL:
 * ```
 * select exists (select from bulkhead.test_cases where suite_id = :suiteId!) as "some!"
 * ```
 */
export const suiteHasCases = new PreparedQuery<ISuiteHasCasesParams,ISuiteHasCasesResult>(suiteHasCasesIR);


