/**
 * The connection of one append. Its cases are staged in a table of the connection's session, so what
 * belongs together stays on one connection; it is taken when the first cases have come.
 */
import type pg from 'pg';
import { beginImport, endImport } from '../../queries/append.queries.ts';
import type { Caller } from '../gate.ts';
import type { AppendRequest } from './append-request.ts';
import { actFor, connect, type Ending } from './transaction.ts';

/** Who appends, and to what. */
export type Appender = { pool: pg.Pool; caller: Caller; asked: AppendRequest };

export type Session = {
  /** The connection, with the staging that is there for this append alone. */
  connect(): Promise<pg.PoolClient>;
  /** Does something in a transaction of the caller's, which is rolled back where that is asked for. */
  act<T>(
    work: (at: { client: pg.PoolClient; suiteId: string }) => Promise<T>,
    ending?: Ending,
  ): Promise<T>;
  /** Gives the connection back as empty as it came. If the append failed, its new tags go as well. */
  end(failed: boolean): Promise<void>;
};

/** Makes a session; it has no connection yet. */
export function makeSession(appender: Appender): Session {
  let begun: ReturnType<typeof begin> | undefined;
  const start = () => (begun ??= begin(appender));
  return {
    connect: async () => (await start()).client,
    async act(work, ending = 'commit') {
      const at = await start();
      return actFor(at.client, appender.caller, () => work(at), ending);
    },
    async end(failed) {
      const client = (await begun?.catch(() => undefined))?.client;
      if (!client) return;
      // In the middle of something it can be of no use to anybody else.
      const isIdle = client.getTransactionStatus() === 'I';
      const empty = async () => {
        if (!isIdle) throw new Error('the connection is not idle');
        await actFor(client, appender.caller, () => endImport.run({ failed }, client));
      };
      await empty().then(
        () => client.release(),
        () => client.release(true),
      );
    },
  };
}

async function begin({ pool, caller, asked }: Appender) {
  const client = await connect(pool);
  try {
    const [suite] = await actFor(client, caller, () => beginImport.run(asked, client));
    if (!suite) throw new Error('begin_import returned nothing');
    return { client, suiteId: suite.id };
  } catch (error) {
    client.release(client.getTransactionStatus() !== 'I');
    throw error;
  }
}
