import test from 'ava';
import type pg from 'pg';
import { BulkheadError } from '../../src/errors.ts';
import { importFile } from '../../src/import/import-file.ts';
import { useDatabase } from '../helpers/database.ts';
import { makeFile, makeJsonl, useClient } from '../helpers/import.ts';

const db = useDatabase(test);

const casesOf = async (slug: string) => {
  const { rows } = await db.pool.query(
    `select c.external_key, c.input, c.expected_output, c.metadata, c.status, c.version,
            array(select l.tag from bulkhead.test_case_tags l
                   where l.suite_id = c.suite_id and l.case_id = c.id order by l.tag) as tags
       from bulkhead.test_cases c join bulkhead.test_suites s on s.id = c.suite_id
      where s.slug = $1 order by c.id`,
    [slug],
  );
  return rows;
};

const dictionaryOf = async (slug: string) => {
  const { rows } = await db.pool.query(
    `select t.name, t.meaning from bulkhead.suite_tags t
       join bulkhead.test_suites s on s.id = t.suite_id where s.slug = $1 order by t.name`,
    [slug],
  );
  return rows;
};

const hasSuite = async (slug: string) =>
  (await db.pool.query('select from bulkhead.test_suites where slug = $1', [slug])).rowCount === 1;

test('all that a line says is in the case, the same to the letter', async (t) => {
  const client = await useClient(t, db);
  const input = {
    text: 'tab\t quote " backslash \\ \\N \\. line\nfeed \u2028 \u007f 🧊',
    n: [1, null],
  };
  const file = makeJsonl(t, [
    {
      external_key: 'a\tb\\N "c"',
      input,
      expected_output: '\\N',
      metadata: { 'a"b\\': '{}' },
      tags: ['rag', 'Time: UTC'],
      status: 'archived',
    },
    { input: '', expected_output: null },
  ]);
  const result = await importFile({ client, suite: 'letters', file, create: true });
  t.like(result, { cases: 2, inserted: 2, unchanged: 0, skipped: 0, updated: 0 });
  t.deepEqual(result.newTags, ['rag', 'time:_utc']);
  t.deepEqual(await casesOf('letters'), [
    {
      external_key: 'a\tb\\N "c"',
      input,
      expected_output: '\\N',
      metadata: { 'a"b\\': '{}' },
      status: 'archived',
      version: 1,
      tags: ['rag', 'time:_utc'],
    },
    {
      external_key: null,
      input: '',
      expected_output: null,
      metadata: {},
      status: 'active',
      version: 1,
      tags: [],
    },
  ]);
  t.deepEqual(await dictionaryOf('letters'), [
    { name: 'rag', meaning: '' },
    { name: 'time:_utc', meaning: 'Time: UTC' },
  ]);
});

test('numbers keep every digit in the database', async (t) => {
  const client = await useClient(t, db);
  const input = '{"id": 12345678901234567890, "price": 1.10, "n": 1e2}';
  const file = makeFile(t, 'numbers.jsonl', `{"input":${input}}\n`);
  await importFile({ client, suite: 'numbers', file, create: true });
  const { rows } = await db.pool.query(
    `select c.input::text from bulkhead.test_cases c
      where c.suite_id = bulkhead.suite_id('numbers') and c.input = $1::jsonb`,
    [input],
  );
  t.deepEqual(rows, [{ input: '{"n": 100, "id": 12345678901234567890, "price": 1.10}' }]);
});

test('a JSON array on one line is imported', async (t) => {
  const client = await useClient(t, db);
  const keys = ['a', 'b', 'c'];
  const text = JSON.stringify(keys.map((key) => ({ external_key: key, input: `of ${key}` })));
  const file = makeFile(t, 'compact.json', text);
  const result = await importFile({ client, suite: 'compact', file, create: true });
  t.like(result, { cases: 3, inserted: 3 });
  t.deepEqual(
    (await casesOf('compact')).map((one) => one.external_key),
    keys,
  );
  const other = makeFile(t, 'other.json', text.replace('of c', 'not of c'));
  const error = await t.throwsAsync<BulkheadError>(
    importFile({ client, suite: 'compact', file: other }),
  );
  t.regex(error?.hint ?? '', /Cases are numbered by their elements in .*other\.json\.$/);
});

