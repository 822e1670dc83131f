/**
 * Hears what the database says of operations: one connection that listens, for all subscribers.
 *
 * A notification only says that an operation has moved, and whoever hears it reads the operation.
 * So notifications need not be kept: while a subscriber is busy those of one operation become one,
 * and after the connection was lost (a restart of the database) every subscriber is told to look
 * at everything again. The same first event tells it to begin, when the database listens already:
 * between the first look and the first notification nothing is missed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { BulkheadError } from '../errors.ts';
import type { Logger } from '../logger.ts';

/** An operation has moved; null: look at all of them. `end` makes this the last event. */
export type OperationEvent = { operationId: string | null; end(): void };

type Feed = ReturnType<typeof makeFeed>;

/** What `makeListener` returns; `subscribe` is what grafast calls. */
export type Listener = {
  /** The topic is the id of a suite, or of a suite and an operation of it: `7/12`. */
  subscribe(topic: string): AsyncIterableIterator<OperationEvent>;
  release(): Promise<void>;
};

const longestPause = 5000;

/** Connects when somebody subscribes, and again whenever the connection is lost. */
export function makeListener(options: { connectionString: string; logger: Logger }): Listener {
  const { connectionString, logger } = options;
  const feeds = new Map<string, Set<Feed>>();
  const released = new AbortController();
  let client: pg.Client | undefined;
  let connecting: Promise<void> | undefined;
  let saying: Promise<unknown> = Promise.resolve();

  async function connect(): Promise<void> {
    for (let pause = 50; !released.signal.aborted; pause = Math.min(pause * 2, longestPause)) {
      try {
        await open();
        return;
      } catch (error) {
        logger.warn({ err: error, pause }, 'cannot listen to the database, trying again');
        await sleep(pause, undefined, { signal: released.signal }).catch(() => {});
      }
    }
  }

  async function open(): Promise<void> {
    const opened = new pg.Client({
      connectionString,
      application_name: 'bulkhead listener',
      keepAlive: true,
    });
    opened.on('error', (error) => logger.warn({ err: error }, 'the listening connection failed'));
    opened.on('notification', ({ channel, payload }) => deliver(channel, payload));
    opened.on('end', () => {
      if (client === opened) client = undefined;
      reconnect();
    });
    try {
      await opened.connect();
      client = opened;
      for (const channel of feeds.keys()) await listen(opened, channel);
    } catch (error) {
      await opened.end().catch(() => {});
      throw error;
    }
  }

  /** From here on nothing is missed, so those who wait for the channel may begin, or begin again. */
  async function listen(on: pg.Client, channel: string): Promise<void> {
    await say(on, `listen ${pg.escapeIdentifier(channel)}`);
    for (const feed of feeds.get(channel) ?? []) feed.push(null);
  }

  /** One statement after the other, in the order in which they were said. */
  function say(on: pg.Client, statement: string): Promise<unknown> {
    const said = saying.then(() => on.query(statement));
    saying = said.catch(() => {});
    return said;
  }

  function reconnect(): void {
    if (released.signal.aborted || feeds.size === 0 || client || connecting) return;
    connecting = connect().finally(() => {
      connecting = undefined;
      reconnect();
    });
  }

  function deliver(channel: string, payload = ''): void {
    const operationId = readOperationId(payload);
    if (operationId) for (const feed of feeds.get(channel) ?? []) feed.push(operationId);
  }

  function leave(channel: string, feed: Feed): void {
    const others = feeds.get(channel);
    if (!others?.delete(feed) || others.size > 0) return;
    feeds.delete(channel);
    if (client) say(client, `unlisten ${pg.escapeIdentifier(channel)}`).catch(() => {});
  }

  return {
    subscribe(topic) {
      const { channel, operationId } = readTopic(topic);
      const feed = makeFeed(operationId, () => leave(channel, feed));
      feeds.set(channel, (feeds.get(channel) ?? new Set()).add(feed));
      // One that fails here has lost its connection, which listens again when it is back.
      if (client) listen(client, channel).catch(() => {});
      else reconnect();
      return feed.events;
    },
    async release() {
      released.abort();
      for (const feed of [...feeds.values()].flatMap((set) => [...set])) feed.end();
      await connecting;
      await client?.end().catch(() => {});
    },
  };
}

function readTopic(topic: string) {
  const ids = /^(\d{1,19})(?:\/(\d{1,19}))?$/.exec(topic);
  if (!ids) throw new BulkheadError('INVALID_VALUE', 'ids of suites and operations are numbers');
  return { channel: `bulkhead:suite:${ids[1]}`, operationId: ids[2] };
}

function readOperationId(payload: string): string | undefined {
  try {
    return String(JSON.parse(payload).operation_id);
  } catch {
    return undefined;
  }
}

/** The events of one subscriber, each operation once until it has been taken. */
function makeFeed(only: string | undefined, onEnd: () => void) {
  const waiting = new Set<string | null>();
  let ended = false;
  let wake = Promise.withResolvers<void>();

  function end(): void {
    if (ended) return;
    ended = true;
    onEnd();
    wake.resolve();
  }

  async function next(): Promise<IteratorResult<OperationEvent>> {
    while (!ended && waiting.size === 0) await wake.promise;
    wake = Promise.withResolvers<void>();
    if (ended) return { done: true, value: undefined };
    const [operationId = null] = waiting;
    waiting.delete(operationId);
    return { done: false, value: { operationId, end } };
  }

  const events: AsyncIterableIterator<OperationEvent> = {
    [Symbol.asyncIterator]: () => events,
    next,
    async return() {
      end();
      return { done: true, value: undefined };
    },
  };

  return {
    events,
    end,
    push(operationId: string | null): void {
      if (only && operationId && operationId !== only) return;
      waiting.add(operationId);
      wake.resolve();
    },
  };
}
