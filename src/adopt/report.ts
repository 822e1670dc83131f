/** What an inspection found, for people. */
import type { Inspection } from './inspect.ts';

/** Samples and names that a list shows before it says how many more there are. */
const shown = 50;

/** The inspection as lines; ends with what to do next. */
export function describeInspection(found: Inspection): string[] {
  return [
    `${found.source}: ${found.suites.length} suites, ${found.cases} cases, ${found.links} links`,
    ...found.suites.map(
      ({ id, name, slug, cases, tags }) =>
        `  ${slug}  ← ${JSON.stringify(name)} (${id}): ${cases} cases, ${tags} tags`,
    ),
    ...describeShared(found),
    ...list(
      'texts that are no name of a tag, and the name that they get',
      found.renamedTags.map(({ tag, name }) => `${JSON.stringify(tag)} → ${name}`),
    ),
    ...list(
      'texts that become one tag',
      found.mergedTags.map(
        ({ slug, name, tags }) =>
          `${slug}: ${tags.map((tag) => JSON.stringify(tag)).join(', ')} → ${name}`,
      ),
    ),
    ...list(
      'rows that cannot come as they are',
      found.troubles.map(
        ({ what, total, sample }) => `${total} ${what}; the first: ${sample.join(', ')}`,
      ),
    ),
    '',
    `estimate: ${found.estimate.seconds} s, ${Math.ceil(found.estimate.bytes / 1_048_576)} MB`,
    found.mayMakeTriggers
      ? 'the login may make triggers: changes can be followed by them'
      : `the login may not make triggers, it lacks ${found.lacksForTriggers.join(', ')}: changes can be followed by comparing, --method compare`,
    'nothing was changed',
  ];
}

function describeShared({ sharedTags }: Inspection): string[] {
  return list(
    'tags that more than one suite uses; each suite gets its own, with the meaning that it gives it',
    sharedTags.flatMap(({ tag, suites }) => [
      JSON.stringify(tag),
      ...suites.map(
        ({ slug, cases, sample }) => `  ${slug}: ${cases} cases, such as ${sample.join(', ')}`,
      ),
    ]),
    Number.POSITIVE_INFINITY, // each needs somebody's decision
  );
}

function list(title: string, lines: string[], most = shown): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > most ? [`  … and ${lines.length - most} more: --json has them`] : [];
  return ['', `${title}:`, ...lines.slice(0, most).map((line) => `  ${line}`), ...more];
}
