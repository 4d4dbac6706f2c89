import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';
import { descriptors } from './f17-resets.ts';

const RESTARTS = 20;
const APART_MS = 7_000;

export const redisRestarts: Scenario = {
  id: 'F09',
  title: '20 Redis restarts under load',
  world: { producers: 2 },
  async run(stage) {
    const { world } = stage;
    await wait(4_000);
    const connections = async (): Promise<number> =>
      Number(/connected_clients:(\d+)/.exec(await world.redis.admin.info('clients'))?.[1] ?? 0);
    const members = [...world.workers.values(), ...world.producers.values()];
    const open = (): number => members.reduce((sum, { process }) => sum + descriptors(process.pid), 0);
    const before = { connections: await connections(), descriptors: open(), lives: world.lives.length };
    const restarts = Math.max(4, Math.min(RESTARTS, Math.floor(stage.budgetMs / APART_MS)));
    let slowest = 0;
    let slowestAt = 0;
    for (let number = 1; number <= restarts; number++) {
      const isHard = stage.random.chance(0.5);
      const fault = stage.fault('F09', `Redis ${isHard ? 'killed' : 'stopped'} and started, ${number} of ${restarts}`);
      await stage.endRedis(isHard ? 'SIGKILL' : 'SIGTERM');
      await wait(stage.random.between(0, 1_000));
      await world.redis.start();
      fault.until = Date.now();
      const again = await stage.firstStartAfter(fault.until, 20_000);
      if (again !== undefined) fault.recoveredMs = fault.until + again - fault.at;
      if ((again ?? Number.POSITIVE_INFINITY) > slowest) slowestAt = fault.until;
      slowest = Math.max(slowest, again ?? Number.POSITIVE_INFINITY);
      await untilQuiet(fault.at + APART_MS);
    }
    stage.atMost('ready to the first start, slowest', slowest, 5_000, slowestAt);
    await world.load.stop();
    let after = before.connections;
    await stage.timeUntil(Date.now(), 15_000, async () => {
      after = await connections();
      return after === before.connections && open() <= before.descriptors + 5;
    });
    stage.check(
      'connections after',
      Math.abs(after - before.connections) <= 1,
      `${after}, before ${before.connections}`,
      'back where they were',
    );
    stage.check(
      'descriptors after',
      open() <= before.descriptors + 5,
      `${open()}, before ${before.descriptors}`,
      'back where they were',
    );
    stage.check('processes restarted', world.lives.length === before.lives, world.lives.length - before.lives, '0');
  },
};

const untilQuiet = (at: number): Promise<void> => wait(Math.max(0, at - Date.now()));
