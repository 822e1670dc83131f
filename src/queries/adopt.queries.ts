/** Types generated for queries found in "sql/adopt.sql" */
import { PreparedQuery } from '@pgtyped/runtime';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type numberArray = (number)[];

export type stringArray = (string)[];

/** 'ListAdoptions' parameters type */
export interface IListAdoptionsParams {
  source: string;
}

/** 'ListAdoptions' return type */
export interface IListAdoptionsResult {
  casesCopied: string;
  casesExpected: string;
  copiedAt: Date | null;
  cutOverAt: Date | null;
  followedAt: Date | null;
  /** The last id of the source that was copied; committed together with the cases. */
  lastId: string | null;
  linksCopied: string;
  /** Which tables and columns of the source are what; as resolved when the copy began. */
  mapping: Json;
  /** How later changes are found: by triggers on the source, or by comparing both sides. */
  method: string;
  /** copying → following → cut_over; or going_back, until the suite is gone. */
  phase: string;
  /** What people and pipelines call the suite: lower-case letters, digits, "-" and "_", at most 63 characters. */
  slug: string;
  sourceSuite: string;
  suiteId: string;
}

/** 'ListAdoptions' query type */
export interface IListAdoptionsQuery {
  params: IListAdoptionsParams;
  result: IListAdoptionsResult;
}

const listAdoptionsIR: any = {"usedParamSet":{"source":true},"params":[{"name":"source","required":true,"transform":{"type":"scalar"},"locs":[{"a":482,"b":489}]}],"statement":"select\n  a.suite_id as \"suiteId!\", s.slug as \"slug!\", a.source_suite as \"sourceSuite!\", a.mapping as \"mapping!\", a.method as \"method!\",\n  a.phase as \"phase!\", a.cases_expected as \"casesExpected!\", a.cases_copied as \"casesCopied!\", a.links_copied as \"linksCopied!\",\n  a.last_id as \"lastId\", a.copied_at as \"copiedAt\", a.followed_at as \"followedAt\", a.cut_over_at as \"cutOverAt\"\nfrom bulkhead_private.adopted_suites a\njoin bulkhead.test_suites s on s.id = a.suite_id\nwhere a.source = :source!\norder by a.suite_id"};

/**
 * Query generated from SQL:
 * ```
 * select
 *   a.suite_id as "suiteId!", s.slug as "slug!", a.source_suite as "sourceSuite!", a.mapping as "mapping!", a.method as "method!",
 *   a.phase as "phase!", a.cases_expected as "casesExpected!", a.cases_copied as "casesCopied!", a.links_copied as "linksCopied!",
 *   a.last_id as "lastId", a.copied_at as "copiedAt", a.followed_at as "followedAt", a.cut_over_at as "cutOverAt"
 * from bulkhead_private.adopted_suites a
 * join bulkhead.test_suites s on s.id = a.suite_id
 * where a.source = :source!
 * order by a.suite_id
 * ```
 */
export const listAdoptions = new PreparedQuery<IListAdoptionsParams,IListAdoptionsResult>(listAdoptionsIR);


/** 'ListSlugs' parameters type */
export type IListSlugsParams = void;

/** 'ListSlugs' return type */
export interface IListSlugsResult {
  /** What people and pipelines call the suite: lower-case letters, digits, "-" and "_", at most 63 characters. */
  slug: string;
}

/** 'ListSlugs' query type */
export interface IListSlugsQuery {
  params: IListSlugsParams;
  result: IListSlugsResult;
}

const listSlugsIR: any = {"usedParamSet":{},"params":[],"statement":"select slug as \"slug!\" from bulkhead.test_suites"};

/**
 * Query generated from SQL:
 * ```
 * select slug as "slug!" from bulkhead.test_suites
 * ```
 */
export const listSlugs = new PreparedQuery<IListSlugsParams,IListSlugsResult>(listSlugsIR);


/** 'BeginAdoption' parameters type */
export interface IBeginAdoptionParams {
  cases: string;
  mapping: Json;
  method: string;
  name: string;
  slug: string;
  source: string;
  sourceSuite: string;
}

/** 'BeginAdoption' return type */
export interface IBeginAdoptionResult {
  suiteId: string;
}

/** 'BeginAdoption' query type */
export interface IBeginAdoptionQuery {
  params: IBeginAdoptionParams;
  result: IBeginAdoptionResult;
}

