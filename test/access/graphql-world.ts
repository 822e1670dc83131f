/** The world of the matrix as it is reached through a server. */
import { call, type Queryable } from '../helpers/cases.ts';
import { type Actor, makePlace, makeWorld, type Place, type World } from './world.ts';

/** A suite, with a case of it to ask for. */
export type ApiPlace = Place & { caseId: string; key: string };

export type ApiWorld = Omit<World, 'own' | 'other' | 'shared'> & {
  own: ApiPlace;
  other: ApiPlace;
  shared: ApiPlace;
};

/** What nobody may read who has no role in the other suite. */
export const secret = /secret-of-b|other-suite/i;

/** Builds the world; all that the other suite has says whose it is. */
export async function makeApiWorld(db: Queryable): Promise<ApiWorld> {
  const world = await makeWorld(db);
  await mark(db, world.other);
  for (const place of [world.own, world.other, world.shared]) await withCase(db, place);
  return world as ApiWorld;
}

async function mark(db: Queryable, { id }: Place) {
  const text = JSON.stringify('SECRET-OF-B');
  await db.query(`update bulkhead.test_suites set description = 'SECRET-OF-B' where id = $1`, [id]);
  await db.query(
    `update bulkhead.test_cases set input = $2, expected_output = $2, metadata = jsonb_build_object('of', $2::jsonb)
     where suite_id = $1`,
    [id, text],
  );
  const suite = { suite_id: id };
  await call(db, 'define_tag', { ...suite, name: 'secret-of-b', meaning: 'SECRET-OF-B' });
  await call(db, 'set_member', { ...suite, principal: 'person:secret-of-b', role: 'viewer' });
  await call(db, 'create_token', { suite_ids: [id], role: 'viewer', name: 'SECRET-OF-B' });
  await call(db, 'bulk_tag', { ...suite, where_tags: 'rag', add: ['secret-of-b'] });
}

async function withCase(db: Queryable, place: Place): Promise<ApiPlace> {
  const { rows } = await db.query(
    'select id, external_key from bulkhead.test_cases where suite_id = $1 order by id limit 1',
    [place.id],
  );
  // The same object: actors know their suites by it.
  return Object.assign(place, { caseId: rows[0].id, key: rows[0].external_key });
}

let made = 0;

/** A suite of one's own for something that changes it. */
export async function freshPlace(db: Queryable, { principal }: Actor, role: string | null) {
  made += 1;
  const place = await withCase(db, await makePlace(db, `fresh-suite-${made}`));
  if (principal && role) await call(db, 'set_member', { suite_id: place.id, principal, role });
  return place;
}

/** The same place under an id, a slug and names that nothing has, each as long as it was. */
export function unknownLike(place: ApiPlace): ApiPlace {
  const missing = (text: string) =>
    text.replaceAll(/[0-9a-z](?=[^:]*$)/g, (c) => (/\d/.test(c) ? '8' : 'x'));
  return {
    ...place,
    id: '8'.repeat(place.id.length),
    slug: missing(place.slug),
    member: place.member.replace(/[0-9a-f]{12}/, 'f00f00f00f00'),
    spare: { ...place.spare, principal: `token:${'8'.repeat(place.spare.principal.length - 6)}` },
  };
}

/** A text in which a place has no name. */
export function nameless(text: string, place: ApiPlace): string {
  return text
    .replaceAll(place.id, '<id>')
    .replaceAll(place.slug, '<slug>')
    .replaceAll(place.spare.principal, '<token>')
    .replaceAll(place.member, '<member>');
}

/** Everything that is kept of a suite, of every table that has suites. */
export async function everythingOf(
  db: Queryable,
  suiteId: string,
): Promise<Record<string, unknown>> {
  const { rows: tables } = await db.query(`
    select a.attrelid::regclass::text as name
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where a.attname = 'suite_id' and c.relkind in ('r', 'p') and not c.relispartition
      and c.relnamespace::regnamespace::text in ('bulkhead', 'bulkhead_private')
    order by 1`);
  const all: Record<string, unknown> = {};
  for (const { name } of [{ name: 'bulkhead.test_suites' }, ...tables]) {
    const key = name === 'bulkhead.test_suites' ? 'id' : 'suite_id';
    const { rows } = await db.query(
      `select jsonb_agg(to_jsonb(x) order by to_jsonb(x)::text) as rows from ${name} x where ${key} = $1`,
      [suiteId],
    );
    all[name] = rows[0].rows;
  }
  return all;
}
