/** Documents about operations, and those that submit one on selected cases. */
import type { Document } from '../graphql.ts';
import {
  type Id,
  type InSuite,
  operation,
  operationFields,
  preview,
  type Selection,
} from './shared.ts';

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

/** A mutation that submits an operation, or does something to one: `result` is its row. */
export type OperationDocument<Variables> = Document<
  { result: { operation: Operation } },
  Variables
>;
export type PreviewDocument<Variables> = Document<{ preview: Preview }, Variables>;

const selectionTypes = `$suiteId: BigInt!, $whereTags: String, $status: String, $caseIds: [BigInt!],
  $externalKeys: [String!], $createdAfter: Datetime, $createdBefore: Datetime, $metadata: JSON, $search: String`;
const selection = `suiteId: $suiteId, whereTags: $whereTags, status: $status, caseIds: $caseIds,
  externalKeys: $externalKeys, createdAfter: $createdAfter, createdBefore: $createdBefore,
  metadata: $metadata, search: $search`;

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
