/**
 * The statements that a connection has prepared: the latest, and not all that were ever asked. What
 * the driver knows of them and what the server keeps has to be the same.
 */
import type pg from 'pg';

/** Prepared statements that one connection keeps. */
const maxPrepared = 100;

/** The names of statements that a connection has prepared, the one used last at the end. */
const prepared = new WeakMap<pg.PoolClient, Set<string>>();

/** Notes that a statement of this name is used. */
export function notePrepared(client: pg.PoolClient, name: string): void {
  const names = prepared.get(client) ?? new Set();
  prepared.set(client, names);
  names.delete(name);
  names.add(name);
}

/** Forgets what was not used for longest. Between transactions: within one that has failed it would fail. */
export function forgetPrepared(client: pg.PoolClient): void {
  const names = prepared.get(client) ?? new Set();
  const { parsedStatements } = client.connection as unknown as { parsedStatements: object };
  for (const name of names) {
    if (names.size <= maxPrepared) return;
    names.delete(name);
    if (!Reflect.deleteProperty(parsedStatements, name)) continue;
    client.query({ text: `deallocate ${client.escapeIdentifier(name)}` }).catch(() => {});
  }
}
