import { unguardCell } from '../formats/csv-cells.ts';
import type { Format } from '../formats/format.ts';
import { detectFormat, findFormat } from '../formats/registry.ts';
import { isObject } from '../json.ts';
import { describeMapping, type MappingReport, resolveAliases } from './aliases.ts';
import type { ImportRow } from './copy.ts';
import { type Mapper, type Mapping, makeMapper } from './mapping.ts';
import type { Problems } from './problems.ts';
import type { FileFormat, FileRecord } from './records.ts';
import type { TagBook } from './tags.ts';

/** How the records of one file become rows. It is made when the first fields are known. */
export type Plan = {
  report: MappingReport;
  checkColumns: Mapper['checkColumns'];
  row(record: FileRecord): ImportRow | null;
  finish(): void;
};

/** Records that are looked at to see what a file is. */
const SAMPLE = 100;

/**
 * Decides by the fields of a file how it is read. A format that was asked for is taken; a detected
 * one only where the caller did not say himself which field is what.
 */
export function makePlan(options: {
  encoding: FileFormat;
  names: ReadonlySet<string>;
  format: string | undefined;
  mapping: Mapping;
  unguard: boolean;
  problems: Problems;
  tagBook: TagBook;
}): Plan {
  const { encoding, names, mapping, unguard, problems } = options;
  const format = chooseFormat(options);
  const resolved = format === null ? resolveAliases(names, mapping) : mapping;
  const mapper = makeMapper({ ...options, mapping: resolved, format: encoding });
  const strip = unguard && encoding === 'csv' ? unguardRecord : (record: FileRecord) => record;
  return {
    report: describeMapping(format, resolved, names, encoding),
    checkColumns: (columns) => (format === null ? mapper.checkColumns(columns) : true),
    row(record) {
      const stripped = strip(record);
      if (format === null) return mapper.row(stripped);
      try {
        return mapper.row({ line: record.line, fields: format.read(stripped.fields) });
      } catch (error) {
        if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
        problems.add(record.line, `not a record of ${format.name}: ${error.message}`);
        return null;
      }
    },
    finish: mapper.finish,
  };
}

/** The names of the fields of the first records; `metadata.tags` stands for a member that is there. */
export function namesOf(records: readonly FileRecord[]): Set<string> {
  const names = new Set<string>();
  for (const { fields } of records.slice(0, SAMPLE)) {
    for (const name of Object.keys(fields)) names.add(name);
    const { metadata } = fields;
    if (isObject(metadata) && Array.isArray(metadata.tags)) names.add('metadata.tags');
  }
  return names;
}

function chooseFormat({
  encoding,
  names,
  format,
  mapping,
}: Pick<
  Parameters<typeof makePlan>[0],
  'encoding' | 'names' | 'format' | 'mapping'
>): Format | null {
  const asked = format === undefined || isEncoding(format) ? null : findFormat(format);
  if (asked !== null) return asked;
  const says = [mapping.input, mapping.expected, mapping.key, mapping.tags, mapping.metadata];
  if (says.some((name) => name !== undefined)) return null;
  return detectFormat(encoding, names);
}

/** `--format csv` and the like say how a file is written; what its fields mean is still detected. */
function isEncoding(format: string): format is FileFormat {
  return format === 'jsonl' || format === 'json' || format === 'csv';
}

/** The encoding that a format is written in. */
export function encodingOf(format: string): FileFormat {
  return isEncoding(format) ? format : findFormat(format).encoding;
}

function unguardRecord({ line, fields }: FileRecord): FileRecord {
  const entries = Object.entries(fields).map(([name, cell]) => [
    name,
    typeof cell === 'string' ? unguardCell(cell) : cell,
  ]);
  return { line, fields: Object.fromEntries(entries) };
}
