import { findUnstorable, isObject, parseJson } from '../json.ts';
import { isBlank, type Line, readLines, refuseBytes, unitOfLine } from './lines.ts';
import type { Problems } from './problems.ts';
import type { FileRecord } from './records.ts';

/** Reads one JSON object per line. What is wrong goes to `problems`, and reading goes on. */
export async function* readJsonl(
  source: AsyncIterable<Buffer>,
  problems: Problems,
): AsyncGenerator<FileRecord[]> {
  for await (const lines of readLines(source)) {
    const records: FileRecord[] = [];
    for (const line of lines) {
      if (isBlank(line)) continue;
      const result = parseRecord(line);
      if (typeof result === 'string') problems.add(line.number, result);
      else records.push({ line: line.number, fields: result });
    }
    if (records.length > 0) yield records;
  }
}

/** The JSON object in a line, or in an element of an array; or what is wrong with it. */
export function parseRecord(line: Line): Record<string, unknown> | string {
  const refusal = refuseBytes(line);
  if (refusal !== null) return refusal;
  const text = line.bytes?.toString('utf8') ?? '';
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    if (error instanceof RangeError) return 'the JSON is nested too deeply';
    return describeFailure(text, line, (error as Error).message);
  }
  if (!isObject(value)) {
    return `not a JSON object but ${kindOf(value)}; each ${unitOfLine(line)} holds one case as an object`;
  }
  // The bytes are sound, so only an escape can bring in what cannot be stored.
  return (text.includes('\\u') ? findUnstorable(value) : null) ?? value;
}

function describeFailure(text: string, line: Line, message: string): string {
  const reason = message.replace(/ \(line \d+ column \d+\)/, '');
  // whoever looks for it in a file that is not valid has only its lines
  if (line.isElementOn !== undefined)
    return `not valid JSON: ${reason} (it begins on line ${line.isElementOn})`;
  if (!line.terminated)
    return `the last line is cut off, the file ends in the middle of it (${reason})`;
  const hint = text.startsWith('[') ? '; a JSON array must be written as one object per line' : '';
  return `not valid JSON: ${reason}${hint}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'a number' : `a ${typeof value}`;
}
