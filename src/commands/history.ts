/** `bulkhead history` and `restore`: the versions of a case. */
import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import { type Client, type ClientDeps, makeClient } from '../client/client.ts';
import type { Id } from '../client/documents/shared.ts';
import * as documents from '../client/documents/versions.ts';
import { BulkheadError } from '../errors.ts';
import { type Column, printRows, showTime } from './access.ts';
import { readCount } from './flags.ts';

type Flags = { id?: boolean; json?: boolean };

/** A version as it is printed: what it holds, and who made it when. */
type Version = {
  version: number;
  isCurrent: boolean;
  since: string;
  /** Null for the first version: the append that brought it is in the audit log. */
  by: string | null;
  changed: string[];
  externalKey: string | null;
  input: unknown;
  expectedOutput: unknown;
  metadata: unknown;
  status: string;
};

/** Characters of a text that a table shows. */
const shownText = 60;

const columns: Column<Version>[] = [
  ['version', (row) => (row.isCurrent ? `${row.version} (now)` : String(row.version))],
  ['since', (row) => showTime(row.since, '')],
  ['by', (row) => row.by ?? '(appended)'],
  ['changed', (row) => row.changed.join(', ')],
  ['input', (row) => shorten(row.input)],
  ['expected output', (row) => shorten(row.expectedOutput)],
];

const comparable = ['externalKey', 'input', 'expectedOutput', 'metadata'] as const;

/** Adds the verbs `history` and `restore` to the program. */
export function registerHistory(program: Command, deps: ClientDeps): void {
  program
    .command('history')
    .description('the versions of a case: who changed what, and when')
    .argument('<suite>', 'slug of the suite')
    .argument('<key>', 'key of the case')
    .option('--id', 'the case is named by its id')
    .option('--json', 'print an array of objects, with whole contents')
    .action((suite: string, key: string, flags: Flags) => history(deps, suite, key, flags));
  program
    .command('restore')
    .description('give a case the content of one of its earlier versions, as a new version')
    .argument('<suite>', 'slug of the suite')
    .argument('<key>', 'key of the case')
    .argument('<version>', 'which version, as history shows it', readCount)
    .option('--id', 'the case is named by its id')
    .option('--json', 'print what the case is now as an object')
    .action((suite: string, key: string, version: number, flags: Flags) =>
      restore(deps, suite, { key, version }, flags),
    );
}

async function history(deps: ClientDeps, slug: string, key: string, flags: Flags) {
  const client = makeClient(deps);
  const found = await find(client, slug, key, flags);
  printRows(deps, describeVersions(found), columns, { json: flags.json, none: '' });
}

async function restore(
  deps: ClientDeps,
  slug: string,
  { key, version }: { key: string; version: number },
  flags: Flags,
) {
  const client = makeClient(deps);
  const { id, suiteId } = await find(client, slug, key, flags);
  const { case: now } = (
    await client.ask(documents.restoreVersion, { suiteId, caseId: id, version })
  ).restoreVersion;
  deps.print(
    flags.json
      ? JSON.stringify(now, null, 2)
      : `${key} has the content of version ${version} again, as version ${now.version}`,
  );
}

type Found = documents.CaseWithVersions & { suiteId: Id; earlier: documents.EarlierVersion[] };

async function find(client: Client, slug: string, key: string, { id }: Flags): Promise<Found> {
  const suiteId = await client.suite(slug);
  const earlier: documents.EarlierVersion[] = [];
  for (let after: string | null = null; ; ) {
    const document = id ? documents.caseById : documents.caseByKey;
    const page: documents.CaseWithVersions | null = (
      await client.ask(document, { suiteId, key, after })
    ).case;
    if (!page) throw unknownCase(slug, key, id);
    earlier.push(...page.versions.nodes);
    if (!page.versions.pageInfo.hasNextPage) return { ...page, suiteId, earlier };
    after = page.versions.pageInfo.endCursor;
  }
}

function unknownCase(slug: string, key: string, id: boolean | undefined): BulkheadError {
  return new BulkheadError(
    'NOT_FOUND',
    `the suite "${slug}" has no case with the ${id ? 'id' : 'key'} ${JSON.stringify(key)}`,
    { hint: 'A case that was deleted comes back when its deletion is undone: bulkhead ops list' },
  );
}

/** Each version was made by whoever replaced the one before it. The newest comes first. */
function describeVersions({ earlier, createdAt, ...current }: Found): Version[] {
  const versions = [current, ...earlier].toSorted((a, b) => b.version - a.version);
  return versions.map((one, index) => {
    const before = versions[index + 1];
    const replaced = earlier.find(({ version }) => version === before?.version);
    const { version, externalKey, input, expectedOutput, metadata, status } = one;
    return {
      version,
      isCurrent: index === 0,
      since: replaced?.replacedAt ?? createdAt,
      by: replaced?.replacedBy ?? null,
      changed: before
        ? comparable.filter((name) => !isDeepStrictEqual(one[name], before[name]))
        : [],
      ...{ externalKey, input, expectedOutput, metadata, status },
    };
  });
}

function shorten(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/\s+/g, ' ');
  return text.length > shownText ? `${text.slice(0, shownText - 1)}…` : text;
}
