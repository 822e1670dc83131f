/** Types generated for queries found in "sql/access.sql" */
import { PreparedQuery } from '@pgtyped/runtime';

export type stringArray = (string)[];

/** 'RequireSuite' parameters type */
export interface IRequireSuiteParams {
  slug: string;
}

/** 'RequireSuite' return type */
export interface IRequireSuiteResult {
  id: string;
}

/** 'RequireSuite' query type */
export interface IRequireSuiteQuery {
  params: IRequireSuiteParams;
  result: IRequireSuiteResult;
}

const requireSuiteIR: any = {"usedParamSet":{"slug":true},"params":[{"name":"slug","required":true,"transform":{"type":"scalar"},"locs":[{"a":25,"b":30}]}],"statement":"select bulkhead.suite_id(:slug!) as \"id!\""};

/**
 * Query generated from SQL:
 * ```
 * select bulkhead.suite_id(:slug!) as "id!"
 * ```
 */
export const requireSuite = new PreparedQuery<IRequireSuiteParams,IRequireSuiteResult>(requireSuiteIR);


/** 'CreateToken' parameters type */
export interface ICreateTokenParams {
  expiresInDays?: number | null | void;
  name: string;
  role: string;
  suites: stringArray;
}

/** 'CreateToken' return type */
export interface ICreateTokenResult {
  expires_at: Date | null;
  principal: string;
  token: string;
}

/** 'CreateToken' query type */
export interface ICreateTokenQuery {
  params: ICreateTokenParams;
  result: ICreateTokenResult;
}

const createTokenIR: any = {"usedParamSet":{"suites":true,"role":true,"name":true,"expiresInDays":true},"params":[{"name":"suites","required":true,"transform":{"type":"scalar"},"locs":[{"a":158,"b":165}]},{"name":"role","required":true,"transform":{"type":"scalar"},"locs":[{"a":200,"b":205}]},{"name":"name","required":true,"transform":{"type":"scalar"},"locs":[{"a":216,"b":221}]},{"name":"expiresInDays","required":false,"transform":{"type":"scalar"},"locs":[{"a":243,"b":256}]}],"statement":"select token as \"token!\", principal as \"principal!\", expires_at\nfrom bulkhead.create_token(\n  suite_ids => array(select bulkhead.suite_id(s.slug) from unnest(:suites!::text[]) as s (slug)),\n  role => :role!, name => :name!, expires_in_days => :expiresInDays\n)"};

/**
 * Query generated from SQL:
 * ```
 * select token as "token!", principal as "principal!", expires_at
 * from bulkhead.create_token(
 *   suite_ids => array(select bulkhead.suite_id(s.slug) from unnest(:suites!::text[]) as s (slug)),
 *   role => :role!, name => :name!, expires_in_days => :expiresInDays
 * )
 * ```
 */
export const createToken = new PreparedQuery<ICreateTokenParams,ICreateTokenResult>(createTokenIR);


/** 'ListTokens' parameters type */
export interface IListTokensParams {
  suiteId?: string | null | void;
}

/** 'ListTokens' return type */
export interface IListTokensResult {
  createdAt: Date;
  /** The principal that created the token. */
  createdBy: string;
  /** Until when the token is valid; null: it does not expire. */
  expiresAt: Date | null;
  /** The first characters, by which people tell one token from another. */
  hint: string;
  /** When the token was last used, to the minute; null: never. */
  lastUsedAt: Date | null;
  name: string;
  /** The token as a principal, token:<number>: what revoke_token takes, and what its deeds are recorded under. */
  principal: string;
  /** The role that the token has in this suite. */
  role: string;
  /** What people and pipelines call the suite: lower-case letters, digits, "-" and "_", at most 63 characters. */
  suite: string;
}

/** 'ListTokens' query type */
export interface IListTokensQuery {
  params: IListTokensParams;
  result: IListTokensResult;
}

const listTokensIR: any = {"usedParamSet":{"suiteId":true},"params":[{"name":"suiteId","required":false,"transform":{"type":"scalar"},"locs":[{"a":343,"b":350}]}],"statement":"select\n  t.principal as \"principal!\", t.name as \"name!\", t.hint as \"hint!\", t.role as \"role!\", s.slug as \"suite!\",\n  t.created_by as \"createdBy!\", t.created_at as \"createdAt!\", t.expires_at as \"expiresAt\", t.last_used_at as \"lastUsedAt\"\nfrom bulkhead.suite_tokens t\njoin bulkhead.test_suites s on s.id = t.suite_id\nwhere t.suite_id = coalesce(:suiteId, t.suite_id)\norder by substr(t.principal, 7)::bigint, s.slug"};

/**
 * Query generated from SQL:
 * ```
 * select
 *   t.principal as "principal!", t.name as "name!", t.hint as "hint!", t.role as "role!", s.slug as "suite!",
 *   t.created_by as "createdBy!", t.created_at as "createdAt!", t.expires_at as "expiresAt", t.last_used_at as "lastUsedAt"
 * from bulkhead.suite_tokens t
 * join bulkhead.test_suites s on s.id = t.suite_id
 * where t.suite_id = coalesce(:suiteId, t.suite_id)
 * order by substr(t.principal, 7)::bigint, s.slug
 * ```
 */
