import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario, Stage } from '../stage.ts';
import { calm, inflict } from './inflict.ts';
import { planOf } from './plan.ts';

const WORKERS = 4;
const PRODUCERS = 2;
/** Of the time given, this much is kept for the start and for the drain. */
const AROUND_MS = 10_000;

/** A seeded schedule of faults under steady load; faults overlap. */
export const mixed = (seed: number, ratePerSecond: number): Scenario => ({
  id: 'mixed',
  title: `a mixture of faults under ${ratePerSecond} jobs a second`,
  drainMs: 120_000,
  world: {
    workers: WORKERS,
    producers: PRODUCERS,
    slots: 20,
    ratePerSecond,
    isProxied: true,
    workMs: (random) => (random.chance(0.03) ? random.between(500, 2_500) : random.between(0, 160)),
    env: { QUEUE_KEEP_COUNT: '50000' },
  },
  async run(stage) {
    const startedAt = Date.now();
    const lengthMs = Math.max(15_000, stage.budgetMs - AROUND_MS);
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
    await wait(2_000);
    const { p50, p99, max, count } = stage.recovery();
    stage.remark(`${count} redeliveries after measured kills: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`);
    if (count > 0) stage.atMost('kill -9 to the next start of its jobs, p99', p99, 3_000);
    stage.check('faults', stage.faults.length > 0, stage.faults.length, 'more than 0');
    await leftovers(stage);
  },
});

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
