import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

const AWAY_MS = [0, 2_000, 20_000, 120_000];
/** Load, and time to see it consume again, around each outage. */
const AROUND_MS = 9_000;

export const redisAway: Scenario = {
  id: 'F08',
  title: 'Redis killed, back after 0, 2, 20, 120 s',
  async run(stage) {
    const { world } = stage;
    await wait(4_000);
    let leftMs = stage.budgetMs;
    const before = world.lives.length;
    for (const awayMs of AWAY_MS) {
      leftMs -= awayMs + AROUND_MS;
      if (leftMs < 0 && awayMs > 20_000) {
        stage.remark(`no time was given for an outage of ${awayMs / 1_000} s`);
        continue;
      }
      const fault = stage.fault('F08', `kill -9 of Redis, back after ${awayMs / 1_000} s`);
      await stage.endRedis('SIGKILL');
      await wait(awayMs);
      await world.redis.start();
      const ready = Date.now();
      fault.until = ready;
      const again = await stage.firstStartAfter(ready, 30_000);
      if (again !== undefined) fault.recoveredMs = ready + again - fault.at;
      stage.atMost(`ready to the first start, after ${awayMs / 1_000} s away`, again, 5_000, ready);
      await wait(5_000);
      if (awayMs < 2_000) continue;
      // Asked for while it was away, and early enough to be answered before it was back.
      const { refused, unknown, ok } = world.load.answers(fault.at + 100, ready - 2_500);
      if (refused + unknown + ok > 0) {
        stage.check(
          `submits refused while it was away ${awayMs / 1_000} s`,
          ok === 0 && refused > 0,
          `${refused} refused, ${unknown} unknown, ${ok} accepted`,
          'none accepted',
        );
      }
      const slowest = world.load.slowest(fault.at, ready);
      stage.atMost(`slowest answer to a submit while it was away ${awayMs / 1_000} s`, slowest, 2_500, fault.at);
    }
    const restarted = world.lives.length - before;
    stage.check('processes restarted', restarted === 0, restarted, '0');
  },
};
