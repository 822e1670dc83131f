/**
 * `npm test`: all checks and all tests, on a server of their own or the one of DATABASE_URL.
 * `npm test -- test/some.test.ts --match='*title*'`: only that, without the checks.
 * `npm run generate`: makes the generated files, on the same kind of server.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { projectDir, readConfig } from '../src/config.ts';
import { databaseUrl, loginUrl, setPassword } from '../src/database/admin.ts';
import { startEmbedded } from '../src/database/embedded.ts';
import { removeDataDir } from '../src/database/embedded-place.ts';
import { type Logger, makeLogger } from '../src/logger.ts';
import { buildTemplate } from '../test/helpers/template.ts';
import { type Results, tapReader } from './tap.ts';

type Command = { name: string; command: string; args: string[] };

/** What is checked beside the tests. Each counts as one; add those of generated files here. */
const checks: Command[] = [
  { name: 'format and lint', command: 'biome', args: ['check', '--error-on-warnings'] },
  { name: 'types', command: 'tsc', args: ['--noEmit'] },
  { name: 'SQL', command: 'node', args: ['tools/check-sql.ts'] },
  { name: 'generated files', command: 'node', args: ['tools/generate.ts', '--check'] },
];

const avaArguments = process.argv.slice(2).filter((argument) => argument !== '--');
const binaries = join(projectDir, 'node_modules', '.bin');
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${binaries}${delimiter}${process.env.PATH}`,
  GRAPHILE_ENV: 'test',
  // Two hundred files read the same modules, each in a process of its own.
  NODE_COMPILE_CACHE: join(projectDir, 'node_modules', '.cache', 'tests'),
};

/** The tools that are running now: they must not outlive an interrupted run. */
const running = new Set<ChildProcess>();

process.exitCode = await main();

async function main(): Promise<number> {
  const totals: Results = { passed: 0, skipped: 0, failures: [] };
  const server = await openServer();
  const release = async () => {
    for (const child of running) child.kill();
    await server.stop();
    process.exit(130);
  };
  process.once('SIGINT', release).once('SIGTERM', release);
  try {
    Object.assign(environment, server.variables);
    if (avaArguments[0] === '--generate')
      return await run('node', ['tools/generate.ts'], { stdio: 'inherit' });
    if (avaArguments.length > 0) return await run('ava', avaArguments, { stdio: 'inherit' });
    await runChecks(totals);
    await runAva(totals);
  } finally {
    await server.stop();
  }
  return conclude(totals);
}

/** Failures once more, where whoever looks at the end of a long log finds them; then the counts. */
function conclude({ passed, skipped, failures }: Results): number {
  if (failures.length > 0) console.log('— failed');
  for (const line of failures.flat()) console.log(line);
  if (skipped > 0) console.log(`${skipped} skipped`);
  console.log(`${passed} passed, ${failures.length} failed`);
  return failures.length > 0 ? 1 : 0;
}

/** A server for this run alone, or the one that was asked for; either with the template built. */
async function openServer() {
  const logger = makeLogger(process.env.BULKHEAD_LOG_LEVEL || 'warn');
  const { databaseUrl: given, apiDatabaseUrl } = readConfig();
  const { ownerUrl, stop } = given
    ? { ownerUrl: given, stop: async () => {} }
    : await startThrowAway(logger);
  try {
    const template = await buildTemplate(ownerUrl, logger);
    const apiUrl = await openApiLogin(
      ownerUrl,
      apiDatabaseUrl === given ? undefined : apiDatabaseUrl,
    );
    const variables = {
      BULKHEAD_TEST_OWNER_URL: ownerUrl,
      BULKHEAD_TEST_API_URL: apiUrl,
      BULKHEAD_TEST_TEMPLATE: template,
    };
    return { variables, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startThrowAway(logger: Logger) {
  const dataDir = await fs.mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  // Started by root, the server is another user's, who has to get in.
  await fs.chmod(dataDir, 0o711);
  // Nothing here has to survive a power cut.
  const settings = { fsync: 'off', full_page_writes: 'off' };
  const { ownerUrl, stop } = await startEmbedded({ dataDir, logger, port: 0, settings });
  return {
    ownerUrl,
    async stop() {
      await stop();
      await removeDataDir(dataDir);
    },
  };
}

/** The API's login belongs to the whole server; without its URL it gets a new password. */
async function openApiLogin(ownerUrl: string, given: string | undefined): Promise<string> {
  if (given) return given;
  const password = randomBytes(18).toString('base64url');
  await setPassword(ownerUrl, 'bulkhead_api', password);
  return loginUrl(databaseUrl(ownerUrl, 'postgres'), 'bulkhead_api', password);
}

/** All at the same time; what they say comes one after the other. */
async function runChecks(totals: Results) {
  const started = checks.map(({ name, command, args }) => {
    const lines: string[] = [];
    const onLine = (line: string) => void lines.push(line);
    return {
      name,
      lines,
      code: run(command, args, { stdio: ['inherit', 'pipe', 'pipe'], onLine }),
    };
  });
  await Promise.allSettled(started.map(({ code }) => code));
  for (const { name, lines, code } of started) {
    console.log(`— ${name}`);
    for (const line of lines) console.log(line);
    if ((await code) === 0) totals.passed += 1;
    else totals.failures.push([`✖ ${name}`, ...lines]);
  }
}

async function runAva(totals: Results) {
  console.log('— tests');
  const results: Results = { passed: 0, skipped: 0, failures: [] };
  const onLine = tapReader(results, console.log);
  const code = await run('ava', ['--tap'], { stdio: ['inherit', 'pipe', 'inherit'], onLine });
  const { passed, skipped, failures } = results;
  const seen = passed + skipped + failures.length;
  // A run that fails without a failed test (no files, a crash of ava) has failed all the same.
  if ((code !== 0 && failures.length === 0) || seen === 0)
    failures.push([`✖ ava ended with code ${code} after ${seen} tests`]);
  totals.passed += passed;
  totals.skipped += skipped;
  totals.failures.push(...failures);
}

type RunOptions = {
  stdio: 'inherit' | ['inherit', 'pipe', 'inherit' | 'pipe'];
  onLine?: (line: string) => void;
};

/** Runs a tool of node_modules/.bin; resolves to its exit code. */
async function run(command: string, args: string[], { stdio, onLine }: RunOptions) {
  const child = spawn(join(binaries, command), args, { cwd: projectDir, env: environment, stdio });
  running.add(child);
  const exit = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  }).finally(() => running.delete(child));
  const read = async (input: Readable | null) => {
    if (input && onLine) for await (const line of createInterface({ input })) onLine(line);
  };
  const [code] = await Promise.all([exit, read(child.stdout), read(child.stderr)]);
  return code;
}
