/** Which role each field of Query, Mutation and Subscription takes, and what it is asked with. */
import { argumentsOf, type Field, isRequired } from '../helpers/access-api.ts';
import type { ApiPlace } from './graphql-world.ts';
import type { Takes } from './world.ts';

export type FieldEntry = {
  takes: Takes;
  /** What a lesser role is answered. */
  below?: string;
  /** What is answered for a suite that cannot be seen; `nothing`: null, or no rows. */
  hidden?: string;
  /** The arguments that name a suite, where it is not those that are called like one. */
  pointers?: string[];
  /** Arguments beside those that are required. */
  also?: string[];
  /** What somebody who may is answered, where that is a refusal for another reason. */
  answers?: string;
};

const row: FieldEntry = { takes: 'viewer', hidden: 'nothing' };
const selects = { also: ['allCases'] };
const viewer: FieldEntry = { takes: 'viewer' };
const editor: FieldEntry = { takes: 'editor' };
const owner: FieldEntry = { takes: 'owner' };
const manager: FieldEntry = { takes: 'owner or admin' };

/** A field of the schema that is not here is a mistake. */
export const fields: Record<string, Record<string, FieldEntry>> = {
  query: {
    case: row,
    caseByExternalKey: row,
    compareSnapshots: viewer,
    countCases: viewer,
    countRoutes: viewer,
    countSnapshotChanges: viewer,
    findCases: viewer,
    me: { takes: 'anyone' },
    normalizeTag: { takes: 'anyone' },
    operation: row,
    operationChanges: viewer,
    parseTagExpression: viewer,
    previewBulkCopy: { ...editor, ...selects },
    previewBulkDelete: { ...owner, ...selects },
    previewBulkMergeTags: editor,
    previewBulkRenameTag: editor,
    previewBulkSetStatus: { ...editor, ...selects },
    previewBulkTag: { ...editor, also: ['allCases', 'add'] },
    previewUndoOperation: editor,
    principal: { takes: 'admin', below: 'nothing', hidden: 'nothing', pointers: ['name'] },
    principals: { takes: 'anyone' },
    readAuditLog: { ...row, also: ['suiteId'] },
    route: row,
    routesOfCases: viewer,
    snapshot: row,
    snapshotCases: viewer,
    suite: { ...row, pointers: ['id'] },
    suiteBySlug: { ...row, pointers: ['slug'] },
    suiteId: { ...viewer, pointers: ['slug'] },
    suites: { takes: 'anyone' },
    tag: row,
  },
  mutation: {
    appendCases: { takes: 'appender' },
    archiveSuite: owner,
    bulkCopy: { ...editor, ...selects },
    bulkDelete: { ...owner, ...selects },
    bulkMergeTags: editor,
    bulkRenameTag: editor,
    bulkSetStatus: { ...editor, ...selects },
    bulkTag: { ...editor, also: ['allCases', 'add'] },
    cancelOperation: editor,
    createSnapshot: editor,
    createSuite: { takes: 'admin', pointers: [] },
    createToken: manager,
    defineRoute: editor,
    defineTag: editor,
    deleteSuite: { ...owner, answers: 'SUITE_NOT_EMPTY' },
    dropRoute: editor,
    dropSnapshot: owner,
    dropTag: editor,
    pullRoute: viewer,
    removeMember: manager,
    restoreSuite: owner,
    restoreVersion: editor,
    retryOperation: editor,
    revokeToken: { ...manager, below: 'UNKNOWN_TOKEN', hidden: 'UNKNOWN_TOKEN', also: ['suiteId'] },
    setMember: manager,
    setPrincipal: { takes: 'admin' },
    undoOperation: editor,
    updateCase: { ...editor, hidden: 'NOT_FOUND' },
    updateSuite: { ...owner, pointers: ['id'] },
  },
  subscription: {
    operationProgress: { ...viewer, hidden: 'UNKNOWN_OPERATION' },
    suiteOperations: viewer,
  },
};

