import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

export const unknownType: Scenario = {
  id: 'F27',
  title: 'a type that no worker knows',
  world: { workerEnv: () => ({ WORKER_TYPES: 'work,harm' }) },
  async run(stage) {
    const { world } = stage;
    const id = await world.load.place({ type: 'rare' });
    const fault = stage.fault('F27', 'a job of a type that none of the workers serves');
    await wait(8_000);
    const job = await world.inspector.job(id, 'default');
    stage.check(
      'it waits untouched',
      job?.state === 'waiting' && job.deliveries.length === 0,
      `${job?.state}, ${job?.deliveries.length} deliveries`,
      'waiting, 0 deliveries',
    );
    const why = await world.inspector.why(id, 'default');
    stage.check('why', why?.reason === 'no-able-worker', `${why?.reason}: ${why?.detail}`, 'no-able-worker');
    const starts = world.load.answers(fault.at, Date.now());
    stage.check('other jobs go on', starts.ok > 0 && world.books.committed > 10, world.books.committed, 'more than 10');
    await world.addWorker('worker-4', { WORKER_TYPES: 'rare' });
    const joined = Date.now();
    const doneMs = await stage.timeUntil(
      joined,
      20_000,
      async () => (await world.inspector.job(id, 'default'))?.state === 'completed',
    );
    fault.until = Date.now();
    stage.atMost('an able worker joins, to its end', doneMs, 10_000, joined);
  },
};
