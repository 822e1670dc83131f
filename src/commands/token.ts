/** `bulkhead token`: what programs come in with; on the server of BULKHEAD_URL, or in the database. */
import type { Command } from 'commander';
import { type ClientDeps, makeClient } from '../client/client.ts';
import type { IListTokensResult } from '../queries/access.queries.ts';
import {
  type AccessCommandDeps,
  type Column,
  collect,
  findSuite,
  printRows,
  readDays,
  readQueries,
  readTokenName,
  showTime,
} from './access.ts';

type TokenDeps = AccessCommandDeps & ClientDeps;
type CreateFlags = {
  suite: string[];
  role: string;
  name: string;
  expires: string;
  json?: boolean;
};
type ListFlags = { suite?: string; json?: boolean };

const columns: Column<IListTokensResult>[] = [
  ['token', (row) => row.principal],
  ['name', (row) => row.name],
  ['begins with', (row) => `${row.hint}…`],
  ['role', (row) => row.role],
  ['suite', (row) => row.suite],
  ['created by', (row) => row.createdBy],
  ['expires', (row) => showTime(row.expiresAt, 'never')],
  ['last used', (row) => showTime(row.lastUsedAt, 'never')],
];

/** Adds the verbs `token create`, `token list` and `token revoke` to the program. */
export function registerToken(program: Command, deps: TokenDeps): void {
  const token = program.command('token').description('tokens: what programs come in with');
  token
    .command('create')
    .summary('make a token, and show it this once')
    .description(
      'Makes a token and prints it, alone, on stdout: TOKEN=$(bulkhead token create …).\n' +
        'It is not shown again: only its SHA-256 is kept. With BULKHEAD_URL it is made on that server,\n' +
        'by an owner of the suites; without it, in the database, where the first one comes from.',
    )
    .requiredOption('--suite <slug>', 'a suite that it reaches; can be repeated', collect)
    .option('--role <role>', 'viewer, appender, editor or owner', 'viewer')
    .option('--name <text>', 'what it is for, as people will read it', '')
    .option('--expires <time>', 'after how long: 90d, 12w, 1y, or never', '90d')
    .option('--json', 'print the token as an object')
    .action((flags: CreateFlags) => create(flags, deps));
  token
    .command('list')
    .description('the tokens, and when they were last used')
    .option('--suite <slug>', 'only those that reach this suite')
    .option('--json', 'print an array of objects')
    .action((flags: ListFlags) => list(flags, deps));
  token
    .command('revoke')
    .description('end a token, at once')
    .argument('<token>', 'as the list shows it: token:12, or 12')
    .option('--suite <slug>', 'take only this suite away from it')
    .option('--json', 'print the token and the suites as an object')
    .action((name: string, flags: ListFlags) => revoke(name, flags, deps));
}

/** Where tokens are made: a database, or the server of BULKHEAD_URL. */
export type TokenStore = {
  create(flags: {
    suites: string[];
    role: string;
    name: string;
    expiresInDays: number | null;
  }): Promise<{ token: string; principal: string; expiresAt: Date | null }>;
  list(suite: string | undefined): Promise<IListTokensResult[]>;
  /** Resolves to the suites that it reaches no longer. */
  revoke(principal: string, suite: string | undefined): Promise<string[]>;
};

async function openStore(deps: TokenDeps): Promise<TokenStore> {
  if (!deps.remote()) return makeLocalTokens(deps, await readQueries());
  const { makeRemoteTokens } = await import('../client/tokens.ts');
  return makeRemoteTokens(makeClient(deps));
}

type Queries = Awaited<ReturnType<typeof readQueries>>;

function makeLocalTokens(
  { withOwnerClient }: AccessCommandDeps,
  { createToken, listTokens, revokeToken }: Queries,
): TokenStore {
  return {
    async create(flags) {
      const [made] = await withOwnerClient((client) => createToken.run(flags, client));
      if (!made) throw new Error('create_token gave no row');
      return { token: made.token, principal: made.principal, expiresAt: made.expires_at };
    },
    list: (suite) =>
      withOwnerClient(async (client) =>
        listTokens.run({ suiteId: await findSuite(client, suite) }, client),
      ),
    async revoke(principal, suite) {
      const taken = await withOwnerClient(async (client) =>
        revokeToken.run({ principal, suiteId: await findSuite(client, suite) }, client),
      );
      return taken.map((row) => row.suite);
    },
  };
}

async function create(flags: CreateFlags, deps: TokenDeps) {
  const { suite: suites, role, name, json } = flags;
  const expiresInDays = readDays(flags.expires);
  const store = await openStore(deps);
  const { token, principal, expiresAt } = await store.create({ suites, role, name, expiresInDays });
  if (json)
    return deps.print(JSON.stringify({ token, principal, role, suites, expiresAt }, null, 2));
  deps.print(token);
  const end = expiresAt ? `expires ${showTime(expiresAt, '')}` : 'never expires';
  deps.note(`${principal}, ${role} of ${suites.join(', ')}; ${end}. It is shown this once.`);
}

async function list({ suite, json }: ListFlags, deps: TokenDeps) {
  const rows = await (await openStore(deps)).list(suite);
  printRows(deps, rows, columns, {
    json,
    none: 'There is no token. One is made by: bulkhead token create --suite <slug>',
  });
}

async function revoke(name: string, { suite, json }: ListFlags, deps: TokenDeps) {
  const principal = readTokenName(name);
  const suites = await (await openStore(deps)).revoke(principal, suite);
  if (json) return deps.print(JSON.stringify({ principal, suites }, null, 2));
  deps.print(`${principal} reaches no longer: ${suites.join(', ')}`);
}
