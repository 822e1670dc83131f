/** What a preview says of an undo is what the undo then does, whatever has happened since. */
import test from 'ava';
import {
  append,
  appendTagged,
  call,
  callOne,
  counts,
  makeSuite,
  type Operation,
  type Queryable,
  wholeState,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { operate, undo } from '../../helpers/operations.ts';
import { makeRandom, type Random } from '../../helpers/random.ts';

const database = useDatabase(test);

type Preview = Record<'total' | 'changed' | 'unchanged' | 'skipped' | 'failed', string> & {
  new_tags: string[];
  first_case_ids: string[];
};

const preview = (client: Queryable, { suite_id, id }: Operation) =>
  callOne<Preview>(client, 'preview_undo_operation', { suite_id, operation_id: id });

test('it says what would be left alone, and changes nothing', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const { a, b, c } = await appendTagged(client, suite_id, { a: '', b: '', c: 'rag' });
    await call(client, 'define_tag', { suite_id, name: 'new' });
    const tagged = await operate(client, 'bulk_tag', { suite_id, all_cases: true, add: ['new'] });
    await client.query(
      `delete from bulkhead.test_case_tags where suite_id = $1 and tag = 'new' and case_id = $2`,
      [suite_id, b],
    );
    const before = await wholeState(client, suite_id);
    const operations = async () =>
      (await client.query('select * from bulkhead.bulk_operations where suite_id = $1', [suite_id]))
        .rows;
    const known = await operations();
    t.deepEqual(await preview(client, tagged), {
      total: '3',
      changed: '2',
      unchanged: '0',
      skipped: '1',
      failed: '0',
      new_tags: [],
      first_case_ids: [a, b, c] as string[],
    });
    t.deepEqual(await wholeState(client, suite_id), before);
    t.deepEqual(await operations(), known);
    t.like(counts(await undo(client, tagged)), { total: 3, changed: 2, skipped: 1 });
  });
});

test('a name that was dropped since a rename is announced as a new tag', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag' });
    const renamed = await operate(client, 'bulk_rename_tag', {
      suite_id,
      tag: 'rag',
      new_name: 'rags',
    });
    await call(client, 'drop_tag', { suite_id, name: 'rag' });
    t.like(await preview(client, renamed), { total: '1', changed: '1', new_tags: ['rag'] });
    t.like(counts(await undo(client, renamed)), { total: 1, changed: 1, skipped: 0 });
  });
});

test('it refuses what undo_operation refuses', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: '' });
    const tag = () => operate(client, 'bulk_tag', { suite_id, all_cases: true, add: ['rag'] });
    const done = await tag();
    const undone = await undo(client, done);
    const waiting = await callOne<Operation>(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['not-yet-there'],
    });
    const pruned = await operate(client, 'bulk_set_status', {
      suite_id,
      all_cases: true,
      set_status: 'archived',
    });
    await client.query(
      'delete from bulkhead_private.change_log where suite_id = $1 and operation_id = $2',
      [suite_id, pruned.id],
    );
    for (const [operation, code] of [
      [done, 'TCUND'],
      [undone, 'TCUND'],
      [pruned, 'TCOLD'],
      [{ ...done, id: '999999' }, 'TCNOP'],
      [{ ...done, suite_id: '999999' }, 'TCNSU'],
    ] as const)
      for (const name of ['preview_undo_operation', 'undo_operation'])
        await refuses(
          t,
          client,
          () => call(client, name, { suite_id: operation.suite_id, operation_id: operation.id }),
          { code },
        );
    t.is(waiting.kind, 'tag');
  });
});

const tiers = ['tier_a', 'tier_b', 'tier_c'];
const plain = ['rag', 'flaky', 'agent', 'slow'];
const keys = Array.from({ length: 12 }, (_, index) => `k${index}`);

type World = {
  client: Queryable;
  random: Random;
  suite_id: string;
  into_suite_id: string;
  round: number;
};

