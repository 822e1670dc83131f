/** Documents about routes, snapshots, versions and tokens; the others are in documents.ts. */
import type { Id, Selection } from './documents.ts';
import type { Document, Page } from './graphql.ts';

type InSuite = { suiteId: Id };
type NextPage = { after: string | null };
const pageInfo = 'pageInfo { hasNextPage endCursor }';

// routes

export type Route = {
  name: string;
  expression: string;
  status: string | null;
  precedence: number;
  description: string;
  createdAt: string;
};

const routeFields = 'name expression status precedence description createdAt';

export const routes: Document<{ suite: { routes: Page<Route> } | null }, InSuite & NextPage> =
  `query ($suiteId: BigInt!, $after: Cursor) {
  suite(id: $suiteId) { routes(first: 500, after: $after) { nodes { ${routeFields} } ${pageInfo} } }
}`;

export const defineRoute: Document<
  { defineRoute: { route: Route } },
  InSuite & {
    name: string;
    expression: string;
    precedence?: number;
    status?: string | null;
    description?: string;
  }
> =
  `mutation ($suiteId: BigInt!, $name: String!, $expression: String!, $precedence: Int, $status: String,
  $description: String) {
  defineRoute(input: { suiteId: $suiteId, name: $name, expression: $expression, precedence: $precedence,
    status: $status, description: $description }) { route { ${routeFields} } }
}`;

export const dropRoute: Document<{ dropRoute: { route: Route } }, InSuite & { name: string }> =
  `mutation ($suiteId: BigInt!, $name: String!) {
  dropRoute(input: { suiteId: $suiteId, name: $name }) { route { ${routeFields} } }
}`;

export const routesOfCases: Document<
  { routesOfCases: { caseId: Id; route: string | null }[] },
  InSuite & { caseIds: Id[] }
> = `query ($suiteId: BigInt!, $caseIds: [BigInt!]!) {
  routesOfCases(suiteId: $suiteId, caseIds: $caseIds) { caseId route }
}`;

export const casesByKey: Document<
  { findCases: { id: Id; externalKey: string }[] },
  InSuite & { externalKeys: string[] }
> = `query ($suiteId: BigInt!, $externalKeys: [String!]!) {
  findCases(suiteId: $suiteId, externalKeys: $externalKeys, rowLimit: 500) { id externalKey }
}`;

// snapshots

export type Snapshot = {
  name: string;
  description: string;
  selection: unknown;
  cases: string;
  sha256: string;
  createdBy: string;
  createdAt: string;
};

const snapshotFields = 'name description selection cases sha256 createdBy createdAt';

export const snapshots: Document<
  { suite: { snapshots: Page<Snapshot> } | null },
  InSuite & NextPage
> = `query ($suiteId: BigInt!, $after: Cursor) {
  suite(id: $suiteId) {
    snapshots(first: 500, after: $after) { nodes { ${snapshotFields} } ${pageInfo} }
  }
}`;

export const createSnapshot: Document<
  { createSnapshot: { snapshot: Snapshot } },
  InSuite & Selection & { name: string; description?: string }
> =
  `mutation ($suiteId: BigInt!, $name: String!, $whereTags: String, $status: String, $caseIds: [BigInt!],
  $externalKeys: [String!], $createdAfter: Datetime, $createdBefore: Datetime, $metadata: JSON,
  $search: String, $description: String) {
  createSnapshot(input: { suiteId: $suiteId, name: $name, whereTags: $whereTags, status: $status,
    caseIds: $caseIds, externalKeys: $externalKeys, createdAfter: $createdAfter,
    createdBefore: $createdBefore, metadata: $metadata, search: $search, description: $description }) {
    snapshot { ${snapshotFields} }
  }
}`;

export const dropSnapshot: Document<
  { dropSnapshot: { snapshot: Snapshot } },
  InSuite & { name: string }
> = `mutation ($suiteId: BigInt!, $name: String!) {
  dropSnapshot(input: { suiteId: $suiteId, name: $name }) { snapshot { ${snapshotFields} } }
}`;

