/** What is put in order when somebody stops the command: half a file, a hidden cursor. */

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof exitCodes;
const signals = Object.keys(exitCodes) as Signal[];

const undoings = new Set<() => void>();

/**
 * Has something undone if a signal ends the process; to be called off by what it returns. The undoing
 * has to be done when it returns, because the process ends then.
 */
export function undoWhenStopped(undo: () => void): () => void {
  if (undoings.size === 0) for (const signal of signals) process.on(signal, stop);
  undoings.add(undo);
  return () => {
    undoings.delete(undo);
    if (undoings.size === 0) for (const signal of signals) process.off(signal, stop);
  };
}

function stop(signal: Signal): void {
  try {
    for (const undo of undoings) undo();
  } finally {
    process.exit(exitCodes[signal]);
  }
}
