/** The thread of appenders.ts: each appender has a connection and appends one case after another. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';
import { type Append, type AppenderOptions, now, type Order } from './appenders.ts';
import { appendNew } from './new-design.ts';
import { appendOld } from './old-design.ts';

const options: AppenderOptions & { finished: Int32Array } = workerData;
const appends: Append[] = [];
let { tag } = options;
let stopping = false;

const appending = Array.from({ length: options.appenders }, async (_, number) => {
  const client = new pg.Client(options.ownerUrl);
  await client.connect();
  return { number, client };
});

parentPort?.on('message', (order: Order) => {
  if (order === 'stop') stopping = true;
  else tag = order.tag;
});

const connected = await Promise.all(appending);
parentPort?.postMessage('connected');
await Promise.all(connected.map(({ number, client }) => appendUntilStopped(number, client)));
parentPort?.postMessage(appends);

async function appendUntilStopped(number: number, client: pg.Client) {
  for (let count = 0; !stopping; count++) {
    await sleep(options.pause * (0.5 + Math.random())); // so that they do not fall into step
    const key = `ci/${number}/${count}`;
    const case_ = { suiteId: options.suiteId, key, input: `appended by CI as ${key}`, tag };
    const began = now();
    const error = await (options.design === 'old' ? appendOld : appendNew)(client, case_).then(
      () => undefined,
      (problem) => String(problem.code ?? problem),
    );
    appends.push({ began, ended: now(), ...(error && { error }) });
    Atomics.add(options.finished, 0, 1);
  }
  await client.end();
}
