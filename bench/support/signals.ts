/** What Ctrl-C does to a benchmark: the server is stopped and its folder removed before the process ends. */

/** Calls `stop` on a signal and ends the process; the function returned takes that back. */
export function releaseOnSignal(stop: () => Promise<void>): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let stopping = false;
  const onSignal = () => {
    if (stopping) return; // npm hands the terminal's signal down a second time
    stopping = true;
    stop().finally(() => process.exit(130));
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
