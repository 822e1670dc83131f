/** What is done row by row, in psql or by a function, has an event each, with what was there before and after. */
import test from 'ava';
import { eventsOf, lines } from '../../helpers/audit.ts';
import { append, appendTagged, callOne, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';

const database = useDatabase(test);

test('an edit of a case has what it changed, before and after, and nothing else', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    const { a } = await appendTagged(client, suite, { a: 'rag', b: '' });
    const edits = await eventsOf(client, suite, async () => {
      await client.query(
        `update bulkhead.test_cases set input = '{"q": [1, null]}', metadata = metadata
         where suite_id = $1 and id = $2`,
        [suite, a],
      );
      await client.query(
        `update bulkhead.test_cases set external_key = null, expected_output = '5', status = 'archived'
         where suite_id = $1 and id = $2`,
        [suite, a],
      );
    });
    t.deepEqual(lines(edits), [
      `changed case ${a} (input, version)`,
      `changed case ${a} (expected_output, external_key, status, version)`,
    ]);
    t.like(edits[0], {
      before: { input: 'a', version: 1 },
      after: { input: { q: [1, null] }, version: 2 },
      operation_id: null,
    });
    t.deepEqual(edits[1]?.before, {
      expected_output: null,
      external_key: 'a',
      status: 'active',
      version: 2,
    });
  });
});

test('a change that changes nothing has no event', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    await appendTagged(client, suite, { a: 'rag' });
    const none = await eventsOf(client, suite, async () => {
      await client.query('update bulkhead.test_cases set input = input, status = status');
      await client.query('update bulkhead.suite_tags set meaning = meaning');
      await client.query('update bulkhead.test_suites set name = name');
      await client.query('update bulkhead.test_case_tags set tag = tag');
    });
    t.deepEqual(none, []);
  });
});

test('cases and links that are inserted and deleted in psql have an event each', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    const { a, b } = await appendTagged(client, suite, { a: 'rag flaky', b: 'rag' });
    const list = await eventsOf(client, suite, async () => {
      await client.query(
        `insert into bulkhead.test_cases (suite_id, id, external_key, input)
         values ($1, 900001, 'x', '1'), ($1, 900002, null, '{"n": null}')`,
        [suite],
      );
      await client.query(
        "insert into bulkhead.test_case_tags (suite_id, case_id, tag) values ($1, 900001, 'rag')",
        [suite],
      );
      await client.query(
        'update bulkhead.test_case_tags set case_id = 900002 where case_id = 900001',
      );
      await client.query("delete from bulkhead.test_case_tags where case_id = $1 and tag = 'rag'", [
        b,
      ]);
      await client.query('delete from bulkhead.test_cases where id = $1', [a]);
    });
    t.deepEqual(lines(list), [
      'created case 900001',
      'created case 900002',
      'created link 900001',
      'deleted link 900001',
      'created link 900002',
      `deleted link ${b}`,
      `deleted case ${a}`,
    ]);
    t.like(list[1]?.after, { input: { n: null }, metadata: {}, status: 'active', version: 1 });
    t.like(list[5], { before: { tag: 'rag' }, after: null });
    t.like(list.at(-1)?.before, { external_key: 'a', input: 'a', tags: ['flaky', 'rag'] });
    t.is(list.at(-1)?.after, null);
  });
});

test('a change that goes round the tables, to their partitions, is logged like any other', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    const { a } = await appendTagged(client, suite, { a: 'rag' });
    const { rows } = await client.query(
      'select tableoid::regclass as leaf from bulkhead.test_cases where suite_id = $1',
      [suite],
    );
    const list = await eventsOf(client, suite, async () => {
      await client.query(`update ${rows[0].leaf} set status = 'archived' where suite_id = $1`, [
        suite,
      ]);
      await client.query(`delete from ${rows[0].leaf} where suite_id = $1`, [suite]);
    });
    t.deepEqual(lines(list), [`changed case ${a} (status)`, `deleted case ${a}`]);
  });
});

test('the dictionary: whoever brings, changes, renames or drops a tag', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const list = await eventsOf(client, suite_id, async () => {
      await callOne(client, 'define_tag', { suite_id, name: 'rag', meaning: 'with retrieval' });
      await callOne(client, 'define_tag', { suite_id, name: 'rag', colour: '#aa3377' });
      await append(client, suite_id, [{ input: 1, tags: ['by_append'] }]);
      await callOne(client, 'bulk_rename_tag', { suite_id, tag: 'rag', new_name: 'retrieval' });
      await callOne(client, 'drop_tag', { suite_id, name: 'rag' });
      await client.query("update bulkhead.suite_tags set name = 'r' where name = 'retrieval'");
    });
    t.deepEqual(lines(list.filter(({ subject }) => subject === 'tag')), [
      'created tag rag',
      'changed tag rag (colour)',
      'created tag by_append',
      'created tag retrieval',
      'changed tag rag (alias_of)',
      'deleted tag rag',
      'deleted tag retrieval',
      'created tag r',
    ]);
    t.like(list[0]?.after, { meaning: 'with retrieval' });
    t.deepEqual(list[1]?.before, { colour: null });
    t.deepEqual(list[1]?.after, { colour: '#aa3377' });
  });
});

