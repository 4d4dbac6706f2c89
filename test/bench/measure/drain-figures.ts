import type { TallyReport } from '../process/tally.ts';
import { steadyRate } from './stats.ts';

/**
 * The first two fifths of a drain are not counted: workers connect, and their code is compiled, meanwhile. What runs once per
 * call and not once per job is compiled after some seconds only.
 */
const WARM_SHARE = 0.4;
/** Short drains, which are compared with each other. */
export const SHORT_WARM_SHARE = 0.2;

/** Handler starts a second over all workers. */
export function drainRate(reports: readonly TallyReport[], warmShare: number = WARM_SHARE): number {
  const moments = reports.flatMap((report) => [...report.moments]);
  return steadyRate(Float64Array.from(moments), warmShare);
}

/** CPU of the worker processes per job, ms, between the first mark past the warm-up and the last one before the end. */
export function workerCpuMsPerJob(reports: readonly TallyReport[], warmShare: number = WARM_SHARE): number {
  let [cpuMs, effects] = [0, 0];
  for (const { marks } of reports) {
    const total = marks.at(-1)?.effects ?? 0;
    const from = marks.find((mark) => mark.effects >= total * warmShare);
    // The last mark is the report's own, which may have been made long after the last job.
    const to = marks.at(-2);
    if (from === undefined || to === undefined || to.effects <= from.effects) continue;
    cpuMs += to.cpuMs - from.cpuMs;
    effects += to.effects - from.effects;
  }
  if (effects === 0) throw new RangeError('too few jobs for a figure of CPU');
  return cpuMs / effects;
}
