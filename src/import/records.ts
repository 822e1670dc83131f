/**
 * One record of an import file as it was read: its fields by name, and the line it begins on. The
 * elements of a JSON array may all be on one line, so there `line` is the number of the element.
 */
export type FileRecord = { line: number; fields: Record<string, unknown> };

/** How an import file is written. */
export type FileFormat = 'jsonl' | 'json' | 'csv';

/** What `line` counts, and how messages call it. */
export type Unit = 'line' | 'element';

/** What the records of a file are counted by. */
export const unitOf = (encoding: FileFormat): Unit => (encoding === 'json' ? 'element' : 'line');

/** Names of fields for a message; a file with hundreds of columns does not fill the screen. */
export function listNames(names: readonly string[]): string {
  return names.length > 30
    ? `${names.slice(0, 30).join(', ')} and ${names.length - 30} more`
    : names.join(', ') || '(none)';
}
