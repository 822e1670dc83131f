/** Bulkhead's side of the incident: the same suite, the same appends and the same bulk, by its functions. */
import pg from 'pg';
import type { IncidentCase } from './incident-cases.ts';

/** A suite with its cases, each tagged `rag` or `other`; returns its id. */
export async function createNewSuite(
  client: pg.ClientBase,
  slug: string,
  cases: readonly IncidentCase[],
): Promise<number> {
  const { rows } = await client.query('select id::integer from bulkhead.create_suite($1)', [slug]);
  const payloads = cases.map(({ key, input, expected, isRag }) => ({
    external_key: key,
    input,
    expected_output: expected,
    tags: [isRag ? 'rag' : 'other'],
  }));
  const suiteId = rows[0].id;
  await client.query('select from bulkhead.append_cases($1, $2)', [
    suiteId,
    JSON.stringify(payloads),
  ]);
  await client.query('analyze bulkhead.test_cases, bulkhead.test_case_tags, bulkhead.suite_tags');
  return suiteId;
}

/** One append: one call, one new case with its tag. */
export async function appendNew(
  client: pg.ClientBase,
  { suiteId, key, input, tag }: { suiteId: number; key: string; input: string; tag: string },
): Promise<void> {
  const payload = [{ external_key: key, input, tags: [tag] }];
  await client.query('select * from bulkhead.append_cases($1, $2)', [
    suiteId,
    JSON.stringify(payload),
  ]);
}

/** An operation as a client sees it end. */
export type Finished = { id: string; state: string; changed: number; chunks: number };

/** A client that submits operations of one suite and hears when they have ended. */
export async function openOperations(ownerUrl: string, suiteId: number) {
  const client = new pg.Client(ownerUrl);
  const listener = new pg.Client(ownerUrl);
  await Promise.all([client.connect(), listener.connect()]);
  const { rows } = await listener.query('select bulkhead.suite_channel($1)', [suiteId]);
  await listener.query(`listen ${pg.escapeIdentifier(rows[0].suite_channel)}`);
  let heard = () => {};
  listener.on('notification', () => heard());

  const look = async (id: string): Promise<Finished & { finished_at: Date | null }> => {
    const { rows } = await client.query(
      `select id, state, changed::integer, chunks, finished_at
       from bulkhead.bulk_operations where suite_id = $1 and id = $2`,
      [suiteId, id],
    );
    return rows[0];
  };

  return {
    /** Calls one of the functions that submit an operation; resolves when the operation has ended. */
    async run(call: string, values: unknown[]): Promise<Finished> {
      let next = nextNotification();
      const { rows } = await client.query(`select id, finished_at from ${call}`, values);
      let operation = rows[0];
      while (!operation.finished_at) {
        await next;
        next = nextNotification();
        operation = await look(operation.id);
      }
      const finished = operation.state ? operation : await look(operation.id);
      if (finished.state !== 'succeeded') throw new Error(`the operation ${finished.state}`);
      return finished;
    },
    async release() {
      await Promise.all([client.end(), listener.end()]);
    },
  };

  function nextNotification(): Promise<void> {
    return new Promise((resolve) => {
      heard = resolve;
    });
  }
}

/** Cases of a suite, and links of them. */
export async function countNew(client: pg.ClientBase, suiteId: number) {
  const { rows } = await client.query(
    `select
       (select count(*) from bulkhead.test_cases where suite_id = $1)::integer as cases,
       (select count(*) from bulkhead.test_case_tags where suite_id = $1)::integer as links`,
    [suiteId],
  );
  return rows[0] as { cases: number; links: number };
}