test('a file with one bad line leaves nothing: no case, no tag, no suite', async (t) => {
  const client = await useClient(t, db);
  const lines = Array.from({ length: 5000 }, (_, n) => `{"input":"q ${n}","tags":["new_tag"]}\n`);
  const file = makeFile(t, 'bad.jsonl', `${lines.join('')}{"input":"cut off`);
  const error = await t.throwsAsync<BulkheadError>(
    importFile({ client, suite: 'nothing', file, create: true }),
    { instanceOf: BulkheadError },
  );
  t.is(error.entry.name, 'BAD_FILE');
  t.regex(error.message, /bad\.jsonl was not imported: 1 problem, nothing was written$/);
  t.regex(error.detail ?? '', /^line 5001: the last line is cut off/);
  t.false(await hasSuite('nothing'));
  // The connection is still good.
  await importFile({
    client,
    suite: 'nothing',
    file: makeJsonl(t, [{ input: 'x' }]),
    create: true,
  });
  t.is((await casesOf('nothing')).length, 1);
});

test('what only the server can refuse is refused with the line of the file', async (t) => {
  const client = await useClient(t, db);
  const file = makeFile(t, 'server.jsonl', '{"input":1}\n\n\n{"input":{"n":1e999999}}\n');
  const error = await t.throwsAsync<BulkheadError>(
    importFile({ client, suite: 'server', file, create: true }),
  );
  t.regex(error.detail ?? '', /^line 4: the server refuses it: /);
  t.false(await hasSuite('server'));
});

test('an unknown suite is refused unless it is to be created', async (t) => {
  const client = await useClient(t, db);
  const file = makeJsonl(t, [{ input: 'x' }]);
  await t.throwsAsync(importFile({ client, suite: 'no-such', file }), { code: 'TCNSU' });
});

test('the same file again changes nothing; a changed one does as it is told', async (t) => {
  const client = await useClient(t, db);
  const suite = 'again';
  const first = makeJsonl(t, [
    { external_key: 'a', input: '1', tags: ['one'] },
    { external_key: 'b', input: '2' },
  ]);
  const second = makeJsonl(t, [
    { external_key: 'a', input: '1', tags: ['one'] },
    { external_key: 'b', input: '2 changed', tags: ['two'] },
    { external_key: 'c', input: '3' },
  ]);
  t.like(await importFile({ client, suite, file: first, create: true }), { inserted: 2 });
  t.like(await importFile({ client, suite, file: first }), { inserted: 0, unchanged: 2 });

  await t.throwsAsync(importFile({ client, suite, file: second }), { code: 'TCKEY' });
  t.is((await casesOf(suite)).length, 2);
  t.deepEqual(
    (await dictionaryOf(suite)).map(({ name }) => name),
    ['one'],
    'the tag that the failed import had defined is gone again',
  );

  t.like(await importFile({ client, suite, file: second, onConflict: 'skip' }), {
    inserted: 1,
    unchanged: 1,
    skipped: 1,
  });
  t.like(await importFile({ client, suite, file: second, onConflict: 'update' }), {
    inserted: 0,
    unchanged: 2,
    updated: 1,
  });
  t.deepEqual(
    (await casesOf(suite)).map(({ input, version, tags }) => ({ input, version, tags })),
    [
      { input: '1', version: 1, tags: ['one'] },
      { input: '2 changed', version: 2, tags: ['two'] },
      { input: '3', version: 1, tags: [] },
    ],
  );
});

