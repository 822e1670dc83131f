/** What every verb is given. */
import type { Config } from '../config.ts';
import type { Logger } from '../logger.ts';

/** Configuration, log (stderr) and output (stdout) of one call of the command line. */
export type Context = { config: Config; logger: Logger; print(line: string): void };
