/** `bulkhead doctor`: what is wrong with the database, and how to mend it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { describeServer, withClient } from '../database/admin.ts';
import { qualifyNames } from '../database/inspect.ts';
import { findDatabase, type OpenDatabase, openDatabase } from '../database/open.ts';
import { BulkheadError } from '../errors.ts';
import type { Context } from './context.ts';
import { accessChecks } from './doctor/access.ts';
import { type Finding, type Level, runCheck } from './doctor/check.ts';
import { findLogin, loginChecks } from './doctor/logins.ts';
import { setUpChecks } from './doctor/set-up.ts';
import { statisticsChecks } from './doctor/statistics.ts';

/** How much of what one check finds is shown at a time. */
const shownProblems = 3;
const shownMends = 10;

const marks: Record<Level, string> = { failure: '✖', warning: '!', note: '·' };

/** Runs every check and prints a line for each; 1 if any failed. */
export async function doctor(context: Context): Promise<number> {
  const database = await openForDoctor(context);
  try {
    return await withClient(database.ownerUrl, async (client) => {
      const { version, database: name, role } = await describeServer(client);
      context.print(`✔ PostgreSQL ${version} answers: database ${name}, owner ${role}`);
      const findings = await examine(client, database);
      for (const line of findings.flatMap(describe)) context.print(line);
      return findings.some(isFailure) ? 1 : 0;
    });
  } finally {
    await database.stop();
  }
}

/** Runs the checks, one after the other; without the set-up the others would only say that it is missing. */
export async function examine(client: pg.ClientBase, database: OpenDatabase): Promise<Finding[]> {
  await qualifyNames(client);
  const { role: owner } = await describeServer(client);
  const login = await findLogin(database);
  // the owner as the API's login is a finding of its own, and not that it is powerful as well
  const apiLogin = login === undefined || login === owner ? 'bulkhead_api' : login;
  const subject = { client, database, apiLogin };
  const findings: Finding[] = [];
  for (const check of setUpChecks) findings.push(await runCheck(check, subject));
  if (findings.some(isFailure)) return findings;
  for (const check of [...loginChecks, ...accessChecks, ...statisticsChecks])
    findings.push(await runCheck(check, subject));
  return findings;
}

/** The embedded server is started for the check if need be, but not made. */
async function openForDoctor({ config, logger }: Context): Promise<OpenDatabase> {
  const found = await findDatabase(config);
  if (found) return found;
  if (existsSync(join(config.dataDir, 'postgres'))) return openDatabase(config, logger);
  throw new BulkheadError('BAD_CONFIG', 'There is no DATABASE_URL, and no embedded database yet', {
    hint: 'Set DATABASE_URL, or make one with: bulkhead up',
  });
}

function isFailure({ level, breaches }: Finding): boolean {
  return level === 'failure' && breaches.length > 0;
}

function describe({ name, level, breaches }: Finding): string[] {
  if (breaches.length === 0) return [`✔ ${name}`];
  const problems = breaches.slice(0, shownProblems).map(({ problem }) => problem);
  const more =
    breaches.length > shownProblems ? ` and ${breaches.length - shownProblems} more` : '';
  const mends = [...new Set(breaches.map(({ mend }) => mend))];
  const lines = mends.slice(0, shownMends).map((mend) => `    to mend it: ${mend}`);
  if (mends.length > shownMends)
    lines.push(`    … and ${mends.length - shownMends} more: run bulkhead doctor again`);
  return [`${marks[level]} ${name}: ${problems.join(', ')}${more}`, ...lines];
}
