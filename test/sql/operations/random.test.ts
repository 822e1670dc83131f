/**
 * Random operations on random suites: a preview says what then happens, and undoing them one after
 * the other, the last one first, brings everything back as it was.
 */
import test from 'ava';
import type pg from 'pg';
import {
  append,
  call,
  callOne,
  counts,
  makeSuite,
  type Operation,
  wholeState,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { holdSuite, read, runChunk, setChunkSize } from '../../helpers/operations.ts';
import { makeRandom, type Random } from '../../helpers/random.ts';
import { openSession } from '../../helpers/waits.ts';

const database = useDatabase(test);

const tiers = ['tier_a', 'tier_b', 'tier_c'];
const plain = ['rag', 'flaky', 'agent', 'slow'];
const keys = Array.from({ length: 14 }, (_, index) => `k${String(index).padStart(2, '0')}`);

type Suites = { suite_id: string; into_suite_id: string };
type Step = { name: string; args: Record<string, unknown> };

async function makeSuites(client: pg.PoolClient, random: Random): Promise<Suites> {
  const [suite_id, into_suite_id] = [await makeSuite(client), await makeSuite(client)];
  for (const name of tiers)
    await call(client, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
  const cases = keys.map((external_key) => ({
    ...(random.chance(0.8) && { external_key }),
    input: external_key,
    tags: [...random.some(plain, 0.4), ...(random.chance(0.6) ? [random.pick(tiers)] : [])],
    status: random.chance(0.3) ? 'archived' : 'active',
  }));
  await append(client, suite_id, [...cases, { tags: plain }]);
  const taken = random.some(cases, 0.2).filter((item) => item.external_key);
  if (taken.length > 0)
    await append(
      client,
      into_suite_id,
      taken.map((item) => ({ ...item, tags: ['rag'] })),
    );
  return { suite_id, into_suite_id };
}

/** The names of the dictionary by what they are: tags of their own, and old names. */
async function names(client: pg.PoolClient, { suite_id }: Suites) {
  const { rows } = await client.query(
    `select coalesce(array_agg(name order by name) filter (where alias_of is null), '{}') as tags,
       coalesce(array_agg(name order by name) filter (where alias_of is not null), '{}') as aliases
     from bulkhead.suite_tags where suite_id = $1`,
    [suite_id],
  );
  return rows[0] as { tags: string[]; aliases: string[] };
}

function makeSelection(random: Random, all: string[]) {
  const expression = random.pick([
    () => random.pick(all),
    () => `not ${random.pick(all)}`,
    () => `${random.pick(all)} and not ${random.pick(all)}`,
    () => `${random.pick(all)} or ${random.pick(all)}`,
    () => 't*',
  ]);
  const parts = [
    random.chance(0.6) && { where_tags: expression() },
    random.chance(0.3) && { status: random.pick(['active', 'archived']) },
    random.chance(0.2) && { external_keys: random.some(keys, 0.6) },
    random.chance(0.1) && { search: random.pick(['k0', '1', 'k']) },
  ];
  const selection = Object.assign({}, ...parts.filter(Boolean));
  return Object.keys(selection).length > 0 ? selection : { all_cases: true };
}

async function makeStep(
  client: pg.PoolClient,
  random: Random,
  suites: Suites,
  round: number,
): Promise<Step> {
  const { suite_id, into_suite_id } = suites;
  const { tags, aliases } = await names(client, suites);
  const all = [...tags, ...aliases].filter(
    (name) => name.startsWith('t') || !name.startsWith('tier'),
  );
  const selection = { suite_id, ...makeSelection(random, all) };
  const on_exclusive = random.pick(['replace', 'skip', 'fail']);
  const kinds: (() => Step)[] = [
    () => {
      const others = all.filter((name) => !name.startsWith('tier'));
      const add = random.some(others, 0.3).concat(random.chance(0.5) ? random.pick(tiers) : []);
      const fresh = random.chance(0.3) ? [`new_${round}`] : [];
      const remove = random
        .some(all, 0.2)
        .concat(add.length + fresh.length === 0 ? random.pick(all) : []);
      return {
        name: 'bulk_tag',
        args: { ...selection, add: [...add, ...fresh], remove, on_exclusive },
      };
    },
    () => ({
      name: 'bulk_set_status',
      args: { ...selection, set_status: random.pick(['active', 'archived']) },
    }),
    () => ({
      name: 'bulk_delete',
      args: {
        suite_id,
        ...makeSelection(random, all),
        external_keys: random.some(keys, 0.25),
        all_cases: false,
      },
    }),
    () => ({ name: 'bulk_copy', args: { ...selection, into_suite_id } }),
    () => {
      const tag = random.pick(tags);
      return { name: 'bulk_rename_tag', args: { suite_id, tag, new_name: `named_${round}` } };
    },
    () => {
      const into_tag = random.pick(all);
      const merged = random.some(all, 0.3).filter((name) => name !== into_tag);
      if (merged.length === 0) merged.push(...all.filter((name) => name !== into_tag).slice(0, 1));
      return { name: 'bulk_merge_tags', args: { suite_id, tags: merged, into_tag, on_exclusive } };
    },
  ];
  // most often tags are put on and taken off
  return random.chance(0.4) ? (kinds[0]?.() as Step) : random.pick(kinds)();
}

/** Submits and runs an operation in chunks of random sizes. */
async function run(
  client: pg.PoolClient,
  random: Random,
  { name, args }: Step,
): Promise<Operation> {
  let operation = await callOne<Operation>(client, name, args);
  while (!['succeeded', 'failed', 'cancelled'].includes(operation.state)) {
    await setChunkSize(client, operation, 1 + random.below(6));
    operation = await runChunk(client, operation);
  }
  return read(client, operation);
}

/** What an undo has to bring back. Tags that came with an operation stay in the dictionary, and their meaning is not its business. */
async function stateOf(
  client: pg.PoolClient,
  { suite_id, into_suite_id }: Suites,
  known?: unknown,
) {
  const states = [];
  for (const id of [suite_id, into_suite_id]) {
    const state = await wholeState(client, id);
    const tags = (state.tags as { name: string; meaning: string }[] | null) ?? [];
    states.push({ ...state, tags: tags.map(({ meaning, ...tag }) => tag) });
  }
  if (!known) return states;
  const before = known as typeof states;
  return states.map((state, index) => ({
    ...state,
    tags: state.tags.filter((tag) => before[index]?.tags.some(({ name }) => name === tag.name)),
  }));
}

const seeds = Number(process.env.BULKHEAD_TEST_SEEDS ?? 6);
for (let seed = 1; seed <= seeds; seed++) {
  test.serial(
    `random operations do what their preview says, and are undone exactly (${seed})`,
    async (t) => {
      const random = makeRandom(seed * 1000);
      const holder = await openSession(t, database);
      await rolledBack(database.pool, async (client) => {
        const suites = await makeSuites(client, random);
        await holdSuite(holder, suites.suite_id);
        const done: { step: Step; operation: Operation; before: unknown }[] = [];
        for (let round = 0; round < 40; round++) {
          if (done.length > 0 && random.chance(0.4)) {
            const { step, operation, before } = done.pop() as (typeof done)[number];
            const undo = await run(client, random, {
              name: 'undo_operation',
              args: { suite_id: suites.suite_id, operation_id: operation.id },
            });
            const what = `undo of ${step.name} ${JSON.stringify(step.args)}`;
            t.deepEqual(await stateOf(client, suites, before), before as object, what);
            t.is(undo.state, 'succeeded', what);
            t.deepEqual(
              counts(undo),
              {
                ...counts(undo),
                total: Number(operation.changed),
                changed: Number(operation.changed),
                skipped: 0,
                failed: 0,
              },
              what,
            );
            continue;
          }
          const step = await makeStep(client, random, suites, round);
          const what = `${round}: ${step.name} ${JSON.stringify(step.args)}`;
          await client.query('savepoint step');
          const before = await stateOf(client, suites);
          const preview = await callOne<Operation>(
            client,
            `preview_${step.name}`,
            withoutPace(step.args),
          ).catch((error) => error);
          if (preview instanceof Error) await client.query('rollback to savepoint step');
          const operation = await run(client, random, step).catch((error) => error);
          if (operation instanceof Error) {
            await client.query('rollback to savepoint step');
            t.is(
              (preview as Error & { code?: string }).code,
              (operation as Error & { code?: string }).code,
              `${what}: ${operation.message}`,
            );
            t.true(
              ['TCGRP', 'TCHAS', 'TCARG', 'TCNTG'].includes(
                (operation as Error & { code?: string }).code ?? '',
              ),
              operation.message,
            );
            continue;
          }
          t.notThrows(() => {
            if (preview instanceof Error) throw preview;
          }, what);
          const { processed, ...happened } = counts(operation);
          const { processed: _, ...foretold } = counts(preview);
          t.deepEqual(happened, foretold, what);
          t.is(processed, happened.total, what);
          done.push({ step, operation, before });
        }
      });
    },
  );
}

const withoutPace = ({ pace, ...args }: Record<string, unknown>) => args;
