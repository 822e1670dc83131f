/** Each check of the doctor is shown a database with the fault, and one that its own advice has mended. */
import test from 'ava';
import type pg from 'pg';
import { findUnquoted } from '../../src/commands/doctor/dynamic-sql.ts';
import { examine } from '../../src/commands/doctor.ts';
import type { OpenDatabase } from '../../src/database/open.ts';
import { makeToken } from '../helpers/access.ts';
import { runBulkhead } from '../helpers/bulkhead.ts';
import { callOne, makeSuite } from '../helpers/cases.ts';
import { makeDatabase, rolledBack, useDatabase } from '../helpers/database.ts';
import { limitLogin } from '../helpers/doctor.ts';
import {
  dataFaults,
  grantFaults,
  makeFunction,
  objectFaults,
  roleFaults,
} from './doctor-faults.ts';

const database = useDatabase(test);

/** What the doctor says beside "all is well", and the commands that it gives. */
async function consult(client: pg.ClientBase) {
  const findings = await examine(client, {
    ownerUrl: database.ownerUrl,
    apiUrl: async () => database.apiUrl,
  } as OpenDatabase);
  const found = findings.filter(({ breaches, level }) => breaches.length > 0 && level !== 'note');
  return {
    lines: found.map(
      ({ level, name, breaches }) =>
        `${level === 'failure' ? '✖' : '!'} ${name}: ${breaches.map(({ problem }) => problem).join(', ')}`,
    ),
    mends: found.flatMap(({ breaches }) => breaches.map(({ mend }) => mend)),
  };
}

test.serial.before('the limits of a migrated database', () =>
  limitLogin(database.pool, database.name),
);

test.serial('a migrated database is in order', async (t) => {
  await rolledBack(database.pool, async (client) => {
    t.deepEqual(await consult(client), { lines: [], mends: [] });
  });
});

// In transactions that are rolled back: a role belongs to the whole server, and so to the other tests too.
for (const { by, finds } of [...roleFaults, ...grantFaults, ...objectFaults, ...dataFaults])
  test.serial(`named, and mended as told: ${by.replace(/\s+/g, ' ')}`, async (t) => {
    await rolledBack(database.pool, async (client) => {
      const before = await readGrants(client);
      await client.query(by.replace(':name', database.name));
      const { lines, mends } = await consult(client);
      t.is(lines.length, 1, lines.join('\n'));
      t.regex(lines[0] ?? '', finds);
      for (const mend of mends) await client.query(mend);
      t.deepEqual((await consult(client)).lines, []);
      t.deepEqual(await readGrants(client), before, 'the advice took more than was too much');
    });
  });

/** What bulkhead_user may do with tables and columns. */
async function readGrants(client: pg.ClientBase) {
  const { rows } = await client.query(
    `select c.oid::regclass::text, c.relacl::text, a.attname, a.attacl::text
     from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attacl::text like '%bulkhead_user%'
     where c.relnamespace = 'bulkhead'::regnamespace and c.relkind in ('r', 'p', 'v') order by 1, 3`,
  );
  return rows.map((row) => ({
    ...row,
    relacl: row.relacl?.replace(/[{}]/g, '').split(',').sort(),
  }));
}

test.serial('tokens that never expire, or did long ago, are named', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite = await makeSuite(client);
    const forever = await makeToken(client, 'viewer', [suite], {
      name: 'ci',
      expires_in_days: null,
    });
    const old = await makeToken(client, 'viewer', [suite]);
    await client.query(
      "update bulkhead_private.credentials set expires_at = '2020-02-03' where principal = $1",
      [old.principal],
    );
    await makeToken(client, 'viewer', [suite]);
    const { lines, mends } = await consult(client);
    t.deepEqual(lines, [
      `! tokens come to an end: ${forever.principal} (ci) never expires, ${old.principal} expired on 2020-02-03`,
    ]);
    t.deepEqual(mends, [
      `bulkhead token revoke ${forever.principal}`,
      `bulkhead token revoke ${old.principal}`,
    ]);
  });
});