export const listTokens = new PreparedQuery<IListTokensParams,IListTokensResult>(listTokensIR);


/** 'RevokeToken' parameters type */
export interface IRevokeTokenParams {
  principal: string;
  suiteId?: string | null | void;
}

/** 'RevokeToken' return type */
export interface IRevokeTokenResult {
  /** What people and pipelines call the suite: lower-case letters, digits, "-" and "_", at most 63 characters. */
  suite: string;
}

/** 'RevokeToken' query type */
export interface IRevokeTokenQuery {
  params: IRevokeTokenParams;
  result: IRevokeTokenResult;
}

const revokeTokenIR: any = {"usedParamSet":{"principal":true,"suiteId":true},"params":[{"name":"principal","required":true,"transform":{"type":"scalar"},"locs":[{"a":53,"b":63}]},{"name":"suiteId","required":false,"transform":{"type":"scalar"},"locs":[{"a":66,"b":73}]}],"statement":"select s.slug as \"suite!\"\nfrom bulkhead.revoke_token(:principal!, :suiteId) r\njoin bulkhead.test_suites s on s.id = r.suite_id\norder by s.slug"};

/**
 * Query generated from SQL:
 * ```
 * select s.slug as "suite!"
 * from bulkhead.revoke_token(:principal!, :suiteId) r
 * join bulkhead.test_suites s on s.id = r.suite_id
 * order by s.slug
 * ```
 */
export const revokeToken = new PreparedQuery<IRevokeTokenParams,IRevokeTokenResult>(revokeTokenIR);


/** 'ListMembers' parameters type */
export interface IListMembersParams {
  suiteId: string;
}

/** 'ListMembers' return type */
export interface IListMembersResult {
  /** When the principal became a member; its role may have changed since. */
  addedAt: Date;
  /** What people are shown: the name that the sign-in provider gives, or that of a token. */
  name: string;
  /** person:…, group:…, token:… or role:…. */
  principal: string;
  /** viewer, appender, editor or owner. */
  role: string;
}

/** 'ListMembers' query type */
export interface IListMembersQuery {
  params: IListMembersParams;
  result: IListMembersResult;
}

const listMembersIR: any = {"usedParamSet":{"suiteId":true},"params":[{"name":"suiteId","required":true,"transform":{"type":"scalar"},"locs":[{"a":207,"b":215}]}],"statement":"select m.principal as \"principal!\", p.display_name as \"name!\", m.role as \"role!\", m.added_at as \"addedAt!\"\nfrom bulkhead.suite_members m\njoin bulkhead.principals p on p.name = m.principal\nwhere m.suite_id = :suiteId!\norder by array_position('{owner,editor,appender,viewer}', m.role), m.principal"};

/**
 * Query generated from SQL:
 * ```
 * select m.principal as "principal!", p.display_name as "name!", m.role as "role!", m.added_at as "addedAt!"
 * from bulkhead.suite_members m
 * join bulkhead.principals p on p.name = m.principal
 * where m.suite_id = :suiteId!
 * order by array_position('{owner,editor,appender,viewer}', m.role), m.principal
 * ```
 */
export const listMembers = new PreparedQuery<IListMembersParams,IListMembersResult>(listMembersIR);


/** 'SetMember' parameters type */
export interface ISetMemberParams {
  principal: string;
  role: string;
  suite: string;
}

/** 'SetMember' return type */
export interface ISetMemberResult {
  principal: string;
  role: string;
}

/** 'SetMember' query type */
export interface ISetMemberQuery {
  params: ISetMemberParams;
  result: ISetMemberResult;
}

const setMemberIR: any = {"usedParamSet":{"suite":true,"principal":true,"role":true},"params":[{"name":"suite","required":true,"transform":{"type":"scalar"},"locs":[{"a":93,"b":99}]},{"name":"principal","required":true,"transform":{"type":"scalar"},"locs":[{"a":103,"b":113}]},{"name":"role","required":true,"transform":{"type":"scalar"},"locs":[{"a":116,"b":121}]}],"statement":"select principal as \"principal!\", role as \"role!\"\nfrom bulkhead.set_member(bulkhead.suite_id(:suite!), :principal!, :role!)"};

/**
 * Query generated from SQL:
 * ```
 * select principal as "principal!", role as "role!"
 * from bulkhead.set_member(bulkhead.suite_id(:suite!), :principal!, :role!)
 * ```
 */
export const setMember = new PreparedQuery<ISetMemberParams,ISetMemberResult>(setMemberIR);


/** 'RemoveMember' parameters type */
export interface IRemoveMemberParams {
  principal: string;
  suite: string;
}

/** 'RemoveMember' return type */
export interface IRemoveMemberResult {
  principal: string;
  role: string;
}

