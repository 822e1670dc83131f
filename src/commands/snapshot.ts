/** `bulkhead snapshot`: immutable, named lists of case versions. */
import type { Command } from 'commander';
import { type ClientDeps, makeClient, present } from '../client/client.ts';
import { rowLimit } from '../client/documents/shared.ts';
import * as documents from '../client/documents/snapshots.ts';
import { allPages } from '../client/graphql.ts';
import { addSelection, type SelectionFlags, selectionOf } from '../client/selection.ts';
import { type Column, printRows, showTime } from './access.ts';

type Json = { json?: boolean };
type CreateFlags = SelectionFlags & Json & { description?: string };

const columns: Column<documents.Snapshot>[] = [
  ['snapshot', (row) => row.name],
  ['cases', (row) => row.cases],
  ['made', (row) => showTime(row.createdAt, '')],
  ['by', (row) => row.createdBy],
  ['sha256', (row) => `${row.sha256.slice(0, 12)}…`],
  ['description', (row) => row.description],
];

const changeColumns: Column<documents.SnapshotChange>[] = [
  ['change', (row) => row.change],
  ['key', (row) => row.externalKey ?? ''],
  ['case', (row) => row.caseId],
  [
    'tags',
    ({ tagsAdded, tagsRemoved }) =>
      [
        ...(tagsAdded ?? []).map((tag) => `+${tag}`),
        ...(tagsRemoved ?? []).map((tag) => `-${tag}`),
      ].join(' '),
  ],
];

const changes = ['added', 'removed', 'changed', 'retagged'] as const;

/** Adds the verbs about snapshots to the program. */
export function registerSnapshot(program: Command, deps: ClientDeps): void {
  const snapshot = program
    .command('snapshot')
    .description('snapshots: what pull --snapshot gives, the same for ever');
  const verb = (name: string, description: string) =>
    snapshot.command(name).description(description).argument('<suite>', 'slug of the suite');

  addSelection(
    verb('create', 'freeze the cases of a suite as they are now, or the selected ones').argument(
      '<snapshot>',
      'its name: v12',
    ),
  )
    .option('--description <text>', 'what it is for')
    .option('--json', 'print the snapshot as an object')
    .action((suite: string, name: string, flags: CreateFlags) => create(deps, suite, name, flags));
  verb('list', 'the snapshots of a suite')
    .option('--json', 'print an array of objects')
    .action((suite: string, { json }: Json) => list(deps, suite, json));
  verb('diff', 'what became of the cases from one snapshot to another')
    .argument('<before>', 'the earlier snapshot')
    .argument('<after>', 'the later one')
    .option('--json', 'print the counts and the cases as an object')
    .action((suite: string, before: string, after: string, { json }: Json) =>
      diff(deps, suite, { before, after }, json),
    );
  verb('drop', 'take a snapshot away, for good')
    .argument('<snapshot>', 'the snapshot')
    .option('--json', 'print the snapshot as an object')
    .action((suite: string, name: string, { json }: Json) => drop(deps, suite, name, json));
}

async function create(deps: ClientDeps, slug: string, name: string, flags: CreateFlags) {
  const { ask, suite } = makeClient(deps);
  const { description, json } = flags;
  const selection = selectionOf(flags);
  const { snapshot } = (
    await ask(documents.createSnapshot, {
      suiteId: await suite(slug),
      name,
      ...selection,
      ...(description !== undefined && { description }),
    })
  ).createSnapshot;
  if (json) return deps.print(JSON.stringify(snapshot, null, 2));
  const { cases, sha256 } = snapshot;
  deps.print(`${name} holds ${cases === '1' ? '1 case' : `${cases} cases`} of ${slug}`);
  deps.print(`sha256 ${sha256}`);
}

async function list(deps: ClientDeps, slug: string, json: boolean | undefined) {
  const { ask, suite } = makeClient(deps);
  const suiteId = await suite(slug);
  const found = await allPages(
    async (after) =>
      present((await ask(documents.snapshots, { suiteId, after })).suite, slug).snapshots,
  );
  const rows = found.toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
  const none = `${slug} has no snapshots. One is made by: bulkhead snapshot create ${slug} v1`;
  printRows(deps, rows, columns, { json, none });
}

async function diff(
  deps: ClientDeps,
  slug: string,
  names: { before: string; after: string },
  json: boolean | undefined,
) {
  const { ask, suite } = makeClient(deps);
  const variables = { suiteId: await suite(slug), ...names };
  const { countSnapshotChanges: totals } = await ask(documents.countSnapshotChanges, variables);
  const counts = Object.fromEntries(changes.map((change) => [change, Number(totals[change])]));
  const cases: documents.SnapshotChange[] = [];
  let page: documents.SnapshotChange[];
  do {
    const afterId = cases.at(-1)?.caseId ?? null;
    page = (await ask(documents.compareSnapshots, { ...variables, afterId })).compareSnapshots;
    for (const one of page) cases.push(one);
  } while (page.length === rowLimit);
  if (json) return deps.print(JSON.stringify({ ...names, ...counts, cases }, null, 2));
  if (cases.length > 0) printRows(deps, cases, changeColumns, { json, none: '' });
  const parts = Object.entries(counts).map(([change, count]) => `${count} ${change}`);
  deps.print(`${names.before} → ${names.after}: ${parts.join(', ')}`);
}

async function drop(deps: ClientDeps, slug: string, name: string, json: boolean | undefined) {
  const { ask, suite } = makeClient(deps);
  const { snapshot } = (await ask(documents.dropSnapshot, { suiteId: await suite(slug), name }))
    .dropSnapshot;
  deps.print(
    json ? JSON.stringify(snapshot, null, 2) : `${name} is no snapshot of ${slug} any more`,
  );
}
