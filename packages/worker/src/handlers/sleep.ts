import { setTimeout as wait } from 'node:timers/promises';
import { handle } from 'prodwork/job/handle';
import { sleep as definition } from 'prodwork/jobs/sleep';

/** Simulated work: its steps are short enough to see it move, and long enough to cost nothing. */
export const sleep = handle(definition, {
  async run({ seconds }, { signal, progress }) {
    const startedAt = performance.now();
    const totalMs = seconds * 1_000;
    for (;;) {
      const sleptMs = performance.now() - startedAt;
      if (sleptMs >= totalMs) return { sleptMs: Math.round(sleptMs) };
      if (sleptMs > 0) progress(Math.floor((sleptMs / totalMs) * 100));
      await wait(Math.min(1_000, totalMs - sleptMs), undefined, { signal });
    }
  },
});
