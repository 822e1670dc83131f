/** A connection that listens to channels, and is made again whenever it is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../logger.ts';

/** What `onListening` and `onNotification` are told, and where the connection goes. */
export type ListeningOptions = {
  connectionString: string;
  logger: Logger;
  /** From here on no notification of the channel is missed; said again after each loss. */
  onListening(channel: string): void;
  onNotification(channel: string, payload: string): void;
};

export type Listening = {
  listen(channel: string): void;
  unlisten(channel: string): void;
  release(): Promise<void>;
};

const shortestPause = 50;
const longestPause = 5000;

/** Connects when the first channel is listened to. */
export function makeListening(options: ListeningOptions): Listening {
  const channels = new Set<string>();
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
      for (const channel of channels) await opened.listen(channel);
    } catch (error) {
      await opened.end();
      throw error;
    }
  }

  function reconnect(): void {
    if (released.signal.aborted || channels.size === 0 || connection || connecting) return;
    connecting = connect().finally(() => {
      connecting = undefined;
      reconnect();
    });
  }

  return {
    listen(channel) {
      channels.add(channel);
      // One that fails has lost its connection, and all channels are listened to on the next.
      if (connection) connection.listen(channel).catch(() => {});
      else reconnect();
    },
    unlisten(channel) {
      channels.delete(channel);
      connection?.unlisten(channel).catch(() => {});
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
  client.on('notification', ({ channel, payload = '' }) => onNotification(channel, payload));
  client.on('end', onEnd);

  // One statement after the other, in the order in which they were said.
  let saying: Promise<unknown> = Promise.resolve();
  function say(statement: string): Promise<unknown> {
    const said = saying.then(() => client.query(statement));
    saying = said.catch(() => {});
    return said;
  }

  return {
    connect: () => client.connect(),
    async listen(channel: string): Promise<void> {
      await say(`listen ${pg.escapeIdentifier(channel)}`);
      onListening(channel);
    },
    unlisten: (channel: string) => say(`unlisten ${pg.escapeIdentifier(channel)}`),
    end: () => client.end().catch(() => {}),
  };
}
