/** 32 concurrent sessions over 8 suites: no deadlock, and every link accounted for from the tables. */
import test from 'ava';
import type pg from 'pg';
import { makeDatabase } from '../helpers/database.ts';
import { makeStormSuite, storm, type Tally, tags } from '../helpers/operations-storm.ts';
import { useWorker } from '../helpers/processes.ts';
import { until } from '../helpers/waits.ts';

/** What is inserted and cannot be found again, or not as it was told: with all tags that nobody took off. */
async function lostCases(pool: pg.Pool, { inserted }: Tally): Promise<string[]> {
  const { rows } = await pool.query(
    `select c.suite_id || ' ' || c.external_key as key, bulkhead.test_cases_tags(c) as tags
     from bulkhead.test_cases c where c.external_key like 'new-%'`,
  );
  const there = new Map<string, string[]>(rows.map(({ key, tags }) => [key, tags]));
  const lost = rows.filter(({ key }) => !inserted.has(key)).map(({ key }) => `${key} is nobody's`);
  for (const [key, given] of inserted) {
    const found = there.get(key) ?? [];
    const has = (some: string[]) => found.some((tag) => some.includes(tag));
    for (const tag of given) {
      const family = [tags.tiers, tags.topics].find((names) => names.includes(tag)) ?? [tag];
      if (!has(family)) lost.push(`${key} has lost ${tag}`);
    }
  }
  return lost;
}

/** Shared cases whose version does not count their updates. */
async function miscounted(pool: pg.Pool, { updated }: Tally): Promise<string[]> {
  const { rows } = await pool.query(
    `select suite_id || ' ' || external_key as key, version from bulkhead.test_cases
     where external_key like 'k%'`,
  );
  return rows.filter(({ key, version }) => version !== 1 + (updated.get(key) ?? 0));
}

/** Each of these queries finds what must not be; by what it would mean. */
const accounts: Record<string, string> = {
  'a case with two tags of an exclusive group': `
    select suite_id, case_id from bulkhead.test_case_tags where group_key <> ''
    group by suite_id, case_id, group_key having count(*) > 1`,
  'a case without a topic': `
    select suite_id, id from bulkhead.test_cases c where not exists (
      select from bulkhead.test_case_tags l
      where l.suite_id = c.suite_id and l.case_id = c.id and l.tag in ('topic', 'subject'))`,
  'a flaky case without a tier': `
    select suite_id, case_id from bulkhead.test_case_tags f where f.tag = 'flaky' and not exists (
      select from bulkhead.test_case_tags l
      where l.suite_id = f.suite_id and l.case_id = f.case_id and l.group_key = 'tier')`,
  'a link that the log adds or removes twice in a row': `
    with events as (
      select l.suite_id, c as case_id, l.tag, l.id, l.change
      from bulkhead_private.change_log l, unnest(l.case_ids) c
      where l.change in ('link_added', 'link_removed') and l.tag ~ '^(op|m|fresh-)[0-9]'
    )
    select * from (
      select *, lag(change, 1, 'link_removed') over (partition by suite_id, case_id, tag order by id) as before
      from events
    ) as e where change = before`,
  'a link that is not what the log makes of it': `
    with events as (
      select distinct on (l.suite_id, c, l.tag) l.suite_id, c as case_id, l.tag, l.change
      from bulkhead_private.change_log l, unnest(l.case_ids) c
      where l.change in ('link_added', 'link_removed') and l.tag ~ '^(op|m|fresh-)[0-9]'
      order by l.suite_id, c, l.tag, l.id desc
    ),
    links as (select * from bulkhead.test_case_tags where tag ~ '^(op|m|fresh-)[0-9]')
    (select suite_id, case_id, tag from events where change = 'link_added'
     except select suite_id, case_id, tag from links)
    union all
    (select suite_id, case_id, tag from links
     except select suite_id, case_id, tag from events where change = 'link_added')`,
  'a status that is not what the log makes of it': `
    select c.suite_id, c.id, c.status, count(s.id) from bulkhead.test_cases c
    left join (
      select l.suite_id, l.id, u as case_id from bulkhead_private.change_log l, unnest(l.case_ids) u
      where l.change = 'status_set') s on s.suite_id = c.suite_id and s.case_id = c.id
    group by c.suite_id, c.id
    having c.status <> case count(s.id) % 2 when 0 then 'active' else 'archived' end`,
  'an operation whose counters are not those of its log': `
    select o.suite_id, o.id, o.kind, o.state, o.changed, o.skipped, o.failed, l.*
    from bulkhead.bulk_operations o,
    lateral (
      select count(distinct c) filter (where change not in ('left_alone', 'failed')) as changed_cases,
        count(distinct c) filter (where change = 'left_alone') as left_cases,
        count(distinct c) filter (where change = 'failed') as failed_cases
      from bulkhead_private.change_log l, unnest(l.case_ids) c
      where l.suite_id = o.suite_id and l.operation_id = o.id
    ) l
    where o.skipped <> left_cases or o.failed <> failed_cases
      or case o.kind when 'undo' then o.changed > changed_cases else o.changed <> changed_cases end`,
  'an operation that failed for anything else than an exclusive group, as it was told to': `
    select suite_id, id, kind, first_errors from bulkhead.bulk_operations
    where state = 'failed' and not (kind = 'tag' and parameters ->> 'on_exclusive' = 'fail')
      or jsonb_path_exists(first_errors, '$[*] ? (@.code != "TCGRP")')`,
  'a job that failed': `select id, last_error from graphile_worker.jobs where last_error is not null`,
};

test('32 sessions append and operate on 8 suites for 20 s', async (t) => {
  t.timeout(110_000);
  const db = await makeDatabase(t);
  const { pool } = db;
  const worker = await useWorker(t, db, { concurrency: 6, sliceMilliseconds: 500 });
  const suites: string[] = [];
  for (let n = 0; n < 8; n++) suites.push(await makeStormSuite(pool));
  const tally = await storm(db, suites, { appenders: 16, operators: 16, milliseconds: 20_000 });
  await until('all operations end', async () => {
    const { rows } = await pool.query(
      'select id, state from bulkhead.bulk_operations where finished_at is null',
    );
    return rows.length === 0;
  });
  await worker.stop();

  const { rows: outcomes } = await pool.query(
    `select string_agg(kind || ' ' || state || ' ' || n, ', ' order by kind, state) as all
     from (select kind, state, count(*) as n from bulkhead.bulk_operations group by 1, 2) as o`,
  );
  const errors = [...tally.errors].map(([what, times]) => `${what}: ${times}`);
  t.log(`${tally.appends} appends, ${tally.operations} operations: ${outcomes[0].all}`);
  t.log(`refused: ${errors.join(', ')}`);
  t.true(tally.appends > 100 && tally.operations > 30, 'there was something to see');
  t.deepEqual(
    errors.filter((what) => !/^operator TC/.test(what)),
    [],
    'only operators are refused, and only for what they asked',
  );
  t.deepEqual(await lostCases(pool, tally), []);
  t.deepEqual(await miscounted(pool, tally), []);
  for (const [what, query] of Object.entries(accounts))
    t.deepEqual((await pool.query(query)).rows.slice(0, 5), [], what);
  const { rows } = await pool.query(
    `select deadlocks::int from pg_stat_database where datname = current_database()`,
  );
  t.is(rows[0].deadlocks, 0);
});
