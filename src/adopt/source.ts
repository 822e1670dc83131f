/** The connection to a source. */
import pg from 'pg';
import { explainConnection } from '../database/open.ts';
import { type Mapping, type ResolvedMapping, resolveMapping } from './mapping.ts';
import { columnsSql, quoteTable, suitesSql } from './source-sql.ts';

/** A suite of the source. */
export type SourceSuite = { id: string; name: string; cases: number };

/** A source that has been connected to. */
export type Source = {
  client: pg.Client;
  /** What the adoption calls it: the name of its database, unless told otherwise. */
  name: string;
};

/** How times and numbers look in JSON must not depend on who looks. */
const settings =
  '-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c statement_timeout=0';

/** Opens a connection that is closed afterwards; the URL is in no message. */
export async function withSource<T>(
  url: string,
  name: string | undefined,
  use: (source: Source) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'bulkhead adopt',
    options: settings,
  });
  // a query that is under way fails with it as well
  client.on('error', () => {});
  await client.connect().catch((error) => {
    throw explainConnection(error, url);
  });
  try {
    return await use({ client, name: name ?? (await databaseName(client)) });
  } finally {
    await client.end();
  }
}

async function databaseName(client: pg.Client): Promise<string> {
  const { rows } = await client.query('select current_database() as name');
  return rows[0].name;
}

/** The mapping with its names found in this source. */
export function resolveFor({ client }: Source, mapping: Mapping): Promise<ResolvedMapping> {
  return resolveMapping(mapping, async (table) => {
    const { rows } = await client.query<{ table: string; name: string; type: string }>(columnsSql, [
      quoteTable(table),
    ]);
    const [first] = rows;
    if (!first) return null;
    return { table: first.table, columns: new Map(rows.map(({ name, type }) => [name, type])) };
  });
}

/** The suites of the source, in the order of their ids. */
export async function listSourceSuites(
  { client }: Source,
  mapping: ResolvedMapping,
): Promise<SourceSuite[]> {
  const { rows } = await client.query<SourceSuite>(suitesSql(mapping));
  return rows;
}
