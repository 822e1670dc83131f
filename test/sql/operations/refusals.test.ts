/** What every way to submit an operation refuses, and so does its preview; nothing is written then. */
import test from 'ava';
import { appendTagged, call, dictionary, makeSuite, type Queryable } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { type Refusal, refuses } from '../../helpers/errors.ts';

const database = useDatabase(test);

async function makeWorld(client: Queryable) {
  const suite_id = await makeSuite(client);
  await appendTagged(client, suite_id, { a: 'rag', b: 'flaky' });
  const closed = await makeSuite(client, { tag_policy: 'closed' });
  await client.query(`select bulkhead.define_tag($1, 'rag')`, [closed]);
  await call(client, 'append_cases', {
    suite_id: closed,
    cases: '[{"input": 1, "tags": ["rag"]}]',
  });
  const archived = await makeSuite(client);
  await call(client, 'archive_suite', { suite_id: archived });
  return { suite_id, closed, archived };
}

/** By kind, the arguments beside suite and selection that make a call right. */
const kinds: Record<string, Record<string, unknown>> = {
  bulk_tag: { add: ['new'] },
  bulk_set_status: { set_status: 'archived' },
  bulk_delete: {},
  bulk_copy: { into_suite_id: 'other' },
};
const names = {
  bulk_rename_tag: { tag: 'rag', new_name: 'new' },
  bulk_merge_tags: { tags: ['rag'], into_tag: 'flaky' },
};

test('an operation without a selection has to say all_cases, and one with a selection must not', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const { suite_id } = await makeWorld(client);
    const other = await makeSuite(client);
    for (const [kind, args] of Object.entries(kinds)) {
      const own = { suite_id, ...args, ...(args.into_suite_id ? { into_suite_id: other } : {}) };
      for (const name of [kind, `preview_${kind}`]) {
        for (const nothing of [
          {},
          { all_cases: false },
          { all_cases: null },
          { search: '' },
          { metadata: '{}' },
          { status: null },
        ])
          await refuses(t, client, () => call(client, name, { ...own, ...nothing }), {
            code: 'TCSEL',
            message: 'no cases were selected',
          });
        await refuses(
          t,
          client,
          () => call(client, name, { ...own, all_cases: true, where_tags: 'rag' }),
          {
            code: 'TCSEL',
            message: /together with a selection/,
            detail: 'The selection is {"where_tags": "rag"}.',
          },
        );
        await refuses(
          t,
          client,
          () => call(client, name, { ...own, all_cases: true, case_ids: [] }),
          { code: 'TCSEL' },
        );
        for (const something of [{ case_ids: [] }, { external_keys: [] }, { status: 'active' }])
          t.is((await call(client, name, { ...own, ...something })).length, 1);
      }
    }
  });
});

test('an unknown suite and an archived one take no operation', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const { suite_id, archived } = await makeWorld(client);
    for (const [kind, args] of Object.entries({ ...kinds, ...names })) {
      const own = {
        ...args,
        ...(kind in kinds ? { all_cases: true } : {}),
        ...(kind === 'bulk_copy' ? { into_suite_id: suite_id } : {}),
      };
      for (const name of [kind, `preview_${kind}`]) {
        for (const unknown of [null, '0', '-1'])
          await refuses(t, client, () => call(client, name, { ...own, suite_id: unknown }), {
            code: 'TCNSU',
          });
        await refuses(t, client, () => call(client, name, { ...own, suite_id: archived }), {
          code: 'TCARC',
        });
      }
    }
  });
});

