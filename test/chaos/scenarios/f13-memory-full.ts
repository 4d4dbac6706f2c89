import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

const ROOM_BYTES = 40 * 1024 * 1024;
const PAD = 'x'.repeat(100 * 1024);
const KEEP = '100';

export const memoryFull: Scenario = {
  id: 'F13',
  title: 'maxmemory reached',
  isQuiet: true,
  world: { env: { QUEUE_KEEP_COUNT: KEEP } },
  async run(stage) {
    const { world } = stage;
    const { admin } = world.redis;
    const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1] ?? 0);
    await admin.config('SET', 'maxmemory', String(used + ROOM_BYTES));
    const fault = stage.fault(
      'F13',
      `maxmemory set ${ROOM_BYTES / 1024 / 1024} MiB above what is used; jobs of 100 KiB until it is full`,
    );
    const placed: Promise<unknown>[] = [];
    const refusals = (): number => world.load.asked.filter(({ code }) => code === 'QUEUE_FULL').length;
    const fullMs = await stage.timeUntil(fault.at, 60_000, () => {
      for (let count = 0; count < 10; count++) {
        placed.push(world.load.place({ type: 'work', payload: { ms: 1_500, pad: PAD } }).catch(() => {}));
      }
      return refusals() > 20;
    });
    const fullAt = Date.now();
    stage.check('submits refused with QUEUE_FULL', fullMs !== undefined, refusals(), 'more than 20');
    const status = world.load.asked
      .filter(({ kind, code }) => kind !== 'ok' && code !== 'QUEUE_FULL')
      .map(({ code }) => code);
    stage.check('refused for another reason', status.length === 0, [...new Set(status)].join(', ') || 'none', 'none');
    await wait(4_000);
    world.books.poll();
    const commits = [...world.books.jobs.values()].flatMap((job) => job.commits).filter(({ at }) => at > fullAt).length;
    const starts = [...world.books.jobs.values()].flatMap((job) => job.runs).filter(({ at }) => at > fullAt).length;
    stage.check('starts while full', starts > 0, starts, 'more than 0');
    stage.check('commits while full', commits > 0, commits, 'more than 0');
    const lost = [...world.books.jobs.values()].flatMap((job) => job.runs).filter((run) => run.lost).length;
    stage.check('leases lost while full', lost === 0, lost, '0');
    // Nobody raises the limit: jobs finish, finished ones are pruned, and there is room again.
    await Promise.all(placed);
    fault.until = Date.now();
    const id = await world.load.place({ type: 'work', payload: { ms: 1, pad: PAD } });
    stage.check('accepts again by itself', id !== '', `after ${fault.until - fullAt} ms`, 'yes');
    await admin.config('SET', 'maxmemory', '0');
  },
};
