/** Recognising the server that runs, or seems to run, in a data folder. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BulkheadError } from '../errors.ts';

/** A server's main process. */
export type Postmaster = { pid: number; port: number };

/**
 * The server that runs in a cluster's folder. A postmaster.pid that names a process which is
 * gone, or which is something else by now (numbers are used again), is removed: with it the
 * server would refuse to start.
 */
export async function findPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const path = join(cluster, 'postmaster.pid');
  for (const deadline = Date.now() + 5000; Date.now() < deadline; await sleep(50)) {
    const text = await readIfThere(path);
    if (text === undefined) return undefined;
    const lines = text.split('\n');
    const pid = Number(lines[0]);
    if (!(pid > 0 && isAlive(pid) && isServerOf(pid, cluster))) {
      // A server that ended by itself meanwhile has removed or replaced the file.
      if ((await readIfThere(path)) === text) await fs.rm(path, { force: true });
      return undefined;
    }
    const port = Number(lines[3]);
    if (port > 0) return { pid, port };
  }
  throw new BulkheadError('INTERNAL', `The server in ${cluster} has been starting for too long`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await fs.readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether a process exists and has not just ended unnoticed by its parent. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return commandLine(pid).length > 0;
}

function isServerOf(pid: number, cluster: string): boolean {
  const words = commandLine(pid);
  return words.some((word) => word === cluster || word.endsWith(` ${cluster}`));
}

/** A zombie has an empty command line. */
function commandLine(pid: number): string[] {
  try {
    if (process.platform === 'linux')
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    const line = execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
    return String(line)
      .trim()
      .split(/ (?=-)/)
      .filter(Boolean);
  } catch {
    return [];
  }
}
