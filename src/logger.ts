/** One logger for the process, handed down as an argument. */
import { pino } from 'pino';

export type { Logger } from 'pino';

/** JSON lines on stderr, so that stdout stays what a command prints for people and pipes. */
export function makeLogger(level: string) {
  return pino({ name: 'bulkhead', level, base: null }, pino.destination({ dest: 2, sync: true }));
}
