/** `bulkhead token`: what programs come in with. */
import type { Command } from 'commander';
import type { IListTokensResult } from '../queries/access.queries.ts';
import { createToken, listTokens, revokeToken } from '../queries/access.queries.ts';
import {
  type AccessCommandDeps,
  type Column,
  collect,
  findSuite,
  printRows,
  readDays,
  readTokenName,
  showTime,
} from './access.ts';

type CreateFlags = { suite: string[]; role: string; name: string; expires: string };
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
export function registerToken(program: Command, deps: AccessCommandDeps): void {
  const token = program.command('token').description('tokens: what programs come in with');
  token
    .command('create')
    .summary('make a token, and show it this once')
    .description(
      'Makes a token and prints it, alone, on stdout: TOKEN=$(bulkhead token create …).\n' +
        'It is not shown again: only its SHA-256 is kept.',
    )
    .requiredOption('--suite <slug>', 'a suite that it reaches; can be repeated', collect)
    .option('--role <role>', 'viewer, appender, editor or owner', 'viewer')
    .option('--name <text>', 'what it is for, as people will read it', '')
    .option('--expires <time>', 'after how long: 90d, 12w, 1y, or never', '90d')
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
    .action((name: string, flags: { suite?: string }) => revoke(name, flags.suite, deps));
}

async function create(flags: CreateFlags, deps: AccessCommandDeps) {
  const { suite: suites, role, name } = flags;
  const expiresInDays = readDays(flags.expires);
  const [made] = await deps.withOwnerClient((client) =>
    createToken.run({ suites, role, name, expiresInDays }, client),
  );
  if (!made) throw new Error('create_token gave no row');
  deps.print(made.token);
  const end = made.expires_at ? `expires ${showTime(made.expires_at, '')}` : 'never expires';
  deps.note(`${made.principal}, ${role} of ${suites.join(', ')}; ${end}. It is shown this once.`);
}

async function list({ suite, json }: ListFlags, deps: AccessCommandDeps) {
  const rows = await deps.withOwnerClient(async (client) =>
    listTokens.run({ suiteId: await findSuite(client, suite) }, client),
  );
  printRows(deps, rows, columns, {
    json,
    none: 'There is no token. One is made by: bulkhead token create --suite <slug>',
  });
}

async function revoke(name: string, suite: string | undefined, deps: AccessCommandDeps) {
  const principal = readTokenName(name);
  const taken = await deps.withOwnerClient(async (client) =>
    revokeToken.run({ principal, suiteId: await findSuite(client, suite) }, client),
  );
  deps.print(`${principal} reaches no longer: ${taken.map((row) => row.suite).join(', ')}`);
}
