/** The few statistics that the benchmarks report. */

export { percentile, timed } from '../../src/plan/samples.ts';

/** The middle one, or the mean of the two in the middle; NaN without samples. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/** Rounded for a report: no more digits than the measurement deserves. */
export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
