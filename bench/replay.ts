/** `npm run replay`: both incidents, on the old design and on Bulkhead, for a person to read. */
import { isDeepStrictEqual } from 'node:util';
import Table from 'cli-table3';
import { readConfig } from '../src/config.ts';
import { type Logger, makeLogger } from '../src/logger.ts';
import { readIncidentSuite } from './support/incident-cases.ts';
import type { Replayed } from './support/incident-replay.ts';
import type { Latencies } from './support/latencies.ts';
import { drawLatencies } from './support/plot.ts';
import type { Clouds, CloudTag } from './support/second-incident.ts';
import { type BenchServer, openServer } from './support/server.ts';
import { releaseOnSignal } from './support/signals.ts';
import { median } from './support/statistics.ts';

process.env.BULKHEAD_LOG_LEVEL ??= 'warn';
const logger = makeLogger(readConfig().logLevel);
process.stderr.write('Starting a PostgreSQL server of its own …\n');
const server = await openServer(logger);
const release = releaseOnSignal(server.stop);
try {
  const isRight = [await replayFirst(server, logger), await replaySecond(server, logger)];
  process.exitCode = isRight.every(Boolean) ? 0 : 1;
} finally {
  release();
  await server.stop();
}

async function replayFirst({ createDatabase }: BenchServer, logger: Logger): Promise<boolean> {
  const { replayNew, replayOld, replaySizes } = await import('./support/incident-replay.ts');
  const { source, cases } = await readIncidentSuite();
  const sizes = { ...replaySizes, idle: 3000, after: 1500 };
  console.log(`
THE FIRST INCIDENT: re-tagging 800 cases while CI appends

A suite of 1,400 cases (${source}).
CI appends new cases to it on ${sizes.appenders} connections, with a short rest after each. Then somebody tags the
800 RAG cases with tier_b_gold, which is new; from then on the cases of CI carry it as well.

  old design   one global dictionary; one transaction, its dictionary row first, then row by row, with
               ${sizes.rowPause} ms between two rows (in the incident it was 675 ms, and 9 minutes for all of them)
  Bulkhead     bulkhead.bulk_tag and a worker; taken back and repeated until its window is as long
`);
  const old = await replayOld({
    ownerUrl: (await createDatabase({ migrated: false })).ownerUrl,
    cases,
    sizes,
  });
  const bulkhead = await replayNew({
    ownerUrl: (await createDatabase()).ownerUrl,
    cases,
    sizes,
    slug: 'regression',
    atLeast: old.bulkWindow.ended - old.bulkWindow.began,
    logger,
  });
  console.log(compare(old, bulkhead));
  console.log('\nOld design: the slowest append under way, over time\n');
  console.log(draw(old, 'the bulk'));
  console.log('\nBulkhead: the same\n');
  console.log(draw(bulkhead, `${bulkhead.bulks.length} bulks`));
  return bulkhead.lost === 0 && bulkhead.failedAppends === 0 && bulkhead.deadlocks === 0;
}

function compare(old: Replayed, bulkhead: Replayed): string {
  const table = makeTable(['', 'old design', 'Bulkhead'], ['left', 'right', 'right']);
  const row = (what: string, of: (side: Replayed) => string | number) =>
    table.push([what, of(old), of(bulkhead)]);
  const both = ({ p50, p95, max }: Latencies) => [p50, p95, max].map(duration).join(' / ');
  row('append p50 / p95 / slowest, idle', ({ idle }) => both(idle));
  row('append p50 / p95 / slowest, during', ({ during }) => both(during));
  row('appends during', ({ during }) => during.samples);
  row('p95 during, over p95 idle', ({ idle, during }) => factor(during.p95 / idle.p95));
  row('the bulk, from call to end', ({ bulks }) =>
    bulks.length === 1 ? duration(median(bulks)) : `${duration(median(bulks))} (median)`,
  );
  row('deadlocks', ({ deadlocks }) => deadlocks);
  row('appends that failed', ({ failedAppends }) => failedAppends);
  row('rows lost', ({ lost, expected }) => `${lost} of ${expected.toLocaleString('en')}`);
  return table.toString();
}

function draw({ appends, idleWindow, bulkWindow }: Replayed, label: string): string {
  const shown = { began: idleWindow.began, ended: bulkWindow.ended + 1500 };
  return drawLatencies({ appends, shown, marked: bulkWindow, label });
}

async function replaySecond({ createDatabase }: BenchServer, logger: Logger): Promise<boolean> {
  const second = await import('./support/second-incident.ts');
  const suites = await second.readFlakySuites();
  const old = await second.repurposeOld(
    (await createDatabase({ migrated: false })).ownerUrl,
    suites,
  );
  const bulkhead = await second.repurposeNew((await createDatabase()).ownerUrl, suites, logger);
  const { from, to } = second.repurposed;
  console.log(`
THE SECOND INCIDENT: somebody re-purposes "${from}" in suite A

The suites ${suites.a.slug} (A) and ${suites.b.slug} (B) of the demo both use it. In A it becomes ${to}, with
another meaning. Nobody touches B. What the tag clouds show of it (one dictionary for all has room
for one meaning, so in the old design A reads B's from the start):
`);
  console.log(compareClouds(old, bulkhead));
  const isUntouched = isDeepStrictEqual(bulkhead.b.before, bulkhead.b.after);
  const changed = isDeepStrictEqual(old.b.before, old.b.after) ? 'is the same' : 'has changed';
  console.log(
    `\nThe cloud of suite B ${changed} in the old design, and ${isUntouched ? 'is the same' : 'HAS CHANGED'} in Bulkhead.`,
  );
  return isUntouched;

  function compareClouds(old: Clouds, bulkhead: Clouds): string {
    const table = makeTable(['', 'before', 'after'], ['left', 'left', 'left'], [20, 38, 38]);
    const show = (cloud: CloudTag[]) =>
      cloud
        .filter(({ tag }) => tag === from || tag === to)
        .map(({ tag, meaning, cases }) => `${tag} (${cases}): ${firstSentence(meaning)}`)
        .join('\n');
    table.push(
      ['old design, A', show(old.a.before), show(old.a.after)],
      ['old design, B', show(old.b.before), show(old.b.after)],
      ['Bulkhead, A', show(bulkhead.a.before), show(bulkhead.a.after)],
      ['Bulkhead, B', show(bulkhead.b.before), show(bulkhead.b.after)],
    );
    return table.toString();
  }
}

function makeTable(head: string[], colAligns: ('left' | 'right')[], colWidths?: number[]) {
  return new Table({
    head,
    colAligns,
    wordWrap: true,
    style: { head: [], border: [], compact: true },
    ...(colWidths && { colWidths }),
  });
}

function factor(ratio: number): string {
  return `${ratio.toLocaleString('en', { maximumFractionDigits: ratio < 10 ? 1 : 0 })} times`;
}

function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}

function firstSentence(text: string): string {
  return /^.*?[.;](?=\s|$)/.exec(text)?.[0] ?? text;
}
