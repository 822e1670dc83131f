/** `bulkhead up`: the whole of Bulkhead in one process. */
import { hasSuites } from '../database/admin.ts';
import { migrate } from '../database/migrate.ts';
import { hidePassword, type OpenDatabase, openDatabase } from '../database/open.ts';
import { runUntilStopped } from '../shutdown.ts';
import type { Context } from './context.ts';
import { listen } from './serve.ts';
import { makeSignInLink, signInCommand } from './sign-in-link.ts';

/** Starts everything, says where it is, and stops it in reverse order when asked to. */
export async function up(context: Context, options: { demo: boolean }): Promise<number> {
  const { config, logger, print } = context;
  return runUntilStopped(print, async function* (onStop) {
    const database = await openDatabase(config, logger);
    onStop(database.stop);
    yield;
    await migrate({ ownerUrl: database.ownerUrl, logger });
    const apiUrl = await database.apiUrl();
    yield;
    if (options.demo) await seedIfEmpty(context, database);
    yield;
    const { startWorker } = await import('../worker/worker.ts');
    const worker = await startWorker({ ownerUrl: database.ownerUrl, logger });
    onStop(worker.stop);
    yield;
    const server = await listen(context, { ...database, apiUrl }, { otherPort: true });
    onStop(server.stop);
    const url = config.publicUrl ?? server.url;
    const link = await makeSignInLink(database.ownerUrl, url);
    const another = signInCommand('npm run bulkhead', config, server.port);
    print(welcome({ url, link, another, dataDir: config.dataDir }, database));
    return { died: database.died };
  });
}

async function seedIfEmpty({ print }: Context, { ownerUrl }: OpenDatabase) {
  if (await hasSuites(ownerUrl)) return;
  print('Filling the empty database with demo suites …');
  const { seedDemo } = await import('../demo/seed.ts');
  await seedDemo({ ownerUrl, print });
}

function welcome(
  { url, link, another, dataDir }: Record<'url' | 'link' | 'another' | 'dataDir', string>,
  { ownerUrl, embedded }: OpenDatabase,
): string {
  // The embedded server's password is of no use elsewhere; anybody else's is not shown.
  const psql = embedded ? ownerUrl : hidePassword(ownerUrl);
  return [
    '',
    `Bulkhead is running at ${url}`,
    '',
    `Open this first: it signs you in, once and within the hour (another: ${another})`,
    '',
    `  ${link}`,
    '',
    `  try queries      ${url}/ruru`,
    `  GraphQL          ${url}/graphql`,
    `  health           ${url}/healthz   ${url}/readyz`,
    `  psql             psql "${psql}"`,
    '  why it exists    npm run replay',
    '',
    embedded ? `Ctrl-C stops it. The data stays in ${dataDir}` : 'Ctrl-C stops it.',
    '',
  ].join('\n');
}
