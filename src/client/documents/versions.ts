/** Documents about a case and its earlier versions. */
import type { Document, Page } from '../graphql.ts';
import { type Id, type InSuite, type NextPage, pageInfo } from './shared.ts';

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
