import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario, Stage } from '../stage.ts';
import { cannotWatch, DiskWatch } from '../world/disk-watch.ts';

/** One power cut under load; what it took is for the judge to say. */
const powerLoss = (id: string, title: string, fsync: 'everysec' | 'always'): Scenario => {
  let watch: DiskWatch | undefined;
  return {
    id,
    title,
    skip: cannotWatch,
    world: {
      ratePerSecond: 80,
      redisArgs: ['--auto-aof-rewrite-percentage', '0', '--appendfsync', fsync],
      onRedisUp: async (redis) => {
        watch = new DiskWatch(redis, join(redis.dir, '..', 'disk-trace'));
        await watch.start();
      },
    },
    async run(stage: Stage) {
      const { world } = stage;
      await wait(8_000 + stage.random.between(0, 900));
      const at = Date.now();
      const bytes = (await watch?.cutPower()) ?? 0;
      world.powerCuts.push(...(fsync === 'everysec' ? [at + 50] : []));
      const fault = stage.fault(
        id,
        `power cut: ${bytes.toLocaleString('en')} bytes of the log were not on the disk`,
        at,
      );
      await wait(1_000);
      await world.redis.start();
      fault.until = Date.now();
      const again = await stage.firstStartAfter(fault.until, 20_000);
      if (again !== undefined) fault.recoveredMs = fault.until + again - fault.at;
      stage.atMost('ready to the first start', again, 5_000, fault.until);
      if (fsync === 'everysec')
        stage.check('bytes that were not on the disk', bytes > 0, bytes, 'more than 0, or nothing was tried');
      await wait(5_000);
    },
  };
};

export const powerLossEverysec = powerLoss(
  'F10',
  'power loss: the log cut back to its last fsync (everysec)',
  'everysec',
);
export const powerLossAlways = powerLoss(
  'F10-always',
  'power loss: the log cut back to its last fsync (always)',
  'always',
);
