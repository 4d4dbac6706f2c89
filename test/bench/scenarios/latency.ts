import { percentile } from '../measure/stats.ts';
import { SYSTEM_NAMES } from '../systems/system.ts';
import { forSystems, type Scenario } from './scenario.ts';
import { Stage } from './stage.ts';

const PER_SECOND = 200;

/**
 * From the call that submits to the first line of the handler, on a worker that has time. Both processes have run for a
 * while by then: code that is not compiled yet would be part of what is measured.
 */
export const latency: Scenario = {
  name: 'latency',
  ids: ['latency.p50', 'latency.p99'],
  systems: SYSTEM_NAMES,
  seconds: 15,
  run: forSystems(async (system, { sizes, note }) => {
    const stage = await Stage.open(system);
    try {
      const { beforePaced, paced } = sizes;
      const jobs = beforePaced + paced;
      await stage.load();
      await stage.work({ workers: 1, concurrency: 10 }, jobs);
      await stage.enqueue({ jobs: beforePaced, mode: 'singles' });
      await stage.effects(beforePaced);
      await stage.pace(paced, PER_SECOND);
      await stage.effects(jobs);
      await stage.settled();
      const [report] = await stage.reports();
      const all = [...(report?.latencies ?? [])];
      const steady = all.slice(Math.floor(all.length / 4));
      note('latency.p50', percentile(steady, 0.5));
      note('latency.p99', percentile(steady, 0.99));
    } finally {
      await stage.close();
    }
  }),
};
