/** Append latency over time, drawn for a terminal. */
import { plot } from 'asciichart';
import type { Append } from './appenders.ts';
import type { Window } from './latencies.ts';

/** What to draw: the appends, the time shown, and the window to mark below with a word for it. */
export type LatencyPlot = {
  appends: readonly Append[];
  shown: Window;
  marked: Window;
  label: string;
  width?: number;
};

/** From 1 ms to 10 s on a logarithmic scale, two lines to a power of ten. */
const [bottom, top, height] = [0, 4, 8];

/**
 * Each column shows the slowest append that was under way at that time, so that one that waits for
 * six seconds is drawn for six seconds.
 */
export function drawLatencies({ appends, shown, marked, label, width = 84 }: LatencyPlot): string {
  const step = (shown.ended - shown.began) / width;
  const columns = Array.from({ length: width }, () => 0);
  for (const { began, ended } of appends) {
    const [from, to] = [began, ended].map((time) => Math.floor((time - shown.began) / step));
    for (let at = Math.max(0, from ?? 0); at <= Math.min(width - 1, to ?? 0); at++)
      columns[at] = Math.max(columns[at] ?? 0, ended - began);
  }
  const heights = columns.map((took) => Math.min(top, Math.max(bottom, Math.log10(took || 1))));
  const chart = plot(heights, { min: bottom, max: top, height, format: formatLabel });
  const margin = chart.split('\n')[0]?.search(/[┤┼]/) ?? 0;
  const column = (time: number) => margin + Math.floor((time - shown.began) / step);
  return `${chart}\n${mark(column(marked.began), column(marked.ended), label)}`;
}

function formatLabel(power: number): string {
  const ms = 10 ** power;
  const text =
    ms < 999 ? `${Number(ms.toPrecision(1))} ms` : `${Number((ms / 1000).toPrecision(1))} s `;
  return text.padStart(8);
}

function mark(from: number, to: number, label: string): string {
  const dashes = Math.max(0, to - from - 2 - label.length - 2);
  const left = Math.floor(dashes / 2);
  return `${' '.repeat(from)}└${'─'.repeat(left)} ${label} ${'─'.repeat(dashes - left)}┘`;
}
