/** Checks of who may reach what: grants, functions, tables, keys and tokens. */
import {
  readDoubtfulTokens,
  readKeyFaults,
  readKeyReaders,
  readMissingAdmin,
  readShutOut,
} from '../../database/inspect-credentials.ts';
import {
  readDefaultGrants,
  readPrivateGrants,
  readPublicGrants,
  readWriteGrants,
} from '../../database/inspect-grants.ts';
import {
  readDynamicFunctions,
  readLooseFunctions,
  readLoosePolicies,
  readOpenTables,
  readOpenViews,
} from '../../database/inspect-objects.ts';
import type { Check } from './check.ts';
import { findUnquoted } from './dynamic-sql.ts';

/** All of them, in the order of what an intruder would try. */
export const accessChecks: Check[] = [
  { name: 'nothing is granted to PUBLIC', run: ({ client }) => readPublicGrants(client) },
  {
    name: 'nothing is granted by default on what is made later',
    run: ({ client }) => readDefaultGrants(client),
  },
  {
    name: 'what is private is granted to nobody',
    run: ({ client }) => readPrivateGrants(client),
  },
  {
    name: 'a request writes through functions and single columns only',
    run: ({ client, apiLogin }) => readWriteGrants(client, apiLogin),
  },
  {
    name: 'every table has row-level security, forced, and a policy',
    run: ({ client }) => readOpenTables(client),
  },
  {
    name: 'every policy asks in which suites the caller has a role',
    run: ({ client }) => readLoosePolicies(client),
  },
  {
    name: 'every view reads with the rights of who asks, or is a barrier',
    run: ({ client }) => readOpenViews(client),
  },
  { name: 'every function pins its search_path', run: ({ client }) => readLooseFunctions(client) },
  {
    name: 'no function executes text that nothing has quoted',
    async run({ client }) {
      const functions = await readDynamicFunctions(client);
      return functions
        .filter(({ name, body }) => findUnquoted(name, body).length > 0)
        .map(({ signature }) => ({
          problem: signature,
          mend: `write ${signature} again with format(…), names as %I, values as %L or with using`,
        }));
    },
  },
  { name: 'there is a key to sign requests with', run: ({ client }) => readKeyFaults(client) },
  {
    name: 'the owner alone reads the key',
    level: 'warning',
    run: ({ client }) => readKeyReaders(client),
  },
  {
    name: 'tokens come to an end',
    level: 'warning',
    run: ({ client }) => readDoubtfulTokens(client),
  },
  {
    name: 'whoever is shut out has nothing left to come in with',
    level: 'warning',
    run: ({ client }) => readShutOut(client),
  },
  { name: 'somebody is an admin', level: 'note', run: ({ client }) => readMissingAdmin(client) },
];
