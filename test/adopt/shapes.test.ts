/** Sources of other shapes: presets, keys, ids of other types, and names that need quotes. */
import test from 'ava';
import { makeFile } from '../helpers/import.ts';
import { type Move, makeMove, seedRows, seedTables } from './source.ts';

const copy = ['copy', '--install-triggers', '--chunk', '3'];

/** Suite, key, input, metadata and tags of every case. */
async function here({ db }: Move) {
  const { rows } = await db.pool.query(`
    select s.slug, c.external_key as key, c.input, c.metadata, c.status,
      bulkhead.test_cases_tags(c) as tags
    from bulkhead.test_cases c join bulkhead.test_suites s on s.id = c.suite_id order by s.slug, c.id`);
  return rows;
}

async function followed(move: Move) {
  await move.step(['follow', '--once']);
  return (await move.json(['verify'])).identical;
}

test('Kiwi TCMS: the product is the suite, found through the category', async (t) => {
  const move = await makeMove(
    t,
    `create table management_product (id serial primary key, name varchar(64) unique);
     create table testcases_category (
       id serial primary key, name varchar(255), product_id integer references management_product (id));
     create table testcases_testcase (
       id serial primary key, create_date timestamptz default now(), summary varchar(255), text text, notes text,
       category_id integer references testcases_category (id));
     create table management_tag (id serial primary key, name varchar(255) unique);
     create table testcases_testcasetag (
       id serial primary key, case_id integer references testcases_testcase (id), tag_id integer references management_tag (id));
     insert into management_product (name) values ('Web Shop'), ('App');
     insert into testcases_category (name, product_id) values ('--default--', 1), ('cart', 1), ('--default--', 2);
     insert into testcases_testcase (summary, text, notes, category_id)
       select 'case ' || i, 'steps ' || i, '', 1 + i % 3 from generate_series(1, 9) as i;
     insert into management_tag (name) values ('smoke'), ('Slow Test');
     insert into testcases_testcasetag (case_id, tag_id) select i, 1 + i % 2 from generate_series(1, 9) as i;`,
  );
  await move.step([...copy, '--preset', 'kiwi']);
  const cases = await here(move);
  t.is(cases.filter(({ slug }) => slug === 'web-shop').length, 6);
  t.deepEqual(cases[0], {
    slug: 'app',
    key: '2',
    input: { summary: 'case 2', text: 'steps 2' },
    metadata: { notes: '', category_id: 3 },
    status: 'active',
    tags: ['smoke'],
  });
  // a category moves to another product with all its cases
  await move.source.query('update testcases_category set product_id = 2 where id = 2');
  t.true(await followed(move));
  t.is((await here(move)).filter(({ slug }) => slug === 'web-shop').length, 3);
});

test('Directus: a junction without keys, ids that are UUIDs', async (t) => {
  const move = await makeMove(
    t,
    `create table suites (id uuid primary key default gen_random_uuid(), name varchar(255));
     create table test_cases (
       id uuid primary key default gen_random_uuid(), status varchar(255) default 'draft', sort integer,
       date_created timestamptz, suite uuid references suites (id) on delete set null, input json, expected_output text);
     create table tags (id serial primary key, name varchar(255));
     create table test_cases_tags (
       id serial primary key, test_cases_id uuid references test_cases (id) on delete set null,
       tags_id integer references tags (id) on delete set null);
     insert into suites (name) values ('One'), ('Two');
     insert into test_cases (suite, input, status)
       select s.id, json_build_object('q', i), case when i = 1 then 'archived' else 'published' end
       from suites s, generate_series(1, 7) as i;
     insert into tags (name) values ('gold'), ('gold'), ('silver');
     insert into test_cases_tags (test_cases_id, tags_id) select c.id, t.id from test_cases c, tags t;
     insert into test_cases_tags (test_cases_id, tags_id) values (null, 1);`,
  );
  await move.step([...copy, '--preset', 'directus']);
  t.true((await move.json(['verify'])).identical);
  const cases = await here(move);
  t.is(cases.length, 14);
  t.deepEqual(cases[0].tags, ['gold', 'silver']);
  t.is(cases.filter(({ status }) => status === 'archived').length, 2);
  await move.source.query(`
    delete from test_cases_tags where tags_id = 3;
    delete from test_cases where (input ->> 'q')::integer = 2;
    update test_cases set suite = null where (input ->> 'q')::integer = 3`);
  t.true(await followed(move));
  t.is((await here(move)).length, 10);
});

