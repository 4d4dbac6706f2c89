import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario, Stage } from '../stage.ts';

const FROZEN_MS = 30_000;
const NAME = 'worker-1';

/** When every job that the worker held was started elsewhere: ms since `at`, or undefined. */
async function redelivered(
  stage: Stage,
  at: number,
  held: readonly string[],
  withinMs: number,
): Promise<number | undefined> {
  const { books } = stage.world;
  return stage.timeUntil(at, withinMs, () => {
    books.poll();
    return held.every((id) => books.jobs.get(id)?.runs.some((run) => run.at > at && run.worker !== NAME));
  });
}

export const freeze: Scenario = {
  id: 'F06',
  title: 'SIGSTOP of a worker for 30 s, then SIGCONT',
  async run(stage) {
    const { world } = stage;
    await wait(4_000);
    await stage.timeUntil(Date.now(), 10_000, () => {
      world.books.poll();
      return world.books.inHand(NAME).length > 0;
    });
    const wake = world.impair(NAME);
    const fault = stage.fault('F06', `SIGSTOP ${NAME} for ${FROZEN_MS / 1000} s`);
    world.worker(NAME).process.signal('SIGSTOP');
    await wait(300);
    world.books.poll();
    const held = world.books.inHand(NAME).map(({ job }) => job.id);
    const movedMs = await redelivered(stage, fault.at, held, FROZEN_MS);
    await wait(Math.max(0, fault.at + FROZEN_MS - Date.now()));
    world.worker(NAME).process.signal('SIGCONT');
    fault.until = Date.now();
    wake();
    stage.check('jobs in hand when it froze', held.length > 0, held.length, 'more than 0');
    stage.atMost('freeze to the start of its jobs elsewhere, last', movedMs, 12_000);
    const again = await stage.firstStartAfter(Date.now(), 20_000, NAME);
    stage.atMost('waking to its next start', again, 5_000);
  },
};