/** Operations, and what people do beside them. */
const happenings: ((world: World) => Promise<Operation | undefined>)[] = [
  ({ client, random, suite_id }) =>
    operate(client, 'bulk_tag', {
      suite_id,
      external_keys: random.some(keys, 0.6),
      add: [random.pick(plain), random.pick(tiers)],
      remove: random.some(plain, 0.2),
      on_exclusive: random.pick(['replace', 'skip']),
    }),
  ({ client, random, suite_id }) =>
    operate(client, 'bulk_tag', {
      suite_id,
      external_keys: random.some(keys, 0.4),
      remove: [random.pick(plain), random.pick(tiers)],
    }),
  ({ client, random, suite_id }) =>
    operate(client, 'bulk_set_status', {
      suite_id,
      external_keys: random.some(keys, 0.5),
      set_status: random.pick(['active', 'archived']),
    }),
  ({ client, random, suite_id }) =>
    operate(client, 'bulk_delete', { suite_id, external_keys: random.some(keys, 0.3) }),
  ({ client, random, suite_id, into_suite_id }) =>
    operate(client, 'bulk_copy', {
      suite_id,
      into_suite_id,
      external_keys: random.some(keys, 0.5),
    }),
  ({ client, random, suite_id, round }) =>
    operate(client, 'bulk_rename_tag', {
      suite_id,
      tag: random.pick([...plain, ...tiers]),
      new_name: `${random.pick(['rag', 'tier_a', 'named'])}_${round}`,
    }),
  ({ client, random, suite_id }) => {
    const [one, ...others] = random.some([...plain, ...tiers], 0.3);
    const tags = others.length > 0 ? others : ['slow'];
    return operate(client, 'bulk_merge_tags', {
      suite_id,
      tags,
      into_tag: one && !tags.includes(one) ? one : 'agent',
    });
  },
  async ({ client, random, suite_id }) => {
    await append(
      client,
      suite_id,
      random
        .some(keys, 0.3)
        .concat(random.pick(keys))
        .filter((key, at, all) => all.indexOf(key) === at)
        .map((external_key) => ({
          external_key,
          input: random.below(3),
          tags: [random.pick(plain), random.pick(tiers)],
        })),
      'update',
    );
    return undefined;
  },
  async ({ client, random, suite_id, into_suite_id }) => {
    const suite = random.pick([suite_id, into_suite_id]);
    await client.query(
      random.pick([
        `delete from bulkhead.test_case_tags where suite_id = $1 and tag = '${random.pick(plain)}'`,
        `update bulkhead.test_cases set status = 'archived' where suite_id = $1 and external_key = '${random.pick(keys)}'`,
        `update bulkhead.test_cases set metadata = '{"x": 1}' where suite_id = $1 and external_key = '${random.pick(keys)}'`,
        `delete from bulkhead.test_cases where suite_id = $1 and external_key = '${random.pick(keys)}'`,
      ]),
      [suite],
    );
    return undefined;
  },
];

/** One happening; one that is refused, such as a rename of a name that has gone, has not happened. */
async function happen(world: World): Promise<Operation | undefined> {
  await world.client.query('savepoint happening');
  return world.random
    .pick(happenings)(world)
    .catch(async (error) => {
      if (!/^(TC|23)/.test(error.code)) throw error;
      await world.client.query('rollback to savepoint happening');
      return undefined;
    });
}

for (let seed = 1; seed <= Number(process.env.BULKHEAD_TEST_SEEDS ?? 6); seed++) {
  test.serial(`random undos, in any order, do what their preview says (${seed})`, async (t) => {
    await rolledBack(database.pool, async (client) => {
      const random = makeRandom(seed * 77);
      const [suite_id, into_suite_id] = [await makeSuite(client), await makeSuite(client)];
      for (const name of tiers)
        await call(client, 'define_tag', { suite_id, name, exclusive_group: 'tier' });
      for (const name of plain) await call(client, 'define_tag', { suite_id, name });
      await append(
        client,
        suite_id,
        keys.map((external_key) => ({
          external_key,
          tags: [...random.some(plain, 0.4), random.pick(tiers)],
        })),
      );
      const done: Operation[] = [];
      let skipped = 0;
      let undone = 0;
      for (let round = 0; round < 60; round++) {
        const operation = await happen({ client, random, suite_id, into_suite_id, round });
        if (operation?.state === 'succeeded') done.push(operation);
        if (done.length < 3 || random.chance(0.5)) continue;
        const [chosen] = done.splice(random.below(done.length), 1) as [Operation];
        const expected = await preview(client, chosen);
        const undoing = await undo(client, chosen);
        const { total, changed, skipped: left } = counts(undoing);
        t.deepEqual(
          { total, changed, left },
          {
            total: Number(expected.total),
            changed: Number(expected.changed),
            left: Number(expected.skipped),
          },
          `round ${round}: ${chosen.kind} ${JSON.stringify(chosen.parameters)}`,
        );
        skipped += left ?? 0;
        undone += 1;
      }
      t.true(undone > 10 && skipped > 0, `${undone} undone, ${skipped} cases left alone`);
    });
  });
}
