/** Whatever is renamed, replaced, cancelled half-way and undone, in whatever order: a case that has a tag keeps it, or the one that took its place. */
import test from 'ava';
import type pg from 'pg';
import {
  appendTagged,
  callOne,
  makeSuite,
  type Operation,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import {
  changes,
  holdSuite,
  read,
  runChunk,
  runToEnd,
  setChunkSize,
} from '../../helpers/operations.ts';
import { makeRandom } from '../../helpers/random.ts';
import { openSession } from '../../helpers/waits.ts';

const database = useDatabase(test);

type Call = [name: string, args: Record<string, unknown>];

/** One of these tags is on each case; an operation puts the one in the place of the other, and so does somebody by hand. */
type Kind = {
  exclusive_group: string | null;
  operation(from: string, to: string): Call;
  /** Of histories in which a case lost its tag once. */
  seeds: number[];
};

const kinds: Record<string, Kind> = {
  renames: {
    exclusive_group: null,
    operation: (tag, new_name) => ['bulk_rename_tag', { tag, new_name }],
    seeds: [16, 57, 72, 79],
  },
  'tags of an exclusive group': {
    exclusive_group: 'tier',
    operation: (_, to) => ['bulk_tag', { where_tags: 'one or two', add: [to] }],
    seeds: [122, 166, 228, 258],
  },
};

/** Submits an operation, runs some of its chunks, of a case each, and cancels what is left; null for one that is refused. */
async function operateFor(client: pg.PoolClient, [name, args]: Call, chunks: number) {
  await client.query('savepoint submitting');
  const operation = await callOne<Operation>(client, name, args).catch(async (error) => {
    if (!/^TC/.test(error.code)) throw error;
    await client.query('rollback to submitting');
  });
  if (!operation) return null;
  await setChunkSize(client, operation, 1);
  for (let chunk = 0; chunk < chunks; chunk++) await runChunk(client, operation);
  if ((await read(client, operation)).state === 'succeeded') return read(client, operation);
  const { suite_id, id } = operation;
  await callOne(client, 'cancel_operation', { suite_id, operation_id: id });
  return runToEnd(client, operation);
}

/** What somebody does who knows nothing of aliases. */
async function putByHand(client: pg.PoolClient, link: Record<string, string | null | undefined>) {
  const values = [link.suite_id, link.case_id, link.exclusive_group];
  await client.query(
    'delete from bulkhead.test_case_tags where suite_id = $1 and case_id = $2 and group_key = $3',
    values,
  );
  await client.query(
    `insert into bulkhead.test_case_tags (suite_id, case_id, group_key, tag) values ($1, $2, coalesce($3, ''), $4)
     on conflict do nothing`,
    [...values, link.tag],
  );
}

for (const [what, { exclusive_group, operation, seeds }] of Object.entries(kinds))
  for (const seed of seeds)
    test(`${what}: no case is left without, and a preview of an undo says what it does, history ${seed}`, async (t) => {
      const holder = await openSession(t, database);
      await rolledBack(database.pool, async (client) => {
        const suite_id = await makeSuite(client);
        await holdSuite(holder, suite_id);
        for (const name of ['one', 'two'])
          await callOne(client, 'define_tag', { suite_id, name, exclusive_group });
        const ids = await appendTagged(client, suite_id, { a: 'one', b: 'one', c: 'one' });
        if (exclusive_group === null)
          await operateFor(
            client,
            ['bulk_merge_tags', { suite_id, tags: ['two'], into_tag: 'one' }],
            9,
          );
        const random = makeRandom(seed);
        const past: Operation[] = [];
        const history: string[] = [];
        for (let step = 0; step < 40; step++) {
          const [from, to] = random.chance(0.5) ? ['one', 'two'] : ['two', 'one'];
          const chunks = random.pick([0, 2, 9, 9]);
          const undone = random.pick<Operation | undefined>(past);
          const action = random.below(3);
          if (action === 0) {
            const key = random.pick(['a', 'b', 'c']);
            await putByHand(client, { suite_id, case_id: ids[key], tag: to, exclusive_group });
            history.push(`${to} on ${key}`);
          } else if (action === 1 || !undone) {
            const [name, args] = operation(from, to);
            const done = await operateFor(client, [name, { suite_id, ...args }], chunks);
            if (!done) continue;
            past.push(done);
            history.push(`${done.id}: ${from} → ${to}: ${await changes(client, done)}`);
          } else {
            const args = { suite_id, operation_id: undone.id };
            await client.query('savepoint previewing');
            const preview = await callOne<Operation>(client, 'preview_undo_operation', args).catch(
              () => client.query('rollback to previewing').then(() => null),
            );
            const done = await operateFor(client, ['undo_operation', args], chunks);
            t.is(done === null, preview === null);
            if (!done || !preview) continue;
            history.push(`${done.id}: undo of ${undone.id}: ${await changes(client, done)}`);
            if (done.state === 'succeeded') t.is(preview.skipped, done.skipped, history.join('\n'));
          }
          const tags = await tagsByKey(client, suite_id);
          t.false(
            Object.values(tags).includes(''),
            `${history.join('\n')}\n${JSON.stringify(tags)}`,
          );
        }
        t.true(past.length > 3);
      });
    });
