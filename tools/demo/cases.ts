export type { DemoSuite } from '../../src/demo/suites.ts';

/** A case of the demo data, as it stands in its file. */
export type DemoCase = {
  external_key: string;
  input: unknown;
  expected_output: unknown;
  metadata: Record<string, unknown>;
  tags: string[];
  status?: 'archived';
};

// Words that say nothing at the end of a key.
const DANGLING =
  /(-(a|an|and|as|at|by|can|do|does|for|from|has|have|i|in|is|it|my|of|on|or|our|than|that|the|to|we|with|you|your))+$/;

/** A key that a person could have given: the topic and the first words of the text. */
export function makeKey(topic: string, text: string, taken: Set<string>): string {
  const words = text
    .normalize('NFD')
    .toLowerCase()
    .replace(/[\u0300-\u036f'’]/g, '')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  for (let count = 5; count <= words.length; count += 1) {
    const slug = words.slice(0, count).join('-').replace(DANGLING, '');
    const key = `${topic}/${slug}`;
    if (!taken.has(key)) return remember(key, taken);
  }
  const base = `${topic}/${words.join('-') || 'symbols'}`;
  for (const suffix of ['', '-again', '-other-site', '-late-shift', '-follow-up', '-second-mail']) {
    if (!taken.has(base + suffix)) return remember(base + suffix, taken);
  }
  throw new Error(`no key left for ${base}`);
}

function remember(key: string, taken: Set<string>): string {
  taken.add(key);
  return key;
}
