/** Every field of Query, Mutation and Subscription × everybody × a suite of one's own, another one, and none. */
import test, { type ExecutionContext } from 'ava';
import type { GraphQLSchema } from 'graphql';
import {
  codeOf,
  documentFor,
  type Field,
  type OperationType,
  readSchema,
  relationsOf,
  rootFields,
  type Seen,
  see,
  select,
} from '../helpers/access-api.ts';
import { type Api, useApi } from '../helpers/api.ts';
import { entryOf, fields, pointersOf, valuesFor } from './graphql-table.ts';
import {
  type ApiPlace,
  type ApiWorld,
  everythingOf,
  freshPlace,
  makeApiWorld,
  nameless,
  secret,
  unknownLike,
} from './graphql-world.ts';
import { type Actor, may } from './world.ts';

const api = useApi(test);
let world: ApiWorld;
let schema: GraphQLSchema;
let untouched: unknown;

/** What nobody may change who is refused: members come and go in the shared suite, which is copied into. */
const state = async () => [
  await everythingOf(api.db.pool, world.own.id),
  await everythingOf(api.db.pool, world.other.id),
];

test.serial.before('build the world', async () => {
  world = await makeApiWorld(api.db.pool);
  schema = await readSchema(api);
  untouched = await state();
});

type Cell = { operation: OperationType; field: Field; actor: Actor; as: Api; pointer: string };

function ask({ operation, field, as, pointer }: Cell, target: ApiPlace): Promise<Seen> {
  const values = valuesFor(operation, field, { pointer, target, shared: world.shared });
  return see(as, documentFor(operation, field, values, select(field, relationsOf, 1)));
}

/** Nobody gets as far as GraphQL. */
function checkStranger(t: ExecutionContext, seen: Seen, name: string) {
  t.is(seen.status, 401, name);
  t.deepEqual(Object.keys(seen.body), ['errors'], name);
  t.is(seen.body.errors?.[0]?.extensions.code, 'UNAUTHENTICATED', name);
}

/** What is answered for a suite that is there; something that changes it gets one of its own. */
async function checkKnown(t: ExecutionContext, cell: Cell, place: ApiPlace) {
  const { operation, field, actor, pointer } = cell;
  const entry = entryOf(operation, field);
  const name = `${field.name}(${pointer} of ${place.slug}) as ${actor.name}`;
  const allowed = may(actor, entry.takes, place);
  // The other suite that a field names has to be open to the caller as well.
  const elsewhere =
    pointersOf(operation, field).length === 1 || may(actor, entry.takes, world.shared);
  const isChange = operation === 'mutation' && allowed && elsewhere;
  const role = actor.isAdmin ? null : actor.roleIn(place);
  const target = isChange ? await freshPlace(api.db.pool, actor, role) : place;
  const seen = await ask(cell, target);
  const code = codeOf(seen, field.name);
  if (actor.name === 'nobody') return checkStranger(t, seen, name);
  if (allowed && elsewhere) return t.is(code, entry.answers ?? 'ok', `${name}: ${seen.text}`);
  if (actor.roleIn(place) !== null) return t.is(code, entry.below ?? 'NOT_ALLOWED', name);
  return checkHidden(t, cell, { place, seen, name });
}

/** A suite that one may not see is answered as one that is not there, to the byte, head and body. */
async function checkHidden(
  t: ExecutionContext,
  cell: Cell,
  { place, seen, name }: { place: ApiPlace; seen: Seen; name: string },
) {
  const entry = entryOf(cell.operation, cell.field);
  const unknown = unknownLike(place);
  const none = await ask(cell, unknown);
  const [code, hidden] = [codeOf(seen, cell.field.name), entry.hidden ?? 'UNKNOWN_SUITE'];
  // Which of two suites is looked at first is not said.
  t.true([hidden, 'NOT_ALLOWED'].includes(code), `${name}: ${seen.text}`);
  if (code === 'NOT_ALLOWED') t.is(pointersOf(cell.operation, cell.field).length, 2, name);
  t.is(nameless(seen.text, place), nameless(none.text, unknown), name);
  t.is(seen.head, none.head, name);
  t.is(seen.status, none.status, name);
  t.notRegex(seen.text.replaceAll(place.slug, ''), secret, name);
}

async function checkField(t: ExecutionContext, operation: OperationType, field: Field) {
  let cells = 0;
  for (const actor of world.actors) {
    const as = api.as(actor.secret);
    for (const pointer of pointersOf(operation, field)) {
      const cell = { operation, field, actor, as, pointer };
      for (const place of [world.own, world.other]) await checkKnown(t, cell, place);
      const none = await ask(cell, unknownLike(world.own));
      if (actor.name === 'nobody') checkStranger(t, none, field.name);
      else t.not(codeOf(none, field.name), 'ok', `${field.name}(${pointer} of nothing)`);
      cells += 3;
    }
  }
  return cells;
}

for (const operation of ['query', 'mutation'] as const)
  test.serial(`each ${operation} takes its role, and knows no suite one may not see`, async (t) => {
    let cells = 0;
    for (const field of rootFields(schema, operation))
      cells += await checkField(t, operation, field);
    t.log(`${cells} cells of ${operation} fields that name a suite`);
    t.true(cells >= 400, `${cells} cells`);
  });

test.serial('each field that names no suite takes what it says', async (t) => {
  let cells = 0;
  for (const operation of ['query', 'mutation'] as const)
    for (const field of rootFields(schema, operation)) {
      if (pointersOf(operation, field).length > 0) continue;
      const { takes, below = 'NOT_ALLOWED' } = entryOf(operation, field);
      const places = { pointer: null, target: world.own, shared: world.shared };
      const values = valuesFor(operation, field, places);
      const request = documentFor(operation, field, values, select(field, relationsOf, 1));
      for (const actor of world.actors) {
        const seen = await see(api.as(actor.secret), request);
        const name = `${field.name} as ${actor.name}`;
        if (actor.name === 'nobody') checkStranger(t, seen, name);
        else t.is(codeOf(seen, field.name), may(actor, takes, world.own) ? 'ok' : below, name);
        if (actor.roleIn(world.other) === null) t.notRegex(seen.text, secret, name);
        cells += 1;
      }
    }
  t.log(`${cells} cells of fields that name none`);
  t.true(cells >= 42, `${cells} cells`);
});

test.serial('an append that updates takes an editor', async (t) => {
  const append = `mutation ($id: BigInt!) {
    appendCases(input: { suiteId: $id, onConflict: "update", cases: [{ input: 1 }] }) { results { outcome } }
  }`;
  for (const actor of world.actors.filter(({ name }) => name !== 'nobody')) {
    const target = may(actor, 'editor', world.own)
      ? await freshPlace(api.db.pool, actor, actor.roleIn(world.own))
      : world.own;
    const seen = await see(api.as(actor.secret), { query: append, variables: { id: target.id } });
    const refused = actor.roleIn(world.own) === null ? 'UNKNOWN_SUITE' : 'NOT_ALLOWED';
    const expected = may(actor, 'editor', world.own) ? 'ok' : refused;
    t.is(codeOf(seen, 'appendCases'), expected, actor.name);
  }
});

test.serial('whoever was refused has changed nothing', async (t) => {
  t.deepEqual(await state(), untouched);
});

test('every field of the schema is in the table of roles, and nothing else is', (t) => {
  for (const operation of ['query', 'mutation', 'subscription'] as const)
    t.deepEqual(
      Object.keys(fields[operation] ?? {}).sort(),
      rootFields(schema, operation)
        .map(({ name }) => name)
        .sort(),
      operation,
    );
});
