/** What the suites of a source are going to be called. */
import { BulkheadError } from '../errors.ts';
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

/** Slugs that people have decided on, and that cannot be had. */
function refuseSlugs(
  suites: readonly SourceSuite[],
  decided: Readonly<Record<string, string>>,
  taken: readonly string[],
  begun: ReadonlyMap<string, string>,
): void {
  const used = new Map(taken.map((slug) => [slug, 'a suite here has it, archived or not']));
  for (const [id, slug] of Object.entries(decided)) {
    if (begun.has(id)) continue;
    if (!suites.some((suite) => suite.id === id)) refuse(id, slug, 'the source has no such suite');
    if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(slug))
      refuse(id, slug, 'it is not of the form of a slug');
    const why = used.get(slug);
    if (why) refuse(id, slug, why);
    used.set(slug, `the suite ${id} of the source is to get it`);
  }
}

function refuse(id: string, slug: string, why: string): never {
  throw new BulkheadError(
    'BAD_ARGUMENT',
    `the suite ${id} of the source cannot become ${JSON.stringify(slug)}: ${why}`,
    {
      detail: 'A slug has lower-case letters, digits, - and _, up to 63, and belongs to one suite.',
      hint: 'Change "slugs" in the mapping file; its keys are the ids of the suites in the source.',
    },
  );
}

/** A slug for each suite: what people have decided, or one made from its name that nobody has. */
export function proposeSlugs(
  suites: readonly SourceSuite[],
  decided: Readonly<Record<string, string>>,
  taken: readonly string[],
  begun: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  refuseSlugs(suites, decided, taken, begun);
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
