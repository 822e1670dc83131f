/** `bulkhead pull`: the cases of a suite, to standard output or into a file. */
import { access, readFile, writeFile as writeText } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type ClientDeps, makeClient } from '../client/client.ts';
import { type Pulled, pull, writeFile, writeTo } from '../client/pull.ts';
import { BulkheadError } from '../errors.ts';
import { describeNote } from '../formats/export.ts';
import { formatNames } from '../formats/registry.ts';
import { readCount } from './flags.ts';

type Flags = {
  where?: string;
  status?: string;
  route?: string;
  snapshot?: string;
  format?: string;
  guard?: boolean;
  atLeast?: number;
  output?: string;
  etagFile?: string;
  json?: boolean;
};

/** Adds the verb `pull` to the program. */
export function registerPull(program: Command, deps: ClientDeps): void {
  const selecting = ['where', 'status'];
  program
    .command('pull')
    .summary('print the cases of a suite, or write them into a file')
    .description(
      'Prints the active cases of a suite, or those of a tag expression, a route or a snapshot.\n' +
        'What the format cannot hold is said on stderr. A pull that breaks off ends with a code other\n' +
        'than 0, and with --output no half file takes the name.',
    )
    .argument('<suite>', 'slug of the suite')
    .addOption(
      new Option('--route <route>', 'the cases of a route').conflicts([...selecting, 'snapshot']),
    )
    .addOption(new Option('--snapshot <snapshot>', 'the cases of a snapshot').conflicts(selecting))
    .option('--where <expression>', "cases by tags: 'rag and not flaky'")
    .addOption(
      new Option('--status <status>', 'cases with this status (active)').choices([
        'active',
        'archived',
        'all',
      ]),
    )
    .addOption(
      new Option('--format <format>', 'how they are written (jsonl)').choices([...formatNames]),
    )
    .option('--guard', 'in CSV, keep spreadsheets from running cells such as =1+1')
    .option('--at-least <number>', 'fail where there are fewer cases, and write none', readCount)
    .option('--output <file>', 'write them into this file, once all of them are there')
    .option('--etag-file <file>', 'with --output: leave it as it is when nothing has changed')
    .option('--json', 'with --output: print what was pulled as an object')
    .action((suite: string, flags: Flags) => run(deps, suite, flags));
}

async function run(deps: ClientDeps, slug: string, flags: Flags): Promise<void> {
  const { output, etagFile, json, ...selection } = flags;
  const file = output === '-' ? undefined : output;
  if ((etagFile !== undefined || json) && file === undefined)
    throw new BulkheadError(
      'BAD_ARGUMENT',
      `${json ? '--json' : '--etag-file'} goes with --output, because standard output has the cases`,
      { hint: 'For example: --output tests.jsonl' },
    );
  const { http } = makeClient(deps);
  // a snapshot that has not changed comes without its number of cases
  const isCounted = flags.snapshot !== undefined && flags.atLeast !== undefined;
  const etag = file && !isCounted ? await readEtag(file, etagFile) : undefined;
  const pulled = await pull(
    http,
    { slug, ...selection, etag },
    {
      note: deps.note,
      write: (answer) =>
        file ? writeFile(file, answer, deps.screen) : writeTo(deps.output, answer, deps.screen),
    },
  );
  if (etagFile !== undefined && pulled.isNew)
    await writeText(etagFile, `${pulled.etag ?? ''}\n`).catch(refuseFile(etagFile));
  if (json) deps.print(JSON.stringify({ output: file, ...pulled }, null, 2));
  else for (const line of describe(pulled, file)) deps.note(line);
}

/** What was pulled last is only worth asking about while it is still there. */
async function readEtag(file: string, etagFile: string | undefined): Promise<string | undefined> {
  if (etagFile === undefined) return undefined;
  try {
    await access(file);
    const etag = (await readFile(etagFile, 'utf8')).trim();
    return /^(W\/)?"[\x21\x23-\x7e]*"$/.test(etag) ? etag : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return refuseFile(etagFile)(error as NodeJS.ErrnoException);
  }
}

const refuseFile = (file: string) => (error: NodeJS.ErrnoException) => {
  throw new BulkheadError('BAD_ARGUMENT', `${file} cannot be used: ${error.code}`, {
    cause: error,
  });
};

function describe(pulled: Pulled, file: string | undefined): string[] {
  const { suite, isNew, cases, route, expression, notes } = pulled;
  if (!isNew) return [`${suite} has not changed: ${file} stays as it is`];
  const count = cases === null ? 'cases' : cases === 1 ? '1 case' : `${cases} cases`;
  const by = route === null ? '' : ` by ${route}: ${expression}`;
  return [`${count} of ${suite}${by}`, ...notes.map(describeNote)];
}
