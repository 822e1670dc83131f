/**
 * The registry of errors: every refusal has one name here, and from the name follow its SQLSTATE, HTTP status, exit code, and
 * whether the same request may succeed later. docs/errors.md is made from it.
 */

/** One kind of refusal. */
export type ErrorEntry = {
  /** How GraphQL, HTTP and the command line call it. */
  name: string;
  /** The SQLSTATE that PostgreSQL gives; absent for errors that do not come from the database. Class TC is Bulkhead's own. */
  sqlstate?: string;
  /** HTTP status of a request that meets it. */
  httpStatus: number;
  /** Exit code of a command that meets it: 2 bad input, 3 not found, 4 conflict, 5 try again, 6 set-up, 1 anything else. */
  exitCode: number;
  /** Whether the same request may succeed later without a change. */
  retryable: boolean;
  /** When it happens, in one sentence. */
  meaning: string;
};

const bad = { httpStatus: 400, exitCode: 2, retryable: false };
const missing = { httpStatus: 404, exitCode: 3, retryable: false };
const conflict = { httpStatus: 409, exitCode: 4, retryable: false };
const later = { httpStatus: 503, exitCode: 5, retryable: true };
const setUp = { httpStatus: 500, exitCode: 6, retryable: false };

/** Every error that Bulkhead answers with. Names and codes are API: they are added, never changed. */
export const registry: readonly ErrorEntry[] = [
  {
    name: 'UNKNOWN_SUITE',
    sqlstate: 'TCNSU',
    ...missing,
    meaning: 'No suite has this slug or id.',
  },
  {
    name: 'UNKNOWN_TAG',
    sqlstate: 'TCNTG',
    ...missing,
    meaning: "The suite's dictionary has no such tag.",
  },
  {
    name: 'UNKNOWN_OPERATION',
    sqlstate: 'TCNOP',
    ...missing,
    meaning: 'The suite has no operation with this id.',
  },
  {
    name: 'MALFORMED_EXPRESSION',
    sqlstate: 'TCEXP',
    ...bad,
    meaning: 'A tag expression cannot be read; the message says at which character.',
  },
  { name: 'MALFORMED_TAG', sqlstate: 'TCTAG', ...bad, meaning: 'A name cannot be a tag.' },
  {
    name: 'MALFORMED_CASE',
    sqlstate: 'TCBAD',
    ...bad,
    meaning: 'A case to append is not of the form of a case.',
  },
  { name: 'EMPTY_APPEND', sqlstate: 'TCEMP', ...bad, meaning: 'An append without cases.' },
  {
    name: 'APPEND_TOO_LARGE',
    sqlstate: 'TCBIG',
    ...bad,
    httpStatus: 413,
    meaning: 'More cases than one append takes.',
  },
  {
    name: 'DUPLICATE_KEY_IN_APPEND',
    sqlstate: 'TCDUP',
    ...bad,
    meaning: 'One append names an external key twice.',
  },
  {
    name: 'BAD_ARGUMENT',
    sqlstate: 'TCARG',
    ...bad,
    meaning: 'An argument has a value that it cannot have.',
  },
  {
    name: 'NO_SELECTION',
    sqlstate: 'TCSEL',
    ...bad,
    meaning: 'An operation selects no cases and does not say all_cases, or says both.',
  },
  {
    name: 'EXCLUSIVE_GROUP',
    sqlstate: 'TCGRP',
    ...bad,
    meaning: 'Two tags of one exclusive group for one case.',
  },
  {
    name: 'CLOSED_DICTIONARY',
    sqlstate: 'TCCLO',
    ...conflict,
    meaning: 'A new tag for a suite whose dictionary is closed.',
  },
  {
    name: 'KEY_CONFLICT',
    sqlstate: 'TCKEY',
    ...conflict,
    meaning: 'An external key belongs to a case with another content.',
  },
  {
    name: 'SUITE_ARCHIVED',
    sqlstate: 'TCARC',
    ...conflict,
    meaning: 'The suite is archived and takes no changes.',
  },
  {
    name: 'SUITE_NOT_EMPTY',
    sqlstate: 'TCSUC',
    ...conflict,
    meaning: 'A suite with cases cannot be deleted.',
  },
  {
    name: 'TAG_IN_USE',
    sqlstate: 'TCUSE',
    ...conflict,
    meaning: 'A tag in use can be neither dropped nor put into another group.',
  },
  {
    name: 'TAG_EXISTS',
    sqlstate: 'TCHAS',
    ...conflict,
    meaning: 'The new name of a tag is taken.',
  },
  {
    name: 'CASE_CANNOT_MOVE',
    sqlstate: 'TCMOV',
    ...conflict,
    meaning: 'A case keeps its suite and its id for good.',
  },
  {
    name: 'OPERATION_FINISHED',
    sqlstate: 'TCFIN',
    ...conflict,
    meaning: 'The operation has ended, or has nothing to retry.',
  },
  {
    name: 'OPERATION_RUNNING',
    sqlstate: 'TCRUN',
    ...conflict,
    retryable: true,
    meaning: 'The operation has not ended yet.',
  },
  {
    name: 'ALREADY_UNDONE',
    sqlstate: 'TCUND',
    ...conflict,
    meaning: 'The operation has been undone, or is an undo.',
  },
  {
    name: 'CHANGE_LOG_PRUNED',
    sqlstate: 'TCOLD',
    ...conflict,
    httpStatus: 410,
    meaning: 'The operation ended so long ago that what it changed is no longer known.',
  },
  {
    name: 'CHANGED_SINCE',
    sqlstate: 'TCCHG',
    ...conflict,
    meaning: 'An undo left a case alone because somebody has changed it since.',
  },

  {
    name: 'ALREADY_EXISTS',
    sqlstate: '23505',
    ...conflict,
    meaning: 'A slug, key or link is there already.',
  },
  {
    name: 'BROKEN_REFERENCE',
    sqlstate: '23503',
    ...conflict,
    meaning: 'A row refers to, or is referred to by, one that the suite does not have.',
  },
  {
    name: 'CHECK_FAILED',
    sqlstate: '23514',
    ...bad,
    meaning: 'A value breaks the rule that the constraint is named after.',
  },
  {
    name: 'VALUE_MISSING',
    sqlstate: '23502',
    ...bad,
    meaning: 'A value that is required is missing.',
  },
  {
    name: 'UNSTORABLE_TEXT',
    sqlstate: '22P05',
    ...bad,
    meaning: 'A text has a character that PostgreSQL cannot store: NUL, or half a surrogate pair.',
  },
  { name: 'INVALID_ENCODING', sqlstate: '22021', ...bad, meaning: 'A text is not valid UTF-8.' },
  {
    name: 'INVALID_VALUE',
    sqlstate: '22P02',
    ...bad,
    meaning: 'A value cannot be read as the type of its argument.',
  },
  {
    name: 'INVALID_VALUE',
    sqlstate: '22023',
    ...bad,
    meaning: 'A value is out of the range of its argument.',
  },
  {
    name: 'NUMBER_OUT_OF_RANGE',
    sqlstate: '22003',
    ...bad,
    meaning: 'A number is too large for its argument.',
  },
  { name: 'INVALID_DATE', sqlstate: '22007', ...bad, meaning: 'A text cannot be read as a time.' },
  { name: 'INVALID_DATE', sqlstate: '22008', ...bad, meaning: 'A time is out of range.' },
  { name: 'INVALID_JSON', sqlstate: '22032', ...bad, meaning: 'A text is not valid JSON.' },
  {
    name: 'VALUE_TOO_LARGE',
    sqlstate: '54000',
    ...bad,
    httpStatus: 413,
    meaning: 'A value is larger than PostgreSQL can store or index.',
  },
  {
    name: 'TOO_COMPLEX',
    sqlstate: '54001',
    ...bad,
    meaning: 'An expression nests deeper than PostgreSQL can read.',
  },
  {
    name: 'NOT_ALLOWED',
    sqlstate: '42501',
    httpStatus: 403,
    exitCode: 4,
    retryable: false,
    meaning: 'The role may not do this.',
  },
  {
    name: 'SERIALIZATION_FAILURE',
    sqlstate: '40001',
    ...later,
    meaning: 'Another transaction came first; the same request may succeed now.',
  },
  {
    name: 'DEADLOCK',
    sqlstate: '40P01',
    ...later,
    meaning: 'Two transactions waited for each other; the same request may succeed now.',
  },
  {
    name: 'LOCK_TIMEOUT',
    sqlstate: '55P03',
    ...later,
    meaning: 'A row was locked for longer than this request waits.',
  },
  {
    name: 'STATEMENT_TIMEOUT',
    sqlstate: '57014',
    ...later,
    meaning: 'The database took longer than this request may take.',
  },
  {
    name: 'DATABASE_STOPPING',
    sqlstate: '57P01',
    ...later,
    meaning: 'The database is being stopped or restarted.',
  },
  {
    name: 'DATABASE_STOPPING',
    sqlstate: '57P02',
    ...later,
    meaning: 'The database is recovering from a crash.',
  },
  { name: 'DATABASE_STARTING', sqlstate: '57P03', ...later, meaning: 'The database is starting.' },
  {
    name: 'TOO_MANY_CONNECTIONS',
    sqlstate: '53300',
    ...later,
    meaning: 'The database has no connection left.',
  },
  { name: 'DISK_FULL', sqlstate: '53100', ...later, meaning: "The database's disk is full." },

  { name: 'DATABASE_UNREACHABLE', ...later, meaning: 'No connection to the database can be made.' },
  { name: 'BAD_REQUEST', ...bad, meaning: 'A request is not of the form that the server takes.' },
  {
    name: 'PAGE_TOO_LARGE',
    ...bad,
    meaning: 'A GraphQL query asks for more rows of a list than one page has.',
  },
  { name: 'QUERY_TOO_DEEP', ...bad, meaning: 'A GraphQL query nests too deep.' },
  { name: 'QUERY_TOO_COSTLY', ...bad, meaning: 'A GraphQL query asks for too much at once.' },
  {
    name: 'REQUEST_TOO_LARGE',
    ...bad,
    httpStatus: 413,
    meaning: 'The body of a request is too large.',
  },
  {
    name: 'FOREIGN_ORIGIN',
    ...bad,
    httpStatus: 403,
    meaning:
      'A request comes from a web page of another site, or names a host that is not this one.',
  },
  { name: 'NOT_FOUND', ...missing, meaning: 'There is nothing at this address.' },
  {
    name: 'BAD_FILE',
    ...bad,
    meaning: 'A file to import has errors; each is named with its line.',
  },
  { name: 'BAD_CONFIG', ...setUp, meaning: 'A setting in the environment cannot be used.' },
  {
    name: 'NOT_MIGRATED',
    ...setUp,
    httpStatus: 503,
    meaning: 'The database lacks migrations of this version.',
  },
  { name: 'ALREADY_RUNNING', ...setUp, meaning: 'Another process uses the same data folder.' },
  { name: 'PORT_IN_USE', ...setUp, meaning: 'The port to listen on is taken.' },
  {
    name: 'INTERNAL',
    httpStatus: 500,
    exitCode: 1,
    retryable: false,
    meaning:
      'A bug, or a fault of the machine; the log has the details under the id that the answer gives.',
  },
];

