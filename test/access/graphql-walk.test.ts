/** From each place where a query can begin, along every relation, filter and order: no row of another suite. */
import test from 'ava';
import { type GraphQLObjectType, type GraphQLSchema, getNamedType, isEnumType } from 'graphql';
import {
  documentFor,
  type Field,
  objectOf,
  readSchema,
  relationsOf,
  rootFields,
  type Seen,
  see,
  select,
} from '../helpers/access-api.ts';
import { type Api, useApi } from '../helpers/api.ts';
import { filtersOf, rowsOf } from './graphql-filters.ts';
import { valuesFor } from './graphql-table.ts';
import { type ApiPlace, type ApiWorld, makeApiWorld, secret } from './graphql-world.ts';
import { type Actor, actorNamed } from './world.ts';

const api = useApi(test);
let world: ApiWorld;
let schema: GraphQLSchema;
/** How the other suite, and what it has, is called: none of it may be in an answer. */
let names: RegExp;

test.serial.before('build the world', async () => {
  world = await makeApiWorld(api.db.pool);
  schema = await readSchema(api);
  const { id, spare, member } = world.other;
  const { rows } = await api.db.pool.query(
    `select id from bulkhead.test_cases where suite_id = $1
     union all select id from bulkhead.bulk_operations where suite_id = $1
     union all select id from bulkhead.audit_log where suite_id = $1 and id > 100000`,
    [id],
  );
  const ids = [id, spare.principal, member, ...rows.map((row) => row.id)];
  names = new RegExp(`${secret.source}|"(${ids.join('|')})"`, 'i');
});

/** Those who may see nothing of the other suite, and get past the door. */
const outsiders = () =>
  world.actors.filter((one) => one.secret && one.roleIn(world.other) === null);

/** One request for each relation of what a field gives, and with it all relations of that. */
function* documents(field: Field, target: ApiPlace) {
  const type = objectOf(field);
  if (!type) return;
  const values = valuesFor('query', field, { pointer: null, target, shared: target });
  const relations = relationsOf(type);
  for (const relation of relations) {
    const only = (of: GraphQLObjectType) => (of === type ? [relation] : []);
    yield documentFor('query', field, sized(field, values), select(field, only, 2));
  }
  if (relations.length === 0)
    yield documentFor('query', field, values, select(field, relationsOf, 1));
}

const sized = (field: Field, values: object) =>
  field.args.some(({ name }) => name === 'first') ? { ...values, first: 10 } : { ...values };

/** Everything that somebody reads from there. */
async function walk(as: Api, places: ApiPlace[]): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const field of rootFields(schema, 'query'))
    for (const place of places)
      for (const request of documents(field, place)) seen.push(await see(as, request));
  return seen;
}

test('two relations away from anything that one reaches, there is nothing of another suite', async (t) => {
  let read = 0;
  let rows = 0;
  for (const actor of outsiders()) {
    const mine = [world.own.id, world.shared.id];
    for (const { text, body } of await walk(api.as(actor.secret), [world.own, world.shared])) {
      t.notRegex(text, names, actor.name);
      for (const row of rowsOf(body.data)) {
        rows += 1;
        if (typeof row.suiteId === 'string' && row.suiteId !== '0')
          t.true(mine.includes(row.suiteId), `${actor.name}: ${JSON.stringify(row)}`);
      }
      read += 1;
    }
  }
  t.log(`${read} requests, ${rows} rows`);
  t.true(read >= 300, `${read} requests`);
});

test('the same walk meets every type, and all of the other suite, for its owner', async (t) => {
  const owner = actorNamed(world, 'owner of another suite');
  const admin = world.actors.find((one) => one.isAdmin) as Actor;
  const met = new Set<string>();
  let marked = 0;
  for (const actor of [owner, admin])
    for (const { text, body } of await walk(api.as(actor.secret), [world.other])) {
      // An admin previews nothing, and nobody previews a copy of a suite into itself.
      const codes = body.errors?.map(({ extensions }) => extensions.code) ?? [];
      t.deepEqual(
        codes.filter((code) => code !== 'NOT_ALLOWED' && code !== 'BAD_ARGUMENT'),
        [],
        text,
      );
      for (const row of rowsOf(body.data)) if (row.__typename) met.add(String(row.__typename));
      if (names.test(text)) marked += 1;
    }
  const read = [...new Set(rootFields(schema, 'query').flatMap(typesFrom))];
  t.deepEqual(
    read.filter((name) => !met.has(name)),
    [],
  );
  t.log(`${met.size} types, ${marked} answers with what is secret`);
  t.true(marked >= 60, `${marked} answers`);
});