const pointers = ['suiteId', 'suiteIds', 'intoSuiteId'];

/** What an argument is given, by its name, or by field and name where that says more. */
const values: Record<string, unknown> = {
  suiteId: (place: ApiPlace) => place.id,
  intoSuiteId: (place: ApiPlace) => place.id,
  suiteIds: (place: ApiPlace) => [place.id],
  'suite.id': (place: ApiPlace) => place.id,
  'updateSuite.id': (place: ApiPlace) => place.id,
  slug: (place: ApiPlace) => place.slug,
  'createSuite.slug': 'made-by-the-matrix',
  id: (place: ApiPlace) => place.caseId,
  externalKey: (place: ApiPlace) => place.key,
  operationId: (place: ApiPlace) => place.operations.done,
  'operation.id': (place: ApiPlace) => place.operations.done,
  'operationProgress.id': (place: ApiPlace) => place.operations.queued,
  'cancelOperation.operationId': (place: ApiPlace) => place.operations.queued,
  'retryOperation.operationId': (place: ApiPlace) => place.operations.cancelled,
  'tag.name': 'rag',
  'defineTag.name': 'fresh',
  'dropTag.name': 'unused',
  'route.name': 'nightly',
  'defineRoute.name': 'release-gate',
  'dropRoute.name': 'nightly',
  route: 'nightly',
  'snapshot.name': 'v1',
  'createSnapshot.name': 'v3',
  'dropSnapshot.name': 'v1',
  snapshot: 'v1',
  before: 'v1',
  after: 'v2',
  caseId: (place: ApiPlace) => place.caseId,
  caseIds: (place: ApiPlace) => [place.caseId],
  version: 1,
  'principal.name': (place: ApiPlace) => place.member,
  'setPrincipal.name': 'person:somebody@example.com',
  'setMember.principal': 'person:somebody@example.com',
  'removeMember.principal': (place: ApiPlace) => place.member,
  'revokeToken.principal': (place: ApiPlace) => place.spare.principal,
  cases: [{ external_key: 'appended', input: 1, tags: ['rag'] }],
  role: 'viewer',
  allCases: true,
  add: ['rag'],
  tag: 'unused',
  newName: 'unneeded',
  tags: ['flaky'],
  intoTag: 'rag',
  setStatus: 'archived',
  label: 'A Label',
  expression: 'rag and not flaky',
  'updateCase.patch': { metadata: { by: 'the matrix' } },
  'updateSuite.patch': { description: 'by the matrix' },
};

/** Its entry in the table. */
export function entryOf(operation: string, field: Field): FieldEntry {
  const entry = fields[operation]?.[field.name];
  if (!entry) throw new Error(`${operation} ${field.name} has no entry in graphql-table.ts`);
  return entry;
}

const givenTo = (operation: string, field: Field) =>
  argumentsOf(field).filter(
    (one) => isRequired(one) || entryOf(operation, field).also?.includes(one.name),
  );

/** The arguments by which a suite could be reached. */
export function pointersOf(operation: string, field: Field): string[] {
  const own = entryOf(operation, field).pointers ?? pointers;
  return givenTo(operation, field)
    .map(({ name }) => name)
    .filter((name) => own.includes(name));
}

/** Values for its arguments: the pointer, and what belongs to a suite, of the target; other suites are the shared one. */
export function valuesFor(
  operation: string,
  field: Field,
  { pointer, target, shared }: { pointer: string | null; target: ApiPlace; shared: ApiPlace },
): Record<string, unknown> {
  const given = givenTo(operation, field).map(({ name }) => {
    const value = values[`${field.name}.${name}`] ?? values[name];
    if (value === undefined) throw new Error(`${field.name}: no value for the argument ${name}`);
    const isOther = pointers.includes(name) && name !== pointer && pointer !== null;
    return [name, typeof value === 'function' ? value(isOther ? shared : target) : value];
  });
  return Object.fromEntries(given);
}
