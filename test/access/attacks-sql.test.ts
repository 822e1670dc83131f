/** From a raw connection of the API's login: getting past the policies by SQL. */
import test from 'ava';
import { outcomeOf, visibleSuites } from '../helpers/access.ts';
import { rolledBack, useDatabase } from '../helpers/database.ts';
import { refuses } from '../helpers/errors.ts';
import { testRule } from '../helpers/lint.ts';
import { asToken, becomeUser } from '../helpers/roles.ts';
import { actorNamed, makeWorld, type World } from './world.ts';

const database = useDatabase(test);
let world: World;

test.serial.before('build the world', async () => {
  world = await makeWorld(database.pool);
  await database.pool.query('analyze');
});

const actor = (name: string) => actorNamed(world, name);
/** Tables and columns of the API that hold text, or what can be cast to it. */
async function readColumns(): Promise<{ name: string; columns: string[] }[]> {
  const { rows } = await database.pool.query(`
    select c.relname as name, array_agg(a.attname::text) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'bulkhead'::regnamespace and c.relkind in ('r', 'p', 'v')
    group by c.relname order by c.relname`);
  return rows;
}

test('nothing can be put in the way of a search path: no temporary object, no schema, no operator', async (t) => {
  const statements = [
    'create temporary table suite_members (suite_id bigint)',
    'create table pg_temp.principals (name text)',
    'create view pg_temp.test_suites as select 1',
    'create function pg_temp.has_suite(bigint[], bigint) returns boolean language sql return true',
    'create domain pg_temp.text as pg_catalog.text',
    "create type pg_temp.bigint as enum ('a')",
    'create operator pg_temp.% (leftarg = integer, rightarg = integer, function = int4mod)',
    'create schema mine',
    'create function public.has_suite(bigint[], bigint) returns boolean language sql return true',
    'create function bulkhead.has_suite(integer[], bigint) returns boolean language sql return true',
    'create extension plpgsql',
    'create extension dblink',
    'create cast (bigint as text) with inout',
    'create event trigger mine on ddl_command_start execute function f()',
    'create rule mine as on select to bulkhead.test_suites do instead select 1',
  ];
  for (const role of ['bulkhead_api', 'bulkhead_user']) {
    await rolledBack(database.api, async (client) => {
      if (role === 'bulkhead_user') await becomeUser(client, actor('owner').secret);
      for (const sql of statements) {
        const { code } = await outcomeOf(client, sql);
        // Some fail over an object that is not there before anybody asks for a privilege.
        t.true(
          ['42501', '3F000', '42710', '58P01', '42883', '0A000'].includes(code),
          `${sql}: ${code}`,
        );
      }
      await refuses(t, client, () => client.query('create temporary table x ()'), {
        code: '42501',
      });
    });
  }
});

testRule(test, database, {
  rule: 'nobody but the owner may make temporary objects, or any in a schema of this database',
  sql: `
    select format('%s may make temporary objects', r.rolname) as problem
    from pg_roles r
    where not r.rolsuper and r.rolname <> current_user and not pg_has_role(r.oid, current_user, 'member')
      and has_database_privilege(r.oid, current_database(), 'temp')
    union all
    select format('%s may create in %s', r.rolname, n.nspname)
    from pg_roles r cross join pg_namespace n
    where not r.rolsuper and r.rolname <> current_user and not pg_has_role(r.oid, current_user, 'member')
      and n.nspname !~ '^pg_(temp|toast)' and has_schema_privilege(r.oid, n.oid, 'create')
      and r.rolname !~ '^pg_'`,
  broken: [
    { by: 'grant create on schema bulkhead to bulkhead_user', reports: /bulkhead_user may create/ },
    {
      by: `do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$`,
      reports: /bulkhead_api may make temporary objects/,
    },
  ],
});

test('whatever search path is set, the functions and policies mean the same', async (t) => {
  await asToken(database, actor('viewer').secret, async (client) => {
    const seen = await visibleSuites(client);
    for (const path of [
      'pg_temp, public, bulkhead',
      'bulkhead, pg_catalog',
      '""',
      'bulkhead_private',
    ]) {
      await client.query("select set_config('search_path', $1, true)", [path]);
      t.deepEqual(await visibleSuites(client), seen, path);
      const { rows } = await client.query(
        'select count(*)::integer as cases from bulkhead.find_cases(suite_id => $1)',
        [world.own.id],
      );
      t.is(rows[0].cases, 2, path);
    }
  });
});

