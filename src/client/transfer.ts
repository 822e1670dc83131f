/** How much of a file has come or gone: a bar for somebody who looks on, if it takes a while. */
import { SingleBar } from 'cli-progress';
import { undoWhenStopped } from './stopping.ts';

/** Milliseconds after which it is worth showing. */
const soon = 700;

/** Counts the bytes of a stream on their way; `total` is 0 where nobody knows. */
export async function* counted(
  source: AsyncIterable<Buffer>,
  { screen, total, verb }: { screen: NodeJS.WriteStream; total: number; verb: string },
): AsyncGenerator<Buffer> {
  if (!screen.isTTY || total === 0) {
    yield* source;
    return;
  }
  const bar = makeBar(screen, verb);
  const startsAt = Date.now() + soon;
  let bytes = 0;
  let forget: (() => void) | undefined;
  try {
    for await (const piece of source) {
      yield piece;
      bytes += piece.length;
      if (!forget && Date.now() > startsAt) {
        bar.start(megabytes(total), 0);
        forget = undoWhenStopped(() => bar.stop());
      }
      if (forget) bar.update(megabytes(bytes));
    }
  } finally {
    if (forget) bar.stop();
    forget?.();
  }
}

function makeBar(stream: NodeJS.WriteStream, verb: string): SingleBar {
  return new SingleBar({
    stream,
    format: `${verb} {bar} {percentage} % | {value} of {total} MB`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    gracefulExit: false,
  });
}

const megabytes = (bytes: number) => Math.ceil(bytes / 100_000) / 10;
