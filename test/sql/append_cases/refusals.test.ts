/** What an append refuses, and that nothing of it is stored then. */
import test from 'ava';
import { append, call, callOne, makeSuite, type Queryable } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';

const database = useDatabase(test);

const send = (
  client: Queryable,
  suite_id: unknown,
  cases: unknown,
  on_conflict: unknown = 'fail',
) =>
  call(client, 'append_cases', {
    suite_id,
    cases: cases === null ? null : JSON.stringify(cases),
    on_conflict,
  });

const badCases: [item: unknown, problem: string][] = [
  [5, 'it is not an object but number'],
  ['text', 'it is not an object but string'],
  [null, 'it is not an object but null'],
  [[], 'it is not an object but array'],
  [{}, 'it has no input'],
  [{ input: null }, 'it has no input'],
  [{ external_key: 'k' }, 'it has no input'],
  [{ input: 1, external_key: 5 }, 'external_key is not a string'],
  [{ input: 1, external_key: {} }, 'external_key is not a string'],
  [{ input: 1, external_key: '' }, 'external_key is not 1 to 512 characters long'],
  [{ input: 1, external_key: 'ü'.repeat(513) }, 'external_key is not 1 to 512 characters long'],
  [{ input: 1, metadata: [] }, 'metadata is not an object'],
  [{ input: 1, metadata: 'a' }, 'metadata is not an object'],
  [{ input: 1, tags: 'rag' }, 'tags is not an array'],
  [{ input: 1, tags: { rag: true } }, 'tags is not an array'],
  [{ input: 1, tags: [5] }, 'a tag is not a string'],
  [{ input: 1, tags: ['rag', null] }, 'a tag is not a string'],
  [{ input: 1, tags: [['rag']] }, 'a tag is not a string'],
  [{ input: 1, status: 'deleted' }, 'status is neither "active" nor "archived"'],
  [{ input: 1, status: true }, 'status is neither "active" nor "archived"'],
  [{ input: 1, status: '' }, 'status is neither "active" nor "archived"'],
  [{ input: 1, expected: 2 }, 'there is no field "expected"'],
  [{ input: 1, zzz: 2, Tags: [] }, 'there is no field "Tags"'],
  [{ input: 1, ['x'.repeat(300)]: 2 }, `there is no field "${'x'.repeat(100)}"`],
];

test('a bad case is named by its place and what is wrong with it', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    for (const [item, problem] of badCases) {
      await refuses(t, client, () => send(client, suite_id, [{ input: 1 }, item, 7]), {
        code: 'TCBAD',
        message: `case 2: ${problem}`,
      });
    }
    t.deepEqual(await call(client, 'find_cases', { suite_id }), []);
  });
});

test('what is not an array of 1 to 10,000 cases is refused', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const bad: [unknown, string, string][] = [
      [{ input: 1 }, 'TCBAD', 'cases is a JSON array of objects, not object'],
      ['[]', 'TCBAD', 'cases is a JSON array of objects, not string'],
      [null, 'TCBAD', 'cases is a JSON array of objects, not null'],
      [[], 'TCEMP', 'there is no case to append'],
      [Array(10001).fill({ input: 1 }), 'TCBIG', '10001 cases are more than one append takes'],
      [Array(100000).fill({ input: 1 }), 'TCBIG', '100000 cases are more than one append takes'],
    ];
    for (const [cases, code, message] of bad)
      await refuses(t, client, () => send(client, suite_id, cases), { code, message });
    t.is((await append(client, suite_id, Array(10000).fill({ tags: ['rag'] }))).length, 10000);
  });
});

test('JSON that PostgreSQL cannot store is refused as what it is', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const bad: [string, string][] = [
      ['[{"input": "\\u0000"}]', '22P05'],
      ['[{"input": "\\ud800"}]', '22P02'],
      ['[{"input": 1}', '22P02'],
      ['[{"input": 1e999999}]', '22003'],
      ['', '22P02'],
    ];
    for (const [cases, code] of bad)
      await refuses(t, client, () => call(client, 'append_cases', { suite_id, cases }), { code });
    const deep = `[{"input": ${'['.repeat(50_000)}${']'.repeat(50_000)}}]`;
    await refuses(t, client, () => call(client, 'append_cases', { suite_id, cases: deep }), {
      code: '54001',
    });
  });
});

test('an external key that stands twice in one append is refused with both places', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const twice = ['a', 'b', 'a', 'c', 'a'].map((external_key) => ({ external_key, input: 1 }));
    for (const on_conflict of ['fail', 'skip', 'update'])
      await refuses(t, client, () => send(client, suite_id, twice, on_conflict), {
        code: 'TCDUP',
        message: 'the external key "a" stands twice in one append',
        detail: 'It stands at the cases 1, 3, 5.',
      });
    t.is(
      (
        await send(client, suite_id, [
          { external_key: 'a', input: 1 },
          { external_key: 'A', input: 1 },
        ])
      ).length,
      2,
    );
  });
});

test('on_conflict is fail, skip or update', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    for (const [on_conflict, shown] of [
      [null, 'null'],
      ['', '""'],
      ['FAIL', '"FAIL"'],
      ['replace', '"replace"'],
    ])
      await refuses(t, client, () => send(client, suite_id, [{ input: 1 }], on_conflict), {
        code: 'TCARG',
        message: `on_conflict cannot be ${shown}`,
      });
  });
});

test('an unknown suite and an archived one are refused', async (t) => {
  await rolledBack(database.pool, async (client) => {
    for (const suite_id of [null, '0', '-5', '9223372036854775807'])
      await refuses(t, client, () => send(client, suite_id, [{ input: 1 }]), { code: 'TCNSU' });
    const suite_id = await makeSuite(client);
    await callOne(client, 'archive_suite', { suite_id });
    await refuses(t, client, () => send(client, suite_id, [{ input: 1 }]), { code: 'TCARC' });
    await callOne(client, 'restore_suite', { suite_id });
    t.is((await send(client, suite_id, [{ input: 1 }])).length, 1);
  });
});
