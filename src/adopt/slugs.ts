/** What the suites of a source are going to be called. */
import type { SourceSuite } from './source.ts';

/** A slug made from any name; empty where nothing of the name can stay. */
export const slugOf = (name: string) =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
    .slice(0, 55);

/** A slug for each suite: what people have decided, or one made from its name that nobody has. */
export function proposeSlugs(
  suites: readonly SourceSuite[],
  decided: Readonly<Record<string, string>>,
  taken: readonly string[],
  begun: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const used = new Set([...taken, ...Object.values(decided)]);
  const slugs = new Map<string, string>();
  for (const { id, name } of suites) {
    const known = begun.get(id) ?? decided[id];
    const slug = known ?? freeSlug(slugOf(name ?? '') || slugOf(`suite-${id}`), used);
    used.add(slug);
    slugs.set(id, slug);
  }
  return slugs;
}

function freeSlug(wanted: string, used: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const slug = number === 1 ? wanted : `${wanted}-${number}`;
    if (!used.has(slug)) return slug;
  }
}
