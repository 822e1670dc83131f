/** The suites of a source are read by one mapping, since its triggers and its queue are for all of them. */
import { isDeepStrictEqual } from 'node:util';
import { BulkheadError } from '../errors.ts';
import type { Adoption } from './copy.ts';
import type { ResolvedMapping } from './mapping.ts';

/** What says how a source is read; slugs and decisions belong to each suite. */
const readSections = ['suites', 'cases', 'tags', 'links'] as const;

/** The names in which two mappings differ: `cases.key`. */
function differingNames(a: ResolvedMapping, b: ResolvedMapping): string[] {
  return readSections.flatMap((section) => {
    const [left, right]: Record<string, unknown>[] = [a[section], b[section]];
    return Object.keys({ ...left, ...right })
      .filter((name) => !isDeepStrictEqual(left?.[name], right?.[name]))
      .map((name) => `${section}.${name}`);
  });
}

/** Refuses a mapping by which the source would be read in another way than these suites of it are. */
export function requireOneMapping(mapping: ResolvedMapping, adoptions: readonly Adoption[]): void {
  // one that was cut over is kept closed on the source by the triggers, which are of its mapping
  const read = adoptions.filter(
    ({ phase, method }) => phase !== 'cut_over' || method === 'triggers',
  );
  const others = read.filter((one) => differingNames(one.mapping, mapping).length > 0);
  if (others.length === 0) return;
  const names = new Set(others.flatMap((one) => differingNames(one.mapping, mapping)));
  const slugs = others.slice(0, 20).map(({ slug }) => `"${slug}"`);
  throw new BulkheadError('BAD_ARGUMENT', 'suites of one source cannot have different mappings', {
    detail:
      `Begun with another: ${slugs.join(', ')}. It differs in ${[...names].join(', ')}. ` +
      'Changes of the source are noted for all of its suites at once, and brought over by one mapping.',
    hint:
      'bulkhead adopt copy without --preset and --mapping goes on with the one there is; ' +
      'suites that are to have another are taken back first: bulkhead adopt back --suite <slug>',
  });
}
