/** The steps of `bulkhead adopt`, as the command line runs them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdoptCommandDeps, AdoptFlags } from '../commands/adopt.ts';
import { BulkheadError } from '../errors.ts';
import { lockAdoption } from '../queries/adopt.queries.ts';
import { installCapture } from './capture.ts';
import { countQueueSql } from './capture-sql.ts';
import { type Adoption, copySuites, findAdoptions, type Method, type Sides } from './copy.ts';
import { cutOverSuite, goBack, releaseSource } from './cut-over.ts';
import { type Changes, catchUp } from './follow.ts';
import { inspectSource } from './inspect.ts';
import { type ResolvedMapping, readMapping } from './mapping.ts';
import { requireOneMapping } from './one-mapping.ts';
import { makeProgress } from './progress.ts';
import { describeInspection } from './report.ts';
import { refuseSame, resolveFor, withSource } from './source.ts';
import { holdSourceSql } from './source-sql.ts';
import { describeReports, findUnfinished, verifySuites } from './verify.ts';

/** `adopt inspect` */
export async function inspect(deps: AdoptCommandDeps, flags: AdoptFlags): Promise<undefined> {
  await withSides(deps, flags, async (sides) => {
    const found = await inspectSource(sides, await mappingFor(sides, flags));
    if (flags.json) deps.print(JSON.stringify(found, null, 2));
    else for (const line of describeInspection(found)) deps.print(line);
  });
}

/** `adopt copy` */
export async function copy(deps: AdoptCommandDeps, flags: AdoptFlags): Promise<undefined> {
  await alone(deps, flags, async (sides) => {
    const mapping = await mappingFor(sides, flags);
    const begun = await findAdoptions(sides);
    const method = methodFor(begun, flags);
    requireOneMapping(mapping, begun);
    if (method === 'triggers') {
      if (begun.length === 0 && !flags.installTriggers) refuseTriggers();
      await installCapture(sides.source.client, mapping);
    }
    const progress = makeProgress(deps);
    const copied = await copySuites(sides, {
      ...{ mapping, method, suites: flags.suite, chunk: flags.chunk, pace: flags.pace },
      onProgress: progress.show,
    });
    progress.stop();
    print(deps, flags, copied.map(stateOf), copied.map(describeState));
  });
}

/** `adopt follow` */
export async function follow(deps: AdoptCommandDeps, flags: AdoptFlags): Promise<undefined> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  await alone(deps, flags, async (sides) => {
    for (let round = 1; ; round++) {
      const changes = await catchUp(sides);
      if (round === 1 || Object.values(changes).some((count) => count > 0))
        print(deps, flags, changes, [describeChanges(changes)]);
      if (flags.once || stopping.signal.aborted) return;
      await sleep(flags.every * 1000, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
    }
  });
}

/** `adopt verify`: 0 if all is copied, and both sides are identical. */
export function verify(deps: AdoptCommandDeps, flags: AdoptFlags): Promise<number> {
  return alone(deps, flags, async (sides) => {
    const adoptions = await chosen(sides, flags);
    if (flags.suite.length > 0) adoptions.forEach(refuseCutOver);
    const unfinished = findUnfinished(adoptions);
    const followed = adoptions.filter(({ phase }) => phase === 'following');
    const suites = await verifySuites(sides, followed);
    const found = [...suites, ...unfinished];
    const identical = found.length > 0 && found.every((report) => report.identical);
    print(deps, flags, { suites, unfinished, identical }, describeReports(suites, unfinished));
    return identical ? 0 : 4;
  });
}

/** `adopt cut-over` */
export async function cutOver(deps: AdoptCommandDeps, flags: AdoptFlags): Promise<undefined> {
  await alone(deps, flags, async (sides) => {
    const adoptions = await chosen(sides, flags);
    for (const adoption of adoptions) {
      if (adoption.method === 'compare' && !flags.writersStopped) refuseWriters(adoption);
      await cutOverSuite(sides, adoption, { patience: flags.patience * 1000 });
      deps.note(`${adoption.slug}: identical, and cut over`);
    }
    const states = await findAdoptions(sides);
    print(deps, flags, states.map(stateOf), states.map(describeState));
  });
}

/** `adopt back` */
export async function back(deps: AdoptCommandDeps, flags: AdoptFlags): Promise<undefined> {
  await alone(deps, flags, async (sides) => {
    const adoptions = (await chosen(sides, flags)).filter(
      ({ phase }) => flags.suite.length > 0 || phase !== 'cut_over',
    );
    for (const adoption of adoptions) {
      await goBack(sides, adoption);
      deps.note(`${adoption.slug}: taken back out`);
    }
    const [first] = adoptions;
    const mapping = first?.mapping;
    if (mapping && first.method === 'triggers' && (await releaseSource(sides, mapping)))
      deps.note('the triggers and the queue have been taken off the source');
    const states = await findAdoptions(sides);
    print(deps, flags, states.map(stateOf), states.map(describeState));
  });
}

/** `adopt status` */
export async function status(deps: AdoptCommandDeps, flags: AdoptFlags): Promise<undefined> {
  await withSides(deps, flags, async (sides) => {
    const states = await findAdoptions(sides);
    const waiting = states.some(({ method }) => method === 'triggers')
      ? (await sides.source.client.query(countQueueSql)).rows[0].waiting
      : null;
    const more =
      waiting === null ? [] : [`${waiting} changes of the source wait to be brought over`];
    const result = { source: sides.source.name, waiting, suites: states.map(stateOf) };
    print(deps, flags, result, [...states.map(describeState), ...more]);
  });
}

