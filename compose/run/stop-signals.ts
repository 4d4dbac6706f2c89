/** Signals of one Ctrl-C arrive several times: from the terminal, from npm, from the set-up. These are one. */
const ONE_PRESS_MS = 500;

/**
 * Calls `drain` at the first signal that asks to stop, `kill` at the second that is one of its own.
 * @returns takes the handlers away again
 */
export function onStopSignals(drain: (signal: NodeJS.Signals) => void, kill: () => void): () => void {
  let firstAt: number | undefined;
  const heard = (signal: NodeJS.Signals): void => {
    const now = Date.now();
    if (firstAt === undefined) {
      firstAt = now;
      drain(signal);
    } else if (now - firstAt > ONE_PRESS_MS) {
      kill();
    }
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, heard);
  return () => {
    for (const signal of signals) process.off(signal, heard);
  };
}
