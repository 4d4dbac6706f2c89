import { KEEP, type SystemName } from './systems/system.ts';

/** Jobs of each scenario for a system of weight 1: enough seconds that compiling is not what is measured. */
const JOBS = {
  cycle: 400_000,
  'drain.p1.c1': 30_000,
  'drain.p1.c10': 400_000,
  'drain.p2.c10': 1_000_000,
  'drain.p2.c100': 500_000,
  'drain.p1.c100.2ms': 150_000,
  memory: 10_000,
  backlog50k: 50_000,
  backlog1m: 1_000_000,
  plain50k: 50_000,
  plain10k: 10_000,
} as const;
export type Sized = keyof typeof JOBS;

/** Slower systems get fewer jobs, or a round would take an hour. */
const WEIGHTS: { readonly [name in SystemName]: number } = {
  prodwork: 1,
  'prodwork-brpop': 0.05,
  'prodwork-bullmq': 0.05,
  bullmq: 0.3,
  'bee-queue': 0.4,
  groupmq: 0.15,
};
/** The scenarios that cost is taken from are well past the 10,000 that are kept, so that trimming is part of it. */
const COSTED: ReadonlySet<Sized> = new Set(['cycle', 'drain.p2.c100']);
const COSTED_LEAST = 2 * KEEP;
/** Scenarios in which every system handles the same number: the figure depends on it. */
const SAME_FOR_ALL: ReadonlySet<Sized> = new Set(['memory']);

export interface Sizes {
  jobs(scenario: Sized, system: SystemName): number;
  /** Jobs that both processes have handled before the ones that are `paced`. */
  readonly beforePaced: number;
  readonly paced: number;
  readonly httpWarmMs: number;
  readonly httpMeasureMs: number;
  readonly benchmarkPairs: number;
}

/** @param isQuick everything tiny: does it work at all? */
export function sizesOf(isQuick: boolean): Sizes {
  return {
    jobs(scenario, system) {
      const weighted = JOBS[scenario] * (SAME_FOR_ALL.has(scenario) ? 1 : WEIGHTS[system]);
      const jobs = COSTED.has(scenario) ? Math.max(COSTED_LEAST, weighted) : weighted;
      return isQuick ? Math.max(400, Math.round(jobs / 200)) : jobs;
    },
    beforePaced: isQuick ? 60 : 20_000,
    paced: isQuick ? 60 : 3_000,
    httpWarmMs: isQuick ? 100 : 3_000,
    httpMeasureMs: isQuick ? 200 : 3_000,
    benchmarkPairs: isQuick ? 20_000 : 1_000_000,
  };
}
