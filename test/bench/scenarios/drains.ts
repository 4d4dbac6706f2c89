import { drainRate } from '../measure/drain-figures.ts';
import type { Sized } from '../sizes.ts';
import { SYSTEM_NAMES } from '../systems/system.ts';
import { forSystems, type Scenario } from './scenario.ts';
import { type Crew, Stage } from './stage.ts';

/** The fill is the figure for bulk submits, once: where there is most of it. */
const BULK_MEASURED = 'drain.p2.c100';

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
    ids: id === BULK_MEASURED ? [id, 'enqueue.bulk1000'] : [id],
    systems: SYSTEM_NAMES,
    seconds: 5,
    run: forSystems(async (system, { sizes, note }) => {
      const stage = await Stage.open(system);
      try {
        const jobs = sizes.jobs(id, system);
        const { perSecond } = await stage.enqueue({ jobs, mode: 'bulk' });
        await stage.endLoad();
        await stage.work(crew, jobs);
        await stage.effects(jobs);
        await stage.settled();
        const reports = await stage.reports();
        note(id, drainRate(reports));
        if (id === BULK_MEASURED) note('enqueue.bulk1000', perSecond);
      } finally {
        await stage.close();
      }
    }),
  };
}
