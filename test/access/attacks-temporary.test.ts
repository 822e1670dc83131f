/** A login that may make temporary objects, as anybody may in a database that was restored from a dump. */
import { randomBytes } from 'node:crypto';
import test from 'ava';
import pg from 'pg';
import { loginUrl, quoteIdentifier } from '../../src/database/admin.ts';
import { makeToken, outcomeOf } from '../helpers/access.ts';
import { makeSuite } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';

const database = useDatabase(test);

/** Types and tables of pg_temp that would run as the owner, were they found before those that are meant. */
const traps = `
  create function pg_temp.spring(value pg_catalog.text) returns boolean language plpgsql as
    $f$ begin raise exception using errcode = 'TCTRP', message = 'run as ' || current_user; end $f$;
  create function pg_temp.spring(value pg_catalog.int8) returns boolean language plpgsql as
    $f$ begin raise exception using errcode = 'TCTRP', message = 'run as ' || current_user; end $f$;
  create domain pg_temp.text as pg_catalog.text check (pg_temp.spring(value));
  create domain pg_temp.int8 as pg_catalog.int8 check (pg_temp.spring(value));
  create domain pg_temp.jsonb as pg_catalog.jsonb check (pg_temp.spring(value::pg_catalog.text));
  create domain pg_temp.bytea as pg_catalog.bytea check (pg_temp.spring(value::pg_catalog.text));
  create table pg_temp.pg_class (oid oid);
  create table pg_temp.test_suites (id pg_catalog.int8);`;

test('temporary types and tables never stand in for those of our functions', async (t) => {
  const suite = await makeSuite(database.pool);
  const { token } = await makeToken(database.pool, 'owner', [suite]);
  const name = `bulkhead_test_${randomBytes(6).toString('hex')}`;
  const [login, place] = [quoteIdentifier(name), quoteIdentifier(database.name)];
  await database.pool.query(`create role ${login} login password '${name}' in role bulkhead_user`);
  t.teardown(async () => {
    await database.pool.query(`revoke connect, temporary on database ${place} from ${login}`);
    await database.pool.query(`drop role ${login}`);
  });
  await database.pool.query(`grant connect, temporary on database ${place} to ${login}`);
  const client = new pg.Client(loginUrl(database.ownerUrl, name, name));
  await client.connect();
  t.teardown(async () => {
    await client.query('rollback; discard temp');
    await client.end();
  });
  await client.query(traps);
  await client.query('begin');
  for (const [sql, ...values] of [
    ["select bulkhead.my_suites('viewer')"],
    ['select * from bulkhead.me()'],
    ['select * from bulkhead.use_token($1)', token],
    ['select bulkhead.use_token($1), bulkhead.me()', token],
    ['select bulkhead.use_token($1), (bulkhead.define_tag($2, $3)).*', token, suite, 'a'],
    [
      'select bulkhead.use_token($1), bulkhead.append_cases($2, $3)',
      token,
      suite,
      '[{"input": 1}]',
    ],
    [
      'select bulkhead.use_token($1), bulkhead.bulk_tag($2, all_cases => true, add => $3)',
      token,
      suite,
      ['a'],
    ],
    [
      'select bulkhead.use_token($1), bulkhead.create_token(array[$2::pg_catalog.int8])',
      token,
      suite,
    ],
    ['select count(*) from bulkhead.test_suites'],
  ] as [string, ...unknown[]][])
    t.is((await outcomeOf(client, sql, values)).code, 'ok', sql);
});