test('arguments that make no sense are refused with the reason', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const { suite_id, closed, archived } = await makeWorld(client);
    const all = { suite_id, all_cases: true };
    const bad: [name: string, args: Record<string, unknown>, refusal: Refusal][] = [
      ['bulk_tag', { ...all }, { code: 'TCARG', message: 'there is no tag to add or to remove' }],
      ['bulk_tag', { ...all, add: [], remove: null }, { code: 'TCARG' }],
      ['bulk_tag', { ...all, add: null }, { code: 'TCARG' }],
      ['bulk_tag', { ...all, add: ['Bad Name'] }, { code: 'TCTAG', hint: /"bad_name"/ }],
      [
        'bulk_tag',
        { ...all, add: ['ok', null] },
        { code: 'TCTAG', message: 'null is not a tag name' },
      ],
      ['bulk_tag', { ...all, add: ['x'.repeat(64)] }, { code: 'TCTAG' }],
      [
        'bulk_tag',
        { ...all, remove: ['flakey'] },
        { code: 'TCNTG', hint: 'Did you mean "flaky"?' },
      ],
      ['bulk_tag', { ...all, remove: [null] }, { code: 'TCNTG' }],
      [
        'bulk_tag',
        { ...all, add: ['rag'], on_exclusive: null },
        { code: 'TCARG', message: 'on_exclusive cannot be null' },
      ],
      ['bulk_tag', { ...all, add: ['rag'], on_exclusive: 'x' }, { code: 'TCARG' }],
      [
        'bulk_tag',
        { suite_id: closed, all_cases: true, add: ['new'] },
        { code: 'TCCLO', message: /no tag "new"/ },
      ],
      [
        'bulk_set_status',
        { ...all, set_status: null },
        { code: 'TCARG', message: 'set_status cannot be null' },
      ],
      ['bulk_set_status', { ...all, set_status: 'deleted' }, { code: 'TCARG' }],
      [
        'bulk_copy',
        { ...all, into_suite_id: suite_id },
        { code: 'TCARG', message: /cannot be copied into itself/ },
      ],
      ['bulk_copy', { ...all, into_suite_id: null }, { code: 'TCNSU' }],
      ['bulk_copy', { ...all, into_suite_id: '0' }, { code: 'TCNSU' }],
      ['bulk_copy', { ...all, into_suite_id: archived }, { code: 'TCARC' }],
      [
        'bulk_copy',
        { ...all, into_suite_id: closed },
        { code: 'TCCLO', message: /no tag "flaky"/ },
      ],
      [
        'bulk_rename_tag',
        { suite_id, tag: 'rags', new_name: 'x' },
        { code: 'TCNTG', hint: 'Did you mean "rag"?' },
      ],
      ['bulk_rename_tag', { suite_id, tag: null, new_name: 'x' }, { code: 'TCNTG' }],
      [
        'bulk_rename_tag',
        { suite_id, tag: 'rag', new_name: 'flaky' },
        { code: 'TCHAS', hint: /bulk_merge_tags/ },
      ],
      ['bulk_rename_tag', { suite_id, tag: 'rag', new_name: 'rag' }, { code: 'TCARG' }],
      ['bulk_rename_tag', { suite_id, tag: 'rag', new_name: 'RAG' }, { code: 'TCTAG' }],
      ['bulk_rename_tag', { suite_id, tag: 'rag', new_name: null }, { code: 'TCTAG' }],
      [
        'bulk_merge_tags',
        { suite_id, tags: [], into_tag: 'rag' },
        { code: 'TCARG', message: 'there is no tag to merge' },
      ],
      ['bulk_merge_tags', { suite_id, tags: null, into_tag: 'rag' }, { code: 'TCARG' }],
      ['bulk_merge_tags', { suite_id, tags: ['rag', null], into_tag: 'flaky' }, { code: 'TCNTG' }],
      ['bulk_merge_tags', { suite_id, tags: ['rag'], into_tag: 'new' }, { code: 'TCNTG' }],
      ['bulk_merge_tags', { suite_id, tags: ['rag', 'flaky'], into_tag: 'rag' }, { code: 'TCARG' }],
      [
        'bulk_merge_tags',
        { suite_id, tags: ['rag'], into_tag: 'flaky', on_exclusive: '' },
        { code: 'TCARG' },
      ],
    ];
    const before = await dictionary(client, suite_id);
    for (const [kind, args, refusal] of bad) {
      for (const name of [kind, `preview_${kind}`])
        await refuses(t, client, () => call(client, name, args), refusal);
    }
    t.deepEqual(await dictionary(client, suite_id), before);
    const { rowCount } = await client.query(
      'select from bulkhead.bulk_operations where suite_id = any ($1)',
      [[suite_id, closed, archived]],
    );
    t.is(rowCount, 0);
  });
});

test('pace is a share of the time', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const { suite_id } = await makeWorld(client);
    for (const [kind, args] of Object.entries(names)) {
      for (const pace of [0, -1, 1.0001, 'NaN', 'Infinity', null])
        await refuses(t, client, () => call(client, kind, { suite_id, ...args, pace }), {
          code: 'TCARG',
          message: /^pace cannot be/,
        });
    }
    const [slow] = await call(client, 'bulk_delete', { suite_id, case_ids: [], pace: 0.5 });
    t.is(slow?.pace, 0.5);
  });
});
