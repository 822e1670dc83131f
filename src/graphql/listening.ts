/**
 * A connection that listens to topics, and is made again whenever it is lost. The database tells a
 * topic on a channel whose name only the owner can learn, so the connection has to be the owner's.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../logger.ts';
import { channelOf } from '../queries/channels.queries.ts';

/** What `onListening` and `onNotification` are told, and where the connection goes. */
export type ListeningOptions = {
  connectionString: string;
  logger: Logger;
  /** From here on no notification of the topic is missed; said again after each loss. */
  onListening(topic: string): void;
  onNotification(topic: string, payload: string): void;
};

export type Listening = {
  listen(topic: string): void;
  unlisten(topic: string): void;
  release(): Promise<void>;
};

const shortestPause = 50;
const longestPause = 5000;

/** Connects when the first topic is listened to. */
export function makeListening(options: ListeningOptions): Listening {
  const topics = new Set<string>();
  const released = new AbortController();
  let connection: Connection | undefined;
  let connecting: Promise<void> | undefined;

  async function connect(): Promise<void> {
    for (let pause = shortestPause; !released.signal.aborted; pause *= 2) {
      try {
        return await open();
      } catch (error) {
        options.logger.warn({ err: error }, 'cannot listen to the database, trying again');
        const rest = Math.min(pause, longestPause);
        await sleep(rest, undefined, { signal: released.signal }).catch(() => {});
      }
    }
  }

  async function open(): Promise<void> {
    const opened = makeConnection(options, () => {
      if (connection === opened) connection = undefined;
      reconnect();
    });
    try {
      await opened.connect();
      connection = opened;
      for (const topic of topics) await opened.listen(topic);
    } catch (error) {
      await opened.end();
      throw error;
    }
  }

  function reconnect(): void {
    if (released.signal.aborted || topics.size === 0 || connection || connecting) return;
    connecting = connect().finally(() => {
      connecting = undefined;
      reconnect();
    });
  }

  return {
    listen(topic) {
      topics.add(topic);
      // One that fails has lost its connection, and all topics are listened to on the next.
      if (connection) connection.listen(topic).catch(() => {});
      else reconnect();
    },
    unlisten(topic) {
      topics.delete(topic);
      connection?.unlisten(topic).catch(() => {});
    },
    async release() {
      released.abort();
      await connecting;
      await connection?.end();
    },
  };
}

type Connection = ReturnType<typeof makeConnection>;

/** One connection, until it ends. */
function makeConnection(options: ListeningOptions, onEnd: () => void) {
  const { connectionString, logger, onListening, onNotification } = options;
  const client = new pg.Client({
    connectionString,
    application_name: 'bulkhead listener',
    keepAlive: true,
  });
  client.on('error', (error) => logger.warn({ err: error }, 'the listening connection failed'));
  const topicOf = new Map<string, string>();
  client.on('notification', ({ channel, payload = '' }) => {
    const topic = topicOf.get(channel);
    if (topic !== undefined) onNotification(topic, payload);
  });
  client.on('end', onEnd);

  // One statement after the other, in the order in which they were said.
  let saying: Promise<unknown> = Promise.resolve();
  function say(verb: 'listen' | 'unlisten', topic: string): Promise<unknown> {
    const said = saying.then(async () => {
      const [{ channel } = { channel: '' }] = await channelOf.run({ topic }, client);
      if (verb === 'listen') topicOf.set(channel, topic);
      else topicOf.delete(channel);
      await client.query(`${verb} ${pg.escapeIdentifier(channel)}`);
    });
    saying = said.catch(() => {});
    return said;
  }

  return {
    connect: () => client.connect(),
    async listen(topic: string): Promise<void> {
      await say('listen', topic);
      onListening(topic);
    },
    unlisten: (topic: string) => say('unlisten', topic),
    end: () => client.end().catch(() => {}),
  };
}