const beginAdoptionIR: any = {"usedParamSet":{"source":true,"sourceSuite":true,"slug":true,"name":true,"mapping":true,"method":true,"cases":true},"params":[{"name":"source","required":true,"transform":{"type":"scalar"},"locs":[{"a":52,"b":59}]},{"name":"sourceSuite","required":true,"transform":{"type":"scalar"},"locs":[{"a":78,"b":90}]},{"name":"slug","required":true,"transform":{"type":"scalar"},"locs":[{"a":101,"b":106}]},{"name":"name","required":true,"transform":{"type":"scalar"},"locs":[{"a":117,"b":122}]},{"name":"mapping","required":true,"transform":{"type":"scalar"},"locs":[{"a":136,"b":144}]},{"name":"method","required":true,"transform":{"type":"scalar"},"locs":[{"a":157,"b":164}]},{"name":"cases","required":true,"transform":{"type":"scalar"},"locs":[{"a":178,"b":184}]}],"statement":"select bulkhead_private.begin_adoption(\n  source => :source!, source_suite => :sourceSuite!, slug => :slug!, name => :name!, mapping => :mapping!, method => :method!,\n  cases => :cases!\n) as \"suiteId!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.begin_adoption(
 *   source => :source!, source_suite => :sourceSuite!, slug => :slug!, name => :name!, mapping => :mapping!, method => :method!,
 *   cases => :cases!
 * ) as "suiteId!"
 * ```
 */
export const beginAdoption = new PreparedQuery<IBeginAdoptionParams,IBeginAdoptionResult>(beginAdoptionIR);


/** 'ClearAdoptedRows' parameters type */
export type IClearAdoptedRowsParams = void;

/** 'ClearAdoptedRows' return type */
export interface IClearAdoptedRowsResult {
  done: string;
}

/** 'ClearAdoptedRows' query type */
export interface IClearAdoptedRowsQuery {
  params: IClearAdoptedRowsParams;
  result: IClearAdoptedRowsResult;
}

const clearAdoptedRowsIR: any = {"usedParamSet":{},"params":[],"statement":"select bulkhead_private.clear_adopted_rows()::text as \"done!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.clear_adopted_rows()::text as "done!"
 * ```
 */
export const clearAdoptedRows = new PreparedQuery<IClearAdoptedRowsParams,IClearAdoptedRowsResult>(clearAdoptedRowsIR);


/** 'DefineAdoptedTags' parameters type */
export interface IDefineAdoptedTagsParams {
  source: string;
}

/** 'DefineAdoptedTags' return type */
export interface IDefineAdoptedTagsResult {
  defined: number;
}

/** 'DefineAdoptedTags' query type */
export interface IDefineAdoptedTagsQuery {
  params: IDefineAdoptedTagsParams;
  result: IDefineAdoptedTagsResult;
}

