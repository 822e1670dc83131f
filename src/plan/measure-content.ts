/** What a measurement puts into the suites that it rolls back. */
import { randomBytes } from 'node:crypto';
import type { PlanInput } from './input.ts';

/** How much is done: bounds for a server that serves others. */
export type MeasureSizes = {
  /** Cases of the suite that is tagged; fewer where cases are large. */
  cases: number;
  /** Bytes of them at most. */
  bytes: number;
  /** Milliseconds for which appends are watched, alone and beside a bulk. */
  window: number;
};

/** The slug of a suite that is never committed; two that measure at once do not meet. */
export const measuredSlug = () => `bulkhead-plan-${randomBytes(8).toString('hex')}`;

/** Bytes of a case that is measured, whatever the plan says: enough to tell, and no load. */
export const mostBytes = 8 * 1024;

const syllables = 'ba den fi gor hu ki lan me no pra qui ros sta tu ven wi'.split(' ');

/** Text of as many bytes as a case has, different for each, and no easier to compress than a language is. */
export function contentOf(number: number, { caseBytes }: Pick<PlanInput, 'caseBytes'>) {
  const bytes = Math.min(caseBytes, mostBytes);
  let text = `${number}:`;
  for (let random = number + 1; text.length < bytes; ) {
    random = (random * 48_271) % 2_147_483_647; // Park and Miller
    text += `${random % 3 === 0 ? ' ' : ''}${syllables[random % syllables.length]}`;
  }
  const input = Math.ceil(bytes * 0.75);
  return { input: text.slice(0, input), expected_output: text.slice(input, bytes) };
}
