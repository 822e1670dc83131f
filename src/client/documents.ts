/**
 * Every document that the command line sends; a test holds them against schema.graphql. The types
 * beside them say what comes back.
 */
import type { Document, Page } from './graphql.ts';

/** An id; opaque, and longer than a number of JavaScript holds. */
export type Id = string;
type InSuite = { suiteId: Id };
type NextPage = { after: string | null };

/** Which cases, as functions of the API take it. */
export type Selection = {
  whereTags?: string;
  status?: string;
  caseIds?: Id[];
  externalKeys?: string[];
  createdAfter?: string;
  createdBefore?: string;
  metadata?: unknown;
  search?: string;
  allCases?: boolean;
};

export type Operation = {
  id: Id;
  kind: string;
  state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  total: string;
  processed: string;
  changed: string;
  unchanged: string;
  skipped: string;
  failed: string;
  firstErrors: { case_id?: Id; code?: string; message?: string }[];
  undoesOperationId: Id | null;
  retriesOperationId: Id | null;
  submittedBy: string;
  submittedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
};

export type Preview = {
  total: string;
  changed: string;
  unchanged: string;
  skipped: string;
  failed: string;
  newTags: string[];
  firstCaseIds: Id[];
};

const operationFields = `id kind state total processed changed unchanged skipped failed firstErrors
  undoesOperationId retriesOperationId submittedBy submittedAt startedAt finishedAt`;
const operation = `operation { ${operationFields} }`;
const preview = '{ total changed unchanged skipped failed newTags firstCaseIds }';
const pageInfo = 'pageInfo { hasNextPage endCursor }';
const selectionTypes = `$suiteId: BigInt!, $whereTags: String, $status: String, $caseIds: [BigInt!],
  $externalKeys: [String!], $createdAfter: Datetime, $createdBefore: Datetime, $metadata: JSON, $search: String`;
const selection = `suiteId: $suiteId, whereTags: $whereTags, status: $status, caseIds: $caseIds,
  externalKeys: $externalKeys, createdAfter: $createdAfter, createdBefore: $createdBefore,
  metadata: $metadata, search: $search`;

/** A mutation that submits an operation, or does something to one: `result` is its row. */
export type OperationDocument<Variables> = Document<
  { result: { operation: Operation } },
  Variables
>;
export type PreviewDocument<Variables> = Document<{ preview: Preview }, Variables>;

// suites

export type Suite = {
  id: Id;
  slug: string;
  name: string;
  description: string;
  tagPolicy: string;
  myRole: string;
  archivedAt: string | null;
  createdAt: string;
};

export const suites: Document<{ suites: Page<Suite> }, NextPage> = `query ($after: Cursor) {
  suites(first: 500, after: $after, orderBy: [SLUG_ASC]) {
    nodes { id slug name description tagPolicy myRole archivedAt createdAt }
    ${pageInfo}
  }
}`;

export const suiteId: Document<{ suiteId: Id }, { slug: string }> =
  'query ($slug: String!) { suiteId(slug: $slug) }';

// operations on selected cases

export type TagVariables = InSuite &
  Selection & { add?: string[]; remove?: string[]; onExclusive?: string; pace?: number };

export const bulkTag: OperationDocument<TagVariables> = `mutation (${selectionTypes}, $allCases: Boolean,
  $add: [String!], $remove: [String!], $onExclusive: String, $pace: Float) {
  result: bulkTag(input: { ${selection}, allCases: $allCases, add: $add, remove: $remove,
    onExclusive: $onExclusive, pace: $pace }) { ${operation} }
}`;

export const previewBulkTag: PreviewDocument<TagVariables> = `query (${selectionTypes}, $allCases: Boolean,
  $add: [String!], $remove: [String!], $onExclusive: String) {
  preview: previewBulkTag(${selection}, allCases: $allCases, add: $add, remove: $remove,
    onExclusive: $onExclusive) ${preview}
}`;

export type StatusVariables = InSuite & Selection & { setStatus: string; pace?: number };

export const bulkSetStatus: OperationDocument<StatusVariables> = `mutation (${selectionTypes},
  $allCases: Boolean, $setStatus: String!, $pace: Float) {
  result: bulkSetStatus(input: { ${selection}, allCases: $allCases, setStatus: $setStatus, pace: $pace }) {
    ${operation}
  }
}`;

export const previewBulkSetStatus: PreviewDocument<StatusVariables> = `query (${selectionTypes},
  $allCases: Boolean, $setStatus: String!) {
  preview: previewBulkSetStatus(${selection}, allCases: $allCases, setStatus: $setStatus) ${preview}
}`;

