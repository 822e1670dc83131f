/** Answers that would tell of a suite that one may not see: errors, conflicts, ids, keys. */
import test from 'ava';
import { makeToken, outcomeOf } from '../helpers/access.ts';
import { append, call, callOne, type Operation, type Queryable } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { refuses } from '../helpers/errors.ts';
import { operate, read } from '../helpers/operations.ts';
import { asToken } from '../helpers/roles.ts';
import { argumentsOf, type Callable, pointersOf, readCallable } from './callable.ts';
import { values } from './functions-table.ts';
import { actorNamed, makeWorld, nowhere, type Place, type World, withoutNames } from './world.ts';

const database = useDatabase(test);
let world: World;

test.serial.before('build the world', async () => {
  world = await makeWorld(database.pool);
});

const asOwner = <T>(work: Parameters<typeof asToken<T>>[2]) =>
  asToken(database, actorNamed(world, 'owner').secret, work);

/** What an argument can be given that makes little sense, by its type. */
const nonsense: Record<string, unknown[]> = {
  text: [null, '', '~~(', 'x'.repeat(5000), 'token:1', "'; select 1; --"],
  'text[]': [null, [], ['', null, '~~('], ['x'.repeat(5000)]],
  bigint: [null, '0', '-1', '9223372036854775807'],
  'bigint[]': [null, [], ['-1', null]],
  integer: [null, 0, -1, 2147483647],
  real: [null, 'NaN', '-Infinity', 7],
  boolean: [null, false, true],
  jsonb: [null, '[]', '{}', '"x"', '[{"input": null}]'],
  'timestamp with time zone': [null, 'infinity', '-infinity'],
};

/** Calls with each argument in turn made nonsense; what points to the suite is the place. */
async function* callsOf(client: Queryable, callable: Callable, place: Place) {
  const pointers = pointersOf(callable);
  for (const bad of callable.arguments.filter(({ name }) => !pointers.includes(name))) {
    const given = [...new Set([...argumentsOf(callable), bad])];
    for (const value of nonsense[bad.type] ?? [null]) {
      const made = given.map(({ name }) => {
        if (name === bad.name) return value;
        const usual = values[`${callable.name}.${name}`] ?? values[name];
        return typeof usual === 'function' ? usual(place) : usual;
      });
      const list = given.map(({ name, type }, index) => `${name} => $${index + 1}::${type}`);
      const sql = `select * from bulkhead.${callable.name}(${list.join(', ')}) as result`;
      yield {
        what: `${callable.name}(${bad.name} => ${value})`,
        outcome: await outcomeOf(client, sql, made),
      };
    }
  }
}

test.serial(
  'whatever else is wrong with a call, a hidden suite and an unknown one are answered alike',
  async (t) => {
    let compared = 0;
    const unknown = nowhere(world.other);
    const callables = (await readCallable(database.pool)).filter(
      (one) => pointersOf(one).length > 0,
    );
    await asOwner(async (client) => {
      for (const callable of callables) {
        const hidden = callsOf(client, callable, world.other);
        for await (const none of callsOf(client, callable, unknown)) {
          const one = (await hidden.next()).value;
          t.is(
            one && withoutNames(one.outcome, world.other),
            withoutNames(none.outcome, unknown),
            none.what,
          );
          compared += 1;
        }
      }
    });
    t.log(`${compared} calls compared`);
    t.true(compared > 400, `${compared}`);
  },
);

