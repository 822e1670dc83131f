/**
 * Where a line of CSV leaves off: at the start of a field, in a plain field, in a quoted one, just
 * behind a quote in a quoted one, or in text behind a closing quote, which is malformed.
 */
export type Scan = 'start' | 'plain' | 'quoted' | 'closed' | 'garbage';

const QUOTE = 0x22;
const COMMA = 0x2c;
const CR = 0x0d;

/**
 * Goes over one physical line (without its line feed), only to know whether the record goes on in
 * the next. A quote opens a field at its very start and nowhere else.
 */
export function scanLine(line: Buffer, from: Scan): Scan {
  // Most lines have no quotes at all, and then there is nothing to follow.
  if (!line.includes(QUOTE)) return from === 'quoted' ? 'quoted' : 'plain';
  const end = line[line.length - 1] === CR ? line.length - 1 : line.length;
  let state: Scan = from === 'quoted' ? from : 'start';
  for (let at = 0; at < end; at += 1) {
    const byte = line[at];
    if (byte === QUOTE) state = afterQuote(state);
    else if (byte === COMMA && state !== 'quoted') state = 'start';
    else if (state === 'closed') return 'garbage';
    else if (state === 'start') state = 'plain';
  }
  return state;
}

function afterQuote(state: Scan): Scan {
  if (state === 'start' || state === 'closed') return 'quoted';
  return state === 'quoted' ? 'closed' : state;
}
