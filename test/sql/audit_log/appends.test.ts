/** An append is one event, with its counts; a case that it updates has its own. */
import test from 'ava';
import { eventsOf, lines } from '../../helpers/audit.ts';
import { append, appendMany, appendTagged, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';

const database = useDatabase(test);

test('an append is one event: how many cases, and which', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    await appendTagged(client, suite, { a: 'rag', b: 'rag' });
    const list = await eventsOf(client, suite, () =>
      append(
        client,
        suite,
        [
          { external_key: 'a' },
          { external_key: 'b', input: 'other' },
          { input: 1 },
          { external_key: 'c', tags: ['rag'] },
        ],
        'skip',
      ),
    );
    t.deepEqual(lines(list), ['appended case']);
    t.like(list[0], { subject_id: null, before: null, operation_id: null });
    t.like(list[0]?.after, { inserted: 2, unchanged: 0, skipped: 2, updated: 0 });
    const { rows } = await client.query(
      `select c.external_key, l.id is not null as appended_here
       from bulkhead.test_cases c
       left join bulkhead.audit_log l
         on l.suite_id = c.suite_id and l.id = $2 and (l.after ->> 'case_ids')::int8multirange @> c.id
       where c.suite_id = $1 order by c.id`,
      [suite, list[0]?.id],
    );
    t.deepEqual(
      rows.map((row) => [row.external_key, row.appended_here]),
      [
        ['a', false],
        ['b', false],
        [null, true],
        ['c', true],
      ],
    );
  });
});

test('a large append is one event, too', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    const list = await eventsOf(client, suite, () =>
      appendMany(client, suite, 1500, ['rag', 'flaky']),
    );
    t.deepEqual(lines(list), ['created tag flaky', 'created tag rag', 'appended case']);
    t.like(list[2]?.after, { inserted: 1500 });
    // Other tests take ids as well, so that they need not follow each other.
    const { rows } = await client.query(
      `select sum(upper(r) - lower(r))::integer as ids, bool_and(c.is_in) as are_its
       from unnest($2::int8multirange) as r,
         lateral (select count(*) = upper(r) - lower(r) as is_in from bulkhead.test_cases where suite_id = $1 and id <@ r) as c`,
      [suite, list[2]?.after?.case_ids],
    );
    t.deepEqual(rows, [{ ids: 1500, are_its: true }]);
  });
});

test('an append that was repeated, or skipped all, has changed nothing and has no event', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    await appendTagged(client, suite, { a: 'rag' });
    const list = await eventsOf(client, suite, async () => {
      await append(client, suite, [{ external_key: 'a', tags: ['rag'] }]);
      await append(client, suite, [{ external_key: 'a', input: 'other' }], 'skip');
    });
    t.deepEqual(list, []);
  });
});

test('a case that an append updates has an event of its own, and so have its links', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    await client.query(
      `insert into bulkhead.suite_tags (suite_id, name, exclusive_group)
       values ($1, 'gold', 'tier'), ($1, 'silver', 'tier')`,
      [suite],
    );
    const { a, b } = await appendTagged(client, suite, { a: 'gold', b: 'gold' });
    const list = await eventsOf(client, suite, () =>
      append(
        client,
        suite,
        [
          { external_key: 'a', input: 'new', tags: ['silver'] },
          { external_key: 'b', tags: ['silver'], status: 'archived' },
          { external_key: 'c', tags: ['gold'] },
        ],
        'update',
      ),
    );
    const expected = [
      'appended case',
      `changed case ${a} (input, version)`,
      `changed case ${b} (status)`,
      `created link ${a}`,
      `created link ${b}`,
      `deleted link ${a}`,
      `deleted link ${b}`,
    ];
    t.deepEqual(lines(list).sort(), expected.sort());
    t.like(list.at(-1)?.after, { inserted: 1, updated: 2 });
    t.like(
      list.find(({ subject_id, subject }) => subject === 'case' && subject_id === a),
      { before: { input: 'a', version: 1 }, after: { input: 'new', version: 2 } },
    );
  });
});

test('after an append, and after one that failed, changes in the same transaction are logged', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    const { a } = await appendTagged(client, suite, { a: 'rag', b: '' });
    await refuses(t, client, () => append(client, suite, [{ external_key: 'a', input: 'other' }]), {
      code: 'TCKEY',
    });
    const list = await eventsOf(client, suite, () =>
      client.query('delete from bulkhead.test_cases where suite_id = $1', [suite]),
    );
    t.is(list.length, 2);
    t.like(list[0], { action: 'deleted', subject_id: a });
  });
});

test('an import is one event, however many batches it has', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    await client.query('select bulkhead.begin_import($1)', [suite]);
    await client.query(
      `insert into pg_temp.import_rows (line, external_key, input, metadata, tags, status)
       select i, 'k' || i, to_jsonb(i), '{}', '{}', 'active' from generate_series(1, 4500) as i`,
    );
    const list = await eventsOf(client, suite, () =>
      client.query("select from bulkhead.append_import($1, 'fail')", [suite]),
    );
    t.deepEqual(lines(list), ['appended case']);
    t.like(list[0]?.after, { inserted: 4500, unchanged: 0, skipped: 0, updated: 0 });
    const { rows } = await client.query(
      `select count(*)::integer as cases from bulkhead.test_cases
       where suite_id = $1 and id <@ $2::int8multirange`,
      [suite, list[0]?.after?.case_ids],
    );
    t.is(rows[0].cases, 4500);
    const again = await eventsOf(client, suite, () =>
      client.query("select from bulkhead.append_import($1, 'fail')", [suite]),
    );
    t.deepEqual(again, []);
  });
});

test('every function that appends payloads logs them', async (t) => {
  const { rows } = await database.pool.query(`
    select proname from pg_proc
    where prosrc ~ 'append_(payloads|rows)\\(' and prosrc !~ 'log_append\\(' and proname <> 'append_rows'`);
  t.deepEqual(rows, []);
});

test('nobody waits for the event of another append', async (t) => {
  const suite = await makeSuite(database.pool);
  await appendTagged(database.pool, suite, { a: 'rag' });
  await rolledBack(database.pool, async (first) => {
    await append(first, suite, [{ external_key: 'x', tags: ['rag'] }]);
    await rolledBack(database.pool, async (second) => {
      await second.query("set local lock_timeout = '2s'");
      await append(second, suite, [{ external_key: 'y', tags: ['rag'] }]);
      t.pass();
    });
  });
});
