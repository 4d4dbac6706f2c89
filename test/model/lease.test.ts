import { expect } from 'vitest';
import { modelTest } from './run.ts';

/** What belongs to one incarnation, and what holds jobs that are on their way: nothing of it may outlive the workers. */
const OF_WORKERS = /:(hold:|in:|w:|idle$|workers$|upkeep$)/;

modelTest('lease', {
  leaseMs: 20_000,
  canRestart: true,
  crashWeight: 3,
  afterWalk: async (rig) => {
    expect((await rig.keys()).filter((key) => OF_WORKERS.test(key))).toEqual([]);
  },
});
