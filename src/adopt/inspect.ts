/** The first step: what there is, and what somebody has to decide. It changes nothing. */
import type { ClientBase } from 'pg';
import { listSlugs, proposeNames } from '../queries/adopt.queries.ts';
import { missingRights } from './capture.ts';
import { findAdoptions, type Sides } from './copy.ts';
import { inspectSql } from './inspect-sql.ts';
import type { ResolvedMapping } from './mapping.ts';
import { proposeSlugs } from './slugs.ts';
import { listSourceSuites } from './source.ts';

/** Rows that cannot come as they are: how many, and the first of them. */
export type Trouble = { what: string; total: number; sample: string[] };

/** What an inspection found. */
export type Inspection = {
  source: string;
  suites: { id: string; name: string; slug: string; cases: number; tags: number }[];
  cases: number;
  links: number;
  /** Texts that more than one suite uses: one tag there, one for each suite here. */
  sharedTags: { tag: string; suites: { slug: string; cases: number; sample: string[] }[] }[];
  /** Texts that are no name of a tag, with the name that they are going to have. */
  renamedTags: { tag: string; name: string }[];
  /** Texts of one suite that become one name. */
  mergedTags: { slug: string; name: string; tags: string[] }[];
  troubles: Trouble[];
  estimate: { seconds: number; bytes: number };
  mayMakeTriggers: boolean;
  /** Rights that the login of the source would need for them. */
  lacksForTriggers: string[];
};

/** Rows a second that an ordinary machine copies at the default pace: cases, and links. */
const speed = { cases: 20_000, links: 30_000 };

/** Bytes that rows take here: keys of a case and of a link in all their indexes; a case's texts are longer as JSON. */
const size = { case: 120, link: 160, growth: 1.3 };

type TagUse = { suite: string; tag: string; cases: number; sample: string[] };

/** Looks at a source, in a transaction that can only read. */
export async function inspectSource(
  { target, source }: Sides,
  mapping: ResolvedMapping,
): Promise<Inspection> {
  const { client } = source;
  await client.query('begin isolation level repeatable read read only');
  try {
    const suites = await listSourceSuites(source, mapping);
    const taken = (await listSlugs.run(undefined, target)).map(({ slug }) => slug);
    const begun = new Map(
      (await findAdoptions({ target, source })).map(({ sourceSuite, slug }) => [sourceSuite, slug]),
    );
    const slugs = proposeSlugs(suites, mapping.slugs, taken, begun);
    const sql = inspectSql(mapping);
    const { rows: uses } = await client.query<TagUse>(sql.tags);
    const links = (await client.query(sql.links)).rows[0].links;
    const cases = suites.reduce((total, suite) => total + suite.cases, 0);
    const lacksForTriggers = await missingRights(client, mapping);
    const names = await namesFor(target, uses, mapping);
    return {
      source: source.name,
      suites: suites.map(({ id, name, cases }) => ({
        ...{ id, name, slug: slugs.get(id) ?? id, cases },
        tags: uses.filter(({ suite }) => suite === id).length,
      })),
      cases,
      links,
      sharedTags: sharedTags(uses, slugs),
      renamedTags: renamedTags(uses, names),
      mergedTags: mergedTags(uses, names, slugs),
      troubles: await findTroubles(client, sql),
      estimate: {
        seconds: Math.ceil(cases / speed.cases + links / speed.links),
        bytes: Math.ceil(
          Number((await client.query(sql.bytes)).rows[0].bytes) * size.growth +
            cases * size.case +
            links * size.link,
        ),
      },
      mayMakeTriggers: lacksForTriggers.length === 0,
      lacksForTriggers,
    };
  } finally {
    await client.query('rollback');
  }
}

type NameOf = (use: Pick<TagUse, 'suite' | 'tag'>) => string;

async function namesFor(
  target: ClientBase,
  uses: readonly TagUse[],
  { decisions }: ResolvedMapping,
): Promise<NameOf> {
  const texts = [...new Set(uses.map(({ tag }) => tag))];
  const proposed = await proposeNames.run({ sourceTags: texts }, target);
  const names = new Map(proposed.map(({ sourceTag, name }) => [sourceTag, name]));
  return ({ suite, tag }) =>
    (decisions[suite]?.[tag] ?? decisions['*']?.[tag])?.name ?? names.get(tag) ?? tag;
}

function sharedTags(uses: readonly TagUse[], slugs: ReadonlyMap<string, string>) {
  const byTag = Map.groupBy(
    uses.filter(({ suite }) => slugs.has(suite)),
    ({ tag }) => tag,
  );
  return [...byTag].flatMap(([tag, of]) =>
    of.length < 2
      ? []
      : {
          tag,
          suites: of.map(({ suite, cases, sample }) => ({
            ...{ slug: slugs.get(suite) ?? suite, cases, sample },
          })),
        },
  );
}

function renamedTags(uses: readonly TagUse[], nameOf: NameOf) {
  const renamed = new Map(
    uses.map((use) => [
      JSON.stringify([use.tag, nameOf(use)]),
      { tag: use.tag, name: nameOf(use) },
    ]),
  );
  return [...renamed.values()].filter(({ tag, name }) => tag !== name);
}

function mergedTags(uses: readonly TagUse[], nameOf: NameOf, slugs: ReadonlyMap<string, string>) {
  const byName = Map.groupBy(uses, (use) => JSON.stringify([use.suite, nameOf(use)]));
  return [...byName.values()].flatMap((of) => {
    const [first] = of;
    if (!first || of.length < 2) return [];
    const slug = slugs.get(first.suite) ?? first.suite;
    return { slug, name: nameOf(first), tags: of.map(({ tag }) => tag) };
  });
}

async function findTroubles(client: ClientBase, sql: ReturnType<typeof inspectSql>) {
  const questions: [string, string | null][] = [
    ['cases without a suite: they stay behind', sql.orphanCases],
    ['links without a case, or without a tag that has a name: they stay behind', sql.orphanLinks],
    ['links that are there more than once: they come once', sql.duplicateLinks],
    ['cases without an input: they come with an empty one', sql.withoutInput],
    ['keys that two cases of a suite have: map another column', sql.duplicateKeys],
    ['keys that are empty, or longer than 512 characters: map another column', sql.longKeys],
  ];
  const troubles: Trouble[] = [];
  for (const [what, question] of questions) {
    if (question === null) continue;
    const { rows } = await client.query(question);
    if (rows.length === 0) continue;
    const sample = rows.map(({ suite, id, tag }) => [suite, id, tag].filter(Boolean).join(' / '));
    troubles.push({ what, total: rows[0].total, sample });
  }
  return troubles;
}
