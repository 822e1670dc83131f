/** What a benchmark is, and what it is given. */
import type { Logger } from '../../src/logger.ts';

/** A database of a benchmark's own on the server that the harness has opened. */
export type BenchDatabase = {
  ownerUrl: string;
  /** The same database as the API's login, which only a migrated database lets in. */
  apiUrl: string;
  drop(): Promise<void>;
};

/** What the harness gives a benchmark. */
export type BenchContext = {
  /** How often each side is measured; reported is the median. */
  rounds: number;
  logger: Logger;
  /** Says what is happening; goes to stderr, so that stdout is the result alone. */
  progress(text: string): void;
  /** A migrated database, or with `migrated: false` an empty one. Dropped at the end at the latest. */
  createDatabase(options?: { migrated?: boolean }): Promise<BenchDatabase>;
};

/** The JSON object of a benchmark: its name first. */
export type BenchResult = { bench: string };

/** A line of the table: what was measured, the figure, what it should reach, and whether it does. */
export type Figure = { what: string; value: string; target?: string; reached?: boolean };

/** A benchmark's module exports `run` and `figures`; `sizes` are what a smoke test makes small. */
export type Bench<Result extends BenchResult = BenchResult, Sizes = object> = {
  run(context: BenchContext, sizes?: Partial<Sizes>): Promise<Result>;
  /** The result as lines of a table. */
  figures(result: Result): Figure[];
};