export type SnapshotChange = {
  caseId: Id;
  change: 'added' | 'removed' | 'changed' | 'retagged';
  externalKey: string | null;
  tagsAdded: string[];
  tagsRemoved: string[];
};

export const compareSnapshots: Document<
  { compareSnapshots: SnapshotChange[] },
  InSuite & { before: string; after: string }
> = `query ($suiteId: BigInt!, $before: String!, $after: String!) {
  compareSnapshots(suiteId: $suiteId, before: $before, after: $after) {
    caseId change externalKey tagsAdded tagsRemoved
  }
}`;

// versions

type Content = {
  version: number;
  externalKey: string | null;
  input: unknown;
  expectedOutput: unknown;
  metadata: unknown;
  status: string;
};

export type EarlierVersion = Content & { replacedAt: string; replacedBy: string };

export type CaseWithVersions = Content & {
  id: Id;
  createdAt: string;
  versions: Page<EarlierVersion>;
};

const content = 'version externalKey input expectedOutput metadata status';
const caseWithVersions = `{ id createdAt ${content}
    versions(first: 100, after: $after, orderBy: [VERSION_DESC]) {
      nodes { ${content} replacedAt replacedBy }
      ${pageInfo}
    } }`;

export const caseByKey: Document<
  { case: CaseWithVersions | null },
  InSuite & NextPage & { key: string }
> = `query ($suiteId: BigInt!, $key: String!, $after: Cursor) {
  case: caseByExternalKey(suiteId: $suiteId, externalKey: $key) ${caseWithVersions}
}`;

export const caseById: Document<
  { case: CaseWithVersions | null },
  InSuite & NextPage & { key: Id }
> = `query ($suiteId: BigInt!, $key: BigInt!, $after: Cursor) {
  case(suiteId: $suiteId, id: $key) ${caseWithVersions}
}`;

export const restoreVersion: Document<
  { restoreVersion: { case: { id: Id; externalKey: string | null; version: number } } },
  InSuite & { caseId: Id; version: number }
> = `mutation ($suiteId: BigInt!, $caseId: BigInt!, $version: Int!) {
  restoreVersion(input: { suiteId: $suiteId, caseId: $caseId, version: $version }) {
    case { id externalKey version }
  }
}`;

// tokens

export type CreatedToken = {
  token: string;
  principal: string;
  hint: string;
  expiresAt: string | null;
};

export const createToken: Document<
  { createToken: { result: CreatedToken } },
  { suiteIds: Id[]; role: string; name: string; expiresInDays: number | null }
> = `mutation ($suiteIds: [BigInt!]!, $role: String, $name: String, $expiresInDays: Int) {
  createToken(input: { suiteIds: $suiteIds, role: $role, name: $name, expiresInDays: $expiresInDays }) {
    result { token principal hint expiresAt }
  }
}`;

export type SuiteToken = {
  principal: string;
  name: string;
  hint: string;
  role: string;
  createdAt: string;
  createdBy: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
};

const tokenFields = 'principal name hint role createdAt createdBy expiresAt lastUsedAt';

/** A page of suites with all the tokens of each: 30 times 500 objects are what one query may ask for. */
export const tokensOfSuites: Document<
  { suites: Page<{ slug: string; tokens: SuiteToken[] }> },
  NextPage
> = `query ($after: Cursor) {
  suites(first: 30, after: $after, orderBy: [SLUG_ASC]) {
    nodes { slug tokens(first: 500) { ${tokenFields} } }
    ${pageInfo}
  }
}`;

export const tokensOfSuite: Document<{ suite: { tokens: SuiteToken[] } | null }, InSuite> =
  `query ($suiteId: BigInt!) { suite(id: $suiteId) { tokens(first: 500) { ${tokenFields} } } }`;

export const revokeToken: Document<
  { revokeToken: { members: { suiteId: Id; role: string; suite: { slug: string } | null }[] } },
  { principal: string; suiteId: Id | null }
> = `mutation ($principal: String!, $suiteId: BigInt) {
  revokeToken(input: { principal: $principal, suiteId: $suiteId }) {
    members { suiteId role suite { slug } }
  }
}`;
