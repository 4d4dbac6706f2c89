import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

export const evicting: Scenario = {
  id: 'F14',
  title: '`allkeys-lru` set',
  async run(stage) {
    const { world } = stage;
    await wait(2_000);
    const fault = stage.fault('F14', 'maxmemory-policy set to allkeys-lru while running');
    await world.redis.admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    for (const name of ['worker-1', 'producer-1']) {
      const redMs = await stage.timeUntil(fault.at, 15_000, async () => !(await world.isReady(name)));
      stage.atMost(`readiness of ${name} red`, redMs, 5_000);
    }
    for (const kind of ['worker', 'producer'] as const) {
      const name = `${kind}-9`;
      const says = new Promise<string>((resolve) => {
        world.onLine = (who, line) => who === name && /allkeys-lru/.test(line) && resolve(line);
      });
      if (kind === 'worker') await world.addWorker(name);
      else await world.addProducer(name);
      const line = await Promise.race([says, wait(15_000, 'nothing')]);
      const member = kind === 'worker' ? world.worker(name) : world.producer(name);
      await stage.timeUntil(Date.now(), 10_000, () => member.process.life?.to !== undefined);
      const { life } = member.process;
      stage.check(
        `a new ${kind} does not start`,
        life?.death?.code !== undefined && life.death.code !== 0,
        `exit ${life?.death?.code}`,
        'leaves with an error',
      );
      stage.check(`a new ${kind} says why`, line !== 'nothing', line.slice(0, 160), 'one line that names the policy');
      member.process.close();
      world.forget(name);
    }
    await world.redis.admin.config('SET', 'maxmemory-policy', 'noeviction');
    const mended = Date.now();
    fault.until = mended;
    await world.allReady(20_000);
    stage.atMost('ready again after the policy was mended', Date.now() - mended, 10_000);
  },
};