test.serial(
  'an id of another suite, named with one of one’s own, is as unknown as any',
  async (t) => {
    const nothing = nowhere(world.other);
    const { rows } = await database.pool.query(
      'select id from bulkhead.test_cases where suite_id = $1 order by id',
      [world.other.id],
    );
    const theirs = rows.map((row) => row.id);
    await asOwner(async (client) => {
      const suite_id = world.own.id;
      for (const name of [
        'cancel_operation',
        'undo_operation',
        'retry_operation',
        'operation_changes',
      ]) {
        const answers = [];
        for (const operation_id of [...Object.values(world.other.operations), '799999998']) {
          const sql = `select * from bulkhead.${name}($1, $2)`;
          const outcome = await outcomeOf(client, sql, [suite_id, operation_id]);
          t.is(outcome.code, 'TCNOP', name);
          answers.push(JSON.stringify(outcome).replaceAll(operation_id, '<operation>'));
        }
        t.is(new Set(answers).size, 1, name);
      }
      t.deepEqual(await call(client, 'find_cases', { suite_id, case_ids: theirs }), []);
      t.like(await callOne(client, 'count_cases', { suite_id, case_ids: theirs }), {
        count_cases: '0',
      });
      for (const [name, args] of [
        ['bulk_tag', { add: ['rag'] }],
        ['bulk_set_status', { set_status: 'archived' }],
        ['bulk_delete', {}],
        ['bulk_copy', { into_suite_id: world.shared.id }],
      ] as const)
        t.like(
          await callOne<Operation>(client, name, { suite_id, case_ids: theirs, ...args }),
          { total: '0' },
          name,
        );
      const member = async (place: Place) =>
        withoutNames(
          await outcomeOf(client, 'select * from bulkhead.remove_member($1, $2)', [
            suite_id,
            place.member,
          ]),
          place,
        );
      t.is(
        await member(world.other),
        await member({ ...nothing, member: 'person:nobody@example.com' }),
      );
    });
  },
);

test.serial(
  'a token of another suite can be neither seen, nor revoked, nor made a member to be seen',
  async (t) => {
    const nothing = nowhere(world.other);
    await asOwner(async (client) => {
      for (const sql of [
        "select * from bulkhead.set_member($1, $2, 'viewer')",
        "select * from bulkhead.set_member($1, $2, 'owner')",
        'select * from bulkhead.revoke_token($2, $1)',
        'select * from bulkhead.revoke_token($2, null) where $1::bigint is not null',
      ]) {
        const ask = (place: Place) => outcomeOf(client, sql, [world.own.id, place.spare.principal]);
        const theirs = await ask(world.other);
        t.is(theirs.code, 'TCNTK', sql);
        t.is(withoutNames(theirs, world.other), withoutNames(await ask(nothing), nothing), sql);
      }
      // One's own, from another suite that one owns, can come along.
      const mine = await makeToken(client, 'viewer', [world.shared.id]);
      await call(client, 'set_member', {
        suite_id: world.own.id,
        principal: mine.principal,
        role: 'editor',
      });
      const { rows } = await client.query(
        'select hint from bulkhead.suite_tokens where suite_id = $1',
        [world.own.id],
      );
      t.true(rows.some((row) => row.hint === mine.hint));
      t.false(rows.some((row) => row.hint === world.other.spare.hint));
    });
  },
);

test.serial(
  'a key or a slug that another suite has is no conflict, and tells nothing',
  async (t) => {
    await asOwner(async (client) => {
      for (const external_key of [`key-of-${world.other.slug}`, 'a-key-of-nobody']) {
        const [made] = await append(client, world.own.id, [{ external_key }]);
        t.is(made?.outcome, 'inserted');
        const { rowCount } = await client.query(
          'update bulkhead.test_cases set external_key = $2 where suite_id = $1 and external_key = $3',
          [world.own.id, `${external_key}-2`, external_key],
        );
        t.is(rowCount, 1);
      }
      const taken = await outcomeOf(client, 'select bulkhead.create_suite($1)', [world.other.slug]);
      t.deepEqual(
        taken,
        await outcomeOf(client, 'select bulkhead.create_suite($1)', ['free-slug']),
      );
      t.is(taken.code, '42501');
      await refuses(
        t,
        client,
        () => client.query('update bulkhead.test_suites set slug = $1', [world.other.slug]),
        { code: '42501' },
      );
    });
  },
);

