import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

const CUT_MS = 60_000;
const NAME = 'worker-1';

export const cutOff: Scenario = {
  id: 'F16',
  title: 'a worker cut off from Redis for 60 s, in silence',
  world: { isProxied: true },
  async run(stage) {
    const { world } = stage;
    await wait(4_000);
    const { line } = world.worker(NAME);
    await stage.timeUntil(Date.now(), 10_000, () => {
      world.books.poll();
      return world.books.inHand(NAME).length > 0;
    });
    const end = world.impair(NAME);
    const fault = stage.fault('F16', `nothing passes between ${NAME} and Redis for ${CUT_MS / 1000} s`);
    line?.freeze();
    world.books.poll();
    const held = world.books.inHand(NAME).map(({ job }) => job.id);
    const movedMs = await stage.timeUntil(fault.at, CUT_MS, () => {
      world.books.poll();
      return held.every((id) => world.books.jobs.get(id)?.runs.some((run) => run.at > fault.at && run.worker !== NAME));
    });
    await wait(Math.max(0, fault.at + CUT_MS - Date.now()));
    line?.heal();
    const healed = Date.now();
    fault.until = healed;
    end();
    stage.check('jobs in hand when it was cut off', held.length > 0, held.length, 'more than 0');
    stage.atMost('cut to the start of its jobs elsewhere, last', movedMs, 12_000);
    const again = await stage.firstStartAfter(healed, 20_000, NAME);
    if (again !== undefined) fault.recoveredMs = again;
    stage.atMost('healed to its next start', again, 5_000);
  },
};
