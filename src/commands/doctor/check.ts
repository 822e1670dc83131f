/** What a check of `bulkhead doctor` is. */
import type pg from 'pg';
import type { Breach } from '../../database/inspect.ts';
import type { OpenDatabase } from '../../database/open.ts';

/** What a check has to go by: the owner's connection, and the login of the API if it is another one. */
export type Subject = { client: pg.ClientBase; database: OpenDatabase; apiLogin: string };

/** A failure fails the command; a warning is for somebody to decide on; a note is no fault at all. */
export type Level = 'failure' | 'warning' | 'note';

/** One thing that is looked at. It finds nothing, or what is wrong and the commands that mend it: SQL ends with a semicolon. */
export type Check = { name: string; level?: Level; run(subject: Subject): Promise<Breach[]> };

/** What a check has found. */
export type Finding = { name: string; level: Level; breaches: Breach[] };

/** The command that makes what is missing. */
export const migrateIt = 'bulkhead migrate';

/** Runs a check; one that cannot be run has failed. */
export async function runCheck(check: Check, subject: Subject): Promise<Finding> {
  const { name, level = 'failure' } = check;
  try {
    return { name, level, breaches: await check.run(subject) };
  } catch (error) {
    const { message, hint = migrateIt } = error as Error & { hint?: string };
    return { name, level: 'failure', breaches: [{ problem: message, mend: hint }] };
  }
}
