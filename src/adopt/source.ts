/** The connection to a source. */
import pg from 'pg';
import { explainConnection } from '../database/open.ts';
import { BulkheadError } from '../errors.ts';
import { type Mapping, type ResolvedMapping, resolveMapping } from './mapping.ts';
import { columnsSql, identitySql, quoteTable, suitesSql } from './source-sql.ts';

/** A suite of the source. */
export type SourceSuite = { id: string; name: string; cases: number };

/** A source that has been connected to. */
export type Source = {
  client: pg.Client;
  /** What the adoption calls it: the name of its database, unless told otherwise. */
  name: string;
  /** No two databases have the same. */
  identity: string;
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
    const { rows } = await client.query<Identity>(identitySql);
    const [found] = rows;
    if (!found || found.number < oldestSource) throw tooOld(found?.version);
    return await use({ client, name: name ?? found.name, identity: found.identity });
  } finally {
    await client.end();
  }
}

type Identity = { name: string; version: string; number: number; identity: string };

/** The first version with transition tables, as server_version_num. */
const oldestSource = 100000;

const tooOld = (version: string | undefined) =>
  new BulkheadError('BAD_CONFIG', `The source is PostgreSQL ${version}; it has to be 10 or newer`, {
    hint: 'Restore its dump on a newer server, and adopt that.',
  });

/** Refuses a source that is the database to which it is to be brought. */
export async function refuseSame(source: Source, target: pg.ClientBase): Promise<void> {
  const { rows } = await target.query<Identity>(identitySql);
  if (rows[0]?.identity !== source.identity) return;
  throw new BulkheadError('BAD_CONFIG', 'the source is the database of Bulkhead itself', {
    detail: `BULKHEAD_SOURCE_URL and DATABASE_URL lead to the same database, ${rows[0].name}.`,
    hint: 'A database of the old shape that is to become the one of Bulkhead moves to a new one: create database …',
  });
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