test('row-level security cannot be switched off', async (t) => {
  await asToken(database, actor('owner').secret, async (client) => {
    await client.query('set local row_security = off');
    for (const { name } of await readColumns()) {
      const { code } = await outcomeOf(client, `select from bulkhead.${name}`);
      t.is(code, '42501', name);
    }
  });
});

test('a condition that fails on a row is never tried on a row that one may not see', async (t) => {
  let tried = 0;
  for (const name of ['nobody', 'owner of another suite']) {
    await asToken(database, actor(name).secret, async (client) => {
      for (const { name: table, columns } of await readColumns()) {
        const key = columns.includes('suite_id')
          ? 'suite_id'
          : table === 'test_suites'
            ? 'id'
            : null;
        // Only rows that are not the caller's are to be tried.
        const foreign = key
          ? `${key} <> all ('{${world.other.id},${world.shared.id}}')`
          : 'name <> bulkhead.current_principal()';
        for (const column of columns) {
          for (const leak of [
            `(${column}::text || 'x')::integer = 1`,
            `1 / (length(coalesce(${column}::text, '')) * 0) = 1`,
            `xpath('<' || ${column}::text, '<a/>'::xml) is not null`,
          ]) {
            const outcome = await outcomeOf(
              client,
              `select from bulkhead.${table} where case when ${foreign} then ${leak} else false end`,
            );
            t.deepEqual(outcome, { code: 'ok', rows: [] }, `${table} as ${name}: ${leak}`);
            tried += 1;
          }
        }
      }
    });
  }
  t.log(`${tried} leaky conditions`);
});

test('plans, statistics and views of the server show no value of another suite', async (t) => {
  const secret = /other-suite/;
  await asToken(database, actor('viewer').secret, async (client) => {
    const show = async (sql: string) => JSON.stringify((await client.query(sql)).rows);
    for (const { name } of await readColumns())
      t.notRegex(await show(`explain (verbose) select * from bulkhead.${name}`), secret, name);
    for (const view of ['pg_stats', 'pg_stats_ext', 'pg_stats_ext_exprs']) {
      const { rows } = await client.query(`select from ${view} where schemaname ~ '^bulkhead'`);
      t.is(rows.length, 0, view);
    }
    for (const table of ['pg_statistic', 'pg_authid', 'pg_largeobject', 'pg_user_mapping'])
      await refuses(t, client, () => client.query(`select * from ${table}`), { code: '42501' });
    for (const view of ['pg_prepared_statements', 'pg_cursors', 'pg_settings', 'pg_stat_activity'])
      t.notRegex(await show(`select * from ${view}`), secret, view);
  });
});

test('a prepared statement, kept from one token to the next, answers for the next', async (t) => {
  const client = await database.api.connect();
  try {
    await client.query("set plan_cache_mode = 'force_generic_plan'");
    for (let round = 0; round < 7; round++) {
      for (const name of ['viewer', 'nobody', 'admin', 'owner of another suite']) {
        await client.query('begin');
        await becomeUser(client, actor(name).secret);
        const { rows } = await client.query({
          name: 'kept',
          text: 'select id from bulkhead.test_suites where id <> $1 order by id',
          values: [world.shared.id],
        });
        const expected = [world.own, world.other].filter((place) => actor(name).roleIn(place));
        t.deepEqual(
          rows.map((row) => row.id),
          expected.map((place) => place.id),
          name,
        );
        await client.query('commit');
      }
    }
  } finally {
    client.release(true);
  }
});

test('a cursor ends with the transaction that saw its rows; one with hold has those rows and no others', async (t) => {
  const client = await database.api.connect();
  const declare = (name: string, hold: string) =>
    client.query(
      `declare ${name} cursor ${hold} for select id from bulkhead.test_suites order by id`,
    );
  try {
    await client.query('begin');
    await becomeUser(client, actor('viewer').secret);
    await declare('short', 'without hold');
    await declare('long', 'with hold');
    await client.query('commit');
    await client.query('begin');
    await becomeUser(client, actor('owner of another suite').secret);
    t.is((await outcomeOf(client, 'fetch all short')).code, '34000');
    const { rows } = await client.query('fetch all long');
    t.deepEqual(
      rows.map((row) => row.id),
      [world.own.id, world.shared.id],
    );
    await client.query('rollback');
  } finally {
    client.release(true);
  }
});
