/** Every table and view of the API × everybody × a suite of one's own and another one. */
import test, { type ExecutionContext } from 'ava';
import { outcomeOf } from '../helpers/access.ts';
import type { Queryable } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { testRule } from '../helpers/lint.ts';
import { asToken } from '../helpers/roles.ts';
import { type Actor, makeWorld, may, type Place, type Takes, type World } from './world.ts';

const database = useDatabase(test);
let world: World;

test.serial.before('build the world', async () => {
  world = await makeWorld(database.pool);
});

type Entry = {
  /** What of a suite is in it. */
  rows: (place: Place) => string;
  reads: Takes;
  /** Rows that take more than the others. */
  closer?: { rows: (place: Place) => string; reads: Takes };
  edits?: { columns: string[]; takes: Takes };
  /** A view that reads with its owner's rights, and so has a condition of its own. */
  readsAsOwner?: true;
};

const bySuite = ({ id }: Place) => `suite_id = ${id}`;

/** A table or view of bulkhead that is not here is a mistake. */
const tables: Record<string, Entry> = {
  audit_log: {
    rows: ({ id }) => `suite_id = ${id} and subject <> all ('{member,token,principal}')`,
    reads: 'viewer',
    closer: {
      rows: ({ id }) => `suite_id = ${id} and subject = 'member'`,
      reads: 'owner or admin',
    },
  },
  bulk_operations: { rows: bySuite, reads: 'viewer' },
  principals: {
    // Everybody sees one more: oneself.
    rows: ({ slug }) =>
      `name <> bulkhead.current_principal() and display_name = 'secret token of ${slug}'`,
    reads: 'admin',
  },
  route_pulls: { rows: bySuite, reads: 'viewer' },
  suite_members: { rows: bySuite, reads: 'viewer' },
  suite_snapshots: { rows: bySuite, reads: 'viewer' },
  suite_tags: { rows: bySuite, reads: 'viewer' },
  suite_tokens: { rows: bySuite, reads: 'owner or admin', readsAsOwner: true },
  tag_cloud: { rows: bySuite, reads: 'viewer' },
  tag_routes: { rows: bySuite, reads: 'viewer' },
  test_case_tags: { rows: bySuite, reads: 'viewer' },
  test_case_versions: { rows: bySuite, reads: 'viewer' },
  test_cases: {
    rows: bySuite,
    reads: 'viewer',
    edits: { columns: ['external_key', 'input', 'expected_output', 'metadata'], takes: 'editor' },
  },
  test_suites: {
    rows: ({ id }) => `id = ${id}`,
    reads: 'viewer',
    edits: { columns: ['name', 'description', 'tag_policy'], takes: 'owner' },
  },
};

type Relation = { name: string; kind: 'table' | 'view'; columns: string[] };

async function readRelations(): Promise<Relation[]> {
  const { rows } = await database.pool.query(`
    select c.relname as name, case c.relkind when 'v' then 'view' else 'table' end as kind,
      array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'bulkhead'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
    group by c.relname, c.relkind order by c.relname`);
  return rows;
}

const entryOf = (name: string): Entry => {
  const entry = tables[name];
  if (!entry) throw new Error(`the table ${name} has no entry`);
  return entry;
};

async function count(client: Queryable, name: string, rows: string): Promise<number> {
  const { rows: found } = await client.query(
    `select count(*)::integer as rows from bulkhead.${name} where ${rows}`,
  );
  return found[0].rows;
}

/** Refused for want of a privilege, because a column is generated, or because a view is no table. */
const refusals = { table: ['42501', '428C9'], view: ['42501', '55000', '0A000', '42809'] };

type Cell = { client: Queryable; actor: Actor; relation: Relation; place: Place };

async function checkReading(t: ExecutionContext, { client, actor, relation, place }: Cell) {
  const entry = entryOf(relation.name);
  const parts = [entry, ...(entry.closer ? [entry.closer] : [])];
  for (const { rows, reads } of parts) {
    const there = await count(database.pool, relation.name, rows(place));
    const seen = await count(client, relation.name, rows(place));
    const name = `${relation.name} of ${place.slug} read by ${actor.name}`;
    t.true(there > 0, `${relation.name} has nothing of ${place.slug} that could be seen`);
    t.is(seen, may(actor, reads, place) ? there : 0, name);
  }
  return parts.length;
}

/** Each column alone: those that may be edited change the rows that may be edited, and no others. */
async function checkEditing(t: ExecutionContext, { client, actor, relation, place }: Cell) {
  const { rows, edits } = entryOf(relation.name);
  for (const column of relation.columns) {
    const name = `${relation.name}.${column} of ${place.slug} edited by ${actor.name}`;
    const sql = `update bulkhead.${relation.name} set ${column} = ${column} where ${rows(place)}`;
    const counted = `with edited as (${sql} returning 1) select count(*)::integer as rows from edited`;
    const outcome = await outcomeOf(client, counted);
    if (edits?.columns.includes(column)) {
      const there = await count(database.pool, relation.name, rows(place));
      const expected = may(actor, edits.takes, place) ? there : 0;
      t.deepEqual(outcome, { code: 'ok', rows: [{ rows: expected }] }, name);
    } else {
      t.true(refusals[relation.kind].includes(outcome.code), `${name}: ${JSON.stringify(outcome)}`);
    }
  }
  return relation.columns.length;
}

