import { parseRecord } from './jsonl.ts';
import { MAX_LINE_BYTES, readLines } from './lines.ts';
import type { Problems } from './problems.ts';
import type { FileRecord } from './records.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = [0x5b, 0x7b];
const CLOSE = [0x5d, 0x7d];
const COMMA = 0x2c;
const SPACES = [0x20, 0x09, 0x0d, 0x0a];

/** An element of the array while its bytes come in. */
type Element = { line: number; parts: Buffer[]; size: number };

/**
 * Reads a JSON array of objects in constant memory: it follows only strings and brackets to see
 * where an element ends, and leaves the rest to the parser. A fault in one element does not hide
 * those in the next.
 */
export async function* readJsonArray(
  source: AsyncIterable<Buffer>,
  problems: Problems,
): AsyncGenerator<FileRecord[]> {
  const state = makeState();
  for await (const lines of readLines(source)) {
    const records: FileRecord[] = [];
    for (const { number, bytes } of lines) {
      const fault = bytes === null ? 'the line is too long' : feed(state, number, bytes);
      for (const element of state.complete) {
        const result = readElement(element);
        if (typeof result === 'string') problems.add(element.line, result);
        else records.push({ line: element.line, fields: result });
      }
      state.complete = [];
      if (fault !== null) {
        problems.add(number, fault);
        return;
      }
    }
    if (records.length > 0) yield records;
  }
  if (!state.ended) {
    problems.add(null, 'the file ends in the middle of the array: it is cut off');
  }
}

/** Where in the array the reading is. */
type State = {
  depth: number;
  ended: boolean;
  inString: boolean;
  escaped: boolean;
  element: Element | null;
  complete: Element[];
};

const makeState = (): State => ({
  depth: 0,
  ended: false,
  inString: false,
  escaped: false,
  element: null,
  complete: [],
});

/** Takes one line; what it completes goes to `complete`. Says what is wrong with it, or null. */
function feed(state: State, line: number, bytes: Buffer): string | null {
  let from = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (state.inString) {
      followString(state, byte);
    } else if (!SPACES.includes(byte)) {
      if (state.ended) return 'there is text after the end of the array';
      const edge = step(state, byte);
      if (edge === 'end') {
        keep(state, bytes.subarray(from, at), line);
        close(state);
      }
      if (edge !== null) from = at + 1;
    }
  }
  if (!state.ended && state.depth > 0) {
    keep(state, Buffer.concat([bytes.subarray(from), Buffer.from('\n')]), line);
  }
  const { element } = state;
  return element !== null && element.size > MAX_LINE_BYTES
    ? `the case that begins on line ${element.line} is too long`
    : null;
}

function followString(state: State, byte: number): void {
  if (state.escaped) state.escaped = false;
  else if (byte === BACKSLASH) state.escaped = true;
  else if (byte === QUOTE) state.inString = false;
}

/** Whether this byte opens the array (`start`) or ends an element of it (`end`). */
function step(state: State, byte: number): 'start' | 'end' | null {
  if (byte === QUOTE) {
    state.inString = true;
  } else if (OPEN.includes(byte)) {
    state.depth += 1;
    return state.depth === 1 ? 'start' : null;
  } else if (CLOSE.includes(byte)) {
    state.depth -= 1;
    state.ended = state.depth === 0;
    return state.ended ? 'end' : null;
  }
  return byte === COMMA && state.depth === 1 ? 'end' : null;
}

function keep(state: State, part: Buffer, line: number): void {
  if (state.element === null && part.every((byte) => SPACES.includes(byte))) return;
  state.element ??= { line, parts: [], size: 0 };
  state.element.parts.push(part);
  state.element.size += part.length;
}

function close(state: State): void {
  if (state.element !== null) state.complete.push(state.element);
  state.element = null;
}

function readElement({ line, parts }: Element): ReturnType<typeof parseRecord> {
  return parseRecord({ number: line, offset: 0, bytes: Buffer.concat(parts), terminated: true });
}
