/**
 * Appenders: what CI does while somebody re-tags. They run in a thread of their own, because the
 * event loop of the thread that runs the bulk would otherwise be part of what is measured.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** How to append; `pause` is the mean rest of an appender between two appends, in milliseconds. */
export type AppenderOptions = {
  design: 'old' | 'new';
  ownerUrl: string;
  suiteId: number;
  appenders: number;
  pause: number;
  tag: string;
};

/** One append: when it began and ended, in milliseconds since the epoch, and how it failed if it did. */
export type Append = { began: number; ended: number; error?: string };

/** What the thread is told: the tag that the next appends carry, or that it is over. */
export type Order = { tag: string } | 'stop';

/** Starts appending; `stop` lets the appends under way end and returns all of them. */
export async function startAppenders(options: AppenderOptions) {
  const finished = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./appender-thread.ts', import.meta.url), {
    workerData: { ...options, finished },
  });
  const tell = (order: Order) => worker.postMessage(order);
  await once(worker, 'message'); // connected; rejects if the thread fails
  return {
    /** From the next append on, the cases carry this tag. */
    carry: (tag: string) => tell({ tag }),
    /** How many appends have ended so far. */
    count: () => Atomics.load(finished, 0),
    async stop(): Promise<Append[]> {
      tell('stop');
      const [appends] = await once(worker, 'message');
      await worker.terminate();
      return appends;
    },
  };
}

/** The clock that both threads share. */
export const now = () => performance.timeOrigin + performance.now();
