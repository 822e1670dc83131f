/** Keys that are unique within a suite only: what happens to a case of one suite is nothing to the others. */
import test, { type ExecutionContext } from 'ava';
import { makeFile } from '../helpers/import.ts';
import { makeMove, seedTables } from './source.ts';

/** As many suites, each with the cases of the same two keys. */
function makeSuites(t: ExecutionContext, suites: number) {
  const copy = ['copy', '--preset', 'seed', '--mapping'];
  copy.push(makeFile(t, 'names.json', JSON.stringify({ cases: { key: 'ref' } })));
  const tables = `${seedTables} alter table test_cases add column ref text;
    insert into test_suites (name) select 'Suite ' || i from generate_series(1, ${suites}) as i;
    insert into test_cases (suite_id, input, notes, ref)
    select i, 'x', '{}', ref from generate_series(1, ${suites}) as i, unnest('{first,second}'::text[]) as ref;`;
  return { copy, tables };
}

/** Which case of Bulkhead has which key, by suite. */
const idsOf = `
  select s.name as suite, c.external_key as key, c.id, c.version
  from bulkhead.test_cases c join bulkhead.test_suites s on s.id = c.suite_id order by c.id`;

test('a case that differs is brought over for its suite alone, when both sides are compared', async (t) => {
  const { copy, tables } = makeSuites(t, 3);
  const move = await makeMove(t, tables);
  await move.step([...copy, '--method', 'compare']);
  const before = (await move.db.pool.query(idsOf)).rows;
  await move.source.query(
    `update test_cases set input = 'changed' where suite_id = 2 and ref = 'first'`,
  );
  t.like(await move.json(['follow', '--once']), { inserted: 0, updated: 1, deleted: 0 });
  t.true((await move.json(['verify'])).identical);
  const changed = before.map((row) =>
    row.suite === 'Suite 2' && row.key === 'first' ? { ...row, version: 2 } : row,
  );
  t.deepEqual((await move.db.pool.query(idsOf)).rows, changed);
});

test('a key that very many suites have is read from all of them', async (t) => {
  const { copy, tables } = makeSuites(t, 103);
  const move = await makeMove(t, tables);
  await move.step([...copy, '--install-triggers']);
  const before = (await move.db.pool.query(idsOf)).rows;
  await move.source.query(`delete from test_cases where suite_id = 2 and ref = 'first'`);
  t.like(await move.json(['follow', '--once']), { inserted: 0, updated: 0, deleted: 1, links: 0 });
  t.deepEqual(
    (await move.db.pool.query(idsOf)).rows,
    before.filter(({ suite, key }) => suite !== 'Suite 2' || key !== 'first'),
  );
});

test('a case that is looked up for two reasons keeps its id, however many there are', async (t) => {
  const names = { suite: 'folder', through: { table: 'folders', id: 'id', suite: 'suite' } };
  const move = await makeMove(
    t,
    `${seedTables} insert into test_suites (name) values ('One');
     create table folders (id integer primary key, suite integer);
     insert into folders values (1, 1), (2, 1);
     alter table test_cases add column folder integer;
     insert into test_cases (suite_id, folder, input) select 1, 1 + (i > 1100)::integer, 'x' from generate_series(1, 1700) as i;
     insert into tags (name) values ('rag');
     insert into test_case_tags select id, 1 from test_cases where folder = 2;`,
  );
  const mapping = makeFile(t, 'names.json', JSON.stringify({ cases: names }));
  await move.step(['copy', '--preset', 'seed', '--install-triggers', '--mapping', mapping]);
  const before = (await move.db.pool.query(idsOf)).rows;
  t.is(before.length, 1700);
  // cases of the one folder by their ids and keys, those of the other by their ids alone
  await move.source.query(
    `update folders set suite = 1 where id = 1; update tags set name = 'new'`,
  );
  t.deepEqual(await move.json(['follow', '--once']), {
    ...{ inserted: 0, updated: 0, deleted: 0, links: 1200 },
  });
  t.deepEqual((await move.db.pool.query(idsOf)).rows, before);
});
