/** The process of server-process.ts: ends when its parent lets go of it. */
import { startServer } from '../../src/http/server.ts';
import { makeLogger } from '../../src/logger.ts';
import type { Memory, Question } from './server-process.ts';

const { BENCH_OWNER_URL: ownerUrl = '', BENCH_API_URL: apiUrl = '' } = process.env;
let peak = 0;
const look = (): Memory => {
  const { rss: now } = process.memoryUsage();
  peak = Math.max(peak, now);
  return { now, peak };
};
/** From the first time that the peak is asked for: to look costs a fiftieth of a core. */
let looking: NodeJS.Timeout | undefined;

const config = { host: '127.0.0.1', port: 0, rateLimit: 1_000_000 };
const server = await startServer({ config, ownerUrl, apiUrl, logger: makeLogger('warn') });

process.on('message', (question: Question) => {
  if (question === 'forget') {
    peak = 0;
    clearInterval(looking);
    looking = setInterval(look, 20).unref();
  }
  process.send?.(look());
});
process.on('disconnect', () => {
  server.stop().finally(() => process.exit());
});
process.send?.({ port: server.port });
