import test, { type ExecutionContext } from 'ava';
import type pg from 'pg';
import { makePool, makeRequestPool } from '../../src/database/pools.ts';
import { makeWithRequestClient } from '../../src/graphql/request-client.ts';
import { makeSession } from '../helpers/access.ts';
import { useDatabase } from '../helpers/database.ts';
import { hashSecret } from '../helpers/roles.ts';

const db = useDatabase(test);

/** A caller with one connection, and what the database has refused. */
async function open(t: ExecutionContext, pool: pg.Pool = makeRequestPool(db.apiUrl)) {
  pool.options.max = 1;
  t.teardown(() => pool.end());
  const refused: string[] = [];
  const withClient = makeWithRequestClient({ pool, onRefused: (hash) => refused.push(hash) });
  const credential = hashSecret(await makeSession(db.pool, 'person:ada')).toString('hex');
  const ask = async (text: string, settings: object = { credential }) =>
    (await withClient(settings as never, (client) => client.query<object>({ text }))).rows;
  return { pool, withClient, settings: { credential }, ask, refused };
}

/** The same as the owner, who may make tables, in transactions of the same kind. */
const openAsOwner = (t: ExecutionContext) =>
  open(t, makePool(db.ownerUrl, 'test', undefined, { pipeline: true }));

const whoAmI = 'select bulkhead.current_principal() as me';
const leftOver = `select nullif(current_setting('bulkhead.request', true), '') as left`;

test('each statement is a transaction that acts for the credential, and leaves nothing', async (t) => {
  const { ask, pool } = await open(t);
  t.deepEqual(await ask(whoAmI), [{ me: 'person:ada' }]);
  t.deepEqual((await pool.query(leftOver)).rows, [{ left: null }]);
  t.deepEqual((await pool.query(whoAmI)).rows, [{ me: 'role:bulkhead_api' }]);
});

test('all of it is sent before any of it is answered', async (t) => {
  const { ask, pool } = await open(t);
  const client = await pool.connect();
  const { query } = client;
  let [waiting, most] = [0, 0];
  client.query = (async (...args: never[]) => {
    most = Math.max(most, ++waiting);
    const answer = await (query as (...of: never[]) => Promise<unknown>).apply(client, args);
    waiting -= 1;
    return answer;
  }) as never;
  client.release();
  await ask(whoAmI);
  t.is(most, 4);
});

test('without a credential nothing is asked', async (t) => {
  const { ask, withClient } = await open(t);
  for (const settings of [{}, { credential: '' }, { credential: undefined }, { role: 'postgres' }])
    await t.throwsAsync(ask(whoAmI, settings), { message: /neither a token nor a session/ });
  await t.throwsAsync(
    withClient(null, async () => {}),
    { message: /neither/ },
  );
  // The catalogue is the same for everybody, and nothing can be written on the way.
  t.deepEqual(await ask('select 1 as one', { catalogue: 'read' }), [{ one: 1 }]);
  await t.throwsAsync(ask(`comment on schema bulkhead is 'x'`, { catalogue: 'read' }), {
    code: '25006',
  });
});

test('a credential that is not valid is the error, and not what follows from it', async (t) => {
  const { ask, withClient, refused, pool } = await open(t);
  const settings = { credential: '00'.repeat(32) };
  await t.throwsAsync(ask(whoAmI, settings), { code: 'TCAUT' });
  await t.throwsAsync(
    withClient(settings, (client) =>
      client.withTransaction((inner) => inner.query({ text: whoAmI })),
    ),
    { code: 'TCAUT' },
  );
  t.deepEqual(refused, [settings.credential, settings.credential]);
  t.is(pool.totalCount, 1);
  t.deepEqual(await ask(whoAmI), [{ me: 'person:ada' }]);
});

test('a statement that fails ends its transaction, and the next is not touched by it', async (t) => {
  const { ask, pool } = await open(t);
  await t.throwsAsync(ask('select 1 / 0'), { code: '22012' });
  await t.throwsAsync(ask('select nonsense'), { code: '42703' });
  t.deepEqual((await pool.query(leftOver)).rows, [{ left: null }]);
  t.deepEqual(await ask(whoAmI), [{ me: 'person:ada' }]);
});

test('what only the commit finds wrong is an error', async (t) => {
  const { ask, withClient, settings } = await openAsOwner(t);
  const create = 'create temp table once (n integer unique deferrable initially deferred)';
  await ask(create);
  await t.throwsAsync(ask('insert into once values (1), (1)'), { code: '23505' });
  await t.throwsAsync(
    withClient(settings, (client) =>
      client.withTransaction((inner) => inner.query({ text: 'insert into once values (2), (2)' })),
    ),
    { code: '23505' },
  );
  t.deepEqual(await ask('select * from once'), []);
});

