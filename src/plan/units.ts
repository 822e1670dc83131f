/** Quantities as people write and read them: bytes by 1,024, times, grouped digits. */
import { BulkheadError } from '../errors.ts';

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `1,234,567`; with decimals where they tell something. */
export function showNumber(value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 1;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

/** `812 B`, `3.4 MiB`, `1,200 TiB`. */
export function showBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < byteUnits.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${showNumber(Number(value.toPrecision(3)))} ${byteUnits[unit]}`;
}

/** `0.4 ms`, `35 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`. */
export function showTime(ms: number): string {
  if (ms < 1000) return `${showNumber(Number(ms.toPrecision(2)))} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${showNumber(Number(seconds.toPrecision(2)))} s`;
  const parts = (large: number, small: number, of: string, and: string) => {
    const all = Math.round(seconds / small);
    const rest = all % (large / small);
    const whole = `${showNumber(Math.floor((all * small) / large))} ${of}`;
    return rest === 0 ? whole : `${whole} ${rest} ${and}`;
  };
  if (seconds < 3600) return parts(60, 1, 'min', 's');
  if (seconds < 86_400) return parts(3600, 60, 'h', 'min');
  return parts(86_400, 3600, 'd', 'h');
}

/** How many times something fits: `12 ×`, `0.4 ×`. */
export function showFactor(factor: number): string {
  return `${showNumber(Number(factor.toPrecision(2)))} ×`;
}

const timeUnits: Record<string, number> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

/** What an option of the command may be. */
export type Range = { flag: string; least: number; most: number };

/** Reads `35ms`, `1.5s`, `9min`; in milliseconds. */
export function readTime(text: string, range: Range): number {
  const [, number, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|min|h)$/.exec(text) ?? [];
  const value = Number(number) * (timeUnits[unit] ?? Number.NaN);
  const example = 'It is a time with its unit: 35ms, 1.5s, 9min.';
  return within(text, value, range, example, showTime);
}

/** Reads `16GiB`, `500 GB`, `600`; both GiB and GB count by 1,024, as PostgreSQL's settings do. */
export function readBytes(text: string, range: Range): number {
  const [, number, unit = ''] = /^(\d{1,12}(?:\.\d{1,3})?) ?([kmgtp]?)i?b?$/i.exec(text) ?? [];
  const value = Number(number) * 1024 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' ');
  return within(text, value, range, 'It is a number of bytes: 600, 4KiB, 16GiB.', showBytes);
}

/** Reads `100000`, `100,000` or `100_000`. */
export function readCount(text: string, range: Range): number {
  const value = /^\d{1,3}([,_]\d{3})+$|^\d{1,15}$/.test(text)
    ? Number(text.replaceAll(/[,_]/g, ''))
    : Number.NaN;
  return within(text, value, range, 'It is a whole number.', showNumber);
}

/** Reads `0.5`, `20`. */
export function readRate(text: string, range: Range): number {
  const value = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  return within(text, value, range, 'It is a number.', showNumber);
}

function within(
  text: string,
  value: number,
  { flag, least, most }: Range,
  detail: string,
  show: (value: number) => string,
): number {
  if (value >= least && value <= most) return value;
  throw new BulkheadError('BAD_ARGUMENT', `${flag} cannot be ${JSON.stringify(text)}`, {
    detail,
    hint: `From ${show(least)} to ${show(most)}.`,
  });
}
