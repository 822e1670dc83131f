import { isObject, parseJson } from '../json.ts';

/** JSON as `parseJson` reads it: a number that a double cannot hold is carried as its source. */
export type Fields = Record<string, unknown>;

/** A case as it is exported: JSON values as `parseJson` reads them, so that no digit is lost. */
export type Case = {
  external_key: string | null;
  input: unknown;
  expected_output: unknown;
  metadata: Fields;
  tags: string[];
  status: string;
};

/** The case in a line that the database wrote (`case_line`). */
export function caseOfLine(line: string): Case {
  return parseJson(line) as Case;
}

/** The member of a format's metadata that holds what the format has no field for. */
export const CARRY = 'bulkhead';

/** What is carried: own members of the metadata whose names the format needs, fields that are JSON text. */
type Carry = { tags?: string[]; status?: string; metadata?: Fields; json?: string[] };

const CARRIED = ['tags', 'status', 'metadata', 'json'];

/**
 * A case's metadata with what the format has no other place for: `placed` under names of their own
 * (a null is left out), the rest under `bulkhead`, where the import finds it.
 */
export function packMetadata(own: Fields, placed: Fields, carry: Carry): Fields {
  const present = Object.entries(placed).filter(([, value]) => value !== null);
  const taken = (name: string) => name === CARRY || Object.hasOwn(placed, name);
  const displaced = Object.entries(own).filter(([name]) => taken(name));
  const all: Carry = {
    ...carry,
    ...(displaced.length > 0 && { metadata: Object.fromEntries(displaced) }),
  };
  const kept = Object.entries(own).filter(([name]) => !taken(name));
  const rest = Object.keys(all).length > 0 ? [[CARRY, all] as const] : [];
  return Object.fromEntries([...kept, ...present, ...rest]);
}

/** The fields with what `packMetadata` carried put back where it came from. */
export function unpackMetadata(fields: Fields): Fields {
  const { metadata } = fields;
  if (!isObject(metadata)) return fields;
  const carry = readCarry(metadata[CARRY]);
  if (carry === null) return fields;
  const kept = Object.entries(metadata).filter(([name]) => name !== CARRY);
  const restored: Fields = {
    ...fields,
    metadata: Object.fromEntries([...kept, ...Object.entries(carry.metadata ?? {})]),
  };
  for (const name of ['tags', 'status'] as const) {
    if (carry[name] !== undefined) restored[name] = carry[name];
  }
  for (const name of carry.json ?? []) {
    const text = restored[name];
    if (typeof text === 'string') restored[name] = parseJson(text);
  }
  return restored;
}

function readCarry(value: unknown): Carry | null {
  if (!isObject(value) || !Object.keys(value).every((name) => CARRIED.includes(name))) return null;
  const { json = [], metadata = {} } = value as Carry;
  const known = Array.isArray(json) && json.every((name) => /^(input|expected_output)$/.test(name));
  return known && isObject(metadata) ? (value as Carry) : null;
}

/** The status to carry: `active` goes without saying. */
export function carryStatus({ status }: Case): { status?: string } {
  return status === 'active' ? {} : { status };
}

/** For a format that takes objects only: an object as it is, anything else as the one member `name`. */
export function wrap(value: unknown, name: string): Fields {
  const clear = isObject(value) && !(Object.keys(value).length === 1 && Object.hasOwn(value, name));
  return clear ? value : { [name]: value };
}

/** The opposite of `wrap`. */
export function unwrap(value: unknown, name: string): unknown {
  const wrapped = isObject(value) && Object.keys(value).length === 1 && Object.hasOwn(value, name);
  return wrapped ? value[name] : value;
}

/** True for a list of chat messages: objects with a role and a content. */
export function isMessages(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => isObject(item) && typeof item.role === 'string' && 'content' in item)
  );
}

/** True for a list of texts. */
export function isTexts(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')
  );
}

/**
 * The input and the expected output as a format takes them that only knows `plain` values: others
 * become JSON text, and `json` names them.
 */
export function asText(
  one: Case,
  plain: { input(value: unknown): boolean; expected(value: unknown): boolean },
): { input: unknown; expected: unknown; json: { json?: string[] } } {
  const keeps = {
    input: plain.input(one.input),
    expected_output: one.expected_output === null || plain.expected(one.expected_output),
  };
  const json = Object.entries(keeps).flatMap(([name, kept]) => (kept ? [] : [name]));
  return {
    input: keeps.input ? one.input : JSON.stringify(one.input),
    expected: keeps.expected_output ? one.expected_output : JSON.stringify(one.expected_output),
    json: json.length > 0 ? { json } : {},
  };
}

/**
 * The fields with `names` renamed; null fields are left out. A field whose new name is taken keeps
 * its own and so becomes metadata: nothing is written over.
 */
export function rename(fields: Fields, names: Record<string, string>): Fields {
  const present = Object.entries(fields).filter(([, value]) => value !== null);
  const taken = new Set(present.map(([name]) => name));
  const entries = present.map(([name, value]): [string, unknown] => {
    const wanted = Object.hasOwn(names, name) ? names[name] : undefined;
    if (wanted === undefined || taken.has(wanted)) return [name, value];
    taken.add(wanted);
    return [wanted, value];
  });
  return Object.fromEntries(entries);
}

/** Moves a member of the metadata to a field of the case: the tags, the key. */
export function lift(fields: Fields, member: string, field: string): Fields {
  const { metadata } = fields;
  if (!isObject(metadata) || !Object.hasOwn(metadata, member)) return fields;
  const rest = Object.entries(metadata).filter(([name]) => name !== member);
  return { ...fields, metadata: Object.fromEntries(rest), [field]: metadata[member] };
}

/** The JSON in a cell of a table; the text itself when it is none. */
export function parseCell(cell: unknown): unknown {
  if (typeof cell !== 'string') return cell;
  try {
    return parseJson(cell);
  } catch {
    return cell;
  }
}

/** Whether the value is a text that a cell can hold: an empty cell is a field that is not there. */
export function isCellText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
