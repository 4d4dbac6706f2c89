import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

export const emptyRedis: Scenario = {
  id: 'F20',
  title: 'Redis comes back empty',
  async run(stage) {
    const { world } = stage;
    await wait(4_000);
    const alarms = new Map<string, number>();
    world.onLine = (name, line) => {
      if (/data set is lost|DATASET_LOST|without the data/i.test(line) && !alarms.has(name))
        alarms.set(name, Date.now());
    };
    const data = join(world.redis.dir, 'appendonlydir');
    const kept = join(world.dir, 'kept');
    const fault = stage.fault('F20', 'Redis killed, its data taken away, started empty');
    await world.redis.end('SIGKILL');
    renameSync(data, kept);
    await world.redis.start();
    const emptyAt = Date.now();
    const names = [...world.workers.keys(), ...world.producers.keys()];
    await stage.timeUntil(emptyAt, 15_000, () => [...world.workers.keys()].every((name) => alarms.has(name)));
    const slowest = Math.max(
      ...[...world.workers.keys()].map((name) => (alarms.get(name) ?? Number.POSITIVE_INFINITY) - emptyAt),
    );
    stage.atMost('empty to the alarm of every worker', Number.isFinite(slowest) ? slowest : undefined, 5_000, emptyAt);
    for (const name of names) {
      const redMs = await stage.timeUntil(emptyAt, 15_000, async () => !(await world.isReady(name)));
      stage.atMost(`empty to readiness of ${name} red`, redMs, 5_000, emptyAt);
    }
    await wait(2_000);
    const { ok } = world.load.answers(emptyAt + 200, Date.now());
    stage.check('submits accepted into the empty Redis', ok === 0, ok, '0');
    const keys = await world.redis.admin.dbsize();
    stage.remark(`keys in the empty Redis meanwhile: ${keys}`);
    stage.fault('F20', 'the data is brought back');
    await world.redis.end('SIGKILL');
    rmSync(data, { recursive: true, force: true });
    renameSync(kept, data);
    await world.redis.start();
    const backAt = Date.now();
    fault.until = backAt;
    const again = await stage.firstStartAfter(backAt, 40_000);
    stage.atMost('data back to the first start', again, 10_000, backAt);
    await world.allReady(20_000);
  },
};
