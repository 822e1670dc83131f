/** Driving operations chunk by chunk, as a worker does, without one. */
import type { Operation, Queryable } from './cases.ts';
import { callOne } from './cases.ts';

/** The next chunk of an operation, in the caller's transaction. */
export async function runChunk(db: Queryable, operation: Operation): Promise<Operation> {
  const { rows } = await db.query('select * from bulkhead_private.run_chunk($1, $2)', [
    operation.suite_id,
    operation.id,
  ]);
  return rows[0];
}

/** What a worker does after a chunk that failed. */
export async function failChunk(
  db: Queryable,
  operation: Operation,
  error: { code: string; message: string },
): Promise<Operation> {
  const { rows } = await db.query('select * from bulkhead_private.fail_chunk($1, $2, $3, $4)', [
    operation.suite_id,
    operation.id,
    error.code,
    error.message,
  ]);
  return rows[0];
}

/** All chunks of an operation, and of those that were submitted to its suite before. */
export async function runToEnd(db: Queryable, operation: Operation): Promise<Operation> {
  for (let chunks = 0; chunks < 1000; chunks++) {
    const { rows } = await db.query('select * from bulkhead_private.unfinished_operation($1)', [
      operation.suite_id,
    ]);
    const next: Operation | undefined = rows[0];
    if (!next?.id || BigInt(next.id) > BigInt(operation.id)) break;
    await runChunk(db, next);
  }
  return read(db, operation);
}

/** An operation as it is now. */
export async function read(db: Queryable, { suite_id, id }: Operation): Promise<Operation> {
  const { rows } = await db.query(
    'select * from bulkhead.bulk_operations where suite_id = $1 and id = $2',
    [suite_id, id],
  );
  return rows[0];
}

/** Submits an operation by a function of bulkhead and runs it to its end. */
export async function operate(
  db: Queryable,
  name: string,
  args: Record<string, unknown>,
): Promise<Operation> {
  return runToEnd(db, await callOne<Operation>(db, name, args));
}

/** Undoes an operation, to the end. */
export async function undo(db: Queryable, { suite_id, id }: Operation): Promise<Operation> {
  return operate(db, 'undo_operation', { suite_id, operation_id: id });
}

/** Makes the chunks of an operation small, so that few cases make several of them. */
export async function setChunkSize(db: Queryable, operation: Operation, size: number) {
  await db.query(
    'update bulkhead.bulk_operations set chunk_size = $3 where suite_id = $1 and id = $2',
    [operation.suite_id, operation.id, size],
  );
}

/**
 * Submits an operation that is cancelled before its first chunk, or after one of so many cases. The suite is held (holdSuite),
 * otherwise the call does a small operation at once.
 */
export async function cancelled(
  db: Queryable,
  name: string,
  args: Record<string, unknown>,
  { after = 0 } = {},
): Promise<Operation> {
  const operation = await callOne<Operation>(db, name, args);
  if (after > 0) {
    await setChunkSize(db, operation, after);
    await runChunk(db, operation);
  }
  const { suite_id, id } = operation;
  await callOne(db, 'cancel_operation', { suite_id, operation_id: id });
  return runChunk(db, operation);
}

/** What an operation did, as lines: `a link_added rag`. */
export async function changes(db: Queryable, { suite_id, id }: Operation): Promise<string[]> {
  const { rows } = await db.query(
    `select concat_ws(' ', coalesce(c.external_key, v.external_key, h.case_id::text), h.change, h.tag, h.code) as line
     from bulkhead.operation_changes($1, $2, row_limit => null) h
     left join bulkhead.test_cases c on c.suite_id = $1 and c.id = h.case_id
     left join lateral (
       select external_key from bulkhead.test_case_versions
       where suite_id = $1 and case_id = h.case_id order by version desc limit 1
     ) v on true`,
    [suite_id, id],
  );
  return rows.map((row) => row.line).sort();
}

/**
 * Keeps operations of a suite from being run by the call that submits them, for as long as the
 * session lives: the test runs them, chunk by chunk.
 */
export async function holdSuite(session: Queryable, suiteId: string) {
  await session.query('select pg_advisory_lock(bulkhead_private.suite_lock_key($1))', [suiteId]);
}
