/** Looking for a port to listen on. */
import { createServer } from 'node:net';
import { BulkheadError } from './errors.ts';

/** The first port from `port` on that nobody listens on; 0 asks the system for any. */
export async function freePort(port: number, host = '127.0.0.1'): Promise<number> {
  for (let candidate = port; candidate <= port + 100 && candidate < 65536; candidate++) {
    const found = await new Promise<number | undefined>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(undefined));
      probe.listen({ port: candidate, host, exclusive: true }, () => {
        const address = probe.address();
        probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
      });
    });
    if (found !== undefined) return found;
  }
  throw new BulkheadError('PORT_IN_USE', `No free port between ${port} and ${port + 100}`);
}