const defineAdoptedTagsIR: any = {"usedParamSet":{"source":true},"params":[{"name":"source","required":true,"transform":{"type":"scalar"},"locs":[{"a":44,"b":51}]}],"statement":"select bulkhead_private.define_adopted_tags(:source!) as \"defined!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.define_adopted_tags(:source!) as "defined!"
 * ```
 */
export const defineAdoptedTags = new PreparedQuery<IDefineAdoptedTagsParams,IDefineAdoptedTagsResult>(defineAdoptedTagsIR);


/** 'AdoptChunk' parameters type */
export interface IAdoptChunkParams {
  firstLine: number;
  isLast: boolean;
  lastLine: number;
  suiteId: string;
}

/** 'AdoptChunk' return type */
export interface IAdoptChunkResult {
  cases: number;
  lastId: string | null;
  links: number;
}

/** 'AdoptChunk' query type */
export interface IAdoptChunkQuery {
  params: IAdoptChunkParams;
  result: IAdoptChunkResult;
}

const adoptChunkIR: any = {"usedParamSet":{"suiteId":true,"firstLine":true,"lastLine":true,"isLast":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":114,"b":122}]},{"name":"firstLine","required":true,"transform":{"type":"scalar"},"locs":[{"a":139,"b":149}]},{"name":"lastLine","required":true,"transform":{"type":"scalar"},"locs":[{"a":165,"b":174}]},{"name":"isLast","required":true,"transform":{"type":"scalar"},"locs":[{"a":188,"b":195}]}],"statement":"select cases as \"cases!\", links as \"links!\", last_id as \"lastId\"\nfrom bulkhead_private.adopt_chunk(\n  suite_id => :suiteId!, first_line => :firstLine!, last_line => :lastLine!, is_last => :isLast!\n)"};

/**
 * Query generated from SQL:
 * ```
 * select cases as "cases!", links as "links!", last_id as "lastId"
 * from bulkhead_private.adopt_chunk(
 *   suite_id => :suiteId!, first_line => :firstLine!, last_line => :lastLine!, is_last => :isLast!
 * )
 * ```
 */
export const adoptChunk = new PreparedQuery<IAdoptChunkParams,IAdoptChunkResult>(adoptChunkIR);


/** 'AdoptChanges' parameters type */
export interface IAdoptChangesParams {
  externalKeys: stringArray;
  suiteIds: stringArray;
}

/** 'AdoptChanges' return type */
export interface IAdoptChangesResult {
  deleted: number;
  inserted: number;
  links: number;
  updated: number;
}

/** 'AdoptChanges' query type */
export interface IAdoptChangesQuery {
  params: IAdoptChangesParams;
  result: IAdoptChangesResult;
}

const adoptChangesIR: any = {"usedParamSet":{"suiteIds":true,"externalKeys":true},"params":[{"name":"suiteIds","required":true,"transform":{"type":"scalar"},"locs":[{"a":132,"b":141}]},{"name":"externalKeys","required":true,"transform":{"type":"scalar"},"locs":[{"a":154,"b":167}]}],"statement":"select inserted as \"inserted!\", updated as \"updated!\", deleted as \"deleted!\", links as \"links!\"\nfrom bulkhead_private.adopt_changes(:suiteIds!::bigint[], :externalKeys!::text[])"};

/**
 * Query generated from SQL:
 * ```
 * select inserted as "inserted!", updated as "updated!", deleted as "deleted!", links as "links!"
 * from bulkhead_private.adopt_changes(:suiteIds!::bigint[], :externalKeys!::text[])
 * ```
 */
export const adoptChanges = new PreparedQuery<IAdoptChangesParams,IAdoptChangesResult>(adoptChangesIR);


/** 'NamesOfTags' parameters type */
export interface INamesOfTagsParams {
  suiteId: string;
}

/** 'NamesOfTags' return type */
export interface INamesOfTagsResult {
  name: string;
  sourceTag: string;
}

/** 'NamesOfTags' query type */
export interface INamesOfTagsQuery {
  params: INamesOfTagsParams;
  result: INamesOfTagsResult;
}

const namesOfTagsIR: any = {"usedParamSet":{"suiteId":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":103,"b":111}]}],"statement":"select source_tag as \"sourceTag!\", name as \"name!\" from bulkhead_private.adopted_tags where suite_id = :suiteId! order by source_tag"};

/**
 * Query generated from SQL:
 * ```
 * select source_tag as "sourceTag!", name as "name!" from bulkhead_private.adopted_tags where suite_id = :suiteId! order by source_tag
 * ```
 */
export const namesOfTags = new PreparedQuery<INamesOfTagsParams,INamesOfTagsResult>(namesOfTagsIR);


/** 'ProposeNames' parameters type */
export interface IProposeNamesParams {
  sourceTags: stringArray;
}

/** 'ProposeNames' return type */
export interface IProposeNamesResult {
  name: string;
  sourceTag: string;
}

/** 'ProposeNames' query type */
export interface IProposeNamesQuery {
  params: IProposeNamesParams;
  result: IProposeNamesResult;
}

const proposeNamesIR: any = {"usedParamSet":{"sourceTags":true},"params":[{"name":"sourceTags","required":true,"transform":{"type":"scalar"},"locs":[{"a":129,"b":140}]}],"statement":"select\n  t.name as \"sourceTag!\", coalesce(bulkhead.normalize_tag(t.name), 'tag_' || left(md5(t.name), 8)) as \"name!\"\nfrom unnest(:sourceTags!::text[]) as t (name)"};

/**
 * Query generated from SQL:
 * ```
 * select
 *   t.name as "sourceTag!", coalesce(bulkhead.normalize_tag(t.name), 'tag_' || left(md5(t.name), 8)) as "name!"
 * from unnest(:sourceTags!::text[]) as t (name)
 * ```
 */
export const proposeNames = new PreparedQuery<IProposeNamesParams,IProposeNamesResult>(proposeNamesIR);


/** 'HashBuckets' parameters type */
export interface IHashBucketsParams {
  buckets: number;
  suiteId: string;
}

/** 'HashBuckets' return type */
export interface IHashBucketsResult {
  bucket: number;
  cases: number;
  hash: string;
}

/** 'HashBuckets' query type */
export interface IHashBucketsQuery {
  params: IHashBucketsParams;
  result: IHashBucketsResult;
}

const hashBucketsIR: any = {"usedParamSet":{"buckets":true,"suiteId":true},"params":[{"name":"buckets","required":true,"transform":{"type":"scalar"},"locs":[{"a":26,"b":34}]},{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":258,"b":266}]}],"statement":"select\n  (c.hash_of_key % :buckets!::integer)::integer as \"bucket!\", count(*)::integer as \"cases!\", sum(c.hash)::text as \"hash!\"\nfrom (\n  select hash, ('x' || left(md5(external_key), 15))::bit(60)::bigint as hash_of_key\n  from bulkhead_private.adopted_cases(:suiteId!)\n) as c\ngroup by 1"};

/**
 * Query generated from SQL:
 * ```
 * select
 *   (c.hash_of_key % :buckets!::integer)::integer as "bucket!", count(*)::integer as "cases!", sum(c.hash)::text as "hash!"
 * from (
 *   select hash, ('x' || left(md5(external_key), 15))::bit(60)::bigint as hash_of_key
 *   from bulkhead_private.adopted_cases(:suiteId!)
 * ) as c
 * group by 1
 * ```
 */
export const hashBuckets = new PreparedQuery<IHashBucketsParams,IHashBucketsResult>(hashBucketsIR);


/** 'HashTags' parameters type */
export interface IHashTagsParams {
  suiteId: string;
}

/** 'HashTags' return type */
export interface IHashTagsResult {
  hash: string;
  links: number;
  tag: string;
}

/** 'HashTags' query type */
export interface IHashTagsQuery {
  params: IHashTagsParams;
  result: IHashTagsResult;
}

const hashTagsIR: any = {"usedParamSet":{"suiteId":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":171,"b":179}]}],"statement":"select\n  t.tag as \"tag!\", count(*)::integer as \"links!\", sum(('x' || left(md5(c.external_key), 15))::bit(60)::bigint)::text as \"hash!\"\nfrom bulkhead_private.adopted_cases(:suiteId!) as c\ncross join unnest(c.tags) as t (tag)\ngroup by t.tag"};

/**
 * Query generated from SQL:
 * ```
 * select
 *   t.tag as "tag!", count(*)::integer as "links!", sum(('x' || left(md5(c.external_key), 15))::bit(60)::bigint)::text as "hash!"
 * from bulkhead_private.adopted_cases(:suiteId!) as c
 * cross join unnest(c.tags) as t (tag)
 * group by t.tag
 * ```
 */
export const hashTags = new PreparedQuery<IHashTagsParams,IHashTagsResult>(hashTagsIR);


/** 'CasesOfBuckets' parameters type */
export interface ICasesOfBucketsParams {
  buckets: number;
  suiteId: string;
  wanted: numberArray;
}

/** 'CasesOfBuckets' return type */
export interface ICasesOfBucketsResult {
  externalKey: string;
  hash: string;
}

/** 'CasesOfBuckets' query type */
export interface ICasesOfBucketsQuery {
  params: ICasesOfBucketsParams;
  result: ICasesOfBucketsResult;
}

const casesOfBucketsIR: any = {"usedParamSet":{"suiteId":true,"buckets":true,"wanted":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":101,"b":109}]},{"name":"buckets","required":true,"transform":{"type":"scalar"},"locs":[{"a":181,"b":189}]},{"name":"wanted","required":true,"transform":{"type":"scalar"},"locs":[{"a":207,"b":214}]}],"statement":"select c.external_key as \"externalKey!\", c.hash::text as \"hash!\"\nfrom bulkhead_private.adopted_cases(:suiteId!) as c\nwhere ('x' || left(md5(c.external_key), 15))::bit(60)::bigint % :buckets!::integer = any (:wanted!::integer[])"};

/**
 * Query generated from SQL:
 * ```
 * select c.external_key as "externalKey!", c.hash::text as "hash!"
 * from bulkhead_private.adopted_cases(:suiteId!) as c
 * where ('x' || left(md5(c.external_key), 15))::bit(60)::bigint % :buckets!::integer = any (:wanted!::integer[])
 * ```
 */
export const casesOfBuckets = new PreparedQuery<ICasesOfBucketsParams,ICasesOfBucketsResult>(casesOfBucketsIR);


/** 'FinishAdoption' parameters type */
export interface IFinishAdoptionParams {
  suiteId: string;
}

/** 'FinishAdoption' return type */
export interface IFinishAdoptionResult {
  done: string;
}

/** 'FinishAdoption' query type */
export interface IFinishAdoptionQuery {
  params: IFinishAdoptionParams;
  result: IFinishAdoptionResult;
}

const finishAdoptionIR: any = {"usedParamSet":{"suiteId":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":40,"b":48}]}],"statement":"select bulkhead_private.finish_adoption(:suiteId!)::text as \"done!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.finish_adoption(:suiteId!)::text as "done!"
 * ```
 */
export const finishAdoption = new PreparedQuery<IFinishAdoptionParams,IFinishAdoptionResult>(finishAdoptionIR);


/** 'DropAdoptedChunk' parameters type */
export interface IDropAdoptedChunkParams {
  cases: number;
  suiteId: string;
}

/** 'DropAdoptedChunk' return type */
export interface IDropAdoptedChunkResult {
  cases: number;
}

/** 'DropAdoptedChunk' query type */
export interface IDropAdoptedChunkQuery {
  params: IDropAdoptedChunkParams;
  result: IDropAdoptedChunkResult;
}

const dropAdoptedChunkIR: any = {"usedParamSet":{"suiteId":true,"cases":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":55,"b":63}]},{"name":"cases","required":true,"transform":{"type":"scalar"},"locs":[{"a":75,"b":81}]}],"statement":"select bulkhead_private.drop_adopted_chunk(suite_id => :suiteId!, cases => :cases!) as \"cases!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead_private.drop_adopted_chunk(suite_id => :suiteId!, cases => :cases!) as "cases!"
 * ```
 */
export const dropAdoptedChunk = new PreparedQuery<IDropAdoptedChunkParams,IDropAdoptedChunkResult>(dropAdoptedChunkIR);


/** 'LockAdoption' parameters type */
export interface ILockAdoptionParams {
  source: string;
}

/** 'LockAdoption' return type */
export interface ILockAdoptionResult {
  locked: boolean;
}

/** 'LockAdoption' query type */
export interface ILockAdoptionQuery {
  params: ILockAdoptionParams;
  result: ILockAdoptionResult;
}

const lockAdoptionIR: any = {"usedParamSet":{"source":true},"params":[{"name":"source","required":true,"transform":{"type":"scalar"},"locs":[{"a":69,"b":76}]}],"statement":"select pg_try_advisory_lock(hashtextextended('bulkhead.adoption ' || :source!, 0)) as \"locked!\""};

/**
 * Query generated from SQL:
 * ```
 * select pg_try_advisory_lock(hashtextextended('bulkhead.adoption ' || :source!, 0)) as "locked!"
 * ```
 */
export const lockAdoption = new PreparedQuery<ILockAdoptionParams,ILockAdoptionResult>(lockAdoptionIR);


/** 'HoldSuite' parameters type */
export interface IHoldSuiteParams {
  suiteId: string;
}

/** 'HoldSuite' return type */
export interface IHoldSuiteResult {
  held: string;
}

/** 'HoldSuite' query type */
export interface IHoldSuiteQuery {
  params: IHoldSuiteParams;
  result: IHoldSuiteResult;
}

const holdSuiteIR: any = {"usedParamSet":{"suiteId":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":56,"b":64}]}],"statement":"select pg_advisory_lock(bulkhead_private.suite_lock_key(:suiteId!))::text as \"held!\""};

/**
 * Query generated from SQL:
 * ```
 * select pg_advisory_lock(bulkhead_private.suite_lock_key(:suiteId!))::text as "held!"
 * ```
 */
export const holdSuite = new PreparedQuery<IHoldSuiteParams,IHoldSuiteResult>(holdSuiteIR);


/** 'ReleaseSuite' parameters type */
export interface IReleaseSuiteParams {
  suiteId: string;
}

/** 'ReleaseSuite' return type */
export interface IReleaseSuiteResult {
  released: boolean;
}

/** 'ReleaseSuite' query type */
export interface IReleaseSuiteQuery {
  params: IReleaseSuiteParams;
  result: IReleaseSuiteResult;
}

const releaseSuiteIR: any = {"usedParamSet":{"suiteId":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":58,"b":66}]}],"statement":"select pg_advisory_unlock(bulkhead_private.suite_lock_key(:suiteId!)) as \"released!\""};

/**
 * Query generated from SQL:
 * ```
 * select pg_advisory_unlock(bulkhead_private.suite_lock_key(:suiteId!)) as "released!"
 * ```
 */
export const releaseSuite = new PreparedQuery<IReleaseSuiteParams,IReleaseSuiteResult>(releaseSuiteIR);