test.serial('rows cannot be brought in from elsewhere, nor rows of others locked', async (t) => {
  await asOwner(async (client) => {
    for (const suite of [world.other.id, '799999998']) {
      for (const sql of [
        `insert into bulkhead.test_cases (suite_id, input) values (${suite}, '1')`,
        `insert into bulkhead.suite_members (suite_id, principal, role) values (${suite}, 'person:x', 'owner')`,
        `update bulkhead.test_cases set suite_id = ${suite}`,
        `update bulkhead.suite_members set suite_id = ${suite}`,
      ])
        t.is((await outcomeOf(client, sql)).code, '42501', sql);
    }
    for (const table of ['test_cases', 'test_suites']) {
      const key = table === 'test_cases' ? 'suite_id' : 'id';
      const { rows } = await client.query(
        `select distinct ${key} as id from (select ${key} from bulkhead.${table} for update) x`,
      );
      t.deepEqual(rows.map((row) => row.id).sort(), [world.own.id, world.shared.id], table);
    }
    for (const table of ['suite_members', 'principals', 'bulk_operations', 'suite_tags'])
      t.is(
        (await outcomeOf(client, `select from bulkhead.${table} for share`)).code,
        '42501',
        table,
      );
    for (const mode of ['row exclusive', 'share', 'exclusive', 'access exclusive'])
      t.is(
        (await outcomeOf(client, `lock table bulkhead.test_suites in ${mode} mode`)).code,
        '42501',
        mode,
      );
  });
});

test.serial(
  'what somebody else has copied between two suites can be undone or retried by whoever edits both, only',
  async (t) => {
    const suites = { suite_id: world.own.id, into_suite_id: world.other.id };
    const copy = await operate(database.pool, 'bulk_copy', {
      ...suites,
      external_keys: [`key-of-${world.own.slug}`],
    });
    t.like(copy, { state: 'succeeded', changed: '1' });
    const stopped = await callOne<Operation>(database.pool, 'bulk_tag', {
      suite_id: world.own.id,
      all_cases: true,
      add: ['stop'],
    });
    await database.pool.query(
      `update bulkhead.bulk_operations set kind = 'copy', parameters = $3 where suite_id = $1 and id = $2`,
      [world.own.id, stopped.id, JSON.stringify({ into_suite_id: Number(world.other.id) })],
    );
    await call(database.pool, 'cancel_operation', {
      suite_id: world.own.id,
      operation_id: stopped.id,
    });
    t.like(await read(database.pool, stopped), { kind: 'copy' });
    for (const name of ['editor', 'owner', 'admin']) {
      await asToken(database, actorNamed(world, name).secret, async (client) => {
        for (const [fn, id] of [
          ['undo_operation', copy.id],
          ['retry_operation', stopped.id],
        ] as const) {
          const { code } = await outcomeOf(client, `select bulkhead.${fn}($1, $2)`, [
            world.own.id,
            id,
          ]);
          t.is(code, name === 'admin' ? '42501' : 'TCNOP', `${fn} as ${name}`);
        }
      });
    }
  },
);

test.serial(
  'holding the locks of others lets nobody in, and keeps nobody from appending',
  async (t) => {
    await asToken(
      database,
      actorNamed(world, 'owner of another suite').secret,
      async (stranger) => {
        await stranger.query(
          `select pg_advisory_xact_lock(hashtextextended('bulkhead.operations_of_suite', $1)),
        pg_advisory_xact_lock(hashtextextended('bulkhead token ' || $2, 0))`,
          [world.own.id, actorNamed(world, 'appender').principal],
        );
        t.is(
          (await outcomeOf(stranger, 'select bulkhead.count_cases($1)', [world.own.id])).code,
          'TCNSU',
        );
        await asToken(database, actorNamed(world, 'appender').secret, async (client) => {
          await client.query("set local lock_timeout = '2s'");
          t.is((await append(client, world.own.id, [{ input: 'at once' }])).length, 1);
        });
      },
    );
  },
);
