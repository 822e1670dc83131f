/** How far an operation is: a bar for somebody who looks on, lines now and then for a log. */
import { SingleBar } from 'cli-progress';
import type { ClientDeps } from './client.ts';
import type { Operation } from './documents/operations.ts';

/** Is told of each state of an operation; `stop` puts the screen in order. */
export type Progress = { show(operation: Operation): void; stop(): void };

/** Milliseconds between two lines of a log. */
const lineEvery = 10_000;

/** Makes the one that suits standard error. */
export function makeProgress({ screen, note }: Pick<ClientDeps, 'screen' | 'note'>): Progress {
  return screen.isTTY ? makeBar(screen) : makeLines(note);
}

function makeBar(screen: NodeJS.WriteStream): Progress {
  const bar = new SingleBar({
    stream: screen,
    format: '{kind} {bar} {percentage} % | {value} of {total} cases | {state}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    // only what the server says: nothing moves between two answers
    noTTYOutput: false,
    gracefulExit: false,
  });
  let isStarted = false;
  return {
    show(operation) {
      const { total, processed, kind, state } = operation;
      if (!isStarted) bar.start(Number(total), Number(processed), { kind, state });
      isStarted = true;
      bar.update(Number(processed), { kind, state });
    },
    stop() {
      if (isStarted) bar.stop();
    },
  };
}

function makeLines(note: (line: string) => void): Progress {
  let [next, last] = [0, ''];
  return {
    show({ id, kind, state, processed, total }) {
      const line = `operation ${id} (${kind}) ${state}: ${processed} of ${total} cases`;
      if (line === last || Date.now() < next) return;
      note(line);
      [next, last] = [Date.now() + lineEvery, line];
    },
    stop() {},
  };
}
