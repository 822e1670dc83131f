/** The table that an import is staged in: what a login of the database could try with it. */
import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { loginUrl, quoteIdentifier } from '../../src/database/admin.ts';
import { makeToken, outcomeOf } from '../helpers/access.ts';
import { makeSuite } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { grantInTurn } from '../helpers/roles.ts';

const database = useDatabase(test);

/** A session of a login that may make temporary objects, as in a database that was restored from a dump. */
async function openLogin(t: ExecutionContext): Promise<pg.Client> {
  const name = `bulkhead_test_${randomBytes(6).toString('hex')}`;
  const [login, place] = [quoteIdentifier(name), quoteIdentifier(database.name)];
  await database.pool.query(`create role ${login} login password '${name}' in role bulkhead_user`);
  await grantInTurn(database.pool, `grant connect, temporary on database ${place} to ${login}`);
  const client = new pg.Client(loginUrl(database.ownerUrl, name, name));
  await client.connect();
  t.teardown(async () => {
    await client.query('rollback; discard temp');
    await client.end();
    await grantInTurn(
      database.pool,
      `revoke connect, temporary on database ${place} from ${login}`,
    );
    await database.pool.query(`drop role ${login}`);
  });
  return client;
}

const spring = `
  create function pg_temp.spring() returns trigger language plpgsql as
    $f$ begin raise exception using errcode = 'TCTRP', message = 'run as ' || current_user; end $f$;`;

const columns = `line integer, external_key text, input jsonb, expected_output jsonb, metadata jsonb, tags text[],
  status text, hash bytea`;

/** Tables and views of the name, that would run something of their maker's. */
const traps: Record<string, string> = {
  'a table with a trigger': `${spring}
    create table pg_temp.import_rows (${columns});
    create trigger spring before insert or delete or truncate on pg_temp.import_rows execute function pg_temp.spring();`,
  'a view with a trigger': `${spring}
    create view pg_temp.import_rows as select 1 as line;
    create trigger spring instead of insert or delete on pg_temp.import_rows for each row execute function pg_temp.spring();`,
  'a table of tags': `${spring}
    create table pg_temp.import_tags (suite_id bigint, name text);
    create trigger spring before insert or delete or truncate on pg_temp.import_tags execute function pg_temp.spring();`,
  'a table with a policy': `
    create table pg_temp.import_rows (${columns});
    create function pg_temp.peek() returns boolean language plpgsql as
      $f$ begin raise exception using errcode = 'TCTRP', message = 'run as ' || current_user; end $f$;
    create policy peek on pg_temp.import_rows using (pg_temp.peek());
    alter table pg_temp.import_rows enable row level security;`,
};

const calls = [
  'select bulkhead.use_token($1), bulkhead.begin_import($2)',
  `select bulkhead.use_token($1), bulkhead.define_import_tags($2, '{"a": ""}')`,
  'select bulkhead.use_token($1), bulkhead.append_import($2)',
  'select bulkhead.use_token($1), bulkhead.import_problems($2)',
  'select bulkhead.use_token($1), $2::bigint, bulkhead.end_import(true)',
];

for (const [what, sql] of Object.entries(traps))
  test(`${what} by the name of the staging is refused, before and after an import has begun`, async (t) => {
    const suite = await makeSuite(database.pool);
    const { token } = await makeToken(database.pool, 'owner', [suite]);
    const client = await openLogin(t);
    for (const begin of [false, true]) {
      if (begin)
        await client.query('select bulkhead.use_token($1), bulkhead.begin_import($2)', [
          token,
          suite,
        ]);
      // Takes even the tables that belong to others.
      await client.query('discard temp');
      await client.query(sql);
      await client.query('begin');
      for (const call of calls) {
        const outcome = await outcomeOf(client, call, [token, suite]);
        t.is(outcome.code, '42501', `${call}: ${JSON.stringify(outcome)}`);
        t.regex(
          'message' in outcome ? outcome.message : '',
          /is not the table that an import makes/,
        );
      }
      await client.query('rollback; discard temp');
    }
  });

test('whoever stages rows can do nothing with the table but that', async (t) => {
  const suite = await makeSuite(database.pool);
  const { token } = await makeToken(database.pool, 'owner', [suite]);
  const client = await openLogin(t);
  await client.query('begin');
  await client.query('select bulkhead.use_token($1), bulkhead.begin_import($2)', [token, suite]);
  for (const sql of [
    'select * from pg_temp.import_rows',
    'delete from pg_temp.import_rows',
    'update pg_temp.import_rows set line = 1',
    'truncate pg_temp.import_rows',
    'drop table pg_temp.import_rows',
    'create index on pg_temp.import_rows (line)',
    'create trigger t before insert on pg_temp.import_rows execute function suppress_redundant_updates_trigger()',
    'alter table pg_temp.import_rows alter line set default 1',
    'create table pg_temp.child () inherits (pg_temp.import_rows)',
    "insert into pg_temp.import_tags values (1, 'a')",
    "insert into pg_temp.import_rows (line, input, hash) values (1, '1', '')",
  ])
    t.true(['42501', '428C9'].includes((await outcomeOf(client, sql)).code), sql);
});

test('what somebody else has staged in the session is nobody else’s', async (t) => {
  const suite = await makeSuite(database.pool);
  const [first, second] = [
    await makeToken(database.pool, 'owner', [suite]),
    await makeToken(database.pool, 'owner', [suite]),
  ];
  const client = await openLogin(t);
  const begin = (token: string) =>
    client.query('select bulkhead.use_token($1), bulkhead.begin_import($2)', [token, suite]);
  await begin(first.token);
  await client.query(`insert into pg_temp.import_rows (line, input) values (1, '"secret"')`);
  await begin(second.token);
  await client.query('begin');
  const { code } = await outcomeOf(
    client,
    'select bulkhead.use_token($1), bulkhead.append_import($2)',
    [second.token, suite],
  );
  t.is(code, 'TCEMP');
});

test('rows that no file would give are refused as cases are', async (t) => {
  const suite = await makeSuite(database.pool);
  const { token } = await makeToken(database.pool, 'owner', [suite]);
  const client = await openLogin(t);
  for (const [row, code] of [
    ["(1, null, null, '{}', '{}', 'active')", '23502'],
    ["(1, null, 'null', '{}', '{}', 'active')", '23514'],
    ["(1, null, '1', '[]', '{}', 'active')", '23514'],
    ["(1, null, '1', '{}', '{}', 'lost')", '23514'],
    ["(1, '', '1', '{}', '{}', 'active')", '23514'],
    ["(1, null, '1', '{}', '{\"Not a tag\"}', 'active')", 'TCTAG'],
    ["(1, 'k', '1', '{}', '{}', 'active'), (2, 'k', '2', '{}', '{}', 'active')", 'TCKEY'],
  ] as [string, string][]) {
    await client.query('select bulkhead.use_token($1), bulkhead.begin_import($2)', [token, suite]);
    await client.query(
      `insert into pg_temp.import_rows (line, external_key, input, metadata, tags, status) values ${row}`,
    );
    await client.query('begin');
    const outcome = await outcomeOf(
      client,
      'select bulkhead.use_token($1), bulkhead.append_import($2)',
      [token, suite],
    );
    t.is(outcome.code, code, row);
    await client.query('rollback');
  }
});
