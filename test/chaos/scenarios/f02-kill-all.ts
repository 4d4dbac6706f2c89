import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

const ROUNDS = 10;
const BETWEEN_MS = 6_000;

export const killAll: Scenario = {
  id: 'F02',
  title: 'kill -9 of all workers, ten times in a minute',
  world: { workMs: (random) => random.between(20, 500), ratePerSecond: 15 },
  // Restart delays have doubled up to a minute by then, as Docker's would.
  drainMs: 150_000,
  async run(stage) {
    const { world } = stage;
    await wait(3_000);
    const rounds = Math.max(3, Math.min(ROUNDS, Math.floor(stage.budgetMs / BETWEEN_MS)));
    let victims = 0;
    for (let round = 1; round <= rounds; round++) {
      const names = world.livingWorkers();
      const at = Date.now();
      const kills = await Promise.all(names.map((name) => world.killWorker(name, 'F02', false)));
      const inHand = kills.reduce((sum, kill) => sum + kill.victims.length, 0);
      victims += inHand;
      stage.fault('F02', `kill -9 of ${names.length} workers with ${inHand} jobs in hand`, at);
      await wait(BETWEEN_MS);
    }
    stage.check('rounds', rounds >= 3, rounds, '10 for the published figure');
    stage.check('jobs in hand when their worker was killed', victims > 0, victims, 'more than 0');
  },
};
