/** `bulkhead suites`: which suites the token sees. */
import type { Command } from 'commander';
import { type ClientDeps, makeClient } from '../client/client.ts';
import * as documents from '../client/documents/suites.ts';
import { allPages } from '../client/graphql.ts';
import { type Column, printRows, showTime } from './access.ts';

const columns: Column<documents.Suite>[] = [
  ['suite', (row) => row.slug],
  ['name', (row) => row.name],
  ['your role', (row) => row.myRole],
  ['dictionary', (row) => row.tagPolicy],
  ['archived', (row) => showTime(row.archivedAt, '')],
];

/** Adds the verb `suites` to the program. */
export function registerSuites(program: Command, deps: ClientDeps): void {
  program
    .command('suites')
    .description('the suites that the token reaches')
    .option('--json', 'print an array of objects')
    .action(async ({ json }: { json?: boolean }) => {
      const { ask } = makeClient(deps);
      const rows = await allPages(async (after) => (await ask(documents.suites, { after })).suites);
      const none = 'The token of BULKHEAD_TOKEN reaches no suite.';
      printRows(deps, rows, columns, { json, none });
    });
}
