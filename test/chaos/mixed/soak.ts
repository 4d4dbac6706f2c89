import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { auditShard } from '../../../packages/shared/src/engines/lease/audit.ts';
import { DataSets, Shard } from '../../../packages/shared/src/engines/lease/shard.ts';
import { descriptors } from '../scenarios/f17-resets.ts';
import type { Scenario, Stage } from '../stage.ts';
import { clientAgent } from '../world/submit.ts';
import { PRODUCERS, playPlan, smallWork, WORKERS } from './mixed.ts';

/** Finished jobs are kept by count: with so few, what is kept is the same before and after. */
const KEEP = 10_000;
const AROUND_MS = 40_000;
const RSS_MORE = 1.5;
/** The backlog of the last fault is worked off when no more than this waits. */
const WAITING_LEFT = 20;

interface Footprint {
  readonly redisBytes: number;
  readonly keys: number;
  readonly descriptors: number;
  /** Of the largest process of the product. */
  readonly rssBytes: number;
}

/** The mixture of faults, and what it leaves behind in memory, keys and descriptors. */
export const soak = (seed: number): Scenario => ({
  id: 'F29',
  title: 'soak: a seeded mix of all of these',
  drainMs: 120_000,
  world: {
    ...{ workers: WORKERS, producers: PRODUCERS, slots: 20, isProxied: true, workMs: smallWork },
    ...{ ratePerSecond: 100, bulkPerSecond: 400 },
    env: { QUEUE_KEEP_COUNT: String(KEEP) },
  },
  async run(stage) {
    const { world } = stage;
    await stage.timeUntil(Date.now(), 60_000, () => world.books.committed > KEEP * 1.2);
    const before = await footprint(stage);
    await playPlan(stage, seed, Math.max(20_000, stage.budgetMs - AROUND_MS));
    await world.allReady();
    await wait(5_000);
    await stage.timeUntil(Date.now(), 60_000, async () => (await world.queue()).counts.waiting < WAITING_LEFT);
    // Under the same load as the first time, and as long after a start as then.
    await wait(10_000);
    const after = await footprint(stage);
    const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    const within = (what: string, one: number, two: number, most: number, show: (value: number) => string): void =>
      stage.check(what, two <= most, `${show(two)}, before ${show(one)}`, `at most ${show(most)}`);
    const plain = (value: number): string => value.toLocaleString('en');
    within(
      'memory of Redis beside the names that it remembers',
      before.redisBytes,
      after.redisBytes,
      before.redisBytes + 4 * 2 ** 20,
      mib,
    );
    within('keys', before.keys, after.keys, before.keys + 2, plain);
    within('descriptors of all processes', before.descriptors, after.descriptors, before.descriptors + 12, plain);
    within('memory of the largest process', before.rssBytes, after.rssBytes, before.rssBytes * RSS_MORE, mib);
    await orphans(stage);
  },
});

/** Chosen ids and keys are remembered for a day, whatever becomes of their jobs: that much is meant to grow. */
async function names(admin: Redis): Promise<number> {
  const { prefix } = shardIn(admin).keys;
  const sizes = await Promise.all(
    ['keys', 'keysexp'].map((key) => admin.call('MEMORY', 'USAGE', `${prefix}${key}`, 'SAMPLES', '0')),
  );
  return sizes.reduce((sum: number, size) => sum + Number(size ?? 0), 0);
}

const shardIn = (admin: Redis): Shard => new Shard(admin, new DataSets(), 'prodwork', 'default', 0);

async function footprint({ world }: Stage): Promise<Footprint> {
  // The client's own spare connections are no part of the product's footprint.
  for (const socket of Object.values(clientAgent.freeSockets).flat()) socket?.destroy();
  await wait(1_000);
  const { admin } = world.redis;
  const pids = [...world.workers.values(), ...world.producers.values()].flatMap(({ process: { pid } }) => pid ?? []);
  const rss = (pid: number): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024;
  return {
    redisBytes: Number(/used_memory_dataset:(\d+)/.exec(await admin.info('memory'))?.[1] ?? 0) - (await names(admin)),
    keys: await admin.dbsize(),
    descriptors: pids.reduce((sum, pid) => sum + descriptors(pid), 0),
    rssBytes: Math.max(...pids.map(rss)),
  };
}

/** What `prodwork doctor` looks for. */
async function orphans(stage: Stage): Promise<void> {
  const { world } = stage;
  const { admin } = world.redis;
  const audit = await auditShard(admin, shardIn(admin), false);
  const found = Object.entries(audit).filter(([, count]) => count > 0);
  stage.check('orphans', found.length === 0, found.map(([what, count]) => `${count} ${what}`).join(', ') || '0', '0');
}