test.serial('statistics that know single suites are named, and taken away as told', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const partition = 'bulkhead_partitions.test_cases_07';
    await client.query(`alter table ${partition} alter column suite_id set statistics 10`);
    for (let n = 0; n < 100; n++) {
      const suite_id = await makeSuite(client);
      await callOne(client, 'append_cases', { suite_id, cases: '[{"input": "q"}]' });
    }
    await client.query(`analyze ${partition}`);
    const found = await consult(client);
    t.deepEqual(found.lines, [
      `! no statistics say which suites a table has: ${partition} collects them, ${partition} has some of before`,
    ]);
    const [collect, ...remove] = found.mends;
    await client.query(String(collect));
    t.deepEqual((await consult(client)).mends, remove, 'what was collected is there still');
    for (const mend of remove)
      if (mend.includes('as a superuser')) t.log(`not run: ${mend}`);
      else await client.query(mend);
    const { lines } = await consult(client);
    t.is(lines.length, remove.some((mend) => mend.includes('as a superuser')) ? 1 : 0);
  });
});

test.serial('text that is executed without being quoted is named', async (t) => {
  await rolledBack(database.pool, async (client) => {
    await client.query(makeFunction("execute 'select ' || a;"));
    const { lines } = await consult(client);
    t.is(lines.length, 1);
    t.regex(lines[0] ?? '', /nothing has quoted: bulkhead_private.f\(text\)$/);
    await client.query(makeFunction("execute format('select %L', a);"));
    t.deepEqual((await consult(client)).lines, []);
  });
});

test('what counts as quoted', (t) => {
  const quoted = [
    "execute 'select 1; select 2' using a;",
    "execute format('select %I, %L', a, b) into c;",
    "execute format('select %1$I, ' '%2$L', a, b);",
    "execute 'select ' || quote_ident(a) || ' from ' || quote_literal(b);",
    "return query execute bulkhead_private.selection_source(a) || ' limit $4' using b;",
    "-- execute a\nperform 'execute a';",
    "for r in execute 'select 1' loop null; end loop;",
  ];
  for (const body of quoted) t.deepEqual(findUnquoted('f', body), [], body);
  const unquoted = [
    'execute a;',
    "execute 'select ' || a using b;",
    "execute format('select %s', a);",
    "execute format('select %1$s', a);",
    "execute format('select %I', a) || b;",
    'execute format(a, b);',
    "for r in execute 'select ' || a loop null; end loop;",
    "execute 'select 1'; execute 'it''s; ' || a;",
  ];
  for (const body of unquoted) t.is(findUnquoted('f', body).length, 1, body);
});

test('a database with several faults is mended by running what the doctor prints', async (t) => {
  const { ownerUrl, apiUrl, pool } = await makeDatabase(t);
  const environment = { DATABASE_URL: ownerUrl, BULKHEAD_API_DATABASE_URL: apiUrl };
  await pool.query(`
    grant select on all tables in schema bulkhead to public;
    alter table bulkhead.test_cases disable row level security;
    alter function bulkhead.me() reset search_path`);
  const broken = await runBulkhead(t, ['doctor'], environment);
  t.is(broken.code, 1);
  t.is(broken.output.match(/^✖/gm)?.length, 3, broken.output);
  t.regex(broken.output, /! the API's login has limits/);
  // more tables than it names at once
  t.regex(broken.output, /PUBLIC: relation \S+, relation \S+, relation \S+ and \d+ more$/m);

  for (const [, mend = ''] of broken.output.matchAll(/to mend it: (.*;)/g)) await pool.query(mend);
  const second = await runBulkhead(t, ['doctor'], environment);
  for (const [, mend = ''] of second.output.matchAll(/to mend it: (.*;)/g)) await pool.query(mend);
  const mended = await runBulkhead(t, ['doctor'], environment);
  t.is(mended.code, 0, mended.output);
  t.notRegex(mended.output, /[✖!]/);
  t.regex(mended.output, /· somebody is an admin: nobody yet/);
});

test('the owner as the API login is a warning', async (t) => {
  const { name, ownerUrl, pool } = await makeDatabase(t);
  await limitLogin(pool, name);
  const { code, output } = await runBulkhead(t, ['doctor'], { DATABASE_URL: ownerUrl });
  t.is(code, 0, output);
  t.regex(
    output,
    /! .*the worker's: the API connects as the owner\n +to mend it: set BULKHEAD_API/,
  );
});
