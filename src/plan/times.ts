/** How long a bulk change takes, what it locks, and what appends feel meanwhile: in the old design and in this one. */
import { assumed, type Speed, settings } from './coefficients.ts';
import type { PlanInput } from './input.ts';
import { showNumber, showTime } from './units.ts';

/** A figure, and in words how it comes about. */
export type Computed = { value: number; how: string };

/** Times in milliseconds. */
export type Times = {
  chunkSize: Computed;
  chunks: Computed;
  linksPerSecond: Computed;
  duration: Computed;
  longestLock: Computed;
  /** What one append takes of a core. */
  append: Computed;
  appendIdle: Computed;
  appendDuring: Computed;
  old: {
    linksPerSecond: Computed;
    duration: Computed;
    longestLock: Computed;
    appendIdle: Computed;
    appendDuring: Computed;
    /** Cases of a bulk beside which the p95 of an append is a minute. */
    minuteAt: Computed;
    /** After which every connection of the server waits, or Infinity. */
    standstill: Computed;
  };
};

const minute = 60_000;

/** All of it. */
export function timesOf(input: PlanInput, speed: Speed): Times {
  const chunkSize = chunkSizeOf(input, speed);
  const chunks = chunksOf(input.bulk, chunkSize.value);
  const first = Math.min(input.bulk, settings.firstChunk);
  const alone = chunks.count * (speed.chunkBase + speed.commit) + (input.bulk * speed.link) / 1000;
  const wall = alone / (1 - busyOf(input, speed));
  const counted = (input.bulk * assumed.count) / 1000;
  const links = showNumber(input.bulk);
  return {
    chunkSize,
    chunks: {
      value: chunks.count,
      how: `${showNumber(first)} cases first, then at most twice as many as before, up to ${showNumber(chunkSize.value)}`,
    },
    linksPerSecond: {
      value: (input.bulk / wall) * 1000,
      how: `${links} links in ${showNumber(chunks.count)} × (${showTime(speed.chunkBase)} + ${showTime(speed.commit)} of commit) + ${links} × ${showNumber(speed.link)} µs, ${shareOf(input, speed)}`,
    },
    duration: {
      value: counted + assumed.pickUp + wall,
      how: `${showTime(counted)} to count its cases, ${showTime(assumed.pickUp)} until a worker has it, ${showTime(wall)} of chunks`,
    },
    longestLock: lockOf(chunks.largest, speed),
    ...appendsOf(input, speed),
    old: oldTimesOf(input, speed),
  };
}

/** The size at which a chunk takes what it aims at; next_chunk_size finds it by trying. */
function chunkSizeOf({ chunk }: PlanInput, { chunkBase, link }: Speed): Computed {
  const { leastChunk, mostChunk } = settings;
  const wanted = Math.floor(((chunk - chunkBase) * 1000) / link);
  return {
    value: Math.min(mostChunk, Math.max(leastChunk, wanted)),
    how: `(${showTime(chunk)} − ${showTime(chunkBase)}) / ${showNumber(link)} µs a link, within ${leastChunk} to ${showNumber(mostChunk)}`,
  };
}

/** The chunks of an operation, and the largest: small ones first, each at most twice or half the one before, until they have their size. */
export function chunksOf(bulk: number, size: number): { count: number; largest: number } {
  let [count, left, next, largest]: [number, number, number, number] = [
    0,
    bulk,
    settings.firstChunk,
    0,
  ];
  for (; left > 0 && next !== size; count++) {
    largest = Math.max(largest, Math.min(left, next));
    left -= next;
    next = next < size ? Math.min(size, next * 2) : Math.max(size, Math.floor(next / 2));
  }
  if (left <= 0) return { count, largest };
  return {
    count: count + Math.ceil(left / size),
    largest: Math.max(largest, Math.min(left, size)),
  };
}

function lockOf(largest: number, { chunkBase, link, chunkSpread }: Speed): Computed {
  const expected = chunkBase + (largest * link) / 1000;
  return {
    value: Math.min(settings.chunkCeiling, expected * chunkSpread),
    how: `the longest chunk: ${showNumber(largest)} links, ${showTime(expected)} × ${showNumber(chunkSpread)}; the server ends one at ${settings.chunkCeiling} ms`,
  };
}

