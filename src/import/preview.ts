import type { FileReading } from './read-file.ts';
import { listNames } from './records.ts';

/** A file that was read and not stored. */
export type Preview = {
  cases: number;
  /** Names of all tags that its cases would get. */
  tags: string[];
  /** Which field of the file becomes which of a case, as lines of a table. */
  mapping: string[];
};

/** Names of members that are kept; a file may have others on every line. */
const MAX_MEMBERS = 200;

/** Reads a file to its end, so that what is wrong with it is said, and tells what has become of its fields. */
export async function previewCases({ rows, tagBook, report }: FileReading): Promise<Preview> {
  let cases = 0;
  const members = new Set<string>();
  for await (const batch of rows) {
    cases += batch.length;
    for (const { metadata } of batch)
      if (members.size < MAX_MEMBERS)
        for (const name of Object.keys(JSON.parse(metadata))) members.add(name);
  }
  const { format, fields } = report() ?? { format: '', fields: [] };
  const table = [...fields, { field: 'metadata', from: listNames([...members]) }];
  const width = Math.max(...table.map(({ field }) => field.length));
  return {
    cases,
    tags: Object.keys(tagBook.meanings()).toSorted(),
    mapping: [
      `format: ${format}`,
      ...table.map(({ field, from }) => `  ${field.padEnd(width)}  ← ${from}`),
    ],
  };
}
