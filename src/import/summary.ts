import type { ImportResult } from './import-file.ts';

/** How many tags a notice names before it only counts them. */
const SHOWN_TAGS = 40;

/** The lines that tell a person what an import did. */
export function describeImport(suite: string, result: ImportResult): string[] {
  const { cases, inserted, unchanged, skipped, updated, seconds } = result;
  const counts = Object.entries({ inserted, unchanged, skipped, updated })
    .filter(([name, count]) => count > 0 || name === 'inserted')
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
  const suiteText = result.suiteCreated ? `new suite ${suite}` : `suite ${suite}`;
  const lines = [
    `${suiteText}: ${cases} ${cases === 1 ? 'case' : 'cases'} read, ${counts}, ${seconds.toFixed(1)} s`,
  ];
  if (result.newTags.length > 0) {
    lines.push(`new tags (${result.newTags.length}): ${shorten(result.newTags, ', ')}`);
  }
  return [...lines, ...describeNormalized(result.normalizedTags)];
}

/** The line of a dry run, which asks no suite: a tag is new where the dictionary has not got it. */
export function describeTags(tags: string[]): string[] {
  if (tags.length === 0) return [];
  const count = tags.length === 1 ? '1 tag' : `${tags.length} tags`;
  return [
    `${count}, new where the suite's dictionary has not got them: ${shorten(tags, ', ', 10)}`,
  ];
}

/** Spellings that only lost their capitals are listed in one line, the others one by one. */
function describeNormalized(tags: ImportResult['normalizedTags']): string[] {
  const spellings = tags.flatMap(({ name, from }) => from.map((text) => ({ name, text })));
  const lowered = spellings.filter(({ name, text }) => text.toLowerCase() === name);
  const changed = spellings.filter(({ name, text }) => text.toLowerCase() !== name);
  const lines: string[] = [];
  if (changed.length > 0) {
    const changes = changed.map(({ name, text }) => `  '${text}' → ${name}`);
    lines.push(`tags written as names (${changed.length}):`, shorten(changes, '\n'));
  }
  if (lowered.length > 0) {
    const names = lowered.map(({ text }) => text);
    lines.push(`tags in lower case (${lowered.length}): ${shorten(names, ', ')}`);
  }
  return lines;
}

function shorten(items: string[], separator: string, most = SHOWN_TAGS): string {
  const more = items.length - most;
  const shown = items.slice(0, most);
  return [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join(separator);
}