test('a transaction of several statements is all or nothing', async (t) => {
  const { ask, withClient, settings } = await openAsOwner(t);
  await ask('create temp table kept (n integer)');
  const insert = (n: number) => ({ text: `insert into kept values (${n})` });
  const done = await withClient(settings, (client) =>
    client.withTransaction(async (inner) => {
      await inner.query(insert(1));
      await inner.query(insert(2));
      return 'done';
    }),
  );
  t.is(done, 'done');
  const given = new Error('given up');
  const failing = withClient(settings, (client) =>
    client.withTransaction(async (inner) => {
      await inner.query(insert(3));
      throw given;
    }),
  );
  t.is(await t.throwsAsync(failing), given);
  // An error that nobody looked at is not taken for success.
  const swallowed = withClient(settings, (client) =>
    client.withTransaction(async (inner) => {
      await inner.query(insert(4));
      await inner.query({ text: 'select 1 / 0' }).catch(() => {});
    }),
  );
  await t.throwsAsync(swallowed, { message: /ended with ROLLBACK/ });
  t.deepEqual(await ask('select * from kept order by n'), [{ n: 1 }, { n: 2 }]);
});

test('transactions of one client come one after the other', async (t) => {
  const { withClient, settings } = await open(t);
  const ids = await withClient(settings, (client) =>
    Promise.all([
      client.query<{ id: string }>({ text: 'select txid_current() as id' }),
      client.withTransaction((inner) =>
        inner.query<{ id: string }>({ text: 'select txid_current() as id' }),
      ),
      client.query<{ id: string }>({ text: 'select txid_current() as id' }),
    ]),
  );
  t.is(new Set(ids.map(({ rows }) => rows[0]?.id)).size, 3);
});

test('a client that is kept for too long does nothing any more', async (t) => {
  const { withClient, settings, ask } = await open(t);
  let kept: { query(of: { text: string }): Promise<unknown> } | undefined;
  let inner: typeof kept;
  const slow = { text: 'select pg_sleep(0.1)' };
  // One fails while the other has not begun: both are over before anybody else has the connection.
  const both = withClient(settings, (client) => {
    kept = client;
    const failing = client.query({ text: 'select 1 / 0' });
    client.query(slow).catch(() => {});
    return failing;
  });
  await t.throwsAsync(both, { code: '22012' });
  await withClient(settings, (client) =>
    client.withTransaction(async (one) => {
      inner = one;
    }),
  );
  for (const client of [kept, inner])
    await t.throwsAsync(async () => client?.query(slow), { message: /is over/ });
  t.deepEqual(await ask(whoAmI), [{ me: 'person:ada' }]);
});

test('a connection that is lost is an error, and is not given to anybody else', async (t) => {
  const { ask, withClient, settings } = await open(t);
  await t.throwsAsync(ask('select pg_terminate_backend(pg_backend_pid())'));
  t.deepEqual(await ask(whoAmI), [{ me: 'person:ada' }]);
  await t.throwsAsync(
    withClient(settings, (client) =>
      client.withTransaction(async (inner) => {
        await inner
          .query({ text: 'select pg_terminate_backend(pg_backend_pid())' })
          .catch(() => {});
        await inner.query({ text: whoAmI });
      }),
    ),
  );
  t.deepEqual(await ask(whoAmI), [{ me: 'person:ada' }]);
});

test('of prepared statements the latest are kept', async (t) => {
  const { withClient, settings, ask } = await open(t);
  const run = (n: number) =>
    withClient(settings, (client) =>
      client.query<{ n: number }>({ text: `select ${n} as n`, name: `select_${n}` }),
    );
  for (let round = 0; round < 2; round++)
    for (let n = 0; n < 150; n++) t.deepEqual((await run(n)).rows, [{ n }]);
  const [{ count }] = (await ask(
    'select count(*)::int from pg_prepared_statements where name ~ $$^select_$$',
  )) as [{ count: number }];
  t.true(count <= 100 && count >= 99, String(count));
  // One that failed is prepared again, and one that is in use stays.
  const failing = () =>
    withClient(settings, (client) => client.query({ text: 'select 1 / 0', name: 'fails' }));
  await t.throwsAsync(failing(), { code: '22012' });
  await t.throwsAsync(failing(), { code: '22012' });
});
