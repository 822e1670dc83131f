/** `bulkhead tags`: the dictionary of a suite. */
import type { Command } from 'commander';
import { type ClientDeps, makeClient, present } from '../client/client.ts';
import * as documents from '../client/documents/tags.ts';
import { allPages } from '../client/graphql.ts';
import { addOperationFlags, type OperationFlags, runOperation } from '../client/operations.ts';
import { type Column, printRows } from './access.ts';
import { onExclusive, pace } from './flags.ts';

type CountedTag = documents.Tag & { cases: string | null };
type DefineFlags = { meaning?: string; colour?: string; group?: string; json?: boolean };
type MergeFlags = OperationFlags & { into: string; onExclusive?: string };

const columns: Column<CountedTag>[] = [
  ['tag', (row) => row.name],
  ['cases', (row) => row.cases ?? ''],
  ['meaning', (row) => (row.aliasOf ? `now ${row.aliasOf}` : row.meaning)],
  ['group', (row) => row.exclusiveGroup ?? ''],
  ['colour', (row) => row.colour ?? ''],
];

/** Adds the verbs of the dictionary to the program. */
export function registerTags(program: Command, deps: ClientDeps): void {
  const tags = program.command('tags').description('the dictionary of a suite: what its tags mean');
  const verb = (name: string, description: string) =>
    tags.command(name).description(description).argument('<suite>', 'slug of the suite');

  verb('list', 'the tags of a suite, and how many cases carry each')
    .option('--json', 'print an array of objects')
    .action((suite: string, { json }: { json?: boolean }) => list(deps, suite, json));
  verb('define', 'add a tag, or change its meaning, colour or group')
    .argument('<tag>', 'its name: a-z, 0-9 and _ . : / -')
    .option('--meaning <text>', 'what it means in this suite')
    .option('--colour <colour>', 'as people see it: #aa3377')
    .option('--group <name>', 'exclusive group: a case carries one tag of it at most')
    .option('--json', 'print the tag as an object')
    .action((suite: string, tag: string, flags: DefineFlags) => define(deps, suite, tag, flags));
  addOperationFlags(verb('rename', 'give a tag another name; the old one stays as an alias'))
    .argument('<tag>', 'the tag')
    .argument('<new-name>', 'its new name')
    .addOption(pace())
    .action((suite: string, tag: string, newName: string, flags: OperationFlags) =>
      rename(deps, suite, { tag, newName }, flags),
    );
  addOperationFlags(verb('merge', 'make several tags one; the old names stay as aliases'))
    .argument('<tags...>', 'the tags that go')
    .requiredOption('--into <tag>', 'the tag that stays')
    .addOption(onExclusive())
    .addOption(pace())
    .action((suite: string, names: string[], flags: MergeFlags) =>
      merge(deps, suite, names, flags),
    );
  verb('drop', 'take a tag that no case carries out of the dictionary')
    .argument('<tag>', 'the tag')
    .option('--json', 'print the tag as an object')
    .action((suite: string, tag: string, { json }: { json?: boolean }) =>
      drop(deps, suite, tag, json),
    );
}

async function list(deps: ClientDeps, slug: string, json: boolean | undefined) {
  const { ask, suite } = makeClient(deps);
  const suiteId = await suite(slug);
  const rows = await allPages(
    async (after) => present((await ask(documents.tags, { suiteId, after })).suite, slug).tags,
  );
  const { tagCloud } = present((await ask(documents.tagCloud, { suiteId })).suite, slug);
  const cases = new Map(tagCloud.map((entry) => [entry.tag, entry.cases]));
  // the cloud has the 500 most used; of the others nobody has counted
  const counted = rows.map((row) => ({ ...row, cases: cases.get(row.name) ?? null }));
  const none = `${slug} has no tags yet: appends bring them, or bulkhead tags define.`;
  printRows(deps, counted, columns, { json, none });
}

async function define(deps: ClientDeps, slug: string, name: string, flags: DefineFlags) {
  const { ask, suite } = makeClient(deps);
  const { meaning, colour, group, json } = flags;
  const { tag } = (
    await ask(documents.defineTag, {
      suiteId: await suite(slug),
      name,
      ...(meaning !== undefined && { meaning }),
      ...(colour !== undefined && { colour }),
      ...(group !== undefined && { exclusiveGroup: group }),
    })
  ).defineTag;
  deps.print(json ? JSON.stringify(tag, null, 2) : `${tag.name} is a tag of ${slug}`);
}

function rename(
  deps: ClientDeps,
  slug: string,
  names: { tag: string; newName: string },
  flags: OperationFlags,
): Promise<void> {
  return runOperation(deps, {
    slug,
    flags,
    submit: documents.renameTag,
    preview: documents.previewRenameTag,
    variables: (suiteId) => ({
      suiteId,
      ...names,
      ...(flags.pace !== undefined && { pace: flags.pace }),
    }),
  });
}

function merge(deps: ClientDeps, slug: string, tags: string[], flags: MergeFlags): Promise<void> {
  return runOperation(deps, {
    slug,
    flags,
    submit: documents.mergeTags,
    preview: documents.previewMergeTags,
    variables: (suiteId) => ({
      suiteId,
      tags,
      intoTag: flags.into,
      ...(flags.onExclusive && { onExclusive: flags.onExclusive }),
      ...(flags.pace !== undefined && { pace: flags.pace }),
    }),
  });
}

async function drop(deps: ClientDeps, slug: string, name: string, json: boolean | undefined) {
  const { ask, suite } = makeClient(deps);
  const { tag } = (await ask(documents.dropTag, { suiteId: await suite(slug), name })).dropTag;
  deps.print(json ? JSON.stringify(tag, null, 2) : `${tag.name} is no tag of ${slug} any more`);
}
