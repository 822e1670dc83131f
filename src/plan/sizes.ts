/** How large the tables become, by how PostgreSQL stores a row; and what one bulk change adds. */
import { assumed, leafFill } from './coefficients.ts';
import type { PlanInput } from './input.ts';
import {
  bigint,
  btree,
  heap,
  integer,
  page,
  roundUp,
  rowBytes,
  type Sized,
  type Toasted,
  toast,
  toastTable,
  type Value,
  varying,
} from './pages.ts';
import { showBytes, showNumber } from './units.ts';

/** A relation of the plan: `kind` tells the indexes, which have to be in memory, from the rest. */
export type Relation = Sized & {
  relation: string;
  kind: 'table' | 'index' | 'history';
  rows: number;
};

/** All relations, their sum, and what one bulk change adds to them. */
export type Sizes = {
  relations: Relation[];
  total: number;
  /** Indexes of cases and links. */
  hot: number;
  /** The change log of one bulk change, kept for 30 days. */
  changeLog: Sized;
  /** What it writes to the WAL, and at the most just after a checkpoint, when each page that it touches is written whole. */
  wal: Sized;
  walAtMost: Sized;
};

const text = (of: string) => varying(of.length);
const sha256 = varying(32);
const emptyObject = varying(4);

/** The content of a case: three quarters of its bytes are input, one is what is expected; a string as jsonb has two words more. */
const content = ({ caseBytes }: PlanInput) =>
  [Math.ceil(caseBytes * 0.75), Math.floor(caseBytes * 0.25)].map((bytes) => bytes + 8);

/** A row of test_cases; status_operation_id is null until an operation archives the case. */
const caseRow = (input: PlanInput) => (values: readonly Value[]) =>
  rowBytes(
    [
      ...[bigint, bigint, varying(input.keyBytes), ...values, emptyObject, text('active')],
      ...[integer, sha256, bigint, bigint],
    ],
    12,
  );

/** A row of test_case_versions, which says besides when and by whom the version was replaced. */
const versionRow = (input: PlanInput) => (values: readonly Value[]) =>
  rowBytes(
    [
      ...[bigint, bigint, integer, varying(input.keyBytes), ...values, emptyObject, text('active')],
      ...[sha256, bigint, bigint, bigint, text('person:name@example.org')],
    ],
    14,
  );

/** A row of test_case_tags; only one that an operation made has its id. */
const linkRow = ({ tagBytes }: PlanInput, byOperation: boolean) =>
  rowBytes(
    [bigint, bigint, varying(tagBytes), text(''), ...(byOperation ? [bigint] : [])],
    5,
    !byOperation,
  );

const linkKeys = ({ tagBytes }: PlanInput) => ({
  byCase: [bigint, bigint, varying(tagBytes)],
  byTag: [bigint, varying(tagBytes), bigint],
});

/** Everything that is stored, with the links of one bulk change on top. */
export function sizesOf(input: PlanInput, chunks: number): Sizes {
  const relations = [
    ...caseRelations(input),
    ...linkRelations(input),
    ...historyRelations(input),
    ...auditRelations(input),
  ];
  const sum = (of: readonly Relation[]) =>
    of.reduce((bytes, relation) => bytes + relation.bytes, 0);
  return {
    relations,
    total: sum(relations),
    hot: sum(relations.filter(({ kind }) => kind === 'index')),
    changeLog: changeLogOf(input, chunks),
    ...walOf(input, relations),
  };
}

const toasted = (input: PlanInput, row: (values: readonly Value[]) => number): Toasted =>
  toast(content(input), row, assumed.compressedText);

/** A table with what has moved out of its rows; a partitioned one has an empty TOAST index in each partition at the least. */
function tableOf(rows: number, stored: Toasted, fillFactor: number, isPartitioned: boolean): Sized {
  const table = heap(rows, stored.row, fillFactor);
  const long = toastTable(rows, stored, isPartitioned);
  return {
    bytes: table.bytes + long.bytes,
    how:
      `${table.how}${stored.isCompressed ? ', compressed' : ''}` +
      `${stored.moved.length > 0 ? `; moved out to TOAST ${long.how}` : ''}`,
  };
}

function caseRelations(input: PlanInput): Relation[] {
  const rows = input.suites * input.cases;
  const byKey = [bigint, varying(input.keyBytes)];
  const of = (relation: string, kind: Relation['kind'], sized: Sized): Relation => ({
    ...{ relation, kind, rows },
    ...sized,
  });
  return [
    of('test_cases', 'table', tableOf(rows, toasted(input, caseRow(input)), 0.9, true)),
    of('test_cases_pkey', 'index', btree(rows, [bigint, bigint], leafFill.cases)),
    of('test_cases_suite_id_external_key_key', 'index', btree(rows, byKey, leafFill.keys)),
  ];
}

function linkRelations(input: PlanInput): Relation[] {
  const appended = input.suites * input.cases * input.tags;
  const rows = appended + input.bulk;
  const [byAppend, byOperation] = [
    heap(appended, linkRow(input, false)),
    heap(input.bulk, linkRow(input, true)),
  ];
  const { byCase, byTag } = linkKeys(input);
  return [
    {
      ...{ relation: 'test_case_tags', kind: 'table', rows },
      bytes: byAppend.bytes + byOperation.bytes + toastTable(rows, { moved: [] }).bytes,
      how: `${byAppend.how}; and of the bulk ${byOperation.how}`,
    },
    {
      ...{ relation: 'test_case_tags_pkey', kind: 'index', rows },
      ...btree(rows, byCase, leafFill.links),
    },
    {
      ...{ relation: 'test_case_tags_suite_id_tag_idx', kind: 'index', rows },
      ...btree(rows, byTag, leafFill.tags),
    },
  ];
}