test('a key column, names that need quotes, and what people have decided', async (t) => {
  const move = await makeMove(
    t,
    `create schema "My Data";
     create table "My Data"."Set" ("No" integer primary key, "Label" text);
     create table "My Data"."Case" ("No" bigint primary key, "In Set" integer, "Text""" text, ref text);
     create table "My Data"."Tag" ("No" integer primary key, "Label" text);
     create table "My Data"."Of" ("Case" bigint, "Tag" integer);
     insert into "My Data"."Set" values (1, 'First'), (2, 'Second');
     insert into "My Data"."Case" values (1, 1, 'a', 'k1'), (2, 1, 'b', null), (3, 2, 'c', 'k1'), (4, 2, 'd', E'k\\t4');
     insert into "My Data"."Tag" values (1, 'flaky');
     insert into "My Data"."Of" values (1, 1), (3, 1), (4, 1);`,
  );
  const names = makeFile(
    t,
    'names.json',
    JSON.stringify({
      suites: { table: 'My Data.Set', id: 'No', name: 'Label' },
      cases: { table: 'My Data.Case', id: 'No', suite: 'In Set', input: 'Text"', key: 'ref' },
      tags: { table: 'My Data.Tag', id: 'No', name: 'Label' },
      links: { table: 'My Data.Of', case: 'Case', tag: 'Tag' },
      slugs: { 2: 'zweite' },
      decisions: {
        1: { flaky: { name: 'flaky_retrieval', meaning: 'transient, on retrieval' } },
        '*': { flaky: { meaning: 'to be labelled again' } },
      },
    }),
  );
  await move.step([...copy, '--mapping', names, '--as', 'mine']);
  const shown = async () => (await here(move)).map(({ slug, key, tags }) => [slug, key, ...tags]);
  t.deepEqual(await shown(), [
    ['first', 'k1', 'flaky_retrieval'],
    ['first', '2'],
    ['zweite', 'k1', 'flaky'],
    ['zweite', 'k\t4', 'flaky'],
  ]);
  t.deepEqual((await here(move))[0].metadata, { source_id: 1 });
  const { rows } = await move.db.pool.query(
    'select name, meaning from bulkhead.suite_tags order by suite_id',
  );
  t.deepEqual(rows, [
    { name: 'flaky_retrieval', meaning: 'transient, on retrieval' },
    { name: 'flaky', meaning: 'to be labelled again' },
  ]);
  // the key of one case changes, and goes in one suite while the other keeps it
  await move.source.query(`
    update "My Data"."Case" set ref = 'k9' where "No" = 1;
    delete from "My Data"."Case" where "No" = 4; update "My Data"."Case" set "Text""" = 'changed' where "No" = 2`);
  await move.step(['follow', '--once', '--as', 'mine']);
  t.true((await move.json(['verify', '--as', 'mine'])).identical);
  t.deepEqual((await shown()).map(([, key]) => key).sort(), ['2', 'k1', 'k9']);
});

test('without triggers: the source is only read, and changes are found by comparing', async (t) => {
  const move = await makeMove(t, seedTables + seedRows(60));
  await move.source.query(
    `do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`,
  );
  await move.step(['copy', '--preset', 'seed', '--method', 'compare']);
  t.true((await move.json(['verify'])).identical);
  await move.source.query(`
    begin read write;
    update test_cases set input = 'changed' where id = 3; delete from test_cases where id = 4;
    insert into test_cases (suite_id, input, notes) values (1, 'new', '{}');
    delete from test_case_tags where case_id = 5; commit`);
  const report = await move.json(['verify'], 4);
  t.false(report.identical);
  t.deepEqual(
    report.suites.flatMap((suite: { differingCases: string[] }) => suite.differingCases).sort(),
    ['3', '4', '5', '61'],
  );
  t.regex((await move.step(['cut-over'], 2)).stderr, /Stop its writers/);
  await move.step(['cut-over', '--writers-stopped']);
  const { rows } = await move.source.query(`select to_regnamespace('bulkhead_adopt') as schema`);
  t.deepEqual(rows, [{ schema: null }]);
});

test('a partitioned table of cases, ids that are texts', async (t) => {
  const move = await makeMove(
    t,
    `create table test_suites (id text primary key, name text);
     create table test_cases (id varchar(40), suite_id text, input text, primary key (id)) partition by hash (id);
     create table test_cases_0 partition of test_cases for values with (modulus 2, remainder 0);
     create table test_cases_1 partition of test_cases for values with (modulus 2, remainder 1);
     create table tags (id text primary key, name text);
     create table test_case_tags (case_id varchar(40), tag_id text);
     insert into test_suites values ('a', 'A'), ('b', 'B');
     insert into test_cases select 'Case-' || i || chr(96 + i), case i % 2 when 0 then 'a' else 'b' end, 'x' from generate_series(1, 20) as i;
     insert into tags values ('t', 'rag');
     insert into test_case_tags select id, 't' from test_cases where suite_id = 'a';`,
  );
  await move.step([...copy, '--preset', 'seed']);
  t.true((await move.json(['verify'])).identical);
  await move.source.query(`
    insert into test_cases values ('new', 'a', 'y');
    update test_cases set input = 'z' where id = 'Case-3c';
    delete from test_cases where id = 'Case-4d'`);
  t.like(await move.json(['follow', '--once']), { inserted: 1, updated: 1, deleted: 1 });
  t.true((await move.json(['verify'])).identical);
  // past the parent, no trigger of the parent sees it: comparing does
  await move.source.query(
    `update test_cases_0 set input = 'past'; update test_cases_1 set input = 'past'`,
  );
  await move.step(['follow', '--once']);
  t.false((await move.json(['verify'], 4)).identical);
});