test('suites: created, changed, archived, deleted, in their own log and in that of the instance', async (t) => {
  await rolledBack(database.pool, async (client) => {
    let suite = '';
    const list = await eventsOf(client, 0, async () => {
      suite = await makeSuite(client, { slug: 'audited' });
      await client.query("update bulkhead.test_suites set tag_policy = 'closed' where id = $1", [
        suite,
      ]);
      await callOne(client, 'archive_suite', { suite_id: suite });
      await callOne(client, 'delete_suite', { suite_id: suite });
    });
    t.deepEqual(lines(list), [`created suite ${suite}`, `deleted suite ${suite}`]);
    t.like(list[1]?.before, { slug: 'audited', tag_policy: 'closed' });
    const own = await eventsOf(client, suite, async () => {});
    t.deepEqual(own, []);
    const { rows } = await client.query(
      'select action, before, after from bulkhead.read_audit_log($1) order by id',
      [suite],
    );
    t.deepEqual(
      rows.map(({ action }) => action),
      ['created', 'changed', 'changed', 'deleted'],
    );
    t.deepEqual(rows[1].after, { tag_policy: 'closed' });
    t.is(rows[2].before.archived_at, null);
  });
});

test('what moves to another suite has left the one and come to the other', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const [from, to] = [await makeSuite(client), await makeSuite(client)];
    await callOne(client, 'define_tag', { suite_id: from, name: 'rag', meaning: 'm' });
    const left = await eventsOf(client, from, () =>
      client.query('update bulkhead.suite_tags set suite_id = $2 where suite_id = $1', [from, to]),
    );
    t.deepEqual(lines(left), ['deleted tag rag']);
    const { rows } = await client.query(
      "select action, subject, after from bulkhead.audit_log where suite_id = $1 and subject = 'tag'",
      [to],
    );
    t.like(rows[0], { action: 'created', after: { meaning: 'm' } });
  });
});

test('a truncation says how many rows it took from each suite', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const [one, two] = [await makeSuite(client), await makeSuite(client)];
    await appendTagged(client, one, { a: 'rag flaky', b: '' });
    await appendTagged(client, two, { c: 'rag' });
    const last = await eventsOf(client, one, () =>
      client.query('truncate bulkhead.test_cases cascade'),
    );
    t.deepEqual(
      last.map(({ action, subject, before }) => [action, subject, before]),
      [
        ['truncated', 'case', { rows: 2 }],
        ['truncated', 'link', { rows: 2 }],
      ],
    );
    const { rows } = await client.query(
      "select before from bulkhead.audit_log where suite_id = $1 and action = 'truncated' order by id",
      [two],
    );
    t.deepEqual(rows, [{ before: { rows: 1 } }, { before: { rows: 1 } }]);
  });
});

test('an event is there if its change is, and says when that was, whatever clock a test has set', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    await client.query("set local bulkhead.now = '2001-01-01'; savepoint before");
    const [event] = await eventsOf(client, suite, () =>
      callOne(client, 'define_tag', { suite_id: suite, name: 'rag' }),
    );
    t.true(Math.abs(Date.now() - Number(event?.at)) < 3_600_000);
    await client.query('rollback to savepoint before');
    const { rows } = await client.query(
      "select from bulkhead.audit_log where suite_id = $1 and subject = 'tag'",
      [suite],
    );
    t.is(rows.length, 0);
  });
});

test('every table of suite data has a trigger for its log, but for what is a log itself', async (t) => {
  const { rows } = await database.pool.query(`
    select c.oid::regclass::text as name
    from pg_class c
    where c.relnamespace = 'bulkhead'::regnamespace and c.relkind in ('r', 'p')
      and not exists (
        select from pg_trigger t where t.tgrelid = c.oid and t.tgname in ('log_change', 'log_end') and t.tgenabled = 'O'
      )
    order by name`);
  t.deepEqual(
    rows.map(({ name }) => name),
    ['bulkhead.audit_log', 'bulkhead.route_pulls', 'bulkhead.test_case_versions'],
  );
});
