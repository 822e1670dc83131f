/** Trying again: what the server says may succeed later, where doing it twice does no harm. */
import { setTimeout as pause } from 'node:timers/promises';
import pRetry from 'p-retry';
import type { ServerError } from './refusals.ts';

/** Seconds that a server may ask a caller to wait; beyond that the caller is told instead. */
const longestWait = 60;

/** `isSafe`: the request may reach the server twice. `retries` of three take 3.5 seconds. */
export type RetryOptions = {
  isSafe: boolean;
  retries?: number | undefined;
  signal?: AbortSignal | undefined;
  /** For people: that it is tried again. */
  note(line: string): void;
};

/** Runs a request, and again where that makes sense. */
export function withRetries<T>(
  work: () => Promise<T>,
  { isSafe, retries = 3, signal, note }: RetryOptions,
): Promise<T> {
  return pRetry(work, {
    retries,
    factor: 2,
    minTimeout: 500,
    maxTimeout: 8000,
    ...(signal && { signal }),
    shouldRetry: ({ error }) => isWorthIt(error as ServerError, isSafe),
    async onFailedAttempt({ error, retriesLeft }) {
      const { retryAfter, message } = error as ServerError;
      if (retriesLeft === 0 || !isWorthIt(error as ServerError, isSafe)) return;
      note(`${message}; trying again${retryAfter ? ` in ${retryAfter} s` : ''}`);
      if (retryAfter) await pause(retryAfter * 1000, undefined, { signal });
    },
  });
}

/** What is refused for coming too often was not begun, so it is safe whatever it is. */
function isWorthIt({ retryable, retryAfter = 0, entry }: ServerError, isSafe: boolean): boolean {
  return (
    retryable === true && retryAfter <= longestWait && (isSafe || entry.name === 'RATE_LIMITED')
  );
}
