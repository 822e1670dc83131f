/** The command line: parse, call, exit code. Each verb is one file in commands/. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { AccessCommandDeps } from './commands/access.ts';
import type { Context } from './commands/context.ts';
import { registerImport } from './commands/import.ts';
import { registerMember } from './commands/member.ts';
import { registerPrincipal } from './commands/principal.ts';
import { registerToken } from './commands/token.ts';
import { projectDir, readConfig } from './config.ts';
import { describeError } from './errors.ts';
import { makeLogger } from './logger.ts';

const { version } = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8'));

const program = new Command('bulkhead')
  .description('A test-case store for LLM evaluation: every suite a compartment.')
  .version(version);

program
  .command('up')
  .description('everything in one process: database, migrations, API server and worker')
  .option('--no-demo', 'leave a database without suites as it is')
  .action(
    verb(async (context, options) => (await import('./commands/up.ts')).up(context, options)),
  );

program
  .command('serve')
  .description('the API server alone, on a migrated database')
  .action(verb(async (context) => (await import('./commands/serve.ts')).serve(context)));

program
  .command('sign-in-link')
  .description('print a link to sign in with once in a browser, as the admin of this machine')
  .action(
    verb(async (context) => (await import('./commands/sign-in-link.ts')).signInLink(context)),
  );

program
  .command('work')
  .description('a worker alone, on a migrated database')
  .action(verb(async (context) => (await import('./commands/work.ts')).work(context)));

program
  .command('migrate')
  .description('bring the database up to date')
  .action(verb(async (context) => (await import('./commands/migrate.ts')).runMigrate(context)));

program
  .command('doctor')
  .description('check the database and say how to mend what is wrong')
  .action(verb(async (context) => (await import('./commands/doctor.ts')).doctor(context)));

const deps: AccessCommandDeps = {
  print: console.log,
  note: console.error,
  async withOwnerClient(use) {
    const { findMigrated } = await import('./database/open.ts');
    const { withClient } = await import('./database/admin.ts');
    return withClient((await findMigrated(makeContext().config)).ownerUrl, use);
  },
};
registerImport(program, deps);
registerToken(program, deps);
registerMember(program, deps);
registerPrincipal(program, deps);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = complain(error);
}
// Nothing is open any more, or should be. If something is, it must not keep the process.
setTimeout(() => process.exit(), 2000).unref();

function makeContext(): Context {
  const config = readConfig();
  return { config, logger: makeLogger(config.logLevel), print: console.log };
}

/** Says what went wrong, and how to mend it where that is known; returns the exit code. */
function complain(error: unknown): number {
  const known = describeError(error);
  // Nobody foresaw this one: the stack is all there is to say.
  if (!known) console.error(error);
  else
    for (const line of [`bulkhead: ${known.message}`, known.detail, known.hint])
      if (line) console.error(line.replaceAll('\n', '\n  '));
  return known?.entry.exitCode ?? 1;
}

/** Gives a verb its context, and the process the verb's exit code. */
function verb<Options>(call: (context: Context, options: Options) => Promise<number>) {
  return async (options: Options) => {
    process.exitCode = await call(makeContext(), options);
  };
}
