/** What became of the cases, held in little memory until the answer has been sent. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** As many characters are held as they are: of 25,000 cases. Beyond that they are packed, 8 to 1. */
const plainSize = 2 * 1024 * 1024;

/** Lines of JSON, one a case. */
export type Results = {
  /** The next lines, each with its line feed. */
  add(lines: string): void;
  /** All of them, in the pieces in which they came. */
  pieces(): Generator<string>;
};

/** Makes an empty collection. */
export function makeResults(): Results {
  const held: (string | Buffer)[] = [];
  let size = 0;
  return {
    add(lines) {
      size += lines.length;
      held.push(size <= plainSize ? lines : deflateRawSync(lines, { level: 1 }));
    },
    *pieces() {
      for (const piece of held)
        yield typeof piece === 'string' ? piece : inflateRawSync(piece).toString('utf8');
    },
  };
}

const counted = ['cases', 'inserted', 'unchanged', 'updated', 'skipped'] as const;

/** How many cases there were, and how many met which outcome. */
export type Counts = Record<(typeof counted)[number], number>;

/** What an append did. */
export type Appended = {
  counts: Counts;
  newTags: string[];
  results: Results;
  /** Whether this is what an earlier request was answered. */
  isReplayed: boolean;
};

/** A request that is answered as it was the first time. */
export type Keyed = { requestKey: string; requestHash: Buffer };

/** Adds up what the database answers, batch by batch. */
export function makeTally() {
  const counts: Counts = { cases: 0, inserted: 0, unchanged: 0, updated: 0, skipped: 0 };
  const results = makeResults();
  const add = (batch: Counts & { results: string }) => {
    for (const name of counted) counts[name] += batch[name];
    results.add(batch.results);
  };
  return { counts, results, add };
}
