/** Running the real command line in tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { projectDir } from '../../src/config.ts';
import { findCluster, removeDataDir } from '../../src/database/embedded-place.ts';
import { findPostmaster } from '../../src/database/postmaster.ts';

/** A process of `bulkhead`, with what it has written so far. */
export type Run = {
  child: ChildProcess;
  output(): string;
  /** Resolves to the match once the output has it; rejects if the process ends before. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves to the exit code, or to the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>;
};

/** Starts `bulkhead` with an environment of its own; what is still running is killed at the end. */
export function startBulkhead(
  t: ExecutionContext,
  args: string[],
  environment: Record<string, string> = {},
): Run {
  return start(t, [process.execPath, join(projectDir, 'bin/bulkhead.js'), ...args], environment);
}

/** The same for `npm start`, as the README has it. */
export function npmStart(
  t: ExecutionContext,
  args: string[],
  environment: Record<string, string> = {},
): Run {
  return start(t, ['npm', 'start', '--', ...args], environment);
}

function start(t: ExecutionContext, command: string[], environment: Record<string, string>): Run {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: projectDir,
    env: { PATH: process.env.PATH, BULKHEAD_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: what npm has started does not end with npm.
    detached: true,
  });
  let output = '';
  const listeners = new Set<() => void>();
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      output += data;
      for (const listener of listeners) listener();
    });
  t.teardown(async () => {
    killGroup(child);
    await ended;
  });
  const prints = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(output);
        if (match) resolve(match);
      };
      listeners.add(look);
      look();
      ended.then((code) => reject(new Error(`ended (${code}) without ${pattern}:\n${output}`)));
    });
  return { child, output: () => output, prints, ended };
}

function killGroup({ pid }: ChildProcess) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Runs `bulkhead` to its end. */
export async function runBulkhead(
  t: ExecutionContext,
  args: string[],
  environment: Record<string, string> = {},
) {
  const run = startBulkhead(t, args, environment);
  return { code: await run.ended, output: run.output() };
}

/** The same with stdout and stderr apart, for what is read by programs. */
export async function runSeparately(
  t: ExecutionContext,
  args: string[],
  environment: Record<string, string> = {},
) {
  const { child, ended } = startBulkhead(t, args, environment);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  return { code: await ended, stdout, stderr };
}

/** A data folder that is removed at the end, along with a server that was left running in it. */
export async function makeDataDir(t: ExecutionContext): Promise<string> {
  const folder = await fs.mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  // Started by root, the server is another user's, who has to get in.
  await fs.chmod(folder, 0o711);
  t.teardown(async () => {
    const cluster = await findCluster(join(folder, 'postgres'));
    const server = cluster && (await findPostmaster(cluster));
    if (server) process.kill(server.pid, 'SIGQUIT');
    await removeDataDir(folder);
  });
  return folder;
}
