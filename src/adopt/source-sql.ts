/**
 * Every statement that reads a source. Its names come from a mapping, so that they cannot be generated queries; each
 * is quoted here, and nowhere else.
 */
import pg from 'pg';
import type { ResolvedMapping } from './mapping.ts';

const quote = pg.escapeIdentifier;
const literal = pg.escapeLiteral;

/** A table that may be written with its schema; what is behind the first dot is the table. */
export function quoteTable(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? quote(name) : `${quote(name.slice(0, dot))}.${quote(name.slice(dot + 1))}`;
}

const hashOf = (text: string) => `('x' || left(md5(${text}), 15))::bit(60)::bigint`;

/** Names of a mapping as they stand in SQL: c is the case, v the table between, s the suite. */
export function sqlNames({ suites, cases, tags, links }: ResolvedMapping) {
  const column = (alias: string, name: string) => `${alias}.${quote(name)}`;
  const { through } = cases;
  return {
    suites: quoteTable(suites.table),
    cases: quoteTable(cases.table),
    tags: quoteTable(tags.table),
    links: quoteTable(links.table),
    through: through && quoteTable(through.table),
    suiteId: column('s', suites.id),
    suiteName: column('s', suites.name),
    caseId: column('c', cases.id),
    caseSuite: column('c', cases.suite),
    throughId: through && column('v', through.id),
    throughSuite: through && column('v', through.suite),
    tagId: column('t', tags.id),
    tagName: column('t', tags.name),
    linkCase: column('l', links.case),
    linkTag: column('l', links.tag),
    /** From here on a case's suite is `suite`. */
    from: `${quoteTable(cases.table)} c${
      through
        ? ` left join ${quoteTable(through.table)} v on ${column('v', through.id)} = ${column('c', cases.suite)}`
        : ''
    }`,
    suite: through ? column('v', through.suite) : column('c', cases.suite),
    key: cases.key
      ? `coalesce(${column('c', cases.key)}::text, ${column('c', cases.id)}::text)`
      : `${column('c', cases.id)}::text`,
  };
}

/** A case as it is going to be: the columns of `pg_temp.adopted_rows` but for line and tags. Its suite is in `suite`. */
function caseColumns(mapping: ResolvedMapping, suite: string): string {
  const { cases } = mapping;
  const { caseId, key } = sqlNames(mapping);
  const json = (name: string) => `to_jsonb(c.${quote(name)})`;
  const object = (names: readonly string[], more: string[] = []) =>
    `jsonb_build_object(${[...names.flatMap((name) => [literal(name), json(name)]), ...more].join(', ')})`;
  const input = cases.inputIsObject
    ? object(cases.input)
    : `coalesce(nullif(${json(cases.input[0] ?? '')}, 'null'), '""')`;
  const status = cases.status;
  const archived = status?.archived.map(literal).join(', ');
  return `${suite}::text as source_suite, ${caseId} as id, ${caseId}::text as source_id, ${key} as external_key,
    ${input} as input,
    ${cases.expected ? `nullif(${json(cases.expected)}, 'null')` : 'null::jsonb'} as expected_output,
    ${object(cases.metadata, cases.key ? ["'source_id'", `to_jsonb(${caseId})`] : [])} as metadata,
    ${status && archived ? `case when c.${quote(status.column)}::text in (${archived}) then 'archived' else 'active' end` : "'active'"} as status,
    ${cases.createdAt ? `c.${quote(cases.createdAt)}::timestamptz` : 'null::timestamptz'} as created_at`;
}

/**
 * Cases with the texts of their tags. The limit is on cases, and with one links are read for those alone: they are few.
 * It comes before the columns are made, which would be of all cases of the suite where these have to be sorted.
 */
function caseRows(mapping: ResolvedMapping, where: string, limit?: number | 'all'): string {
  const { from, suite, caseId, links, tags, linkCase, linkTag, tagId, tagName } = sqlNames(mapping);
  const ofSuite = quote('suite of the case');
  return `with chunk as (
    select ${caseColumns(mapping, `c.${ofSuite}`)}
    from (
      select c.*, ${suite} as ${ofSuite}
      from ${from}
      where ${where}
      ${limit === undefined ? '' : `order by ${caseId} limit ${limit}`}
    ) as c
  ), tagged as (
    select ${linkCase} as id, array_agg(distinct ${tagName}::text) as tags
    from ${links} l join ${tags} t on ${tagId} = ${linkTag}
    where ${tagName} is not null ${limit === undefined ? '' : `and ${linkCase} in (select id from chunk)`}
    group by 1
  )`;
}

const rowColumns = `row_number() over (order by chunk.id), source_suite, source_id, external_key, input, expected_output,
  metadata, coalesce(tags, '{}') as tags, status, created_at`;

/** COPY of the next cases of a suite, in the order of their ids. */
export function copyNextSql(
  mapping: ResolvedMapping,
  { suite, after, limit }: { suite: string; after: string | null; limit: number },
): string {
  const { caseId } = sqlNames(mapping);
  const where = `${suiteIs(mapping, literal(suite))}
    ${after === null ? '' : `and ${caseId} > ${literal(after)}::${mapping.cases.idType}`}`;
  return `copy (${caseRows(mapping, where, limit)} select ${rowColumns} from chunk left join tagged using (id)) to stdout`;
}

