import { readCsv } from '../../src/import/csv.ts';
import { readJsonl } from '../../src/import/jsonl.ts';
import { describeProblem, makeProblems } from '../../src/import/problems.ts';
import type { FileFormat, FileRecord } from '../../src/import/records.ts';

/** What a parser makes of some bytes, given in chunks of `size` so that every seam is tried. */
export async function readAll(format: FileFormat, content: string | Buffer, size = 1024 * 1024) {
  const bytes = Buffer.from(content);
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const problems = makeProblems();
  const records: FileRecord[] = [];
  const reading = format === 'csv' ? readCsv(chunks(), problems) : readJsonl(chunks(), problems);
  for await (const batch of reading) records.push(...batch);
  const messages = problems.shown.map(describeProblem);
  return { records, messages, total: problems.total };
}
