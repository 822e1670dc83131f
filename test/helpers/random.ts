/** Numbers that look random and are the same in every run. */

export type Random = {
  /** A number from 0 up to, and without, 1. */
  next(): number;
  /** A whole number from 0 up to, and without, the limit. */
  below(limit: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of the items. */
  pick<T>(items: readonly T[]): T;
  /** Each of the items with this probability, in their order. */
  some<T>(items: readonly T[], probability: number): T[];
};

/** A generator (mulberry32) for this seed. */
export function makeRandom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const chance = (probability: number) => next() < probability;
  return {
    next,
    below,
    chance,
    pick: <T>(items: readonly T[]) => items[below(items.length)] as T,
    some: (items, probability) => items.filter(() => chance(probability)),
  };
}
