import { drainRate, SHORT_WARM_SHARE } from '../measure/drain-figures.ts';
import type { Sized, Sizes } from '../sizes.ts';
import type { Scenario } from './scenario.ts';
import { Stage } from './stage.ts';

const CREW = { workers: 1, concurrency: 100 } as const;

/** prodwork against itself: what a long backlog, delays and priorities cost. */
export const ours: readonly Scenario[] = [
  own('drain.plain50k', 4, (sizes) => full(sizes.jobs('plain50k', 'prodwork'), 'plain')),
  own('drain.priorities3', 4, (sizes) => full(sizes.jobs('plain50k', 'prodwork'), 'mixed')),
  own('drain.backlog50k', 4, (sizes) => part(sizes, 'backlog50k')),
  own('drain.backlog1m', 25, (sizes) => part(sizes, 'backlog1m')),
  own('drain.plain10k', 4, (sizes) => full(sizes.jobs('plain10k', 'prodwork'), 'plain')),
  own('drain.delayed10k', 7, (sizes) => delayed(sizes.jobs('plain10k', 'prodwork'))),
];

function own(id: string, seconds: number, run: (sizes: Sizes) => Promise<number>): Scenario {
  return {
    name: id,
    ids: [id],
    systems: ['prodwork'],
    seconds,
    run: async (_system, { sizes, note }) => note(id, await run(sizes)),
  };
}

async function full(jobs: number, priorities: 'plain' | 'mixed'): Promise<number> {
  const stage = await Stage.open('prodwork');
  try {
    await stage.enqueue({ jobs, mode: 'bulk', ...(priorities === 'mixed' ? { priorities } : {}) });
    await stage.endLoad();
    await stage.work(CREW, jobs);
    await stage.effects(jobs);
    await stage.settled();
    return drainRate(await stage.reports(), SHORT_WARM_SHARE);
  } finally {
    await stage.close();
  }
}

/** Drains as many jobs as the small backlog has, less what is needed to leave it unfinished in both cases. */
async function part(sizes: Sizes, id: Sized): Promise<number> {
  const effects = Math.floor(sizes.jobs('backlog50k', 'prodwork') * 0.8);
  const jobs = sizes.jobs(id, 'prodwork');
  const stage = await Stage.open('prodwork');
  try {
    await stage.enqueue({ jobs, mode: 'bulk' });
    await stage.endLoad();
    await stage.work(CREW, jobs, effects);
    await stage.effects(effects);
    return drainRate(await stage.stopMidway(), SHORT_WARM_SHARE);
  } finally {
    await stage.close();
  }
}

/** All jobs fall due at the same moment, in front of a worker that waits. */
async function delayed(jobs: number): Promise<number> {
  const stage = await Stage.open('prodwork');
  try {
    await stage.load();
    await stage.work(CREW, jobs);
    // Far enough ahead for all of them to be stored before the first is due.
    await stage.enqueue({ jobs, mode: 'bulk', runAt: Date.now() + 2_000 });
    await stage.effects(jobs);
    await stage.settled();
    return drainRate(await stage.reports(), SHORT_WARM_SHARE);
  } finally {
    await stage.close();
  }
}
