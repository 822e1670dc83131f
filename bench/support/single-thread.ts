/** The thread of single-appends.ts: one case after another, each a request of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type Append, now } from './appenders.ts';
import { makeTransferClient } from './transfer-http.ts';

const { port, token, slug, pause } = workerData;
const client = makeTransferClient(port, token);
const appends: Append[] = [];
let stopping = false;

parentPort?.on('message', () => {
  stopping = true;
});
await client.append(slug, '{"external_key":"single/first","input":"appended by CI"}\n');
parentPort?.postMessage('connected');
for (let number = 0; !stopping; number++) {
  await sleep(pause * (0.5 + Math.random()));
  const began = now();
  await client.append(slug, `{"external_key":"single/${number}","input":"appended by CI"}\n`);
  appends.push({ began, ended: now() });
}
client.stop();
parentPort?.postMessage(appends);
