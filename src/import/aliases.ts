import type { Format } from '../formats/format.ts';
import type { Mapping } from './mapping.ts';

/** How the fields of a case are called elsewhere; the first that a file has is taken. */
const ALIASES = {
  key: ['external_key', 'id', 'external_id', 'example_id', '_id', 'task_id'],
  input: ['input', 'inputs', 'vars', 'messages', 'question', 'prompt'],
  expected: [
    'expected_output',
    'expectedOutput',
    'expected',
    'output',
    'outputs',
    'expectations',
    'target',
    'ideal',
    'answer',
  ],
  tags: ['tags', 'splits', 'split', 'metadata.tags', '__metadata:tags[]'],
};

/** The mapping for a file with these fields: what is given, and aliases for the rest. */
export function resolveAliases(names: ReadonlySet<string>, given: Mapping): Mapping {
  const named = [given.key, given.input, given.expected, given.tags, given.metadata].flat();
  const find = (aliases: readonly string[]) =>
    aliases.find((name) => names.has(name) && !named.includes(name));
  const tags = find(ALIASES.tags);
  return {
    ...given,
    key: given.key ?? find(ALIASES.key),
    input: given.input ?? find(ALIASES.input),
    expected: given.expected ?? find(ALIASES.expected),
    tags: given.tags ?? (tags === undefined ? undefined : [tags]),
  };
}

/** Which field of a file becomes which of a case, for `--dry-run`. */
export type MappingReport = {
  format: string;
  fields: { field: string; from: string }[];
};

const NONE = '(none)';

/** Says how a file will be read: by its format's own fields, or by the mapping. */
export function describeMapping(
  format: Format | null,
  mapping: Mapping,
  names: ReadonlySet<string>,
  fallback: string,
): MappingReport {
  const own = format?.fields;
  const { input, expected, key, tags, metadata } = mapping;
  const isElsewhere = [input, expected, key, tags, metadata].flat().includes('status');
  const from = {
    external_key: mapping.key ?? own?.external_key ?? NONE,
    input: mapping.input ?? own?.input ?? 'input',
    expected_output: mapping.expected ?? own?.expected_output ?? NONE,
    tags: mapping.tags?.join(', ') ?? own?.tags ?? NONE,
    status: own?.status ?? (names.has('status') && !isElsewhere ? 'status' : '(active)'),
  };
  return {
    format: format?.name ?? fallback,
    fields: Object.entries(from).map(([field, source]) => ({ field, from: source })),
  };
}
