/** What a principal may reach is kept beside the memberships: the two say the same, whatever happens at once. */
import test from 'ava';
import { makeSession, makeToken, roles, visibleSuites } from '../../helpers/access.ts';
import { append, call, makeSuite, type Queryable } from '../../helpers/cases.ts';
import { makeDatabase, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { listen } from '../../helpers/operations-watch.ts';
import { makeRandom, type Random } from '../../helpers/random.ts';
import { asToken } from '../../helpers/roles.ts';
import { openSession, until } from '../../helpers/waits.ts';

const database = useDatabase(test);

/** Principals whose ranges are not those of their memberships. */
const differences = `
  with wanted as (
    select p.name as principal,
      ${roles
        .map(
          (role, rank) => `coalesce(range_agg(int8range(m.suite_id, m.suite_id, '[]')) filter (
            where array_position('{viewer,appender,editor,owner}', m.role) > ${rank}), '{}') as ${role}`,
        )
        .join(',\n')}
    from bulkhead.principals p left join bulkhead.suite_members m on m.principal = p.name
    group by p.name
  )
  select w.principal, w.viewer, s.viewer as kept
  from wanted w left join bulkhead_private.principal_suites s using (principal)
  where ${roles.map((role) => `w.${role} is distinct from coalesce(s.${role}, '{}')`).join(' or ')}`;

type Places = { suites: string[]; principals: string[] };

/** One change of a membership that comes to mind; a principal that is no member is removed in vain. */
async function change(client: Queryable, random: Random, { suites, principals }: Places) {
  const [suite_id, principal] = [random.pick(suites), random.pick(principals)];
  try {
    if (random.chance(0.35)) await call(client, 'remove_member', { suite_id, principal });
    else await call(client, 'set_member', { suite_id, principal, role: random.pick(roles) });
  } catch (error) {
    if ((error as { code?: string }).code !== 'TCNMB') throw error;
    await client.query('rollback; begin');
  }
}

test('after a random series of changes from several connections, each reaches what the memberships say', async (t) => {
  const seed = 20261121;
  const suites: string[] = [];
  for (let n = 0; n < 12; n++) suites.push(await makeSuite(database.pool));
  const principals = ['person:ada', 'person:bob', 'group:evals', 'role:nobody'];
  await Promise.all(
    [1, 2, 3, 4].map(async (worker) => {
      const random = makeRandom(seed + worker);
      const session = await openSession(t, database);
      for (let step = 0; step < 150; step++) {
        await session.query('begin');
        await change(session, random, { suites, principals });
        await session.query(random.chance(0.2) ? 'rollback' : 'commit');
      }
    }),
  );
  t.deepEqual((await database.pool.query(differences)).rows, []);
  const { rows } = await database.pool.query(
    'select count(*)::integer as n from bulkhead.suite_members',
  );
  t.true(rows[0].n > 10, 'there is something to compare');
  await compareWithRequests(t, { suites, principals });
  for (const suite_id of suites.slice(0, 6))
    await call(database.pool, 'delete_suite', { suite_id });
  t.deepEqual((await database.pool.query(differences)).rows, []);
  await compareWithRequests(t, { suites, principals });
});

/** What a request of each sees is what it is a member of. */
async function compareWithRequests(
  t: { deepEqual: (a: unknown, b: unknown) => boolean },
  { principals }: Places,
) {
  for (const principal of principals.filter((name) => !name.startsWith('role:'))) {
    const { rows: members } = await database.pool.query(
      'select suite_id as id, role from bulkhead.suite_members where principal = $1 order by suite_id',
      [principal],
    );
    const seen = await asToken(database, await makeSession(database.pool, principal), (client) =>
      client.query(
        'select id, bulkhead.test_suites_my_role(s) as role from bulkhead.test_suites s order by id',
      ),
    );
    t.deepEqual(seen.rows, members);
  }
}

test('the comparison sees what is wrong', async (t) => {
  const suite_id = await makeSuite(database.pool);
  await call(database.pool, 'set_member', { suite_id, principal: 'person:eve', role: 'viewer' });
  const client = await database.pool.connect();
  try {
    await client.query('begin');
    await client.query(
      "update bulkhead_private.principal_suites set owner = viewer where principal = 'person:eve'",
    );
    t.is((await client.query(differences)).rowCount, 1);
  } finally {
    await client.query('rollback');
    client.release();
  }
});

test('a TRUNCATE of the memberships takes away what they had given, and tells subscriptions', async (t) => {
  const own = await makeDatabase(t);
  const [session, heard] = [await openSession(t, own), [] as (string | undefined)[]];
  session.on('notification', ({ payload }) => heard.push(payload));
  await listen(session, 'access');
  const suites = [await makeSuite(own.pool), await makeSuite(own.pool)];
  const { token, principal } = await makeToken(own.pool, 'owner', suites);
  t.deepEqual(await asToken(own, token, visibleSuites), suites);
  await session.query('select 1');
  heard.length = 0;
  await own.pool.query('truncate bulkhead.suite_members');
  t.deepEqual((await own.pool.query(differences)).rows, []);
  await asToken(own, token, async (client) => {
    t.deepEqual(await visibleSuites(client), []);
    const { rows } = await client.query(`select bulkhead.my_suites('viewer') as suites`);
    t.deepEqual(rows, [{ suites: [] }]);
    await refuses(t, client, () => append(client, suites[0] ?? '', [{}]), { code: 'TCNSU' });
  });
  await until('it is told', async () => heard.includes(principal));
});

test('bounds answer for every suite as the ranges do', async (t) => {
  const { rows } = await database.pool.query(`
    select r.ranges, n
    from unnest(array['{}', '{[1,1]}', '{[1,3],[5,5],[7,9]}', '{[2,2],[4,4]}', '{[9223372036854775806,9223372036854775806]}']::int8multirange[]) as r (ranges)
    cross join unnest(array[-9223372036854775808, -1, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 9223372036854775805, 9223372036854775806, 9223372036854775807]) as n
    where bulkhead.has_suite(bulkhead_private.bounds(r.ranges)::bigint[], n) is distinct from (r.ranges @> n::bigint)`);
  t.deepEqual(rows, []);
  const { rows: odd } = await database.pool.query(
    `select bulkhead.has_suite('{}', 1) as none, bulkhead.has_suite(null, 1) as null_list,
      bulkhead.has_suite('{0}', null) as null_suite, bulkhead.has_suite('{1}', 0) as instance`,
  );
  t.deepEqual(odd, [{ none: false, null_list: null, null_suite: null, instance: false }]);
});
