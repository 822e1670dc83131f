/** `bulkhead help`: of the program, of a verb, and of a verb below it. Commander's own knows no `help ops undo`. */
import type { Command } from 'commander';

/** Adds the verb `help` to the program. */
export function registerHelp(program: Command): void {
  program
    .helpCommand(false)
    .command('help')
    .description('say what a command does, and its options')
    .argument('[command...]', 'the command: ops undo')
    .action((words: string[]) => help(program, words));
}

function help(program: Command, words: string[]): void {
  let command: Command = program;
  for (const word of words) {
    const below = command.commands.find((one) => one.name() === word);
    // what stands after a verb without others is an argument of it
    if (!below && command.commands.length === 0) break;
    if (!below) command.error(`error: unknown command '${word}'`);
    command = below;
  }
  command.help();
}