test('an import that fails at the very end takes back the suite that it created', async (t) => {
  const client = await useClient(t, db);
  const file = makeJsonl(t, [{ input: 'x', tags: ['t'] }]);
  const onConflict = 'bogus' as 'fail';
  const options = { client, suite: 'short-lived', file, create: true, onConflict };
  await t.throwsAsync(importFile(options), { code: 'TCARG' });
  t.false(await hasSuite('short-lived'));
  await t.throwsAsync(importFile({ client, suite: 'Not a slug', file, create: true }));
  t.false(await hasSuite('Not a slug'));
});

test('a closed dictionary refuses a file with a new tag', async (t) => {
  const client = await useClient(t, db);
  await db.pool.query(`select bulkhead.create_suite('closed', tag_policy => 'closed')`);
  const file = makeJsonl(t, [{ input: 'x', tags: ['nope'] }]);
  await t.throwsAsync(importFile({ client, suite: 'closed', file }), { code: 'TCCLO' });
  t.deepEqual(await casesOf('closed'), []);
  t.deepEqual(await dictionaryOf('closed'), []);
});

test('two tags of one exclusive group on a line are refused, and the new tags go', async (t) => {
  const client = await useClient(t, db);
  await db.pool.query(`
    with suite as (select * from bulkhead.create_suite('tiers'))
    select bulkhead.define_tag(suite.id, tag, exclusive_group => 'tier')
      from suite, unnest('{tier_a_gold,tier_b_gold}'::text[]) as tag`);
  const file = makeJsonl(t, [
    { input: 'x', tags: ['tier_a_gold', 'fresh'] },
    { input: 'y', tags: ['tier_a_gold', 'tier_b_gold'] },
  ]);
  const error = await t.throwsAsync(importFile({ client, suite: 'tiers', file }), {
    code: 'TCGRP',
  });
  t.regex(error.message, /^case 2 /);
  t.regex(
    (error as pg.DatabaseError).hint ?? '',
    /Cases are numbered by their lines in .*cases\.jsonl/,
  );
  t.deepEqual(await casesOf('tiers'), []);
  t.is((await dictionaryOf('tiers')).length, 2);
});

test('a file that is not there, a folder and an unknown ending are refused by name', async (t) => {
  const client = await useClient(t, db);
  await db.pool.query(`select bulkhead.create_suite('files')`);
  const refuse = async (file: string, pattern: RegExp) => {
    const error = await t.throwsAsync<BulkheadError>(importFile({ client, suite: 'files', file }));
    t.is(error.entry.name, 'BAD_FILE');
    t.regex(error.message, pattern);
  };
  await refuse('/nowhere/cases.jsonl', /cannot be read: there is no such file$/);
  await refuse(makeFile(t, 'cases.txt', 'x'), /ends in none of \.jsonl, \.json and \.csv$/);
  await refuse(makeFile(t, 'empty.csv', 'a,b\n'), /1 problem, nothing was written$/);
});

test('the names that an import makes are those of bulkhead.normalize_tag', async (t) => {
  const client = await useClient(t, db);
  const labels = [
    'Logical Falsehood',
    'Confusion: People',
    '  --Trim me--  ',
    'a'.repeat(80),
    `x${'-'.repeat(70)}y`,
    'Größe',
    'C++',
    'v1.2/β',
    'ÄÖÜ 1',
    'tab\tand\nnewline',
    '100 %',
    'UPPER_lower',
    '...a...',
    '🧊 ice',
  ];
  const file = makeJsonl(
    t,
    labels.map((label) => ({ input: label, tags: [label] })),
  );
  await importFile({ client, suite: 'labels', file, create: true });
  const { rows } = await db.pool.query(
    'select array(select bulkhead.normalize_tag(l) from unnest($1::text[]) l) as names',
    [labels],
  );
  t.deepEqual(
    (await casesOf('labels')).map(({ tags }) => tags[0]),
    rows[0].names,
  );
});
