import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

const ROUNDS = 10;
const BETWEEN_MS = 6_000;

export const killAll: Scenario = {
  id: 'F02',
  title: 'kill -9 of all workers, ten times in a minute',
  world: { workMs: (random) => random.between(20, 500), ratePerSecond: 15 },
  drainMs: 120_000,
  async run(stage) {
    await wait(3_000);
    const rounds = Math.max(2, Math.min(ROUNDS, Math.floor(stage.budgetMs / BETWEEN_MS)));
    for (let round = 1; round <= rounds; round++) {
      const names = stage.world.livingWorkers();
      stage.fault('F02', `kill -9 of ${names.length} workers, round ${round}`);
      await Promise.all(names.map((name) => stage.world.killWorker(name, 'F02', false)));
      await wait(BETWEEN_MS);
    }
    stage.check('rounds', rounds >= 2, rounds, '10 for the published figure');
  },
};
