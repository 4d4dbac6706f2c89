import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

const FOR_MS = 45_000;

export const slowLine: Scenario = {
  id: 'F18',
  title: '200 ms latency, 1 Mbit/s',
  world: { isProxied: true, ratePerSecond: 10 },
  async run(stage) {
    const { world } = stage;
    await wait(4_000);
    const lines = [...world.workers.values(), ...world.producers.values()];
    const fault = stage.fault('F18', 'every line to Redis: 200 ms each way, 1 Mbit/s');
    for (const { line } of lines) line?.set({ latencyMs: 200, bytesPerSecond: 125_000 });
    await wait(Math.min(FOR_MS, Math.max(20_000, stage.budgetMs)));
    for (const { line } of lines) line?.set({});
    fault.until = Date.now();
    const { ok, refused, unknown } = world.load.answers(fault.at, fault.until);
    stage.check(
      'submits over the slow line',
      ok > 0 && refused + unknown === 0,
      `${ok} accepted, ${refused + unknown} not`,
      'all accepted',
    );
    await world.load.stop();
    await world.drain(30_000);
    const runs = [...world.books.jobs.values()].flatMap((job) => job.runs);
    const lost = runs.filter((run) => run.lost).length;
    stage.check('leases lost for nothing', lost === 0, lost, '0');
    const twice = [...world.books.jobs.values()].filter((job) => job.runs.length > 1).length;
    stage.check('duplicate starts', twice === 0, twice, '0');
  },
};
