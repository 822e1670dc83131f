import { parseRecord } from './jsonl.ts';
import { MAX_LINE_BYTES } from './lines.ts';
import type { Problems } from './problems.ts';
import type { FileRecord } from './records.ts';

const LF = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** An element of the array while its bytes come in; `parts` is null once they are too many. */
type Element = {
  number: number;
  /** Where it begins. */
  line: number;
  offset: number;
  parts: Buffer[] | null;
  size: number;
};

/** Where in the array the reading is. */
type State = {
  line: number;
  offset: number;
  depth: number;
  ended: boolean;
  inString: boolean;
  escaped: boolean;
  /** Elements so far. */
  count: number;
  element: Element | null;
  complete: Element[];
};

/**
 * Reads a JSON array of objects in constant memory, all of it on one line or not: it follows only
 * strings and brackets to see where an element ends, and leaves the rest to the parser. A fault in
 * one element does not hide those in the next. Elements are numbered from 1.
 */
export async function* readJsonArray(
  source: AsyncIterable<Buffer>,
  problems: Problems,
): AsyncGenerator<FileRecord[]> {
  const state = makeState();
  for await (const chunk of source) {
    const fault = feed(state, chunk);
    const records: FileRecord[] = [];
    for (const element of state.complete.splice(0)) {
      const result = readElement(element);
      if (typeof result === 'string') problems.add(element.number, result);
      else records.push({ line: element.number, fields: result });
    }
    if (records.length > 0) yield records;
    if (fault !== null) {
      problems.add(null, fault);
      return;
    }
  }
  if (!state.ended) {
    problems.add(null, 'the file ends in the middle of the array: it is cut off');
  }
}

const makeState = (): State => ({
  line: 1,
  offset: 0,
  depth: 0,
  ended: false,
  inString: false,
  escaped: false,
  count: 0,
  element: null,
  complete: [],
});

/** Takes some bytes; what they complete goes to `complete`. Says what is wrong with the array, or null. */
function feed(state: State, chunk: Buffer): string | null {
  let from = 0;
  for (let at = 0; at < chunk.length; at += 1) {
    const byte = chunk[at] ?? 0;
    if (byte === LF) state.line += 1;
    if (state.inString) {
      followString(state, byte);
    } else if (!isSpace(byte)) {
      if (state.depth === 0) {
        const fault = enter(state, byte, state.offset + at);
        if (fault !== null) return fault;
      } else if (state.depth === 1 && (byte === COMMA || byte === CLOSE_ARRAY)) {
        keep(state, chunk.subarray(from, at));
        close(state);
        if (byte === CLOSE_ARRAY) leave(state);
      } else {
        if (state.element === null) {
          begin(state, at);
          from = at;
        }
        followValue(state, byte);
      }
    }
  }
  keep(state, chunk.subarray(from));
  state.offset += chunk.length;
  return null;
}

const isSpace = (byte: number) => byte === 0x20 || byte === LF || byte === 0x0d || byte === 0x09;

/** Outside of the array: its bracket and the byte order mark, and nothing else. */
function enter(state: State, byte: number, offset: number): string | null {
  if (state.ended) return `there is text after the end of the array, on line ${state.line}`;
  if (byte === OPEN_ARRAY) state.depth = 1;
  else if (byte !== BYTE_ORDER_MARK[offset])
    return 'the file is no JSON array: it begins without [';
  return null;
}

function leave(state: State): void {
  state.depth = 0;
  state.ended = true;
}

function followString(state: State, byte: number): void {
  if (state.escaped) state.escaped = false;
  else if (byte === BACKSLASH) state.escaped = true;
  else if (byte === QUOTE) state.inString = false;
}

/** Brackets too many stay in their element, about which the parser complains. */
function followValue(state: State, byte: number): void {
  if (byte === QUOTE) state.inString = true;
  else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) state.depth += 1;
  else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT)
    state.depth = Math.max(1, state.depth - 1);
}

function begin(state: State, at: number): void {
  state.count += 1;
  const { count: number, line } = state;
  state.element = { number, line, offset: state.offset + at, parts: [], size: 0 };
}

function keep({ element }: State, part: Buffer): void {
  if (element === null) return;
  element.size += part.length;
  if (element.size > MAX_LINE_BYTES) element.parts = null;
  else element.parts?.push(part);
}

function close(state: State): void {
  if (state.element !== null) state.complete.push(state.element);
  state.element = null;
}

function readElement({ number, line, offset, parts }: Element): ReturnType<typeof parseRecord> {
  const bytes = parts && Buffer.concat(parts);
  return parseRecord({ number, offset, bytes, terminated: true, isElementOn: line });
}
