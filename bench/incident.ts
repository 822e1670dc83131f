/** The incident in figures: what a bulk re-tagging does to appends, in the old design and in Bulkhead. */
import type { BenchContext, Figure } from './support/bench.ts';
import { readIncidentSuite, takeCases } from './support/incident-cases.ts';
import {
  type Replayed,
  type ReplaySizes,
  replayNew,
  replayOld,
  replaySizes,
} from './support/incident-replay.ts';
import { median, round } from './support/statistics.ts';

type SideFigures = { idle_p95_ms: number; during_p95_ms: number; ratio: number };

/** Medians over the rounds; `max_ms` is the slowest append of all of them, `samples` their number. */
export type IncidentResult = {
  bench: 'incident';
  v0: SideFigures;
  bulkhead: SideFigures & { max_ms: number; samples: number };
  retag_800_ms: number;
};

/** Replays the incident on both designs in turn. */
export async function run(
  context: BenchContext,
  sizes: Partial<ReplaySizes & { cases: number }> = {},
): Promise<IncidentResult> {
  const all = { ...replaySizes, ...sizes };
  const { source, cases } = takeCases(await readIncidentSuite(), all.cases ?? 1400);
  context.progress(`${cases.length} cases: ${source}`);
  const old = await context.createDatabase({ migrated: false });
  const bulkhead = await context.createDatabase();
  const [olds, news]: [Replayed[], Replayed[]] = [[], []];
  for (let number = 1; number <= context.rounds; number++) {
    const before = await replayOld({ ownerUrl: old.ownerUrl, cases, sizes: all });
    olds.push(before);
    const after = await replayNew({
      ownerUrl: bulkhead.ownerUrl,
      cases,
      sizes: all,
      slug: `regression-${number}`,
      atLeast: before.bulkWindow.ended - before.bulkWindow.began,
      logger: context.logger,
    });
    news.push(after);
    context.progress(`round ${number}: old ${describe(before)}; Bulkhead ${describe(after)}`);
  }
  return {
    bench: 'incident',
    v0: summarise(olds),
    bulkhead: {
      ...summarise(news),
      max_ms: round(Math.max(...news.map(({ during }) => during.max))),
      samples: news.reduce((sum, { during }) => sum + during.samples, 0),
    },
    retag_800_ms: round(median(news.flatMap(({ bulks }) => bulks))),
  };
}

/** The result as lines of a table. */
export function figures({ v0, bulkhead, retag_800_ms }: IncidentResult): Figure[] {
  const ms = (value: number) => `${value} ms`;
  return [
    { what: 'old design: append p95 idle', value: ms(v0.idle_p95_ms) },
    { what: 'old design: append p95 during the bulk', value: ms(v0.during_p95_ms) },
    { what: '  ratio', value: String(v0.ratio), target: '> 7', reached: v0.ratio > 7 },
    { what: 'Bulkhead: append p95 idle', value: ms(bulkhead.idle_p95_ms) },
    { what: 'Bulkhead: append p95 during bulks', value: ms(bulkhead.during_p95_ms) },
    {
      what: '  ratio',
      value: String(bulkhead.ratio),
      target: '≤ 1.5',
      reached: bulkhead.ratio <= 1.5,
    },
    {
      what: `  slowest of ${bulkhead.samples} appends`,
      value: ms(bulkhead.max_ms),
      target: '< 100 ms',
      reached: bulkhead.max_ms < 100,
    },
    {
      what: 're-tagging 800 of 1,400 cases, call to succeeded',
      value: ms(retag_800_ms),
      target: '≤ 100 ms',
      reached: retag_800_ms <= 100,
    },
  ];
}

function summarise(rounds: readonly Replayed[]): SideFigures {
  return {
    idle_p95_ms: round(median(rounds.map(({ idle }) => idle.p95))),
    during_p95_ms: round(median(rounds.map(({ during }) => during.p95))),
    ratio: round(median(rounds.map(({ idle, during }) => during.p95 / idle.p95))),
  };
}

function describe({ idle, during, bulks }: Replayed): string {
  const ms = (value: number) => value.toFixed(1);
  return (
    `p95 ${ms(idle.p95)} → ${ms(during.p95)} ms, slowest ${ms(during.max)} ms ` +
    `(${idle.samples} and ${during.samples} appends, bulks of ${ms(median(bulks))} ms)`
  );
}
