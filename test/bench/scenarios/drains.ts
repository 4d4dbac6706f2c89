import { drainRate } from '../measure/drain-figures.ts';
import type { Sized } from '../sizes.ts';
import { SYSTEM_NAMES } from '../systems/system.ts';
import { forSystems, type Scenario } from './scenario.ts';
import { type Crew, Stage } from './stage.ts';

/**
 * Where Redis is what limits: bulk submits, and two workers with many slots. The fill is the figure for bulk submits, and
 * fill and drain together say how many jobs one core of Redis can carry.
 */
const BUSIEST = 'drain.p2.c100';

/** Workers that find a queue full of jobs and empty it. */
export const drains: readonly Scenario[] = [
  drain('drain.p1.c1', { workers: 1, concurrency: 1 }),
  drain('drain.p1.c10', { workers: 1, concurrency: 10 }),
  drain('drain.p2.c10', { workers: 2, concurrency: 10 }),
  drain('drain.p2.c100', { workers: 2, concurrency: 100 }),
  drain('drain.p1.c100.2ms', { workers: 1, concurrency: 100, workMs: 2 }),
];

function drain(id: Sized, crew: Crew): Scenario {
  return {
    name: id,
    ids: id === BUSIEST ? [id, 'enqueue.bulk1000', 'cycles.limit'] : [id],
    systems: SYSTEM_NAMES,
    seconds: 5,
    run: forSystems(async (system, { sizes, note }) => {
      const stage = await Stage.open(system);
      try {
        const jobs = sizes.jobs(id, system);
        await stage.load();
        const empty = await stage.cost();
        const { perSecond } = await stage.enqueue({ jobs, mode: 'bulk' });
        const stored = await stage.cost();
        await stage.endLoad();
        const idle = await stage.cost();
        await stage.work(crew, jobs);
        await stage.effects(jobs);
        await stage.settled();
        const drained = await stage.cost();
        const reports = await stage.reports();
        note(id, drainRate(reports));
        if (id === BUSIEST) {
          note('enqueue.bulk1000', perSecond);
          note('cycles.limit', (jobs / (stored.cpuMs - empty.cpuMs + drained.cpuMs - idle.cpuMs)) * 1000);
        }
      } finally {
        await stage.close();
      }
    }),
  };
}