/** The object types that a field leads to. */
function typesFrom(field: Field): string[] {
  const type = objectOf(field);
  const found = new Set<string>();
  const visit = (one: GraphQLObjectType) => {
    if (found.has(one.name)) return;
    found.add(one.name);
    for (const relation of relationsOf(one)) {
      const next = objectOf(relation);
      if (next && !/Edge$|PageInfo/.test(next.name)) visit(next);
    }
  };
  if (type) visit(type);
  return [...found];
}

/** The connections and lists that one can page through: below Query, and below a suite. */
function listed(): { field: Field; wrap: (inner: string) => string }[] {
  const suite = `query { suite(id: "${world.own.id}") {`;
  const suiteType = schema.getType('TestSuite') as GraphQLObjectType;
  const roots = rootFields(schema, 'query').map((field) => ({
    field,
    wrap: (inner: string) => `query { ${inner} }`,
  }));
  const relations = relationsOf(suiteType).map((field) => ({
    field,
    wrap: (inner: string) => `${suite} ${inner} } }`,
  }));
  const isListed = ({ field }: { field: Field }) =>
    field.args.some(({ name }) => name === 'orderBy');
  return [...roots, ...relations].filter(isListed);
}

test('no order, and no count, shows a row of another suite', async (t) => {
  let orders = 0;
  for (const { field, wrap } of listed()) {
    const type = getNamedType(field.args.find(({ name }) => name === 'orderBy')?.type as never);
    if (!isEnumType(type)) throw new Error(`${field.name} has no order`);
    const isConnection = Boolean((getNamedType(field.type) as GraphQLObjectType).getFields().nodes);
    for (const { name } of type.getValues())
      for (const actor of outsiders()) {
        const query = wrap(
          `${field.name}(first: 100, orderBy: [${name}])${select(field, () => [], 1)}`,
        );
        const { text, body } = await see(api.as(actor.secret), { query });
        t.notRegex(text, names, `${actor.name}, ${name}`);
        const data = body.data.suite?.[field.name] ?? body.data[field.name];
        if (isConnection) t.is(data.totalCount, data.nodes.length, `${actor.name}: ${field.name}`);
        orders += 1;
      }
  }
  t.log(`${orders} orders`);
  t.true(orders >= 150, `${orders} orders`);
});

test('no filter tells what is in another suite: it answers as for what is nowhere', async (t) => {
  let filters = 0;
  for (const { field, wrap } of listed()) {
    for (const { there, nowhere } of filtersOf(field, world.other)) {
      const send = (actor: Actor, filter: string) =>
        see(api.as(actor.secret), {
          query: wrap(`${field.name}(filter: ${filter})${select(field, () => [], 1)}`),
        });
      for (const actor of outsiders()) {
        const seen = await send(actor, there);
        const name = `${actor.name}: ${field.name} ${there}`;
        t.falsy(seen.body.errors, `${name}: ${seen.text}`);
        t.notRegex(seen.text, names, name);
        if (nowhere !== null) t.is(seen.text, (await send(actor, nowhere)).text, name);
        filters += 1;
      }
    }
  }
  t.log(`${filters} filters`);
  t.true(filters >= 500, `${filters} filters`);
});

test('no filter reaches over a relation', async (t) => {
  const viewer = api.as(actorNamed(world, 'viewer').secret);
  for (const filter of [
    'cases: { some: { externalKey: { isNull: false } } }',
    'casesExist: true',
    'members: { some: { principal: { equalTo: "person:secret-of-b" } } }',
    'or: [{ slug: { isNull: false } }, { id: { isNull: false } }]',
    'not: { slug: { equalTo: "own-suite" } }',
  ]) {
    const { body } = await see(viewer, {
      query: `{ suites(filter: { ${filter} }) { totalCount } }`,
    });
    t.is(body.errors?.[0]?.extensions.code, 'BAD_REQUEST', filter);
    t.falsy(body.data);
  }
});
