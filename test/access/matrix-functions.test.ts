/** Every function of the API × everybody × a suite of one's own, another one, and none. */
import test, { type ExecutionContext } from 'ava';
import { outcomeOf } from '../helpers/access.ts';
import type { Queryable } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { testRule } from '../helpers/lint.ts';
import { holdSuite } from '../helpers/operations.ts';
import { asToken } from '../helpers/roles.ts';
import { openSession } from '../helpers/waits.ts';
import { type Callable, callWith, entryOf, pointersOf, readCallable } from './callable.ts';
import { functions, values } from './functions-table.ts';
import {
  type Actor,
  actorNamed,
  makeWorld,
  may,
  nowhere,
  type Place,
  type World,
  withoutNames,
} from './world.ts';

const database = useDatabase(test);
let world: World;

test.serial.before('build the world', async () => {
  world = await makeWorld(database.pool);
});

type Cell = { actor: Actor; callable: Callable; pointer: string; client: Queryable };

/** What somebody is answered for a suite that is there. */
async function checkCell(
  t: ExecutionContext,
  { actor, callable, pointer, client }: Cell,
  place: Place,
) {
  const entry = entryOf(callable.name);
  const name = `${callable.name}(${pointer} of ${place.slug}) as ${actor.name}`;
  const outcome = await callWith(client, world, callable, pointer, place);
  // The other suite that a function names has to be open to the caller as well.
  const elsewhere = pointersOf(callable).length === 1 || may(actor, entry.takes, world.shared);
  if (actor.roleIn(place) === null) {
    const unknown = nowhere(place);
    const none = await callWith(client, world, callable, pointer, unknown);
    t.is(withoutNames(outcome, place), withoutNames(none, unknown), `${name}: as an unknown one`);
    if (entry.hidden === 'rows') t.is(outcome.code, 'ok', name);
    else
      t.true(
        [entry.hidden ?? 'TCNSU', ...(elsewhere ? [] : ['42501'])].includes(outcome.code),
        name,
      );
  } else if (may(actor, entry.takes, place) && elsewhere) {
    t.is(outcome.code, entry.answers ?? 'ok', `${name}: ${JSON.stringify(outcome)}`);
  } else {
    // Nobody at all does not get as far as the second suite.
    const refusals = [entry.below ?? '42501', ...(actor.roleIn(world.shared) ? [] : ['TCNSU'])];
    t.true(refusals.includes(outcome.code), `${name}: ${JSON.stringify(outcome)}`);
  }
}

test.serial(
  'each function refuses whoever has too little, and knows no suite that one may not see',
  async (t) => {
    const all = await readCallable(database.pool);
    let cells = 0;
    for (const actor of world.actors) {
      await asToken(database, actor.secret, async (client) => {
        for (const callable of all) {
          for (const pointer of pointersOf(callable)) {
            for (const place of [world.own, world.other]) {
              await checkCell(t, { actor, callable, pointer, client }, place);
              cells += 1;
            }
            const none = await callWith(client, world, callable, pointer, nowhere(world.own));
            const { hidden = 'TCNSU', takes, below = '42501' } = entryOf(callable.name);
            const allowed = [hidden === 'rows' ? 'ok' : hidden];
            if (pointersOf(callable).length > 1 && !may(actor, takes, world.shared))
              allowed.push(below);
            t.true(
              allowed.includes(none.code),
              `${callable.name} of nothing: ${JSON.stringify(none)}`,
            );
            cells += 1;
          }
        }
      });
    }
    t.log(`${cells} cells of functions that name a suite`);
    t.true(cells >= 700, `${cells} cells`);
  },
);

test.serial('each function that names no suite takes what it says', async (t) => {
  const all = (await readCallable(database.pool)).filter((one) => pointersOf(one).length === 0);
  let cells = 0;
  for (const actor of world.actors) {
    await asToken(database, actor.secret, async (client) => {
      for (const callable of all) {
        const { takes } = entryOf(callable.name);
        const outcome = await callWith(client, world, callable, null, world.own);
        const expected = may(actor, takes, world.own) ? 'ok' : '42501';
        t.is(
          outcome.code,
          expected,
          `${callable.name} as ${actor.name}: ${JSON.stringify(outcome)}`,
        );
        cells += 1;
      }
    });
  }
  t.log(`${cells} cells of functions that name none`);
  t.true(cells >= 70, `${cells} cells`);
});

test.serial('an append that updates takes an editor', async (t) => {
  for (const actor of world.actors) {
    const { code } = await asToken(database, actor.secret, (client) =>
      outcomeOf(client, "select from bulkhead.append_cases($1, $2, 'update')", [
        world.own.id,
        values.cases,
      ]),
    );
    const refused = actor.roleIn(world.own) === null ? 'TCNSU' : '42501';
    t.is(code, may(actor, 'editor', world.own) ? 'ok' : refused, actor.name);
  }
});

test.serial(
  'no call waits for anything of a suite that one may not see, and so takes no longer for one',
  async (t) => {
    const busy = await openSession(t, database);
    await busy.query('begin');
    for (const [table, key] of [
      ['test_suites', 'id'],
      ['test_cases', 'suite_id'],
      ['suite_tags', 'suite_id'],
      ['suite_members', 'suite_id'],
      ['bulk_operations', 'suite_id'],
    ])
      await busy.query(`select from bulkhead.${table} where ${key} = $1 for update`, [
        world.other.id,
      ]);
    await holdSuite(busy, world.other.id);
    let calls = 0;
    for (const actor of world.actors.filter((one) => one.roleIn(world.other) === null)) {
      await asToken(database, actor.secret, async (client) => {
        await client.query("set local lock_timeout = '2s'");
        for (const callable of await readCallable(database.pool)) {
          for (const pointer of pointersOf(callable)) {
            const { code } = await callWith(client, world, callable, pointer, world.other);
            t.not(code, '55P03', `${callable.name} as ${actor.name} waited`);
            calls += 1;
          }
        }
      });
    }
    // What is locked is waited for by those who see it.
    await asToken(database, actorNamed(world, 'owner of another suite').secret, async (client) => {
      await client.query("set local lock_timeout = '2s'");
      const { code } = await outcomeOf(client, 'select from bulkhead.archive_suite($1)', [
        world.other.id,
      ]);
      t.is(code, '55P03');
    });
    t.log(`${calls} calls`);
  },
);

testRule(test, database, {
  rule: 'every function that a request may execute is in the table of roles, and nothing else is',
  sql: `
    select coalesce(p.proname, 'gone: ' || e.name) as problem
    from (
      select p.proname::text from pg_proc p
      where p.pronamespace = 'bulkhead'::regnamespace and has_function_privilege('bulkhead_user', p.oid, 'execute')
    ) p
    full join unnest('{${Object.keys(functions).join(',')}}'::text[]) as e (name) on e.name = p.proname
    where p.proname is null or e.name is null`,
  broken: [
    {
      by: `create function bulkhead.new_one(suite_id bigint) returns bigint language sql return suite_id;
        grant execute on function bulkhead.new_one(bigint) to bulkhead_user`,
      reports: /^new_one$/,
    },
    { by: 'drop function bulkhead.use_token(text)', reports: /^gone: use_token$/ },
  ],
});
