import { setTimeout as wait } from 'node:timers/promises';
import { canMount, type SmallDisk, smallDisk } from '../../support/small-disk.ts';
import type { Scenario } from '../stage.ts';

const PAD = 'x'.repeat(50 * 1024);
const SMALL_MB = 16;
const LARGE_MB = 512;

const diskFull = (id: string, fsync: 'everysec' | 'always'): Scenario => {
  let disk: SmallDisk | undefined;
  return {
    id,
    title: `disk full under the append-only file (${fsync})`,
    isQuiet: true,
    skip: async () => {
      if (!canMount()) return 'needs the right to mount a small file system';
      disk = await smallDisk(SMALL_MB, 'root');
      return undefined;
    },
    world: {
      get redisDir(): string {
        return disk?.path ?? '/nowhere';
      },
      redisArgs: ['--appendfsync', fsync, '--auto-aof-rewrite-percentage', '0'],
    },
    async run(stage) {
      const { world } = stage;
      const fault = stage.fault(id, `Redis has ${SMALL_MB} MiB of disk; jobs of 50 KiB until it is full`);
      const placed: Promise<unknown>[] = [];
      const refused = (): number => world.load.asked.filter(({ kind }) => kind !== 'ok').length;
      const fullMs = await stage.timeUntil(fault.at, 60_000, () => {
        for (let count = 0; count < 5; count++) {
          placed.push(world.load.place({ type: 'work', payload: { ms: 200, pad: PAD } }).catch(() => {}));
        }
        return refused() > 20;
      });
      stage.check('submits were refused', fullMs !== undefined, refused(), 'more than 20');
      const codes = world.load.asked.filter(({ kind }) => kind !== 'ok').map(({ code }) => code);
      stage.remark(`answers while the disk was full: ${[...new Set(codes)].join(', ')}`);
      await wait(4_000);
      stage.remark(`Redis ${world.redis.isAlive ? 'is alive' : 'has ended itself'}`);
      await disk?.grow(LARGE_MB);
      if (!world.redis.isAlive) await world.redis.start(['--aof-load-truncated', 'yes']);
      const roomAt = Date.now();
      fault.until = roomAt;
      await Promise.all(placed);
      const again = await stage.firstStartAfter(roomAt, 30_000);
      stage.atMost('room to the first start', again, 10_000, roomAt);
      world.books.poll();
      const accepted = [...world.books.jobs.values()]
        .filter(({ acceptedAt }) => acceptedAt !== undefined)
        .map((job) => job.id);
      const found = await world.inspector.jobs(accepted, 'default');
      const missing = found.filter((job) => job === undefined).length;
      stage.check('accepted ids that are not there', missing === 0, `${missing} of ${accepted.length}`, '0');
      await world.drain(60_000);
    },
    tidy: async () => disk?.remove(),
  };
};

export const diskFullEverysec = diskFull('F15', 'everysec');
export const diskFullAlways = diskFull('F15-always', 'always');
