import { readPath } from './paths.ts';
import { listNames } from './records.ts';

/** Reads fields by name and remembers which of the names that were asked for ever occurred. */
export type FieldReader = {
  /** The value of a field or path, null when it is absent. */
  read(fields: Record<string, unknown>, name: string): unknown;
  /** Notes the columns of a header as seen. */
  seeColumns(columns: readonly string[]): void;
  /** A message for each name that never occurred in a file with records. */
  complaints(): string[];
};

/** Field names kept for the complaint; a file may have a different set on every line. */
const MAX_NAMES = 200;

/** Makes a reader that expects each of `asked` to occur at least once in the file. */
export function makeFieldReader(asked: readonly string[]): FieldReader {
  const unseen = new Set(asked);
  const names = new Set<string>();
  // A record that lacks its input is not read any further, so what else it has is looked up here.
  const note = (fields: Record<string, unknown>) => {
    for (const name of unseen) if (readPath(fields, name) !== undefined) unseen.delete(name);
    if (names.size < MAX_NAMES) for (const own of Object.keys(fields)) names.add(own);
  };
  return {
    read(fields, name) {
      const value = readPath(fields, name);
      if (value !== undefined) unseen.delete(name);
      else note(fields);
      return value ?? null;
    },
    seeColumns(columns) {
      for (const name of columns) unseen.delete(name);
    },
    complaints() {
      if (names.size === 0) return [];
      const present = listNames([...names]);
      return [...unseen].map((name) => `no line has a field '${name}'; the fields are ${present}`);
    },
  };
}
