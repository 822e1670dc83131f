/**
 * What a spreadsheet takes for a formula. A text that already begins with apostrophes before one
 * is guarded too, so that taking the guard off always gives the text that was there.
 */
const FORMULA = /^'*[=+\-@\t\r]/;

/** The cell with an apostrophe before it, if a spreadsheet would run it. */
export function guardCell(cell: string): string {
  return FORMULA.test(cell) ? `'${cell}` : cell;
}

/** The opposite of `guardCell`. */
export function unguardCell(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}

/** Cells as a line of CSV (RFC 4180, with a line feed at its end); null is an empty cell. */
export function encodeCells(cells: readonly (string | null)[]): string {
  const texts = cells.map((cell) =>
    cell !== null && /[",\r\n]|^\s|\s$|^\uFEFF/.test(cell)
      ? `"${cell.replaceAll('"', '""')}"`
      : (cell ?? ''),
  );
  return `${texts.join(',')}\n`;
}
