/** What is what in a source: which tables and columns hold suites, cases, tags and links. */
import { readFileSync } from 'node:fs';
import { BulkheadError } from '../errors.ts';
import { TAG_NAME } from '../import/tags.ts';

/** A column, or several names of which the source has one: schemas of the same kind differ in them. */
type Name = string | string[];

/** A mapping as a preset or a file gives it. Tables may be written with their schema. */
export type Mapping = {
  suites: { table: Name; id: Name; name: Name };
  cases: {
    table: Name;
    id: Name;
    /** The column with the suite; with `through`, the one with the row of the table between. */
    suite: Name;
    /** A table between cases and suites: a case belongs to a category, a category to a product. */
    through?: { table: Name; id: Name; suite: Name };
    /** One column is the input itself; of several it is an object with a field for each. */
    input: Name | { columns: string[] };
    expected?: Name;
    /** A column whose values are unique within a suite; without it the id is the external key. */
    key?: Name;
    status?: { column: Name; archived: string[] };
    createdAt?: Name;
    /** These columns, or `*` for all that have no other place. */
    metadata?: string[] | '*';
  };
  tags: { table: Name; id: Name; name: Name };
  links: { table: Name; case: Name; tag: Name };
  /** Slugs for suites whose name makes none, or one that is taken: by the id in the source. */
  slugs?: Record<string, string>;
  /** What people have decided about tags: by suite id, or `*`, and by the tag's text. */
  decisions?: Record<string, Record<string, { name?: string; meaning?: string }>>;
};

/** A mapping with every name found in the source. */
export type ResolvedMapping = {
  suites: { table: string; id: string; name: string };
  cases: {
    table: string;
    id: string;
    /** How PostgreSQL calls the type of the id. */
    idType: string;
    suite: string;
    through: { table: string; id: string; suite: string } | null;
    input: string[];
    inputIsObject: boolean;
    expected: string | null;
    key: string | null;
    status: { column: string; archived: string[] } | null;
    createdAt: string | null;
    metadata: string[];
  };
  tags: { table: string; id: string; name: string };
  links: { table: string; case: string; tag: string };
  slugs: Record<string, string>;
  decisions: NonNullable<Mapping['decisions']>;
};

/** Shapes that many databases have. */
export const presets: Record<string, Mapping> = {
  /** One table of cases, one global dictionary, a junction: the design that Bulkhead replaces. */
  seed: {
    suites: { table: ['test_suites', 'suites'], id: 'id', name: ['name', 'title', 'slug'] },
    cases: {
      table: 'test_cases',
      id: 'id',
      suite: 'suite_id',
      input: 'input',
      expected: ['expected_output', 'expected'],
      status: { column: 'status', archived: ['archived'] },
      createdAt: 'created_at',
      metadata: '*',
    },
    tags: { table: 'tags', id: 'id', name: 'name' },
    links: { table: 'test_case_tags', case: ['test_case_id', 'case_id'], tag: 'tag_id' },
  },
  /** Kiwi TCMS: a case is of one category, and a category of one product, which is the suite; plans share cases. */
  kiwi: {
    suites: { table: 'management_product', id: 'id', name: 'name' },
    cases: {
      table: 'testcases_testcase',
      id: ['id', 'case_id'],
      suite: 'category_id',
      through: { table: 'testcases_category', id: ['id', 'category_id'], suite: 'product_id' },
      input: { columns: ['summary', 'text'] },
      createdAt: ['create_date', 'creation_date'],
      metadata: '*',
    },
    tags: { table: 'management_tag', id: ['id', 'tag_id'], name: ['name', 'tag_name'] },
    links: { table: 'testcases_testcasetag', case: 'case_id', tag: 'tag_id' },
  },
  /** Directus: a many-to-many field makes a junction with both collections in its columns' names. */
  directus: {
    suites: { table: ['suites', 'test_suites'], id: 'id', name: ['name', 'title', 'slug'] },
    cases: {
      table: 'test_cases',
      id: 'id',
      suite: ['suite', 'suite_id', 'test_suite'],
      input: 'input',
      expected: ['expected_output', 'expected'],
      status: { column: 'status', archived: ['archived'] },
      createdAt: 'date_created',
      metadata: '*',
    },
    tags: { table: 'tags', id: 'id', name: ['name', 'title', 'tag'] },
    links: { table: 'test_cases_tags', case: 'test_cases_id', tag: 'tags_id' },
  },
};

const sections = ['suites', 'cases', 'tags', 'links', 'slugs', 'decisions'] as const;

/** The mapping of a preset, of a file, or of a preset with what a file changes in it. */
export function readMapping(options: {
  preset?: string | undefined;
  file?: string | undefined;
}): Mapping {
  const base = options.preset === undefined ? undefined : presets[options.preset];
  const given = options.file === undefined ? {} : readJson(options.file);
  const unknown = Object.keys(given).filter((name) => !sections.includes(name as never));
  if (unknown.length > 0) refuse(`it has no section ${JSON.stringify(unknown[0])}`);
  const mapping = Object.fromEntries(
    sections.map((name) => [name, { ...base?.[name], ...(given[name] as object) }]),
  ) as Mapping;
  checkNames(mapping);
  checkDecisions(mapping);
  return mapping;
}

/** What each section has to say. */
const required = {
  suites: ['table', 'id', 'name'],
  cases: ['table', 'id', 'suite', 'input'],
  tags: ['table', 'id', 'name'],
  links: ['table', 'case', 'tag'],
} as const;

