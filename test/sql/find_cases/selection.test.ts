/** Each way to select cases, alone and together; the same for find_cases, count_cases and operations. */
import test from 'ava';
import { append, call, callOne, makeSuite, type Queryable } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';

const database = useDatabase(test);

/** A suite with cases that differ in everything that selects, and their ids by key. */
async function makeCases(client: Queryable) {
  const suite_id = await makeSuite(client);
  const ids: Record<string, string> = {};
  const cases = [
    { external_key: 'plain', input: 'How do I reset my password?', tags: ['rag'] },
    {
      external_key: 'Über',
      input: 'Größe ändern',
      expected_output: 'ja',
      metadata: { language: 'de' },
    },
    {
      external_key: 'nested',
      input: { question: '100% sure_' },
      metadata: { a: { b: [1, 2] }, n: null },
    },
    { external_key: 'old', input: ['a\\b', '日本語'], status: 'archived', tags: ['rag', 'flaky'] },
  ];
  for (const [index, item] of cases.entries()) {
    await client.query(`set local bulkhead.now = '2026-01-0${index + 1} 12:00+00'`);
    for (const row of await append(client, suite_id, [item])) ids[item.external_key] = row.case_id;
  }
  const [keyless] = await append(client, suite_id, [{ input: 5 }]);
  await client.query('reset bulkhead.now');
  ids.keyless = keyless?.case_id ?? '';
  return { suite_id, ids };
}

const selections: [selection: Record<string, unknown>, keys: string][] = [
  [{}, 'plain Über nested old -'],
  [{ status: 'active' }, 'plain Über nested -'],
  [{ status: 'archived' }, 'old'],
  [{ where_tags: 'rag' }, 'plain old'],
  [{ where_tags: 'rag', status: 'active' }, 'plain'],
  [{ where_tags: 'not rag', status: 'archived' }, ''],
  [{ external_keys: ['old', 'plain', 'nobody', null] }, 'plain old'],
  [{ external_keys: [] }, ''],
  [{ external_keys: [''] }, ''],
  [{ external_keys: ['OLD'] }, ''],
  [{ case_ids: [] }, ''],
  [{ case_ids: [null] }, ''],
  [{ case_ids: ['-1', '9223372036854775807'] }, ''],
  [{ created_after: '2026-01-03 12:00+00' }, 'nested old -'],
  [{ created_after: '2026-01-03 12:00:00.000001+00' }, 'old -'],
  [{ created_before: '2026-01-03 12:00+00' }, 'plain Über'],
  [{ created_after: '2026-01-02', created_before: '2026-01-04' }, 'Über nested'],
  [{ created_before: 'infinity', created_after: '-infinity' }, 'plain Über nested old -'],
  [{ created_after: 'infinity' }, ''],
  [{ created_before: '0044-03-15 BC' }, ''],
  [{ metadata: '{"language": "de"}' }, 'Über'],
  [{ metadata: '{"a": {"b": [2]}}' }, 'nested'],
  [{ metadata: '{"n": null}' }, 'nested'],
  [{ metadata: '{"language": "fr"}' }, ''],
  [{ metadata: '{}' }, 'plain Über nested old -'],
  [{ search: 'PASSWORD' }, 'plain'],
  [{ search: 'grösse' }, ''],
  [{ search: 'größe' }, 'Über'],
  [{ search: 'GRÖßE Ä' }, 'Über'],
  [{ search: 'über' }, 'Über'],
  [{ search: 'ja' }, 'Über'],
  [{ search: '%' }, 'nested'],
  [{ search: '0% s' }, 'nested'],
  [{ search: '_' }, 'nested'],
  [{ search: '日本' }, 'old'],
  [{ search: 'plain' }, 'plain'],
  [{ search: "'; drop table x --" }, ''],
  [{ search: '' }, 'plain Über nested old -'],
  [{ search: 'o', status: 'active', external_keys: ['plain', 'old'] }, 'plain'],
  [{ where_tags: 'rag', search: 'password', metadata: '{"language": "de"}' }, ''],
];

test('cases are found by all that is asked, in the order of their ids', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const { suite_id, ids } = await makeCases(client);
    const byIds: [Record<string, unknown>, string][] = [
      [{ case_ids: [ids.old, ids.plain, ids.plain, null, '0'] }, 'plain old'],
      [{ case_ids: [ids.old, ids.plain], status: 'active' }, 'plain'],
      [{ case_ids: [ids.old], external_keys: ['plain'] }, ''],
      [{ case_ids: [ids.keyless] }, '-'],
      [{ case_ids: [ids.old, ids.plain], where_tags: 'flaky' }, 'old'],
    ];
    for (const [selection, keys] of [...selections, ...byIds]) {
      const asked = JSON.stringify(selection);
      const found = await call<{ external_key: string | null }>(client, 'find_cases', {
        suite_id,
        ...selection,
      });
      t.is(found.map((row) => row.external_key ?? '-').join(' '), keys, asked);
      const [counted] = await call<{ count_cases: string }>(client, 'count_cases', {
        suite_id,
        ...selection,
      });
      t.is(Number(counted?.count_cases), found.length, asked);
      const isSelection = !['{}', '{"metadata":"{}"}', '{"search":""}'].includes(asked);
      const preview = await callOne<{ total: string }>(client, 'preview_bulk_delete', {
        suite_id,
        ...selection,
        all_cases: !isSelection,
      });
      t.is(Number(preview.total), found.length, asked);
    }
  });
});

test('what cannot select cases is refused', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const bad: [Record<string, unknown>, string, RegExp][] = [
      [{ status: 'deleted' }, 'TCARG', /there is no status "deleted"/],
      [{ status: '' }, 'TCARG', /there is no status ""/],
      [{ status: 'Active' }, 'TCARG', /there is no status "Active"/],
      [{ metadata: '[]' }, 'TCARG', /not by array/],
      [{ metadata: '"de"' }, 'TCARG', /not by string/],
      [{ metadata: 'null' }, 'TCARG', /not by null/],
      [{ metadata: '{"a":' }, '22P02', /json/],
      [{ case_ids: ['x'] }, '22P02', /bigint/],
      [{ case_ids: ['9223372036854775808'] }, '22003', /out of range/],
      [{ created_after: 'yesteryear' }, '22007', /timestamp/],
      [{ created_before: '2026-13-01' }, '22008', /out of range/],
    ];
    for (const [selection, code, message] of bad) {
      for (const name of ['find_cases', 'count_cases', 'preview_bulk_delete', 'bulk_delete'])
        await refuses(t, client, () => call(client, name, { suite_id, ...selection }), {
          code,
          message,
        });
    }
  });
});

test('cases of other suites are not found, though their ids are asked for', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const { ids } = await makeCases(client);
    const other = await makeSuite(client);
    t.deepEqual(await call(client, 'find_cases', { suite_id: other }), []);
    const asked = { suite_id: other, case_ids: Object.values(ids) };
    t.deepEqual(await call(client, 'find_cases', asked), []);
    const operation = await callOne<{ total: string }>(client, 'bulk_delete', asked);
    t.is(operation.total, '0');
  });
});

test('a large page of a suite, and of a tag, comes in one call', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const cases = Array.from({ length: 3000 }, (_, index) => ({
      external_key: `k${index}`,
      tags: index % 3 === 0 ? ['third'] : [],
    }));
    await append(client, suite_id, cases);
    const all = await call(client, 'find_cases', { suite_id, row_limit: null });
    t.is(all.length, 3000);
    const third = await call(client, 'find_cases', {
      suite_id,
      where_tags: 'third',
      row_limit: null,
    });
    t.is(third.length, 1000);
  });
});
