/** A snapshot gives the same bytes for ever, and a SHA-256 that anybody can check. */
import { execFileSync } from 'node:child_process';
import test from 'ava';
import {
  append,
  appendMany,
  appendTagged,
  call,
  callOne,
  makeSuite,
  type Queryable,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { operate, undo } from '../../helpers/operations.ts';
import { lines, present, snap } from '../../helpers/snapshots.ts';

const database = useDatabase(test);

/** The SHA-256 as the comment on the column says that it is made of a file. */
async function checkedByShell(client: Queryable, file: string[]): Promise<string> {
  const { rows } = await client.query(
    `select col_description(attrelid, attnum) as comment from pg_attribute
     where attrelid = 'bulkhead.suite_snapshots'::regclass and attname = 'sha256'`,
  );
  const [, command = ''] = /(split .*)$/.exec(rows[0].comment) ?? [];
  const shell = command.replace('lines.jsonl', '-');
  const input = file.map((line) => `${line}\n`).join('');
  return execFileSync('sh', ['-c', shell], { input, encoding: 'utf8' }).slice(0, 64);
}

test('the SHA-256 is what the command in its comment makes of the pulled lines', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const none = await snap(client, suite_id, 'none');
    t.like(none, { cases: '0', sha256: await checkedByShell(client, []) });
    await appendMany(client, suite_id, 999, ['rag']);
    for (const more of [0, 1, 1, 1500]) {
      if (more > 0)
        await append(
          client,
          suite_id,
          Array.from({ length: more }, () => ({ input: 'Ünï\n"code" 🦆', metadata: { n: 1.5 } })),
        );
      const made = await snap(client, suite_id, `v${more}-${Math.random().toString().slice(2)}`);
      const pulled = await lines(client, suite_id, made.name);
      t.is(pulled.length, Number(made.cases));
      t.deepEqual(pulled, await present(client, suite_id));
      t.is(made.sha256, await checkedByShell(client, pulled), `${pulled.length} lines`);
    }
  });
});

test('equal contents have equal hashes, and another content another one', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag', b: '' });
    const one = await snap(client, suite_id, 'v1');
    t.is((await snap(client, suite_id, 'v2')).sha256, one.sha256);
    t.is((await snap(client, suite_id, 'v3', { where_tags: 'rag' })).cases, '1');
    await client.query(
      `update bulkhead.test_cases set status = 'archived' where suite_id = $1 and external_key = 'b'`,
      [suite_id],
    );
    t.not((await snap(client, suite_id, 'v4')).sha256, one.sha256);
  });
});

/** What people do to cases after a snapshot: none of it shows in it. */
const changes: Record<string, (client: Queryable, suite_id: string) => Promise<unknown>> = {
  'an edit by an append': (client, suite_id) =>
    append(client, suite_id, [{ external_key: 'a', input: 'edited' }], 'update'),
  'an edit in psql': (client, suite_id) =>
    client.query(
      `update bulkhead.test_cases set external_key = external_key || '-2', metadata = '{"x": 1}' where suite_id = $1`,
      [suite_id],
    ),
  'another way to write the same number': (client, suite_id) =>
    client.query(
      `update bulkhead.test_cases set input = jsonb_build_object('n', 1.0) where suite_id = $1`,
      [suite_id],
    ),
  'a version that is set by hand': (client, suite_id) =>
    client.query('update bulkhead.test_cases set version = version + 7 where suite_id = $1', [
      suite_id,
    ]),
  'tags put on and taken off': (client, suite_id) =>
    operate(client, 'bulk_tag', { suite_id, all_cases: true, add: ['new'], remove: ['rag'] }),
  'a rename of a tag': (client, suite_id) =>
    operate(client, 'bulk_rename_tag', { suite_id, tag: 'flaky', new_name: 'unsteady' }),
  'a merge of tags': (client, suite_id) =>
    operate(client, 'bulk_merge_tags', { suite_id, tags: ['flaky'], into_tag: 'rag' }),
  'a change of status': (client, suite_id) =>
    operate(client, 'bulk_set_status', { suite_id, all_cases: true, set_status: 'archived' }),
  'a deletion': (client, suite_id) => operate(client, 'bulk_delete', { suite_id, all_cases: true }),
  'a deletion in psql': (client, suite_id) =>
    client.query('delete from bulkhead.test_cases where suite_id = $1', [suite_id]),
  'a deletion that is undone': async (client, suite_id) => {
    await undo(client, await operate(client, 'bulk_delete', { suite_id, all_cases: true }));
    await append(client, suite_id, [{ external_key: 'a', input: 'edited' }], 'update');
  },
  'an edit, a deletion and its undo': async (client, suite_id) => {
    await append(client, suite_id, [{ external_key: 'a', input: 'edited' }], 'update');
    const deleted = await operate(client, 'bulk_delete', { suite_id, all_cases: true });
    await undo(client, deleted);
    const { rows } = await client.query(
      `select id from bulkhead.test_cases where suite_id = $1 and external_key = 'a'`,
      [suite_id],
    );
    await call(client, 'restore_version', { suite_id, case_id: rows[0].id, version: 1 });
  },
  'a case that gets the id of a deleted one': async (client, suite_id) => {
    const { rows } = await client.query(
      'delete from bulkhead.test_cases where suite_id = $1 returning id',
      [suite_id],
    );
    await client.query(
      `insert into bulkhead.test_cases (suite_id, id, input) values ($1, $2, '"an impostor"')`,
      [suite_id, rows[0].id],
    );
  },
  'an archived suite': (client, suite_id) => call(client, 'archive_suite', { suite_id }),
};

