/**
 * The second incident: somebody in one suite gives `flaky` another name and meaning, and what the
 * tag cloud of another suite shows then. With the demo suites, on either design.
 */
import * as fs from 'node:fs/promises';
import type pg from 'pg';
import { withClient } from '../../src/database/admin.ts';
import { seedDemo } from '../../src/demo/seed.ts';
import { type DemoSuite, demoFile, readDemoSuites } from '../../src/demo/suites.ts';
import type { Logger } from '../../src/logger.ts';
import { startWorker } from '../../src/worker/worker.ts';
import { openOperations } from './new-design.ts';
import { createOldSchema } from './old-design.ts';

/** An entry of a tag cloud as a dashboard shows it. */
export type CloudTag = { tag: string; meaning: string; cases: number };

/** The clouds of both suites, before and after the change that was made in suite A. */
export type Clouds = {
  a: Record<'before' | 'after', CloudTag[]>;
  b: Record<'before' | 'after', CloudTag[]>;
};

/** Two demo suites whose dictionaries have `flaky`, meaning different things. */
export type FlakySuites = { a: DemoSuite; b: DemoSuite };

/** What somebody in suite A makes of it. */
export const repurposed = {
  from: 'flaky',
  to: 'known_failure',
  meaning: 'Fails since the last model change; the release gate leaves it out.',
};

/** The two suites. */
export async function readFlakySuites(): Promise<FlakySuites> {
  const hasFlaky = ({ tags }: DemoSuite) => tags.some(({ name }) => name === repurposed.from);
  const [a, b] = (await readDemoSuites()).filter(hasFlaky);
  if (!a || !b) throw new Error(`fewer than two demo suites have the tag ${repurposed.from}`);
  return { a, b };
}

/** On the old design, where both suites share one row of the dictionary. */
export async function repurposeOld(ownerUrl: string, { a, b }: FlakySuites): Promise<Clouds> {
  return withClient(ownerUrl, async (client) => {
    await createOldSchema(client);
    // the meaning that suite B wrote last: there is room for one
    for (const suite of [a, b]) await fillOldSuite(client, suite);
    const look = () => bothClouds(client, oldCloud, a.slug, b.slug);
    const before = await look();
    await client.query('update tags set name = $2, description = $3 where name = $1', [
      repurposed.from,
      repurposed.to,
      repurposed.meaning,
    ]);
    return pair(before, await look());
  });
}

/** On Bulkhead, where the dictionary of suite A is its own. */
export async function repurposeNew(
  ownerUrl: string,
  { a, b }: FlakySuites,
  logger: Logger,
): Promise<Clouds> {
  await seedDemo({ ownerUrl });
  const worker = await startWorker({ ownerUrl, logger });
  try {
    return await withClient(ownerUrl, async (client) => {
      const { rows } = await client.query('select bulkhead.suite_id($1)::integer as id', [a.slug]);
      const suiteId = rows[0].id;
      const look = () => bothClouds(client, newCloud, a.slug, b.slug);
      const before = await look();
      await client.query('select from bulkhead.define_tag($1, $2, meaning => $3)', [
        suiteId,
        repurposed.from,
        repurposed.meaning,
      ]);
      const operations = await openOperations(ownerUrl, suiteId);
      await operations.run('bulkhead.bulk_rename_tag($1, $2, $3)', [
        suiteId,
        repurposed.from,
        repurposed.to,
      ]);
      await operations.release();
      return pair(before, await look());
    });
  } finally {
    await worker.stop();
  }
}

async function fillOldSuite(client: pg.ClientBase, { slug, tags }: DemoSuite) {
  const text = await fs.readFile(demoFile(slug), 'utf8');
  const cases = `[${text.trimEnd().split('\n').join(',')}]`;
  await client.query('insert into test_suites (name) values ($1)', [slug]);
  await client.query(
    `insert into tags (name, description) select name, meaning from json_to_recordset($1) as u (name text, meaning text)
     on conflict (name) do update set description = excluded.description`,
    [JSON.stringify(tags)],
  );
  await client.query(
    `with read as (
       select row_number() over () as number, input, expected_output, tags
       from json_to_recordset($2) as u (input text, expected_output text, tags text[])
     ),
     numbered as materialized (
       select nextval(pg_get_serial_sequence('test_cases', 'id')) as id, read.* from read
     ),
     added as (
       insert into test_cases (id, suite_id, input, expected_output)
       select n.id, s.id, n.input, n.expected_output from numbered n join test_suites s on s.name = $1
     )
     insert into test_case_tags (case_id, tag_id)
     select n.id, t.id from numbered n join tags t on t.name = any (n.tags)`,
    [slug, cases],
  );
}

const oldCloud = `
  select t.name as tag, t.description as meaning, count(*)::integer as cases
  from test_suites s
  join test_cases c on c.suite_id = s.id
  join test_case_tags l on l.case_id = c.id
  join tags t on t.id = l.tag_id
  where s.name = $1
  group by t.id order by cases desc, t.name`;

const newCloud = `
  select tag, meaning, cases::integer
  from bulkhead.tag_cloud where suite_id = bulkhead.suite_id($1) and cases > 0
  order by cases desc, tag`;

async function bothClouds(client: pg.ClientBase, cloud: string, a: string, b: string) {
  const of = async (slug: string) => (await client.query<CloudTag>(cloud, [slug])).rows;
  return { a: await of(a), b: await of(b) };
}

function pair(before: Record<'a' | 'b', CloudTag[]>, after: Record<'a' | 'b', CloudTag[]>): Clouds {
  return { a: { before: before.a, after: after.a }, b: { before: before.b, after: after.b } };
}
