/** The DBA's way: a job whose payload has the arguments of the function that the task is named after. */
import test from 'ava';
import {
  appendTagged,
  call,
  dictionary,
  makeSuite,
  type Operation,
  type Queryable,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { type Refusal, refuses } from '../../helpers/errors.ts';
import { runToEnd } from '../../helpers/operations.ts';

const database = useDatabase(test);

async function submit(client: Queryable, task: string, payload: unknown): Promise<Operation> {
  const { rows } = await client.query('select * from bulkhead_private.submit_payload($1, $2)', [
    task,
    payload === null ? null : JSON.stringify(payload),
  ]);
  return runToEnd(client, rows[0]);
}

test('each kind of operation is submitted by the arguments of its function', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const [suite, into] = [await makeSuite(client), await makeSuite(client)];
    const suite_id = Number(suite);
    const ids = await appendTagged(client, suite, { a: 'rag', b: 'rag flaky', c: '' });
    const tagged = await submit(client, 'bulk_tag', {
      suite_id,
      where_tags: 'rag and not flaky',
      add: ['x', 'y'],
      remove: ['rag'],
      status: null,
      on_exclusive: 'skip',
      pace: 0.5,
      metadata: {},
      all_cases: false,
    });
    t.like(tagged, { kind: 'tag', state: 'succeeded', changed: '1', pace: 0.5 });
    t.like(
      await submit(client, 'bulk_set_status', {
        suite_id: suite,
        case_ids: [ids.a, Number(ids.b)],
        set_status: 'archived',
      }),
      { changed: '2' },
    );
    t.like(
      await submit(client, 'bulk_copy', {
        suite_id,
        into_suite_id: Number(into),
        external_keys: ['a', 'c'],
      }),
      { changed: '2' },
    );
    t.like(await submit(client, 'bulk_rename_tag', { suite_id, tag: 'x', new_name: 'z' }), {
      changed: '1',
    });
    t.like(await submit(client, 'bulk_merge_tags', { suite_id, tags: ['y'], into_tag: 'z' }), {
      changed: '1',
    });
    const deleted = await submit(client, 'bulk_delete', {
      suite_id,
      all_cases: true,
      created_after: null,
    });
    t.like(deleted, { changed: '3' });
    t.like(await submit(client, 'undo_operation', { suite_id, operation_id: Number(deleted.id) }), {
      changed: '3',
    });
    t.deepEqual(await tagsByKey(client, suite), { a: 'z', b: 'flaky rag', c: '' });
    t.deepEqual(Object.keys(await tagsByKey(client, into)), ['a', 'c']);
  });
});

test('a payload that is not the arguments of its function is refused, and says what they are', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag' });
    const keys = /^Its keys are those of bulkhead\.bulk_tag: suite_id, where_tags, add, /;
    const bad: [task: string, payload: unknown, refusal: Refusal][] = [
      [
        'bulk_tag',
        null,
        {
          code: 'TCARG',
          message: 'the payload of the job bulk_tag is not an object',
          detail: keys,
        },
      ],
      ['bulk_tag', [], { code: 'TCARG', message: /is not an object/ }],
      ['bulk_tag', ['suite_id'], { code: 'TCARG', message: /is not an object/ }],
      ['bulk_tag', 'text', { code: 'TCARG', message: /is not an object/ }],
      ['bulk_tag', 5, { code: 'TCARG', message: /is not an object/ }],
      ['bulk_tag', {}, { code: 'TCARG', message: /names no suite_id/ }],
      ['bulk_tag', { suite_id: null }, { code: 'TCARG', message: /names no suite_id/ }],
      [
        'bulk_tag',
        { suite_id, suite: 'x' },
        {
          code: 'TCARG',
          message: 'the payload of the job bulk_tag has an unknown key "suite"',
          detail: keys,
        },
      ],
      [
        'bulk_tag',
        { suite_id, '); drop table x; --': 1 },
        { code: 'TCARG', message: /unknown key/ },
      ],
      [
        'bulk_tag',
        { suite_id, all_cases: true, add: 'rag' },
        { code: 'TCARG', message: /has a add that is not an array|has an add/ },
      ],
      [
        'bulk_tag',
        { suite_id, all_cases: true },
        { code: 'TCARG', message: 'there is no tag to add or to remove' },
      ],
      ['bulk_tag', { suite_id, add: ['x'] }, { code: 'TCSEL' }],
      ['bulk_tag', { suite_id, all_cases: true, add: [null] }, { code: 'TCTAG' }],
      ['bulk_tag', { suite_id, all_cases: true, add: [{}] }, { code: 'TCTAG' }],
      ['bulk_tag', { suite_id, all_cases: 'perhaps', add: ['x'] }, { code: '22P02' }],
      ['bulk_tag', { suite_id: 'regression', all_cases: true, add: ['x'] }, { code: '22P02' }],
      ['bulk_tag', { suite_id: 1e30, all_cases: true, add: ['x'] }, { code: '22003' }],
      ['bulk_tag', { suite_id: 0, all_cases: true, add: ['x'] }, { code: 'TCNSU' }],
      [
        'bulk_set_status',
        { suite_id, all_cases: true },
        { code: 'TCARG', message: /names no set_status/ },
      ],
      [
        'bulk_copy',
        { suite_id, all_cases: true },
        { code: 'TCARG', message: /names no into_suite_id/ },
      ],
      ['bulk_rename_tag', { suite_id }, { code: 'TCARG', message: /names no tag, new_name/ }],
      ['undo_operation', { suite_id }, { code: 'TCARG', message: /names no operation_id/ }],
      ['retry_operation', { suite_id, operation_id: 0 }, { code: 'TCNOP' }],
    ];
    for (const [task, payload, refusal] of bad)
      await refuses(t, client, () => submit(client, task, payload), refusal);
    t.deepEqual(await dictionary(client, suite_id), { rag: null });
  });
});

test('the hint of a refusal is a statement that runs', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client, { slug: 'regression' });
    const error = await refuses(t, client, () => submit(client, 'bulk_tag', {}), { code: 'TCARG' });
    const { rows } = await client.query(error.hint?.replace(', …', '') ?? '');
    t.is(rows.length, 1);
    t.deepEqual(await call(client, 'find_cases', { suite_id }), []);
  });
});
