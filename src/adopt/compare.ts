/** Both sides of a suite, compared without bringing it over: each hashes its own, and only hashes cross. */
import type { ClientBase } from 'pg';
import { casesOfBuckets, hashBuckets, hashTags, namesOfTags } from '../queries/adopt.queries.ts';
import type { Adoption, Sides } from './copy.ts';
import { bucketsSql, casesOfBucketsSql, tagHashesSql } from './source-sql.ts';

/** Cases that share a hash: few enough that a difference is soon found, many enough that the hashes are few. */
const casesPerBucket = 200;

/** The same figure on both sides; null where a side does not have it. */
export type Compared = {
  name: string;
  source: { count: number; hash: string } | null;
  target: { count: number; hash: string } | null;
};

const bucketsFor = ({ casesExpected, casesCopied }: Adoption) =>
  1 + Math.floor(Math.max(Number(casesExpected), Number(casesCopied)) / casesPerBucket);

/** What the tags of the source are called on our side. */
async function namesOf({ target }: Sides, { suiteId }: Adoption): Promise<string> {
  const names = await namesOfTags.run({ suiteId }, target);
  return JSON.stringify(Object.fromEntries(names.map((tag) => [tag.sourceTag, tag.name])));
}

/** Cases (by bucket) and links (by tag) of a suite on both sides, each side as of one moment. */
export async function compareSuite(
  sides: Sides,
  adoption: Adoption,
): Promise<{ buckets: Compared[]; tags: Compared[] }> {
  const { source, target } = sides;
  const { mapping, suiteId } = adoption;
  const buckets = bucketsFor(adoption);
  const values = [adoption.sourceSuite, await namesOf(sides, adoption)];
  const there = await atOneMoment(source.client, async () => ({
    buckets: (await source.client.query(bucketsSql(mapping), [...values, buckets])).rows,
    tags: (await source.client.query(tagHashesSql(mapping), values)).rows,
  }));
  const here = await atOneMoment(target, async () => ({
    buckets: await hashBuckets.run({ suiteId, buckets }, target),
    tags: await hashTags.run({ suiteId }, target),
  }));
  return {
    buckets: pair(there.buckets.map(bucketFigure), here.buckets.map(bucketFigure)),
    tags: pair(there.tags.map(tagFigure), here.tags.map(tagFigure)),
  };
}

/** The figures that are not the same. */
export const differing = (figures: readonly Compared[]) =>
  figures.filter(
    ({ source, target }) => source?.count !== target?.count || source?.hash !== target?.hash,
  );

/** Keys of the cases that are not the same on both sides, or are on one of them only, by what `compareSuite` has found. */
export async function differingKeys(
  sides: Sides,
  adoption: Adoption,
  buckets: readonly Compared[],
): Promise<string[]> {
  const wanted = differing(buckets).map(({ name }) => Number(name));
  if (wanted.length === 0) return [];
  const count = bucketsFor(adoption);
  const values = [adoption.sourceSuite, await namesOf(sides, adoption), count, wanted];
  const sql = casesOfBucketsSql(adoption.mapping);
  const { rows } = await sides.source.client.query(sql, values);
  const { suiteId } = adoption;
  const here = await casesOfBuckets.run({ suiteId, buckets: count, wanted }, sides.target);
  const hashes = new Map(here.map(({ externalKey, hash }) => [externalKey, hash]));
  const keys: string[] = [];
  for (const { external_key, hash } of rows) {
    if (hashes.get(external_key) !== hash) keys.push(external_key);
    hashes.delete(external_key);
  }
  return [...keys, ...hashes.keys()];
}

type Figure = { name: string; count: number; hash: string };
const bucketFigure = (row: { bucket: number; cases: number; hash: string }): Figure => ({
  name: String(row.bucket),
  count: row.cases,
  hash: row.hash,
});
const tagFigure = (row: { tag: string; links: number; hash: string }): Figure => ({
  name: row.tag,
  count: row.links,
  hash: row.hash,
});

function pair(source: Figure[], target: Figure[]): Compared[] {
  const [there, here] = [source, target].map((side) => new Map(side.map((f) => [f.name, f])));
  const names = [...new Set([...source, ...target].map(({ name }) => name))].sort();
  return names.map((name) => ({
    name,
    source: there?.get(name) ?? null,
    target: here?.get(name) ?? null,
  }));
}

const atAMoment = new WeakSet<ClientBase>();

/** What a side is asked in `work` is answered as of one moment; a moment within a moment is the same. */
export async function atOneMoment<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  if (atAMoment.has(client)) return work();
  await client.query('begin isolation level repeatable read read only');
  atAMoment.add(client);
  try {
    return await work();
  } finally {
    atAMoment.delete(client);
    await client.query('commit');
  }
}
