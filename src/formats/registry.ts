import { BulkheadError } from '../errors.ts';
import type { FileFormat } from '../import/records.ts';
import { csv, jsonl } from './bulkhead.ts';
import { deepeval, deepevalCsv } from './deepeval.ts';
import type { Format } from './format.ts';
import { inspect } from './inspect.ts';
import { langsmith } from './langsmith.ts';
import { openaiEvals } from './openai-evals.ts';
import { phoenix, phoenixCsv } from './phoenix.ts';
import { braintrust, langfuse } from './platforms.ts';
import { promptfoo, promptfooCsv } from './promptfoo.ts';

/** Every format, in the order in which they are tried: what is recognised by more comes first. */
export const formats: readonly Format[] = [
  jsonl,
  csv,
  promptfoo,
  promptfooCsv,
  langfuse,
  langsmith,
  deepeval,
  deepevalCsv,
  openaiEvals,
  inspect,
  braintrust,
  phoenix,
  phoenixCsv,
];

/** The names that `--format` takes. */
export const formatNames: readonly string[] = formats.map(({ name }) => name);

/** The format of this name. */
export function findFormat(name: string): Format {
  const format = formats.find((one) => one.name === name);
  if (format !== undefined) return format;
  throw new BulkheadError('UNKNOWN_FORMAT', `there is no format '${name}'`, {
    hint: `The formats are ${formatNames.join(', ')}.`,
  });
}

/** The format of a file that is written like this and has these fields; null when it is none of them. */
export function detectFormat(encoding: FileFormat, names: ReadonlySet<string>): Format | null {
  const isTable = encoding === 'csv';
  const found = formats.find(
    (one) => (one.encoding === 'csv') === isTable && one.recognises(names),
  );
  return found ?? null;
}
