/** An API server in a process of its own, as it runs in production, and how much memory it takes. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { BenchDatabase } from './bench.ts';

/** What the process is asked: to forget the peak of its memory, or for that and its present size. */
export type Question = 'forget' | 'memory';

/** In bytes. */
export type Memory = { now: number; peak: number };

/** A server that runs; `memory` is its resident set, `peak` since it was last forgotten. */
export type ServerProcess = {
  port: number;
  memory(): Promise<Memory>;
  forgetPeak(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts it on a database. */
export async function startServerProcess({
  ownerUrl,
  apiUrl,
}: BenchDatabase): Promise<ServerProcess> {
  const child = fork(new URL('./server-child.ts', import.meta.url), {
    env: { ...process.env, BENCH_OWNER_URL: ownerUrl, BENCH_API_URL: apiUrl },
  });
  const ask = async <T>(question: Question): Promise<T> => {
    child.send(question);
    return heard<T>(child);
  };
  const { port } = await heard<{ port: number }>(child);
  return {
    port,
    memory: () => ask<Memory>('memory'),
    forgetPeak: () => ask<void>('forget'),
    async stop() {
      child.disconnect();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

async function heard<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('the server has ended');
  });
  ended.catch(() => {});
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return message as T;
}
