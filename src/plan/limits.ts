/** Where it ends: the scale at which each limit of one machine arrives, and what to do then. */
import { limits as server } from '../graphql/limits.ts';
import { reserves, type Speed, settings } from './coefficients.ts';
import type { PlanInput } from './input.ts';
import type { Sizes } from './sizes.ts';
import type { Times } from './times.ts';
import { showBytes, showNumber, showTime } from './units.ts';

/** A limit: what the plan needs of it, what there is, and how many times the plan fits. */
export type Limit = {
  limit: string;
  needed: number;
  available: number;
  /** How many times as large the plan may become; below 1 it does not fit. */
  factor: number;
  unit: 'bytes' | 'per second' | 'per day';
  /** Whether more machines move it: those of Citus. */
  isOfMachine: boolean;
  how: string;
  remedy: string;
};

type Plan = { input: PlanInput; speed: Speed; sizes: Sizes; times: Times };
type Unfactored = Omit<Limit, 'factor'>;

/** All limits, the first to arrive first. */
export function limitsOf(plan: Plan): Limit[] {
  return [
    memoryLimit(plan),
    diskLimit(plan),
    ...(plan.input.appends > 0 ? [coresLimit(plan), connectionsLimit(plan)] : []),
    ...(plan.input.bulksPerDay > 0 ? [bulksLimit(plan)] : []),
    partitionLimit(plan),
    suiteLimit(plan),
  ]
    .map((limit) => ({ ...limit, factor: limit.available / limit.needed }))
    .sort((a, b) => a.factor - b.factor);
}

const percent = (share: number) => `${Math.round(share * 100)}%`;

function memoryLimit({ input, sizes }: Plan): Unfactored {
  return {
    limit: 'memory for the indexes',
    needed: sizes.hot,
    available: input.memory * reserves.cache,
    unit: 'bytes',
    isOfMachine: true,
    how: `of cases and links, in ${percent(reserves.cache)} of ${showBytes(input.memory)}; suites that nobody uses take none`,
    remedy: 'more memory, or Citus',
  };
}

function diskLimit({ input, sizes }: Plan): Unfactored {
  const bulks = input.bulksPerDay * settings.changeLogDays;
  return {
    limit: 'disk',
    needed: sizes.total + sizes.changeLog.bytes * bulks + reserves.wal,
    available: input.disk * reserves.disk,
    unit: 'bytes',
    isOfMachine: true,
    how:
      `all relations, the change log of ${showNumber(bulks)} bulks in ${settings.changeLogDays} days,` +
      ` ${showBytes(reserves.wal)} of WAL; in ${percent(reserves.disk)} of ${showBytes(input.disk)}`,
    remedy: 'a larger disk, or Citus',
  };
}

function coresLimit({ input, times }: Plan): Unfactored {
  const left = Math.max(0.5, input.cores - 1);
  const { append } = times;
  return {
    limit: 'appends, by cores',
    needed: input.appends,
    available: (left * 1000 * reserves.cores) / append.value,
    unit: 'per second',
    isOfMachine: true,
    how: `${percent(reserves.cores)} of ${showNumber(left)} cores, the rest being with a bulk, / ${append.how}`,
    remedy: input.perAppend > 1 ? 'more cores, or Citus' : 'several cases in one append',
  };
}

function connectionsLimit({ input, times }: Plan): Unfactored {
  const [ofRequests, reserved] = [server.connections + server.transfers, 3]; // superuser_reserved_connections
  const left = input.connections - reserved - settings.workerConnections;
  const servers = Math.max(
    1,
    Math.min(
      Math.floor(left / (ofRequests + settings.ownerConnections)),
      Math.floor(settings.apiConnections / ofRequests),
    ),
  );
  return {
    limit: 'appends, by connections',
    needed: input.appends,
    available: (servers * server.transfers * 1000) / times.appendDuring.value,
    unit: 'per second',
    isOfMachine: false,
    how:
      `${servers} API server${servers === 1 ? '' : 's'} beside a worker in ${showNumber(input.connections)} connections and the` +
      ` ${settings.apiConnections} of bulkhead_api, ${server.transfers} of each for appends, / ${showTime(times.appendDuring.value)}`,
    remedy: 'max_connections, and a server more',
  };
}

function bulksLimit({ input, times }: Plan): Unfactored {
  const atOnce = Math.max(1, Math.min(input.cores - 1, settings.workerSuites));
  return {
    limit: 'bulk changes',
    needed: input.bulksPerDay,
    available: Math.floor((86_400_000 / times.duration.value) * reserves.cores * atOnce),
    unit: 'per day',
    isOfMachine: false,
    how: `${atOnce} suite${atOnce === 1 ? '' : 's'} at once, one operation in each, ${percent(reserves.cores)} of the day`,
    remedy: 'another worker',
  };
}

function partitionLimit({ input, sizes }: Plan): Unfactored {
  // hashing is no even deal: what the fullest has to be expected to hold
  const mean = input.suites / settings.partitions;
  const fullest = mean + Math.sqrt(2 * mean * Math.log(settings.partitions));
  const suites = Math.min(input.suites, Math.ceil(fullest));
  return {
    limit: 'VACUUM of a partition',
    needed: (sizes.total * suites) / input.suites,
    available: reserves.vacuumPerSecond * reserves.vacuumSeconds,
    unit: 'bytes',
    isOfMachine: false,
    how: `${showNumber(suites)} of ${showNumber(input.suites)} suites in the fullest of ${settings.partitions}; an hour at ${showBytes(reserves.vacuumPerSecond)}/s`,
    remedy: 'autovacuum_vacuum_cost_limit',
  };
}

function suiteLimit({ input, sizes }: Plan): Unfactored {
  return {
    limit: 'one suite',
    needed: sizes.total / input.suites,
    available: input.disk * reserves.disk,
    unit: 'bytes',
    isOfMachine: false,
    how: `it lives in one partition, and so on one machine: ${percent(reserves.disk)} of ${showBytes(input.disk)}`,
    remedy: 'split it, no machine helps',
  };
}

/** Whether one machine is enough: by which limit it ends, and how many machines of Citus would hold the plan. */
export type Verdict = { limit: string; factor: number; machines: number };

/** By the limits that more machines move; each partition goes to one machine. */
export function verdictOf(limits: readonly Limit[]): Verdict {
  const first = limits.find(({ isOfMachine }) => isOfMachine);
  if (!first) throw new Error('memory and disk are limits of every plan');
  const { limit, factor } = first;
  return { limit, factor, machines: Math.ceil(1 / factor) };
}
