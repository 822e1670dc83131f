/** From a raw connection of the API's login: what the catalogue, sequences and channels give away. */
import test from 'ava';
import type pg from 'pg';
import { outcomeOf } from '../helpers/access.ts';
import { append, callOne, type Queryable } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { asToken } from '../helpers/roles.ts';
import { openSession } from '../helpers/waits.ts';
import { actorNamed, makeWorld, type World } from './world.ts';

const database = useDatabase(test);
let world: World;

test.serial.before('build the world', async () => {
  world = await makeWorld(database.pool);
});

const actor = (name: string) => actorNamed(world, name);
test.serial(
  'what holds the private parts is out of reach: each table and each function',
  async (t) => {
    const { rows } = await database.pool.query<{ kind: string; name: string }>(`
    select 'relation' as kind, format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('bulkhead_private', 'bulkhead_partitions', 'graphile_worker') and c.relkind in ('r', 'p', 'v', 'S')
    union all
    select 'function', p.oid::regprocedure::text
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('bulkhead_private', 'bulkhead_partitions', 'graphile_worker')`);
    await asToken(database, actor('admin').secret, async (client) => {
      for (const { name } of rows.filter((row) => row.kind === 'relation'))
        t.is((await outcomeOf(client, `select * from ${name}`)).code, '42501', name);
      const open = await database.pool.query(
        `select f.name from unnest($1::text[]) as f (name)
       where has_function_privilege('bulkhead_user', f.name, 'execute') and has_schema_privilege('bulkhead_user', 'bulkhead_private', 'usage')`,
        [rows.filter((row) => row.kind === 'function').map((row) => row.name)],
      );
      t.deepEqual(open.rows, []);
      for (const call of [
        'start_session($1, $1)',
        "sign_setting('owner', '{0}')",
        "set_signed('owner', '{0}')",
      ])
        t.is(
          (
            await outcomeOf(
              client,
              `select bulkhead_private.${call.replaceAll('$1', "'person:x'")}`,
            )
          ).code,
          '42501',
        );
    });
    t.log(`${rows.length} relations and functions`);
    t.true(rows.length > 150);
  },
);

test.serial(
  'sequences tell nothing: neither directly, nor by what the session itself has drawn',
  async (t) => {
    await asToken(database, actor('owner').secret, async (client) => {
      await append(client, world.own.id, [{ external_key: 'drawn' }]);
      for (const name of [
        'bulkhead.test_cases_id_seq',
        'bulkhead.test_suites_id_seq',
        'bulkhead.bulk_operations_id_seq',
      ]) {
        for (const sql of [
          `select nextval('${name}')`,
          `select currval('${name}')`,
          `select setval('${name}', 1)`,
          `select last_value from ${name}`,
        ]) {
          t.is((await outcomeOf(client, sql)).code, '42501', sql);
        }
        const asked = await outcomeOf(client, `select pg_sequence_last_value('${name}') as last`);
        // Refused before PostgreSQL 18, and nothing since.
        const { rows = [] } = { ...asked } as { rows?: unknown[] };
        t.true(asked.code === '42501' || JSON.stringify(rows) === '[{"last":null}]', name);
      }
      t.is((await outcomeOf(client, 'select lastval()')).code, '42501');
      const listed = await outcomeOf(
        client,
        "select from pg_sequences where schemaname ~ '^bulkhead' and last_value is not null",
      );
      const { rows = [] } = { ...listed } as { rows?: unknown[] };
      t.deepEqual(rows, []);
    });
  },
);

test.serial('no source, comment or setting holds the key or a secret', async (t) => {
  const { rows: keys } = await database.pool.query(
    "select encode(inner_pad, 'hex') as inner, encode(outer_pad, 'hex') as outer from bulkhead_private.signing_key",
  );
  await asToken(database, actor('viewer').secret, async (client) => {
    const { rows } = await client.query(`
      select string_agg(text, ' ') as all from (
        select pg_get_functiondef(p.oid) as text from pg_proc p where p.pronamespace::regnamespace::text ~ '^bulkhead' and p.prokind = 'f'
        union all select description from pg_description
        union all select setting from pg_settings
        union all select pg_get_expr(adbin, adrelid) from pg_attrdef
        union all select qual from pg_policies
      ) as t`);
    const text: string = rows[0].all;
    t.regex(text, /signing_key/);
    t.notRegex(text, /[0-9a-f]{64}/);
    t.notRegex(text, /bh[dsl]_[0-9a-f]{8}/);
    for (const part of [keys[0].inner, keys[0].outer]) t.false(text.includes(part.slice(0, 32)));
  });
});

test.serial('a channel is told to who sees the suite, and nobody guesses it', async (t) => {
  const listener = await database.api.connect();
  const heard: pg.Notification[] = [];
  listener.on('notification', (message) => heard.push(message));
  const channelOf = (name: string) =>
    asToken(database, actor(name).secret, (client) =>
      outcomeOf(client, 'select bulkhead.suite_channel($1) as channel', [world.other.id]),
    );
  try {
    await listener.query('set role bulkhead_user');
    for (const guess of ['access', `suite:${world.other.id}`, `suite/${world.other.id}`])
      await listener.query(`listen "bulkhead:${guess}"; listen "${guess}"`);
    const session = await openSession(t, database);
    await act(session);
    await listener.query('select 1');
    t.deepEqual(heard, []);
    t.is((await channelOf('owner')).code, 'TCNSU');
    await t.throwsAsync(listener.query("select bulkhead_private.channel('access')"), {
      code: '42501',
    });

    const told = await channelOf('owner of another suite');
    const { channel } = ('rows' in told ? told.rows[0] : {}) as { channel: string };
    t.regex(channel, /^bulkhead:[0-9a-f]{32}$/);
    await listener.query(`listen "${channel}"`);
    await act(session);
    await listener.query('select 1');
    t.true(heard.length >= 1);
    for (const { payload = '' } of heard) t.regex(payload, /^\{"operation_id" ?: ?"\d+"\}$/);
  } finally {
    listener.release(true);
  }
});

/** Something to hear of: an operation, and a member who comes and goes. */
async function act(session: Queryable) {
  const { id } = world.other;
  await callOne(session, 'bulk_tag', { suite_id: id, all_cases: true, add: ['heard'] });
  await callOne(session, 'set_member', {
    suite_id: id,
    principal: world.other.spare.principal,
    role: 'editor',
  });
  await callOne(session, 'set_member', {
    suite_id: id,
    principal: world.other.spare.principal,
    role: 'viewer',
  });
}
