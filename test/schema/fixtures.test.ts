/** The fixtures are what is installed: applying each of them again changes nothing. */
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { projectDir } from '../../src/config.ts';
import type { Queryable } from '../helpers/cases.ts';
import { rolledBack, useDatabase } from '../helpers/database.ts';
import { ourSchemas } from '../helpers/lint.ts';

const database = useDatabase(test);

/** Every replaceable object with its definition, its comment and its grants. */
async function definitions(client: Queryable): Promise<Record<string, string>> {
  const { rows } = await client.query(`
    select p.oid::regprocedure::text as name,
      concat_ws(e'\\n', pg_get_functiondef(p.oid), obj_description(p.oid, 'pg_proc'), p.proacl) as definition
    from pg_proc p
    where p.pronamespace::regnamespace::text in ${ourSchemas}
      and not exists (
        select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
      )
    union all
    select c.oid::regclass::text,
      concat_ws(e'\\n', pg_get_viewdef(c.oid), c.reloptions, obj_description(c.oid, 'pg_class'), c.relacl)
    from pg_class c where c.relnamespace::regnamespace::text in ${ourSchemas} and c.relkind = 'v'
    union all
    select format('%s on %s', t.tgname, t.tgrelid::regclass), pg_get_triggerdef(t.oid)
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace::regnamespace::text in ${ourSchemas} and not t.tgisinternal
    union all
    select format('grants on %s', c.oid::regclass), concat_ws(' ', c.relacl, (
      select string_agg(a.attname || a.attacl::text, ' ' order by a.attname) from pg_attribute a where a.attrelid = c.oid and a.attacl is not null
    ))
    from pg_class c where c.relnamespace::regnamespace::text in ${ourSchemas} and c.relkind in ('r', 'p')
    order by name`);
  return Object.fromEntries(rows.map((row) => [row.name, row.definition]));
}

/** What is not the same in both, with the first line that differs. */
function differences(before: Record<string, string>, after: Record<string, string>) {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .map((name) => {
      const was = (before[name] ?? '').split('\n');
      const is = (after[name] ?? '').split('\n');
      const at = is.findIndex((line, index) => line !== was[index]);
      return `${name}: ${was[at]} → ${is[at]}`;
    });
}

async function readFixtures(): Promise<{ path: string; sql: string }[]> {
  const folder = join(projectDir, 'migrations/fixtures');
  const names = await fs.readdir(folder, { recursive: true });
  const paths = names.filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    paths.map(async (path) => ({ path, sql: await fs.readFile(join(folder, path), 'utf8') })),
  );
}

// One after the other: they define the same objects.
test.serial('each fixture applied again to a migrated database changes nothing', async (t) => {
  const fixtures = await readFixtures();
  t.true(fixtures.length > 50);
  await rolledBack(database.pool, async (client) => {
    const before = await definitions(client);
    for (const { path, sql } of fixtures) {
      await t.notThrowsAsync(client.query(sql), path);
    }
    t.deepEqual(differences(before, await definitions(client)), []);
  });
});

test.serial('a fixture that is not installed as it stands would be noticed', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const before = await definitions(client);
    await client.query("comment on function bulkhead.suite_id(text) is 'another'");
    await client.query('revoke update on bulkhead.test_cases from bulkhead_user');
    const after = await definitions(client);
    t.not(after['bulkhead.suite_id(text)'], before['bulkhead.suite_id(text)']);
    t.not(after['grants on bulkhead.test_cases'], before['grants on bulkhead.test_cases']);
  });
});

test('every function and view comes from a fixture of its name', async (t) => {
  const fixtures = new Map(
    (await readFixtures()).map(({ path, sql }) => [path.replace(/^.*\/|\.sql$/g, ''), sql]),
  );
  for (const name of Object.keys(await definitions(database.pool))) {
    const object = /^(?:bulkhead|bulkhead_private)\.(\w+)(?:\(|$)/.exec(name)?.[1];
    if (object) t.true(fixtures.has(object), `${name} has no fixture`);
  }
});
