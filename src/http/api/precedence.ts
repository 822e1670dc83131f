/** Precedence of appends of a few cases over those of many, which take the server's time piece by piece. */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

export type Precedence = {
  /** Does what has precedence. */
  first<T>(work: () => Promise<T>): Promise<T>;
  /** Called between two pieces: lets others be served, those that have precedence to their end. */
  give(): Promise<void>;
  /** Whether anything that has precedence came within the last second. */
  isHurried(): boolean;
};

/** Milliseconds after which a piece is no longer held up: many short appends must not stop a long one. */
const patience = 10;

/** Makes one, for a server. */
export function makePrecedence(): Precedence {
  let underWay = 0;
  let ended = Promise.withResolvers<void>();
  let latest = Number.NEGATIVE_INFINITY;
  return {
    async first(work) {
      underWay += 1;
      latest = performance.now();
      try {
        return await work();
      } finally {
        underWay -= 1;
        if (underWay === 0) {
          ended.resolve();
          ended = Promise.withResolvers();
        }
      }
    },
    async give() {
      // What has come in the meantime would otherwise all be read before anybody else's request is.
      await setImmediate();
      if (underWay > 0) await Promise.race([ended.promise, sleep(patience)]);
    },
    isHurried: () => performance.now() - latest < 1000,
  };
}