function historyRelations(input: PlanInput): Relation[] {
  const rows = Math.ceil(input.suites * input.cases * input.edits);
  const stored = toasted(input, versionRow(input));
  const parts = [
    tableOf(rows, stored, 1, false),
    btree(rows, [bigint, bigint, integer], leafFill.history, false),
  ];
  return [{ relation: 'test_case_versions', kind: 'history', rows, ...together(parts) }];
}

/** An event for each append, however many cases it brought, and one for each edit, with the input before and after it. */
function auditRelations(input: PlanInput): Relation[] {
  const appends = Math.ceil((input.suites * input.cases) / input.perAppend);
  const edits = Math.ceil(input.suites * input.cases * input.edits);
  const [who, subject] = [varying(16), text('case')];
  const row = (columns: readonly Value[]) =>
    rowBytes([bigint, bigint, bigint, who, text('appended'), subject, ...columns], 10);
  const edit = Math.ceil(input.caseBytes * 0.75) + 30;
  const stored = toast(
    [edit, edit],
    (values) => row([varying(8), ...values]),
    assumed.compressedText,
  );
  const keys = [
    [bigint, bigint],
    [bigint, bigint],
    [bigint, who, bigint],
    [bigint, bigint, subject, bigint], // a null takes a word for its bit
  ];
  const byAppend = heap(appends, row([varying(150)]));
  const byEdit = tableOf(edits, stored, 1, false);
  const rows = appends + edits;
  const parts = [
    {
      bytes: byAppend.bytes + byEdit.bytes,
      how: `of appends ${byAppend.how}; of edits ${byEdit.how}`,
    },
    ...keys.map((values) => btree(rows, values, leafFill.history, false)),
  ];
  return [{ relation: 'audit_log', kind: 'history', rows, ...together(parts) }];
}

function together(parts: readonly Sized[]): Sized {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const [first, ...others] = parts;
  const rest = bytes - (first?.bytes ?? 0);
  return {
    bytes,
    how: `${first?.how}; ${showBytes(rest)} of ${others.length > 1 ? 'indexes' : 'index'}`,
  };
}

/** One row for each chunk, its ids in an array, which pglz compresses to less than half. */
function changeLogOf(input: PlanInput, chunks: number): Sized {
  const each = input.bulk / chunks;
  const ids = Math.ceil(24 + 8 * each * assumed.compressedIds);
  const others = [bigint, bigint, bigint, integer, text('link_added'), varying(input.tagBytes)];
  const row = (values: readonly Value[]) =>
    rowBytes([...others, text(''), bigint, ...values, bigint, bigint], 16);
  const stored = toast([ids], row, 1);
  const bytes =
    stored.row + stored.moved.reduce((sum, moved) => sum + moved * 1.04, 0) + 60; /* its index */
  return {
    bytes: chunks * bytes,
    how:
      `${showNumber(chunks)} chunks × (${showNumber(each)} ids × 8 B × ${assumed.compressedIds} compressed` +
      ` + ${showNumber(Math.round(bytes - ids))} B of row and index)`,
  };
}

/**
 * By the records of PostgreSQL: 24 bytes each, 20 for the page that it is about, and what it puts there. A link is a row, an entry
 * in two indexes, and a lock of its case by the foreign key; a leaf that splits writes half a page more.
 */
function walOf(input: PlanInput, relations: readonly Relation[]): Pick<Sizes, 'wal' | 'walAtMost'> {
  const record = (bytes: number) => roundUp(24 + 20 + bytes, 8);
  const { byCase, byTag } = linkKeys(input);
  const entry = (values: readonly Value[]) =>
    values.reduce((end, { bytes, align }) => roundUp(end, align) + bytes, 8);
  const row = record(10 + linkRow(input, true) - 23);
  const entries = record(4 + entry(byCase)) + record(4 + entry(byTag));
  const lock = record(10);
  const splits = 2 * ((entry(byCase) + 4) / (page * leafFill.links)) * (page / 2);
  const each = row + entries + lock + splits;
  const pages = pagesOfBulk(input, relations);
  const count = showNumber(input.bulk);
  return {
    wal: {
      bytes: input.bulk * each,
      how:
        `${count} × ${Math.round(each)} B (row ${row}, two index entries ${entries},` +
        ` lock of the case ${lock}, split pages ${Math.round(splits)})`,
    },
    walAtMost: {
      bytes: input.bulk * (each + pages),
      how: `besides ${count} × ${Math.round(pages)} B of pages of cases and of their links`,
    },
  };
}

/** Bytes of the pages that a bulk touches for each case: that of the case, and those of the indexes that its new link goes into. */
function pagesOfBulk(input: PlanInput, relations: readonly Relation[]): number {
  const perRow = (name: string) => {
    const { bytes = 0, rows = 1 } = relations.find(({ relation }) => relation === name) ?? {};
    return bytes / Math.max(1, rows);
  };
  return (
    perRow('test_cases') +
    perRow('test_case_tags_pkey') * (input.tags + 1) +
    perRow('test_case_tags_suite_id_tag_idx')
  );
}
