import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../random.ts';
import type { Scenario, Stage } from '../stage.ts';
import { calm, inflict } from './inflict.ts';
import { planOf } from './plan.ts';

export const WORKERS = 4;
export const PRODUCERS = 2;
/** Of the time given, this much is kept for the start and for the drain. */
const AROUND_MS = 10_000;

/** Above this, the rest of the load is submitted in bulk, and the jobs are smaller. */
const SINGLE_MOST = 120;

/** A seeded schedule of faults under steady load; faults overlap. */
export const mixed = (seed: number, ratePerSecond: number): Scenario => ({
  id: 'mixed',
  title: `a mixture of faults under ${ratePerSecond} jobs a second`,
  drainMs: 120_000,
  world: {
    workers: WORKERS,
    producers: PRODUCERS,
    slots: 30,
    ratePerSecond: Math.min(ratePerSecond, SINGLE_MOST),
    bulkPerSecond: Math.max(0, ratePerSecond - SINGLE_MOST),
    isProxied: true,
    workMs: ratePerSecond > SINGLE_MOST ? smallWork : work,
    env: { QUEUE_KEEP_COUNT: '50000' },
  },
  async run(stage) {
    await playPlan(stage, seed, Math.max(15_000, stage.budgetMs - AROUND_MS));
    await wait(2_000);
    const { p50, p99, max, count, slow } = stage.recovery();
    stage.remark(`${count} redeliveries after measured kills: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`);
    for (const [kill, many] of Map.groupBy(slow, (one) => one.kill)) {
      const times = many.map(({ ms }) => ms.toLocaleString('en')).join(', ');
      stage.remark(`slow after kill -9 of ${kill.worker} at ${new Date(kill.at).toISOString()}: ${times} ms`);
    }
    if (count > 0) stage.atMostRecovery();
    stage.check('faults', stage.faults.length > 0, stage.faults.length, 'more than 0');
    await leftovers(stage);
  },
});

const work = (random: Random): number => (random.chance(0.03) ? random.between(500, 2_500) : random.between(0, 160));
export const smallWork = (random: Random): number =>
  random.chance(0.01) ? random.between(500, 2_500) : random.between(0, 20);

/** Inflicts the faults of a seed, one over the other, and resolves when the last of them is over. */
export async function playPlan(stage: Stage, seed: number, lengthMs: number): Promise<void> {
  const startedAt = Date.now();
  const plan = planOf({ seed, lengthMs, workers: WORKERS, producers: PRODUCERS });
  stage.say(`${plan.length} faults planned`);
  const weather = calm();
  const going = new Set<Promise<void>>();
  for (const planned of plan) {
    await wait(Math.max(0, startedAt + planned.atMs - Date.now()));
    const done = inflict(stage, planned, weather)
      .catch((error: unknown) => stage.remark(`${planned.kind} could not be done: ${String(error)}`))
      .finally(() => going.delete(done));
    going.add(done);
  }
  await Promise.all(going);
}

/** When all is over, nothing is left in Redis that belongs to a worker or a job which is gone. */
async function leftovers(stage: Stage): Promise<void> {
  const { world } = stage;
  await world.load.stop();
  await world.drain(60_000);
  await Promise.all([...world.workers.values()].map(({ process }) => process.stop(40_000)));
  const keys = await world.redis.admin.keys('*');
  const orphans = keys.filter((key) => /:(hold|in|w|lane):/.test(key));
  stage.check('orphan keys', orphans.length === 0, orphans.slice(0, 5).join(', ') || '0', '0');
  stage.check('keys in the end', keys.length < 40, keys.length, 'fewer than 40');
}
