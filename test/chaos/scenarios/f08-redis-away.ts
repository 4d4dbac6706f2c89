import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

const AWAY_MS = [0, 2_000, 20_000, 120_000];
/** Load, and time to see it consume again, around each outage. */
const AROUND_MS = 12_000;

export const redisAway: Scenario = {
  id: 'F08',
  title: 'Redis killed under load, back after 0, 2, 20 and 120 s',
  async run(stage) {
    const { world } = stage;
    await wait(4_000);
    let leftMs = stage.budgetMs;
    const pids = () => world.lives.length;
    const before = pids();
    for (const awayMs of AWAY_MS) {
      leftMs -= awayMs + AROUND_MS;
      if (leftMs < 0 && awayMs > 2_000) {
        stage.remark(`no time was given for an outage of ${awayMs / 1000} s`);
        continue;
      }
      const fault = stage.fault('F08', `kill -9 of Redis, back after ${awayMs / 1000} s`);
      const wake = [...world.workers.keys()].map((name) => world.impair(name));
      await world.redis.end('SIGKILL');
      await wait(awayMs);
      await world.redis.start();
      const ready = Date.now();
      fault.until = ready;
      for (const end of wake) end();
      const again = await stage.firstStartAfter(ready, 30_000);
      if (again !== undefined) fault.recoveredMs = again;
      stage.atMost(`ready to the first start, after ${awayMs / 1000} s away`, again, 5_000);
      await wait(5_000);
    }
    stage.check('processes restarted', pids() === before, pids() - before, '0');
  },
};
