/** The maths up front: what a plan needs, how long its bulk changes take, and where its limits are. */
import type { Speed } from './coefficients.ts';
import type { PlanInput } from './input.ts';
import { type Limit, limitsOf, type Verdict, verdictOf } from './limits.ts';
import { type Sizes, sizesOf } from './sizes.ts';
import { type Times, timesOf } from './times.ts';

/** Everything that is computed; times in milliseconds, sizes in bytes. */
export type Plan = {
  input: PlanInput;
  speed: Speed;
  verdict: Verdict;
  times: Times;
  limits: Limit[];
  sizes: Sizes;
};

/** Computes a plan from what there will be and how fast the server is. */
export function makePlan(input: PlanInput, speed: Speed): Plan {
  const times = timesOf(input, speed);
  const sizes = sizesOf(input, times.chunks.value);
  const limits = limitsOf({ input, speed, sizes, times });
  return { input, speed, verdict: verdictOf(limits), times, limits, sizes };
}
