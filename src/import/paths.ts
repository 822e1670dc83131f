import { isObject } from '../json.ts';

/** The value at a field name or a dotted path (`payload.question`); undefined when it is absent. */
export function readPath(fields: Record<string, unknown>, path: string): unknown {
  if (Object.hasOwn(fields, path)) return fields[path];
  const dot = path.indexOf('.');
  if (dot === -1) return undefined;
  const head = path.slice(0, dot);
  const inner = Object.hasOwn(fields, head) ? fields[head] : undefined;
  return isObject(inner) ? readPath(inner, path.slice(dot + 1)) : undefined;
}

/** The fields without those at the paths; an object that becomes empty by this goes as well. */
export function withoutPaths(
  fields: Record<string, unknown>,
  paths: readonly string[],
): Record<string, unknown> {
  // Nearly all names are plain, and this is done for each case of a file.
  const inside = paths.filter((path) => path.includes('.'));
  if (inside.length === 0) {
    const kept = Object.entries(fields).filter(([name]) => !paths.includes(name));
    return Object.fromEntries(kept);
  }
  // `Object.fromEntries` defines members, so a field called __proto__ stays a field.
  const entries = Object.entries(fields).flatMap(([name, value]): [string, unknown][] => {
    if (paths.includes(name)) return [];
    const inner = inside
      .filter((path) => path.startsWith(`${name}.`))
      .map((path) => path.slice(name.length + 1));
    if (inner.length === 0 || !isObject(value)) return [[name, value]];
    const rest = withoutPaths(value, inner);
    return Object.keys(rest).length === 0 ? [] : [[name, rest]];
  });
  return Object.fromEntries(entries);
}
