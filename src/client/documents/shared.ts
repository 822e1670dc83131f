/** What documents have in common. */

/** An id; opaque, and longer than a number of JavaScript holds. */
export type Id = string;
export type InSuite = { suiteId: Id };
export type NextPage = { after: string | null };

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

export const pageInfo = 'pageInfo { hasNextPage endCursor }';

/** Rows that a function gives at once at most; for more it is asked again, after the last of them. */
export const rowLimit = 500;

export const operationFields = `id kind state total processed changed unchanged skipped failed firstErrors
  undoesOperationId retriesOperationId submittedBy submittedAt startedAt finishedAt`;
export const operation = `operation { ${operationFields} }`;
export const preview = '{ total changed unchanged skipped failed newTags firstCaseIds }';
