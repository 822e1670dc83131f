/** Cases by the keys that their callers gave them. */
import { casesByKey } from './documents/routes.ts';
import type { Id } from './documents/shared.ts';
import type { Ask } from './graphql.ts';

/** Keys that one question may name. */
export const keysAtOnce = 500;

/** The ids of the cases with these keys, and the keys that no case has. */
export async function findByKeys(
  ask: Ask,
  suiteId: Id,
  keys: string[],
): Promise<{ ids: Map<string, Id>; missing: string[] }> {
  const { findCases } = await ask(casesByKey, { suiteId, externalKeys: keys });
  const ids = new Map(findCases.map(({ id, externalKey }) => [externalKey, id]));
  return { ids, missing: keys.filter((key) => !ids.has(key)) };
}

/** Says which keys a suite does not have. */
export function describeMissing(slug: string, missing: string[]): string {
  const keys = missing.map((key) => JSON.stringify(key)).join(', ');
  return `the suite "${slug}" has no case with the key ${keys}`;
}
