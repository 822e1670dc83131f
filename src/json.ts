// Number sources (`context.source`, `JSON.rawJSON`) are in the runtime but not yet in the typings.
type RawJson = { rawJSON: string };
type JsonWithSource = {
  parse(text: string, reviver: (key: string, value: unknown, context: Context) => unknown): unknown;
  rawJSON(source: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
};
type Context = { source?: string };
const json = JSON as unknown as JsonWithSource;

/** A number in JSON is all of it, or stands after one of these; in a text this is found seldom. */
const perhapsInexact = /[:,[]\s*-?(?:\d+[.eE]|\d{16}|0(?<=-0))/;
/** Apart from that one: with both ends to look at, it would take nine times as long. */
const number = /^\s*[-\d]/;

/**
 * Parses JSON without losing a digit: a number that a double cannot hold as it is written
 * (12345678901234567890, 1e400, 1.10) is carried along as its source and written out unchanged.
 */
export function parseJson(text: string): unknown {
  if (!perhapsInexact.test(text) && !number.test(text)) return JSON.parse(text);
  return json.parse(text, keepSource);
}

/**
 * The same for values that GraphQL's own types read as well, to which such a number is nothing they know: only those are
 * carried along of which a double would change the value, so 1.0 stays a number, and 12345678901234567890 what it is.
 */
export function parseJsonValues(text: string): unknown {
  return mayLoseDigits(text) ? json.parse(text, keepDigits) : JSON.parse(text);
}

/** Whether there may be a number in a text that a double cannot hold; it is found out without reading the text. */
export const mayLoseDigits = (text: string) => /[\d.]{16}|\d[eE]/.test(text);

function isSameNumber(one: string, other: string): boolean {
  return one === other || digitsOf(one) === digitsOf(other);
}

/** A number in the one form in which its digits begin and end with no zero: 1.50e3 is 15e2. */
function digitsOf(text: string): string {
  const [, sign, whole = '', fraction = '', exponent] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1; // a pattern would take the square of it
  const power = Number(exponent ?? 0) - fraction.length + digits.length - end;
  return end === 0 ? '0' : `${sign}${digits.slice(0, end)}e${power}`;
}

/** Makes JSON.parse carry along the source of each number that a double does not give back as the same. */
const carrying =
  (isSame: (one: string, other: string) => boolean) =>
  (_key: string, value: unknown, context?: Context): unknown => {
    const source = context?.source;
    return typeof value === 'number' && source !== undefined && !isSame(String(value), source)
      ? json.rawJSON(source)
      : value;
  };

const keepSource = carrying((one, other) => one === other);

/** What makes JSON.parse do what parseJsonValues does; for whoever calls it for us. */
export const keepDigits = carrying(isSameNumber);

/** A JSON scalar as text, or null when the value is something else. */
export function scalarText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return json.isRawJSON(value) ? value.rawJSON : null;
}

/** True for a JSON object: not null, not an array, not a number carried as its source. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !json.isRawJSON(value)
  );
}

/**
 * Finds a string that PostgreSQL cannot store: one with U+0000 or with half of a surrogate pair.
 * Returns a sentence that says where (`input.messages[2]`), or null.
 */
export function findUnstorable(value: unknown): string | null {
  const open: { value: unknown; path: string }[] = [{ value, path: '' }];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const { value, path } = item;
    if (typeof value === 'string') {
      const fault = faultOf(value);
      if (fault !== null) return `${path || 'the text'} has ${fault}`;
    } else if (Array.isArray(value)) {
      value.forEach((element, index) => {
        open.push({ value: element, path: `${path}[${index}]` });
      });
    } else if (isObject(value)) {
      for (const [name, member] of Object.entries(value)) {
        const fault = faultOf(name);
        if (fault !== null) return `the name of a field has ${fault}`;
        open.push({ value: member, path: path === '' ? name : `${path}.${name}` });
      }
    }
  }
  return null;
}

function faultOf(text: string): string | null {
  if (text.includes('\u0000')) return 'a NUL character (\\u0000), which cannot be stored';
  return text.isWellFormed() ? null : 'half of a surrogate pair (\\ud800 to \\udfff) on its own';
}
