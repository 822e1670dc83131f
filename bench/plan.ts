/** Whether `bulkhead plan --measure` tells the truth: what it predicts of this server against what then really happens on it. */
import type { Speed } from '../src/plan/coefficients.ts';
import { readPlanInput } from '../src/plan/input.ts';
import { measureSpeed } from '../src/plan/measure.ts';
import { makePlan, type Plan } from '../src/plan/plan.ts';
import type { BenchContext, Figure } from './support/bench.ts';
import { readIncidentSuite, takeCases } from './support/incident-cases.ts';
import { type Replayed, replayOld, replaySizes } from './support/incident-replay.ts';
import { type PlannedSizes, plannedSizes, runPlanned } from './support/planned-run.ts';
import { median, round } from './support/statistics.ts';

/** What was predicted and what was measured, in the unit that the key ends with, and how far apart they are. */
export type Pair = { predicted: number; measured: number; factor: number };

type Name = keyof ReturnType<typeof predict>;

/** Medians over the rounds, and the largest factor of them. */
export type PlanResult = { bench: 'plan'; worst_factor: number } & Record<Name, Pair>;

/** How large the runs are; what is not in `PlannedSizes` is of the old design. */
export type PlanSizes = PlannedSizes & {
  incidentCases: number;
  /** What the old service spends on a row, in milliseconds. */
  rowPause: number;
};

/** Measures the server, plans, and does what was planned, round by round. */
export async function run(
  context: BenchContext,
  sizes: Partial<PlanSizes> = {},
): Promise<PlanResult> {
  const all = { ...plannedSizes, incidentCases: 1400, rowPause: replaySizes.rowPause, ...sizes };
  const { cases } = takeCases(await readIncidentSuite(), all.incidentCases);
  const old = await context.createDatabase({ migrated: false });
  const measured = await context.createDatabase();
  const rounds: Record<Name, [predicted: number, measured: number]>[] = [];
  for (let number = 1; number <= context.rounds; number++) {
    const { speed } = await measureSpeed(measured.ownerUrl, planOf(all));
    context.progress(`round ${number}: measured ${JSON.stringify(speed)}`);
    const replayed = await replayOld({
      ownerUrl: old.ownerUrl,
      cases,
      sizes: { ...replaySizes, ...all, idle: all.window, appendPause: all.pause },
    });
    // the dead rows of the measurement would count among the sizes
    const { ownerUrl } = await context.createDatabase();
    const planned = await runPlanned({ ownerUrl, sizes: all, logger: context.logger });
    const predicted = predict(all, cases.filter(({ isRag }) => isRag).length, speed);
    const real = { ...planned, ...ofOldDesign(replayed) };
    rounds.push(mapNames(predicted, (name) => [predicted[name], real[name]]));
    context.progress(`round ${number}: ${describe(rounds.at(-1) ?? {})}`);
  }
  return summarise(rounds);
}

/** The flags with which somebody would ask for what is going to happen. */
function planOf(sizes: PlanSizes) {
  return readPlanInput({
    suites: '1',
    cases: String(sizes.cases),
    bulk: String(sizes.bulk),
    tags: String(sizes.tags),
    caseBytes: String(sizes.caseBytes),
    perAppend: String(sizes.batch),
    edits: '0',
    cores: '2',
  });
}

/** What a plan says of it. Appenders wait for their answers, so their rate follows from how long an append takes. */
function predict(sizes: PlanSizes, ragCases: number, speed: Speed) {
  const bulk: Plan = makePlan(planOf(sizes), speed);
  const appends = (sizes.appenders * 1000) / (sizes.pause + speed.append);
  const single = { ...planOf(sizes), perAppend: 1, appends };
  const { times } = makePlan(single, speed);
  const { times: incident } = makePlan(
    { ...single, tags: 1, cases: sizes.incidentCases, bulk: ragCases, rowTime: sizes.rowPause },
    speed,
  );
  const bytesOf = (name: RegExp) =>
    bulk.sizes.relations.reduce((sum, of) => sum + (name.test(of.relation) ? of.bytes : 0), 0);
  return {
    links_per_s: times.linksPerSecond.value,
    bulk_ms: times.duration.value,
    longest_chunk_ms: times.longestLock.value,
    append_idle_p95_ms: times.appendIdle.value,
    append_during_p95_ms: times.appendDuring.value,
    old_bulk_ms: incident.old.duration.value,
    old_append_idle_p95_ms: incident.old.appendIdle.value,
    old_append_during_p95_ms: incident.old.appendDuring.value,
    cases_bytes: bytesOf(/^test_cases/),
    links_bytes: bytesOf(/^test_case_tags/),
    audit_bytes: bytesOf(/^audit_log/),
    change_log_bytes: bulk.sizes.changeLog.bytes,
    wal_bytes: bulk.sizes.wal.bytes,
  };
}

function ofOldDesign({ bulks, idle, during }: Replayed) {
  return {
    old_bulk_ms: median(bulks),
    old_append_idle_p95_ms: idle.p95,
    old_append_during_p95_ms: during.p95,
  };
}

function mapNames<Value>(names: Record<Name, unknown>, value: (name: Name) => Value) {
  const entries = (Object.keys(names) as Name[]).map((name) => [name, value(name)]);
  return Object.fromEntries(entries) as Record<Name, Value>;
}

const factorOf = (predicted: number, measured: number) =>
  Math.max(predicted / measured, measured / predicted);

function summarise(rounds: readonly Record<Name, [number, number]>[]): PlanResult {
  const pairs = mapNames(rounds[0] ?? ({} as Record<Name, unknown>), (name): Pair => {
    const predicted = median(rounds.map((of) => of[name][0]));
    const measured = median(rounds.map((of) => of[name][1]));
    const factor = round(factorOf(predicted, measured));
    return { predicted: round(predicted), measured: round(measured), factor };
  });
  const worst = Math.max(...Object.values(pairs).map(({ factor }) => factor));
  return { bench: 'plan', worst_factor: worst, ...pairs };
}

function describe(pairs: Partial<Record<Name, [number, number]>>): string {
  return Object.entries(pairs)
    .map(
      ([name, [predicted, measured]]) => `${name} ${round(predicted, 1)} → ${round(measured, 1)}`,
    )
    .join(', ');
}

/** The result as lines of a table. */
export function figures({ bench, worst_factor, ...pairs }: PlanResult): Figure[] {
  const show = (value: number) => value.toLocaleString('en', { maximumFractionDigits: 1 });
  return [
    ...Object.entries(pairs).map(([name, { predicted, measured, factor }]) => ({
      what: name.replaceAll('_', ' '),
      value: `${show(predicted)} predicted, ${show(measured)} measured: ${factor}`,
      target: '≤ 2',
      reached: factor <= 2,
    })),
    {
      what: `worst factor of ${bench}`,
      value: String(worst_factor),
      target: '≤ 2',
      reached: worst_factor <= 2,
    },
  ];
}
