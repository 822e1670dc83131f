/** Subscriptions × everybody × suites, and when an open one ends. */
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { makeSession, makeToken, someName } from '../helpers/access.ts';
import { documentFor, type Field, readSchema, rootFields, select } from '../helpers/access-api.ts';
import { connectSocket, useApi } from '../helpers/api.ts';
import { call } from '../helpers/cases.ts';
import { hashSecret } from '../helpers/roles.ts';
import { entryOf, valuesFor } from './graphql-table.ts';
import {
  type ApiPlace,
  type ApiWorld,
  freshPlace,
  makeApiWorld,
  nameless,
  secret,
  unknownLike,
} from './graphql-world.ts';
import { type Actor, actorNamed, may } from './world.ts';

const api = useApi(test);
let world: ApiWorld;
let fields: Field[];

test.serial.before('build the world', async () => {
  world = await makeApiWorld(api.db.pool);
  fields = rootFields(await readSchema(api), 'subscription');
});

/** A socket, and what has come over it. */
function connect(t: ExecutionContext, shown: string) {
  const client = connectSocket(api.url, shown);
  const closed = new Promise<number>((resolve) =>
    client.on('closed', (event) => resolve((event as CloseEvent).code)),
  );
  t.teardown(() => client.dispose());
  return {
    closed,
    subscribe: (request: { query: string; variables: object }) => {
      const events = client.iterate(request as never);
      return {
        /** The next event as a text; `the end`, or `closed` with the code. */
        async next(): Promise<string> {
          try {
            const { value, done } = await events.next();
            return done ? 'the end' : JSON.stringify(value);
          } catch (error) {
            return `closed ${(error as CloseEvent).code}`;
          }
        },
      };
    },
  };
}

const requestFor = (field: Field, target: ApiPlace) => {
  const values = valuesFor('subscription', field, { pointer: null, target, shared: target });
  return documentFor(
    'subscription',
    field,
    values,
    select(field, () => [], 1),
  ) as {
    query: string;
    variables: object;
  };
};

/** What somebody is pushed, up to the second event or the end. */
async function pushed(
  t: ExecutionContext,
  { secret: shown }: Actor,
  field: Field,
  target: ApiPlace,
) {
  const { subscribe } = connect(t, shown ?? '');
  const events = subscribe(requestFor(field, target));
  const first = await events.next();
  if (!first.includes('"errors"')) return [first];
  return [first, await events.next()];
}

test('each subscription takes its role, and knows no suite that one may not see', async (t) => {
  let cells = 0;
  for (const field of fields) {
    const { takes, hidden = 'UNKNOWN_SUITE' } = entryOf('subscription', field);
    for (const actor of world.actors) {
      for (const place of [world.own, world.other]) {
        const name = `${field.name} of ${place.slug} as ${actor.name}`;
        const seen = await pushed(t, actor, field, place);
        if (!actor.secret) t.deepEqual(seen, ['closed 4401'], name);
        else if (may(actor, takes, place)) t.notRegex(seen.join(), /errors/, name);
        else {
          const unknown = unknownLike(place);
          const none = await pushed(t, actor, field, unknown);
          t.regex(seen.join(), new RegExp(`"code":"${hidden}"`), name);
          t.notRegex(seen.join(), secret, name);
          t.is(seen[1], 'the end', name);
          t.deepEqual(
            seen.map((one) => nameless(one, place)),
            none.map((one) => nameless(one, unknown)),
            name,
          );
        }
        cells += 1;
      }
      const none = await pushed(t, actor, field, unknownLike(world.own));
      t.regex(none[0] ?? '', actor.secret ? new RegExp(hidden) : /^closed 4401$/);
      cells += 1;
    }
  }
  t.log(`${cells} cells`);
  t.is(cells, fields.length * world.actors.length * 3);
});

/** A member of two suites, with a subscription in each, over one socket. */
async function open(t: ExecutionContext, make: (suites: string[]) => Promise<string>) {
  const nobody = actorNamed(world, 'nobody');
  const first = await freshPlace(api.db.pool, nobody, null);
  const second = await freshPlace(api.db.pool, nobody, null);
  const { subscribe, closed } = connect(t, await make([first.id, second.id]));
  const all = fields.flatMap((field) => [first, second].map((place) => ({ field, place })));
  const subscriptions = all.map(({ field, place }) => ({
    place,
    ...subscribe(requestFor(field, place)),
  }));
  for (const { next } of subscriptions) t.regex(await next(), /"data"/);
  return { first, second, closed, subscriptions };
}

