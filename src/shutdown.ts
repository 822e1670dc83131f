/** Long-running commands: start step by step, wait, stop in reverse order. */

type Stop = () => Promise<void>;

/** What a command has started; `died` resolves if it ends by itself, which is a failure. */
type Started = { died: Promise<void> };

/**
 * Runs a command that starts things and then waits. Its steps are what lies between `yield`s: a
 * signal during a start ends it after the step. Resolves to the exit code.
 */
export async function runUntilStopped(
  print: (line: string) => void,
  start: (onStop: (stop: Stop) => void) => AsyncGenerator<void, Started>,
): Promise<number> {
  const signal = listenForSignals(print);
  const stops: Stop[] = [];
  try {
    const steps = start((stop) => stops.push(stop));
    for (;;) {
      const step = await steps.next();
      if (signal.arrived()) return 0;
      if (step.done) return await Promise.race([signal.promise, step.value.died.then(() => 1)]);
    }
  } finally {
    await stopAll(stops.reverse());
    signal.release();
  }
}

/** One that cannot be stopped does not keep the others from it. */
async function stopAll(stops: Stop[]) {
  const problems: unknown[] = [];
  for (const stop of stops) await stop().catch((problem) => problems.push(problem));
  if (problems.length > 0) throw problems[0];
}

/**
 * Waits for SIGINT, SIGTERM or SIGHUP. A further signal ends the process at once, unless it
 * follows so closely that it is the same Ctrl-C, handed down by npm as well as by the terminal.
 */
function listenForSignals(print: (line: string) => void) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const { promise, resolve } = Promise.withResolvers<number>();
  let first: number | undefined;
  const onSignal = () => {
    if (first !== undefined && Date.now() - first > 1000) process.exit(130);
    if (first !== undefined) return;
    first = Date.now();
    print('Stopping … (Ctrl-C again: at once)');
    resolve(0);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    promise,
    arrived: () => first !== undefined,
    release() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
