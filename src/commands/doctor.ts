/** `bulkhead doctor`: what is wrong with the database, and how to mend it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { describeServer, withClient } from '../database/admin.ts';
import {
  countOwned,
  isMember,
  readPublicGrants,
  readRoles,
  readSchemas,
} from '../database/inspect.ts';
import { pendingMigrations, unknownMigrations } from '../database/migrate.ts';
import {
  explainConnection,
  findDatabase,
  type OpenDatabase,
  openDatabase,
} from '../database/open.ts';
import { BulkheadError } from '../errors.ts';
import type { Context } from './context.ts';

/** A check finds nothing, or what is wrong and what to do; `warning` does not fail the command. */
type Finding = { problem: string; mend: string; warning?: boolean } | undefined;
type Check = { name: string; run(client: pg.Client, database: OpenDatabase): Promise<Finding> };

const ownSchemas = ['bulkhead', 'bulkhead_private', 'bulkhead_partitions'];
const migrateIt = 'bulkhead migrate';

const checks: Check[] = [
  {
    name: 'the database is encoded in UTF8',
    async run(client) {
      const { encoding, database } = await describeServer(client);
      if (encoding === 'UTF8') return undefined;
      const mend = `create database "${database}" template template0 encoding 'UTF8'`;
      return { problem: `it is ${encoding}`, mend };
    },
  },
  {
    name: 'migrations are up to date',
    async run(_client, { ownerUrl }) {
      const pending = await pendingMigrations(ownerUrl);
      if (pending.length > 0)
        return { problem: `not run yet: ${pending.join(', ')}`, mend: migrateIt };
      const unknown = await unknownMigrations(ownerUrl);
      if (unknown === 0) return undefined;
      const mend = 'run the version of Bulkhead that migrated it';
      return {
        problem: `it has run ${unknown} migration(s) that this version does not know`,
        mend,
      };
    },
  },
  {
    name: 'the schemas are there, the queue included',
    async run(client) {
      const wanted = [...ownSchemas, 'graphile_worker'];
      const there = await readSchemas(client, wanted);
      const missing = wanted.filter((schema) => !there.includes(schema));
      if (missing.length === 0) return undefined;
      return { problem: `missing: ${missing.join(', ')}`, mend: migrateIt };
    },
  },
  {
    name: 'the roles are there, and no more powerful than they should be',
    async run(client) {
      const roles = await readRoles(client, ['bulkhead_user', 'bulkhead_api']);
      const user = roles.find(({ name }) => name === 'bulkhead_user');
      const api = roles.find(({ name }) => name === 'bulkhead_api');
      if (!user || !api)
        return { problem: 'bulkhead_user or bulkhead_api is missing', mend: migrateIt };
      for (const { name, powerful } of roles)
        if (powerful)
          return {
            problem: `${name} has rights of an administrator`,
            mend: `alter role ${name} nosuperuser nocreaterole nocreatedb nobypassrls noreplication`,
          };
      if (user.login)
        return { problem: 'bulkhead_user may log in', mend: 'alter role bulkhead_user nologin' };
      if (!api.login || api.inherits)
        return { problem: 'bulkhead_api differs', mend: 'alter role bulkhead_api login noinherit' };
      if (await isMember(client, 'bulkhead_api', 'bulkhead_user')) return undefined;
      return { problem: 'bulkhead_api is no member', mend: 'grant bulkhead_user to bulkhead_api' };
    },
  },
  {
    name: "the API's login owns nothing",
    async run(client) {
      const owned = await countOwned(client, 'bulkhead_api');
      if (owned === 0) return undefined;
      const { role } = await describeServer(client);
      const mend = `reassign owned by bulkhead_api to "${role}"`;
      return { problem: `bulkhead_api owns ${owned} object(s)`, mend };
    },
  },
  {
    name: "the API's login works",
    async run(client, database) {
      const url = await database.apiUrl();
      const { role } = await withClient(url, describeServer).catch((error) => {
        throw explainConnection(error, url);
      });
      if (role !== (await describeServer(client)).role) return undefined;
      const mend = 'set BULKHEAD_API_DATABASE_URL to a login as bulkhead_api';
      return { problem: 'the API connects as the owner', mend, warning: true };
    },
  },
  {
    name: 'nothing is granted to PUBLIC',
    async run(client) {
      const there = await readSchemas(client, ownSchemas);
      const granted = await readPublicGrants(client, there);
      if (granted.length === 0) return undefined;
      const more = granted.length > 3 ? ` and ${granted.length - 3} more` : '';
      const mend = `revoke all on ${granted[0]} from public`;
      return { problem: `${granted.slice(0, 3).join(', ')}${more}`, mend };
    },
  },
];

/** Runs every check and prints a line for each; 1 if any failed. */
export async function doctor(context: Context): Promise<number> {
  const database = await openForDoctor(context);
  try {
    return await withClient(database.ownerUrl, async (client) => {
      const { version, database: name, role } = await describeServer(client);
      context.print(`✔ PostgreSQL ${version} answers: database ${name}, owner ${role}`);
      let failures = 0;
      for (const check of checks) failures += await runCheck(check, client, database, context);
      return failures > 0 ? 1 : 0;
    });
  } finally {
    await database.stop();
  }
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

async function runCheck(check: Check, client: pg.Client, database: OpenDatabase, context: Context) {
  const finding = await check.run(client, database).catch((error) => ({
    problem: (error as Error).message,
    mend: (error as { hint?: string }).hint ?? migrateIt,
    warning: false,
  }));
  if (!finding) {
    context.print(`✔ ${check.name}`);
    return 0;
  }
  context.print(`${finding.warning ? '!' : '✖'} ${check.name}: ${finding.problem}`);
  context.print(`    to mend it: ${finding.mend}`);
  return finding.warning ? 0 : 1;
}
