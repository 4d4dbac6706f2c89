import { expect } from 'vitest';
import { until } from '../support/until.ts';
import { modelTest } from './run.ts';

/** What belongs to one incarnation, and what holds jobs that are on their way: nothing of it may outlive the workers. */
const OF_WORKERS = /:(hold:|in:|w:|idle$|workers$)/;

modelTest('lease', {
  leaseMs: 20_000,
  canRestart: true,
  crashWeight: 3,
  afterWalk: async (rig) => {
    // One that is still on its way back to a Redis that was restarted could not sign off.
    await until('every worker to be there', () =>
      [...rig.workers.values()].every(({ worker }) => worker.consumer.isReady()),
    );
    await rig.dismiss();
    expect((await rig.keys()).filter((key) => OF_WORKERS.test(key))).toEqual([]);
  },
});
