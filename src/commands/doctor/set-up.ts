/** Checks of the database as a whole: without these there is nothing else to look at. */
import { describeServer } from '../../database/admin.ts';
import { ownSchemas, readSchemas } from '../../database/inspect.ts';
import { pendingMigrations, unknownMigrations } from '../../database/migrate.ts';
import { type Check, migrateIt } from './check.ts';

/** Encoding, migrations and schemas. */
export const setUpChecks: Check[] = [
  {
    name: 'the database is encoded in UTF8',
    async run({ client }) {
      const { encoding, database } = await describeServer(client);
      if (encoding === 'UTF8') return [];
      const mend = `create database "${database}" template template0 encoding 'UTF8';`;
      return [{ problem: `it is ${encoding}`, mend }];
    },
  },
  {
    name: 'migrations are up to date',
    async run({ database: { ownerUrl } }) {
      const pending = await pendingMigrations(ownerUrl);
      if (pending.length > 0)
        return [{ problem: `not run yet: ${pending.join(', ')}`, mend: migrateIt }];
      const unknown = await unknownMigrations(ownerUrl);
      if (unknown === 0) return [];
      const problem = `it has run ${unknown} migration(s) that this version does not know`;
      return [{ problem, mend: 'run the version of Bulkhead that migrated it' }];
    },
  },
  {
    name: 'the schemas are there, the queue included',
    async run({ client }) {
      const wanted = [...ownSchemas, 'graphile_worker'];
      const there = await readSchemas(client, wanted);
      const missing = wanted.filter((schema) => !there.includes(schema));
      return missing.map((schema) => ({ problem: `missing: ${schema}`, mend: migrateIt }));
    },
  },
];
