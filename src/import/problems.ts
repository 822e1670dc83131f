import { BulkheadError } from '../errors.ts';
import type { Unit } from './records.ts';

/** One thing that is wrong with an import file, and on which lines or in which elements; none for the whole file. */
export type Problem = { message: string; unit: Unit; lines: number[]; count: number };

/** One problem on one line; null for the whole file. */
export type LineProblem = { line: number | null; message: string };

/** How many different problems are kept; the rest is only counted. */
export const SHOWN_PROBLEMS = 20;

/** How many problems are kept one by one, each with its line. */
export const FIRST_PROBLEMS = 100;

/** How many lines are named for one problem. */
const SHOWN_LINES = 5;

/** Collects what is wrong with a file, so that one run shows it all instead of the first line of it. */
export type Problems = {
  /** What the lines are; it is known once the file has been looked at. */
  unit: Unit;
  readonly shown: readonly Problem[];
  /** The first of them in the order of the file, for whoever reads them by program. */
  readonly first: readonly LineProblem[];
  readonly total: number;
  add(line: number | null, message: string): void;
};

/** Makes an empty collection of problems. */
export function makeProblems(unit: Unit = 'line'): Problems {
  const shown = new Map<string, Problem>();
  const first: LineProblem[] = [];
  let total = 0;
  return {
    unit,
    first,
    get shown() {
      return [...shown.values()];
    },
    get total() {
      return total;
    },
    add(line, message) {
      total += 1;
      if (first.length < FIRST_PROBLEMS) first.push({ line, message });
      const problem = shown.get(message) ?? { message, unit: this.unit, lines: [], count: 0 };
      if (problem.count === 0 && shown.size >= SHOWN_PROBLEMS) return;
      shown.set(message, problem);
      problem.count += 1;
      if (line !== null && problem.lines.length < SHOWN_LINES) problem.lines.push(line);
    },
  };
}

/** The file cannot be imported. Nothing was written. */
export class ImportRefused extends BulkheadError {
  readonly problems: readonly Problem[];
  /** The first hundred with their lines. */
  readonly first: readonly LineProblem[];
  readonly total: number;
  readonly unit: Unit;

  constructor(file: string, problems: Problems) {
    const count = problems.total === 1 ? '1 problem' : `${problems.total} problems`;
    super('BAD_FILE', `${file} was not imported: ${count}, nothing was written`, {
      detail: describeProblems(problems),
    });
    this.problems = problems.shown;
    this.first = problems.first;
    this.total = problems.total;
    this.unit = problems.unit;
  }
}

/** The problems as text, one a line, for a terminal or a log. */
function describeProblems({ shown, total }: Problems): string {
  const texts = shown.map(describeProblem);
  const rest = total - shown.reduce((sum, { count }) => sum + count, 0);
  if (rest > 0) texts.push(`… and ${rest} more`);
  return texts.join('\n');
}

/** A problem with its lines: `line 7: …`, `lines 7, 9 and 40 more: …`. */
export function describeProblem({ message, unit, lines, count }: Problem): string {
  if (lines.length === 0) return message;
  const more = count - lines.length;
  const numbers = lines.join(', ') + (more > 0 ? ` and ${more} more` : '');
  return `${count === 1 ? unit : `${unit}s`} ${numbers}: ${message}`;
}