function withSides<T>(
  deps: AdoptCommandDeps,
  flags: AdoptFlags,
  work: (sides: Sides) => Promise<T>,
): Promise<T> {
  return deps.withOwnerClient((target) =>
    withSource(deps.sourceUrl(), flags.as, async (source) => {
      await refuseSame(source, target);
      return work({ target, source });
    }),
  );
}

/** Of two processes at the same source one could bring back what the other has just brought up to date. */
function alone<T>(
  deps: AdoptCommandDeps,
  flags: AdoptFlags,
  work: (sides: Sides) => Promise<T>,
): Promise<T> {
  return withSides(deps, flags, async (sides) => {
    const [lock] = await lockAdoption.run({ source: sides.source.name }, sides.target);
    const { rows } = await sides.source.client.query(holdSourceSql);
    if (lock?.locked && rows[0].held) return work(sides);
    throw new BulkheadError('ALREADY_RUNNING', `another process adopts "${sides.source.name}"`, {
      detail: 'One works on a source at a time.',
      hint: 'Wait for it, or stop it: it can be killed at any point. adopt status shows how far it is.',
    });
  });
}

/** The mapping that is asked for; without one, the mapping with which the adoption has begun. */
async function mappingFor(sides: Sides, flags: AdoptFlags): Promise<ResolvedMapping> {
  const { preset, mapping: file } = flags;
  const [begun] = await findAdoptions(sides);
  if (preset === undefined && file === undefined && begun) return begun.mapping;
  if (preset === undefined && file === undefined)
    throw new BulkheadError('BAD_ARGUMENT', 'nothing says what the source looks like', {
      detail: 'A mapping names the tables and columns of suites, cases, tags and links.',
      hint: 'For example --preset seed, or --mapping names.json, or both.',
    });
  return resolveFor(sides.source, readMapping({ preset, file }));
}

/** The method with which the adoption has begun, which stays; of one that begins, the method asked for. */
function methodFor([begun]: Adoption[], { method: asked }: AdoptFlags): Method {
  if (!begun || asked === undefined || asked === begun.method)
    return begun?.method ?? asked ?? 'triggers';
  const taken = begun.method === 'triggers' ? 'triggers' : 'comparing';
  throw new BulkheadError('BAD_ARGUMENT', `the suites of this source are followed by ${taken}`, {
    detail: `All suites of a source are followed in one way, and "${begun.slug}" has begun so.`,
    hint: 'Leave out --method; or take all of them back first: bulkhead adopt back',
  });
}

/** The suites asked for of those that have been begun, all if none is. */
async function chosen(sides: Sides, { suite: asked }: AdoptFlags): Promise<Adoption[]> {
  const all = await findAdoptions(sides);
  for (const name of asked)
    if (!all.some(({ slug, sourceSuite }) => slug === name || sourceSuite === name))
      throw new BulkheadError('UNKNOWN_SUITE', `no suite "${name}" has been copied`, {
        detail: `Copied, or begun: ${all.map(({ slug }) => slug).join(', ') || 'none'}.`,
        hint: 'Run: bulkhead adopt copy',
      });
  if (asked.length === 0) return all;
  return all.filter(({ slug, sourceSuite }) => asked.includes(slug) || asked.includes(sourceSuite));
}

function refuseTriggers(): never {
  throw new BulkheadError('BAD_ARGUMENT', 'following by triggers writes into the source', {
    detail:
      'A schema bulkhead_adopt with a queue, and triggers on the tables of cases, tags and links. adopt back takes them away.',
    hint: 'Agree to it with --install-triggers; or, with a source that is not to be touched: --method compare.',
  });
}

function refuseCutOver({ slug, phase }: Adoption): void {
  if (phase !== 'cut_over') return;
  throw new BulkheadError('BAD_ARGUMENT', `the suite "${slug}" has been cut over`, {
    detail:
      'Both sides were identical then. Since then people write to it here, and the source is closed.',
    hint: 'Leave it out: bulkhead adopt status shows which suites are followed.',
  });
}

function refuseWriters({ slug }: Adoption): never {
  throw new BulkheadError('BAD_ARGUMENT', `"${slug}" is followed without triggers`, {
    detail:
      'Nothing on the source can refuse writes to it: what comes behind the last comparison would be lost.',
    hint: 'Stop its writers, and say so: --writers-stopped.',
  });
}

function stateOf(adoption: Adoption) {
  const { slug, sourceSuite, phase, method, casesExpected, casesCopied, linksCopied } = adoption;
  const { copiedAt, followedAt, cutOverAt } = adoption;
  return {
    ...{ suite: slug, source_suite: sourceSuite, phase, method },
    ...{ cases_expected: casesExpected, cases_copied: casesCopied, links_copied: linksCopied },
    ...{ copied_at: copiedAt, followed_at: followedAt, cut_over_at: cutOverAt },
  };
}

const describeState = ({ slug, phase, casesCopied, casesExpected, linksCopied }: Adoption) =>
  `${slug}: ${phase.replace('_', ' ')}, ${casesCopied} of ${casesExpected} cases copied, with ${linksCopied} links`;

const describeChanges = ({ inserted, updated, deleted, links }: Changes) =>
  `${inserted} cases inserted, ${updated} updated, ${deleted} deleted; ${links} links came or went`;

function print(deps: AdoptCommandDeps, flags: AdoptFlags, value: unknown, lines: string[]): void {
  if (flags.json) deps.print(JSON.stringify(value, null, 2));
  else for (const line of lines) deps.print(line);
}
