/**
 * Hears what the database says of operations: one connection that listens, for all subscribers.
 *
 * A notification only says that an operation has moved, and whoever hears it reads the operation.
 * So notifications need not be kept: while a subscriber is busy those of one operation become one,
 * and after the connection was lost (a restart of the database) every subscriber is told to look
 * at everything again. The same first event tells it to begin, when the database listens already:
 * between the first look and the first notification nothing is missed.
 */
import { BulkheadError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { makeListening } from './listening.ts';

/** An operation has moved; null: look at all of them. `end` makes this the last event. */
export type OperationEvent = { operationId: string | null; end(): void };

type Feed = ReturnType<typeof makeFeed>;

/** What `makeListener` returns; `subscribe` is what grafast calls. */
export type Listener = {
  /** To the id of a suite, or of a suite and an operation of it: `7/12`. */
  subscribe(ids: string): AsyncIterableIterator<OperationEvent>;
  release(): Promise<void>;
};

/** What `makeListener` needs: the owner's connection; `onAccess` hears whose rights have changed, null: perhaps everybody's. */
export type ListenerOptions = {
  connectionString: string;
  logger: Logger;
  onAccess?(principal: string | null): void;
};

const accessTopic = 'access';

/** Connects when somebody subscribes, or to hear of rights, and again whenever the connection is lost. */
export function makeListener(options: ListenerOptions): Listener {
  const feeds = new Map<string, Set<Feed>>();
  const tell = (topic: string, operationId: string | null) => {
    for (const feed of feeds.get(topic) ?? []) feed.push(operationId);
  };
  // Who has lost a suite is told by looking again, and so are all others, for whom nothing changes.
  const tellAccess = (principal: string | null) => {
    options.onAccess?.(principal);
    for (const topic of feeds.keys()) tell(topic, null);
  };
  const listening = makeListening({
    ...options,
    onListening: (topic) => (topic === accessTopic ? tellAccess(null) : tell(topic, null)),
    onNotification(topic, payload) {
      if (topic === accessTopic) return tellAccess(payload);
      const operationId = readOperationId(payload);
      if (operationId) tell(topic, operationId);
    },
  });

  if (options.onAccess) listening.listen(accessTopic);

  function leave(topic: string, feed: Feed): void {
    const others = feeds.get(topic);
    if (!others?.delete(feed) || others.size > 0) return;
    feeds.delete(topic);
    listening.unlisten(topic);
  }

  return {
    subscribe(ids) {
      const { topic, operationId } = readIds(ids);
      const feed = makeFeed(operationId, () => leave(topic, feed));
      feeds.set(topic, (feeds.get(topic) ?? new Set()).add(feed));
      listening.listen(topic);
      return feed.events;
    },
    async release() {
      for (const feed of [...feeds.values()].flatMap((set) => [...set])) feed.end();
      await listening.release();
    },
  };
}

function readIds(text: string) {
  const ids = /^(\d{1,19})(?:\/(\d{1,19}))?$/.exec(text);
  if (!ids) throw new BulkheadError('INVALID_VALUE', 'ids of suites and operations are numbers');
  return { topic: `suite/${ids[1]}`, operationId: ids[2] };
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
