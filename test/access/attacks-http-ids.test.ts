/** Ids, keys and cursors of another suite, named under one's own. */
import test, { type ExecutionContext } from 'ava';
import type { GraphQLSchema } from 'graphql';
import {
  argumentsOf,
  documentFor,
  type Field,
  readSchema,
  relationsOf,
  rootFields,
  type Seen,
  see,
  select,
} from '../helpers/access-api.ts';
import { useApi } from '../helpers/api.ts';
import { valuesFor } from './graphql-table.ts';
import {
  type ApiPlace,
  type ApiWorld,
  everythingOf,
  freshPlace,
  makeApiWorld,
  secret,
} from './graphql-world.ts';
import { type Actor, actorNamed } from './world.ts';

const api = useApi(test);
let world: ApiWorld;
let schema: GraphQLSchema;

test.serial.before('build the world', async () => {
  world = await makeApiWorld(api.db.pool);
  schema = await readSchema(api);
});

/** What belongs to a suite, by the arguments that name it: as it is in the other suite, and nowhere. */
const inner = (place: ApiPlace): Record<string, [there: unknown, nowhere: unknown]> => ({
  id: [place.caseId, '888888'],
  caseIds: [[place.caseId], ['888888']],
  afterId: [place.caseId, '888888'],
  afterCaseId: [place.caseId, '888888'],
  operationId: [place.operations.done, '888888'],
  'operation.id': [place.operations.done, '888888'],
  'cancelOperation.operationId': [place.operations.queued, '888888'],
  'retryOperation.operationId': [place.operations.cancelled, '888888'],
  externalKey: [place.key, 'key-of-nothing-x'],
  externalKeys: [[place.key], ['key-of-nothing-x']],
  whereTags: ['secret-of-b', 'secret-of-x'],
  expression: ['secret-of-b', 'secret-of-x'],
  tag: ['secret-of-b', 'secret-of-x'],
  tags: [['secret-of-b'], ['secret-of-x']],
  'tag.name': ['secret-of-b', 'secret-of-x'],
  'dropTag.name': ['secret-of-b', 'secret-of-x'],
  'removeMember.principal': ['person:secret-of-b', 'person:secret-of-x'],
  'setMember.principal': [place.spare.principal, 'token:888888'],
  'revokeToken.principal': [place.spare.principal, 'token:888888'],
  search: ['SECRET-OF-B', 'SECRET-OF-X'],
  metadata: [{ of: 'SECRET-OF-B' }, { of: 'SECRET-OF-X' }],
  cases: [
    [{ external_key: place.key, input: 'SECRET-OF-B', tags: ['secret-of-b'] }],
    [{ external_key: 'key-of-nothing-x', input: 'SECRET-OF-X', tags: ['secret-of-x'] }],
  ],
});

/** An answer without what was asked for, and without what is new in each. */
function plain({ text }: Seen, given: unknown, place: ApiPlace): string {
  const asked = [given].flat().map((one) => (typeof one === 'object' ? '<none>' : String(one)));
  return asked
    .reduce((rest, one) => rest.replaceAll(one, '<asked>'), text)
    .replaceAll(/secret-of-[bx]/gi, '<asked>')
    .replaceAll(/key-of-(nothing-x|other-suite)/g, '<asked>')
    .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"<time>"')
    .replaceAll(place.id, '<suite>')
    .replaceAll(place.slug, '<slug>')
    .replaceAll(/\b[67]\d{5}\b/g, '<id>')
    .replaceAll(/"submittedBy":"[^"]*"/g, '');
}

type Attack = { operation: 'query' | 'mutation'; field: Field; argument: string; actor: Actor };

/** The answer for something of the other suite under one's own, or for something that is nowhere. */
async function attack({ operation, field, argument, actor }: Attack, given: unknown) {
  const target =
    operation === 'mutation' ? await freshPlace(api.db.pool, actor, 'owner') : world.own;
  const values = {
    ...valuesFor(operation, field, { pointer: 'suiteId', target, shared: world.shared }),
    [argument]: given,
  };
  // Selections with a condition are not of all cases.
  if (argument !== 'allCases' && isCondition.has(argument))
    Object.assign(values, { allCases: undefined });
  const request = documentFor(operation, field, values, select(field, relationsOf, 1));
  const seen = await see(api.as(actor.secret), request);
  return { seen, target };
}

const isCondition = new Set(['caseIds', 'externalKeys', 'whereTags', 'search', 'metadata']);

async function checkAttack(t: ExecutionContext, one: Attack, [there, nowhere]: [unknown, unknown]) {
  const name = `${one.field.name}(${one.argument}: ${JSON.stringify(there)})`;
  const found = await attack(one, there);
  const none = await attack(one, nowhere);
  t.is(plain(found.seen, there, found.target), plain(none.seen, nowhere, none.target), name);
  t.is(found.seen.status, none.seen.status, name);
  const echoed = JSON.stringify([there]);
  const { text } = found.seen;
  if (!secret.test(echoed)) t.notRegex(text, secret, name);
}

