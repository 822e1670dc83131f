/** Single appends over HTTP, what CI does, in a thread of their own: see appenders.ts. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Append } from './appenders.ts';

export type SingleOptions = { port: number; token: string; slug: string; pause: number };

/** Starts appending; `stop` lets the append under way end and returns all of them. */
export async function startSingleAppends(options: SingleOptions) {
  const worker = new Worker(new URL('./single-thread.ts', import.meta.url), {
    workerData: options,
  });
  await once(worker, 'message'); // connected; rejects if the thread fails
  return {
    async stop(): Promise<Append[]> {
      worker.postMessage('stop');
      const [appends] = await once(worker, 'message');
      await worker.terminate();
      return appends;
    },
  };
}
