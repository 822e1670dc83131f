/** Three suites with something in every table, and somebody in every role. */
import {
  makeAdmin,
  makeToken,
  type outcomeOf,
  type Role,
  rank,
  roles,
  someName,
  type Token,
} from '../helpers/access.ts';
import { appendTagged, call, callOne, type Operation, type Queryable } from '../helpers/cases.ts';

/** A suite with what belongs to it. */
export type Place = {
  id: string;
  slug: string;
  /** A case that was edited: its first version can be restored. */
  caseId: string;
  /** Operations of it: one that has ended, one that was cancelled, one that waits. */
  operations: { done: string; cancelled: string; queued: string };
  member: string;
  spare: Token;
  /** The suite and a case of it, as texts of their row types. */
  row: string;
  caseRow: string;
};

/** Somebody who asks. */
export type Actor = {
  name: string;
  secret: string | null;
  principal: string | null;
  isAdmin: boolean;
  roleIn(place: Place): Role | null;
};

export type World = {
  own: Place;
  other: Place;
  /** In which everybody but nobody has the role that they have elsewhere. */
  shared: Place;
  actors: Actor[];
};

/** Builds the world, as the owner of the database. */
export async function makeWorld(db: Queryable): Promise<World> {
  // Ids that are found in no text by chance.
  await db.query(`
    select setval('bulkhead.test_suites_id_seq', 500000), setval('bulkhead.bulk_operations_id_seq', 600000),
      setval('bulkhead.test_cases_id_seq', 700000), setval('bulkhead.route_pulls_id_seq', 800000)`);
  const own = await makePlace(db, 'own-suite');
  const other = await makePlace(db, 'other-suite');
  const shared = await makePlace(db, 'shared-suite');
  const actors: Actor[] = [
    { name: 'nobody', secret: null, principal: null, isAdmin: false, roleIn: () => null },
  ];
  const suitesOf = (places: Place[]) => places.map(({ id }) => id);
  for (const role of roles) {
    const { token, principal } = await makeToken(db, role, suitesOf([own, shared]));
    const roleIn = (place: Place) => (place === other ? null : role);
    actors.push({ name: role, secret: token, principal, isAdmin: false, roleIn });
  }
  const admin = await makeAdmin(db);
  actors.push({
    name: 'admin',
    secret: admin.session,
    principal: admin.principal,
    isAdmin: true,
    roleIn: () => 'viewer',
  });
  const { token, principal } = await makeToken(db, 'owner', suitesOf([other, shared]));
  actors.push({
    name: 'owner of another suite',
    secret: token,
    principal,
    isAdmin: false,
    roleIn: (place) => (place === own ? null : 'owner'),
  });
  return { own, other, shared, actors };
}

/** A suite with something in every table. */
export async function makePlace(db: Queryable, slug: string): Promise<Place> {
  const { id } = await callOne<{ id: string }>(db, 'create_suite', {
    slug,
    name: `secret ${slug}`,
  });
  const cases = await appendTagged(db, id, { [`key-of-${slug}`]: 'rag flaky', b: '' });
  await call(db, 'define_tag', { suite_id: id, name: 'unused', meaning: `secret of ${slug}` });
  await db.query('update bulkhead.test_cases set input = \'"edited"\' where suite_id = $1', [id]);
  const tag = async (name: string) =>
    (await callOne<Operation>(db, 'bulk_tag', { suite_id: id, all_cases: true, add: [name] })).id;
  const done = await tag('rag');
  const cancelled = await tag('not-yet-defined');
  await call(db, 'cancel_operation', { suite_id: id, operation_id: cancelled });
  const queued = await tag('not-defined-either');
  const member = someName();
  await call(db, 'set_member', { suite_id: id, principal: member, role: 'viewer' });
  await call(db, 'define_route', { suite_id: id, name: 'nightly', expression: 'rag' });
  await call(db, 'pull_route', { suite_id: id, route: 'nightly' });
  await call(db, 'create_snapshot', { suite_id: id, name: 'v1', where_tags: 'flaky' });
  await call(db, 'create_snapshot', { suite_id: id, name: 'v2' });
  const spare = await makeToken(db, 'viewer', [id], { name: `secret token of ${slug}` });
  const { rows } = await db.query(
    `select s::text as suite, c::text as case
     from bulkhead.test_suites s join bulkhead.test_cases c on c.suite_id = s.id
     where s.id = $1 and c.id = $2`,
    [id, cases[`key-of-${slug}`]],
  );
  const operations = { done, cancelled, queued };
  const caseId = cases[`key-of-${slug}`] ?? '';
  return { id, slug, caseId, operations, member, spare, row: rows[0].suite, caseRow: rows[0].case };
}

/** The actor of this name. */
export function actorNamed(world: World, name: string): Actor {
  const found = world.actors.find((actor) => actor.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

/** The same place under an id, a slug and a token that nothing has. */
export function nowhere(place: Place): Place {
  const id = '899999999';
  const rename = (text: string) => text.replaceAll(place.id, id).replaceAll(place.slug, 'no-suite');
  const spare = { ...place.spare, principal: 'token:799999999' };
  return {
    ...place,
    id,
    slug: 'no-suite',
    spare,
    row: rename(place.row),
    caseRow: rename(place.caseRow),
  };
}

/** What came of a statement as a text in which the place has no name: for two places it is to be the same. */
export function withoutNames(outcome: Awaited<ReturnType<typeof outcomeOf>>, place: Place): string {
  return JSON.stringify(outcome)
    .replaceAll(place.id, '<id>')
    .replaceAll(place.slug, '<slug>')
    .replaceAll(place.spare.principal, '<token>')
    .replaceAll(place.member, '<member>');
}

/** Who is meant by `takes` beside a role: who manages a suite, an admin, or whoever asks. */
export type Takes = Role | 'owner or admin' | 'admin' | 'anyone';

/** Whether somebody may, in this suite. */
export function may(actor: Actor, takes: Takes, place: Place): boolean {
  if (takes === 'anyone') return true;
  if (takes === 'admin') return actor.isAdmin;
  const own = rank(actor.roleIn(place));
  if (takes === 'owner or admin') return actor.isAdmin || own === rank('owner');
  return own >= rank(takes);
}