for (const [name, change] of Object.entries(changes)) {
  test(`the same bytes after ${name}`, async (t) => {
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      await appendTagged(client, suite_id, { a: 'rag flaky', b: 'rag', c: '' });
      await client.query(`update bulkhead.test_cases set input = '{"n": 1}' where suite_id = $1`, [
        suite_id,
      ]);
      await snap(client, suite_id, 'v1');
      const before = await present(client, suite_id);
      t.is(before.length, 3);
      await change(client, suite_id);
      t.deepEqual(await lines(client, suite_id, 'v1'), before);
      const cases = await call<{ case_id: string; version: number }>(client, 'snapshot_cases', {
        suite_id,
        snapshot: 'v1',
      });
      t.deepEqual(
        cases.map((row) => row.version),
        [2, 2, 2],
      );
    });
  });
}

test('pages of a snapshot follow each other, over the borders of chunks', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 2100, ['rag']);
    await snap(client, suite_id, 'v1');
    await operate(client, 'bulk_delete', { suite_id, where_tags: 'rag', external_keys: ['c1000'] });
    type Page = { case_id: string; external_key: string; tags: string[] }[];
    const found: string[] = [];
    for (
      let after_id = '0', page: Page = [];
      found.length < 2100;
      after_id = page.at(-1)?.case_id ?? ''
    ) {
      page = await call(client, 'snapshot_cases', {
        suite_id,
        snapshot: 'v1',
        after_id,
        row_limit: 700,
      });
      t.is(page.length, 700);
      found.push(...page.map((row) => row.external_key));
    }
    t.deepEqual(
      found,
      Array.from({ length: 2100 }, (_, index) => `c${String(index + 1).padStart(4, '0')}`),
    );
    const page = (args: object) =>
      call(client, 'snapshot_cases', { suite_id, snapshot: 'v1', ...args });
    t.is((await page({})).length, 50);
    t.is((await page({ row_limit: null })).length, 2100);
    t.is((await page({ row_limit: 0 })).length, 0);
    await refuses(t, client, () => page({ row_limit: -1 }), { code: 'TCARG' });
  });
});

test('a name is given once, and an unknown one is answered with those that there are', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await refuses(t, client, () => lines(client, suite_id, 'v1'), {
      code: 'TCNSN',
      detail: 'It has no snapshots.',
    });
    const made = await snap(client, suite_id, 'v1', { description: 'the first' });
    t.like(made, { name: 'v1', cases: '0', selection: {}, description: 'the first' } as object);
    await refuses(t, client, () => snap(client, suite_id, 'v1'), { code: 'TCSNT' });
    for (const name of ['', 'V1', 'a b', '.a', 'a/b', 'a'.repeat(64)])
      await refuses(t, client, () => snap(client, suite_id, name), {
        code: '23514',
        constraint: 'snapshot_is_lower_case_and_at_most_63_long',
      });
    await refuses(t, client, () => snap(client, suite_id, 'v2', { where_tags: 'nope' }), {
      code: 'TCNTG',
    });
    for (const ask of [
      () => lines(client, suite_id, 'v9'),
      () => call(client, 'snapshot_cases', { suite_id, snapshot: 'v9' }),
      () => call(client, 'drop_snapshot', { suite_id, name: 'v9' }),
      () => call(client, 'compare_snapshots', { suite_id, before: 'v1', after: 'v9' }),
    ])
      await refuses(t, client, ask, { code: 'TCNSN', detail: 'The latest ones are: v1' });
    await call(client, 'archive_suite', { suite_id });
    await refuses(t, client, () => snap(client, suite_id, 'v2'), { code: 'TCARC' });
    t.like(await callOne(client, 'drop_snapshot', { suite_id, name: 'v1' }), { name: 'v1' });
  });
});
