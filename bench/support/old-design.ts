/**
 * The design that broke: one table of cases for all suites, tagged through a junction against one
 * global dictionary. Written as a team with an ORM writes it: row by row, one transaction a request.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { IncidentCase } from './incident-cases.ts';

const schema = `
  create table test_suites (id serial primary key, name text not null unique);
  create table test_cases (
    id serial primary key,
    suite_id integer not null references test_suites (id),
    input text,
    expected_output text
  );
  create index on test_cases (suite_id);
  create table tags (id serial primary key, name text not null unique, description text);
  create table test_case_tags (
    case_id integer not null references test_cases (id),
    tag_id integer not null references tags (id),
    primary key (case_id, tag_id)
  );
  create index on test_case_tags (tag_id);`;

/** Creates the tables, in place of those of an earlier round. */
export async function createOldSchema(client: pg.ClientBase): Promise<void> {
  await client.query('drop table if exists test_case_tags, tags, test_cases, test_suites');
  await client.query(schema);
}

/** A suite with its cases, each tagged `rag` or `other`; returns its id. */
export async function createOldSuite(
  client: pg.ClientBase,
  name: string,
  cases: readonly IncidentCase[],
): Promise<number> {
  const { rows } = await client.query(
    'insert into test_suites (name) values ($1) returning id as suite_id',
    [name],
  );
  const { suite_id } = rows[0];
  for (const tag of ['rag', 'other']) {
    const some = cases.filter(({ isRag }) => isRag === (tag === 'rag'));
    await client.query(
      `with tagged as (
         insert into tags (name) values ($2) on conflict (name) do update set name = excluded.name returning id
       ),
       added as (
         insert into test_cases (suite_id, input, expected_output)
         select $1, input, expected from json_to_recordset($3) as u (input text, expected text)
         returning id
       )
       insert into test_case_tags (case_id, tag_id) select added.id, tagged.id from added, tagged`,
      [suite_id, tag, JSON.stringify(some)],
    );
  }
  await client.query('analyze');
  return suite_id;
}

/** One append as the old service did it: get or create the tag, add the case, link them, commit. */
export async function appendOld(
  client: pg.ClientBase,
  { suiteId, input, tag }: { suiteId: number; input: string; tag: string },
): Promise<void> {
  await client.query('begin');
  try {
    const tagId = await getOrCreateTag(client, tag);
    const { rows } = await client.query(
      'insert into test_cases (suite_id, input) values ($1, $2) returning id',
      [suiteId, input],
    );
    await insertLink(client, rows[0].id, tagId);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

async function getOrCreateTag(client: pg.ClientBase, tag: string): Promise<number> {
  const find = () => client.query('select id from tags where name = $1', [tag]);
  const found = await find();
  if (found.rows[0]) return found.rows[0].id;
  // here an append waits when another transaction has inserted the name and not committed yet
  const made = await client.query(
    'insert into tags (name) values ($1) on conflict (name) do nothing returning id',
    [tag],
  );
  return (made.rows[0] ?? (await find()).rows[0]).id;
}

const insertLink = (client: pg.ClientBase, caseId: number, tagId: number) =>
  client.query('insert into test_case_tags (case_id, tag_id) values ($1, $2)', [caseId, tagId]);

/**
 * The bulk of the incident: all RAG cases of the suite get a tag that is new, row by row in one
 * transaction. `pause` is the time that the service spends on a row between two statements.
 */
export async function bulkTagOld(
  client: pg.ClientBase,
  options: { suiteId: number; tag: string; pause: number; onIntroduced(): void },
): Promise<void> {
  const { suiteId, tag, pause, onIntroduced } = options;
  await client.query('begin');
  const tagId = await getOrCreateTag(client, tag);
  onIntroduced();
  const { rows } = await client.query(
    `select c.id from test_cases c
     join test_case_tags l on l.case_id = c.id
     join tags t on t.id = l.tag_id
     where c.suite_id = $1 and t.name = 'rag' order by c.id`,
    [suiteId],
  );
  for (const { id } of rows) {
    await insertLink(client, id, tagId);
    await sleep(pause);
  }
  await client.query('commit');
}

/** Cases of a suite, and links of them. */
export async function countOld(client: pg.ClientBase, suiteId: number) {
  const { rows } = await client.query(
    `select count(distinct c.id)::integer as cases, count(l.tag_id)::integer as links
     from test_cases c left join test_case_tags l on l.case_id = c.id where c.suite_id = $1`,
    [suiteId],
  );
  return rows[0] as { cases: number; links: number };
}