/** 'RemoveMember' query type */
export interface IRemoveMemberQuery {
  params: IRemoveMemberParams;
  result: IRemoveMemberResult;
}

const removeMemberIR: any = {"usedParamSet":{"suite":true,"principal":true},"params":[{"name":"suite","required":true,"transform":{"type":"scalar"},"locs":[{"a":96,"b":102}]},{"name":"principal","required":true,"transform":{"type":"scalar"},"locs":[{"a":106,"b":116}]}],"statement":"select principal as \"principal!\", role as \"role!\"\nfrom bulkhead.remove_member(bulkhead.suite_id(:suite!), :principal!)"};

/**
 * Query generated from SQL:
 * ```
 * select principal as "principal!", role as "role!"
 * from bulkhead.remove_member(bulkhead.suite_id(:suite!), :principal!)
 * ```
 */
export const removeMember = new PreparedQuery<IRemoveMemberParams,IRemoveMemberResult>(removeMemberIR);


/** 'ListPrincipals' parameters type */
export type IListPrincipalsParams = void;

/** 'ListPrincipals' return type */
export interface IListPrincipalsResult {
  /** Since when the principal is shut out, whatever token or session it shows. */
  disabledAt: Date | null;
  /** The role that the principal has in every suite, those created later included; null for none. */
  everywhere: string | null;
  /** An admin sees every suite, creates suites, and manages principals, and members and tokens of every suite. */
  isAdmin: boolean;
  /** What people are shown: the name that the sign-in provider gives, or that of a token. */
  name: string;
  principal: string;
  suites: number;
}

/** 'ListPrincipals' query type */
export interface IListPrincipalsQuery {
  params: IListPrincipalsParams;
  result: IListPrincipalsResult;
}

const listPrincipalsIR: any = {"usedParamSet":{},"params":[],"statement":"select\n  p.name as \"principal!\", p.display_name as \"name!\", p.is_admin as \"isAdmin!\", p.everywhere, p.disabled_at as \"disabledAt\",\n  (select count(*) from bulkhead.suite_members m where m.principal = p.name)::integer as \"suites!\"\nfrom bulkhead.principals p\nwhere p.name not like 'token:%'\norder by p.name"};

/**
 * Query generated from SQL:
 * ```
 * select
 *   p.name as "principal!", p.display_name as "name!", p.is_admin as "isAdmin!", p.everywhere, p.disabled_at as "disabledAt",
 *   (select count(*) from bulkhead.suite_members m where m.principal = p.name)::integer as "suites!"
 * from bulkhead.principals p
 * where p.name not like 'token:%'
 * order by p.name
 * ```
 */
export const listPrincipals = new PreparedQuery<IListPrincipalsParams,IListPrincipalsResult>(listPrincipalsIR);


/** 'SetPrincipal' parameters type */
export interface ISetPrincipalParams {
  disabled?: boolean | null | void;
  everywhere?: string | null | void;
  isAdmin?: boolean | null | void;
  name?: string | null | void;
  principal: string;
}

/** 'SetPrincipal' return type */
export interface ISetPrincipalResult {
  disabledAt: Date | null;
  everywhere: string | null;
  isAdmin: boolean;
  name: string;
  principal: string;
}

/** 'SetPrincipal' query type */
export interface ISetPrincipalQuery {
  params: ISetPrincipalParams;
  result: ISetPrincipalResult;
}

const setPrincipalIR: any = {"usedParamSet":{"principal":true,"name":true,"isAdmin":true,"everywhere":true,"disabled":true},"params":[{"name":"principal","required":true,"transform":{"type":"scalar"},"locs":[{"a":157,"b":167}]},{"name":"name","required":false,"transform":{"type":"scalar"},"locs":[{"a":186,"b":190}]},{"name":"isAdmin","required":false,"transform":{"type":"scalar"},"locs":[{"a":205,"b":212}]},{"name":"everywhere","required":false,"transform":{"type":"scalar"},"locs":[{"a":229,"b":239}]},{"name":"disabled","required":false,"transform":{"type":"scalar"},"locs":[{"a":254,"b":262}]}],"statement":"select name as \"principal!\", display_name as \"name!\", is_admin as \"isAdmin!\", everywhere, disabled_at as \"disabledAt\"\nfrom bulkhead.set_principal(\n  name => :principal!, display_name => :name, is_admin => :isAdmin, everywhere => :everywhere, disabled => :disabled\n)"};

/**
 * Query generated from SQL:
 * ```
 * select name as "principal!", display_name as "name!", is_admin as "isAdmin!", everywhere, disabled_at as "disabledAt"
 * from bulkhead.set_principal(
 *   name => :principal!, display_name => :name, is_admin => :isAdmin, everywhere => :everywhere, disabled => :disabled
 * )
 * ```
 */
export const setPrincipal = new PreparedQuery<ISetPrincipalParams,ISetPrincipalResult>(setPrincipalIR);


