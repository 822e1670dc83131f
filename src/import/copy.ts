/** One case on its way into `pg_temp.import_rows`; JSON values are already text. */
export type ImportRow = {
  line: number;
  externalKey: string | null;
  input: string;
  expectedOutput: string | null;
  metadata: string;
  tags: string[];
  status: string;
};

const ESCAPES: Record<string, string> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** A row in the text format of COPY, with its line feed. */
export function encodeRow(row: ImportRow): string {
  return `${[
    String(row.line),
    encodeText(row.externalKey),
    encodeJson(row.input),
    encodeJson(row.expectedOutput),
    encodeJson(row.metadata),
    encodeText(encodeArray(row.tags)),
    encodeText(row.status),
  ].join('\t')}\n`;
}

/** A row as an element of what `bulkhead.import_at_once` takes. */
export function encodeJsonRow(row: ImportRow): string {
  const { line, externalKey, input, expectedOutput, metadata, tags, status } = row;
  const texts = JSON.stringify({ line, external_key: externalKey, tags, status }).slice(0, -1);
  return `${texts},"input":${input},"expected_output":${expectedOutput},"metadata":${metadata}}`;
}

/** A value in the text format of COPY: null is \N, and what could be taken for syntax is escaped. */
export function encodeText(value: string | null): string {
  return value === null
    ? '\\N'
    : value.replace(/[\\\b\f\n\r\t\v]/g, (character) => ESCAPES[character] ?? character);
}

/** The same for JSON, which has no control character in it, so that only backslashes are escaped. */
function encodeJson(text: string | null): string {
  return text === null ? '\\N' : text.replaceAll('\\', '\\\\');
}

/** A PostgreSQL array literal of texts. */
export function encodeArray(values: string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
