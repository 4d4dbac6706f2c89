import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';
import { metric, movedAway, untilAfter } from './acts.ts';

const BLOCKED = 'prodwork_event_loop_blocked_total';

export const blockedLoop: Scenario = {
  id: 'F07',
  title: 'event loop blocked 5 s, then 30 s',
  async run(stage) {
    const { world } = stage;
    await wait(3_000);
    for (const ms of [5_000, 30_000]) {
      const id = await world.load.place({ type: 'harm', payload: { how: 'block', ms } });
      await stage.timeUntil(Date.now(), 10_000, () => {
        world.books.poll();
        return (world.books.jobs.get(id)?.runs.length ?? 0) > 0;
      });
      const worker = world.books.jobs.get(id)?.runs[0]?.worker ?? '';
      const end = world.impair(worker);
      const fault = stage.fault('F07', `the event loop of ${worker} blocked for ${ms / 1_000} s`);
      const held = world.books.inHand(worker).map(({ job }) => job.id);
      const before = world.books.jobs.get(id)?.runs.length ?? 0;
      if (ms > 10_000) {
        const movedMs = await movedAway(stage, fault.at, held, worker, 25_000);
        if (movedMs !== undefined) fault.recoveredMs = movedMs;
        stage.atMost('block to the start of its last job elsewhere, 30 s', movedMs, 12_000, fault.at);
      }
      await untilAfter(fault, ms);
      fault.until = Date.now();
      end();
      await wait(3_000);
      world.books.poll();
      const blocked = await metric(world.worker(worker).port, BLOCKED);
      stage.check(`${BLOCKED} after ${ms / 1_000} s`, blocked > 0, blocked, 'more than 0');
      if (ms > 10_000) {
        const refused = held.filter((one) =>
          world.books.jobs.get(one)?.runs.some((run) => run.worker === worker && run.lost),
        );
        stage.check(
          'late settles refused, 30 s',
          refused.length === held.length,
          `${refused.length} of ${held.length}`,
          'all',
        );
      } else {
        const moved = held.filter((one) => (world.books.jobs.get(one)?.runs.length ?? 0) > 1).length;
        stage.check('jobs redelivered, 5 s', moved === 0 && before === 1, moved, '0');
      }
    }
  },
};
