/** An operation that is tried again means what its names mean by then, or is refused. */
import test, { type ExecutionContext } from 'ava';
import type pg from 'pg';
import {
  appendMany,
  call,
  callOne,
  counts,
  dictionary,
  makeSuite,
  type Operation,
  tagsByKey,
  wholeState,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { cancelled, holdSuite, operate, runToEnd, undo } from '../../helpers/operations.ts';
import { openSession } from '../../helpers/waits.ts';

const database = useDatabase(test);

const submitAgain = async (client: pg.ClientBase, { suite_id, id }: Operation) =>
  callOne<Operation>(client, 'retry_operation', { suite_id, operation_id: id });

const retry = async (client: pg.ClientBase, operation: Operation) =>
  runToEnd(client, await submitAgain(client, operation));

type Trial = { t: ExecutionContext; client: pg.PoolClient; suite_id: string };

/** A test on a suite of six cases that carry `rag`; its operations wait until they are run chunk by chunk. */
const trying = (name: string, work: (trial: Trial) => Promise<void>) =>
  test(name, async (t) => {
    const holder = await openSession(t, database);
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      await appendMany(client, suite_id, 6, ['rag']);
      await holdSuite(holder, suite_id);
      await work({ t, client, suite_id });
    });
  });

/** The tags of the cases, in order, each followed by how many cases have just these: `rag 4, rag z 2`. */
async function tagged(client: pg.PoolClient, suiteId: string): Promise<string> {
  const counted: Record<string, number> = {};
  for (const tags of Object.values(await tagsByKey(client, suiteId)))
    counted[tags] = (counted[tags] ?? 0) + 1;
  return Object.entries(counted)
    .map(([tags, count]) => `${tags} ${count}`)
    .sort()
    .join(', ');
}

trying(
  'a tag of the condition that was renamed since is followed',
  async ({ t, client, suite_id }) => {
    const args = { suite_id, where_tags: 'rag', add: ['z'] };
    const operation = await cancelled(client, 'bulk_tag', args, { after: 2 });
    await operate(client, 'bulk_rename_tag', { suite_id, tag: 'rag', new_name: 'rag2' });
    const again = await retry(client, operation);
    t.like(again, { state: 'succeeded', retries_operation_id: operation.id });
    t.like(counts(again), { total: 4, changed: 4 });
    t.is(await tagged(client, suite_id), 'rag2 z 6');
  },
);

trying(
  'tags to add and to remove that were renamed since are followed',
  async ({ t, client, suite_id }) => {
    const args = { suite_id, all_cases: true, add: ['z'], remove: ['rag'] };
    const operation = await cancelled(client, 'bulk_tag', args, { after: 2 });
    for (const [tag, new_name] of [
      ['z', 'z2'],
      ['rag', 'rag2'],
    ])
      await operate(client, 'bulk_rename_tag', { suite_id, tag, new_name });
    t.like(await retry(client, operation), { state: 'succeeded', changed: '4' });
    t.is(await tagged(client, suite_id), 'z2 6');
  },
);

trying(
  'a merge whose tag was renamed since leads to the new name',
  async ({ t, client, suite_id }) => {
    await call(client, 'define_tag', { suite_id, name: 'm2' });
    const args = { suite_id, tags: ['rag'], into_tag: 'm2' };
    const operation = await cancelled(client, 'bulk_merge_tags', args, { after: 2 });
    const renaming = { suite_id, tag: 'm2', new_name: 'm3' };
    await cancelled(client, 'bulk_rename_tag', renaming, { after: 2 });
    t.is(await tagged(client, suite_id), 'm3 2, rag 4');
    t.like(await retry(client, operation), {
      kind: 'merge_tags',
      state: 'succeeded',
      changed: '4',
    });
    t.deepEqual(await dictionary(client, suite_id), { m2: 'm3', m3: null, rag: 'm3' });
    t.is(await tagged(client, suite_id), 'm3 6');
  },
);

trying(
  'an old name that is a tag of its own by now is not merged again',
  async ({ t, client, suite_id }) => {
    for (const name of ['old', 'm2']) await call(client, 'define_tag', { suite_id, name });
    await operate(client, 'bulk_merge_tags', { suite_id, tags: ['old'], into_tag: 'rag' });
    const args = { suite_id, tags: ['rag'], into_tag: 'm2' };
    const operation = await cancelled(client, 'bulk_merge_tags', args);
    await call(client, 'define_tag', { suite_id, name: 'old' });
    t.is((await retry(client, operation)).state, 'succeeded');
    t.deepEqual(await dictionary(client, suite_id), { m2: null, old: null, rag: 'm2' });
    t.is(await tagged(client, suite_id), 'm2 6');
  },
);

