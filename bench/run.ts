/**
 * `npm run -s bench -- <name>`: runs a benchmark on a database of its own and prints a table, or
 * with --json one object as the last line. Progress goes to stderr.
 */
import Table from 'cli-table3';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { readConfig } from '../src/config.ts';
import { makeLogger } from '../src/logger.ts';
import type { Bench, BenchResult, Figure } from './support/bench.ts';
import { openServer } from './support/server.ts';
import { releaseOnSignal } from './support/signals.ts';

const names = [
  'incident',
  'bulk',
  'suites',
  'graphql',
  'access',
  'partitions',
  'transfer',
  'adopt',
  'plan',
] as const;

const program = new Command('bench')
  .description('Measures both sides of a ratio alternately, on a server with fsync.')
  .addArgument(new Argument('<name>', 'the benchmark').choices(names))
  .option('--json', 'print one JSON object as the last line instead of a table')
  .option('--rounds <n>', 'how often each side is measured', readRounds, 3)
  .action(async (name: string, options: { json?: boolean; rounds: number }) => {
    const { figures, result } = await measure(name, options.rounds);
    console.log(options.json ? JSON.stringify(result) : drawTable(figures));
  });

await program.parseAsync();

async function measure(name: string, rounds: number) {
  process.env.BULKHEAD_LOG_LEVEL ??= 'warn';
  const logger = makeLogger(readConfig().logLevel);
  const progress = (text: string) => console.error(`${name}: ${text}`);
  progress('starting the server');
  const server = await openServer(logger);
  const release = releaseOnSignal(server.stop);
  try {
    // Imported here: what it imports reads GRAPHILE_ENV, which the configuration sets.
    const bench: Bench<BenchResult> = await import(`./${name}.ts`);
    const { createDatabase } = server;
    const result = await bench.run({ rounds, logger, progress, createDatabase });
    return { result, figures: bench.figures(result) };
  } finally {
    release();
    await server.stop();
  }
}

function drawTable(figures: Figure[]): string {
  const table = new Table({
    head: ['what', 'measured', 'target', ''],
    colAligns: ['left', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const { what, value, target = '', reached } of figures)
    table.push([what, value, target, reached === undefined ? '' : reached ? 'reached' : 'MISSED']);
  return table.toString();
}

function readRounds(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1) return rounds;
  throw new InvalidArgumentError('It is a whole number from 1 on.');
}
