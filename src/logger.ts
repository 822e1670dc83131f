/** One logger for the process, handed down as an argument. */
import { type DestinationStream, pino } from 'pino';

export type { Logger } from 'pino';

/** JSON lines on stderr, so that stdout stays what a command prints for people and pipes. */
export function makeLogger(
  level: string,
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
) {
  const options = { name: 'bulkhead', level, base: null, hooks: { streamWrite: hideSecrets } };
  return pino(options, destination);
}

/** Whatever an error or a URL may carry: of a token, session or sign-in link only its kind is logged. */
export function hideSecrets(line: string): string {
  return line.replace(/\b(bh[dsl]_)[0-9a-f]+/gi, '$1…');
}
