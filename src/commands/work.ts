/** `bulkhead work`: a worker alone; start as many as you like. */
import { findMigrated } from '../database/open.ts';
import { runUntilStopped } from '../shutdown.ts';
import type { Context } from './context.ts';

/** Works on operations until asked to stop. */
export async function work({ config, logger, print }: Context): Promise<number> {
  return runUntilStopped(print, async function* (onStop) {
    const database = await findMigrated(config);
    yield;
    const { startWorker } = await import('../worker/worker.ts');
    const worker = await startWorker({ ownerUrl: database.ownerUrl, logger });
    onStop(worker.stop);
    print('A worker is running');
    return { died: database.died };
  });
}
