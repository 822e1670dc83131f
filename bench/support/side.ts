/** One side of a comparison over HTTP: sends a body to a server of this process, and reads the answer. */
import { Agent, request } from 'node:http';

/** `ask` sends the body, or another one, and returns the body of the answer. */
export type Side = { ask(body?: object): Promise<string>; stop(): Promise<void> };

/** A client with one connection that is kept: fetch would cost more than what is measured. */
export function makeSide(options: {
  port: number;
  path: string;
  body: object;
  token: string;
  stop(): Promise<void>;
}): Side {
  const { port, path, body, token, stop } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const usual = JSON.stringify(body);
  return {
    async ask(other) {
      const text = other ? JSON.stringify(other) : usual;
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        authorization: `Bearer ${token}`,
      };
      const sent = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers });
      sent.end(text);
      return new Promise((resolve, reject) => {
        sent.on('error', reject);
        sent.on('response', async (answer) => {
          const chunks = await answer.toArray();
          resolve(Buffer.concat(chunks).toString());
        });
      });
    },
    async stop() {
      agent.destroy();
      await stop();
    },
  };
}
