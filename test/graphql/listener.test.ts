import test, { type ExecutionContext } from 'ava';
import { makeListener } from '../../src/graphql/listener.ts';
import { type Logger, makeLogger } from '../../src/logger.ts';
import { type Database, makeDatabase, useDatabase } from '../helpers/database.ts';

const db = useDatabase(test);
const silent = makeLogger('silent');

/** The id of the operation that the next event names; null: look at all of them. */
async function next(events: AsyncIterator<{ operationId: string | null }>) {
  const { done, value } = await events.next();
  return done ? 'the end' : value.operationId;
}

function listen(t: ExecutionContext, { ownerUrl }: Database, logger = silent) {
  const listener = makeListener({ connectionString: ownerUrl, logger });
  t.teardown(() => listener.release());
  return listener;
}

const notify = ({ pool }: Database, suite: number, operation: number) =>
  pool.query('select bulkhead_private.notify_operation($1, $2)', [suite, operation]);

/** What a restart of the server does to the connection. */
const disconnect = ({ name }: Database) =>
  db.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = $1 and application_name = 'bulkhead listener'`,
    [name],
  );

test('a subscriber hears of the operations of its suite, or of one of them', async (t) => {
  const listener = listen(t, db);
  const [all, one] = [listener.subscribe('1'), listener.subscribe('1/12')];
  t.is(await next(all), null);
  t.is(await next(one), null);
  await notify(db, 1, 11);
  await notify(db, 2, 12);
  await notify(db, 1, 12);
  t.is(await next(all), '11');
  t.is(await next(all), '12');
  t.is(await next(one), '12');
});

test('an operation that moves while its subscriber is busy is one event, not many', async (t) => {
  const listener = listen(t, db);
  const [events, last] = [listener.subscribe('3'), listener.subscribe('3/3')];
  t.deepEqual([await next(events), await next(last)], [null, null]);
  for (const operation of [1, 2, 1, 1, 2, 3]) await notify(db, 3, operation);
  // Notifications come in order: when this one has arrived, the others have.
  t.is(await next(last), '3');
  t.deepEqual([await next(events), await next(events), await next(events)], ['1', '2', '3']);
  await notify(db, 3, 4);
  t.is(await next(events), '4');
});

test('an event can be made the last one', async (t) => {
  const events = listen(t, db).subscribe('4');
  const { value } = await events.next();
  value.end();
  await notify(db, 4, 1);
  t.is(await next(events), 'the end');
});

test('after the connection was lost, a subscriber is told to look again, and hears again', async (t) => {
  const own = await makeDatabase(t);
  const events = listen(t, own).subscribe('5');
  t.is(await next(events), null);
  await disconnect(own);
  t.is(await next(events), null);
  await notify(own, 5, 1);
  t.is(await next(events), '1');
});

test('a database that cannot be reached is tried until it can', async (t) => {
  const own = await makeDatabase(t);
  const failed = Promise.withResolvers<void>();
  const warn = (_: object, message: string) => message.startsWith('cannot') && failed.resolve();
  const events = listen(t, own, { warn } as unknown as Logger).subscribe('6');
  t.is(await next(events), null);
  await db.pool.query(`alter database ${own.name} with allow_connections false`);
  await disconnect(own);
  await failed.promise;
  await db.pool.query(`alter database ${own.name} with allow_connections true`);
  t.is(await next(events), null);
  await notify(own, 6, 1);
  t.is(await next(events), '1');
});

test('a release ends every subscription', async (t) => {
  const listener = makeListener({ connectionString: db.ownerUrl, logger: silent });
  const [one, two] = [listener.subscribe('7'), listener.subscribe('8')];
  t.is(await next(one), null);
  const waiting = next(one);
  await listener.release();
  t.is(await waiting, 'the end');
  t.is(await next(two), 'the end');
});

test('what is no id is not listened for', (t) => {
  const listener = listen(t, db);
  for (const topic of ['', 'one', '1; drop table', '1/', '/1', '-1'])
    t.throws(() => listener.subscribe(topic), { message: /are numbers/ }, topic);
});