/** What an append takes of a core. */
function appendOf(input: PlanInput, { append, appendCase }: Speed): Computed & { more: number } {
  const more = ((input.perAppend - 1) * appendCase) / 1000;
  const further = furtherCases(input, more);
  return { value: append + more, how: `${showTime(append)}${further}`, more };
}

/** The share of all cores that appends keep busy. */
const busyOf = (input: PlanInput, speed: Speed) =>
  Math.min(0.99, (input.appends * appendOf(input, speed).value) / 1000 / input.cores);

const shareOf = (input: PlanInput, speed: Speed) =>
  `/ (1 − ${Math.round(busyOf(input, speed) * 100)}% of ${showNumber(input.cores)} cores busy with ${showNumber(input.appends)} appends/s)`;

/** An append waits for no chunk; it shares the cores with it, and with other appends. */
function appendsOf(
  input: PlanInput,
  speed: Speed,
): Pick<Times, 'append' | 'appendIdle' | 'appendDuring'> {
  const { appendP95, slowdown } = speed;
  const { more, ...append } = appendOf(input, speed);
  const p95 = (times: number, beside: string): Computed => ({
    value: ((appendP95 + more) * times) / (1 - busyOf(input, speed)),
    how: `(${showTime(appendP95)}${furtherCases(input, more)})${beside} ${shareOf(input, speed)}`,
  });
  return {
    append,
    appendIdle: p95(1, ''),
    appendDuring: p95(slowdown, ` × ${showNumber(slowdown)} beside a bulk`),
  };
}

const furtherCases = ({ perAppend }: Pick<PlanInput, 'perAppend'>, took: number) =>
  perAppend > 1 ? ` + ${showTime(took)} for ${showNumber(perAppend - 1)} more cases` : '';

/**
 * The old design, as the incident had it: the bulk is one transaction, which inserts its new tag into the dictionary of all suites
 * first and then works row by row. An append with that tag that comes t after the beginning waits for the rest: duration − t. Those
 * that come evenly wait evenly between nothing and all of it, so 95 of 100 wait for up to 0.95 of it.
 */
function oldTimesOf(input: PlanInput, speed: Speed): Times['old'] {
  const row = speed.oldRow + input.rowTime;
  const duration = input.bulk * row;
  const append = oldAppendOf(input, speed);
  const full = (input.connections / input.appends) * 1000;
  return {
    linksPerSecond: { value: 1000 / row, how: `row by row, ${showTime(row)} each` },
    duration: {
      value: duration,
      how: `${showNumber(input.bulk)} rows × ${showTime(row)} (statement and way there and back), one transaction`,
    },
    longestLock: { value: duration, how: 'the whole of it' },
    appendIdle: append,
    appendDuring: {
      value: append.value + 0.95 * duration,
      how: `of appends with the bulk's tag, which wait for its end: 0.95 × ${showTime(duration)}`,
    },
    minuteAt: {
      value: Math.ceil(minute / 0.95 / row),
      how: `${showTime(minute)} / 0.95 / ${showTime(row)} a row`,
    },
    standstill: {
      value: input.appends > 0 && full < duration ? full : Number.POSITIVE_INFINITY,
      how: `${showNumber(input.connections)} connections / ${showNumber(input.appends)} appends/s, if all carry the tag; then nobody gets a connection, whatever the suite`,
    },
  };
}

/** An append of the old service: begin; each case, and for each of its tags a look-up and a link; commit. Its p95 is as far off as here. */
function oldAppendOf({ perAppend, tags }: PlanInput, speed: Speed): Computed {
  const statements = 1 + perAppend * (1 + 2 * tags);
  const tail = speed.appendP95 / speed.append;
  return {
    value: (statements * speed.oldRow + speed.commit) * tail,
    how: `(${showNumber(statements)} statements × ${showTime(speed.oldRow)} + ${showTime(speed.commit)} of commit) × ${showNumber(tail)} from the middle to p95`,
  };
}