async function checkWriting(t: ExecutionContext, { client, actor, relation, place }: Cell) {
  const { name } = relation;
  const statements = [
    `insert into bulkhead.${name} default values`,
    `delete from bulkhead.${name} where ${entryOf(name).rows(place)}`,
    `merge into bulkhead.${name} using (values (1)) v on false when matched then delete`,
    `truncate bulkhead.${name}`,
    `copy bulkhead.${name} from stdin`,
  ];
  for (const sql of statements) {
    const { code } = await outcomeOf(client, sql);
    t.true(refusals[relation.kind].includes(code), `${sql} as ${actor.name}: ${code}`);
  }
  return statements.length;
}

test.serial(
  'each row is seen by whom its suite lets, and edited by whom it lets, column by column',
  async (t) => {
    const relations = await readRelations();
    let cells = 0;
    for (const actor of world.actors) {
      await asToken(database, actor.secret, async (client) => {
        for (const relation of relations) {
          for (const place of [world.own, world.other]) {
            const cell = { client, actor, relation, place };
            cells += await checkReading(t, cell);
            cells += await checkEditing(t, cell);
            cells += await checkWriting(t, cell);
          }
        }
      });
    }
    t.log(`${cells} cells of tables and views`);
    t.true(cells >= 1800, `${cells} cells`);
  },
);

test.serial(
  'all that is seen of all tables together is what one may see: no row comes without a suite',
  async (t) => {
    const relations = await readRelations();
    for (const actor of world.actors) {
      const places = [world.own, world.other, world.shared];
      await asToken(database, actor.secret, async (client) => {
        for (const { name, columns } of relations.filter((one) =>
          one.columns.includes('suite_id'),
        )) {
          const { rows } = await client.query(`select distinct suite_id from bulkhead.${name}`);
          const seen = places.filter((place) => may(actor, entryOf(name).reads, place));
          // 0 stands for the instance.
          const instance = name === 'audit_log' && actor.isAdmin ? ['0'] : [];
          const expected = [...instance, ...seen.map((place) => place.id)];
          t.deepEqual(
            rows.map((row) => row.suite_id).sort(),
            expected.sort(),
            `${name} (${columns.length} columns) as ${actor.name}`,
          );
        }
      });
    }
  },
);

test.serial('of the principals, everybody sees oneself, and an admin all', async (t) => {
  for (const { secret, principal, isAdmin } of world.actors) {
    const { rows } = await asToken(database, secret, (client) =>
      client.query('select name from bulkhead.principals'),
    );
    if (isAdmin) t.true(rows.length > 10);
    else
      t.deepEqual(
        rows.map((row) => row.name),
        principal ? [principal] : [],
      );
  }
});

const kinds = `c.relnamespace = 'bulkhead'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')`;

testRule(test, database, {
  rule: 'every table of the API has forced row-level security, every view reads as who asks, and each is in the matrix',
  sql: `
    select c.relname || ' has no row-level security' as problem
    from pg_class c
    where ${kinds} and c.relkind not in ('v') and not (c.relrowsecurity and c.relforcerowsecurity)
    union all
    select c.relname || ' reads as its owner'
    from pg_class c
    where ${kinds} and c.relkind = 'v' and not coalesce('security_invoker=true' = any (c.reloptions), false)
      and c.relname <> all ('{${Object.keys(tables)
        .filter((name) => tables[name]?.readsAsOwner)
        .join(',')}}')
    union all
    select c.relname || ' is not in the matrix'
    from pg_class c
    where ${kinds} and c.relname <> all ('{${Object.keys(tables).join(',')}}')
    union all
    select format('%s: %s lets in more than one suite''s people', p.tablename, p.policyname)
    from pg_policies p
    where p.schemaname = 'bulkhead' and p.roles && '{bulkhead_user,public}'
      and coalesce(p.qual, '') !~ 'my_suites|current_principal'`,
  broken: [
    {
      by: 'create table bulkhead.leak (suite_id bigint)',
      reports: /leak has no row-level security/,
    },
    { by: 'create table bulkhead.leak (suite_id bigint)', reports: /leak is not in the matrix/ },
    { by: 'create view bulkhead.leak as select 1 as suite_id', reports: /leak reads as its owner/ },
    {
      by: 'alter table bulkhead.test_cases no force row level security',
      reports: /test_cases has no row-level security/,
    },
    {
      by: 'alter table bulkhead.test_cases disable row level security',
      reports: /test_cases has no row-level security/,
    },
    {
      by: 'create policy all_in on bulkhead.suite_tags to bulkhead_user using (true)',
      reports: /suite_tags: all_in lets in/,
    },
  ],
});

test.serial('a new table without a policy is seen as a leak by the matrix itself', async (t) => {
  t.throws(() => entryOf('leak'), { message: /no entry/ });
  t.deepEqual(
    (await readRelations()).map(({ name }) => name),
    Object.keys(tables).sort(),
  );
});
