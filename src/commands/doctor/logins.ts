/** Checks of roles and logins: what somebody has who gets hold of the API's login. */
import { describeServer, withClient } from '../../database/admin.ts';
import {
  type Breach,
  isMember,
  readMemberships,
  readMissingLimits,
  readOwned,
  readPowers,
  readRoles,
} from '../../database/inspect.ts';
import { explainConnection } from '../../database/open.ts';
import { type Check, migrateIt, type Subject } from './check.ts';

/** The roles that the API uses; a login of its own takes the place of bulkhead_api. */
export const loginChecks: Check[] = [
  {
    name: 'the roles are there, and no more powerful than they should be',
    async run(subject) {
      const powers = await readPowers(subject.client, apiRoles(subject));
      return [...(await readRoleFaults(subject)), ...powers];
    },
  },
  {
    name: "the API's login can become the role of a request, and no other",
    run: (subject) => readMemberships(subject.client, apiRoles(subject)),
  },
  {
    name: "the API's login owns nothing",
    run: (subject) => readOwned(subject.client, apiRoles(subject)),
  },
  {
    name: "the API's login works",
    async run({ database }) {
      const url = await database.apiUrl();
      await withClient(url, describeServer).catch((error) => {
        throw explainConnection(error, url);
      });
      return [];
    },
  },
  {
    name: "the API's login is another one than the worker's",
    level: 'warning',
    async run({ client, database }) {
      const { role } = await describeServer(client);
      if ((await findLogin(database)) !== role) return [];
      const mend = 'set BULKHEAD_API_DATABASE_URL to a login as bulkhead_api';
      return [{ problem: 'the API connects as the owner', mend }];
    },
  },
  {
    name: "the API's login has limits of time and connections",
    level: 'warning',
    run: ({ client, apiLogin }) => readMissingLimits(client, apiLogin),
  },
];

/** Whom the API connects as; undefined where that cannot be told, which another check says. */
export async function findLogin(database: Subject['database']): Promise<string | undefined> {
  try {
    const { role } = await withClient(await database.apiUrl(), describeServer);
    return role;
  } catch {
    return undefined;
  }
}

function apiRoles({ apiLogin }: Subject): string[] {
  return [...new Set(['bulkhead_user', 'bulkhead_api', apiLogin])];
}

async function readRoleFaults({ client, apiLogin }: Subject): Promise<Breach[]> {
  const roles = await readRoles(client, ['bulkhead_user', apiLogin]);
  const user = roles.find(({ name }) => name === 'bulkhead_user');
  const api = roles.find(({ name }) => name === apiLogin);
  if (!user || !api)
    return [{ problem: `bulkhead_user or ${apiLogin} is missing`, mend: migrateIt }];
  const found: Breach[] = [];
  if (user.login)
    found.push({ problem: 'bulkhead_user may log in', mend: 'alter role bulkhead_user nologin;' });
  if (!api.login || api.inherits) {
    const problem = `${apiLogin} ${api.login ? 'inherits the rights of a request' : 'may not log in'}`;
    found.push({ problem, mend: `alter role "${apiLogin}" login noinherit;` });
  }
  if (!(await isMember(client, apiLogin, 'bulkhead_user'))) {
    const problem = `${apiLogin} is no member of bulkhead_user`;
    found.push({ problem, mend: `grant bulkhead_user to "${apiLogin}";` });
  }
  return found;
}
