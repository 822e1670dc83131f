/** `bulkhead principal`: who is an admin, has a role everywhere, or is shut out. */
import { type Command, Option } from 'commander';
import type { IListPrincipalsResult, ISetPrincipalResult } from '../queries/access.queries.ts';
import { type AccessCommandDeps, type Column, printRows, readQueries, showTime } from './access.ts';

type SetFlags = {
  admin?: boolean;
  everywhere?: string;
  disable?: boolean;
  enable?: boolean;
  displayName?: string;
};

const columns: Column<IListPrincipalsResult>[] = [
  ['principal', (row) => row.principal],
  ['name', (row) => row.name],
  ['admin', (row) => (row.isAdmin ? 'yes' : '')],
  ['everywhere', (row) => row.everywhere ?? ''],
  ['suites', (row) => String(row.suites)],
  ['shut out since', (row) => showTime(row.disabledAt, '')],
];

/** Adds the verbs `principal list` and `principal set` to the program. */
export function registerPrincipal(program: Command, deps: AccessCommandDeps): void {
  const principal = program
    .command('principal')
    .description('people, groups and database logins: admins, and who is shut out');
  principal
    .command('list')
    .description('every principal but tokens, which have a list of their own')
    .option('--json', 'print an array of objects')
    .action(async ({ json }) => {
      const { listPrincipals } = await readQueries();
      const rows = await deps.withOwnerClient((client) => listPrincipals.run(undefined, client));
      const none = 'There is no principal. One is made by: bulkhead principal set person:…';
      printRows(deps, rows, columns, { json, none });
    });
  principal
    .command('set')
    .description('change a principal, or note a new one down; what is not said stays as it is')
    .argument('<principal>', 'person:…, group:…, role:… (a database login) or token:…')
    .option('--admin', 'sees every suite, creates suites, manages principals')
    .option('--no-admin', 'is an admin no more')
    .option('--everywhere <role>', 'role in every suite, those to come included; none: no such')
    .addOption(new Option('--disable', 'shut it out, at once').conflicts('enable'))
    .option('--enable', 'let it in again')
    .option('--display-name <text>', 'what people are shown')
    .action((name: string, flags: SetFlags) => set(name, flags, deps));
}

async function set(principal: string, flags: SetFlags, deps: AccessCommandDeps) {
  const { setPrincipal } = await readQueries();
  const [changed] = await deps.withOwnerClient((client) =>
    setPrincipal.run(
      {
        principal,
        name: flags.displayName,
        isAdmin: flags.admin,
        everywhere: flags.everywhere,
        disabled: flags.disable ? true : flags.enable ? false : undefined,
      },
      client,
    ),
  );
  if (changed) deps.print(describe(changed));
}

function describe(row: ISetPrincipalResult): string {
  const parts = [
    row.isAdmin ? 'is an admin' : 'is no admin',
    row.everywhere ? `is ${row.everywhere} everywhere` : 'has no role everywhere',
    ...(row.disabledAt ? ['is shut out'] : []),
  ];
  return `${row.principal} ${parts.join(', ')}`;
}
