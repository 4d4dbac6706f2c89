import { SYSTEM_NAMES } from '../systems/system.ts';
import { forSystems, type Scenario } from './scenario.ts';
import { Stage } from './stage.ts';

/** Redis memory per job, first waiting, then completed and kept: with its result and, where there are any, deliveries. */
export const memory: Scenario = {
  name: 'memory',
  ids: ['memory.waiting', 'memory.completed'],
  systems: SYSTEM_NAMES,
  seconds: 4,
  run: forSystems(async (system, { sizes, note }) => {
    const stage = await Stage.open(system);
    try {
      const jobs = sizes.jobs('memory', system);
      const empty = await stage.cost();
      await stage.enqueue({ jobs, mode: 'bulk' });
      await stage.endLoad();
      const waiting = await stage.cost();
      await stage.work({ workers: 1, concurrency: 100 }, jobs);
      await stage.effects(jobs);
      await stage.settled();
      await stage.reports();
      const completed = await stage.cost();
      note('memory.waiting', (waiting.dataBytes - empty.dataBytes) / jobs);
      note('memory.completed', (completed.dataBytes - empty.dataBytes) / jobs);
    } finally {
      await stage.close();
    }
  }),
};