// the dictionary

export type Tag = {
  name: string;
  meaning: string;
  colour: string | null;
  exclusiveGroup: string | null;
  aliasOf: string | null;
};

const tagFields = 'name meaning colour exclusiveGroup aliasOf';

export const tags: Document<{ suite: { tags: Page<Tag> } | null }, InSuite & NextPage> =
  `query ($suiteId: BigInt!, $after: Cursor) {
  suite(id: $suiteId) {
    tags(first: 500, after: $after, orderBy: [NAME_ASC]) { nodes { ${tagFields} } ${pageInfo} }
  }
}`;

export const tagCloud: Document<
  { suite: { tagCloud: { tag: string; cases: string }[] } | null },
  InSuite
> = `query ($suiteId: BigInt!) {
  suite(id: $suiteId) { tagCloud(first: 500, orderBy: [CASES_DESC]) { tag cases } }
}`;

export const defineTag: Document<
  { defineTag: { tag: Tag } },
  InSuite & { name: string; meaning?: string; colour?: string; exclusiveGroup?: string }
> =
  `mutation ($suiteId: BigInt!, $name: String!, $meaning: String, $colour: String, $exclusiveGroup: String) {
  defineTag(input: { suiteId: $suiteId, name: $name, meaning: $meaning, colour: $colour,
    exclusiveGroup: $exclusiveGroup }) { tag { ${tagFields} } }
}`;

export const dropTag: Document<{ dropTag: { tag: Tag } }, InSuite & { name: string }> =
  `mutation ($suiteId: BigInt!, $name: String!) {
  dropTag(input: { suiteId: $suiteId, name: $name }) { tag { ${tagFields} } }
}`;

export type RenameVariables = InSuite & { tag: string; newName: string; pace?: number };

export const renameTag: OperationDocument<RenameVariables> = `mutation ($suiteId: BigInt!, $tag: String!, $newName: String!, $pace: Float) {
  result: bulkRenameTag(input: { suiteId: $suiteId, tag: $tag, newName: $newName, pace: $pace }) {
    ${operation}
  }
}`;

export const previewRenameTag: PreviewDocument<RenameVariables> = `query ($suiteId: BigInt!, $tag: String!, $newName: String!) {
  preview: previewBulkRenameTag(suiteId: $suiteId, tag: $tag, newName: $newName) ${preview}
}`;

export type MergeVariables = InSuite & {
  tags: string[];
  intoTag: string;
  onExclusive?: string;
  pace?: number;
};

export const mergeTags: OperationDocument<MergeVariables> = `mutation ($suiteId: BigInt!, $tags: [String!]!, $intoTag: String!, $onExclusive: String, $pace: Float) {
  result: bulkMergeTags(input: { suiteId: $suiteId, tags: $tags, intoTag: $intoTag,
    onExclusive: $onExclusive, pace: $pace }) { ${operation} }
}`;

export const previewMergeTags: PreviewDocument<MergeVariables> = `query ($suiteId: BigInt!, $tags: [String!]!, $intoTag: String!, $onExclusive: String) {
  preview: previewBulkMergeTags(suiteId: $suiteId, tags: $tags, intoTag: $intoTag,
    onExclusive: $onExclusive) ${preview}
}`;

// operations

export type OneOperation = InSuite & { operationId: Id };

export const findOperation: Document<{ operation: Operation | null }, OneOperation> =
  `query ($suiteId: BigInt!, $operationId: BigInt!) {
  operation(suiteId: $suiteId, id: $operationId) { ${operationFields} }
}`;

export const operations: Document<
  { suite: { operations: { nodes: Operation[] } } | null },
  InSuite & { first: number; states: string[] | null }
> = `query ($suiteId: BigInt!, $first: Int!, $states: [String!]) {
  suite(id: $suiteId) {
    operations(first: $first, orderBy: [ID_DESC], filter: { state: { in: $states } }) {
      nodes { ${operationFields} }
    }
  }
}`;

const onOperation = (mutation: string): OperationDocument<OneOperation> =>
  `mutation ($suiteId: BigInt!, $operationId: BigInt!) {
  result: ${mutation}(input: { suiteId: $suiteId, operationId: $operationId }) { ${operation} }
}`;

export const cancelOperation = onOperation('cancelOperation');
export const undoOperation = onOperation('undoOperation');
export const retryOperation = onOperation('retryOperation');

export const previewUndo: PreviewDocument<OneOperation> = `query ($suiteId: BigInt!, $operationId: BigInt!) {
  preview: previewUndoOperation(suiteId: $suiteId, operationId: $operationId) ${preview}
}`;