function checkNames(mapping: Mapping): void {
  for (const [section, names] of Object.entries(required))
    for (const name of names) {
      const given = (mapping[section as keyof Mapping] as Record<string, unknown>)[name];
      if (given === undefined) refuse(`the section "${section}" has no ${name}`);
      if (!isName(given) && !(name === 'input' && isColumns(given)))
        refuse(`"${name}" in the section "${section}" is no name`);
    }
}

const isName = (value: unknown) =>
  [value].flat().length > 0 && [value].flat().every((one) => typeof one === 'string');
const isColumns = (value: unknown) => isName((value as { columns?: unknown } | null)?.columns);

function checkDecisions({ decisions = {} }: Mapping): void {
  for (const [suite, tags] of Object.entries(decisions))
    for (const [tag, { name }] of Object.entries(tags))
      if (name !== undefined && !TAG_NAME.test(name))
        refuse(
          `in "decisions", "${suite}" calls ${JSON.stringify(tag)} ${JSON.stringify(name)}, which cannot be a tag: ` +
            'tags have lower-case letters, digits and _ . : / -, up to 63',
        );
}

function readJson(file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    refuse((error as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse('it is no JSON object');
  return value as Record<string, unknown>;
}

function refuse(why: string): never {
  throw new BulkheadError('BAD_ARGUMENT', `the mapping cannot be used: ${why}`, {
    detail: `A mapping has the sections ${sections.join(', ')}; the last two may be left out.`,
    hint: 'A file beside a preset gives only what differs: --preset seed --mapping names.json. docs/adopting.md has all of it.',
  });
}

/** A table of the source with its schema, and its columns with their types; null if there is no such table. */
export type ColumnsOf = (
  table: string,
) => Promise<{ table: string; columns: Map<string, string> } | null>;

/** Finds every name of a mapping in the source; what an optional one names may be absent. */
export async function resolveMapping(
  mapping: Mapping,
  columnsOf: ColumnsOf,
): Promise<ResolvedMapping> {
  const { suites, cases, tags, links } = mapping;
  const ofSuites = await findTable('suites', suites.table, columnsOf);
  const ofTags = await findTable('tags', tags.table, columnsOf);
  const ofLinks = await findTable('links', links.table, columnsOf);
  return {
    suites: {
      table: ofSuites.table,
      id: ofSuites.find(suites.id),
      name: ofSuites.find(suites.name),
    },
    cases: await resolveCases(cases, columnsOf),
    tags: { table: ofTags.table, id: ofTags.find(tags.id), name: ofTags.find(tags.name) },
    links: { table: ofLinks.table, case: ofLinks.find(links.case), tag: ofLinks.find(links.tag) },
    slugs: mapping.slugs ?? {},
    decisions: mapping.decisions ?? {},
  };
}

async function resolveCases(
  cases: Mapping['cases'],
  columnsOf: ColumnsOf,
): Promise<ResolvedMapping['cases']> {
  const { table, columns, find, findOptional } = await findTable('cases', cases.table, columnsOf);
  const { through, status } = cases;
  const between = through && (await findTable('cases.through', through.table, columnsOf));
  const id = find(cases.id);
  const isObject = typeof cases.input === 'object' && !Array.isArray(cases.input);
  const input = isObject
    ? (cases.input as { columns: string[] }).columns.map((name) => find(name))
    : [find(cases.input as Name)];
  const statusColumn = status && findOptional(status.column);
  const found = {
    table,
    id,
    idType: columns.get(id) ?? 'text',
    suite: find(cases.suite),
    through: between
      ? {
          table: between.table,
          id: between.find(through.id),
          suite: between.find(through.suite),
        }
      : null,
    input,
    inputIsObject: isObject,
    expected: findOptional(cases.expected),
    key: findOptional(cases.key),
    status: statusColumn ? { column: statusColumn, archived: status.archived } : null,
    createdAt: findOptional(cases.createdAt),
  };
  return { ...found, metadata: metadataOf(cases, found, columns, find) };
}

function metadataOf(
  { metadata }: Mapping['cases'],
  found: Omit<ResolvedMapping['cases'], 'metadata'>,
  columns: Map<string, string>,
  find: (name: string) => string,
): string[] {
  if (metadata !== '*') return (metadata ?? []).map((name) => find(name));
  const { id, input, expected, key, status, createdAt, through, suite } = found;
  const placed = [id, ...input, expected, key, status?.column, createdAt];
  // with a table between, what the case is filed under there is worth keeping
  return [...columns.keys()].filter(
    (name) => !placed.includes(name) && (through !== null || name !== suite),
  );
}

async function findTable(section: string, names: Name, columnsOf: ColumnsOf) {
  for (const name of [names].flat()) {
    const found = await columnsOf(name);
    if (!found) continue;
    const { table, columns } = found;
    const findOptional = (name: Name | undefined) =>
      [name ?? []].flat().find((one) => columns.has(one)) ?? null;
    const find = (name: Name) =>
      findOptional(name) ??
      missing(
        `the table ${table} (${section}) has no column ${[name].flat().join(' or ')}; it has ${[...columns.keys()].join(', ')}`,
      );
    return { table, columns, find, findOptional };
  }
  return missing(`there is no table ${[names].flat().join(' or ')} (${section})`);
}

function missing(what: string): never {
  throw new BulkheadError('BAD_ARGUMENT', `the mapping does not fit the source: ${what}`, {
    detail: 'Names are looked up as the login of the source sees them, along its search_path.',
    hint: 'Write the names of this source into a file: bulkhead adopt … --preset seed --mapping names.json',
  });
}
