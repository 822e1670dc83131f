/**
 * Which decision record each rule of the catalogue holds. A rule that fails, because a migration brings back what a record
 * forbids, names the record. A rule is known by its sentence; test/schema/records.test.ts checks that both are there.
 */
export const records: Record<string, string[]> = {
  '0001-hash-partitions.md': [
    'tables are partitioned by the hash of suite_id, and by nothing else',
    'no function makes, alters or drops a table',
  ],
  '0002-leaf-to-leaf-keys.md': [
    'each leaf of links refers to the leaf of cases with the same remainder',
  ],
  '0003-tags-by-name.md': [
    'a tag is a name wherever it stands, never a number',
    'a foreign key does nothing, or cascades a deletion; never an update',
  ],
  '0004-chunks-and-change-log.md': ['the change log has the ids of a chunk in one array'],
  '0007-queue-and-locks.md': [
    'no function gives a job a queue or a key',
    'no key leads from our tables to those of the queue, or back',
  ],
  '0008-functions-write.md': [
    'every function in PL/pgSQL, and every definer function, pins search_path = pg_catalog, pg_temp',
    'nobody but the owner has a privilege that is not on the list, PUBLIC none at all',
    'nobody but the owner may make temporary objects, or any in a schema of this database',
  ],
  '0009-signed-settings.md': [
    'where row-level security is forced, a policy lets the owner read and write every row',
    'a view reads with the rights of who asks; one that shows more is a barrier and asks for the role itself',
    'every table of the API has forced row-level security, every view reads as who asks, and each is in the matrix',
  ],
  '0010-audit-log.md': ['the triggers on suite tables are those that direct DML needs, and are on'],
  '0011-one-table-and-one-dictionary.md': [
    'every table belongs to suites, by a suite_id that is never null',
    'every primary key, unique constraint and index leads with suite_id',
    'every foreign key joins suite_id to suite_id, or to the suite itself, or names a principal',
    'test_suites is referred to by nothing but suite_id, and refers to nothing',
    'a suite and a tag count nothing',
  ],
  '0012-ids-from-sequences.md': [
    'ids come from a sequence by default, never by identity, which would bar a move to Citus',
  ],
  '0015-input-is-jsonb.md': ['what a case says is jsonb, wherever it is kept'],
  '0016-embedded-postgresql.md': [
    'there is one extension, which every installation of PostgreSQL has',
  ],
  '0017-graphql-from-the-database.md': [
    'every schema, table, view, function and type of ours has a comment',
    'every function of the API names its arguments',
  ],
  '0018-no-statistics-of-suites.md': ['no statistics say which suites a table has'],
};

/** What the report of a breach says beside the breach: the record that forbids it, or nothing. */
export function forbiddenBy(rule: string): string {
  const [record] = Object.entries(records).find(([, rules]) => rules.includes(rule)) ?? [];
  return record === undefined ? '' : ` — forbidden by docs/adr/${record}`;
}
