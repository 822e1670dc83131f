/** The third step: what has changed in the source since it was copied. */
import {
  adoptChanges,
  defineAdoptedTags,
  type IAdoptChangesResult,
} from '../queries/adopt.queries.ts';
import { casesOfSql, clearQueueSql, newestChangeSql, readQueueSql } from './capture-sql.ts';
import { atOneMoment, compareSuite, differingKeys } from './compare.ts';
import { type Adoption, findAdoptions, type Sides } from './copy.ts';
import { requireOneMapping } from './one-mapping.ts';
import { copyCasesSql } from './source-sql.ts';
import { readRows, stageRows } from './transfer.ts';

/** What following has changed. */
export type Changes = IAdoptChangesResult;

type QueuedChange = { seq: string; kind: string; id: string | null; externalKey: string | null };

/** Changes read from the queue at once, and cases brought up to date in one transaction. */
const batchSize = 1000;

const none: Changes = { inserted: 0, updated: 0, deleted: 0, links: 0 };
const sum = (a: Changes, b: Changes): Changes => ({
  inserted: a.inserted + b.inserted,
  updated: a.updated + b.updated,
  deleted: a.deleted + b.deleted,
  links: a.links + b.links,
});

/** Brings all suites that are followed up to what the source is now. */
export async function catchUp(sides: Sides): Promise<Changes> {
  const adoptions = await findFollowed(sides);
  const [first] = adoptions;
  if (!first) return none;
  if (first.method === 'compare') return compareAll(sides, adoptions);
  requireOneMapping(first.mapping, adoptions); // by another, their cases would be taken for deleted
  return drainQueue(sides, adoptions);
}

const findFollowed = async (sides: Sides) =>
  (await findAdoptions(sides)).filter(({ phase }) => phase === 'copying' || phase === 'following');

/** Does the work as of a moment of the source that our side has just been brought up to, while people go on writing to the source. */
export async function whenCaughtUp<T>(sides: Sides, work: () => Promise<T>): Promise<T> {
  await catchUp(sides); // so that little is left to do while the moment is held
  const adoptions = await findFollowed(sides);
  const { client } = sides.source;
  const brought: string[] = [];
  const result = await atOneMoment(client, async () => {
    await bringQueued(sides, adoptions, async (seqs) => brought.push(...seqs));
    return work();
  });
  await client.query(clearQueueSql, [brought]);
  return result;
}

/** A change stays in the queue until what it says is committed on our side: doing it twice changes nothing. */
function drainQueue(sides: Sides, adoptions: Adoption[]): Promise<Changes> {
  const { client } = sides.source;
  return bringQueued(sides, adoptions, (seqs) => client.query(clearQueueSql, [seqs]));
}

/**
 * Brings over what was queued at the beginning, and hands on the numbers of each batch. What is queued meanwhile is the
 * next call's, because the queue of a source that people write to is never empty.
 */
async function bringQueued(
  sides: Sides,
  adoptions: Adoption[],
  onBrought: (seqs: string[]) => Promise<unknown>,
): Promise<Changes> {
  const { client } = sides.source;
  const newest = (await client.query(newestChangeSql)).rows[0].seq;
  let total = none;
  for (let after = '0'; ; ) {
    const { rows } = await client.query<QueuedChange>(readQueueSql, [after, newest, batchSize]);
    const last = rows.at(-1);
    if (!last) return total;
    const changes = rows.some(({ kind }) => kind === 'all')
      ? await compareAll(sides, adoptions)
      : await bringCases(sides, adoptions, await concerned(sides, adoptions, rows));
    total = sum(total, changes);
    await onBrought(rows.map(({ seq }) => seq));
    after = last.seq;
  }
}

/** A case to look at again; with its key, a suite here that has it and is not that of the source any more loses it. */
type Touched = { id: string | null; key: string | null };

/** The cases that changes are about. */
async function concerned(
  sides: Sides,
  [first]: Adoption[],
  changes: readonly QueuedChange[],
): Promise<Touched[]> {
  const touched = new Map<string, Touched>();
  const add = (id: string | null, key: string | null) =>
    touched.set(JSON.stringify([id, key]), { id, key });
  for (const { kind, id, externalKey } of changes) if (kind === 'case') add(id, externalKey);
  for (const kind of ['tag', 'through'] as const) {
    const found = changes.flatMap((change) => (change.kind === kind ? [change.id] : []));
    if (found.length === 0 || !first) continue;
    const { rows } = await sides.source.client.query(casesOfSql(first.mapping, kind), [found]);
    for (const { id, key } of rows) add(id, key);
  }
  return [...touched.values()];
}

async function compareAll(sides: Sides, adoptions: readonly Adoption[]): Promise<Changes> {
  let total = none;
  for (const adoption of adoptions) {
    // what is copied by now is compared when all is; but what a queue has said, it does not say again
    if (adoption.phase !== 'following' && adoption.method === 'compare') continue;
    const { buckets } = await compareSuite(sides, adoption);
    const keys = await differingKeys(sides, adoption, buckets);
    // without a key column the key is the id
    const isId = adoption.mapping.cases.key === null;
    const touched = keys.map((key) => ({ id: isId ? key : null, key }));
    total = sum(total, await bringCases(sides, [adoption], touched));
  }
  return total;
}

/** Makes cases what they are in the source now, a batch in a transaction. */
async function bringCases(
  sides: Sides,
  adoptions: readonly Adoption[],
  touched: readonly Touched[],
): Promise<Changes> {
  const [first] = adoptions;
  if (!first) return none;
  const suites = adoptions.map(({ sourceSuite }) => sourceSuite);
  const suiteIds = adoptions.map(({ suiteId }) => suiteId);
  let total = none;
  for (let at = 0; at < touched.length; at += batchSize) {
    // an id and its key in one batch: of a key that comes without its case, the case is gone
    const batch = touched.slice(at, at + batchSize);
    const ids = batch.flatMap(({ id }) => id ?? []);
    const keys = batch.flatMap(({ key }) => key ?? []);
    const sql = copyCasesSql(first.mapping, { ids, keys, suites });
    await stageRows(sides.target, await readRows(sides.source.client, sql));
    await defineAdoptedTags.run({ source: sides.source.name }, sides.target);
    const [changes] = await adoptChanges.run({ suiteIds, externalKeys: keys }, sides.target);
    total = sum(total, changes ?? none);
  }
  return total;
}