/** COPY of the cases with these ids or keys, of whichever suite. */
export function copyCasesSql(
  mapping: ResolvedMapping,
  { ids, keys, suites }: { ids: readonly string[]; keys: readonly string[]; suites: string[] },
): string {
  const { caseId, suite } = sqlNames(mapping);
  const { idType, key } = mapping.cases;
  const isKey = key
    ? `or c.${quote(key)}::text = any (${list(keys)}) or ${isIdOf(mapping, keys)}`
    : '';
  const where = `(${caseId} = any (${list(ids)}::${idType}[]) ${isKey}) and ${suite}::text = any (${list(suites)})`;
  return `copy (${caseRows(mapping, where, 'all')} select ${rowColumns} from chunk left join tagged using (id)) to stdout`;
}

/** An array of texts, as it stands in SQL. */
export const list = (values: readonly string[]) =>
  `array[${values.map(literal).join(', ')}]::text[]`;

const wholeNumber = { type: 'bigint', pattern: /^\d{1,18}$/ };

/** Texts that can be ids of a type: compared as the type, an index finds them. */
const idTypes: Record<string, { type: string; pattern: RegExp }> = {
  smallint: wholeNumber,
  integer: wholeNumber,
  bigint: wholeNumber,
  uuid: { type: 'uuid', pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ },
};

/** A case without a key has its id for one. */
function isIdOf(mapping: ResolvedMapping, keys: readonly string[]): string {
  const { caseId } = sqlNames(mapping);
  const known = idTypes[mapping.cases.idType];
  if (!known) return `${caseId}::text = any (${list(keys)})`;
  const { type, pattern } = known;
  return `${caseId} = any (${list(keys.filter((one) => pattern.test(one)))}::${type}[])`;
}

/** Compared as text, which every type has; PostgreSQL uses an index only for the type itself. */
export function suiteIs(mapping: ResolvedMapping, value: string): string {
  const { suite, suites } = sqlNames(mapping);
  // the value as the suites' own type, found by the suites' own key
  return `${suite} = (select s.${quote(mapping.suites.id)} from ${suites} s where s.${quote(mapping.suites.id)}::text = ${value}::text)`;
}

/**
 * Each case of a suite with its tags as Bulkhead calls them, and a hash: the same expression as the database function
 * adopted_cases has. $1 is the suite, $2 what its tags are called: {"text": "name"}.
 */
function hashedCases(mapping: ResolvedMapping): string {
  return `${caseRows(mapping, suiteIs(mapping, '$1'))}, named as (
    select id, array_agg(distinct coalesce($2::jsonb ->> t.tag, '?' || t.tag) collate "C" order by coalesce($2::jsonb ->> t.tag, '?' || t.tag) collate "C") as tags
    from tagged cross join unnest(tagged.tags) as t (tag)
    where id in (select id from chunk)
    group by id
  ), hashed as (
    select external_key, ${hashOf('external_key')} as hash_of_key, named.tags, ${hashOf(
      `concat_ws(chr(31), external_key, input, coalesce(expected_output::text, ''), metadata, status, coalesce(array_to_string(named.tags, ','), ''))`,
    )} as hash
    from chunk left join named using (id)
  )`;
}

/** Number and hash of the cases of a suite, for each bucket of keys; $3 is how many buckets. */
export const bucketsSql = (mapping: ResolvedMapping) => `${hashedCases(mapping)}
  select (hash_of_key % $3)::integer as bucket, count(*)::integer as cases, sum(hash)::text as hash from hashed group by 1`;

/** Number and hash of the links of a suite, for each tag. */
export const tagHashesSql = (mapping: ResolvedMapping) => `${hashedCases(mapping)}
  select t.tag, count(*)::integer as links, sum(hash_of_key)::text as hash
  from hashed cross join unnest(tags) as t (tag) group by t.tag`;

/** The cases in some buckets; $4 are the buckets. */
export const casesOfBucketsSql = (mapping: ResolvedMapping) => `${hashedCases(mapping)}
  select external_key, hash::text as hash from hashed where hash_of_key % $3 = any ($4::integer[])`;

/** The texts of the tags that a suite uses. */
export function tagsOfSuiteSql(mapping: ResolvedMapping): string {
  const { from, links, tags, caseId, linkCase, linkTag, tagId, tagName } = sqlNames(mapping);
  return `select distinct ${tagName}::text as name
    from ${from} join ${links} l on ${linkCase} = ${caseId} join ${tags} t on ${tagId} = ${linkTag}
    where ${suiteIs(mapping, '$1')} and ${tagName} is not null`;
}

/** The suites with the number of their cases. */
export function suitesSql(mapping: ResolvedMapping): string {
  const { suites, suiteId, suiteName, from, suite } = sqlNames(mapping);
  return `select ${suiteId}::text as id, ${suiteName}::text as name, coalesce(n.cases, 0)::integer as cases
    from ${suites} s left join (select ${suite} as id, count(*) as cases from ${from} group by 1) n on n.id = ${suiteId}
    order by ${suiteId}`;
}

/** What tells two databases apart, and how old the server is. */
export const identitySql = `
  select current_database() as name, current_setting('server_version') as version,
    current_setting('server_version_num')::integer as number,
    (select d.oid from pg_database d where d.datname = current_database()) || ' ' || extract(epoch from pg_postmaster_start_time()) as identity`;

/** Two processes at one source, whatever they call it and wherever they bring it, would take changes from each other's queue. */
export const holdSourceSql = `select pg_try_advisory_lock(hashtextextended('bulkhead adopt', 0)) as held`;

/** The columns of a table, as the login sees them. */
export const columnsSql = `
  select n.nspname || '.' || c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
  order by a.attnum`;