test('what is of another suite is under one’s own as if it were nowhere, for each field and argument', async (t) => {
  const before = await everythingOf(api.db.pool, world.other.id);
  const actor = actorNamed(world, 'owner');
  let attacks = 0;
  for (const operation of ['query', 'mutation'] as const)
    for (const field of rootFields(schema, operation)) {
      const given = argumentsOf(field).map(({ name }) => name);
      const known = inner(world.other);
      if (!given.includes('suiteId')) continue;
      for (const argument of given) {
        const pair = known[`${field.name}.${argument}`] ?? known[argument];
        if (!pair) continue;
        await checkAttack(t, { operation, field, argument, actor }, pair);
        attacks += 1;
      }
    }
  t.deepEqual(await everythingOf(api.db.pool, world.other.id), before);
  t.log(`${attacks} attacks`);
  t.true(attacks >= 65, `${attacks} attacks`);
});

/** The connections of a suite, with all their cursors, as somebody reads them. */
async function cursorsOf(actor: Actor, place: ApiPlace, connection: string): Promise<string[]> {
  const query = `query ($id: BigInt!) { suite(id: $id) { ${connection} { edges { cursor } } } }`;
  const { body } = await see(api.as(actor.secret), { query, variables: { id: place.id } });
  return body.data.suite[connection].edges.map(({ cursor }: { cursor: string }) => cursor);
}

test('a cursor of another suite pages through one’s own, and nothing else', async (t) => {
  const outsider = actorNamed(world, 'viewer');
  const insider = actorNamed(world, 'owner of another suite');
  let replays = 0;
  const mine = (connection: string, args: string) =>
    `query ($id: BigInt!) { suite(id: $id) { ${connection}${args} { totalCount edges { cursor node { __typename suiteId } } } } }`;
  for (const connection of ['cases', 'tags', 'operations', 'members', 'auditLog'])
    for (const cursor of await cursorsOf(insider, world.other, connection))
      for (const side of ['after', 'before']) {
        const query = mine(connection, `(${side}: ${JSON.stringify(cursor)})`);
        const seen = await see(api.as(outsider.secret), { query, variables: { id: world.own.id } });
        t.falsy(seen.body.errors, seen.text);
        const { edges } = seen.body.data.suite[connection];
        for (const { node } of edges) t.is(node.suiteId, world.own.id);
        t.notRegex(seen.text, secret);
        replays += 1;
      }
  t.log(`${replays} cursors`);
  t.true(replays >= 40, `${replays} cursors`);
});

test('a cursor that is made up answers as one of another suite, or as none', async (t) => {
  const viewer = api.as(actorNamed(world, 'viewer').secret);
  for (const made of [
    '',
    'x',
    btoa('[]'),
    btoa('["natural",1]'),
    btoa(`["1ee4bafff7","${world.other.id}"]`),
    btoa(JSON.stringify({ suite: world.other.id })),
    btoa("['; select 1 --']"),
  ]) {
    const query = 'query ($after: Cursor) { suites(after: $after) { nodes { slug } } }';
    const { text, status } = await see(viewer, { query, variables: { after: made } });
    t.notRegex(text, secret, made);
    t.notRegex(text, /INTERNAL/, `${made}: ${text}`);
    t.true(status === 200 || status === 400, made);
  }
});

test('several suites at once are refused for the one that cannot be seen, and nothing is done', async (t) => {
  const before = await everythingOf(api.db.pool, world.other.id);
  const owner = actorNamed(world, 'owner');
  const create = `mutation ($ids: [BigInt!]!) { createToken(input: { suiteIds: $ids }) { result { token } } }`;
  const mixed = async (id: string) =>
    see(api.as(owner.secret), { query: create, variables: { ids: [world.own.id, id] } });
  const [hidden, unknown] = [await mixed(world.other.id), await mixed('888888')];
  t.is(hidden.text.replaceAll(world.other.id, '888888'), unknown.text);
  t.regex(hidden.text, /UNKNOWN_SUITE/);
  t.deepEqual(await everythingOf(api.db.pool, world.other.id), before);
});

test('an alias does not carry rights from one field to the next', async (t) => {
  const viewer = api.as(actorNamed(world, 'viewer').secret);
  const { id, slug } = world.other;
  const query = `{
    a: suite(id: "${world.own.id}") { slug } b: suite(id: "${id}") { slug cases { totalCount } }
    c: suiteBySlug(slug: "${slug}") { id } d: suite(id: "${world.own.id}") { slug }
    e: operation(suiteId: "${id}", id: "${world.other.operations.done}") { id suite { slug } }
  }`;
  const { body } = await see(viewer, { query });
  t.deepEqual(body.data, {
    a: { slug: 'own-suite' },
    b: null,
    c: null,
    d: { slug: 'own-suite' },
    e: null,
  });
});
