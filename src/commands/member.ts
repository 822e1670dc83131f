/** `bulkhead member`: who has which role in a suite. */
import type { Command } from 'commander';
import type { IListMembersResult } from '../queries/access.queries.ts';
import {
  type AccessCommandDeps,
  type Column,
  findSuite,
  printRows,
  readQueries,
  showTime,
} from './access.ts';

const columns: Column<IListMembersResult>[] = [
  ['principal', (row) => row.principal],
  ['name', (row) => row.name],
  ['role', (row) => row.role],
  ['member since', (row) => showTime(row.addedAt, '')],
];
const aPrincipal = 'person:…, group:…, role:… (a database login) or token:…';

/** Adds the verbs `member list`, `member set` and `member remove` to the program. */
export function registerMember(program: Command, deps: AccessCommandDeps): void {
  const member = program.command('member').description('who has which role in a suite');
  member
    .command('list')
    .description('the members of a suite')
    .requiredOption('--suite <slug>', 'the suite')
    .option('--json', 'print an array of objects')
    .action(({ suite, json }) => list(suite, json, deps));
  member
    .command('set')
    .description('give a principal a role in a suite, or another role')
    .requiredOption('--suite <slug>', 'the suite')
    .argument('<principal>', aPrincipal)
    .argument('<role>', 'viewer, appender, editor or owner')
    .action(async (principal: string, role: string, { suite }) => {
      const { setMember } = await readQueries();
      await deps.withOwnerClient((client) => setMember.run({ suite, principal, role }, client));
      deps.print(`${principal} is ${role} of ${suite}`);
    });
  member
    .command('remove')
    .description("take a principal's role in a suite away, at once")
    .requiredOption('--suite <slug>', 'the suite')
    .argument('<principal>', aPrincipal)
    .action(async (principal: string, { suite }) => {
      const { removeMember } = await readQueries();
      const [was] = await deps.withOwnerClient((client) =>
        removeMember.run({ suite, principal }, client),
      );
      deps.print(`${principal} was ${was?.role} of ${suite}, and is no member any more`);
    });
}

async function list(suite: string, json: boolean | undefined, deps: AccessCommandDeps) {
  const { listMembers } = await readQueries();
  const rows = await deps.withOwnerClient(async (client) => {
    const suiteId = await findSuite(client, suite);
    return suiteId === undefined ? [] : listMembers.run({ suiteId }, client);
  });
  const none = `${suite} has no members: admins alone see it. bulkhead member set makes one.`;
  printRows(deps, rows, columns, { json, none });
}
