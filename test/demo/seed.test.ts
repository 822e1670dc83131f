import test from 'ava';
import { seedDemo } from '../../src/demo/seed.ts';
import { makeDatabase } from '../helpers/database.ts';

test('an empty database gets the four suites with their dictionaries, once', async (t) => {
  const { ownerUrl, pool } = await makeDatabase(t);
  await seedDemo({ ownerUrl });
  await seedDemo({ ownerUrl });
  const { rows } = await pool.query(
    `select s.slug, s.tag_policy,
            (select count(*)::int from bulkhead.test_cases c where c.suite_id = s.id) as cases,
            (select count(*)::int from bulkhead.suite_tags d
              where d.suite_id = s.id and d.meaning <> '' and d.colour is not null) as tags
       from bulkhead.test_suites s order by s.id`,
  );
  t.deepEqual(rows, [
    { slug: 'regression', tag_policy: 'open', cases: 1400, tags: 49 },
    { slug: 'agent-tools', tag_policy: 'closed', cases: 222, tags: 16 },
    { slug: 'safety', tag_policy: 'open', cases: 180, tags: 28 },
    { slug: 'arithmetic', tag_policy: 'open', cases: 300, tags: 22 },
  ]);
  const rag = await pool.query(
    `select bulkhead.count_cases(bulkhead.suite_id('regression'), where_tags => 'rag') as cases`,
  );
  t.is(Number(rag.rows[0].cases), 800);
});

test('a suite that is missing or was left empty is filled, others are left alone', async (t) => {
  const { ownerUrl, pool } = await makeDatabase(t);
  await pool.query(`
    with mine as (select * from bulkhead.create_suite('safety'))
    select bulkhead.append_cases(mine.id, '[{"input":"my own"}]') from mine`);
  await pool.query(`select bulkhead.create_suite('arithmetic')`);
  await seedDemo({ ownerUrl });
  const { rows } = await pool.query(
    `select s.slug, (select count(*)::int from bulkhead.test_cases c where c.suite_id = s.id) as cases
       from bulkhead.test_suites s order by s.slug`,
  );
  t.deepEqual(rows, [
    { slug: 'agent-tools', cases: 222 },
    { slug: 'arithmetic', cases: 300 },
    { slug: 'regression', cases: 1400 },
    { slug: 'safety', cases: 1 },
  ]);
});
