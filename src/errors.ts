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

type Kind = Pick<ErrorEntry, 'httpStatus' | 'exitCode' | 'retryable'>;

const bad: Kind = { httpStatus: 400, exitCode: 2, retryable: false };
const missing: Kind = { httpStatus: 404, exitCode: 3, retryable: false };
const conflict: Kind = { httpStatus: 409, exitCode: 4, retryable: false };
const later: Kind = { httpStatus: 503, exitCode: 5, retryable: true };
const setUp: Kind = { httpStatus: 500, exitCode: 6, retryable: false };
const other: Kind = { httpStatus: 500, exitCode: 1, retryable: false };

const refusal = (
  name: string,
  sqlstate: string | null,
  kind: Kind,
  meaning: string,
): ErrorEntry => ({
  name,
  ...(sqlstate && { sqlstate }),
  ...kind,
  meaning,
});

/** Every error that Bulkhead answers with. Names and codes are API: they are added, never changed. */
// biome-ignore format: a table is read by its columns
export const registry: readonly ErrorEntry[] = [
  refusal('UNKNOWN_SUITE', 'TCNSU', missing, 'No suite has this slug or id.'),
  refusal('UNKNOWN_TAG', 'TCNTG', missing, "The suite's dictionary has no such tag."),
  refusal('UNKNOWN_OPERATION', 'TCNOP', missing, 'The suite has no operation with this id.'),
  refusal('UNKNOWN_MEMBER', 'TCNMB', missing, 'The suite has no such member.'),
  refusal('UNKNOWN_TOKEN', 'TCNTK', missing, 'The caller manages no such token.'),
  refusal('UNKNOWN_ROUTE', 'TCNRT', missing, 'The suite has no route with this name.'),
  refusal('UNKNOWN_SNAPSHOT', 'TCNSN', missing, 'The suite has no snapshot with this name.'),
  refusal('UNKNOWN_VERSION', 'TCNVR', missing, 'The case has no earlier version with this number.'),
  refusal('UNAUTHENTICATED', 'TCAUT', { ...bad, httpStatus: 401 }, 'There is no token or session, or it is unknown, expired or revoked.'),
  refusal('MALFORMED_EXPRESSION', 'TCEXP', bad, 'A tag expression cannot be read; the message says at which character.'),
  refusal('MALFORMED_TAG', 'TCTAG', bad, 'A name cannot be a tag.'),
  refusal('MALFORMED_CASE', 'TCBAD', bad, 'A case to append is not of the form of a case.'),
  refusal('EMPTY_APPEND', 'TCEMP', bad, 'An append without cases.'),
  refusal('APPEND_TOO_LARGE', 'TCBIG', { ...bad, httpStatus: 413 }, 'More cases than one append takes.'),
  refusal('DUPLICATE_KEY_IN_APPEND', 'TCDUP', bad, 'One append names an external key twice.'),
  refusal('BAD_ARGUMENT', 'TCARG', bad, 'An argument has a value that it cannot have.'),
  refusal('NO_SELECTION', 'TCSEL', bad, 'An operation selects no cases and does not say all_cases, or says both.'),
  refusal('EXCLUSIVE_GROUP', 'TCGRP', bad, 'Two tags of one exclusive group for one case.'),
  refusal('CLOSED_DICTIONARY', 'TCCLO', conflict, 'A new tag for a suite whose dictionary is closed.'),
  refusal('KEY_CONFLICT', 'TCKEY', conflict, 'An external key belongs to a case with another content.'),
  refusal('IDEMPOTENCY_KEY_IN_USE', 'TCIKU', { ...conflict, retryable: true }, 'Another request with this Idempotency-Key is under way.'),
  refusal('IDEMPOTENCY_KEY_REUSED', 'TCIKR', { ...conflict, httpStatus: 422 }, 'An Idempotency-Key was used for another request.'),
  refusal('SUITE_ARCHIVED', 'TCARC', conflict, 'The suite is archived and takes no changes.'),
  refusal('SUITE_NOT_EMPTY', 'TCSUC', conflict, 'A suite with cases or snapshots cannot be deleted.'),
  refusal('TAG_IN_USE', 'TCUSE', conflict, 'A tag in use can be neither dropped nor put into another group; nor dropped while a route names it.'),
  refusal('TAG_EXISTS', 'TCHAS', conflict, 'The new name of a tag is taken.'),
  refusal('SNAPSHOT_EXISTS', 'TCSNT', conflict, 'The name of a new snapshot is taken.'),
  refusal('SNAPSHOT_IS_FROZEN', 'TCFRZ', conflict, 'A snapshot, or a case version that snapshots hold, was to be changed.'),
  refusal('CASE_CANNOT_MOVE', 'TCMOV', conflict, 'A case keeps its suite and its id for good.'),
  refusal('AUDIT_IS_APPEND_ONLY', 'TCAUD', conflict, 'An event of the audit log was to be changed or deleted.'),
  refusal('OPERATION_FINISHED', 'TCFIN', conflict, 'The operation has ended, or has nothing to retry.'),
  refusal('OPERATION_RUNNING', 'TCRUN', { ...conflict, retryable: true }, 'The operation has not ended yet.'),
  refusal('ALREADY_UNDONE', 'TCUND', conflict, 'The operation has been undone, or is an undo.'),
  refusal('CHANGE_LOG_PRUNED', 'TCOLD', { ...conflict, httpStatus: 410 }, 'The operation ended so long ago that what it changed is no longer known.'),
  refusal('CHANGED_SINCE', 'TCCHG', conflict, 'An undo left a case alone because somebody has changed it since.'),
  refusal('ALREADY_EXISTS', '23505', conflict, 'A slug, key or link is there already.'),
  refusal('BROKEN_REFERENCE', '23503', conflict, 'A row refers to, or is referred to by, one that the suite does not have.'),
  refusal('CHECK_FAILED', '23514', bad, 'A value breaks the rule that the constraint is named after.'),
  refusal('VALUE_MISSING', '23502', bad, 'A value that is required is missing.'),
  refusal('UNSTORABLE_TEXT', '22P05', bad, 'A text has a character that PostgreSQL cannot store: NUL, or half a surrogate pair.'),
  refusal('INVALID_ENCODING', '22021', bad, 'A text is not valid UTF-8.'),
  refusal('INVALID_VALUE', '22P02', bad, 'A value cannot be read as the type of its argument.'),
  refusal('INVALID_VALUE', '22023', bad, 'A value is out of the range of its argument.'),
  refusal('NUMBER_OUT_OF_RANGE', '22003', bad, 'A number is too large for its argument.'),
  refusal('INVALID_DATE', '22007', bad, 'A text cannot be read as a time.'),
  refusal('INVALID_DATE', '22008', bad, 'A time is out of range.'),
  refusal('INVALID_JSON', '22032', bad, 'A text is not valid JSON.'),
  refusal('VALUE_TOO_LARGE', '54000', { ...bad, httpStatus: 413 }, 'A value is larger than PostgreSQL can store or index.'),
  refusal('TOO_COMPLEX', '54001', bad, 'An expression nests deeper than PostgreSQL can read.'),
  refusal('NOT_ALLOWED', '42501', { ...conflict, httpStatus: 403 }, 'The caller has not the role that this takes.'),
  refusal('SERIALIZATION_FAILURE', '40001', later, 'Another transaction came first; the same request may succeed now.'),
  refusal('DEADLOCK', '40P01', later, 'Two transactions waited for each other; the same request may succeed now.'),
  refusal('LOCK_TIMEOUT', '55P03', later, 'A row was locked for longer than this request waits.'),
  refusal('TRANSACTION_TIMEOUT', '25P03', later, 'A transaction waited for its client for longer than it may.'),
  refusal('STATEMENT_TIMEOUT', '57014', later, 'The database took longer than this request may take.'),
  refusal('DATABASE_STOPPING', '57P01', later, 'The database is being stopped or restarted.'),
  refusal('DATABASE_STOPPING', '57P02', later, 'The database is recovering from a crash.'),
  refusal('DATABASE_STARTING', '57P03', later, 'The database is starting.'),
  refusal('TOO_MANY_CONNECTIONS', '53300', later, 'The database has no connection left.'),
  refusal('DISK_FULL', '53100', later, "The database's disk is full, or the one for temporary files of the process that answers."),
  refusal('DATABASE_UNREACHABLE', null, later, 'No connection to the database can be made, or the one there was is lost.'),
  refusal('BAD_REQUEST', null, bad, 'A request is not of the form that the server takes.'),
  refusal('PAGE_TOO_LARGE', null, bad, 'A GraphQL query asks for more rows of a list than one page has.'),
  refusal('QUERY_TOO_DEEP', null, bad, 'A GraphQL query nests too deep.'),
  refusal('QUERY_TOO_COSTLY', null, bad, 'A GraphQL query asks for too much at once.'),
  refusal('REQUEST_TOO_LARGE', null, { ...bad, httpStatus: 413 }, 'The body of a request is too large.'),
  refusal('UNSUPPORTED_MEDIA_TYPE', null, { ...bad, httpStatus: 415 }, 'The body of a request has a content type or encoding that is not taken there.'),
  refusal('UPLOAD_STALLED', null, { ...later, httpStatus: 408 }, 'The rest of a body has not come for too long.'),
  refusal('TOO_MANY_TRANSFERS', null, later, 'As many appends and pulls are under way as the server does at once.'),
  refusal('RATE_LIMITED', null, { ...later, httpStatus: 429 }, 'More requests, or more failed sign-ins, than are allowed in this time.'),
  refusal('SERVER_UNREACHABLE', null, later, 'The server of BULKHEAD_URL does not answer.'),
  refusal('ANSWER_CUT_OFF', null, later, 'An answer of the server has no end; what came of it is not to be used.'),
  refusal('SIDES_DIFFER', null, conflict, 'A suite that is being adopted is not the same on both sides.'),
  refusal('OPERATION_CANCELLED', null, conflict, 'The operation that a command waited for was cancelled.'),
  refusal('PROVIDER_UNAVAILABLE', null, later, 'The provider of OpenID Connect sign-ins does not answer, or not as it should.'),
  refusal('FOREIGN_ORIGIN', null, { ...bad, httpStatus: 403 }, 'A request comes from a web page of another site, or names a host that is not this one.'),
  refusal('NOT_FOUND', null, missing, 'There is nothing at this address.'),
  refusal('UNKNOWN_FORMAT', null, bad, 'No file format has this name.'),
  refusal('UNPACKS_TOO_LARGE', null, { ...bad, httpStatus: 413 }, 'Compressed data unpack to more than is allowed.'),
  refusal('BAD_FILE', null, bad, 'A file to import has errors; each is named with its line.'),
  refusal('BAD_CONFIG', null, setUp, 'A setting in the environment cannot be used.'),
  refusal('NOT_MIGRATED', null, { ...setUp, httpStatus: 503 }, 'The database lacks migrations of this version.'),
  refusal('ALREADY_RUNNING', null, setUp, 'Another process uses the same data folder, or adopts the same source.'),
  refusal('PORT_IN_USE', null, setUp, 'The port to listen on is taken.'),
  refusal('INTERNAL', null, other, 'A bug, or a fault of the machine; the log has the details under the id that the answer gives.'),
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

/** What pg says of a connection that ends without a word of the server, and of the next query on it. It gives these no code. */
const lostConnection =
  /^(Connection terminated unexpectedly|Client has encountered a connection error)/;

/**
 * What the registry says of anything thrown: by SQLSTATE for an error of PostgreSQL, by name for our own, by errno for a
 * connection that could not be made or a file that could not be written. Null for everything else, which nobody but the log should see.
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
    // the whole row, with columns that are nobody's business
    const shown = detail?.startsWith('Failing row contains') ? undefined : detail;
    return { entry, message, ...optional(shown, hint) };
  }
  if (/^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EPIPE|ETIMEDOUT)$/.test(code ?? '')) {
    return { entry: findByName('DATABASE_UNREACHABLE'), message: 'the database cannot be reached' };
  }
  if (lostConnection.test(error.message)) {
    return {
      entry: findByName('DATABASE_UNREACHABLE'),
      message: 'the connection to the database was lost',
    };
  }
  // the error's own words have a path of this machine
  if (/^(ENOSPC|EDQUOT)$/.test(code ?? '')) {
    return {
      entry: findByName('DISK_FULL'),
      message: 'no space is left for files of this process',
    };
  }
  return null;
}

function optional(detail?: string, hint?: string): { detail?: string; hint?: string } {
  return { ...(detail && { detail }), ...(hint && { hint }) };
}
