/** What every function of ours is like: a pinned search_path, and errors of the registry. */
import test from 'ava';
import { registry } from '../../src/errors.ts';
import { rolledBack, useDatabase } from '../helpers/database.ts';
import { ourSchemas, testRule } from '../helpers/lint.ts';

const database = useDatabase(test);

/** Functions of ours; those that came with an extension are not. */
const ourFunctions = `
  select p.*, p.oid::regprocedure::text as name
  from pg_proc p
  where p.pronamespace::regnamespace::text in ${ourSchemas}
    and not exists (
      select from pg_depend d
      where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )`;

const makeFunction = (body: string, options = 'set search_path = pg_catalog, pg_temp') =>
  `create function bulkhead_private.f() returns void language plpgsql ${options} as $f$ begin ${body} end $f$`;

testRule(test, database, {
  rule: 'every function in PL/pgSQL, and every definer function, pins search_path = pg_catalog, pg_temp',
  sql: `
    select format('%s does not pin its search_path', f.name) as problem
    from (${ourFunctions}) f join pg_language l on l.oid = f.prolang
    where (l.lanname = 'plpgsql' or f.prosecdef)
      and not coalesce('search_path=pg_catalog, pg_temp' = any (f.proconfig), false)`,
  broken: [
    { by: makeFunction('', ''), reports: /f\(\) does not pin/ },
    { by: makeFunction('', 'set search_path = public'), reports: /f\(\) does not pin/ },
    {
      by: 'create function bulkhead.f() returns integer language sql security definer return 1',
      reports: /f\(\) does not pin/,
    },
  ],
});

testRule(test, database, {
  rule: 'every raise names its SQLSTATE, and none is P0001',
  sql: `
    select format('%s: %s', f.name, r.found[1]) as problem
    from (${ourFunctions}) f
    cross join regexp_matches(
      f.prosrc, '(\\mraise\\M(?!;|\\s+exception\\s+using\\s+errcode = ''[0-9A-Z]{5}'').{0,40})', 'gi'
    ) as r (found)
    union all
    select format('%s: P0001', f.name) from (${ourFunctions}) f where f.prosrc ~ 'P0001|raise_exception'`,
  broken: [
    { by: makeFunction("raise exception 'no';"), reports: /f\(\): raise exception 'no'/ },
    { by: makeFunction("raise exception using message = 'no';"), reports: /f\(\): raise/ },
    { by: makeFunction("raise 'no';"), reports: /f\(\): raise/ },
    { by: makeFunction("raise exception using errcode = 'P0001';"), reports: /P0001/ },
  ],
});

testRule(test, database, {
  rule: 'every refusal of ours explains itself: message, detail and hint',
  sql: `
    select format('%s: %s', f.name, left(r.found[1], 80)) as problem
    from (${ourFunctions}) f
    cross join regexp_matches(f.prosrc, 'raise exception using((?:[^;]|;(?!\\s*(?:\\n|end)))*);', 'g') as r (found)
    where r.found[1] !~ 'message = ' or r.found[1] !~ 'detail = ' or r.found[1] !~ 'hint = '`,
  broken: [
    {
      by: makeFunction("raise exception using errcode = 'TCARG', message = 'no', hint = 'yes';"),
      reports: /f\(\):.*TCARG/,
    },
  ],
});

const known = registry.flatMap(({ sqlstate }) => sqlstate ?? []);

testRule(test, database, {
  rule: 'every SQLSTATE that a function uses is in the registry',
  sql: `
    select distinct format('%s uses %s', f.name, r.found[1]) as problem
    from (${ourFunctions}) f
    cross join regexp_matches(f.prosrc, '(?:errcode = )?''(TC[A-Z]{3}|(?<=errcode = '')[0-9A-Z]{5})''', 'g') as r (found)
    where r.found[1] <> all ('{${known.join(',')}}')`,
  broken: [
    { by: makeFunction("raise exception using errcode = 'TCXYZ';"), reports: /f\(\) uses TCXYZ/ },
    { by: makeFunction("raise exception using errcode = '22012';"), reports: /f\(\) uses 22012/ },
    { by: makeFunction("perform 'TCQQQ';"), reports: /f\(\) uses TCQQQ/ },
  ],
});

testRule(test, database, {
  rule: 'every SQLSTATE of class TC in the registry is used by a function',
  sql: `
    select format('%s is used by nothing', code) as problem
    from unnest('{${known.filter((code) => code.startsWith('TC')).join(',')}}'::text[]) as code
    where not exists (
      select from (${ourFunctions}) f where f.prosrc like '%''' || code || '''%'
    )`,
  broken: [
    {
      by: 'drop function bulkhead.delete_suite(bigint)',
      reports: /TCSUC is used by nothing/,
    },
  ],
});

test('the registry names each SQLSTATE once, and class TC has five letters', (t) => {
  t.deepEqual(known, [...new Set(known)]);
  for (const code of known.filter((code) => code.startsWith('T'))) t.regex(code, /^TC[A-Z]{3}$/);
});

test('a function that is made later can be executed by nobody else', async (t) => {
  await rolledBack(database.pool, async (client) => {
    await client.query('create function bulkhead.later() returns integer language sql return 1');
    const { rows } = await client.query(
      "select has_function_privilege('bulkhead_api', 'bulkhead.later()', 'execute') as may",
    );
    t.false(rows[0].may);
  });
});
