/** `bulkhead append`: the cases of a file, or of standard input, into a suite. */
import { createWriteStream, rmSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { type Appended, type AppendRequest, append, encodingByName } from '../client/append.ts';
import { type ClientDeps, makeClient } from '../client/client.ts';
import { writeTo } from '../client/pull.ts';
import { undoWhenStopped } from '../client/stopping.ts';
import { counted } from '../client/transfer.ts';
import { BulkheadError } from '../errors.ts';
import { formatNames } from '../formats/registry.ts';
import { previewCases } from '../import/preview.ts';
import { openFile, readCases } from '../import/read-file.ts';
import { describeImport } from '../import/summary.ts';
import { addMapping } from './flags.ts';

type Flags = {
  input?: string;
  expected?: string;
  key?: string;
  tags?: string[];
  tagsSeparator?: string;
  metadata?: string[];
  tag?: string[];
  onConflict: string;
  format?: string;
  unguard: boolean;
  idempotencyKey?: string;
  dryRun: boolean;
  json?: boolean;
};

/** Adds the verb `append` to the program. */
export function registerAppend(program: Command, deps: ClientDeps): void {
  const command = program
    .command('append')
    .summary('append the cases of a file to a suite')
    .description(
      'Appends the cases of a file to a suite: all of them, or none and a list of what is wrong\n' +
        'with which line. The format is detected by the fields (docs/formats.md), and --dry-run shows\n' +
        'how they will be read. In CI, give --idempotency-key, so that a repeated run is safe.',
    )
    .argument('<suite>', 'slug of the suite')
    .argument('[file]', 'JSONL, JSON or CSV, UTF-8, also gzip; - or nothing: standard input', '-');
  addMapping(command)
    .addOption(
      new Option('--on-conflict <what>', 'when a key is there with other content')
        .choices(['fail', 'skip', 'update'])
        .default('fail'),
    )
    .addOption(
      new Option('--format <format>', 'default: by the fields').choices([...formatNames, 'json']),
    )
    .option('--unguard', 'take the apostrophes of pull --guard off the cells of CSV', false)
    .option('--idempotency-key <key>', 'the same key again gets the first answer again')
    .option('--dry-run', 'only say how the file is read, and what would become of its cases', false)
    .option('--json', "print the server's answer: the counts, and what became of each case")
    .action((suite: string, file: string, flags: Flags) => run(deps, suite, file, flags));
}

async function run(deps: ClientDeps, slug: string, file: string, flags: Flags): Promise<void> {
  const { input, expected, key, tags, tagsSeparator, metadata, tag, ...rest } = flags;
  const mapping = { input, expected, key, tags, tagsSeparator, metadata, extraTags: tag };
  const source = { name: file === '-' ? 'standard input' : file, isRepeatable: file !== '-' };
  const request = { slug, mapping, ...rest, ...source };
  if (!flags.dryRun) {
    const open = () => openSource(deps, file);
    return send(deps, { ...request, open }, flags.json);
  }
  await withFile(deps, file, async (path) => {
    // whoever has no server learns that first
    makeClient(deps);
    const open = () => openFile(path);
    await showMapping(deps, { ...request, open });
    await send(deps, { ...request, open, isRepeatable: true }, flags.json);
  });
}

async function openSource({ input, screen, note }: ClientDeps, file: string) {
  if (file === '-') {
    if ('isTTY' in input && input.isTTY) note('Reading cases from the terminal, up to Ctrl-D');
    return input;
  }
  const source = await openFile(file);
  return counted(source, { screen, total: (await stat(file)).size, verb: 'sending' });
}

/** Standard input is read twice by a dry run, so it is put into a file for that time. */
async function withFile(
  { input }: ClientDeps,
  file: string,
  use: (path: string) => Promise<void>,
): Promise<void> {
  if (file !== '-') return use(file);
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-'));
  const forget = undoWhenStopped(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const path = join(folder, 'input');
    await pipeline(input, createWriteStream(path));
    await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
    forget();
  }
}

type Sent = Omit<AppendRequest, 'accept'>;

/** Reads the source here, as the server will: what is wrong with it is known before anything is sent. */
async function showMapping({ note }: ClientDeps, request: Sent): Promise<void> {
  const { name, open, format, mapping, unguard } = request;
  const reading = readCases({
    name,
    source: open,
    format: format ?? encodingByName(name),
    mapping,
    unguard,
  });
  for (const line of (await previewCases(reading)).mapping) note(line);
}

async function send(deps: ClientDeps, request: Sent, json: boolean | undefined): Promise<void> {
  const { http } = makeClient(deps);
  const { note, print } = deps;
  const startedAt = Date.now();
  if (json) {
    const read = (answer: IncomingMessage) => writeTo(deps.output, answer, deps.screen);
    return append(http, { ...request, accept: 'application/json' }, { read, note });
  }
  const [summary, isReplayed] = await append(
    http,
    { ...request, accept: 'application/x-ndjson' },
    { read: readSummary, note },
  );
  for (const line of describe(summary, Date.now() - startedAt)) print(line);
  if (isReplayed) note('This is the answer to the first request with this key; nothing was done.');
}

/** The last line of the answer, after a line for each case. */
async function readSummary(answer: IncomingMessage): Promise<[Appended, boolean]> {
  let text = '';
  try {
    for await (const piece of answer.setEncoding('utf8')) {
      text += piece;
      text = text.slice(text.lastIndexOf('\n', text.length - 2) + 1);
    }
    return [JSON.parse(text), answer.headers['idempotent-replayed'] === 'true'];
  } catch (cause) {
    const error = new BulkheadError('ANSWER_CUT_OFF', 'the answer of the server broke off', {
      detail: 'The cases are stored; only what became of each is not known here.',
      hint: 'To ask again, give --idempotency-key from the start.',
      cause,
    });
    throw Object.assign(error, { retryable: true });
  }
}

function describe(summary: Appended, milliseconds: number): string[] {
  const { suite, new_tags: newTags, dry_run: isDry, ...counts } = summary;
  const lines = describeImport(suite, {
    ...counts,
    newTags,
    suiteCreated: false,
    normalizedTags: [],
    seconds: milliseconds / 1000,
  });
  return isDry ? [...lines, 'a dry run: nothing was stored'] : lines;
}