trying(
  'a rename that was cancelled twice goes on, and is undone step by step',
  async ({ t, client, suite_id }) => {
    const before = await wholeState(client, suite_id);
    const args = { suite_id, tag: 'rag', new_name: 'rag2' };
    const operation = await cancelled(client, 'bulk_rename_tag', args, { after: 2 });
    const between = await wholeState(client, suite_id);
    const second = await cancelled(
      client,
      'retry_operation',
      { suite_id, operation_id: operation.id },
      { after: 2 },
    );
    t.is(await tagged(client, suite_id), 'rag 2, rag2 4');
    const third = await retry(client, second);
    t.is(await tagged(client, suite_id), 'rag2 6');
    await undo(client, third);
    await undo(client, second);
    t.deepEqual(await wholeState(client, suite_id), between);
    await undo(client, operation);
    const after = await wholeState(client, suite_id);
    t.deepEqual([after.cases, after.links], [before.cases, before.links]);
  },
);

trying(
  'a rename that was taken back by another one since is refused',
  async ({ t, client, suite_id }) => {
    const args = { suite_id, tag: 'rag', new_name: 'rag2' };
    const operation = await cancelled(client, 'bulk_rename_tag', args, { after: 2 });
    await operate(client, 'bulk_rename_tag', { suite_id, tag: 'rag2', new_name: 'rag' });
    await refuses(t, client, () => submitAgain(client, operation), {
      code: 'TCFIN',
      detail: 'It was to make "rag2" of the tag "rag", and is the other way round now.',
    });
    t.is(await tagged(client, suite_id), 'rag 6');
  },
);

trying(
  'copies come with a tag that the other suite dropped since',
  async ({ t, client, suite_id }) => {
    const into_suite_id = await makeSuite(client);
    const args = { suite_id, into_suite_id, all_cases: true };
    const operation = await cancelled(client, 'bulk_copy', args);
    await call(client, 'drop_tag', { suite_id: into_suite_id, name: 'rag' });
    t.like(await retry(client, operation), { state: 'succeeded', changed: '6' });
    t.is(await tagged(client, into_suite_id), 'rag 6');

    const again = await cancelled(client, 'bulk_copy', args);
    await call(client, 'archive_suite', { suite_id: into_suite_id });
    await refuses(t, client, () => submitAgain(client, again), { code: 'TCARC' });
  },
);

trying('a tag that is gone is named', async ({ t, client, suite_id }) => {
  for (const name of ['m2', 'x']) await call(client, 'define_tag', { suite_id, name });
  const merging = await cancelled(client, 'bulk_merge_tags', {
    suite_id,
    tags: ['rag'],
    into_tag: 'm2',
  });
  await call(client, 'define_tag', { suite_id, name: 'rag' });
  const others = [
    await cancelled(client, 'bulk_tag', { suite_id, all_cases: true, add: ['m2'] }),
    await cancelled(client, 'bulk_tag', { suite_id, all_cases: true, remove: ['m2'] }),
    await cancelled(client, 'bulk_delete', { suite_id, where_tags: 'rag and not m2' }),
    await cancelled(client, 'bulk_set_status', {
      suite_id,
      where_tags: 'x or m2',
      set_status: 'archived',
    }),
  ];
  await call(client, 'drop_tag', { suite_id, name: 'm2' });
  for (const operation of [merging, ...others])
    await refuses(t, client, () => submitAgain(client, operation), {
      code: 'TCNTG',
      message: /has no tag "m2"/,
    });
  t.deepEqual(Object.keys(await dictionary(client, suite_id)), ['rag', 'x']);
});

trying('what was undone, wholly or in part, is not retried', async ({ t, client, suite_id }) => {
  const args = { suite_id, all_cases: true, add: ['z'] };
  const operation = await cancelled(client, 'bulk_tag', args, { after: 4 });
  const key = { suite_id, operation_id: operation.id };
  const refused = (detail: RegExp) =>
    refuses(t, client, () => submitAgain(client, operation), {
      code: 'TCFIN',
      message: /has nothing to retry/,
      detail,
      hint: /Submit it anew/,
    });
  // an undo that did nothing has taken nothing away
  await client.query('savepoint none');
  await cancelled(client, 'undo_operation', key);
  t.like(await retry(client, operation), { state: 'succeeded', changed: '2' });
  await client.query('rollback to savepoint none');

  const undoing = await cancelled(client, 'undo_operation', key, { after: 2 });
  await refused(new RegExp(`operation ${undoing.id} `));
  const queued = await submitAgain(client, undoing);
  await refused(new RegExp(`operation ${queued.id} `));
  t.is((await runToEnd(client, queued)).state, 'succeeded');
  await refused(new RegExp(`operation ${queued.id} `));
  t.is(await tagged(client, suite_id), 'rag 6');
});

trying(
  'a merge that was undone is not retried, even where its tag is gone',
  async ({ t, client, suite_id }) => {
    await call(client, 'define_tag', { suite_id, name: 'm2' });
    const args = { suite_id, tags: ['rag'], into_tag: 'm2' };
    const operation = await cancelled(client, 'bulk_merge_tags', args);
    await undo(client, operation);
    await call(client, 'drop_tag', { suite_id, name: 'm2' });
    await refuses(t, client, () => submitAgain(client, operation), { code: 'TCFIN' });
  },
);
