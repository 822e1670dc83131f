/** Documents about snapshots. */
import type { Document, Page } from '../graphql.ts';
import {
  type Id,
  type InSuite,
  type NextPage,
  pageInfo,
  rowLimit,
  type Selection,
} from './shared.ts';

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

type TwoSnapshots = InSuite & { before: string; after: string };

export const compareSnapshots: Document<
  { compareSnapshots: SnapshotChange[] },
  TwoSnapshots & { afterId: Id | null }
> = `query ($suiteId: BigInt!, $before: String!, $after: String!, $afterId: BigInt) {
  compareSnapshots(suiteId: $suiteId, before: $before, after: $after, afterId: $afterId,
    rowLimit: ${rowLimit}) {
    caseId change externalKey tagsAdded tagsRemoved
  }
}`;

export const countSnapshotChanges: Document<
  { countSnapshotChanges: Record<SnapshotChange['change'], string> },
  TwoSnapshots
> = `query ($suiteId: BigInt!, $before: String!, $after: String!) {
  countSnapshotChanges(suiteId: $suiteId, before: $before, after: $after) {
    added removed changed retagged
  }
}`;
