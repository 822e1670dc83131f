/** What became of each case, held in little memory until the answer has been sent. */
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
