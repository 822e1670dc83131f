/** Principals, tokens and sessions for tests of who may do what. */
import { randomBytes } from 'node:crypto';
import { DatabaseError } from 'pg';
import { callOne, type Queryable } from './cases.ts';

/** The roles of a suite, each of which holds the ones before it. */
export const roles = ['viewer', 'appender', 'editor', 'owner'] as const;
export type Role = (typeof roles)[number];

/** A token as `create_token` shows it, once. */
export type Token = { token: string; principal: string; hint: string; expires_at: Date | null };

/** How far up the ladder a role is; nobody is at 0. */
export function rank(role: Role | null): number {
  return role === null ? 0 : roles.indexOf(role) + 1;
}

/** Makes a token with one role in these suites. */
export async function makeToken(
  db: Queryable,
  role: string,
  suites: string[],
  args: { name?: string; expires_in_days?: number | null } = {},
): Promise<Token> {
  return callOne<Token>(db, 'create_token', { suite_ids: suites, role, ...args });
}

/** A name for a person who is not there yet. */
export function someName(kind = 'person'): string {
  return `${kind}:${randomBytes(6).toString('hex')}@example.com`;
}

/** Opens a session as the server does once somebody has proved who that is. */
export async function makeSession(
  db: Queryable,
  principal = someName(),
  groups: string[] = [],
): Promise<string> {
  const { rows } = await db.query("select bulkhead_private.start_session($1, '', $2) as session", [
    principal,
    groups,
  ]);
  return rows[0].session;
}

/** A session of a new admin, who is a member of nothing. */
export async function makeAdmin(db: Queryable): Promise<{ session: string; principal: string }> {
  const principal = someName();
  await callOne(db, 'set_principal', { name: principal, is_admin: true });
  return { session: await makeSession(db, principal), principal };
}

/** What came of a statement: rows, or the parts of a refusal that a caller gets to see. */
export type Outcome =
  | { rows: unknown[] }
  | { code: string; message: string; detail: string; hint: string };

/** Runs a statement to see what comes of it, and takes back what it did. */
export async function outcomeOf(
  client: Queryable,
  sql: string,
  values: unknown[] = [],
): Promise<Outcome & { code: string }> {
  await client.query('savepoint outcome');
  try {
    const { rows } = await client.query(sql, values);
    return { code: 'ok', rows };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const { code = '', message, detail = '', hint = '' } = error;
    return { code, message, detail, hint };
  } finally {
    await client.query('rollback to savepoint outcome; release savepoint outcome');
  }
}

/** The slugs that a client sees, in order. */
export async function visibleSuites(client: Queryable): Promise<string[]> {
  const { rows } = await client.query('select id from bulkhead.test_suites order by id');
  return rows.map((row) => row.id);
}
