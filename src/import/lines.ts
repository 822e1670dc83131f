import { isUtf8 } from 'node:buffer';
import type { Unit } from './records.ts';

/** A line may be this long; a longer one is refused rather than read into memory. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');
const REPLACEMENT = Buffer.from('\uFFFD');

/** One physical line of a file: what stands between two line feeds, and nothing else ends a line. */
export type Line = {
  /** Counted from 1. */
  number: number;
  /** Where `bytes` begin in the file. */
  offset: number;
  /** Without the line feed and the file's byte order mark; null when longer than the limit. */
  bytes: Buffer | null;
  /** False only for a last line that has no line feed. */
  terminated: boolean;
  /** Only where it is no line but an element of a JSON array, `number` of them: the line it begins on. */
  isElementOn?: number;
};

/** What the number counts. */
export const unitOfLine = ({ isElementOn }: Line): Unit =>
  isElementOn === undefined ? 'line' : 'element';

/**
 * Splits a stream of bytes into lines, a batch per chunk read. Memory stays bounded by the longest
 * line that is allowed: a longer one is skipped over and reported with `bytes: null`.
 */
export async function* readLines(
  source: AsyncIterable<Buffer>,
  maxBytes = MAX_LINE_BYTES,
): AsyncGenerator<Line[]> {
  let number = 1;
  let offset = 0;
  let parts: Buffer[] = [];
  let length = 0;

  const keep = (part: Buffer) => {
    length += part.length;
    if (length <= maxBytes) parts.push(part);
    else parts = [];
  };
  const finish = (terminated: boolean): Line => {
    const all = length > maxBytes ? null : Buffer.concat(parts);
    const mark = number === 1 && all?.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
    const bytes = all?.subarray(mark) ?? null;
    const line = { number, offset: offset + mark, bytes, terminated };
    number += 1;
    offset += length + 1;
    parts = [];
    length = 0;
    return line;
  };

  for await (const chunk of source) {
    const lines: Line[] = [];
    let from = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      keep(chunk.subarray(from, at));
      lines.push(finish(true));
      from = at + 1;
    }
    if (from < chunk.length) keep(chunk.subarray(from));
    if (lines.length > 0) yield lines;
  }
  if (length > 0) yield [finish(false)];
}

/** Says why these bytes cannot be the text of a case, or returns null when they can. */
export function refuseBytes(line: Line): string | null {
  const { number, bytes, offset } = line;
  const unit = unitOfLine(line);
  if (bytes === null) return `the ${unit} is longer than ${MAX_LINE_BYTES / 1024 / 1024} MiB`;
  if (number === 1 && isUtf16(bytes)) return 'the file is UTF-16; save it as UTF-8';
  if (!isUtf8(bytes)) {
    const at = firstInvalidByte(bytes);
    const hex = bytes[at]?.toString(16).padStart(2, '0').toUpperCase();
    return `invalid UTF-8: byte 0x${hex} at offset ${at} of the ${unit} (${offset + at} of the file)`;
  }
  const nul = bytes.indexOf(0);
  if (nul === -1) return null;
  return `a NUL byte at offset ${nul} of the ${unit} (${offset + nul} of the file) cannot be stored`;
}

/** True when the line holds nothing but spaces, tabs and a carriage return. */
export function isBlank(line: Line): boolean {
  return line.bytes?.every((byte) => byte === SPACE || byte === TAB || byte === CR) ?? false;
}

function isUtf16(bytes: Buffer): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

// A lenient decoder puts U+FFFD for what is invalid; the first one that was not in the bytes marks
// the spot, since everything before it is valid and re-encodes to the same length.
function firstInvalidByte(bytes: Buffer): number {
  let position = 0;
  for (const part of bytes.toString('utf8').split('\uFFFD')) {
    position += Buffer.byteLength(part);
    if (!bytes.subarray(position, position + 3).equals(REPLACEMENT)) return position;
    position += REPLACEMENT.length;
  }
  return position;
}
