/**
 * A statement that acts for a credential, in one message. The messages that run a prepared statement
 * end with one that says "sync"; all that comes before it is one transaction, without begin and
 * commit. So use_credential goes in front of the statement. That takes half as long as a transaction
 * of four statements, which is as long as many a page takes.
 */
import pg from 'pg';

/** The name under which a connection has prepared use_credential, and its text. */
export const credentialStatement = {
  name: 'use_credential',
  text: 'select principal, kind, expires_at from bulkhead.use_credential($1)',
} as const;

/** The driver's own part of a connection that is used here. */
type Connection = {
  parsedStatements: Record<string, string>;
  bind(config: { statement: string; values: unknown[] }): void;
  execute(config: object): void;
};

/** What `pg.Query` has beside what its types tell: it is called as answers arrive. */
type Driver = {
  requiresPreparation(): boolean;
  prepare(connection: Connection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
};

const Query = pg.Query as unknown as new (
  config: pg.QueryConfig,
  callback: (error: Error | null, result: pg.QueryResult) => void,
) => pg.Submittable & Driver;

class RequestQuery extends Query {
  #isLetIn = false;
  readonly #hash: Buffer;

  constructor(
    config: pg.QueryConfig,
    hash: Buffer,
    callback: ConstructorParameters<typeof Query>[1],
  ) {
    super(config, callback);
    this.#hash = hash;
  }

  override requiresPreparation(): boolean {
    return true;
  }

  override prepare(connection: Connection): void {
    connection.bind({ statement: credentialStatement.name, values: [this.#hash] });
    connection.execute({});
    super.prepare(connection);
  }

  /** What use_credential answers is of no use here: it is the first row, and the first end. */
  override handleDataRow(message: unknown): void {
    if (this.#isLetIn) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.#isLetIn) super.handleCommandComplete(message, connection);
    this.#isLetIn = true;
  }
}

/** Whether a connection has prepared use_credential, as its first transaction does. */
export function canActFor(client: pg.PoolClient): boolean {
  const { parsedStatements } = client.connection as unknown as Connection;
  return parsedStatements[credentialStatement.name] !== undefined;
}

/** Runs a statement for the token or session with this SHA-256; rejects if either is refused. */
export function queryFor(
  client: pg.PoolClient,
  hash: Buffer,
  config: pg.QueryConfig,
): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    client.query(
      new RequestQuery(config, hash, (error, result) => (error ? reject(error) : resolve(result))),
    );
  });
}
