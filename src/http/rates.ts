/** How often: requests of a credential, and attempts to get in from an address that have failed. */
import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { BulkheadError } from '../errors.ts';

/** Failed attempts to get in that an address has in a minute. */
export const maxFailures = 20;

const minute = 60;

/** A refusal that says when it will have passed. */
export type TooMany = BulkheadError & { retryAfter: number };

/** Those who have failed too often are turned away before anybody looks at what they show. */
export type Failures = {
  /** Rejects if this address has failed too often. */
  check(address: string): Promise<void>;
  add(address: string): Promise<void>;
};

/** Counts attempts to get in that fail. */
export function makeFailures(): Failures {
  const limiter = new RateLimiterMemory({ points: maxFailures, duration: minute });
  return {
    async check(address) {
      const found = await limiter.get(network(address));
      if (found && found.consumedPoints >= maxFailures)
        throw tooMany(
          found,
          `your address has failed to sign in ${maxFailures} times within a minute, which is the limit`,
        );
    },
    async add(address) {
      await limiter.penalty(network(address));
    },
  };
}

/** Counts the requests of each credential; rejects those above the limit. */
export function makeRequestCount(limit: number) {
  const limiter = new RateLimiterMemory({ points: limit, duration: minute });
  return async (hash: string): Promise<void> => {
    try {
      await limiter.consume(hash);
    } catch (found) {
      if (!(found instanceof RateLimiterRes)) throw found;
      throw tooMany(
        found,
        `this token or session has made more than ${limit} requests in a minute`,
      );
    }
  };
}

/** Whoever has one IPv6 address has the 2⁶⁴ beside it. */
function network(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail = ''] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const rest = tail.split(':').filter(Boolean);
  while (address.includes('::') && groups.length + rest.length < 8) groups.push('0');
  return [...groups, ...rest].slice(0, 4).join(':');
}

function tooMany({ msBeforeNext }: RateLimiterRes, message: string): TooMany {
  const retryAfter = Math.max(1, Math.ceil(msBeforeNext / 1000));
  const hint = `Try again in ${retryAfter} s.`;
  return Object.assign(new BulkheadError('RATE_LIMITED', message, { hint }), { retryAfter });
}
