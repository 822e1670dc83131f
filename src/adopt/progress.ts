/** How far the copy is: a bar for somebody who looks on, a line for each suite otherwise. */
import { SingleBar } from 'cli-progress';
import type { AdoptCommandDeps } from '../commands/adopt.ts';
import type { OnProgress } from './copy.ts';

/** Is told after each chunk; `stop` puts the screen in order. */
export function makeProgress({ screen, note }: Pick<AdoptCommandDeps, 'screen' | 'note'>): {
  show: OnProgress;
  stop(): void;
} {
  return screen.isTTY ? makeBar(screen) : { show: makeLines(note), stop() {} };
}

function makeBar(stream: NodeJS.WriteStream) {
  const format = '{slug} {bar} {percentage} % | {value} of {total} cases | {eta_formatted}';
  const options = { stream, format, barsize: 30, hideCursor: true, gracefulExit: false };
  let bar: SingleBar | undefined;
  let suite: string | undefined;
  return {
    show({ slug, copied, expected }: Parameters<OnProgress>[0]) {
      if (slug !== suite) {
        bar?.stop();
        bar = new SingleBar(options);
        bar.start(Math.max(expected, 1), copied, { slug });
        suite = slug;
      }
      // people may have added cases since they were counted
      bar?.setTotal(Math.max(expected, copied, 1));
      bar?.update(copied);
    },
    stop: () => bar?.stop(),
  };
}

/** Milliseconds between two lines of a log. */
const lineEvery = 10_000;

function makeLines(note: (line: string) => void): OnProgress {
  let [suite, next] = ['', 0];
  return ({ slug, copied, expected }) => {
    if (slug === suite && Date.now() < next && copied < expected) return;
    note(`${slug}: ${copied} of ${expected} cases`);
    [suite, next] = [slug, Date.now() + lineEvery];
  };
}
