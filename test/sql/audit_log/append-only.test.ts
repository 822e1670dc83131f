/** Nobody changes the log, not even the owner of the database. */
import test from 'ava';
import { append, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { asUser } from '../../helpers/roles.ts';

const database = useDatabase(test);

const attempts = [
  "update bulkhead.audit_log set principal = 'person:nobody'",
  "update bulkhead.audit_log set after = '{}' where false",
  'delete from bulkhead.audit_log',
  'truncate bulkhead.audit_log',
  `merge into bulkhead.audit_log l using (values (1)) v on l.suite_id = 0
   when matched then delete`,
  `insert into bulkhead.audit_log (suite_id, id, action, subject)
   select suite_id, id, 'x', 'y' from bulkhead.audit_log limit 1
   on conflict (suite_id, id) do update set action = 'x'`,
];

test('the owner can neither change, delete nor truncate events', async (t) => {
  await rolledBack(database.pool, async (client) => {
    await append(client, await makeSuite(client), [{ input: 1 }]);
    for (const attempt of attempts)
      await refuses(t, client, () => client.query(attempt), {
        code: 'TCAUD',
        message: 'the audit log is append-only',
        detail: /^role:\w+ has tried to (update|delete|truncate) bulkhead\.audit_log\.$/,
      });
  });
});

test('an owner of all suites, by a request, can write nothing there at all', async (t) => {
  await asUser(database, async (client) => {
    for (const attempt of [
      ...attempts,
      "insert into bulkhead.audit_log (suite_id, action, subject) values (0, 'created', 'suite')",
    ])
      await refuses(t, client, () => client.query(attempt), { code: '42501' });
  });
});

test('no foreign key ties the log to its suites, which it outlives', async (t) => {
  const { rows } = await database.pool.query(
    "select from pg_constraint where 'bulkhead.audit_log'::regclass in (conrelid, confrelid) and contype = 'f'",
  );
  t.is(rows.length, 0);
});
