/** `bulkhead adopt`: a database of another shape moves in, suite by suite, while people go on writing to it. */
import { type Command, Option } from 'commander';
import type { ClientBase } from 'pg';
import { chunkSize, defaultPace } from '../adopt/defaults.ts';
import { BulkheadError } from '../errors.ts';
import { collect } from './access.ts';

/** What the verb needs from the program. */
export type AdoptCommandDeps = {
  withOwnerClient<T>(use: (client: ClientBase) => Promise<T>): Promise<T>;
  sourceUrl(): string;
  print(line: string): void;
  note(line: string): void;
  screen: NodeJS.WriteStream;
};

/** The flags of all steps; each step takes some of them. */
export type AdoptFlags = {
  as?: string;
  preset?: string;
  mapping?: string;
  suite: string[];
  method?: 'triggers' | 'compare';
  installTriggers?: boolean;
  writersStopped?: boolean;
  once?: boolean;
  every: number;
  chunk: number;
  pace: number;
  patience: number;
  json?: boolean;
};

type Limits = { from: number; to: number; whole?: boolean; example: string };

/** What the numbers of the flags can be. */
const limits = {
  chunk: { from: 1, to: 10_000, whole: true, example: '--chunk 500' },
  pace: { from: 0.1, to: 1, example: '--pace 0.5 rests as long as it works' },
  every: { from: 0.1, to: 86_400, example: '--every 300 looks every five minutes' },
  patience: { from: 0, to: 86_400, example: '--patience 60 waits for a minute' },
} satisfies Record<string, Limits>;

function number(flag: string, { from, to, whole = false, example }: Limits) {
  return (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= from && value <= to && (!whole || Number.isInteger(value))) return value;
    throw new BulkheadError('BAD_ARGUMENT', `${flag} cannot be ${JSON.stringify(text)}`, {
      detail: `It is a ${whole ? 'whole ' : ''}number from ${from} to ${to}.`,
      hint: `For example: ${example}`,
    });
  };
}

type Step = (deps: AdoptCommandDeps, flags: AdoptFlags) => Promise<number | undefined>;
type Steps = typeof import('../adopt/steps.ts');

/** Adds the verb `adopt` and its steps to the program. */
export function registerAdopt(program: Command, deps: AdoptCommandDeps): void {
  const adopt = program
    .command('adopt')
    .summary('move a database with one table for all suites into Bulkhead')
    .description(
      'Moves the suites of another database into this one, while people go on writing to it: inspect,\n' +
        'copy, follow, verify, cut-over, suite by suite, and back until then (docs/adopting.md). The\n' +
        'source is BULKHEAD_SOURCE_URL. Every step can be killed and run again.',
    );
  const step = (name: string, what: string, run: (steps: Steps) => Step) =>
    adopt
      .command(name)
      .description(what)
      .option('--as <name>', 'what the source is called here; default: its database')
      .option('--json', 'print JSON')
      .action(async (flags: AdoptFlags) => {
        const code = await run(await import('../adopt/steps.ts'))(deps, flags);
        if (code) process.exitCode = code;
      });
  const suite = () =>
    new Option(
      '--suite <name>',
      'only this suite, by its slug here or its id there; can be repeated',
    )
      .argParser(collect)
      .default([], 'all');
  mapped(step('inspect', 'say what there is, and what has to be decided', (of) => of.inspect));
  mapped(step('copy', 'copy suites, in chunks', (of) => of.copy))
    .addOption(suite())
    .addOption(
      new Option(
        '--method <how>',
        'how later changes are found; default: triggers, or as the suites before',
      ).choices(['triggers', 'compare']),
    )
    .option('--install-triggers', 'agree to a queue and triggers in the source')
    .option(
      '--chunk <cases>',
      'most cases in a transaction',
      number('--chunk', limits.chunk),
      chunkSize,
    )
    .option(
      '--pace <share>',
      'the share of the time that the copy works',
      number('--pace', limits.pace),
      defaultPace,
    );
  step('follow', 'bring over what has changed, until Ctrl-C', (of) => of.follow)
    .option('--once', 'until there is nothing more, and no longer')
    .option('--every <seconds>', 'how often to look', number('--every', limits.every), 2);
  step(
    'verify',
    'compare both sides; 0 if all is copied and identical, 4 if not',
    (of) => of.verify,
  ).addOption(suite());
  step('cut-over', 'close suites there, and open them here', (of) => of.cutOver)
    .addOption(suite())
    .option('--writers-stopped', 'without triggers: nobody writes to these suites any more')
    .option(
      '--patience <seconds>',
      'how long to wait for open transactions there',
      number('--patience', limits.patience),
      60,
    );
  step('back', 'take suites back out that have not been cut over', (of) => of.back).addOption(
    suite(),
  );
  step('status', 'say how far each suite is', (of) => of.status);
}

const mapped = (command: Command) =>
  command
    .addOption(
      new Option('--preset <shape>', 'what the source looks like').choices([
        'seed',
        'kiwi',
        'directus',
      ]),
    )
    .option(
      '--mapping <file>',
      'a JSON file with the names of tables and columns, or some of them',
    );
