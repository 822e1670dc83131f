/** Everybody at once: sessions that append and sessions that operate, at random, on a few suites. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { append, callOne, type NewCase, type Operation } from './cases.ts';
import type { Database } from './database.ts';
import { read } from './operations.ts';
import { makeLargeSuite } from './operations-watch.ts';

/** What each appender and operator may touch, so that afterwards it can be told what must be there. */
export const tags = {
  /** Only operations put these on and take them off. */
  ofOperations: ['op1', 'op2', 'op3', 'm1', 'm2'],
  /** Exclusive; operations and appends replace them, nobody just removes one. */
  tiers: ['tier_a', 'tier_b', 'tier_c'],
  /** One of these is the other's alias, this way round or that. */
  topics: ['topic', 'subject'],
};

const sharedKeys = 40;
const casesOfSuite = 700;

/** A suite with cases for all of that; every case has a topic and every third is flaky and has a tier. */
export async function makeStormSuite(pool: pg.Pool): Promise<string> {
  const suite = await makeLargeSuite(pool, casesOfSuite, { rag: 1, topic: 1, flaky: 3 });
  for (const name of [...tags.ofOperations, 'subject'])
    await callOne(pool, 'define_tag', { suite_id: suite, name });
  for (const name of tags.tiers)
    await callOne(pool, 'define_tag', { suite_id: suite, name, exclusive_group: 'tier' });
  await pool.query(
    `insert into bulkhead.test_case_tags (suite_id, case_id, tag, group_key)
     select suite_id, case_id, 'tier_a', 'tier' from bulkhead.test_case_tags
     where suite_id = $1 and tag = 'flaky'`,
    [suite],
  );
  await callOne(pool, 'bulk_merge_tags', { suite_id: suite, tags: ['subject'], into_tag: 'topic' });
  return suite;
}

/** What the storm knows to be done, because it was told so. */
export type Tally = {
  /** The tags that each inserted case was given, by suite and key. */
  inserted: Map<string, string[]>;
  /** How often each shared key was updated, by suite and key. */
  updated: Map<string, number>;
  appends: number;
  operations: number;
  /** Refusals and failures, by who met them and the code. */
  errors: Map<string, number>;
};

/** Whoever asks for one of many: an element at random. */
const oneOf = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
const chance = (share: number) => Math.random() < share;

type Actor = { client: pg.Client; suites: string[]; tally: Tally };

/** Starts so many appenders and operators for so many milliseconds; resolves when all have ended. */
export async function storm(
  { ownerUrl }: Database,
  suites: string[],
  { appenders, operators, milliseconds }: Record<string, number>,
): Promise<Tally> {
  const tally: Tally = {
    inserted: new Map(),
    updated: new Map(),
    appends: 0,
    operations: 0,
    errors: new Map(),
  };
  const end = Date.now() + (milliseconds ?? 0);
  const act = async (name: string, action: (actor: Actor) => Promise<void>) => {
    const client = new pg.Client({ connectionString: ownerUrl, application_name: name });
    await client.connect();
    while (Date.now() < end)
      await action({ client, suites, tally }).catch((error) => {
        const what = `${name} ${error.code ?? error} ${error.constraint ?? ''}`.trim();
        tally.errors.set(what, (tally.errors.get(what) ?? 0) + 1);
      });
    await client.end();
  };
  await Promise.all([
    ...Array.from({ length: appenders ?? 0 }, () => act('appender', appendSomething)),
    ...Array.from({ length: operators ?? 0 }, () => act('operator', operateSomehow)),
  ]);
  return tally;
}

/** New cases, some with tags that nobody has brought before or that others bring too; and edits of shared ones. */
async function appendSomething({ client, suites, tally }: Actor): Promise<void> {
  const suite = oneOf(suites);
  const id = randomBytes(5).toString('hex');
  const cases: NewCase[] = Array.from({ length: 1 + Math.floor(Math.random() * 5) }, (_, n) => ({
    external_key: `new-${id}-${n}`,
    tags: [
      'rag',
      oneOf(tags.topics),
      ...(chance(0.3) ? [oneOf(tags.tiers)] : []),
      ...(chance(0.3) ? [`mark-${id}`] : []),
      ...(chance(0.3) ? [`common-${tally.appends >> 4}`] : []),
    ],
  }));
  if (chance(0.5))
    for (const n of new Set([1, 2, 3].map(() => 1 + Math.floor(Math.random() * sharedKeys))))
      cases.push({
        external_key: `k${n}`,
        input: id,
        tags: [oneOf(tags.topics), ...(chance(0.7) ? [oneOf(tags.tiers)] : [])],
      });
  const outcomes = await append(
    client,
    suite,
    cases.sort(() => Math.random() - 0.5),
    'update',
  );
  tally.appends++;
  if (outcomes.length !== cases.length) throw new Error('an append forgot a case');
  for (const { ordinal, external_key, outcome } of outcomes) {
    const key = `${suite} ${external_key}`;
    if (outcome === 'inserted') tally.inserted.set(key, cases[ordinal - 1]?.tags ?? []);
    else if (outcome === 'updated') tally.updated.set(key, (tally.updated.get(key) ?? 0) + 1);
    else throw new Error(`an append was ${outcome}`);
  }
}

/** Some operation, small or large; then waits for it, now and then cancels it, or undoes another one. */
async function operateSomehow({ client, suites, tally }: Actor): Promise<void> {
  const suite_id = oneOf(suites);
  const some = chance(0.5) ? { where_tags: 'flaky' } : { where_tags: 'rag' };
  const [one, other] = chance(0.5) ? tags.topics : tags.topics.toReversed();
  const [into, from] = chance(0.5) ? ['m1', 'm2'] : ['m2', 'm1'];
  const on_exclusive = oneOf(['replace', 'replace', 'skip', 'fail']);
  const [name, args] = oneOf<[string, Record<string, unknown>]>([
    ['bulk_tag', { ...some, add: [oneOf(tags.ofOperations)] }],
    ['bulk_tag', { ...some, remove: [oneOf(tags.ofOperations)] }],
    ['bulk_tag', { ...some, add: ['op1'], remove: ['op2', 'op3'] }],
    ['bulk_tag', { where_tags: 'tier_*', add: [oneOf(tags.tiers)], on_exclusive }],
    ['bulk_tag', { where_tags: 'tier_*', add: [oneOf(tags.tiers)], on_exclusive }],
    ['bulk_tag', { ...some, add: [`fresh-${tally.operations}`] }],
    ['bulk_set_status', { ...some, set_status: oneOf(['active', 'archived']) }],
    ['bulk_rename_tag', { tag: one, new_name: other }],
    ['bulk_merge_tags', { tags: [from], into_tag: into }],
    ['undo_operation', {}],
    ['undo_operation', {}],
  ]);
  if (name === 'undo_operation') args.operation_id = await pastOperation(client, suite_id);
  const operation = await callOne<Operation>(client, name, { suite_id, ...args });
  tally.operations++;
  for (let polls = 0; polls < 40; polls++) {
    const { state } = await read(client, operation);
    if (!/queued|running/.test(state)) return;
    if (name !== 'undo_operation' && chance(0.05))
      await callOne(client, 'cancel_operation', { suite_id, operation_id: operation.id });
    await sleep(50);
  }
}

async function pastOperation(client: pg.Client, suite: string): Promise<string> {
  const { rows } = await client.query(
    'select id from bulkhead.bulk_operations where suite_id = $1 order by random() limit 1',
    [suite],
  );
  return rows[0].id;
}
