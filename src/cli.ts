/** The command line: parse, call, exit code. Each verb is one file in commands/. */
import { Command } from 'commander';
import type { ClientDeps } from './client/client.ts';
import { outputBroke } from './client/pull.ts';
import type { AccessCommandDeps } from './commands/access.ts';
import { registerAdopt } from './commands/adopt.ts';
import { registerAppend } from './commands/append.ts';
import { registerCompletion } from './commands/completion.ts';
import type { Context } from './commands/context.ts';
import { registerHelp } from './commands/help.ts';
import { registerHistory } from './commands/history.ts';
import { registerImport } from './commands/import.ts';
import { registerMember } from './commands/member.ts';
import { registerOps } from './commands/ops.ts';
import { registerPlan } from './commands/plan.ts';
import { registerPrincipal } from './commands/principal.ts';
import { registerPull } from './commands/pull.ts';
import { registerRoutes } from './commands/routes.ts';
import { registerSnapshot } from './commands/snapshot.ts';
import { registerSuites } from './commands/suites.ts';
import { registerTag } from './commands/tag.ts';
import { registerTags } from './commands/tags.ts';
import { registerToken } from './commands/token.ts';
import {
  type Config,
  readConfig,
  readDatabaseConfig,
  readRemote,
  readSourceUrl,
  version,
} from './config.ts';
import { describeError } from './errors.ts';
import { makeLogger } from './logger.ts';

const program = new Command('bulkhead')
  .description('A test-case store for LLM evaluation: every suite a compartment.')
  .version(version);

program
  .commandsGroup('Processes:')
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
  .command('work')
  .description('a worker alone, on a migrated database')
  .action(verb(async (context) => (await import('./commands/work.ts')).work(context)));

const onDatabase = 'On the database (DATABASE_URL, or the embedded one), not over HTTP:';
program
  .commandsGroup(onDatabase)
  .command('sign-in-link')
  .description('print a link to sign in with once in a browser, as the admin of this machine')
  .action(
    verb(
      async (context) => (await import('./commands/sign-in-link.ts')).signInLink(context),
      readDatabaseConfig,
    ),
  );

program
  .command('migrate')
  .description('bring the database up to date')
  .action(
    verb(
      async (context) => (await import('./commands/migrate.ts')).runMigrate(context),
      readDatabaseConfig,
    ),
  );

program
  .command('doctor')
  .description('check the database and say how to mend what is wrong')
  .action(
    verb(
      async (context) => (await import('./commands/doctor.ts')).doctor(context),
      readDatabaseConfig,
    ),
  );

const deps: AccessCommandDeps & ClientDeps = {
  print: console.log,
  note: console.error,
  remote: readRemote,
  input: process.stdin,
  output: process.stdout,
  screen: process.stderr,
  async withOwnerClient(use) {
    const { withClient } = await import('./database/admin.ts');
    return withClient(await findOwnerUrl(), use);
  },
};
registerImport(program, deps);
registerAdopt(program, { ...deps, sourceUrl: readSourceUrl });
registerPlan(program, { ...deps, ownerUrl: findOwnerUrl });
registerMember(program, deps);
registerPrincipal(program, deps);
for (const command of program.commands.filter((one) => one.helpGroup() === onDatabase))
  command.addHelpText(
    'afterAll',
    '\nIt works on the database; where BULKHEAD_URL is set, it wants a DATABASE_URL too.',
  );

program.commandsGroup('Over HTTP (BULKHEAD_URL and BULKHEAD_TOKEN):');
for (const register of [
  ...[registerToken, registerSuites, registerAppend, registerPull, registerTag, registerTags],
  ...[registerOps, registerRoutes, registerSnapshot, registerHistory],
])
  register(program, deps);
program.commandsGroup('About the command line:');
registerCompletion(program, deps);
registerHelp(program);

// `| head` has read enough: what shells say of a program that a closed pipe has ended
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 141 : complain(outputBroke('the output', error)));
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = complain(error);
}
// Whoever reads slowly gets all of it.
await Promise.all([process.stdout, process.stderr].map(written));
// Nothing is open any more, or should be. If something is, it must not keep the process.
setTimeout(() => process.exit(), 2000).unref();

/** Resolves once all that was written before has been taken. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

function makeContext(config: Config): Context {
  return { config, logger: makeLogger(config.logLevel), print: console.log };
}

/** The login that owns the database, for verbs that work on nothing else. */
async function findOwnerUrl(): Promise<string> {
  const config = readDatabaseConfig();
  return (await (await import('./database/open.ts')).findMigrated(config)).ownerUrl;
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
function verb<Options>(
  call: (context: Context, options: Options) => Promise<number>,
  read: () => Config = readConfig,
) {
  return async (options: Options) => {
    process.exitCode = await call(makeContext(read()), options);
  };
}