/** An error of the registry as a caller gets it. */
export type KnownError = { entry: ErrorEntry; message: string; detail?: string; hint?: string };

/** A refusal that does not come from the database. */
export class BulkheadError extends Error {
  readonly entry: ErrorEntry;
  readonly detail: string | undefined;
  readonly hint: string | undefined;

  constructor(
    name: string,
    message: string,
    more: { detail?: string; hint?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'BulkheadError';
    this.entry = findByName(name);
    this.detail = more.detail;
    this.hint = more.hint;
  }
}

const bySqlstate = new Map(
  registry.flatMap((entry) => (entry.sqlstate ? [[entry.sqlstate, entry]] : [])),
);
const byName = new Map(registry.map((entry) => [entry.name, entry]));

/** The entry with this name; a name that is not in the registry is a bug. */
export function findByName(name: string): ErrorEntry {
  const entry = byName.get(name);
  if (!entry) throw new Error(`${name} is not in the registry of errors`);
  return entry;
}

/**
 * What the registry says of anything thrown: by SQLSTATE for an error of PostgreSQL, by name for our own, by errno for a
 * connection that could not be made. Null for everything else, which nobody but the log should see.
 */
export function describeError(error: unknown): KnownError | null {
  if (error instanceof BulkheadError) {
    return { entry: error.entry, message: error.message, ...optional(error.detail, error.hint) };
  }
  if (!(error instanceof Error)) return null;
  const { code, detail, hint, constraint } = error as Error & {
    code?: string;
    detail?: string;
    hint?: string;
    constraint?: string;
  };
  const entry = bySqlstate.get(code ?? '');
  if (entry) {
    const message = constraint
      ? `${error.message} (${constraint.replaceAll('_', ' ')})`
      : error.message;
    return { entry, message, ...optional(detail, hint) };
  }
  if (/^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EPIPE|ETIMEDOUT)$/.test(code ?? '')) {
    return { entry: findByName('DATABASE_UNREACHABLE'), message: 'the database cannot be reached' };
  }
  return null;
}

function optional(detail?: string, hint?: string): { detail?: string; hint?: string } {
  return { ...(detail && { detail }), ...(hint && { hint }) };
}
