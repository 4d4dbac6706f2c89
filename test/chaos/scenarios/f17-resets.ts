import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

const RESETS = 30;

export const resets: Scenario = {
  id: 'F17',
  title: 'every connection reset every 2 s for a minute',
  world: { isProxied: true },
  async run(stage) {
    const { world } = stage;
    await wait(4_000);
    const rounds = Math.max(3, Math.min(RESETS, Math.floor(stage.budgetMs / 2_000)));
    const fault = stage.fault('F17', `${rounds} resets of every connection, 2 s apart`);
    for (let round = 0; round < rounds; round++) {
      for (const { line } of [...world.workers.values(), ...world.producers.values()]) line?.reset();
      await wait(2_000);
    }
    fault.until = Date.now();
    stage.atMost('last reset to the first start', await stage.firstStartAfter(Date.now(), 20_000), 5_000);
  },
};
