/** What appends felt in a span of time. */
import type { Append } from './appenders.ts';
import { percentile } from './statistics.ts';

/** A span of time, in milliseconds since the epoch. */
export type Window = { began: number; ended: number };

/** Latencies of the appends of a window, in milliseconds. */
export type Latencies = { samples: number; p50: number; p95: number; max: number };

/** Of the appends that lie wholly in the window. */
export function latenciesWithin(appends: readonly Append[], { began, ended }: Window): Latencies {
  return latencies(appends.filter((a) => a.began >= began && a.ended <= ended));
}

/** Of the appends that were under way at any time of the window: also those that waited for its end. */
export function latenciesDuring(appends: readonly Append[], { began, ended }: Window): Latencies {
  return latencies(appends.filter((a) => a.began < ended && a.ended > began));
}

function latencies(appends: readonly Append[]): Latencies {
  const took = appends.filter((a) => a.error === undefined).map((a) => a.ended - a.began);
  const at = (share: number) => percentile(took, share);
  return { samples: took.length, p50: at(0.5), p95: at(0.95), max: at(1) };
}

/** The window in which something happens. */
export async function windowOf(work: () => Promise<void>): Promise<Window> {
  const now = () => performance.timeOrigin + performance.now();
  const began = now();
  await work();
  return { began, ended: now() };
}
