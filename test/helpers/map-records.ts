import { type Mapping, makeMapper } from '../../src/import/mapping.ts';
import { describeProblem, makeProblems } from '../../src/import/problems.ts';
import type { FileFormat } from '../../src/import/records.ts';
import { makeTagBook } from '../../src/import/tags.ts';
import { parseJson } from '../../src/json.ts';

/** Maps records given as JSON texts (or, for CSV, as objects of cells) and returns all there is to see. */
export function mapAll(
  records: (string | Record<string, unknown>)[],
  mapping: Mapping = {},
  format: FileFormat = 'jsonl',
) {
  const problems = makeProblems();
  const tagBook = makeTagBook();
  const mapper = makeMapper({ mapping, format, problems, tagBook });
  const rows = records.map((record, index) => {
    const fields = typeof record === 'string' ? parseJson(record) : record;
    return mapper.row({ line: index + 1, fields: fields as Record<string, unknown> });
  });
  mapper.finish();
  const messages = problems.shown.map(describeProblem);
  return { rows: rows.filter((row) => row !== null), messages, tagBook };
}
