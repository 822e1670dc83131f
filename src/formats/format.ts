import type { FileFormat } from '../import/records.ts';
import type { Case, Fields } from './case.ts';

/** Something that a format has no field for. */
export type Limit = {
  /** Whether a case meets it. */
  meets(one: Case): boolean;
  /** What happened to such cases, after their number: `with tags: … has no field for them`. */
  sentence: string;
  /** True when the import of the same file restores it. */
  restored: boolean;
};

/** A file format: how cases are written in it and read from it. */
export type Format = {
  /** As `--format` takes it. */
  name: string;
  contentType: string;
  /** Of a file, with its dot. */
  extension: string;
  encoding: FileFormat;
  /** The columns of a table. */
  columns?: readonly string[];
  /** A case as a record of the format. Cells of a table are texts; null is an empty one. */
  write(one: Case): Fields;
  /** A record of the format with Bulkhead's own fields; the fields that it does not know stay. */
  read(fields: Fields): Fields;
  /** Whether a file with these fields is of the format. */
  recognises(names: ReadonlySet<string>): boolean;
  /** For people: which field of a record a field of the case comes from. */
  fields: {
    external_key: string;
    input: string;
    expected_output: string;
    tags: string;
    status: string;
  };
  limits: readonly Limit[];
};

/** What the media type of a format is, by how it is written. */
export const JSONL = {
  contentType: 'application/x-ndjson',
  extension: '.jsonl',
  encoding: 'jsonl',
} as const;

/** A JSON array of records. */
export const JSON_ARRAY = {
  contentType: 'application/json',
  extension: '.json',
  encoding: 'json',
} as const;

/** A table with a header line. */
export const CSV = {
  contentType: 'text/csv; charset=utf-8',
  extension: '.csv',
  encoding: 'csv',
} as const;

/** The limit of a format without a field for the status; the import finds it in the metadata. */
export function carriesStatus(title: string): Limit {
  return {
    meets: ({ status }) => status !== 'active',
    sentence: `archived: ${title} has no field for a status, it is in metadata.bulkhead`,
    restored: true,
  };
}

/** The limit of a format without a field for tags. */
export function carriesTags(title: string): Limit {
  return {
    meets: ({ tags }) => tags.length > 0,
    sentence: `with tags: ${title} has no field for them, they are in metadata.tags`,
    restored: true,
  };
}

/** The limit of a format whose values are texts. */
export function carriesJson(
  title: string,
  isPlain: { input(value: unknown): boolean; expected(value: unknown): boolean },
): Limit {
  return {
    meets: ({ input, expected_output: expected }) =>
      !isPlain.input(input) || (expected !== null && !isPlain.expected(expected)),
    sentence: `with an input or expected output of a kind that ${title} does not take: it is JSON text there`,
    restored: true,
  };
}
