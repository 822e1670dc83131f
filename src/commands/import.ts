import { type Command, Option } from 'commander';
import type { ClientBase } from 'pg';
import { formatNames } from '../formats/registry.ts';
import type { ImportResult, OnConflict } from '../import/import-file.ts';
import { previewCases } from '../import/preview.ts';
import { readFile } from '../import/read-file.ts';
import { describeImport, describeTags } from '../import/summary.ts';
import { addMapping } from './flags.ts';

/** What the verb needs from the program: the owner's connection, and where its lines go. */
export type ImportCommandDeps = {
  withOwnerClient<T>(use: (client: ClientBase) => Promise<T>): Promise<T>;
  print(line: string): void;
};

type Flags = {
  input?: string;
  expected?: string;
  key?: string;
  tags?: string[];
  tagsSeparator?: string;
  metadata?: string[];
  tag?: string[];
  create: boolean;
  onConflict: OnConflict;
  format?: string;
  dryRun: boolean;
};

/** Adds the verb `import` to the program. */
export function registerImport(program: Command, deps: ImportCommandDeps): void {
  const command = program
    .command('import')
    .summary('load the cases of a file into a suite')
    .description(
      'Loads the cases of a file into a suite: all of them, or none and a list of what is wrong\n' +
        'with which line. The format is detected by the fields, and --dry-run shows how they will be\n' +
        'read; every field without another place goes to the metadata (docs/formats.md).\n' +
        'A field may be a path into an object: --input payload.question',
    )
    .argument('<suite>', 'slug of the suite')
    .argument('<file>', 'a .jsonl, .json or .csv file, UTF-8, also gzip');
  addMapping(command)
    .option('--create', 'create the suite if there is none', false)
    .addOption(
      new Option('--on-conflict <what>', 'when a key is there with other content')
        .choices(['fail', 'skip', 'update'])
        .default('fail'),
    )
    .addOption(
      new Option('--format <format>', 'default: by the fields').choices([...formatNames, 'json']),
    )
    .option('--dry-run', 'only read the file, and say what it would be taken for', false)
    .action(async (suite: string, file: string, flags: Flags) => {
      if (flags.dryRun) {
        for (const line of await previewImport(file, flags)) deps.print(line);
        return;
      }
      const result = await deps.withOwnerClient((client) => runImport(client, suite, file, flags));
      for (const line of describeImport(suite, result)) deps.print(line);
    });
}

async function runImport(
  client: ClientBase,
  suite: string,
  file: string,
  flags: Flags,
): Promise<ImportResult> {
  const { create, onConflict, format, tag, dryRun: _, ...mapping } = flags;
  const { importFile } = await import('../import/import-file.ts');
  return importFile({
    client,
    suite,
    file,
    create,
    onConflict,
    format,
    mapping: { ...mapping, extraTags: tag },
  });
}

/** Reads all of the file, so that what is wrong with it is said as well. */
async function previewImport(file: string, flags: Flags): Promise<string[]> {
  const { format, tag, create: _create, onConflict: _onConflict, dryRun: _, ...mapping } = flags;
  const reading = readFile({ file, format, mapping: { ...mapping, extraTags: tag } });
  const { cases, tags, mapping: table } = await previewCases(reading);
  return [
    ...table,
    ...describeTags(tags),
    `${cases} ${cases === 1 ? 'case' : 'cases'} read; nothing was stored`,
  ];
}