/** That all of them end, and with them the socket, though nothing has happened in a suite. */
async function endsAll(
  t: ExecutionContext,
  { closed, subscriptions }: Awaited<ReturnType<typeof open>>,
) {
  t.is(await closed, 4401);
  for (const { next } of subscriptions) {
    // What was said just before may still be there to be read.
    let last = await next();
    for (let rest = 0; rest < 1000 && /"data"/.test(last); rest++) last = await next();
    t.regex(last, /^closed 4401|"UNAUTHENTICATED"/);
  }
}

const tokenFor = async (suites: string[]) => makeToken(api.db.pool, 'viewer', suites);

test('all subscriptions of a token end when it is revoked, and those of no other', async (t) => {
  let principal = '';
  const revoked = await open(t, async (suites) => {
    const made = await tokenFor(suites);
    principal = made.principal;
    return made.token;
  });
  const other = await open(t, async (suites) => (await tokenFor(suites)).token);
  await call(api.db.pool, 'revoke_token', { principal });
  await endsAll(t, revoked);
  // The other one is told what happens afterwards.
  const { id } = other.first;
  await call(api.db.pool, 'bulk_tag', { suite_id: id, all_cases: true, add: ['after-all'] });
  const events =
    other.subscriptions[fields.findIndex(({ name }) => name === 'suiteOperations') * 2];
  for (let event = ''; !event.includes('after-all'); ) {
    event = (await events?.next()) ?? '';
    t.regex(event, /"data"/);
  }
});

test('they end when the token expires, or the session ends', async (t) => {
  const expiring = await open(t, async (suites) => {
    const { token, principal } = await tokenFor(suites);
    await api.db.pool.query(
      `update bulkhead_private.credentials set expires_at = clock_timestamp() + interval '5 s' where principal = $1`,
      [principal],
    );
    return token;
  });
  await endsAll(t, expiring);
  let session = '';
  const ended = await open(t, async (suites) => {
    session = await memberSession(suites);
    return session;
  });
  await api.db.pool.query('select bulkhead_private.end_session($1)', [hashSecret(session)]);
  await endsAll(t, ended);
});

async function memberSession(suites: string[], principal = someName()): Promise<string> {
  for (const suite_id of suites)
    await call(api.db.pool, 'set_member', { suite_id, principal, role: 'viewer' });
  return makeSession(api.db.pool, principal);
}

test('they end when the principal is shut out', async (t) => {
  const principal = someName();
  const opened = await open(t, (suites) => memberSession(suites, principal));
  await call(api.db.pool, 'set_principal', { name: principal, disabled: true });
  await endsAll(t, opened);
});

test('those of a suite end when one is no member of it any more, as of an unknown one', async (t) => {
  const principal = someName();
  const { first, second, subscriptions } = await open(t, (suites) =>
    memberSession(suites, principal),
  );
  await call(api.db.pool, 'remove_member', { suite_id: first.id, principal });
  for (const { place, next } of subscriptions.filter(({ place }) => place === first)) {
    let last = await next();
    for (let rest = 0; rest < 1000 && /"data":{/.test(last); rest++) last = await next();
    t.regex(nameless(last, place), /"code":"UNKNOWN_(SUITE|OPERATION)"/);
    t.notRegex(last, new RegExp(first.slug));
    t.is(await next(), 'the end');
  }
  // Those of the suite that is left go on.
  await call(api.db.pool, 'bulk_tag', { suite_id: second.id, all_cases: true, add: ['goes-on'] });
  const rest = subscriptions.filter(({ place }) => place === second).at(-1);
  for (let event = ''; !event.includes('goes-on'); ) {
    event = (await rest?.next()) ?? '';
    t.regex(event, /"data"/);
  }
});

test('one whose every role was taken away reads nothing of what happens then', async (t) => {
  const principal = someName();
  const { first, second, subscriptions } = await open(t, (suites) =>
    memberSession(suites, principal),
  );
  for (const { id } of [first, second])
    await call(api.db.pool, 'remove_member', { suite_id: id, principal });
  await call(api.db.pool, 'bulk_tag', { suite_id: first.id, all_cases: true, add: ['too-late'] });
  const seen: string[] = [];
  for (const { next } of subscriptions)
    for (let event = ''; event !== 'the end' && !event.startsWith('closed'); ) {
      event = await next();
      seen.push(event);
      t.true(seen.length < 100);
    }
  t.notRegex(seen.join('\n'), /too-late/);
});

test('nothing is subscribed to before the socket is let in', async (t) => {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const field = fields[0] as Field;
  socket.send(
    JSON.stringify({ type: 'subscribe', id: '1', payload: requestFor(field, world.own) }),
  );
  const [code] = await once(socket, 'close');
  t.is(code, 4401);
});
