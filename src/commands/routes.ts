/** `bulkhead routes`: the named selections that CI asks for. */
import { type Command, Option } from 'commander';
import { type Client, type ClientDeps, makeClient, present } from '../client/client.ts';
import * as documents from '../client/documents/routes.ts';
import type { Id } from '../client/documents/shared.ts';
import { allPages } from '../client/graphql.ts';
import { describeMissing, findByKeys, keysAtOnce } from '../client/keys.ts';
import { BulkheadError } from '../errors.ts';
import { type Column, printRows } from './access.ts';
import { readCount } from './flags.ts';

type Json = { json?: boolean };
type DefineFlags = Json & {
  where: string;
  precedence?: number;
  status?: string;
  description?: string;
};
type Placed = { key: string; caseId: Id; route: string | null };

/** A route, and how many cases a pull by it gives now. */
type Counted = documents.Route & { cases: string };

const columns: Column<Counted>[] = [
  ['precedence', (row) => String(row.precedence)],
  ['route', (row) => row.name],
  ['expression', (row) => row.expression],
  ['status', (row) => row.status ?? 'all'],
  ['cases', (row) => row.cases],
  ['description', (row) => row.description],
];

const placedColumns: Column<Placed>[] = [
  ['key', (row) => row.key],
  ['case', (row) => row.caseId],
  ['route', (row) => row.route ?? '(none)'],
];

/** Adds the verbs about routes to the program. */
export function registerRoutes(program: Command, deps: ClientDeps): void {
  const routes = program
    .command('routes')
    .description('routes: the named selections that are pulled by pull --route');
  const verb = (name: string, description: string) =>
    routes.command(name).description(description).argument('<suite>', 'slug of the suite');

  verb('list', 'the routes of a suite, by precedence')
    .option('--json', 'print an array of objects')
    .action((suite: string, { json }: Json) => list(deps, suite, json));
  verb('define', 'make a route, or define it anew')
    .argument('<route>', 'its name: release-gate')
    .requiredOption('--where <expression>', "its cases by tags: 'tier_a_gold or tier_b_gold'")
    .option('--precedence <number>', 'a case goes to the route with the lowest', readCount)
    .addOption(
      new Option('--status <status>', 'cases with this status').choices([
        'active',
        'archived',
        'all',
      ]),
    )
    .option('--description <text>', 'what it is for')
    .option('--json', 'print the route as an object')
    .action((suite: string, name: string, flags: DefineFlags) => define(deps, suite, name, flags));
  verb('drop', 'take a route away; what was pulled by it stays on record')
    .argument('<route>', 'the route')
    .option('--json', 'print the route as an object')
    .action((suite: string, name: string, { json }: Json) => drop(deps, suite, name, json));
  verb('of', 'where cases go: the first route, by precedence, that selects them')
    .argument('<keys...>', 'keys of the cases')
    .option('--json', 'print an array of objects')
    .action((suite: string, keys: string[], { json }: Json) => placesOf(deps, suite, keys, json));
}

async function list(deps: ClientDeps, slug: string, json: boolean | undefined) {
  const { ask, suite } = makeClient(deps);
  const suiteId = await suite(slug);
  const found = await allPages(
    async (after) => present((await ask(documents.routes, { suiteId, after })).suite, slug).routes,
  );
  const rows: Counted[] = [];
  for (const route of found.toSorted((a, b) => a.precedence - b.precedence))
    rows.push(await count(ask, suiteId, route));
  const none = `${slug} has no routes. One is made by: bulkhead routes define ${slug} release-gate --where tier_a_gold`;
  printRows(deps, rows, columns, { json, none });
}

async function define(
  deps: ClientDeps,
  slug: string,
  name: string,
  { where, precedence, status, description, json }: DefineFlags,
) {
  const { ask, suite } = makeClient(deps);
  const suiteId = await suite(slug);
  const defined = (
    await ask(documents.defineRoute, {
      suiteId,
      name,
      expression: where,
      ...(precedence !== undefined && { precedence }),
      ...(status !== undefined && { status: status === 'all' ? null : status }),
      ...(description !== undefined && { description }),
    })
  ).defineRoute;
  const route = await count(ask, suiteId, defined.route);
  const { cases, expression } = route;
  deps.print(
    json
      ? JSON.stringify(route, null, 2)
      : `${name} is a route of ${slug}, with precedence ${route.precedence}: ${expression} (${cases === '1' ? '1 case' : `${cases} cases`} now)`,
  );
  if (cases === '0')
    deps.note(
      `No case is selected by it now; until one is, pull --route ${name} --at-least 1 fails.`,
    );
}

/** A pull by a route does not look at precedence: it gives all that the expression selects. */
async function count(ask: Client['ask'], suiteId: Id, route: documents.Route): Promise<Counted> {
  const { expression: whereTags, status } = route;
  const { countCases: cases } = await ask(documents.countCases, { suiteId, whereTags, status });
  return { ...route, cases };
}

async function drop(deps: ClientDeps, slug: string, name: string, json: boolean | undefined) {
  const { ask, suite } = makeClient(deps);
  const { route } = (await ask(documents.dropRoute, { suiteId: await suite(slug), name }))
    .dropRoute;
  deps.print(json ? JSON.stringify(route, null, 2) : `${name} is no route of ${slug} any more`);
}

async function placesOf(deps: ClientDeps, slug: string, keys: string[], json?: boolean) {
  const client = makeClient(deps);
  const suiteId = await client.suite(slug);
  const rows: Placed[] = [];
  for (let first = 0; first < keys.length; first += keysAtOnce)
    rows.push(...(await place(client, slug, suiteId, keys.slice(first, first + keysAtOnce))));
  printRows(deps, rows, placedColumns, { json, none: '' });
}

async function place({ ask }: Client, slug: string, suiteId: Id, keys: string[]) {
  const { ids, missing } = await findByKeys(ask, suiteId, keys);
  if (missing.length > 0) throw new BulkheadError('NOT_FOUND', describeMissing(slug, missing));
  const { routesOfCases } = await ask(documents.routesOfCases, {
    suiteId,
    caseIds: [...ids.values()],
  });
  const routes = new Map(routesOfCases.map(({ caseId, route }) => [caseId, route]));
  return keys.map((key) => {
    const caseId = ids.get(key) ?? '';
    return { key, caseId, route: routes.get(caseId) ?? null };
  });
}
